//! Habits of other languages that are words, or that are read to their end: what to write instead.

use diag::Code;

use super::Parser;
use super::shape::NO_COUNTER;
use crate::ast::{BinaryOp, Expr, ExprKind, Pattern, PatternKind};
use crate::token::Kind;

/// Words that start something in another language, with what to write here.
const WORDS: &[(&str, &str)] = &[
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("elif", "write `else if`"),
    ("elsif", "write `else if`"),
    ("elseif", "write `else if`"),
    ("def", "functions are declared with `fn`"),
    ("func", "functions are declared with `fn`"),
    ("fun", "functions are declared with `fn`"),
    ("function", "functions are declared with `fn`"),
    ("lambda", "a closure is written `|x| x + 1`"),
    ("const", "constants are declared with `let`"),
    ("val", "write `let`"),
    ("struct", "write `class`, or `record` for a value that never changes"),
    ("interface", "write `trait`"),
    ("impl", "methods stand in the body of the class or record"),
    ("switch", "write `match`"),
    ("case", "an arm is written `pattern => value`"),
    ("foreach", "write `for x in xs`"),
    ("until", "write `while !(...)`"),
    ("unless", "write `if !(...)`"),
    ("repeat", "write `for _ in 0..n`"),
    ("div", "write `~/`"),
    ("mod", "write `%`"),
    ("except", "write `catch`"),
    ("rescue", "write `catch`"),
    ("raise", "write `throw`"),
    ("use", "write `import`"),
    ("from", "write `import module { name }`"),
    ("require", "write `import`"),
    ("include", "write `import`"),
    ("go", "write `spawn { ... }`"),
    ("type", "a type has the name of its class; write it where it is needed"),
    ("abstract", "write `trait`, or leave the word out"),
    ("final", "leave it out"),
    ("override", "leave it out"),
    ("new", "call the class: `Point(1, 2)`"),
    ("then", "blocks are written in braces"),
    ("do", "blocks are written in braces"),
    ("end", "blocks are written in braces"),
    ("begin", "blocks are written in braces"),
    ("with", "traits follow a colon: `class A: Trait`; for what must happen at the end, write `defer`"),
    ("del", "call `remove`"),
    ("extends", "a subclass is written `class A < B`"),
    ("implements", "traits follow a colon: `class A: Trait`"),
    ("public", "write `pub`"),
    ("private", "a name that starts with `_` is private"),
    ("typeof", "write `x is Type`"),
    ("instanceof", "write `is`"),
];

/// What is expected behind a member of a class or an arm.
pub(super) const MEMBER_END: &str = "a line break or `,`";

fn habit(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, hint)| *hint)
}

