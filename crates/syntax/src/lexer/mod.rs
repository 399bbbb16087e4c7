//! The lexer: text to tokens and trivia, in one pass.
//!
//! Invariants: every byte of the text is in exactly one token, one trivia or a blank between them; each opening
//! bracket knows its partner when the lexer is done, so the parser looks past a bracket in one step; every
//! mistake costs at most one diagnostic and at least one byte, so the lexer always ends.

mod brackets;
mod number;
mod string;

use diag::{Code, Diagnostic, FileId, Span};

use crate::token::{Kind, Role, Token, Trivia, TriviaKind, flag};
use brackets::Open;
pub use number::UNITS;

/// More bytes than this are refused: offsets and token indices stay far below 32 bits.
pub const SOURCE_BYTES_MAX: usize = 64 << 20;
/// How many templates may be open inside each other.
pub const TEMPLATE_DEPTH_MAX: usize = 32;
/// Diagnostics of one run; a text with more mistakes than this is no program.
pub const DIAGNOSTICS_MAX: usize = 64;

/// What the lexer makes of a text.
#[derive(Debug)]
pub struct Lexed {
    /// The last one is `Eof`.
    pub tokens: Vec<Token>,
    pub trivia: Vec<Trivia>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A string with interpolations that is being read.
struct Template {
    /// The index of its `TemplateStart`.
    start: u32,
    triple: bool,
    /// How many brackets were open when the interpolation began.
    brackets: usize,
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    file: FileId,
    pending: u8,
    tokens: Vec<Token>,
    trivia: Vec<Trivia>,
    diagnostics: Vec<Diagnostic>,
    open: Vec<Open>,
    /// Where the current line starts, and how far its first token is indented.
    line_start: usize,
    line_indent: u32,
    /// A block whose `}` is not indented like the line that opened it: the likely place of a missing `}`.
    suspect: Option<u32>,
    templates: Vec<Template>,
}

/// Splits a text into tokens and trivia.
pub fn lex(text: &str, file: FileId) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        position: 0,
        file,
        pending: 0,
        tokens: Vec::with_capacity(text.len().min(SOURCE_BYTES_MAX) / 4 + 8),
        trivia: Vec::new(),
        diagnostics: Vec::new(),
        open: Vec::new(),
        line_start: 0,
        line_indent: 0,
        suspect: None,
        templates: Vec::new(),
    };
    if text.len() > SOURCE_BYTES_MAX {
        let limit = SOURCE_BYTES_MAX >> 20;
        lexer.error(Code::SourceTooLarge, 0, 0, format!("the file is larger than {limit} MB"));
    } else {
        lexer.run();
    }
    lexer.finish()
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.position = 3;
        }
        if self.bytes[self.position..].starts_with(b"#!") {
            let start = self.position;
            self.position = self.line_end();
            self.add_trivia(TriviaKind::Shebang, start);
        }
        while self.position < self.bytes.len() {
            self.step();
        }
    }

    /// Reads one token, one piece of trivia or a run of blanks.
    fn step(&mut self) {
        let byte = self.bytes[self.position];
        match byte {
            b' ' | b'\t' | b'\r' => {
                self.position += 1;
                self.pending |= flag::SPACE_BEFORE;
            }
            b'\n' => self.newline(),
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'\'' => self.character(),
            b':' => self.colon(),
            _ if byte >= 0x80 => self.beyond_ascii(),
            _ => self.punctuation(),
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn newline(&mut self) {
        self.position += 1;
        self.line_start = self.position;
        self.pending |= flag::NEWLINE_BEFORE | flag::SPACE_BEFORE;
        // Only `"""` spans lines: an interpolation inside any other string ends with its line.
        if let Some(outermost) = self.templates.iter().position(|template| !template.triple) {
            self.position -= 1;
            self.abandon_templates(outermost);
            self.position += 1;
        }
    }

    fn line_end(&self) -> usize {
        self.bytes[self.position..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(self.bytes.len(), |offset| self.position + offset)
    }

    fn line_comment(&mut self) {
        let start = self.position;
        self.position = self.line_end();
        let text = &self.bytes[start..self.position];
        let doc = text.starts_with(b"///") && !text.starts_with(b"////");
        if doc {
            self.pending |= flag::DOC_BEFORE;
        }
        self.add_trivia(if doc { TriviaKind::DocComment } else { TriviaKind::LineComment }, start);
    }

    fn block_comment(&mut self) {
        let start = self.position;
        self.position += 2;
        let mut depth = 1;
        while depth > 0 && self.position < self.bytes.len() {
            match (self.bytes[self.position], self.peek(1)) {
                (b'*', b'/') => {
                    depth -= 1;
                    self.position += 2;
                }
                (b'/', b'*') => {
                    depth += 1;
                    self.position += 2;
                }
                (b'\n', _) => {
                    self.pending |= flag::NEWLINE_BEFORE;
                    self.position += 1;
                }
                _ => self.position += 1,
            }
        }
        if depth > 0 {
            self.error(Code::UnterminatedComment, start, start + 2, "this comment is not closed")
                .hint("comments nest: every `/*` needs its own `*/`");
        }
        self.add_trivia(TriviaKind::BlockComment, start);
    }

    /// The end of the name that starts at an offset, without a final `?`; the offset itself when none does.
    fn word_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.bytes.len() {
            let byte = self.bytes[end];
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                end += 1;
            } else if byte < 0x80 {
                break;
            } else {
                let Some(character) = self.text[end..].chars().next() else { break };
                let part = if end == start {
                    unicode_ident::is_xid_start(character)
                } else {
                    unicode_ident::is_xid_continue(character)
                };
                if !part {
                    break;
                }
                end += character.len_utf8();
            }
        }
        end
    }

    /// As `word_end`, with the `?` that belongs to the name: one not followed by `.`, `[` or `?`.
    fn name_end(&self, start: usize) -> usize {
        let end = self.word_end(start);
        let after = self.bytes.get(end + 1).copied().unwrap_or(0);
        if end > start && self.bytes.get(end) == Some(&b'?') && !matches!(after, b'.' | b'[' | b'?') {
            return end + 1;
        }
        end
    }

    fn word(&mut self) {
        let start = self.position;
        let end = self.name_end(start);
        if self.prefixed_string(start, end) {
            return;
        }
        self.position = end;
        let kind = Kind::of_word(&self.text[start..end]);
        if self.pending & flag::NEWLINE_BEFORE != 0 && starts_statement(kind) {
            self.close_before_statement(start);
        }
        self.push(kind, start);
    }

    fn beyond_ascii(&mut self) {
        let start = self.position;
        if self.word_end(start) > start {
            return self.word();
        }
        let character = self.text[start..].chars().next().unwrap_or('\u{fffd}');
        if character.is_whitespace() {
            self.position += character.len_utf8();
            self.pending |= flag::SPACE_BEFORE;
        } else {
            self.garbage(character);
        }
    }

    /// Takes a run of the same unknown character as one mistake.
    fn garbage(&mut self, character: char) {
        let start = self.position;
        while self.text[self.position..].starts_with(character) {
            self.position += character.len_utf8();
        }
        let found = character.escape_debug().to_string();
        let diagnostic = self.error(
            Code::UnknownCharacter,
            start,
            self.position,
            format!("`{found}` has no meaning here"),
        );
        match character {
            '#' => diagnostic.hint("comments start with `//`, sets with `#{`"),
            '@' => diagnostic.hint("there are no decorators: call the function yourself"),
            '`' => diagnostic.hint("strings are written with double quotes, and interpolate: \"a ${b}\""),
            '“' | '”' | '„' => diagnostic.hint("strings are written with plain quotes: \"text\""),
            _ => diagnostic,
        };
        self.add_trivia(TriviaKind::Garbage, start);
        self.pending |= flag::BROKEN;
    }

    /// A `:` is a separator, or the start of a symbol when it touches what follows and nothing before it.
    fn colon(&mut self) {
        let start = self.position;
        let before = self.bytes[..start].last().copied().unwrap_or(b' ');
        let touches_before = before.is_ascii_alphanumeric()
            || matches!(before, b'_' | b'?' | b'"' | b'\'' | b')' | b']')
            || before >= 0x80;
        let word_end = self.name_end(start + 1);
        if touches_before || !(word_end > start + 1 || self.peek(1) == b'"') {
            self.position += 1;
            if self.interpolation_depth_zero() {
                self.push(Kind::FormatColon, start);
                self.format_text();
            } else {
                self.push(Kind::Colon, start);
            }
        } else if word_end > start + 1 && !self.bytes[start + 1].is_ascii_digit() {
            self.position = word_end;
            self.push(Kind::Symbol, start);
        } else if self.peek(1) == b'"' {
            self.quoted_symbol();
        } else {
            self.position += 1;
            self.push(Kind::Colon, start);
        }
    }

    fn punctuation(&mut self) {
        let start = self.position;
        let (kind, length) = punctuation_at(&self.bytes[start..]);
        let Some(kind) = kind else { return self.garbage(char::from(self.bytes[start])) };
        if kind == Kind::CloseBrace && self.closes_interpolation() {
            return self.end_interpolation();
        }
        self.position += length;
        if kind.is_close() {
            return self.close_bracket(kind, start);
        }
        if kind.is_open() {
            // The token is pushed first, since it may be the first of its line and set the indent.
            let token = self.tokens.len() as u32;
            self.push(kind, start);
            return self.open.push(Open { token, kind, indent: self.line_indent });
        }
        self.push(kind, start);
    }

    fn push(&mut self, kind: Kind, start: usize) {
        if self.pending & flag::NEWLINE_BEFORE != 0 {
            self.line_indent = start.saturating_sub(self.line_start) as u32;
        }
        self.tokens.push(Token {
            kind,
            flags: std::mem::take(&mut self.pending),
            role: Role::Plain,
            start: start as u32,
            end: self.position as u32,
            partner: u32::MAX,
        });
    }

    fn add_trivia(&mut self, kind: TriviaKind, start: usize) {
        self.pending |= flag::SPACE_BEFORE;
        let before = self.tokens.len() as u32;
        self.trivia.push(Trivia { kind, start: start as u32, end: self.position as u32, before });
    }

    /// Reports a mistake; the returned slot takes labels and hints.
    fn error(&mut self, code: Code, start: usize, end: usize, message: impl Into<String>) -> Report<'_> {
        let span = Span::new(self.file, start as u32, end as u32);
        if self.diagnostics.len() >= DIAGNOSTICS_MAX {
            return Report(None);
        }
        self.diagnostics.push(Diagnostic::new(code, span, message));
        Report(self.diagnostics.last_mut())
    }

    fn finish(mut self) -> Lexed {
        if !self.templates.is_empty() {
            self.abandon_templates(0);
        }
        let end = self.text.len();
        self.position = end;
        self.close_at_end();
        self.push(Kind::Eof, end);
        Lexed { tokens: self.tokens, trivia: self.trivia, diagnostics: self.diagnostics }
    }
}

