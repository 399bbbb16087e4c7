//! `try` in its forms, and `throw`.

use bytecode::Op;
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, ExprKind};

use super::Lowerer;
use super::expr::Dst;
use super::scope::{Cleanup, LocalKind};
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

impl<'a> Lowerer<'a, '_> {
    pub fn throw(&mut self, value: Option<&'a ast::Expr>, span: diag::Span) {
        match value {
            Some(value) => {
                self.check_thrown(value);
                let register = self.value(value);
                self.build().set_span(span);
                self.build().end(Inst::new(Op::Throw).a(register));
            }
            None => match self.context().caught {
                Some(register) => self.build().end(Inst::new(Op::Rethrow).a(register)),
                None => self.error(
                    ErrorCode::ThrowOutsideCatch,
                    span,
                    "a bare `throw` stands only directly in the body of a `catch`",
                ),
            },
        }
    }

    fn check_thrown(&mut self, value: &ast::Expr) {
        let literal = crate::analyze::literal(value).is_some()
            || matches!(
                value.kind,
                ExprKind::Template(_)
                    | ExprKind::Nil
                    | ExprKind::Bool(_)
                    | ExprKind::List(_)
                    | ExprKind::Map(_)
            );
        if literal {
            let message = "only errors can be thrown: this throws a TypeError";
            let diagnostic = Diagnostic::new(ErrorCode::ThrowOfLiteral, value.span, message);
            let hint = format!("throw Error({})", self.text(value.span));
            self.report(diagnostic.hint(hint));
        }
    }

    /// A register for the value of parts that are lowered under protection.
    fn protected_want(&mut self, want: Want) -> (Want, Option<Reg>) {
        match want {
            Want::Result => {
                let register = self.build().allocate();
                (Want::Into(Dst::into(register)), Some(register))
            }
            // The handler may leave half a value behind, so work never happens in the destination.
            Want::Into(dst) => (Want::Into(Dst::into(dst.register)), None),
            Want::Nothing => (Want::Nothing, None),
        }
    }

    /// `try e else d`: the errors of `e` alone are caught.
    pub fn try_else(&mut self, body: &'a ast::Expr, fallback: &'a ast::Expr, want: Want) {
        let (inner, register) = self.protected_want(want);
        let error = self.build().allocate();
        let (handler, end) = (self.build().new_block(), self.build().new_block());
        let outside = self.build().region();
        let region = self.build().open_region(handler, error, false);
        self.context().cleanups.push(Cleanup::Protected { outside });
        self.want(body, inner);
        self.context().cleanups.pop();
        self.build().set_region(outside);
        self.build().jump(end);
        if self.build().region_used(region) {
            self.build().place_loop(handler);
            self.want(fallback, inner);
            self.build().place(end);
        } else {
            self.build().place(end);
        }
        if let Some(register) = register {
            self.return_register(register);
        }
    }

    pub fn try_expr(&mut self, parts: &'a ast::Try, want: Want) {
        let (inner, register) = self.protected_want(want);
        let outside = self.build().region();
        match &parts.finally {
            None => self.try_catch(parts, inner),
            Some(block) => {
                let error = self.build().allocate();
                let handler = self.build().new_block();
                let region = self.build().open_region(handler, error, true);
                let locals = self.context().locals.len();
                self.context().cleanups.push(Cleanup::Finally { block, outside, locals });
                self.try_catch(parts, inner);
                self.context().cleanups.pop();
                self.build().set_region(outside);
                let end = self.build().new_block();
                // Where the body always leaves, this copy of the `finally` never runs, but those on the ways out do.
                let is_dead = !self.build().reachable();
                let outer = std::mem::replace(&mut self.context().in_dead_copy, is_dead);
                self.sealed("a `finally`", locals, |lowerer| lowerer.block(block, Want::Nothing));
                self.context().in_dead_copy = outer;
                self.build().jump(end);
                if self.build().region_used(region) {
                    self.handler_of_cleanup(handler, error, |lowerer| {
                        lowerer.sealed("a `finally`", locals, |lowerer| lowerer.block(block, Want::Nothing));
                    });
                }
                self.build().place(end);
            }
        }
        if let Some(register) = register {
            self.return_register(register);
        }
    }

    fn try_catch(&mut self, parts: &'a ast::Try, want: Want) {
        if parts.catches.is_empty() {
            return self.block(&parts.body, want);
        }
        let error = self.build().allocate();
        let (handler, end) = (self.build().new_block(), self.build().new_block());
        let outside = self.build().region();
        let region = self.build().open_region(handler, error, false);
        self.context().cleanups.push(Cleanup::Protected { outside });
        self.block(&parts.body, want);
        self.context().cleanups.pop();
        self.build().set_region(outside);
        self.build().jump(end);
        let used = self.build().region_used(region);
        if used {
            self.build().place_loop(handler);
        }
        let mut caught_all = false;
        for catch in &parts.catches {
            if caught_all && !self.broken {
                let message = "an earlier `catch` takes every error, so this one never runs";
                self.report(Diagnostic::new(ErrorCode::UselessArm, catch.span, message));
            }
            caught_all |= catch.annotation.is_none();
            self.catch(catch, error, end, want);
        }
        self.build().end(Inst::new(Op::Rethrow).a(error));
        self.build().place(end);
    }

    fn catch(&mut self, catch: &'a ast::Catch, error: Reg, end: BlockId, want: Want) {
        let mark = self.open_scope();
        let other = self.build().new_block();
        if let Some(annotation) = &catch.annotation {
            let test = self.build().allocate();
            self.is_type(error, annotation, test);
            let matches = self.build().new_block();
            self.build().branch(Op::JumpIfTrue, test, matches, other);
            self.build().place(matches);
        }
        if let Some(name) = &catch.name {
            let register = self.build().allocate();
            self.build().copy(register, error);
            self.declare_variable(name, register, LocalKind::Pattern, false, None);
        }
        let outer = self.context().caught.replace(error);
        self.block(&catch.body, want);
        self.context().caught = outer;
        self.close_scope(mark);
        self.build().jump(end);
        self.build().place(other);
    }
}
