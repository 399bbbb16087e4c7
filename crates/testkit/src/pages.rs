//! Programs inside documents.
//!
//! A ` ```dunlin ` block of a page is a program and follows the rules of the corpus; without any expectation it must
//! just end well. Words after `dunlin` say otherwise: `parse` (must parse, is not run), `bad` (must be rejected),
//! `ignore` (not code that stands alone).

use std::path::{Path, PathBuf};

/// What is done with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Parse,
    Bad,
    Ignore,
}

/// A block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line after the fence, from 1.
    pub line: usize,
    pub purpose: Purpose,
    pub code: String,
}

/// The blocks of a Markdown text that are marked as Dunlin.
pub fn blocks(text: &str) -> Vec<Block> {
    let block = |block: diag::Block<'_>| {
        let mut words = block.info.split([' ', ',']).map(str::trim);
        if words.next() != Some("dunlin") {
            return None;
        }
        let purpose = match words.next() {
            Some("parse") => Purpose::Parse,
            Some("bad") => Purpose::Bad,
            Some("ignore") => Purpose::Ignore,
            _ => Purpose::Run,
        };
        Some(Block { line: block.line, purpose, code: block.text.to_string() })
    };
    diag::blocks(text).into_iter().filter_map(block).collect()
}

/// Every Markdown page below a folder, in order.
pub fn find_pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        for path in std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|found| found == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_blocks_are_programs() {
        let text = "a\n```dunlin\nprint(1)\n```\n```text\nx\n```\n```dunlin bad\n1 +\n```\n";
        let found = blocks(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].line, found[0].purpose, found[0].code.as_str()),
            (3, Purpose::Run, "print(1)\n")
        );
        assert_eq!((found[1].line, found[1].purpose), (9, Purpose::Bad));
    }
}
