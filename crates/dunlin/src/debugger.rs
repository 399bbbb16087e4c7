//! Debugging: a program that is stopped, looked at, and let go on.
//!
//! A `Debugger` is asked before every instruction of the program (`vm::Watcher`); everything runs in the interpreter
//! then, with one scheduler, so that while one process is stopped all stand still. Where to stop is decided by lines:
//! the words of code that begin another line than the word before are its stops, and the first word of a line in its
//! function is where a breakpoint is. Nothing stops in the library.
//!
//! What happens at a stop is the business of a `DebugClient`, which is called on the thread of the process and keeps it
//! until it says how to go on.

mod evaluate;
mod lines;
mod stop;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heap::Value;
use vm::{Stopped, Watched, Watcher};

use crate::engine::Engine;
use crate::execution::Execution;
use crate::failure::Failure;
use crate::loader::SharedModules;
use crate::settings::{MachineCode, Settings};
use lines::FunctionLines;
pub use stop::{Place, Shown, Stop};

/// Who is asked what to do where a program stops.
pub trait DebugClient: Send {
    fn stopped(&mut self, stop: &mut Stop<'_, '_>) -> Resume;
}

/// How a program goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    Continue,
    /// To the next line, also that of a function that is called.
    StepIn,
    /// To the next line of this call or its callers.
    StepOver,
    /// To the next line of the callers.
    StepOut,
    Quit,
}

/// Why a program stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// At its first line.
    Entry,
    Breakpoint,
    Step,
    /// Somebody asked for it.
    Pause,
    /// An error was thrown, with its text.
    Error(String),
}

/// At which errors a program stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakOn {
    Nothing,
    /// Those that nothing catches.
    #[default]
    Uncaught,
    All,
}

/// Where a program is to stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakpoint {
    /// Counted from 1.
    pub line: u32,
    /// An expression without which, or whose value is `false` or `nil`, the program goes on.
    pub condition: Option<String>,
}

/// What may be changed while a program runs, from any thread.
#[derive(Default)]
pub struct Controls {
    breakpoints: Mutex<HashMap<String, Vec<Breakpoint>>>,
    break_on: Mutex<BreakOn>,
    is_pause_wanted: AtomicBool,
    /// The process that is stopped, or was last.
    last_thread: AtomicU64,
}

impl Controls {
    /// Replaces the breakpoints of a file.
    pub fn set_breakpoints(&self, path: &str, breakpoints: Vec<Breakpoint>) {
        lock(&self.breakpoints).insert(lines::key_of(path), breakpoints);
    }

    pub fn breakpoints(&self) -> Vec<(String, Breakpoint)> {
        let known = lock(&self.breakpoints);
        let rows = known.iter().flat_map(|(path, rows)| rows.iter().map(|row| (path.clone(), row.clone())));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|left, right| (&left.0, left.1.line).cmp(&(&right.0, right.1.line)));
        rows
    }

    pub fn breakpoints_of(&self, path: &str) -> Vec<Breakpoint> {
        lock(&self.breakpoints).get(&lines::key_of(path)).cloned().unwrap_or_default()
    }

    pub fn break_on(&self, errors: BreakOn) {
        *lock(&self.break_on) = errors;
    }

    /// Has the program stop at the next line that it comes to.
    pub fn pause(&self) {
        self.is_pause_wanted.store(true, SeqCst);
    }

    pub fn last_thread(&self) -> u64 {
        self.last_thread.load(SeqCst)
    }

    fn at(&self, path: &str, line: u32) -> Vec<Breakpoint> {
        let known = lock(&self.breakpoints);
        let rows = known.get(path).into_iter().flatten();
        rows.filter(|row| row.line == line).cloned().collect()
    }
}

/// The step that is under way: of which process, and from which depth of its stack.
#[derive(Clone, Copy, Debug)]
struct Stepping {
    kind: Resume,
    thread: u64,
    depth: usize,
}

/// Watches the processes of a program.
pub(crate) struct Debugger {
    modules: SharedModules,
    controls: Arc<Controls>,
    client: Mutex<Box<dyn DebugClient>>,
    /// By the numbers of functions.
    lines: Mutex<HashMap<u32, Arc<FunctionLines>>>,
    stepping: Mutex<Option<Stepping>>,
    has_begun: AtomicBool,
    stops_at_entry: bool,
    /// Code of the debugger runs, which nobody debugs.
    is_evaluating: AtomicBool,
    /// Every process is to end.
    is_over: AtomicBool,
}

impl Debugger {
    fn lines_of(&self, stopped: &Stopped<'_>) -> Arc<FunctionLines> {
        let frame = stopped.frame();
        let mut known = lock(&self.lines);
        let made =
            || Arc::new(FunctionLines::of(&frame, &stopped.vm().module_path(frame.module()), &self.modules));
        known.entry(frame.function()).or_insert_with(made).clone()
    }

