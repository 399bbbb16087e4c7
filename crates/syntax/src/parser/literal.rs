//! Literals: tokens to values.

use base::Name;
use diag::{Code, Span};

use super::Parser;
use crate::ast::{ExprKind, FormatSpec, TemplatePart};
use crate::literal::{self, Mistake, Number};
use crate::token::{Kind, Token, flag};

/// Longer numbers are refused: turning digits into another base takes time quadratic in their number.
const NUMBER_DIGITS_MAX: usize = 20_000;

impl Parser<'_> {
    /// The literal at the current token.
    #[inline(never)]
    pub(super) fn literal(&mut self) -> ExprKind {
        let token = *self.token();
        let text = &self.source[token.start as usize..token.end as usize];
        let kind = match token.kind {
            Kind::Int | Kind::Float => self.number(token, text),
            Kind::Char => self.character(token, text),
            Kind::String => ExprKind::String(self.plain_string(token, text)),
            Kind::RawString => ExprKind::String(Name::new(raw_inside(text, 1))),
            Kind::Regex => ExprKind::Regex(Name::new(raw_inside(text, 2))),
            Kind::Bytes => {
                let inside = cut(text, 2, usize::from(!token.has(flag::BROKEN)));
                let (bytes, mistakes) = literal::unescape_bytes(inside);
                self.report_escapes(token.start + 2, mistakes);
                ExprKind::Bytes(bytes.into_boxed_slice())
            }
            Kind::Symbol => ExprKind::Symbol(self.symbol(token, text)),
            Kind::TemplateStart => return self.template(),
            _ => ExprKind::Error,
        };
        self.advance();
        kind
    }

    #[inline(never)]
    fn number(&mut self, token: Token, text: &str) -> ExprKind {
        let span = Span::new(self.file, token.start, token.end);
        if token.has(flag::BROKEN) {
            return ExprKind::Error;
        }
        if text.len() > NUMBER_DIGITS_MAX {
            self.error(Code::BadNumber, span, format!("a number of more than {NUMBER_DIGITS_MAX} digits"))
                .hint("read it with `int(text)`, or compute it");
            return ExprKind::Error;
        }
        match literal::number(text) {
            Ok(Number::Int(value)) => ExprKind::Int(value),
            Ok(Number::Big(digits)) => ExprKind::BigInt(Name::from(digits)),
            Ok(Number::Float(value)) => ExprKind::Float(value),
            Err(mistake) => {
                self.error(Code::BadNumber, span, mistake.message);
                ExprKind::Error
            }
        }
    }

    #[inline(never)]
    fn character(&mut self, token: Token, text: &str) -> ExprKind {
        if token.has(flag::BROKEN) || text.len() < 2 {
            return ExprKind::Error;
        }
        match literal::character(cut(text, 1, 1)) {
            Ok(value) => ExprKind::Char(value),
            Err(mistake) => {
                let is_escape = mistake.message.contains("escape") || mistake.message.contains('\\');
                let code = if is_escape { Code::BadEscape } else { Code::BadChar };
                self.report_mistake(code, token.start + 1, mistake);
                ExprKind::Error
            }
        }
    }

    #[inline(never)]
    fn symbol(&mut self, token: Token, text: &str) -> Name {
        let Some(quoted) = text.strip_prefix(":\"") else { return self.names.intern(&text[1..]) };
        let inside = if token.has(flag::BROKEN) { quoted } else { cut(quoted, 0, 1) };
        if let Some(at) = find_interpolation(inside) {
            let start = token.start + 2 + at as u32;
            let span = Span::new(self.file, start, start + 2);
            self.error(Code::BadEscape, span, "a symbol holds no interpolation")
                .hint("write `\\${` for the text");
        }
        let (value, mistakes) = literal::unescape(inside);
        self.report_escapes(token.start + 2, mistakes);
        self.names.intern(&value)
    }

    /// The text of a string without interpolations. Also used where only such a string may stand.
    #[inline(never)]
    pub(super) fn plain_string(&mut self, token: Token, text: &str) -> Name {
        let triple = text.starts_with("\"\"\"") && text.len() >= 6;
        let quote = if triple { 3 } else { 1 };
        let broken = token.has(flag::BROKEN);
        let inside = cut(text, quote.min(text.len()), if broken { 0 } else { quote });
        if triple {
            let stripped = literal::strip_indent(&[inside]).swap_remove(0);
            return self.unescaped(token.start, &stripped);
        }
        if !inside.contains('\\') {
            return self.names.intern(inside);
        }
        self.unescaped(token.start + 1, inside)
    }

    fn unescaped(&mut self, offset: u32, source: &str) -> Name {
        let (value, mistakes) = literal::unescape(source);
        // Text with its indent removed has other offsets than the file: then the whole token is the place.
        let moved = self.source.get(offset as usize..offset as usize + source.len()) != Some(source);
        for mistake in mistakes {
            if moved {
                let span = self.current_span();
                let start = span.start.min(self.last_end);
                self.error(Code::BadEscape, Span { start, ..span }, mistake.message);
            } else {
                self.report_mistake(Code::BadEscape, offset, mistake);
            }
        }
        Name::from(value)
    }

    fn report_escapes(&mut self, offset: u32, mistakes: Vec<Mistake>) {
        for mistake in mistakes {
            self.report_mistake(Code::BadEscape, offset, mistake);
        }
    }

    fn report_mistake(&mut self, code: Code, offset: u32, mistake: Mistake) {
        let (start, end) = (offset + mistake.range.start as u32, offset + mistake.range.end as u32);
        let span = Span::new(self.file, start, end);
        let report = self.error(code, span, mistake.message);
        if let Some(hint) = mistake.hint {
            report.hint(hint);
        }
    }

    /// A string with interpolations.
    #[inline(never)]
    fn template(&mut self) -> ExprKind {
        let open = self.position as u32;
        let start = *self.token();
        let triple = start.end - start.start == 3;
        let end = start.partner;
        let mut texts: Vec<(u32, &str)> = vec![(start.end, "")];
        let mut values = Vec::new();
        let source = self.source;
        self.advance();
        while (self.position as u32) < end {
            match self.current {
                Kind::TemplateText => {
                    let token = *self.token();
                    let text = &source[token.start as usize..token.end as usize];
                    if let Some(last) = texts.last_mut() {
                        *last = (token.start, text);
                    }
                    self.advance();
                }
                Kind::TemplateOpen => {
                    values.push(self.interpolation(end));
                    texts.push((self.token().start, ""));
                }
                _ => self.skip_one(end),
            }
        }
        self.close(open, "the end of the string");
        ExprKind::Template(self.template_parts(triple, &texts, values))
    }

    fn template_parts(
        &mut self,
        triple: bool,
        texts: &[(u32, &str)],
        values: Vec<TemplatePart>,
    ) -> Vec<TemplatePart> {
        let pieces: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        let stripped = triple.then(|| literal::strip_indent(&pieces));
        let mut parts = Vec::with_capacity(texts.len() + values.len());
        let mut values = values.into_iter();
        for (index, (offset, text)) in texts.iter().enumerate() {
            let source = stripped.as_ref().map_or(*text, |stripped| stripped[index].as_str());
            if !source.is_empty() {
                let text = self.unescaped(*offset, source);
                parts.push(TemplatePart::Text(text));
            }
            parts.extend(values.next());
        }
        parts
    }

    /// `${expr}` or `${expr:format}`.
    #[inline(never)]
    fn interpolation(&mut self, end: u32) -> TemplatePart {
        self.advance();
        let value = self.within_brackets(Self::expr);
        let mut format = None;
        if self.at(Kind::FormatColon) {
            self.advance();
            if self.at(Kind::FormatText) {
                format = self.format_spec();
                self.advance();
            }
        }
        if !self.at(Kind::TemplateClose) && !self.panicking {
            self.unexpected("`}`");
        }
        while !matches!(self.current, Kind::TemplateClose) && (self.position as u32) < end {
            self.skip_one(end);
        }
        self.panicking = false;
        self.eat(Kind::TemplateClose);
        TemplatePart::Value { value, format }
    }

    fn format_spec(&mut self) -> Option<FormatSpec> {
        let span = self.current_span();
        let text = self.text().to_string();
        let spec = crate::format_spec::parse(&text, span);
        if spec.is_none() {
            self.error(Code::InvalidFormatSpec, span, format!("`{text}` is no format"))
                .hint("a format is [[fill]align][sign][#][0][width][,][.precision][type], as in `>8.2f`");
        }
        spec
    }
}

/// A text without its first and last bytes; empty where there are not as many.
fn cut(text: &str, front: usize, back: usize) -> &str {
    text.get(front..text.len().saturating_sub(back).max(front)).unwrap_or("")
}

/// The inside of `r"..."`, `r#"..."#`, `re"..."`: what lies between the first and the last quote.
fn raw_inside(text: &str, prefix: usize) -> &str {
    let hashes = text[prefix..].bytes().take_while(|&byte| byte == b'#').count();
    let front = prefix + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    let inside = text.get(front..).unwrap_or("");
    inside.strip_suffix(closing.as_str()).unwrap_or(inside)
}

fn find_interpolation(text: &str) -> Option<usize> {
    text.match_indices("${").find(|&(at, _)| !text[..at].ends_with('\\')).map(|(at, _)| at)
}
