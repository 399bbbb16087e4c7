//! The lines of the result.

use crate::INDENT;
use crate::atoms::columns;

#[derive(Default)]
struct Line {
    indent: usize,
    code: String,
    /// A comment at the end of the line.
    comment: String,
    /// The text comes from the source as it is: part of a string or comment over several lines.
    raw: bool,
}

impl Line {
    /// The columns that the code takes.
    fn width(&self) -> usize {
        self.margin() + columns(&self.code)
    }

    fn margin(&self) -> usize {
        if self.raw { 0 } else { self.indent }
    }

    fn is_blank(&self) -> bool {
        self.code.is_empty() && self.comment.is_empty() && !self.raw
    }
}

#[derive(Default)]
pub struct Lines {
    done: Vec<Line>,
    current: Line,
}

impl Lines {
    pub fn new() -> Lines {
        Lines::default()
    }

    /// Columns taken by the current line so far.
    pub fn column(&self) -> usize {
        self.current.width()
    }

    pub fn indent(&self) -> usize {
        self.current.indent
    }

    pub fn is_empty_line(&self) -> bool {
        self.current.code.is_empty() && self.current.comment.is_empty() && !self.current.raw
    }

    pub fn is_start(&self) -> bool {
        self.done.is_empty() && self.is_empty_line()
    }

    /// Starts a new line, unless the current one is still empty.
    pub fn newline(&mut self, indent: usize) {
        if !self.is_empty_line() {
            self.done.push(std::mem::take(&mut self.current));
        }
        self.current.indent = indent;
    }

    /// One empty line, unless there is one already or nothing before it.
    pub fn blank_line(&mut self) {
        if self.is_empty_line() && self.done.last().is_some_and(|line| !line.is_blank()) {
            self.done.push(Line::default());
        }
    }

    pub fn blank(&mut self) {
        if !self.current.code.is_empty() {
            self.current.code.push(' ');
        }
    }

    /// Adds text, which may hold line breaks of its own.
    pub fn text(&mut self, text: &str) {
        let mut pieces = text.split('\n');
        self.current.code.push_str(pieces.next().unwrap_or(""));
        for piece in pieces {
            // The indent stays what it was for the layout, though nothing is put before the text.
            let next =
                Line { indent: self.current.indent, code: piece.to_string(), raw: true, ..Line::default() };
            self.done.push(std::mem::replace(&mut self.current, next));
        }
    }

    pub fn comment(&mut self, text: &str) {
        self.current.comment = text.to_string();
    }

    pub fn finish(mut self) -> String {
        self.newline(0);
        while self.done.last().is_some_and(Line::is_blank) {
            self.done.pop();
        }
        let pads = comment_columns(&self.done);
        let mut out = String::new();
        for (line, pad) in self.done.iter().zip(pads) {
            if !line.is_blank() {
                out.extend(std::iter::repeat_n(' ', line.margin()));
                out.push_str(&line.code);
                if !line.comment.is_empty() {
                    let width = line.width();
                    out.extend(std::iter::repeat_n(' ', pad.saturating_sub(width)));
                    out.push_str(&line.comment);
                }
            }
            out.push('\n');
        }
        out
    }
}

/// A run of lines aligns its comments unless one of them would move further than this.
const ALIGN_MAX: usize = 10 * INDENT;

/// The column of the comment of each line: comments at the ends of neighbouring lines stand below each other.
fn comment_columns(lines: &[Line]) -> Vec<usize> {
    let mut pads = vec![0; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| !line.comment.is_empty()).count();
        let widths: Vec<usize> = lines[start..start + run].iter().map(Line::width).collect();
        let longest = widths.iter().copied().max().unwrap_or(0);
        for (offset, &width) in widths.iter().enumerate() {
            let near = longest - width <= ALIGN_MAX;
            pads[start + offset] = if near { longest + 2 } else { width + 2 };
        }
        start += run.max(1);
    }
    pads
}
