//! Places: the protocol counts lines and UTF-16 units in them, programs count bytes.

use serde_json::{Value, json};

/// A text with the starts of its lines.
pub struct Document {
    pub text: String,
    starts: Vec<usize>,
}

impl Document {
    pub fn new(text: String) -> Document {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Document { text, starts }
    }

    /// The byte at a position; one behind the end of a line or text is that end.
    pub fn offset(&self, position: &Value) -> usize {
        let line = position["line"].as_u64().unwrap_or(0) as usize;
        let column = position["character"].as_u64().unwrap_or(0) as usize;
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let mut units = 0;
        for (at, character) in self.text[start..].char_indices() {
            if units >= column || character == '\n' {
                return start + at;
            }
            units += character.len_utf16();
        }
        self.text.len()
    }

    pub fn position(&self, offset: usize) -> Value {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        json!({ "line": line, "character": before.encode_utf16().count() })
    }

    pub fn range(&self, range: &ide::Range) -> Value {
        json!({ "start": self.position(range.start), "end": self.position(range.end) })
    }

    pub fn whole(&self) -> Value {
        self.range(&(0..self.text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf16() {
        let document = Document::new("aé😀b\nc".to_string());
        assert_eq!(document.position(7), json!({ "line": 0, "character": 4 }));
        assert_eq!(document.offset(&json!({ "line": 0, "character": 4 })), 7);
        assert_eq!(document.offset(&json!({ "line": 0, "character": 99 })), 8);
        assert_eq!(document.offset(&json!({ "line": 1, "character": 0 })), 9);
        assert_eq!(document.offset(&json!({ "line": 9, "character": 0 })), 10);
    }
}