impl Parser<'_> {
    /// Reports the current token as a habit of another language, if it looks like one.
    #[cold]
    pub(super) fn foreign(&mut self, expected: &str) -> bool {
        let span = self.place_of_mistake(expected);
        if self.at(Kind::Colon) && self.kind_at(1) == Kind::Symbol && self.touches(1) {
            self.error(Code::DoubleColon, span, "there is no `::`").hint("write `.` between names");
            return true;
        }
        if let Some((message, hint)) = self.foreign_shape(expected) {
            self.error(Code::ForeignSyntax, span, message).hint(hint);
            return true;
        }
        self.foreign_word()
    }

    /// The current token, or the one before it, is a word that other languages give a meaning.
    pub(super) fn foreign_word(&mut self) -> bool {
        let before = self.position.checked_sub(1).map(|index| self.tokens[index]);
        let mut found = None;
        if self.at(Kind::Ident) && self.text() == "not" && self.kind_at(1) == Kind::In {
            found = Some((self.current_span(), "write `x !in xs`"));
        } else if self.at(Kind::Ident) {
            found = habit(self.text()).map(|hint| (self.current_span(), hint));
        }
        if let Some(token) = before.filter(|token| token.kind == Kind::Ident && found.is_none()) {
            let text = &self.source[token.start as usize..token.end as usize];
            found = habit(text).map(|hint| (self.span_of(self.position as u32 - 1), hint));
        }
        let Some((span, hint)) = found else { return false };
        let word = self.source[span.start as usize..span.end as usize].to_string();
        self.error(Code::ForeignSyntax, span, format!("`{word}` has no meaning here")).hint(hint);
        true
    }

    /// Two statements on one line, or something that cannot follow a statement.
    #[cold]
    pub(super) fn missing_separator(&mut self) {
        let span = self.current_span();
        let is_habit = self.at(Kind::OpenBrace) && self.foreign_statement();
        if is_habit || self.token().has(crate::token::flag::BROKEN) || self.foreign("a line break or `;`") {
            self.panicking = true;
            return;
        }
        let found = self.describe();
        if self.at(Kind::OpenBrace) {
            self.error(Code::TrailingBlock, span, "a block does not follow an expression")
                .hint("a closure goes inside the parentheses: `f(x, |y| { ... })`");
        } else if self.starts_operand() || self.current.is_reserved() {
            let before = self.tokens[self.position.saturating_sub(1)];
            let hint = if before.kind == Kind::Ident {
                let name = &self.source[before.start as usize..before.end as usize];
                format!("to call it, put the arguments in parentheses: `{name}(...)`")
            } else {
                "put it on a line of its own".to_string()
            };
            self.error(
                Code::StatementSeparator,
                span,
                format!("expected a line break or `;`, found {found}"),
            )
            .label("a second statement starts here")
            .hint(hint);
        } else {
            self.error(Code::UnexpectedToken, span, format!("expected a line break or `;`, found {found}"));
        }
        self.panicking = true;
    }

    /// `switch (x) {`, which looks like a call and a block.
    fn foreign_statement(&mut self) -> bool {
        let Some(close) = self.position.checked_sub(1).map(|index| self.tokens[index]) else { return false };
        let Some(index) = close.partner.checked_sub(1).filter(|_| close.kind == Kind::CloseParen) else {
            return false;
        };
        let Some(&word) = self.tokens.get(index as usize) else { return false };
        let text = &self.source[word.start as usize..word.end as usize];
        let Some(hint) = habit(text).filter(|_| word.kind == Kind::Ident) else { return false };
        let (message, span) = (format!("`{text}` has no meaning here"), self.span_of(index));
        self.error(Code::ForeignSyntax, span, message).hint(hint);
        true
    }

    /// `if c then {`, `while c do {`.
    pub(super) fn foreign_block_word(&mut self) {
        if self.at(Kind::Ident) && self.kind_at(1) == Kind::OpenBrace && matches!(self.text(), "then" | "do")
        {
            let span = self.current_span();
            let word = self.text().to_string();
            self.error(Code::ForeignSyntax, span, format!("`{word}` has no meaning here"))
                .hint("leave it out");
            self.advance();
        }
    }

    /// `catch (e)`, `catch Type as e`, `catch (Type e)`: up to the block. True when one of them stands here.
    pub(super) fn foreign_catch(&mut self) -> bool {
        let named = self.current.is_name() && (self.kind_at(1) == Kind::WordAs || self.kind_at(1).is_name());
        if !named && !self.at(Kind::OpenParen) {
            return false;
        }
        let span = self.current_span();
        self.error(Code::ForeignSyntax, span, "a name and its type stand behind `catch`")
            .hint("write `catch e { ... }`, or `catch e: ValueError { ... }`");
        let end = self.tokens.len() as u32 - 1;
        while !self.at(Kind::OpenBrace) && !self.at(Kind::Eof) && !self.on_new_line() {
            self.skip_one(end);
        }
        true
    }

    /// `for (let i = 0; i < n; i++)`: up to the block. True when it stands here.
    pub(super) fn foreign_counter(&mut self) -> bool {
        let declares = matches!(self.kind_at(1), Kind::Let | Kind::Var)
            || (self.kind_at(1).is_name() && self.kind_at(2) == Kind::Eq);
        if !self.at(Kind::OpenParen) || !declares {
            return false;
        }
        let span = self.current_span();
        let (message, hint) = NO_COUNTER;
        self.error(Code::ForeignSyntax, span, message).hint(hint);
        self.skip_one(self.tokens.len() as u32 - 1);
        true
    }

    /// `else =>` in a `match`: what it stands for.
    pub(super) fn foreign_else(&mut self) -> Option<Pattern> {
        if !self.at(Kind::Else) || !matches!(self.kind_at(1), Kind::FatArrow | Kind::Arrow) {
            return None;
        }
        let span = self.current_span();
        self.error(Code::ForeignSyntax, span, "`else` is no pattern").hint("what is left is taken by `_ =>`");
        self.advance();
        Some(Pattern { kind: PatternKind::Wildcard, span })
    }

    /// `let mut x`.
    pub(super) fn foreign_mut(&mut self) {
        if self.at(Kind::Ident) && self.text() == "mut" && self.kind_at(1).is_name() {
            let span = self.current_span();
            self.error(Code::ForeignSyntax, span, "there is no `mut`")
                .hint("declare a variable that changes with `var`");
            self.advance();
        }
    }

    /// After an operator: `===`, `!==`.
    pub(super) fn foreign_operator(&mut self, op: BinaryOp) {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) && self.at(Kind::Eq) && self.touches(0) {
            let span = self.current_span();
            let op = op.as_str();
            self.error(Code::ForeignSyntax, span, format!("there is no `{op}=`")).hint(format!(
                "`{op}` compares contents and converts nothing; `same?(a, b)` compares identity"
            ));
            self.advance();
        }
    }

    /// `i++` and `i--`: at the first sign. True when that is what stands here.
    pub(super) fn doubled_sign(&mut self, left: &Expr) -> bool {
        let sign = self.current;
        if !matches!(sign, Kind::Plus | Kind::Minus) || self.kind_at(1) != sign || !self.touches(1) {
            return false;
        }
        let after = self.token_at(2);
        let ends = after.has(crate::token::flag::NEWLINE_BEFORE)
            || matches!(
                after.kind,
                Kind::Semicolon | Kind::CloseBrace | Kind::CloseParen | Kind::Comma | Kind::Eof
            );
        if sign == Kind::Minus && !ends {
            return false;
        }
        let span = self.current_span();
        let sign = sign.text();
        if !ends {
            self.error(Code::ForeignSyntax, span, "there is no `++`")
                .hint("strings and lists are joined by `+`");
            self.advance();
            return false;
        }
        let target = match &left.kind {
            ExprKind::Name(name) => name.name.to_string(),
            _ => "x".to_string(),
        };
        self.error(Code::ForeignSyntax, span, format!("there is no `{sign}{sign}`"))
            .hint(format!("write `{target} {sign}= 1`"));
        self.advance();
        self.advance();
        true
    }
}
