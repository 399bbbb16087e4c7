//! Habits of other languages: what they look like here, and what to write instead.

use diag::Code;

use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind};
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
    ("except", "write `catch`"),
    ("rescue", "write `catch`"),
    ("raise", "write `throw`"),
    ("use", "write `import`"),
    ("from", "write `import module { name }`"),
    ("require", "write `import`"),
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
        let span = self.current_span();
        if self.at(Kind::Question) {
            self.error(Code::ForeignSyntax, span, "there is no `?:` operator")
                .hint("write `if c { a } else { b }`; to replace nil, write `a ?? b`");
            return true;
        }
        if let Some((code, message, hint)) = self.foreign_mark(expected) {
            self.error(code, span, message).hint(hint);
            return true;
        }
        if let Some((message, hint)) = self.foreign_shape(expected) {
            self.error(Code::ForeignSyntax, span, message).hint(hint);
            return true;
        }
        if self.at(Kind::Eq) && self.touches(0) && self.position > 0 {
            let before = self.tokens[self.position - 1].kind;
            if matches!(before, Kind::AmpAmp | Kind::BarBar) {
                self.error(Code::ForeignSyntax, span, "there is no such assignment")
                    .hint("write `a = a || b`");
                return true;
            }
        }
        self.foreign_word()
    }

    /// Punctuation that another language has in this place: the code, what is wrong, and what to write.
    fn foreign_mark(&self, expected: &str) -> Option<(Code, &'static str, &'static str)> {
        let touching = |next: Kind| self.kind_at(1) == next && self.touches(1);
        let (wants_block, ends_statement) =
            (expected.starts_with("`{`"), expected.starts_with("a line break"));
        let (message, hint) = match self.current {
            Kind::Colon if touching(Kind::Symbol) => {
                return Some((Code::DoubleColon, "there is no `::`", "write `.` between names"));
            }
            Kind::Colon if touching(Kind::Eq) => {
                ("there is no `:=`", "declare with `let` or `var`, assign with `=`")
            }
            Kind::Colon if wants_block => {
                ("expected a block, found `:`", "blocks are written in braces: `{ ... }`")
            }
            Kind::Colon if ends_statement && self.text_at(1).starts_with(char::is_uppercase) => {
                ("a declaration starts with `let` or `var`", "write `let name: Type = value`")
            }
            Kind::FatArrow if wants_block => {
                ("expected a body, found `=>`", "the body of a function is a block, or `= value`")
            }
            Kind::FatArrow | Kind::Arrow if !expected.starts_with("a pattern") => {
                ("an arrow makes no function", "a closure is written `|x| x + 1`")
            }
            Kind::Less if expected == "`(`" => {
                ("there are no type parameters", "leave them out: a function takes values of any type")
            }
            _ => return None,
        };
        Some((Code::ForeignSyntax, message, hint))
    }

    /// A construct of another language, told by what stands before the current token.
    fn foreign_shape(&self, expected: &str) -> Option<(&'static str, &'static str)> {
        let before = |steps: usize| self.position.checked_sub(steps).map(|index| self.tokens[index].kind);
        let in_loop_head = before(2) == Some(Kind::For)
            || (before(2) == Some(Kind::OpenParen) && before(3) == Some(Kind::For));
        Some(match self.current {
            Kind::Eq if in_loop_head => ("a loop has no counter of its own", "write `for i in 0..n { ... }`"),
            Kind::For if expected.starts_with("`,` or `]`") => {
                ("there are no comprehensions", "write `xs.map(|x| ...)`, with `filter` before it to choose")
            }
            Kind::Greater if before(1) == Some(Kind::Less) && self.touches(0) => {
                ("there is no `<>`", "write `!=`")
            }
            Kind::OpenParen if before(1) == Some(Kind::Ident) && before(2) == Some(Kind::Class) => (
                "a class takes no parentheses",
                "a superclass follows `<`: `class A < B`; fields stand in the body",
            ),
            Kind::OpenParen if before(1) == Some(Kind::Ident) && expected == MEMBER_END => (
                "a method starts with `fn`",
                "write `fn name(...) { ... }`; what makes an object ready is `fn init`",
            ),
            _ => return None,
        })
    }

    /// The current token, or the one before it, is a word that other languages give a meaning.
    pub(super) fn foreign_word(&mut self) -> bool {
        let before = self.position.checked_sub(1).map(|index| self.tokens[index]);
        let mut found = None;
        if self.at(Kind::Ident) {
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
