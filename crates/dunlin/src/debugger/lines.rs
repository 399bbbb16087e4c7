//! Which words of a function's code begin a line of its source.

use std::collections::HashSet;

use vm::Frame;

use crate::loader::SharedModules;
use crate::place;

/// The lines of one function.
pub struct FunctionLines {
    /// What breakpoints call its file.
    pub key: String,
    /// For each word of code the line that begins there, counted from 1; zero where none does.
    stops: Vec<u32>,
    /// The first word of each line.
    firsts: HashSet<usize>,
}

impl FunctionLines {
    pub fn of(frame: &Frame<'_>, path: &str, modules: &SharedModules) -> FunctionLines {
        let key = key_of(path);
        let (mut stops, mut firsts) = (vec![0; frame.word_count()], HashSet::new());
        if is_library(path) {
            return FunctionLines { key, stops, firsts };
        }
        let mut modules = modules.lock();
        let Some(file) = modules.file(path) else { return FunctionLines { key, stops, firsts } };
        let (mut last, mut seen) = (0, HashSet::new());
        let whole = frame.function_span();
        for (word, span) in frame.span_starts() {
            // What is done about the function as a whole belongs to no line of its body.
            if span == (0, 0) || span == whole {
                continue;
            }
            let line = modules.sources.position(file, span.0).line;
            if line != last {
                if let Some(stop) = stops.get_mut(word as usize) {
                    *stop = line;
                }
                if seen.insert(line) {
                    firsts.insert(word as usize);
                }
                last = line;
            }
        }
        FunctionLines { key, stops, firsts }
    }

    /// The line that begins at this word.
    pub fn stop_at(&self, word: usize) -> Option<u32> {
        self.stops.get(word).copied().filter(|line| *line != 0)
    }

    pub fn is_first(&self, word: usize) -> bool {
        self.firsts.contains(&word)
    }
}

/// What is not written by whoever debugs.
pub fn is_library(path: &str) -> bool {
    path.starts_with('<')
}

/// One file has one key, whatever the way to it.
pub fn key_of(path: &str) -> String {
    match std::fs::canonicalize(path) {
        Ok(whole) => whole.display().to_string(),
        Err(_) => place::normalise(std::path::Path::new(path)),
    }
}
