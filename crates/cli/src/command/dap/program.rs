//! The program that an editor debugs, on a thread of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use dunlin::debugger::{Controls, DebugClient, Resume, Shown, Stop, Why, debug_settings};
use dunlin::{Engine, Output, Settings};
use serde_json::{Value, json};

use super::References;
use super::wire::Wire;
use crate::command::run::exit_of;

/// What an editor wants to be run.
pub struct Launch {
    program: String,
    arguments: Vec<String>,
    stops_at_entry: bool,
}

impl Launch {
    pub fn of(arguments: &Value) -> Result<Launch, String> {
        let program = arguments["program"].as_str().ok_or("`program` names the file to debug")?;
        if let Some(folder) = arguments["cwd"].as_str().filter(|folder| !folder.is_empty()) {
            std::env::set_current_dir(folder).map_err(|error| format!("`cwd`: {error}"))?;
        }
        let given = arguments["args"].as_array().cloned().unwrap_or_default();
        Ok(Launch {
            program: program.to_string(),
            arguments: given.iter().filter_map(Value::as_str).map(str::to_string).collect(),
            stops_at_entry: arguments["stopOnEntry"].as_bool().unwrap_or(false),
        })
    }
}

/// Runs the program; gives where requests for its stops go.
pub fn start(launch: Launch, wire: Arc<Wire>, controls: Arc<Controls>) -> Sender<Value> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new().name("program".to_string());
    let told = wire.clone();
    if let Err(error) = thread.spawn(move || run(&launch, &wire, controls, receiver)) {
        told.output("stderr", &format!("no thread for the program: {error}\n"));
        told.event("terminated", json!({}));
    }
    sender
}

fn run(launch: &Launch, wire: &Arc<Wire>, controls: Arc<Controls>, requests: Receiver<Value>) {
    let settings = Settings { arguments: launch.arguments.clone(), ..Settings::default() };
    let client = Editor { wire: wire.clone(), requests, shown: References { known: Default::default() } };
    let output = Box::new(Printed(wire.clone()));
    let result = Engine::new(debug_settings(settings)).and_then(|engine| {
        engine.debug_file(&launch.program, Box::new(client), controls, output, launch.stops_at_entry)
    });
    let code = match &result {
        Ok(()) => 0,
        Err(failure) => {
            wire.output("stderr", &failure.report);
            exit_of(failure).code()
        }
    };
    wire.event("exited", json!({ "exitCode": code }));
    wire.event("terminated", json!({}));
}

/// What the program prints, as the editor shows it.
struct Printed(Arc<Wire>);

impl Output for Printed {
    fn write(&self, text: &str) {
        self.0.output("stdout", text);
    }
    fn flush(&self) {}
}

/// What a reference stands for: the variables of a call, or the parts of a value.
enum Referred {
    Call(usize),
    Value(Shown),
}

struct Editor {
    wire: Arc<Wire>,
    requests: Receiver<Value>,
    shown: References<Referred>,
}

impl DebugClient for Editor {
    fn stopped(&mut self, stop: &mut Stop<'_, '_>) -> Resume {
        self.shown.known.clear();
        let (reason, text) = match &stop.why {
            Why::Entry => ("entry", None),
            Why::Breakpoint => ("breakpoint", None),
            Why::Step => ("step", None),
            Why::Pause => ("pause", None),
            Why::Error(text) => ("exception", Some(text.clone())),
        };
        self.wire.set_stopped(true);
        self.wire.event(
            "stopped",
            json!({ "reason": reason, "text": text, "threadId": stop.thread, "allThreadsStopped": true }),
        );
        loop {
            // The editor is gone where nobody can ask any more.
            let Ok(request) = self.requests.recv() else { return Resume::Quit };
            if let Some(resume) = self.take(stop, &request) {
                self.wire.set_stopped(false);
                self.wire.answer(&request, json!({ "allThreadsContinued": true }));
                return resume;
            }
        }
    }
}

impl Editor {
    /// Answers a request, or says how the program goes on.
    fn take(&mut self, stop: &mut Stop<'_, '_>, request: &Value) -> Option<Resume> {
        let arguments = &request["arguments"];
        let number = |name: &str| arguments[name].as_u64().unwrap_or(0);
        match request["command"].as_str().unwrap_or_default() {
            "continue" => return Some(Resume::Continue),
            "next" => return Some(Resume::StepOver),
            "stepIn" => return Some(Resume::StepIn),
            "stepOut" => return Some(Resume::StepOut),
            "stackTrace" => self.wire.answer(request, stack(stop, arguments)),
            "scopes" => {
                let reference = self.shown.add(Referred::Call(number("frameId") as usize));
                let scope = json!({ "name": "Locals", "variablesReference": reference, "expensive": false });
                self.wire.answer(request, json!({ "scopes": [scope] }));
            }
            "variables" => {
                let rows = match self.shown.get(number("variablesReference")) {
                    Some(Referred::Call(frame)) => stop.variables(frame.saturating_sub(1)),
                    Some(Referred::Value(whole)) => stop.parts(whole),
                    None => Vec::new(),
                };
                let rows: Vec<Value> = rows.into_iter().map(|row| self.variable(row)).collect();
                self.wire.answer(request, json!({ "variables": rows }));
            }
            "evaluate" => {
                let text = arguments["expression"].as_str().unwrap_or_default();
                match stop.evaluate((number("frameId") as usize).saturating_sub(1), text) {
                    Ok(shown) => {
                        let body =
                            json!({ "result": shown.text, "type": shown.class, "variablesReference": 0 });
                        self.wire.answer(request, body);
                    }
                    Err(problem) => self.wire.refuse(request, &problem),
                }
            }
            other => self.wire.refuse(request, &format!("`{other}` is not among what this debugger does")),
        }
        None
    }

    fn variable(&mut self, row: Shown) -> Value {
        let (name, text, class) = (row.name.clone(), row.text.clone(), row.class.clone());
        let reference = if row.has_parts { self.shown.add(Referred::Value(row)) } else { 0 };
        json!({ "name": name, "value": text, "type": class, "variablesReference": reference })
    }
}

/// The calls from `startFrame` on; their numbers count from 1.
fn stack(stop: &Stop<'_, '_>, arguments: &Value) -> Value {
    let places = stop.frames();
    let start = arguments["startFrame"].as_u64().unwrap_or(0) as usize;
    let levels = arguments["levels"].as_u64().filter(|levels| *levels > 0).unwrap_or(u64::MAX) as usize;
    let rows = places.iter().enumerate().skip(start).take(levels).map(|(index, place)| {
        let whole =
            std::fs::canonicalize(&place.path).unwrap_or_else(|_| Path::new(&place.path).to_path_buf());
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        json!({
            "id": index + 1, "name": place.function, "line": place.line, "column": place.column,
            "source": { "name": name, "path": whole.display().to_string() },
        })
    });
    let rows: Vec<Value> = rows.collect();
    json!({ "stackFrames": rows, "totalFrames": places.len() })
}