/// A diagnostic that was just reported, or nothing when there are too many.
pub(crate) struct Report<'a>(Option<&'a mut Diagnostic>);

impl<'a> Report<'a> {
    pub(crate) fn new(slot: Option<&'a mut Diagnostic>) -> Report<'a> {
        Report(slot)
    }

    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            diagnostic.hint = Some(text.into());
        }
        self
    }

    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            diagnostic.primary.text = text.into();
        }
        self
    }

    pub(crate) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            diagnostic.secondary.push(diag::Label { span, text: text.into() });
        }
        self
    }
}

/// Words that begin a statement and stand in no other place at the start of a line.
fn starts_statement(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Let | Kind::Var | Kind::Class | Kind::Import | Kind::Pub | Kind::Defer | Kind::Assert
    )
}

/// The longest token of punctuation at the start of some bytes.
fn punctuation_at(bytes: &[u8]) -> (Option<Kind>, usize) {
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let (second, third) = (at(1), at(2));
    use Kind::*;
    let (kind, length) = match (at(0), second, third) {
        (b'.', b'.', b'.') => (Ellipsis, 3),
        (b'.', b'.', b'=') => (DotDotEq, 3),
        (b'?', b'?', b'=') => (CoalesceEq, 3),
        (b'*', b'*', b'=') => (StarStarEq, 3),
        (b'~', b'/', b'=') => (TildeSlashEq, 3),
        (b'<', b'<', b'=') => (ShiftLeftEq, 3),
        (b'>', b'>', b'=') => (ShiftRightEq, 3),
        (b'.', b'.', _) => (DotDot, 2),
        (b'?', b'.', _) => (QuestionDot, 2),
        (b'?', b'[', _) => (QuestionBracket, 2),
        (b'?', b'?', _) => (Coalesce, 2),
        (b'*', b'*', _) => (StarStar, 2),
        (b'~', b'/', _) => (TildeSlash, 2),
        (b'<', b'<', _) => (ShiftLeft, 2),
        (b'>', b'>', _) => (ShiftRight, 2),
        (b'#', b'{', _) => (HashBrace, 2),
        (b'-', b'>', _) => (Arrow, 2),
        (b'=', b'>', _) => (FatArrow, 2),
        (b'=', b'=', _) => (EqEq, 2),
        (b'!', b'=', _) => (NotEq, 2),
        (b'<', b'=', _) => (LessEq, 2),
        (b'>', b'=', _) => (GreaterEq, 2),
        (b'&', b'&', _) => (AmpAmp, 2),
        (b'|', b'|', _) => (BarBar, 2),
        (b'|', b'>', _) => (PipeInto, 2),
        (b'+', b'=', _) => (PlusEq, 2),
        (b'-', b'=', _) => (MinusEq, 2),
        (b'*', b'=', _) => (StarEq, 2),
        (b'/', b'=', _) => (SlashEq, 2),
        (b'%', b'=', _) => (PercentEq, 2),
        (b'&', b'=', _) => (AmpEq, 2),
        (b'|', b'=', _) => (BarEq, 2),
        (b'^', b'=', _) => (CaretEq, 2),
        (first, _, _) => return (single(first), 1),
    };
    (Some(kind), length)
}

fn single(byte: u8) -> Option<Kind> {
    use Kind::*;
    Some(match byte {
        b'(' => OpenParen,
        b')' => CloseParen,
        b'[' => OpenBracket,
        b']' => CloseBracket,
        b'{' => OpenBrace,
        b'}' => CloseBrace,
        b',' => Comma,
        b';' => Semicolon,
        b'$' => Dollar,
        b'.' => Dot,
        b'=' => Eq,
        b'<' => Less,
        b'>' => Greater,
        b'+' => Plus,
        b'-' => Minus,
        b'*' => Star,
        b'/' => Slash,
        b'%' => Percent,
        b'&' => Amp,
        b'|' => Bar,
        b'^' => Caret,
        b'~' => Tilde,
        b'!' => Bang,
        b'?' => Question,
        _ => return None,
    })
}
