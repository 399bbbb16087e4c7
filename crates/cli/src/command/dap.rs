//! `dunlin dap`: the debug adapter, on standard input and output, for editors.
//!
//! One thread reads requests. What may be done at any time (breakpoints, pausing) it does itself; what needs the stopped
//! program goes through a channel to the thread of the program, which answers while it is stopped. Both write whole
//! messages under one lock.

mod program;
mod wire;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use dunlin::debugger::{BreakOn, Breakpoint, Controls};
use serde_json::{Value, json};

use super::CommandRow;
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use program::Launch;
use wire::Wire;

pub const ROW: CommandRow = CommandRow {
    name: "dap",
    usage: "",
    summary: "Serves the debugger of an editor on standard input and output.",
    options: &[&[]],
    positional: Positional::All("NOTHING"),
    examples: &[("dunlin dap", "what an editor starts; `editors/vscode` shows how")],
    run: serve,
};

fn serve(_: &Arguments) -> Result<Exit, String> {
    let wire = Arc::new(Wire::default());
    let mut adapter =
        Adapter { wire: wire.clone(), controls: Arc::new(Controls::default()), launch: None, program: None };
    let mut input = std::io::stdin().lock();
    while let Some(request) = wire::read(&mut input)? {
        if !adapter.take(&request) {
            break;
        }
    }
    Ok(Exit::Success)
}

/// One session of an editor.
struct Adapter {
    wire: Arc<Wire>,
    controls: Arc<Controls>,
    /// What is to be run once the editor has said where to stop.
    launch: Option<Launch>,
    /// Where requests about the stopped program go.
    program: Option<Sender<Value>>,
}

impl Adapter {
    /// Answers one request; false once the session is over.
    fn take(&mut self, request: &Value) -> bool {
        let arguments = &request["arguments"];
        match request["command"].as_str().unwrap_or_default() {
            "initialize" => {
                self.wire.answer(request, capabilities());
                self.wire.event("initialized", json!({}));
            }
            "launch" => match Launch::of(arguments) {
                Ok(launch) => {
                    self.launch = Some(launch);
                    self.wire.answer(request, json!({}));
                }
                Err(problem) => self.wire.refuse(request, &problem),
            },
            "setBreakpoints" => {
                let body = self.set_breakpoints(arguments);
                self.wire.answer(request, body);
            }
            "setExceptionBreakpoints" => {
                self.controls.break_on(break_on(arguments));
                self.wire.answer(request, json!({}));
            }
            "configurationDone" => {
                self.wire.answer(request, json!({}));
                if let Some(launch) = self.launch.take() {
                    self.program = Some(program::start(launch, self.wire.clone(), self.controls.clone()));
                }
            }
            "threads" => {
                let id = self.controls.last_thread();
                let name = format!("process {id}");
                self.wire.answer(request, json!({ "threads": [{ "id": id, "name": name }] }));
            }
            "pause" => {
                self.controls.pause();
                self.wire.answer(request, json!({}));
            }
            "disconnect" | "terminate" => {
                self.wire.answer(request, json!({}));
                return false;
            }
            _ => self.hand_over(request),
        }
        true
    }

    /// To the program, where it is stopped.
    fn hand_over(&self, request: &Value) {
        let taken = match &self.program {
            Some(program) if self.wire.is_stopped() => program.send(request.clone()).is_ok(),
            Some(_) | None => false,
        };
        if !taken {
            self.wire.refuse(request, "the program is not stopped");
        }
    }

    fn set_breakpoints(&self, arguments: &Value) -> Value {
        let path = arguments["source"]["path"].as_str().unwrap_or_default();
        let wanted = arguments["breakpoints"].as_array().cloned().unwrap_or_default();
        let rows: Vec<Breakpoint> = wanted
            .iter()
            .map(|row| Breakpoint {
                line: row["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(0),
                condition: row["condition"].as_str().filter(|text| !text.is_empty()).map(str::to_string),
            })
            .collect();
        let is_there = Path::new(path).is_file();
        let shown = rows.iter().map(|row| json!({ "verified": is_there, "line": row.line }));
        let shown: Vec<Value> = shown.collect();
        self.controls.set_breakpoints(path, rows);
        json!({ "breakpoints": shown })
    }
}

/// The filters of errors that the editor has switched on.
fn break_on(arguments: &Value) -> BreakOn {
    let filters = arguments["filters"].as_array().cloned().unwrap_or_default();
    let has = |name: &str| filters.iter().any(|filter| filter == name);
    match (has("all"), has("uncaught")) {
        (true, _) => BreakOn::All,
        (false, true) => BreakOn::Uncaught,
        (false, false) => BreakOn::Nothing,
    }
}

fn capabilities() -> Value {
    let filter = |name: &str, label: &str, default: bool| json!({ "filter": name, "label": label, "default": default });
    json!({
        "supportsConfigurationDoneRequest": true,
        "supportsConditionalBreakpoints": true,
        "supportsEvaluateForHovers": true,
        "supportsTerminateRequest": true,
        "exceptionBreakpointFilters": [
            filter("uncaught", "Uncaught errors", true),
            filter("all", "All errors", false),
        ],
    })
}

/// What a number that the editor was given stands for, while the program is stopped.
#[derive(Default)]
struct References<T> {
    known: HashMap<u64, T>,
}

impl<T> References<T> {
    fn add(&mut self, of: T) -> u64 {
        let number = self.known.len() as u64 + 1;
        self.known.insert(number, of);
        number
    }

    fn get(&self, number: u64) -> Option<&T> {
        self.known.get(&number)
    }
}
