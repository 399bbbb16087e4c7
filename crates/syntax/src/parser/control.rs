//! Closures, functions as values, jumps, `if`, loops, `try`, `spawn`, `scope`.

use diag::Code;

use super::{Parser, Place, infix::LEVEL_ABOVE_AND};
use crate::ast::{
    Argument, Block, Body, Catch, Closure, Condition, Expr, ExprKind, Function, Ident, If, Param, ParamKind,
    Signature, Try,
};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// Runs the body of a function: labels and `catch` bodies outside do not reach into it.
    pub(super) fn function_body<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let labels = std::mem::take(&mut self.labels);
        let result = self.within(
            |context| {
                context.catch = false;
                context.place = Place::Function;
            },
            body,
        );
        self.labels = labels;
        result
    }

    /// `|a, b| e`.
    #[inline(never)]
    pub(super) fn closure(&mut self) -> Expr {
        self.nested(|parser| {
            let start = parser.here();
            let params = parser.closure_params();
            let result = parser.eat(Kind::Arrow).then(|| parser.type_annotation());
            let signature = Signature { generator: false, params, result, span: parser.span_from(start) };
            let body =
                parser.function_body(|parser| parser.within(|context| context.bars = false, Self::body_expr));
            parser.node(start, NodeKind::Closure);
            Expr::new(ExprKind::Closure(Box::new(Closure { signature, body })), parser.span_from(start))
        })
    }

    /// The bars and what stands between them. `||` is both bars, and may also end one list and open the next.
    #[inline(never)]
    fn closure_params(&mut self) -> Vec<Param> {
        if self.at(Kind::BarBar) {
            self.advance_as(Role::CloseBar);
            return Vec::new();
        }
        if self.split {
            self.advance()
        } else {
            self.advance_as(Role::OpenBar)
        }
        let mut params = Vec::new();
        self.within(
            |context| {
                context.bars = true;
                context.lines = false;
                context.header = false;
            },
            |parser| {
                while !matches!(parser.current, Kind::Bar | Kind::BarBar | Kind::Eof) {
                    params.push(parser.param());
                    if parser.panicking || !parser.eat(Kind::Comma) {
                        break;
                    }
                }
            },
        );
        match self.current {
            Kind::BarBar => self.advance_half(),
            Kind::Bar => self.advance_as(Role::CloseBar),
            _ => self.unexpected("`,` or `|`"),
        }
        self.check_params(&params);
        self.check_union(&params);
        params
    }

    /// `|a: Int | Nil| e`: the second bar ended the parameters, and what follows reads as a type.
    fn check_union(&mut self, params: &[Param]) {
        let Some(Param {
            kind: ParamKind::Pattern { annotation: Some(annotation), default: None, .. }, ..
        }) = params.last()
        else {
            return;
        };
        let type_follows =
            self.at(Kind::Nil) || (self.current.is_name() && self.text().starts_with(char::is_uppercase));
        if type_follows && self.kind_at(1) == Kind::Bar && self.kind_at(2) != Kind::Bar {
            let span = annotation.span.to(self.current_span());
            self.error(Code::UnionInClosure, span, "between the bars of a closure a union needs parentheses")
                .hint("write `|a: (Int | Nil)| ...`");
        }
    }

    /// `fn(a) { }`, `fn*(a) { }`, `fn(a) = e`.
    #[inline(never)]
    pub(super) fn anonymous_function(&mut self) -> ExprKind {
        self.advance();
        let generator = self.eat(Kind::Star);
        if self.current.is_name() && self.kind_at(1) == Kind::OpenParen {
            let span = self.current_span();
            let hint = if self.position >= 2 && self.tokens[self.position - 2].kind == Kind::Async {
                "leave out the `async`: any function may wait, and `async f()` runs one aside"
            } else {
                "declare it on a line of its own, or leave the name out"
            };
            self.error(Code::UnexpectedToken, span, "a function that is a value has no name").hint(hint);
            self.advance();
        }
        let signature = self.signature(generator);
        let body = self.body();
        ExprKind::Function(Box::new(Function { name: None, signature, body }))
    }

    /// `{ ... }` or `= e`.
    pub(super) fn body(&mut self) -> Body {
        self.function_body(|parser| {
            if parser.eat_as(Kind::Eq, Role::Infix) {
                Body::Expr(parser.expr())
            } else {
                Body::Block(parser.block())
            }
        })
    }

    #[inline(never)]
    pub(super) fn jump_expr(&mut self) -> Expr {
        let start = self.here();
        let word = self.current;
        self.advance();
        let kind = match word {
            Kind::Return => ExprKind::Return(self.jump_value()),
            Kind::Yield => ExprKind::Yield(self.jump_value()),
            Kind::Break => {
                let label = self.jump_label();
                ExprKind::Break { label, value: self.jump_value() }
            }
            Kind::Continue => {
                // Nothing but a label can follow, so a name is one even when no loop has it.
                let named = self.current.is_name() && !self.on_new_line();
                ExprKind::Continue { label: named.then(|| self.word()) }
            }
            _ => {
                let value = self.jump_value();
                if value.is_none() && !self.context.catch {
                    let span = self.span_from(start);
                    self.error(
                        Code::ThrowOutsideCatch,
                        span,
                        "`throw` without a value stands only in a `catch` body",
                    )
                    .hint("say what to throw: `throw Error(\"text\")`");
                }
                ExprKind::Throw(value)
            }
        };
        self.node(start, NodeKind::Expr);
        Expr::new(kind, self.span_from(start))
    }

    /// The value of a jump: starts on the same line, or there is none.
    fn jump_value(&mut self) -> Option<Box<Expr>> {
        let absent = self.on_new_line()
            || matches!(
                self.current,
                Kind::Semicolon
                    | Kind::CloseParen
                    | Kind::CloseBracket
                    | Kind::CloseBrace
                    | Kind::Comma
                    | Kind::FatArrow
                    | Kind::Else
                    | Kind::Catch
                    | Kind::Finally
                    | Kind::TemplateClose
                    | Kind::FormatColon
                    | Kind::Eof
            )
            || (self.at(Kind::OpenBrace) && self.context.header);
        (!absent).then(|| Box::new(self.expr()))
    }

    fn jump_label(&mut self) -> Option<Ident> {
        if !self.current.is_name() || self.on_new_line() {
            return None;
        }
        let name = self.name_of_current();
        self.labels.contains(&name).then(|| self.word())
    }

    #[inline(never)]
    pub(super) fn if_expr(&mut self) -> ExprKind {
        self.advance();
        let condition = self.condition();
        let then = self.block();
        let otherwise = self.eat(Kind::Else).then(|| self.else_branch());
        ExprKind::If(Box::new(If { condition, then, otherwise }))
    }

    fn else_branch(&mut self) -> Expr {
        let start = self.here();
        match self.current {
            Kind::If => self.nested(Self::primary),
            Kind::Return | Kind::Break | Kind::Continue | Kind::Throw | Kind::Yield => self.jump_expr(),
            _ => {
                let block = self.block();
                Expr::new(ExprKind::Block(block), self.span_from(start))
            }
        }
    }

    fn header<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        self.within(|context| context.header = true, part)
    }

    /// `e`, or `let p = e && guard`.
    #[inline(never)]
    fn condition(&mut self) -> Condition {
        self.header(|parser| {
            if !parser.at(Kind::Let) {
                return Condition::Expr(parser.expr());
            }
            parser.advance();
            let pattern = parser.checked_pattern();
            parser.expect_as(Kind::Eq, Role::Infix);
            let value = parser.nested(|parser| parser.binary(LEVEL_ABOVE_AND));
            let guard = parser.eat_as(Kind::AmpAmp, Role::Infix).then(|| parser.expr());
            Condition::Let { pattern, value, guard }
        })
    }

    #[inline(never)]
    pub(super) fn match_expr(&mut self) -> ExprKind {
        self.advance();
        let subject = Box::new(self.header(Self::expr));
        let (arms, _) = self.arms();
        ExprKind::Match { subject, arms }
    }

    /// A loop at its word; the label is consumed.
    #[inline(never)]
    pub(super) fn loop_expr(&mut self, label: Option<Ident>) -> ExprKind {
        let word = self.current;
        self.advance();
        match word {
            Kind::While => {
                let condition = Box::new(self.condition());
                let body = self.loop_body(&label);
                ExprKind::While { label, condition, body }
            }
            Kind::For if self.foreign_counter() => {
                let body = self.loop_body(&label);
                ExprKind::Loop { label, body }
            }
            Kind::For => {
                let pattern = Box::new(self.within_brackets(Self::checked_pattern));
                self.expect(Kind::In);
                let iterable = Box::new(self.header(Self::expr));
                let body = self.loop_body(&label);
                ExprKind::For { label, pattern, iterable, body }
            }
            _ => {
                let body = self.loop_body(&label);
                ExprKind::Loop { label, body }
            }
        }
    }

    fn loop_body(&mut self, label: &Option<Ident>) -> Block {
        self.labels.extend(label.iter().map(|label| label.name.clone()));
        let body = self.block();
        self.labels.truncate(self.labels.len() - usize::from(label.is_some()));
        body
    }

    /// `try { } catch e { } finally { }`, `try { } else d`, `try e else d`.
    #[inline(never)]
    pub(super) fn try_expr(&mut self) -> Expr {
        self.nested(|parser| {
            let start = parser.here();
            parser.advance();
            let kind = if parser.at(Kind::OpenBrace) && !parser.context.header {
                parser.try_block()
            } else {
                let body = parser.expr();
                parser.try_else(body)
            };
            parser.node(start, NodeKind::Expr);
            Expr::new(kind, parser.span_from(start))
        })
    }

    #[inline(never)]
    fn try_else(&mut self, body: Expr) -> ExprKind {
        let body = Box::new(body);
        if !self.at(Kind::Else) {
            let span = body.span;
            self.error(Code::TryWithoutElse, span, "`try` needs to know what to give when this fails")
                .hint("write `try e else d`, or `try { ... } catch e { ... }`");
            return ExprKind::TryElse { body, fallback: Box::new(self.error_expr()) };
        }
        self.advance();
        ExprKind::TryElse { body, fallback: Box::new(self.expr()) }
    }

    #[inline(never)]
    fn try_block(&mut self) -> ExprKind {
        let start = self.here();
        let body = self.block();
        let mut catches = Vec::new();
        while self.at(Kind::Catch) {
            catches.push(self.catch());
        }
        let finally = self.eat(Kind::Finally).then(|| self.block());
        if catches.is_empty() && finally.is_none() {
            let span = self.span_from(start);
            return self.try_else(Expr::new(ExprKind::Block(body), span));
        }
        if self.at(Kind::Else) {
            let span = self.current_span();
            self.error(
                Code::TryWithoutElse,
                span,
                "`else` stands only after a `try` without `catch` and `finally`",
            )
            .hint("catch what may fail: `catch e { ... }`");
            self.advance();
            self.expr();
        }
        ExprKind::Try(Box::new(Try { body, catches, finally }))
    }

    #[inline(never)]
    fn catch(&mut self) -> Catch {
        let start = self.here();
        self.advance();
        let mut name = None;
        let mut annotation = None;
        if !self.at(Kind::OpenBrace) && !self.foreign_catch() {
            name = Some(self.ident("the name of the error"));
            annotation = self.eat(Kind::Colon).then(|| self.type_annotation());
        }
        let body = self.within(|context| context.catch = true, Self::block);
        Catch { name, annotation, body, span: self.span_from(start) }
    }

    /// `spawn { }`, `spawn(options) { }`, `spawn(f, args)`.
    #[inline(never)]
    pub(super) fn spawn(&mut self) -> ExprKind {
        self.advance();
        let mut arguments = Vec::new();
        let called = self.at(Kind::OpenParen) && !self.on_new_line();
        if called {
            arguments = self.arguments();
        }
        let brace = self.at(Kind::OpenBrace) && !self.context.header && !(called && self.on_new_line());
        let block = brace.then(|| self.function_body(Self::block));
        if block.is_none() && !called {
            self.unexpected("`{` or `(`");
        }
        self.check_spawn(&arguments, block.is_some());
        ExprKind::Spawn { arguments, block }
    }

    /// With a block, everything in parentheses is an option and has a name; without, the function comes first.
    fn check_spawn(&mut self, arguments: &[Argument], has_block: bool) {
        let positional = arguments.iter().find_map(|argument| match argument {
            Argument::Positional(value) => Some(value.span),
            Argument::Named { .. } | Argument::Spread(_) => None,
        });
        if let (true, Some(span)) = (has_block, positional) {
            self.error(Code::UnexpectedToken, span, "expected an option such as `link: true`, found a value")
                .hint("a `spawn` with a block runs the block; to call a function, write `spawn(f, a)`");
        }
    }

    /// `scope { }`, `scope(timeout: 2s) { }`.
    #[inline(never)]
    pub(super) fn scope(&mut self) -> ExprKind {
        self.advance();
        let arguments = if self.at(Kind::OpenParen) { self.arguments() } else { Vec::new() };
        let body = self.block();
        ExprKind::Scope { arguments, body }
    }
}
