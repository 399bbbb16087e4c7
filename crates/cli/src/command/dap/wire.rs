//! Messages of the debug adapter protocol: a header with a length, and JSON.

use std::io::{BufRead, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// No message of an editor is larger.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;

/// The way to the editor, and what both threads know of the program.
#[derive(Default)]
pub struct Wire {
    sequence: AtomicU64,
    writing: Mutex<()>,
    is_stopped: AtomicBool,
}

impl Wire {
    pub fn answer(&self, request: &Value, body: Value) {
        self.send(json!({
            "type": "response", "request_seq": request["seq"], "command": request["command"],
            "success": true, "body": body,
        }));
    }

    pub fn refuse(&self, request: &Value, problem: &str) {
        self.send(json!({
            "type": "response", "request_seq": request["seq"], "command": request["command"],
            "success": false, "message": problem,
        }));
    }

    pub fn event(&self, name: &str, body: Value) {
        self.send(json!({ "type": "event", "event": name, "body": body }));
    }

    /// What the program or the debugger says to the person.
    pub fn output(&self, category: &str, text: &str) {
        self.event("output", json!({ "category": category, "output": text }));
    }

    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(SeqCst)
    }

    pub fn set_stopped(&self, is_stopped: bool) {
        self.is_stopped.store(is_stopped, SeqCst);
    }

    fn send(&self, mut message: Value) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        message["seq"] = json!(self.sequence.fetch_add(1, SeqCst) + 1);
        let text = message.to_string();
        let mut output = std::io::stdout().lock();
        // An editor that went away is no failure of ours.
        let _ = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| output.flush());
    }
}

/// The next request; none once the editor has closed its end.
pub fn read(input: &mut impl BufRead) -> Result<Option<Value>, String> {
    let mut length = None;
    loop {
        let mut line = String::new();
        let count = input.by_ref().take(1 << 12).read_line(&mut line).map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(digits) = header.strip_prefix("Content-Length:") {
                    length = digits.trim().parse::<u64>().ok();
                }
            }
        }
    }
    let length =
        length.filter(|length| *length <= MESSAGE_BYTES_MAX).ok_or("a message without its length")?;
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("a message is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_another_and_wrong_ones_are_said() {
        let mut input: &[u8] = b"Content-Length: 2\r\n\r\n{}Content-Length: 3\r\nX: y\r\n\r\n[1]";
        assert_eq!(read(&mut input), Ok(Some(json!({}))));
        assert_eq!(read(&mut input), Ok(Some(json!([1]))));
        assert_eq!(read(&mut input), Ok(None));
        assert!(read(&mut b"X: y\r\n\r\n".as_slice()).is_err());
        assert!(read(&mut b"Content-Length: 99999999999\r\n\r\n".as_slice()).is_err());
        assert!(read(&mut b"Content-Length: 1\r\n\r\n{".as_slice()).is_err());
    }
}
