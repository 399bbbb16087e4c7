//! Traces of errors: what `e.trace` gives to programs, and reports for people.

use heap::{Kind, Value, class_id_of};

use crate::error::{ERROR_CAUSE, ERROR_TRACE, ERRORS, TRACE_GOES_ON, error_message};
use crate::exit::Exit;
use crate::process::Process;
use crate::state::State;
use crate::vm::VmInner;

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceFrame {
    Frame {
        function: String,
        module: String,
        path: String,
        /// Byte offsets in the source.
        span: (u32, u32),
        /// Line and column, where the loader knows them.
        position: Option<(u32, u32)>,
    },
    /// So many frames are left out here; `None` when they were not counted.
    LeftOut(Option<u64>),
}

/// An error as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReport {
    pub class: String,
    /// The diagnostic code of the class, or of the builtin class above it.
    pub code: &'static str,
    pub message: String,
    /// Innermost frame first.
    pub trace: Vec<TraceFrame>,
    pub cause: Option<Box<ErrorReport>>,
}

impl std::fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.class, self.message)?;
        for frame in &self.trace {
            match frame {
                TraceFrame::Frame { function, path, position: Some((line, _)), .. } => {
                    write!(f, "\n    at {function} ({path}:{line})")?;
                }
                TraceFrame::Frame { function, path, .. } => write!(f, "\n    at {function} ({path})")?,
                TraceFrame::LeftOut(Some(count)) => write!(f, "\n    ... {count} more frames")?,
                TraceFrame::LeftOut(None) => write!(f, "\n    ... more frames")?,
            }
        }
        if let Some(cause) = &self.cause {
            write!(f, "\ncaused by {cause}")?;
        }
        Ok(())
    }
}

impl VmInner {
    /// What a word of a captured trace stands for.
    pub(crate) fn trace_frame(&self, word: i64) -> Option<TraceFrame> {
        if word == TRACE_GOES_ON {
            return None;
        }
        if word < 0 {
            return Some(TraceFrame::LeftOut((word != -i64::MAX).then_some(word.unsigned_abs())));
        }
        let entry = self.functions.get((word >> 32) as usize)?;
        let module = self.module(entry.code.module);
        let span = entry.code.span_at((word & 0xFFFF_FFFF) as usize);
        Some(TraceFrame::Frame {
            function: entry.code.name.clone(),
            module: module.name.clone(),
            path: module.path.clone(),
            span,
            position: self.loader.position(&module.path, span.0),
        })
    }

    fn trace_of(&self, error: Value) -> Vec<TraceFrame> {
        let array = error
            .as_instance()
            .and_then(|instance| instance.field(ERROR_TRACE))
            .filter(|trace| trace.is_kind(Kind::IntArray))
            .and_then(|trace| trace.as_int_array());
        array.map_or_else(Vec::new, |array| self.trace_frames(array.elements()))
    }

    fn trace_frames(&self, words: &[i64]) -> Vec<TraceFrame> {
        words.iter().filter_map(|&word| self.trace_frame(word)).collect()
    }

    /// The code of the nearest builtin class.
    fn error_code(&self, class_id: u32) -> &'static str {
        let mut next = Some(class_id);
        while let Some(id) = next {
            if let Some((_, code, _)) = ERRORS.iter().find(|(class, ..)| class.id() == id) {
                return code;
            }
            next = self.shared.classes.get(id).and_then(|class| class.superclass());
        }
        ERRORS[0].1
    }
}

impl Process {
    /// An error of this process as a report shows it. Runs no code of the program.
    pub fn report(&mut self, error: Value) -> ErrorReport {
        const CAUSES_MAX: usize = 16;
        let mut chain = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next.filter(|_| chain.len() < CAUSES_MAX) {
            chain.push(self.report_one(error));
            next = error
                .as_instance()
                .and_then(|instance| instance.field(ERROR_CAUSE))
                .filter(|cause| error_message(*cause).is_some());
        }
        chain
            .into_iter()
            .rev()
            .reduce(|cause, mut error| {
                error.cause = Some(Box::new(cause));
                error
            })
            .expect("invariant: the chain starts with the error itself")
    }

    /// Where the process was when it reached a limit, innermost frame first.
    pub fn limit_trace(&self) -> Vec<TraceFrame> {
        self.seldom.as_ref().map_or_else(Vec::new, |it| self.vm.inner.trace_frames(&it.limit_place))
    }

    fn report_one(&mut self, error: Value) -> ErrorReport {
        let mut message = String::new();
        let value = error_message(error).unwrap_or(error);
        if !value.is_undef() && heap::write_str(&mut self.heap, value, &mut message).is_err() {
            message.clear();
            // Without room, or where user code prints it, the structure has to do.
            let _ = heap::write_structure(&mut self.heap, value, &mut message);
        }
        let vm = &self.vm.inner;
        ErrorReport {
            class: vm.class_name_of(error),
            code: vm.error_code(class_id_of(error)),
            message,
            trace: vm.trace_of(error),
            cause: None,
        }
    }
}

impl State {
    /// `e.trace`: a list of maps with function, file, line and column.
    pub(crate) fn readable_trace(&mut self, error: Value) -> Result<Value, Exit> {
        let frames = self.vm().trace_of(error);
        let list = self.heap_mut().list_new(frames.len())?;
        for frame in frames {
            let TraceFrame::Frame { function, path, position, .. } = frame else { continue };
            let map = self.heap_mut().map_new(4)?;
            let (line, column) = match position {
                Some((line, column)) => (Value::int32(line as i32), Value::int32(column as i32)),
                None => (Value::NIL, Value::NIL),
            };
            let function = self.heap_mut().string(&function)?;
            let path = self.heap_mut().string(&path)?;
            for (name, value) in [("function", function), ("file", path), ("line", line), ("column", column)]
            {
                let key = self.vm().key_string(name);
                self.heap_mut().map_insert(map, key, value)?;
            }
            self.heap_mut().list_push(list, map.value())?;
        }
        Ok(list.value())
    }
}
