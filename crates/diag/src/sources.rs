//! The texts of the files of one run, and where in them an offset is.
//!
//! Invariant: `line_starts` of a file rises and begins with 0, so a line is found by binary search.

use std::sync::Arc;

use base::IndexVec;

use crate::{FileId, Span};

#[derive(Debug)]
struct SourceFile {
    name: String,
    text: Arc<str>,
    line_starts: Vec<u32>,
}

/// Line and column as people count them, both from 1; a column is a Unicode scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Every source text of a run. Ids are handed out in order and stay valid.
#[derive(Debug, Default)]
pub struct Sources {
    files: IndexVec<FileId, SourceFile>,
}

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a text under the name that messages will print.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let line_starts = line_starts(&text);
        self.files.push(SourceFile { name: name.into(), text, line_starts })
    }

    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file).map_or("<unknown>", |file| &file.name)
    }

    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |file| &file.text)
    }

    /// The text that a span covers; empty where the span is not a place in that file.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where an offset is. Offsets behind the end count as the end, offsets inside a character as its start.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let Some(source) = self.files.get(file) else { return Position { line: 1, column: 1 } };
        let line = source.line_starts.partition_point(|&start| start <= offset).max(1) - 1;
        let start = source.line_starts[line] as usize;
        let end = (offset as usize).min(source.text.len());
        let column =
            source.text.as_bytes()[start..end.max(start)].iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        let inside = end < source.text.len() && !source.text.is_char_boundary(end);
        Position { line: line as u32 + 1, column: (column + usize::from(!inside)).max(1) as u32 }
    }

    /// A line's text without its line break, counted from 1; empty when there is no such line.
    pub fn line(&self, file: FileId, line: u32) -> &str {
        let Some(source) = self.files.get(file) else { return "" };
        let Some(&start) = (line as usize).checked_sub(1).and_then(|index| source.line_starts.get(index))
        else {
            return "";
        };
        let end = source.line_starts.get(line as usize).map_or(source.text.len(), |&next| next as usize);
        source.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    pub fn line_count(&self, file: FileId) -> u32 {
        self.files.get(file).map_or(0, |source| source.line_starts.len() as u32)
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let mut starts = vec![0];
    starts.extend(
        text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(index, _)| index as u32 + 1),
    );
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_scalars() {
        let mut sources = Sources::new();
        let file = sources.add("a.dn", "let é = 1\r\nx\n");
        let check =
            |offset, line, column| assert_eq!(sources.position(file, offset), Position { line, column });
        check(0, 1, 1);
        check(4, 1, 5);
        check(5, 1, 5);
        check(6, 1, 6);
        check(12, 2, 1);
        check(99, 3, 1);
        assert_eq!(sources.line(file, 1), "let é = 1");
        assert_eq!(sources.line(file, 9), "");
    }
}
