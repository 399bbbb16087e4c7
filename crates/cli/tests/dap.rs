//! A scripted editor that speaks the debug adapter protocol with `dunlin dap` over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

const PROGRAM: &str = "\
fn area(sides) {
    let product = sides[0] * sides[1]
    return product
}

let sides = [3, 4]
print(area(sides))
print(area([2, 2]))
nil.length
";

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    sequence: u64,
    /// Events that came before somebody waited for them.
    events: Vec<Value>,
    path: String,
}

impl Editor {
    fn new(name: &str) -> Editor {
        let folder = std::env::temp_dir().join(format!("dunlin-dap-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let path = folder.join("work.dn");
        std::fs::write(&path, PROGRAM).expect("the test's own folder can be written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
            .arg("dap")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command was built");
        let input = child.stdin.take().expect("stdin is piped");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let path = path.display().to_string();
        Editor { child, input, output, sequence: 0, events: Vec::new(), path }
    }

    fn message(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            let count = self.output.read_line(&mut line).expect("the adapter writes text");
            assert_ne!(count, 0, "the adapter ended too early");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(digits) => length = digits.parse().expect("a length"),
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).expect("the message is whole");
        serde_json::from_slice(&bytes).expect("the message is JSON")
    }

    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.sequence += 1;
        let request = json!({
            "seq": self.sequence, "type": "request", "command": command, "arguments": arguments,
        });
        let text = request.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the adapter reads");
        loop {
            let message = self.message();
            if message["type"] == "response" && message["request_seq"] == self.sequence {
                return message;
            }
            self.events.push(message);
        }
    }

    /// The answer to a request that must succeed.
    #[track_caller]
    fn done(&mut self, command: &str, arguments: Value) -> Value {
        let answer = self.ask(command, arguments);
        assert_eq!(answer["success"], true, "{answer}");
        answer["body"].clone()
    }

    fn event(&mut self, name: &str) -> Value {
        loop {
            let place = self.events.iter().position(|event| event["event"] == name);
            if let Some(place) = place {
                return self.events.remove(place)["body"].clone();
            }
            let message = self.message();
            self.events.push(message);
        }
    }

    fn launch(&mut self, breakpoints: Value) {
        let path = self.path.clone();
        let told = self.done("initialize", json!({ "adapterID": "dunlin" }));
        assert_eq!(told["supportsConditionalBreakpoints"], true);
        self.event("initialized");
        self.done("launch", json!({ "program": path }));
        let source = json!({ "path": path });
        let set = self.done("setBreakpoints", json!({ "source": source, "breakpoints": breakpoints }));
        assert_eq!(set["breakpoints"][0]["verified"], true);
        self.done("setExceptionBreakpoints", json!({ "filters": ["uncaught"] }));
        self.done("configurationDone", json!({}));
    }

    /// Where the program stands: function and line of each call.
    fn calls(&mut self) -> Vec<(String, u64)> {
        let body = self.done("stackTrace", json!({ "threadId": 1 }));
        let rows = body["stackFrames"].as_array().cloned().unwrap_or_default();
        let row = |row: &Value| Some((row["name"].as_str()?.to_string(), row["line"].as_u64()?));
        rows.iter().filter_map(row).collect()
    }

    fn locals(&mut self, frame: u64) -> Vec<Value> {
        let scopes = self.done("scopes", json!({ "frameId": frame }));
        let reference = scopes["scopes"][0]["variablesReference"].clone();
        self.parts(&reference)
    }

    fn parts(&mut self, reference: &Value) -> Vec<Value> {
        let body = self.done("variables", json!({ "variablesReference": reference }));
        body["variables"].as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = std::path::Path::new(&self.path).parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn named(rows: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    rows.iter().map(|row| (text(&row["name"]), text(&row["value"]))).collect()
}

fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn an_editor_stops_looks_steps_and_runs_to_the_end() {
    let mut editor = Editor::new("whole");
    editor.launch(json!([{ "line": 3 }]));
    assert_eq!(editor.event("stopped")["reason"], "breakpoint");
    assert_eq!(editor.calls(), [("area".to_string(), 3), ("main".to_string(), 7)]);
    let locals = editor.locals(1);
    assert_eq!(named(&locals), pairs(&[("sides", "[3, 4]"), ("product", "12")]));
    let parts = editor.parts(&locals[0]["variablesReference"]);
    assert_eq!(named(&parts), pairs(&[("[0]", "3"), ("[1]", "4")]));
    assert_eq!(named(&editor.locals(2)), pairs(&[("sides", "[3, 4]")]));
    let value = editor.done("evaluate", json!({ "expression": "product + area([1, 1])", "frameId": 1 }));
    assert_eq!((&value["result"], &value["type"]), (&json!("13"), &json!("Int")));
    let refused = editor.ask("evaluate", json!({ "expression": "nobody", "frameId": 1 }));
    assert_eq!(refused["success"], false);
    editor.done("stepOut", json!({ "threadId": 1 }));
    assert_eq!(editor.event("stopped")["reason"], "step");
    assert_eq!(editor.event("output")["output"], "12\n");
    assert_eq!(editor.calls(), [("main".to_string(), 8)]);
    editor.done("stepIn", json!({ "threadId": 1 }));
    editor.event("stopped");
    assert_eq!(editor.calls()[0], ("area".to_string(), 2));
    editor.done("continue", json!({ "threadId": 1 }));
    assert_eq!(editor.event("stopped")["reason"], "breakpoint");
    let source = json!({ "path": editor.path });
    editor.done("setBreakpoints", json!({ "source": source, "breakpoints": [] }));
    editor.done("continue", json!({ "threadId": 1 }));
    let stopped = editor.event("stopped");
    assert_eq!(stopped["reason"], "exception", "{stopped}");
    editor.done("continue", json!({ "threadId": 1 }));
    assert_eq!(editor.event("exited")["exitCode"], 1);
    editor.event("terminated");
    editor.done("disconnect", json!({}));
    assert!(editor.child.wait().expect("the adapter ends").success());
}

#[test]
fn conditions_hold_and_requests_without_a_stop_are_refused() {
    let mut editor = Editor::new("condition");
    editor.launch(json!([{ "line": 3, "condition": "product == 4" }]));
    assert_eq!(editor.event("stopped")["reason"], "breakpoint");
    assert_eq!(named(&editor.locals(1))[1], ("product".to_string(), "4".to_string()));
    let unknown = editor.ask("restartFrame", json!({}));
    assert_eq!(unknown["success"], false);
    editor.done("continue", json!({ "threadId": 1 }));
    editor.event("stopped");
    editor.done("continue", json!({ "threadId": 1 }));
    editor.event("terminated");
    let refused = editor.ask("stackTrace", json!({ "threadId": 1 }));
    assert_eq!(refused["message"], "the program is not stopped");
    editor.done("disconnect", json!({}));
}
