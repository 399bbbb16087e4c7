//! Ways out: return, break, continue, and what runs on the way.

use bytecode::{Op, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast;

use super::Lowerer;
use super::builder::Special;
use super::expr::Dst;
use super::scope::{Cleanup, LoopFrame};
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

/// How often the cleanup code of one function may be written out; nested `finally` blocks double it.
const COPIES_MAX: u32 = 1_000;

impl<'a> Lowerer<'a, '_> {
    /// Ends the function with a register, after everything that must run on the way.
    pub fn return_register(&mut self, register: Reg) {
        if self.context().generator {
            return self.return_nil();
        }
        let result = self.context().result.clone();
        self.check_annotation(result.as_ref(), register);
        let region = self.build().region();
        self.run_cleanups(0);
        self.keep_variables();
        self.build().end(Inst::new(Op::Return).a(register));
        self.build().set_region(region);
    }

    pub fn return_nil(&mut self) {
        if let Some(result) = self.context().result.clone()
            && !self.context().generator
        {
            let register = self.build().allocate();
            self.build().load_special(register, Special::Nil);
            self.check_annotation(Some(&result), register);
        }
        let region = self.build().region();
        self.run_cleanups(0);
        self.keep_variables();
        self.build().end(Inst::new(Op::ReturnNil));
        self.build().set_region(region);
    }

    /// Whether something has to run before the function can be left.
    pub fn has_pending(&mut self) -> bool {
        self.context().cleanups.iter().any(|cleanup| match cleanup {
            Cleanup::Loop(_) => false,
            Cleanup::Close { .. }
            | Cleanup::Finally { .. }
            | Cleanup::Defer { .. }
            | Cleanup::Protected { .. }
            | Cleanup::Scope { .. }
            | Cleanup::Sealed(_) => true,
        })
    }

    /// Writes out what runs when control leaves every construct down to the one at `down_to`. The region is then
    /// that outside of them; whoever jumps away must set it back.
    fn run_cleanups(&mut self, down_to: usize) {
        let saved = self.context().cleanups.clone();
        while self.context().cleanups.len() > down_to {
            if let Some(cleanup) = self.context().cleanups.pop() {
                self.run_cleanup(&cleanup);
            }
        }
        self.context().cleanups = saved;
    }

    /// The end of a block with a `defer`, reached in the normal way or by an error.
    pub fn end_of_defer(&mut self, cleanup: &Cleanup<'a>) {
        let Cleanup::Defer { expr, outside, handler, register, locals } = cleanup else { return };
        self.run_cleanup(cleanup);
        let after = self.build().new_block();
        self.build().jump(after);
        self.build().set_region(*outside);
        self.handler_of_cleanup(*handler, *register, |lowerer| {
            lowerer.sealed("a `defer`", *locals, |lowerer| lowerer.effect(expr));
        });
        self.build().place(after);
    }

    /// Code that runs while an error passes and then lets it go on; an error of its own takes the passing one as
    /// its cause.
    pub fn handler_of_cleanup(&mut self, handler: BlockId, register: Reg, body: impl FnOnce(&mut Self)) {
        let top = self.build().top();
        self.build().raise(register + 1);
        let second = self.build().allocate();
        let chain = self.build().new_block();
        let outside = self.build().region();
        self.build().place_loop(handler);
        let region = self.build().open_region(chain, second, false);
        body(self);
        self.build().set_region(outside);
        self.build().end(Inst::new(Op::Rethrow).a(register));
        if self.build().region_used(region) {
            self.build().place_loop(chain);
            let ignored = self.build().allocate();
            self.call_builtin("__chain_error", ignored, |lowerer, first| {
                lowerer.build().copy(first, second);
                lowerer.build().copy(first + 1, register);
                2
            });
            self.build().end(Inst::new(Op::Rethrow).a(second));
        }
        self.build().release(top);
    }

    fn run_cleanup(&mut self, cleanup: &Cleanup<'a>) {
        match cleanup {
            Cleanup::Loop(_) | Cleanup::Sealed(_) => {}
            Cleanup::Protected { outside } => self.build().set_region(*outside),
            Cleanup::Scope { outside } => {
                self.build().set_region(*outside);
                self.leave_scope();
            }
            Cleanup::Close { state, outside } => {
                self.build().set_region(*outside);
                self.build().emit(Inst::new(Op::IterClose).a(*state));
            }
            Cleanup::Finally { block, outside, locals, .. } => {
                self.build().set_region(*outside);
                self.sealed("a `finally`", *locals, |lowerer| lowerer.block(block, Want::Nothing));
            }
            Cleanup::Defer { expr, outside, locals, .. } => {
                self.build().set_region(*outside);
                self.sealed("a `defer`", *locals, |lowerer| lowerer.effect(expr));
            }
        }
    }

    /// Lowers code that nothing may jump out of, in the scope where it was written.
    pub fn sealed(&mut self, what: &'static str, locals: usize, body: impl FnOnce(&mut Self)) {
        let context = self.context();
        context.finally_copies += 1;
        if context.finally_copies > COPIES_MAX {
            context.builder.set_overflow();
            return;
        }
        let hidden = context.locals.split_off(locals.min(context.locals.len()));
        context.cleanups.push(Cleanup::Sealed(what));
        let top = context.builder.top();
        body(self);
        let context = self.context();
        context.builder.release(top);
        context.cleanups.pop();
        context.locals.extend(hidden);
    }

    /// Reports a jump out of a `finally` or `defer`.
    fn check_not_sealed(&mut self, down_to: usize, span: diag::Span, jump: &str) -> bool {
        let sealed = self.context().cleanups[down_to..].iter().find_map(|cleanup| match cleanup {
            Cleanup::Sealed(what) => Some(*what),
            _ => None,
        });
        if let Some(what) = sealed {
            self.error(ErrorCode::JumpOutOfCleanup, span, format!("{jump} cannot leave {what}"));
        }
        sealed.is_none()
    }

    pub fn return_expr(&mut self, value: Option<&'a ast::Expr>, span: diag::Span) {
        if self.contexts.len() == 1 && self.context().role == super::scope::Role::Entry {
            self.error(ErrorCode::ReturnOutsideFunction, span, "`return` stands outside of any function");
        }
        if !self.check_not_sealed(0, span, "`return`") {
            return;
        }
        let Some(value) = value else { return self.return_nil() };
        if self.context().generator {
            let diagnostic = Diagnostic::new(
                ErrorCode::ReturnInGenerator,
                value.span,
                "a generator cannot return a value",
            );
            self.report(diagnostic.hint("`yield` it, or end with a bare `return`"));
        }
        self.want(value, Want::Result);
    }

    pub fn yield_expr(&mut self, value: Option<&'a ast::Expr>, span: diag::Span, dst: Option<Dst>) {
        if !self.context().generator {
            let diagnostic = Diagnostic::new(
                ErrorCode::YieldOutsideGenerator,
                span,
                "`yield` stands only directly in a generator",
            );
            self.report(diagnostic.hint("a generator is written `fn* name()`"));
        }
        self.check_may_wait(span, "yield");
        if !self.check_not_sealed(0, span, "`yield`") {
            return;
        }
        let top = self.build().top();
        let given = match value {
            Some(value) => self.value(value),
            None => {
                let register = self.build().allocate();
                self.build().load_special(register, Special::Nil);
                register
            }
        };
        let to = match dst {
            Some(dst) => dst.register,
            None => self.build().allocate(),
        };
        self.build().emit(Inst::new(Op::Yield).a(to).b(given));
        self.build().release(top);
    }

    /// The loop that a `break` or `continue` means, by its place among the cleanups.
    fn find_loop(
        &mut self,
        label: Option<&ast::Ident>,
        span: diag::Span,
        word: &str,
    ) -> Option<(usize, LoopFrame)> {
        let cleanups = &self.context().cleanups;
        let found = cleanups.iter().enumerate().rev().find_map(|(index, cleanup)| match cleanup {
            Cleanup::Loop(frame) => {
                let wanted = label.is_none_or(|label| {
                    frame
                        .label
                        .as_ref()
                        .is_some_and(|known| known.name == label.name && known.mark == label.mark)
                });
                wanted.then(|| (index, frame.clone()))
            }
            _ => None,
        });
        if found.is_none() {
            match label {
                Some(label) => {
                    let message = format!("no enclosing loop has the label `{}`", label.name);
                    self.error(ErrorCode::UnknownLabel, label.span, message);
                }
                None => {
                    let message = format!("`{word}` stands outside of any loop");
                    self.error(ErrorCode::JumpOutsideLoop, span, message);
                }
            }
        }
        found
    }

    pub fn break_expr(&mut self, label: Option<&ast::Ident>, value: Option<&'a ast::Expr>, span: diag::Span) {
        let Some((index, frame)) = self.find_loop(label, span, "break") else {
            value.into_iter().for_each(|value| self.effect(value));
            return;
        };
        if !self.check_not_sealed(index, span, "`break`") {
            return;
        }
        match (value, frame.result) {
            (Some(value), Some(result)) => self.expr(value, Dst::into(result)),
            (Some(value), None) => self.effect(value),
            (None, Some(result)) => self.build().load_special(result, Special::Nil),
            (None, None) => {}
        }
        let region = self.build().region();
        self.run_cleanups(index + 1);
        self.build().jump(frame.on_break);
        self.build().set_region(region);
    }

    pub fn continue_expr(&mut self, label: Option<&ast::Ident>, span: diag::Span) {
        let Some((index, frame)) = self.find_loop(label, span, "continue") else { return };
        if !self.check_not_sealed(index, span, "`continue`") {
            return;
        }
        let region = self.build().region();
        self.run_cleanups(index + 1);
        self.build().jump(frame.on_continue);
        self.build().set_region(region);
    }
}

/// What a result must be, when it is the one that a callee already promises.
pub fn same_result(ours: Option<&TypeSpec>, theirs: Option<&str>) -> bool {
    match ours {
        None => true,
        Some(ours) => theirs.is_some_and(|theirs| theirs == ours.text),
    }
}
