//! Numbers: where they end. What they are worth is decided when they are used.

use diag::Code;

use super::Lexer;
use crate::token::{Kind, flag};

/// Units that may touch a decimal number, with what they multiply by.
pub const UNITS: &[(&str, i64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("kb", 1 << 10),
    ("mb", 1 << 20),
    ("gb", 1 << 30),
];

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let (start, reported) = (self.position, self.diagnostics.len());
        self.number_at(start);
        // What was reported here is not reported again when the value is asked for.
        if let Some(token) = self.tokens.last_mut().filter(|_| self.diagnostics.len() > reported) {
            token.flags |= flag::BROKEN;
        }
    }

    fn number_at(&mut self, start: usize) {
        let after_dot =
            self.tokens.last().is_some_and(|token| matches!(token.kind, Kind::Dot | Kind::QuestionDot));
        if after_dot {
            // `t.0.1`: a position, decimal digits only.
            while self.peek(0).is_ascii_digit() {
                self.position += 1;
            }
            return self.push(Kind::Int, start);
        }
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'o' | b'b') {
            return self.radix_number(start);
        }
        self.digits();
        let mut kind = Kind::Int;
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            kind = Kind::Float;
            self.position += 1;
            self.digits();
        }
        let mut exponent = false;
        let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
        if matches!(self.peek(0), b'e' | b'E') && self.peek(1 + sign).is_ascii_digit() {
            kind = Kind::Float;
            exponent = true;
            self.position += 1 + sign;
            self.digits();
        }
        let body = self.position;
        self.suffix(start, body, exponent);
        let digits = &self.bytes[start..body];
        if digits.len() > 1 && digits[0] == b'0' && (digits[1].is_ascii_digit() || digits[1] == b'_') {
            self.error(Code::BadNumber, start, body, "a number does not start with a zero")
                .hint("octal numbers are written `0o17`");
        }
        if self.bytes[body - 1] == b'_' {
            self.error(Code::BadNumber, start, body, "a number does not end in `_`");
        }
        self.push(kind, start);
    }

    fn digits(&mut self) {
        while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' {
            self.position += 1;
        }
    }

    fn radix_number(&mut self, start: usize) {
        let (radix, name) = match self.peek(1) {
            b'x' => (16, "hexadecimal"),
            b'o' => (8, "octal"),
            _ => (2, "binary"),
        };
        self.position += 2;
        let first = self.position;
        while char::from(self.peek(0)).is_digit(radix) || self.peek(0) == b'_' {
            self.position += 1;
        }
        let body = self.position;
        let rest = self.word_end(body.min(self.bytes.len()));
        let end = rest.max(self.run_of_digits(body));
        self.position = end;
        let empty = self.bytes[first..body].iter().all(|&byte| byte == b'_');
        if end > body && self.bytes[body].is_ascii_digit() {
            let digit = char::from(self.bytes[body]);
            self.error(Code::BadNumber, start, end, format!("`{digit}` is no {name} digit"));
        } else if end > body {
            let suffix = self.text[body..end].to_string();
            self.error(
                Code::UnknownSuffix,
                body,
                end,
                format!("unknown suffix `{suffix}` on a {name} number"),
            )
            .hint("suffixes go on decimal numbers only");
        } else if empty {
            self.error(Code::BadNumber, start, end, format!("a {name} number without digits"));
        }
        self.push(Kind::Int, start);
    }

    fn run_of_digits(&self, from: usize) -> usize {
        let rest = &self.bytes[from.min(self.bytes.len())..];
        from + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
    }

    /// A name that touches a number must be a unit.
    fn suffix(&mut self, start: usize, body: usize, exponent: bool) {
        let end = self.word_end(body);
        if end == body {
            return;
        }
        self.position = end;
        let suffix = &self.text[body..end];
        if exponent {
            let suffix = suffix.to_string();
            self.error(
                Code::UnknownSuffix,
                body,
                end,
                format!("suffix `{suffix}` on a number with an exponent"),
            );
        } else if !UNITS.iter().any(|(unit, _)| *unit == suffix) {
            let message = format!("unknown suffix `{suffix}` on a number");
            let hint = match suffix {
                "x" | "n" | "px" | "i" | "f" | "u" => "write a blank or an operator between the two",
                _ => "the suffixes are ms s m h d for times and kb mb gb for sizes",
            };
            self.error(Code::UnknownSuffix, start, end, message).hint(hint);
        }
    }
}
