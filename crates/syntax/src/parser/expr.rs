//! Expressions: prefix forms and primaries.

use diag::Code;

use super::{Parser, stmt::is_assign};
use crate::ast::{Expr, ExprKind, UnaryOp};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// A whole expression where no assignment may stand.
    pub(super) fn expr(&mut self) -> Expr {
        let value = self.nested(|parser| parser.binary(0));
        if is_assign(self.current) && !self.line_ends() && !self.panicking {
            self.misplaced_assignment();
        }
        value
    }

    #[cold]
    fn misplaced_assignment(&mut self) {
        let span = self.current_span();
        let hint = if self.at(Kind::Eq) && self.kind_at(1) == Kind::Tilde && self.touches(1) {
            "to search a text, write `re\"...\".find(text)`"
        } else if self.at(Kind::Eq) {
            "to compare, write `==`"
        } else {
            "put the assignment on a line of its own"
        };
        self.error(Code::AssignmentAsValue, span, "an assignment is a statement and gives no value")
            .hint(hint);
        self.advance_as(Role::Infix);
        self.expr();
    }

    /// What a binary operator may stand between: a closure, a jump, `try`, or a unary expression. The first three
    /// take everything to their right, so nothing may follow them: then the second part is true.
    pub(super) fn operand(&mut self) -> (Expr, bool) {
        let start = self.here();
        match self.current {
            Kind::Bar | Kind::BarBar => (self.closure(), true),
            Kind::Return | Kind::Break | Kind::Continue | Kind::Throw | Kind::Yield => {
                (self.jump_expr(), true)
            }
            Kind::Try => (self.try_expr(), true),
            Kind::DotDot | Kind::DotDotEq => {
                let span = self.current_span();
                self.error(
                    Code::MisplacedRange,
                    span,
                    "a range without a start stands only in an index or a pattern",
                )
                .hint("write the start: `0..n`");
                self.advance_as(Role::Prefix);
                (self.unary(), false)
            }
            _ => {
                let value = self.unary();
                debug_assert!(value.span.start >= start.offset || value.span.is_empty());
                (value, false)
            }
        }
    }

    #[inline(never)]
    pub(super) fn unary(&mut self) -> Expr {
        let op = match self.current {
            Kind::Minus => UnaryOp::Negate,
            Kind::Bang => UnaryOp::Not,
            Kind::Tilde => UnaryOp::BitNot,
            Kind::Await | Kind::Async => return self.nested(Self::async_or_await),
            _ => return self.power(),
        };
        let start = self.here();
        self.advance_as(Role::Prefix);
        let operand = Box::new(self.nested(Self::unary));
        self.node(start, NodeKind::Expr);
        Expr::new(ExprKind::Unary { op, operand }, self.span_from(start))
    }

    #[inline(never)]
    fn async_or_await(&mut self) -> Expr {
        let start = self.here();
        let is_await = self.at(Kind::Await);
        self.advance();
        let kind = if is_await {
            ExprKind::Await(Box::new(self.unary()))
        } else if self.at(Kind::OpenBrace) && !self.context.header {
            let span = self.here();
            let block = self.function_body(Self::block);
            ExprKind::Async(Box::new(Expr::new(ExprKind::Block(block), self.span_from(span))))
        } else {
            ExprKind::Async(Box::new(self.unary()))
        };
        self.node(start, NodeKind::Expr);
        Expr::new(kind, self.span_from(start))
    }

    #[inline(never)]
    fn power(&mut self) -> Expr {
        let start = self.here();
        let left = self.postfix();
        if !self.at(Kind::StarStar) || self.line_ends() {
            return left;
        }
        let op_span = self.current_span();
        self.advance_as(Role::Infix);
        let right = self.nested(Self::unary);
        self.node(start, NodeKind::Binary);
        let op = crate::ast::BinaryOp::Power;
        let kind = ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) };
        Expr::new(kind, self.span_from(start))
    }

    /// Whether the current token can start an expression.
    pub(super) fn starts_operand(&self) -> bool {
        use Kind::*;
        match self.current {
            OpenBrace => !self.context.header,
            kind if kind.is_name() => true,
            OpenParen | OpenBracket | HashBrace | Minus | Bang | Tilde | Bar | BarBar | Dollar | Fn
            | Return | If | Match | While | For | Loop | Break | Continue | SelfWord | Super | Throw
            | Try | Spawn | Receive | Async | Await | Yield | True | False | Nil | Int | Float | Char
            | String | RawString | Bytes | Regex | Symbol | TemplateStart => true,
            _ => false,
        }
    }

    pub(super) fn primary(&mut self) -> Expr {
        let start = self.here();
        let kind = self.primary_kind();
        self.node(start, NodeKind::Expr);
        Expr::new(kind, self.span_from(start))
    }

    fn primary_kind(&mut self) -> ExprKind {
        match self.current {
            Kind::OpenParen => self.tuple(),
            Kind::OpenBracket => self.list(),
            Kind::HashBrace => self.set(),
            Kind::OpenBrace if !self.context.header => self.map_or_block(),
            Kind::Fn => self.anonymous_function(),
            Kind::If => self.if_expr(),
            Kind::Match => self.match_expr(),
            Kind::While | Kind::For | Kind::Loop => self.loop_expr(None),
            Kind::Spawn => self.spawn(),
            Kind::Receive => self.receive(),
            Kind::SelfWord => self.self_word(),
            Kind::Super => self.super_call(),
            Kind::Dollar => self.unquote(),
            Kind::True | Kind::False => {
                let value = self.at(Kind::True);
                self.advance();
                ExprKind::Bool(value)
            }
            Kind::Nil => {
                self.advance();
                ExprKind::Nil
            }
            kind if kind.is_name() => self.name_or_form(),
            Kind::Int
            | Kind::Float
            | Kind::Char
            | Kind::String
            | Kind::RawString
            | Kind::Bytes
            | Kind::Regex
            | Kind::Symbol
            | Kind::TemplateStart => self.literal(),
            _ => self.no_expression(),
        }
    }

    #[cold]
    fn no_expression(&mut self) -> ExprKind {
        let span = self.current_span();
        if self.at(Kind::OpenBrace) && self.token().partner != u32::MAX && !self.panicking {
            // In a header: the braces are skipped here only when a second pair follows as the body.
            let close = self.token().partner as usize;
            if self.tokens.get(close + 1).is_some_and(|token| token.kind == Kind::OpenBrace) {
                self.error(Code::UnexpectedToken, span, "here a `{` opens the body")
                    .label("expected an expression")
                    .hint("put a map in parentheses: `({ ... })`");
                self.skip_one(self.tokens.len() as u32 - 1);
                return ExprKind::Error;
            }
        }
        if self.at(Kind::Dot) && self.kind_at(1) == Kind::Int && self.touches(1) {
            let digits = self.text_at(1).to_string();
            self.error(Code::BadNumber, span, "a number does not start with a point")
                .hint(format!("write `0.{digits}`"));
            self.advance();
            self.advance();
            return ExprKind::Error;
        }
        self.unexpected("an expression");
        ExprKind::Error
    }

    /// A name, a labelled loop, or one of the forms whose word is a keyword only here.
    #[inline(never)]
    fn name_or_form(&mut self) -> ExprKind {
        if self.at_label() {
            let label = self.word();
            self.advance();
            return self.loop_expr(Some(label));
        }
        let next = self.kind_at(1);
        let brace = next == Kind::OpenBrace
            && !self.context.header
            && !self.token_at(1).has(crate::token::flag::NEWLINE_BEFORE);
        match self.current {
            Kind::WordQuote if brace => return self.quote(),
            Kind::WordSelect if brace => return self.select(),
            Kind::WordScope if brace || self.scope_with_options() => return self.scope(),
            _ => {}
        }
        if next == Kind::Bang && self.touches(1) && self.kind_at(2) == Kind::OpenParen && self.touches(2) {
            return self.macro_call();
        }
        let name = self.word();
        if name.name == "_" {
            self.error(Code::InvalidPattern, name.span, "`_` is a pattern and has no value");
            return ExprKind::Error;
        }
        ExprKind::Name(name)
    }

    /// Name `:` loop word: a label.
    pub(super) fn at_label(&self) -> bool {
        self.kind_at(1) == Kind::Colon && matches!(self.kind_at(2), Kind::For | Kind::While | Kind::Loop)
    }

    /// `scope(...) {`: found by the partner of the parenthesis.
    fn scope_with_options(&self) -> bool {
        if self.kind_at(1) != Kind::OpenParen || self.context.header {
            return false;
        }
        let close = self.token_at(1).partner as usize;
        self.tokens.get(close + 1).is_some_and(|token| {
            token.kind == Kind::OpenBrace && !token.has(crate::token::flag::NEWLINE_BEFORE)
        })
    }

    #[inline(never)]
    fn self_word(&mut self) -> ExprKind {
        self.advance();
        // An instance cannot be called, so this is the pid with a blank before the parenthesis, too.
        if !self.at(Kind::OpenParen) || self.on_new_line() {
            return ExprKind::SelfValue;
        }
        let open = self.position as u32;
        self.advance_as(Role::Postfix);
        self.close(open, "`)`");
        ExprKind::SelfPid
    }

    /// `super.name(args)`.
    #[inline(never)]
    fn super_call(&mut self) -> ExprKind {
        self.advance();
        if !self.expect(Kind::Dot) {
            return ExprKind::Error;
        }
        let name = self.member_name();
        if !self.at(Kind::OpenParen) || self.on_new_line() {
            self.unexpected("the arguments of a call: `super` has no fields");
            return ExprKind::Error;
        }
        let arguments = self.arguments();
        ExprKind::SuperCall { name, arguments }
    }

    /// `name!(args) { block }`.
    #[inline(never)]
    fn macro_call(&mut self) -> ExprKind {
        let name = self.word();
        self.advance_as(Role::Postfix);
        let arguments = self.arguments();
        let brace = self.at(Kind::OpenBrace) && !self.context.header && !self.on_new_line();
        let block = brace.then(|| self.block());
        ExprKind::MacroCall { name, arguments, block }
    }

    /// `$x`, `$(e)`.
    #[inline(never)]
    pub(super) fn unquote(&mut self) -> ExprKind {
        let span = self.current_span();
        if !self.context.quote {
            self.error(Code::UnquoteOutsideQuote, span, "`$` stands only inside `quote`")
                .hint("in a string, interpolation is written ${expr}");
        }
        self.advance_as(Role::Prefix);
        let start = self.here();
        let inner = if self.at(Kind::OpenParen) {
            let open = self.position as u32;
            self.advance();
            let value = self.within_brackets(Self::expr);
            self.close(open, "`)`");
            value
        } else {
            let name = self.ident("a name");
            Expr::new(ExprKind::Name(name), self.span_from(start))
        };
        ExprKind::Unquote(Box::new(inner))
    }

    #[inline(never)]
    fn quote(&mut self) -> ExprKind {
        self.advance();
        ExprKind::Quote(self.within(|context| context.quote = true, |parser| parser.block()))
    }
}
