//! Brackets find their partners while the text is read.
//!
//! Invariant: brackets opened inside an interpolation are closed inside it.

use diag::{Code, Label, Span};

use super::Lexer;
use crate::token::{Kind, TriviaKind, flag};

/// How far a closing bracket looks for its partner past brackets of other kinds: what is further away was hardly
/// meant, and the bound keeps the lexer linear.
const SEARCH_MAX: usize = 64;

/// A bracket that waits for its partner.
pub(super) struct Open {
    pub token: u32,
    pub kind: Kind,
    /// The indent of the line it is on.
    pub indent: u32,
}

impl Lexer<'_> {
    /// Where brackets of the innermost interpolation begin on the stack.
    fn floor(&self) -> usize {
        self.templates.last().map_or(0, |template| template.brackets)
    }

    pub(super) fn interpolation_depth_zero(&self) -> bool {
        !self.templates.is_empty() && self.open.len() == self.floor()
    }

    pub(super) fn closes_interpolation(&self) -> bool {
        if self.templates.is_empty() {
            return false;
        }
        // A `}` that no brace inside the interpolation waits for ends the interpolation.
        let inside = &self.open[self.floor().max(self.open.len().saturating_sub(SEARCH_MAX))..];
        !inside.iter().any(|open| open.kind.closer() == Some(Kind::CloseBrace))
    }

    pub(super) fn close_bracket(&mut self, kind: Kind, start: usize) {
        let floor = self.floor().max(self.open.len().saturating_sub(SEARCH_MAX));
        let Some(index) = self.open[floor..].iter().rposition(|open| open.kind.closer() == Some(kind)) else {
            if self.close_wrongly(kind, start) {
                return;
            }
            self.error(
                Code::UnmatchedBracket,
                start,
                self.position,
                format!("`{}` closes nothing", kind.text()),
            )
            .label("no bracket is open here that this could close");
            self.add_trivia(TriviaKind::Garbage, start);
            self.pending |= flag::BROKEN;
            return;
        };
        let close = self.tokens.len() as u32;
        self.abandon_brackets(floor + index + 1, Some(start));
        if let Some(open) = self.open.pop() {
            self.tokens[open.token as usize].partner = close;
            let first = self.pending & flag::NEWLINE_BEFORE != 0;
            self.push(kind, start);
            if first && kind == Kind::CloseBrace && self.line_indent < open.indent {
                self.suspect.get_or_insert(open.token);
            }
            self.tokens[close as usize].partner = open.token;
        }
    }

    /// `[1, 2)`: the wrong bracket on the line of the one it must have been meant for closes it.
    fn close_wrongly(&mut self, kind: Kind, start: usize) -> bool {
        let Some(open) = self.open[self.floor()..].last() else { return false };
        let (opening, index) = (self.tokens[open.token as usize], open.token);
        let expected =
            open.kind.closer().filter(|closer| *closer != Kind::CloseBrace && kind != Kind::CloseBrace);
        let same_line = opening.start as usize >= self.line_start && self.pending & flag::NEWLINE_BEFORE == 0;
        let Some(expected) = expected.filter(|_| same_line) else { return false };
        let message = format!("`{}` does not close `{}`", kind.text(), opening.kind.text());
        let span = Span::new(self.file, opening.start, opening.end);
        self.error(Code::UnmatchedBracket, start, self.position, message)
            .label(format!("expected `{}`", expected.text()))
            .also(span, "opened here");
        let close = self.tokens.len() as u32;
        self.open.pop();
        self.tokens[index as usize].partner = close;
        self.push(expected, start);
        self.tokens[close as usize].partner = index;
        true
    }

    /// A word that begins a statement, at the start of a line: brackets other than a block's cannot go on past it.
    pub(super) fn close_before_statement(&mut self, start: usize) {
        let rest = &self.bytes[self.position..];
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        if rest.get(blanks) == Some(&b':') {
            return;
        }
        let floor = self.floor();
        let block = self.open[floor..].iter().rposition(|open| open.kind == Kind::OpenBrace);
        let keep = block.map_or(floor, |index| floor + index + 1);
        if self.open.len() > keep {
            self.abandon_brackets(keep, Some(start));
        }
    }

    /// Gives up on the brackets from an index of the stack on: their contents end at the next token.
    pub(super) fn abandon_brackets(&mut self, from: usize, found: Option<usize>) {
        let close = self.tokens.len() as u32;
        while self.open.len() > from {
            let Some(open) = self.open.pop() else { return };
            let token = &mut self.tokens[open.token as usize];
            token.partner = close;
            token.flags |= flag::UNCLOSED;
            let (start, end) = (token.start as usize, token.end as usize);
            let expected = open.kind.closer().map_or("", Kind::text);
            let file = self.file;
            let report = self
                .error(Code::UnclosedBracket, start, end, format!("`{}` is not closed", open.kind.text()))
                .hint(format!("add the missing `{expected}`"));
            if let Some(found) = found {
                let span = Span::new(file, found as u32, found as u32 + 1);
                report.label("opened here").also(span, format!("`{expected}` was expected before this"));
            } else {
                report.label("opened here");
            }
        }
    }

    pub(super) fn close_at_end(&mut self) {
        let reported = self.diagnostics.len();
        self.abandon_brackets(0, None);
        let suspect = self.suspect.map(|index| self.tokens[index as usize]);
        if let (Some(token), Some(report)) = (suspect, self.diagnostics.get_mut(reported)) {
            let span = Span::new(self.file, token.start, token.end);
            let text = "perhaps this one: its `}` is indented less than this line".to_string();
            report.secondary.push(Label { span, text });
        }
    }
}
