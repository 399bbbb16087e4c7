//! Fenced blocks of Markdown texts: the pages about codes, the documents, and comments have programs in them.

/// A block between two fences.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block<'a> {
    /// The number of its first line, from 1.
    pub line: usize,
    /// What stands behind the opening fence: `dunlin bad`.
    pub info: &'a str,
    /// Its lines, the last one with its line break.
    pub text: &'a str,
}

const FENCE: &str = "```";

/// The fenced blocks of a text, in order. One that is not closed goes on to the end.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, &str, usize)> = None;
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = offset + line.len();
        let fence = line.trim().strip_prefix(FENCE);
        match (open, fence) {
            (None, Some(info)) => open = Some((index + 2, info.trim(), end)),
            (Some((line, info, start)), Some(_)) => {
                found.push(Block { line, info, text: &text[start..offset] });
                open = None;
            }
            (_, None) => {}
        }
        offset = end;
    }
    if let Some((line, info, start)) = open {
        found.push(Block { line, info, text: &text[start..] });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_words_and_lines() {
        let text = "a\n```dunlin bad\nf(\n\n```\nb\n  ```text\n  x\n  ```\n```\nopen";
        let found: Vec<_> =
            blocks(text).into_iter().map(|block| (block.line, block.info, block.text)).collect();
        assert_eq!(found, [(3, "dunlin bad", "f(\n\n"), (8, "text", "  x\n"), (11, "", "open")]);
        assert!(blocks("no block").is_empty());
    }
}
