//! Standard output for the VM: buffered, flushed when the program ends or asks for it.
//!
//! A line to a terminal is shown at once, since a person waits for it.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Standard output.
pub struct StandardOutput {
    buffer: Mutex<Vec<u8>>,
    is_terminal: bool,
}

/// Large enough that system calls do not count, small enough to stay in the cache.
const BUFFER_BYTES: usize = 16 << 10;

impl Default for StandardOutput {
    fn default() -> StandardOutput {
        StandardOutput::new()
    }
}

impl StandardOutput {
    pub fn new() -> StandardOutput {
        StandardOutput { buffer: Mutex::default(), is_terminal: std::io::stdout().is_terminal() }
    }
}

/// Whoever reads our output may have gone away; a program is not told, as in most languages.
fn write_out(buffer: &mut Vec<u8>) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(buffer).and_then(|()| stdout.flush());
    buffer.clear();
}

impl vm::Output for StandardOutput {
    fn write(&self, text: &str) {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(text.as_bytes());
        if buffer.len() >= BUFFER_BYTES || (self.is_terminal && text.ends_with('\n')) {
            write_out(&mut buffer);
        }
    }

    fn flush(&self) {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        if !buffer.is_empty() {
            write_out(&mut buffer);
        }
    }
}
