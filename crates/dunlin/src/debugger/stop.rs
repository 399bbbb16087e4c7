//! A program that is stopped, as a client looks at it.

use heap::Value;
use vm::Stopped;

use super::{Debugger, Why, lines};

/// Calls that a stop shows.
const FRAMES_MAX: usize = 1_000;
/// Characters of a value that is shown.
const TEXT_MAX: usize = 1_000;
/// Parts of a value that are shown.
const PARTS_MAX: usize = 1_000;

/// A stopped program.
pub struct Stop<'s, 'p> {
    debugger: &'s Debugger,
    stopped: &'s mut Stopped<'p>,
    pub why: Why,
    /// The number of the process.
    pub thread: u64,
}

/// A call that has not returned, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub function: String,
    pub path: String,
    /// Counted from 1.
    pub line: u32,
    pub column: u32,
}

/// A value as people see it. It is alive as long as the program is stopped.
#[derive(Clone, Debug)]
pub struct Shown {
    pub name: String,
    pub text: String,
    pub class: String,
    /// Whether it has parts that can be shown.
    pub has_parts: bool,
    pub(super) value: Option<Value>,
}

impl<'s, 'p> Stop<'s, 'p> {
    pub(super) fn new(debugger: &'s Debugger, stopped: &'s mut Stopped<'p>, why: Why, thread: u64) -> Self {
        Stop { debugger, stopped, why, thread }
    }

    /// The calls of the program from the innermost outward; those of the library are left out.
    pub fn frames(&self) -> Vec<Place> {
        frames_of(self.stopped).into_iter().map(|index| self.place(index)).collect()
    }

    fn place(&self, index: usize) -> Place {
        let frames = self.stopped.frames(index + 1);
        let Some(frame) = frames.get(index) else {
            return Place { function: String::new(), path: String::new(), line: 0, column: 0 };
        };
        let path = self.stopped.vm().module_path(frame.module());
        let mut modules = self.debugger.modules.lock();
        let position = modules.file(&path).map(|file| modules.sources.position(file, frame.span().0));
        let (line, column) = position.map_or((0, 0), |position| (position.line, position.column));
        Place { function: frame.name().to_string(), path, line, column }
    }

    /// A line of a file, counted from 1.
    pub fn source_line(&self, path: &str, line: u32) -> Option<String> {
        let mut modules = self.debugger.modules.lock();
        let file = modules.file(path)?;
        let is_there = (1..=modules.sources.line_count(file)).contains(&line);
        is_there.then(|| modules.sources.line(file, line).trim_end().to_string())
    }

    /// The variables that the call of this number sees.
    pub fn variables(&mut self, frame: usize) -> Vec<Shown> {
        let Some(index) = frames_of(self.stopped).get(frame).copied() else { return Vec::new() };
        let frames = self.stopped.frames(index + 1);
        let Some(frame) = frames.get(index) else { return Vec::new() };
        let found = self.stopped.variables(frame);
        found.into_iter().map(|(name, value)| show(self.stopped, name, value)).collect()
    }

    /// The parts of a value that was shown at this stop.
    pub fn parts(&mut self, whole: &Shown) -> Vec<Shown> {
        let Some(value) = whole.value else { return Vec::new() };
        let parts = parts_of(self.stopped, value);
        parts.into_iter().map(|(name, part)| show(self.stopped, name, Some(part))).collect()
    }

    /// The value of an expression that sees what the call of this number sees. It works on copies: what it changes, the
    /// program does not see.
    pub fn evaluate(&mut self, frame: usize, text: &str) -> Result<Shown, String> {
        self.debugger.evaluate(self.stopped, frame, text)
    }
}

/// The numbers of the calls that are shown.
pub(super) fn frames_of(stopped: &Stopped<'_>) -> Vec<usize> {
    let frames = stopped.frames(FRAMES_MAX);
    let is_own = |path: &str| !lines::is_library(path);
    let numbered = frames.iter().enumerate();
    numbered
        .filter(|(_, it)| is_own(&stopped.vm().module_path(it.module())))
        .map(|(index, _)| index)
        .collect()
}

fn show(stopped: &mut Stopped<'_>, name: String, value: Option<Value>) -> Shown {
    let Some(value) = value else {
        let text = "(no value here)".to_string();
        return Shown { name, text, class: String::new(), has_parts: false, value: None };
    };
    let class = stopped.vm().class_name_of(value);
    let text = text_of(stopped.heap(), value);
    let has_parts = !parts_of(stopped, value).is_empty();
    Shown { name, text, class, has_parts, value: Some(value) }
}

pub(super) fn text_of(heap: &mut heap::Heap, value: Value) -> String {
    let mut text = String::new();
    if heap::write_structure(heap, value, &mut text).is_err() {
        return "(a value that cannot be shown)".to_string();
    }
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The class and the message of an error.
pub fn error_text(stopped: &mut Stopped<'_>, error: Value) -> String {
    let class = stopped.vm().class_name_of(error);
    let message = error.as_instance().and_then(|instance| instance.field(0));
    match message {
        Some(message) => match stopped.heap().text(&message) {
            Ok(Some(text)) => format!("{class}: {text}"),
            _ => class,
        },
        None => format!("{class}: {}", text_of(stopped.heap(), error)),
    }
}

fn parts_of(stopped: &mut Stopped<'_>, value: Value) -> Vec<(String, Value)> {
    if let Some(elements) = value.sequence_elements() {
        let numbered = elements.iter().take(PARTS_MAX).enumerate();
        return numbered.map(|(index, part)| (format!("[{index}]"), *part)).collect();
    }
    if let Some(map) = value.as_map() {
        let entries: Vec<(Value, Value)> = map.iter().take(PARTS_MAX).collect();
        return entries.into_iter().map(|(key, part)| (text_of(stopped.heap(), key), part)).collect();
    }
    let fields = match (value.as_instance(), value.as_record()) {
        (Some(instance), _) => instance.fields().to_vec(),
        (None, Some(record)) => record.fields().to_vec(),
        (None, None) => return Vec::new(),
    };
    let names = stopped.field_names(value);
    names.into_iter().zip(fields).filter(|(_, part)| !part.is_undef()).collect()
}
