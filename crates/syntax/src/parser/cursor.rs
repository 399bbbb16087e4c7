//! Moving over tokens, reporting, recovering.

use base::Name;
use diag::{Code, Diagnostic, Severity, Span};

use super::{Context, NESTING_MAX, Parser, Start};
use crate::ast::{self, Ident};
use crate::lexer::{DIAGNOSTICS_MAX, Report};
use crate::token::{Kind, Role, Token, flag};
use crate::tree::{Node, NodeKind};

impl Parser<'_> {
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.position]
    }

    pub(super) fn at(&self, kind: Kind) -> bool {
        self.current == kind
    }

    /// The kind of the token `ahead` places on.
    pub(super) fn kind_at(&self, ahead: usize) -> Kind {
        self.tokens.get(self.position + ahead).map_or(Kind::Eof, |token| token.kind)
    }

    pub(super) fn token_at(&self, ahead: usize) -> &Token {
        &self.tokens[(self.position + ahead).min(self.tokens.len() - 1)]
    }

    /// Whether the token `ahead` places on directly touches the one before it.
    pub(super) fn touches(&self, ahead: usize) -> bool {
        !self.token_at(ahead).has(flag::SPACE_BEFORE)
    }

    /// Whether a line break stands before the current token, whatever the bracket around it.
    pub(super) fn on_new_line(&self) -> bool {
        !self.split && self.token().has(flag::NEWLINE_BEFORE)
    }

    /// Whether a line break before the current token ends a statement.
    pub(super) fn line_ends(&self) -> bool {
        self.context.lines && self.on_new_line()
    }

    /// The source text of the current token.
    pub(super) fn text(&self) -> &str {
        let token = self.token();
        &self.source[token.start as usize..token.end as usize]
    }

    pub(super) fn text_at(&self, ahead: usize) -> &str {
        let token = self.token_at(ahead);
        &self.source[token.start as usize..token.end as usize]
    }

    pub(super) fn advance(&mut self) {
        if self.at(Kind::Eof) {
            return;
        }
        self.last_end = self.token().end;
        self.split = false;
        self.position += 1;
        self.current = self.tokens[self.position].kind;
    }

    pub(super) fn advance_as(&mut self, role: Role) {
        self.tokens[self.position].role = role;
        self.advance();
    }

    /// Consumes the first half of a `||`.
    pub(super) fn advance_half(&mut self) {
        self.last_end = self.token().start + 1;
        self.split = true;
        self.current = Kind::Bar;
    }

    pub(super) fn eat(&mut self, kind: Kind) -> bool {
        let found = self.at(kind);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn eat_as(&mut self, kind: Kind, role: Role) -> bool {
        let found = self.at(kind);
        if found {
            self.advance_as(role);
        }
        found
    }

    pub(super) fn expect(&mut self, kind: Kind) -> bool {
        self.expect_as(kind, Role::Plain)
    }

    pub(super) fn expect_as(&mut self, kind: Kind, role: Role) -> bool {
        let found = self.eat_as(kind, role);
        if !found {
            self.unexpected(&format!("`{}`", kind.text()));
        }
        found
    }

    pub(super) fn here(&self) -> Start {
        let token = self.token();
        Start { token: self.position as u32, offset: token.start + u32::from(self.split) }
    }

    pub(super) fn span_from(&self, start: Start) -> Span {
        Span::new(self.file, start.offset, self.last_end.max(start.offset))
    }

    pub(super) fn current_span(&self) -> Span {
        let token = self.token();
        Span::new(self.file, token.start + u32::from(self.split), token.end)
    }

    pub(super) fn span_of(&self, index: u32) -> Span {
        let token = &self.tokens[index as usize];
        Span::new(self.file, token.start, token.end)
    }

    /// Notes in the lossless tree that a node reaches from `start` to here.
    pub(super) fn node(&mut self, start: Start, kind: NodeKind) {
        let end = self.position as u32;
        if end > start.token {
            self.nodes.push(Node { kind, first: start.token, end });
        }
    }

    pub(super) fn name_of_current(&mut self) -> Name {
        let token = self.tokens[self.position];
        self.names.intern(&self.source[token.start as usize..token.end as usize])
    }

    /// Consumes any word as a name.
    pub(super) fn word(&mut self) -> Ident {
        let ident = Ident::new(self.name_of_current(), self.current_span());
        self.advance();
        ident
    }

    /// Consumes a name, or reports that there is none and makes one up.
    pub(super) fn ident(&mut self, what: &str) -> Ident {
        if self.current.is_name() {
            return self.word();
        }
        if self.current.is_reserved() && !self.panicking {
            let word = self.current.text();
            let span = self.current_span();
            self.error(Code::KeywordAsName, span, format!("`{word}` is a keyword, so it cannot be {what}"))
                .hint(format!("add something to it: `{word}_`"));
            return self.word();
        }
        self.unexpected(what);
        self.missing_ident()
    }

    pub(super) fn missing_ident(&mut self) -> Ident {
        let span = Span::new(self.file, self.last_end, self.last_end);
        Ident::new(self.names.intern("_"), span)
    }

    /// Runs a part of the grammar in a changed context.
    pub(super) fn within<T>(
        &mut self,
        change: impl FnOnce(&mut Context),
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let saved = self.context;
        change(&mut self.context);
        let result = part(self);
        self.context = saved;
        result
    }

    /// Inside `(`, `[`, `#{` or a map: line breaks are blanks and braces are operands again.
    pub(super) fn within_brackets<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        self.within(
            |context| {
                context.lines = false;
                context.header = false;
                context.bars = false;
            },
            part,
        )
    }

    /// Runs a part of the grammar that may contain itself; beyond the limit, reports and ends the parse.
    pub(super) fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        if self.nesting >= NESTING_MAX {
            self.too_deep();
        }
        let outer = std::mem::take(&mut self.height);
        self.nesting += 1;
        let result = part(self);
        self.nesting -= 1;
        self.height = outer.max(self.height + 1);
        if self.height > ast::DEPTH_MAX {
            self.too_deep();
        }
        result
    }

    /// Counts one more link of a chain that grows to the left.
    pub(super) fn link(&mut self) {
        self.height += 1;
        if self.height >= ast::DEPTH_MAX {
            self.too_deep();
        }
    }

    #[cold]
    fn too_deep(&mut self) {
        if !self.at(Kind::Eof) {
            let span = self.current_span();
            self.error(Code::TooDeep, span, "this code is nested too deep")
                .hint("give an inner part a name with `let`, or make it a function");
        }
        self.give_up();
    }

    /// Ends the parse: everything after this is the end of the file.
    pub(super) fn give_up(&mut self) {
        self.position = self.tokens.len() - 1;
        self.current = Kind::Eof;
        self.split = false;
        self.gave_up = true;
    }

    /// Reports a mistake after which parsing goes on as if it were right.
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> Report<'_> {
        if self.panicking || self.gave_up {
            return Report::new(None);
        }
        let is_warning = code.severity() == Severity::Warning;
        let alike = self.diagnostics.iter().filter(|found| found.is_error() != is_warning).count();
        if alike >= DIAGNOSTICS_MAX {
            // Warnings say nothing about whether the rest can be read.
            if !is_warning {
                self.give_up();
            }
            return Report::new(None);
        }
        self.diagnostics.push(Diagnostic::new(code, span, message));
        Report::new(self.diagnostics.last_mut())
    }

    /// Reports that something else was expected at the current token, and panics until the next `recover`.
    pub(super) fn unexpected(&mut self, expected: &str) {
        let found = self.describe();
        let broken = self.token().has(flag::BROKEN);
        let span = self.place_of_mistake(expected);
        if !broken && !self.foreign(expected) {
            let message = format!("expected {expected}, found {found}");
            self.error(Code::UnexpectedToken, span, message).label(format!("expected {expected}"));
        }
        self.panicking = true;
    }

    /// The current token; but what is missing at the end of a line or of the file is missing behind the last thing
    /// there.
    pub(super) fn place_of_mistake(&self, expected: &str) -> Span {
        let ends = self.at(Kind::Eof) || (expected == "`=`" && self.on_new_line());
        if ends && self.last_end > 0 {
            return Span::new(self.file, self.last_end, self.last_end);
        }
        self.current_span()
    }

    /// What to call the current token in a message.
    pub(super) fn describe(&self) -> String {
        let kind = self.current;
        if kind.is_fixed() {
            format!("`{}`", kind.text())
        } else if matches!(kind, Kind::Ident | Kind::Int | Kind::Float | Kind::Symbol)
            && self.text().len() < 40
        {
            format!("`{}`", self.text())
        } else {
            kind.text().to_string()
        }
    }

    /// Drops what was unexpected inside brackets that are not closed: the bracket was reported, and where its
    /// contents end is a guess.
    pub(super) fn drop_noise(&mut self) {
        // A string that is not closed swallows the brackets behind it on its line.
        let is_string = |diagnostic: &&Diagnostic| diagnostic.code == Code::UnterminatedString;
        let strings: Vec<u32> =
            self.diagnostics.iter().filter(is_string).map(|found| found.primary.span.start).collect();
        let source = self.source;
        self.diagnostics.retain(|diagnostic| {
            let start = diagnostic.primary.span.start;
            diagnostic.code != Code::UnclosedBracket
                || !strings.iter().any(|&string| {
                    let between = source.get(start as usize..string as usize);
                    between.is_some_and(|between| !between.contains('\n'))
                })
        });
        let tokens = &self.tokens;
        let unclosed: Vec<(u32, u32)> = tokens
            .iter()
            .filter(|token| token.has(flag::UNCLOSED) && token.kind != Kind::OpenBrace)
            .map(|token| (token.start, tokens[token.partner as usize].start))
            .collect();
        if unclosed.is_empty() {
            return;
        }
        self.diagnostics.retain(|diagnostic| {
            let start = diagnostic.primary.span.start;
            let guess = matches!(
                diagnostic.code,
                Code::UnexpectedToken | Code::StatementSeparator | Code::TrailingBlock
            );
            !guess || !unclosed.iter().any(|&(open, end)| open < start && start <= end)
        });
    }

    /// Consumes the bracket that closes the one at `open`. What stands before it and did not fit is skipped.
    pub(super) fn close(&mut self, open: u32, expected: &str) {
        let token = self.tokens[open as usize];
        let partner = token.partner as usize;
        if self.position < partner {
            if !token.has(flag::UNCLOSED) || self.tokens[partner].kind != Kind::Eof {
                self.unexpected(expected);
            }
            self.jump(partner);
        }
        if self.position == partner && !self.split {
            self.panicking = false;
            if !token.has(flag::UNCLOSED) {
                self.advance();
            }
        }
    }

    fn jump(&mut self, index: usize) {
        if index > self.position {
            self.last_end = self.tokens[index - 1].end;
            self.position = index;
            self.split = false;
            self.current = self.tokens[index].kind;
        }
    }

    /// Skips to where a statement, arm or member may start again, at most to the token `close`.
    pub(super) fn recover(&mut self, close: u32, separators: &[Kind]) {
        self.skip_one(close);
        while self.position < close as usize && !self.on_new_line() && !separators.contains(&self.current) {
            self.skip_one(close);
        }
        self.panicking = false;
    }

    /// Skips a token, or a bracket with all it holds.
    pub(super) fn skip_one(&mut self, close: u32) {
        if self.position >= close as usize {
            return;
        }
        let token = *self.token();
        if token.kind.closer().is_some() && token.partner != u32::MAX && token.kind != Kind::TemplateOpen {
            let past = token.partner as usize + usize::from(!token.has(flag::UNCLOSED));
            self.jump(past.min(close as usize).min(self.tokens.len() - 1));
        } else {
            self.advance();
        }
    }
}