    fn is_step(&self, thread: u64, stopped: &Stopped<'_>) -> bool {
        let stepping = *lock(&self.stepping);
        stepping.is_some_and(|step| {
            step.thread == thread
                && match step.kind {
                    Resume::StepIn => true,
                    Resume::StepOver => stopped.depth() <= step.depth,
                    Resume::StepOut => stopped.depth() < step.depth,
                    Resume::Continue | Resume::Quit => false,
                }
        })
    }

    /// Why the program stops at this line, if it does.
    fn why(&self, stopped: &mut Stopped<'_>, lines: &FunctionLines, line: u32) -> Option<Why> {
        let thread = thread_of(stopped);
        if !self.has_begun.swap(true, SeqCst) && self.stops_at_entry {
            return Some(Why::Entry);
        }
        if self.controls.is_pause_wanted.swap(false, SeqCst) {
            return Some(Why::Pause);
        }
        let is_step = self.is_step(thread, stopped);
        if lines.is_first(stopped.frame().index()) {
            for breakpoint in self.controls.at(&lines.key, line) {
                match breakpoint.condition {
                    Some(condition) if !self.holds(stopped, &condition) => {}
                    Some(_) | None => return Some(Why::Breakpoint),
                }
            }
        }
        is_step.then_some(Why::Step)
    }

    /// Whether a condition is true here. One that fails stops the program, so that somebody sees it.
    fn holds(&self, stopped: &mut Stopped<'_>, condition: &str) -> bool {
        let text = format!("if {condition} {{ true }} else {{ false }}");
        self.evaluate(stopped, 0, &text).map_or(true, |shown| shown.text == "true")
    }

    fn stop(&self, stopped: &mut Stopped<'_>, why: Why) {
        let thread = thread_of(stopped);
        self.controls.last_thread.store(thread, SeqCst);
        *lock(&self.stepping) = None;
        stopped.vm().output().flush();
        let mut stop = Stop::new(self, stopped, why, thread);
        let resume = lock(&self.client).stopped(&mut stop);
        match resume {
            Resume::Continue => {}
            Resume::StepIn | Resume::StepOver | Resume::StepOut => {
                *lock(&self.stepping) = Some(Stepping { kind: resume, thread, depth: stopped.depth() });
            }
            Resume::Quit => {
                self.is_over.store(true, SeqCst);
            }
        }
    }
}

impl Watcher for Debugger {
    fn before(&self, stopped: &mut Stopped<'_>) -> Watched {
        if self.is_evaluating.load(SeqCst) {
            return Watched::GoesOn;
        }
        if !self.is_over.load(SeqCst) {
            let lines = self.lines_of(stopped);
            if let Some(line) = lines.stop_at(stopped.frame().index())
                && let Some(why) = self.why(stopped, &lines, line)
            {
                self.stop(stopped, why);
            }
        }
        if self.is_over.load(SeqCst) { Watched::Ends } else { Watched::GoesOn }
    }

    fn thrown(&self, stopped: &mut Stopped<'_>, error: Value, is_caught: bool) {
        let is_wanted = match *lock(&self.controls.break_on) {
            BreakOn::Nothing => false,
            BreakOn::Uncaught => !is_caught,
            BreakOn::All => true,
        };
        if !is_wanted || self.is_evaluating.load(SeqCst) {
            return;
        }
        let text = stop::error_text(stopped, error);
        self.stop(stopped, Why::Error(text));
    }
}

impl Engine {
    /// Runs a program from a file under a debugger. `settings` are those of the engine for debugging: see
    /// `debug_settings`.
    pub fn debug_file(
        &self,
        path: &str,
        client: Box<dyn DebugClient>,
        controls: Arc<Controls>,
        output: Box<dyn vm::Output>,
        stops_at_entry: bool,
    ) -> Result<(), Failure> {
        let unit = self.compile_file(path)?.into_unit();
        let debugger = Arc::new(Debugger {
            modules: self.modules.clone(),
            controls,
            client: Mutex::new(client),
            lines: Mutex::default(),
            stepping: Mutex::default(),
            has_begun: AtomicBool::new(false),
            stops_at_entry,
            is_evaluating: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let mut execution =
            Execution::watched(&self.settings, self.modules.clone(), output, debugger.clone());
        let module = execution.link(unit)?;
        let result = execution.run(module).map(drop);
        self.finish(&mut execution);
        // Whoever quits wants no report of it.
        if debugger.is_over.load(SeqCst) { Ok(()) } else { result }
    }
}

/// The settings under which programs are debugged: compiled for it, interpreted, one process at a time.
pub fn debug_settings(settings: Settings) -> Settings {
    Settings {
        machine_code: MachineCode::Off,
        passes: Some("debug".to_string()),
        schedulers: Some(1),
        ..settings
    }
}

fn thread_of(stopped: &Stopped<'_>) -> u64 {
    runtime::pid_of(stopped.attachment()).unwrap_or(0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
