//! Strings, templates, characters: where they end, and which mode the lexer is in after each part.
//!
//! Invariant: `templates` holds the strings that are being read, outermost first; while it is not empty the
//! lexer is inside an interpolation of the last one.

use diag::Code;

use super::{Lexer, TEMPLATE_DEPTH_MAX, Template};
use crate::token::{Kind, TriviaKind, flag};

/// Why reading the text of a string stopped.
enum Stop {
    Quote,
    Interpolation,
    Line,
    End,
}

impl Lexer<'_> {
    /// A string at a quote: one token when it holds no interpolation, a template otherwise.
    pub(super) fn string(&mut self) {
        let start = self.position;
        let triple = self.bytes[start..].starts_with(b"\"\"\"");
        let quote = if triple { 3 } else { 1 };
        self.position += quote;
        match self.string_text(triple) {
            Stop::Quote => {
                self.position += quote;
                self.push(Kind::String, start);
            }
            Stop::Interpolation if self.templates.len() < TEMPLATE_DEPTH_MAX => {
                let text_end = self.position;
                let template = self.tokens.len() as u32;
                self.position = start + quote;
                self.push(Kind::TemplateStart, start);
                self.position = text_end;
                self.template_part(start + quote);
                self.templates.push(Template { start: template, triple, brackets: self.open.len() });
                self.begin_interpolation();
            }
            Stop::Interpolation => {
                self.error(Code::StringTooDeep, start, start + quote, "interpolations are nested too deep")
                    .hint("give the inner string a name with `let`");
                self.position = self.line_end();
                self.pending |= flag::BROKEN;
                self.push(Kind::String, start);
                // The strings around it end here too: one mistake, one report.
                let reported = self.diagnostics.len();
                self.abandon_templates(0);
                self.diagnostics.truncate(reported);
            }
            Stop::Line | Stop::End => {
                self.unterminated(start, quote, triple);
                self.pending |= flag::BROKEN;
                self.push(Kind::String, start);
            }
        }
    }

    fn unterminated(&mut self, start: usize, quote: usize, triple: bool) {
        let report = self
            .error(Code::UnterminatedString, start, start + quote, "this string is not closed")
            .label("opened here");
        if !triple {
            report.hint("a string ends on its line; text of several lines is written \"\"\"...\"\"\"");
        }
    }

    /// Moves over text up to what ends it.
    fn string_text(&mut self, triple: bool) -> Stop {
        while self.position < self.bytes.len() {
            match self.bytes[self.position] {
                b'"' if !triple || self.bytes[self.position..].starts_with(b"\"\"\"") => return Stop::Quote,
                b'$' if self.peek(1) == b'{' => return Stop::Interpolation,
                b'\n' if !triple => return Stop::Line,
                // An escaped character ends nothing. A line break is never part of an escape.
                b'\\' if !matches!(self.peek(1), b'\n' | b'\r') => {
                    self.position += 1;
                    if let Some(escaped) = self.text[self.position..].chars().next() {
                        self.position += escaped.len_utf8();
                    }
                }
                _ => self.position += 1,
            }
        }
        Stop::End
    }

    fn template_part(&mut self, start: usize) {
        if self.position > start {
            self.push(Kind::TemplateText, start);
        }
    }

    fn begin_interpolation(&mut self) {
        let start = self.position;
        self.position += 2;
        if let Some(template) = self.templates.last_mut() {
            template.brackets = self.open.len();
        }
        self.push(Kind::TemplateOpen, start);
    }

    /// At the `}` of an interpolation: goes on with the text of the template.
    pub(super) fn end_interpolation(&mut self) {
        let Some(template) = self.templates.last() else { return };
        let (index, triple, floor) = (template.start, template.triple, template.brackets);
        self.abandon_brackets(floor, Some(self.position));
        self.position += 1;
        self.push(Kind::TemplateClose, self.position - 1);
        let start = self.position;
        let stop = self.string_text(triple);
        self.template_part(start);
        match stop {
            Stop::Quote => {
                let start = self.position;
                self.position += if triple { 3 } else { 1 };
                self.end_template(index, start);
            }
            Stop::Interpolation => self.begin_interpolation(),
            Stop::Line | Stop::End => {
                let opening = self.tokens[index as usize];
                self.unterminated(opening.start as usize, (opening.end - opening.start) as usize, triple);
                self.pending |= flag::BROKEN;
                self.end_template(index, self.position);
            }
        }
    }

    fn end_template(&mut self, index: u32, start: usize) {
        self.templates.pop();
        let end = self.tokens.len() as u32;
        self.tokens[index as usize].partner = end;
        self.push(Kind::TemplateEnd, start);
        self.tokens[end as usize].partner = index;
    }

    /// Ends the templates from an index on where the line or the file ends inside an interpolation.
    pub(super) fn abandon_templates(&mut self, outermost: usize) {
        let kept = self.pending;
        while self.templates.len() > outermost {
            let Some(template) = self.templates.last() else { break };
            let (index, triple, floor) = (template.start, template.triple, template.brackets);
            let opening = self.tokens[index as usize];
            if self.templates.len() == outermost + 1 {
                self.unterminated(opening.start as usize, (opening.end - opening.start) as usize, triple);
            }
            // The brackets go with their string: one mistake, one report.
            let reported = self.diagnostics.len();
            self.abandon_brackets(floor, None);
            self.diagnostics.truncate(reported);
            self.pending = flag::BROKEN;
            self.push(Kind::TemplateClose, self.position);
            self.pending = flag::BROKEN;
            self.end_template(index, self.position);
        }
        self.pending = kept | flag::BROKEN;
    }

    /// After the `:` of an interpolation: the format, up to the `}`.
    pub(super) fn format_text(&mut self) {
        let start = self.position;
        while !matches!(self.peek(0), b'}' | b'"' | b'\n') && self.position < self.bytes.len() {
            self.position += 1;
        }
        self.push(Kind::FormatText, start);
    }

    /// `r"..."`, `b"..."`, `re"..."`, `r#"..."#`: true when one starts at this word.
    pub(super) fn prefixed_string(&mut self, start: usize, end: usize) -> bool {
        let hashes = self.bytes[end..].iter().take_while(|&&byte| byte == b'#').count();
        if self.bytes.get(end + hashes) != Some(&b'"') {
            return false;
        }
        let kind = match &self.text[start..end] {
            "r" => Kind::RawString,
            "re" => Kind::Regex,
            "b" if hashes == 0 => Kind::Bytes,
            _ if hashes > 0 => return false,
            prefix => {
                let message = format!("`{prefix}` touches a string");
                let hint = match prefix {
                    "f" | "s" | "F" | "$" => "every string interpolates: \"n is ${n}\"",
                    _ => "the prefixes are r, b and re; otherwise put a blank before the quote",
                };
                self.error(Code::BadStringPrefix, start, end, message).hint(hint);
                if Kind::of_word(&self.text[start..end]) != Kind::Ident {
                    return false;
                }
                // The string stands alone from here on, as it was probably meant.
                self.position = end;
                self.add_trivia(TriviaKind::Garbage, start);
                self.pending |= flag::BROKEN;
                return true;
            }
        };
        self.position = end + hashes + 1;
        let closed = if kind == Kind::Bytes { self.bytes_text() } else { self.raw_text(hashes) };
        if !closed {
            self.unterminated(start, end + hashes + 1 - start, false);
            self.pending |= flag::BROKEN;
        }
        self.push(kind, start);
        true
    }

    fn raw_text(&mut self, hashes: usize) -> bool {
        while self.position < self.bytes.len() && self.peek(0) != b'\n' {
            self.position += 1;
            let rest = &self.bytes[self.position..];
            if self.bytes[self.position - 1] == b'"'
                && rest.len() >= hashes
                && rest[..hashes].iter().all(|&byte| byte == b'#')
            {
                self.position += hashes;
                return true;
            }
        }
        false
    }

    fn bytes_text(&mut self) -> bool {
        while self.position < self.bytes.len() && self.peek(0) != b'\n' {
            self.position += 1;
            match self.bytes[self.position - 1] {
                b'"' => return true,
                b'\\' if !matches!(self.peek(0), b'\n' | b'\r' | 0) => self.position += 1,
                _ => {}
            }
        }
        false
    }

    /// `:"any text"`.
    pub(super) fn quoted_symbol(&mut self) {
        let start = self.position;
        self.position += 2;
        if !self.bytes_text() {
            self.unterminated(start, 2, false);
            self.pending |= flag::BROKEN;
        }
        // An escape may have stopped inside a character.
        while !self.text.is_char_boundary(self.position) {
            self.position += 1;
        }
        self.push(Kind::Symbol, start);
    }

    /// `'a'`, `'\n'`, `'\u{1F600}'`.
    pub(super) fn character(&mut self) {
        let start = self.position;
        let line = &self.text[start + 1..self.line_end()];
        let mut length = 0;
        let mut escaped = false;
        let mut closed = false;
        for character in line.chars() {
            if character == '\'' && !escaped && length > 0 {
                closed = true;
                break;
            }
            escaped = character == '\\' && !escaped;
            length += character.len_utf8();
        }
        if closed {
            self.position = start + 1 + length + 1;
        } else {
            // Without a closing quote on the line, the mistake is the quote and the word behind it.
            self.position = self.word_end(start + 1).max(start + 1);
            self.error(Code::BadChar, start, self.position, "this character literal is not closed")
                .hint("a character is written 'a', a string \"a\"");
            self.pending |= flag::BROKEN;
        }
        self.push(Kind::Char, start);
    }
}
