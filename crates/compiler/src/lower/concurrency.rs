//! `scope` and `select`.
//!
//! A scope opens, runs its block and ends: however the block is left, its tasks have ended before. `select` evaluates
//! what its arms wait for once, then tries them in their order until one can go on, and waits in between.

use bytecode::{Constant, Op};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Argument, ExprKind};

use super::Lowerer;
use super::builder::Special;
use super::expr::Dst;
use super::scope::Cleanup;
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

/// What an arm of a `select` does, by the numbers that the library knows.
const RECEIVES: i64 = 0;
const SENDS: i64 = 1;
const AWAITS: i64 = 2;

/// An arm whose parts are evaluated.
struct Waiting<'a> {
    arm: &'a ast::SelectArm,
    kind: i64,
    object: Reg,
    argument: Option<Reg>,
}

impl<'a> Lowerer<'a, '_> {
    pub fn scope_expr(
        &mut self,
        arguments: &'a [Argument],
        body: &'a ast::Block,
        span: diag::Span,
        dst: Dst,
    ) {
        if self.context().generator {
            let message = "a generator holds no `scope`: it may never be asked for its next value";
            let diagnostic = Diagnostic::new(ErrorCode::ProcessesMissing, span, message);
            self.report(diagnostic.hint("open the scope in the function that uses the generator"));
        }
        let options = self.options(arguments);
        let ignored = self.build().allocate();
        self.call_builtin("__scope_open", ignored, |lowerer, first| {
            lowerer.build().copy(first, options);
            1
        });
        let error = self.build().allocate();
        let (handler, end) = (self.build().new_block(), self.build().new_block());
        let outside = self.build().region();
        let region = self.build().open_region(handler, error, true);
        self.context().cleanups.push(Cleanup::Scope { outside });
        self.block(body, Want::Into(Dst::into(dst.register)));
        self.context().cleanups.pop();
        self.build().set_region(outside);
        self.leave_scope();
        self.build().jump(end);
        if self.build().region_used(region) {
            self.build().raise(error + 1);
            self.build().place_loop(handler);
            self.call_builtin("__scope_failed", ignored, |lowerer, first| {
                lowerer.build().copy(first, error);
                1
            });
            self.build().end(Inst::new(Op::Rethrow).a(error));
        }
        self.build().place(end);
    }

    /// Waits for the tasks of the scope that the code leaves.
    pub fn leave_scope(&mut self) {
        let ignored = self.build().allocate();
        self.call_builtin("__scope_leave", ignored, |_, _| 0);
        self.build().release(ignored);
    }

    pub fn select(&mut self, arms: &'a [ast::SelectArm], after: Option<&'a ast::After>, dst: Dst) {
        let want = Want::Into(Dst::into(dst.register));
        let deadline = self.build().allocate();
        match after {
            Some(after) => self.expr(&after.time, Dst::fresh(deadline)),
            None => self.build().load_special(deadline, Special::Nil),
        }
        self.build().release(deadline + 1);
        self.call_builtin("__select_start", deadline, |lowerer, first| {
            lowerer.build().copy(first, deadline);
            1
        });
        let waiting: Vec<Waiting<'a>> = arms.iter().filter_map(|arm| self.select_operation(arm)).collect();
        let list = self.list_of_arms(&waiting);
        let (begin, end) = (self.build().new_block(), self.build().new_block());
        let reachable = self.build().reachable();
        self.build().place_body(begin, reachable);
        for arm in &waiting {
            self.select_arm(arm, want, end);
        }
        let woken = self.build().allocate();
        self.call_builtin("__select_wait", woken, |lowerer, first| {
            lowerer.build().copy(first, deadline);
            lowerer.build().copy(first + 1, list);
            2
        });
        if let Some(after) = after {
            let (again, late) = (self.build().new_block(), self.build().new_block());
            self.build().branch(Op::JumpIfSet, woken, again, late);
            self.build().place(again);
            self.build().jump(begin);
            self.build().place(late);
            self.want(&after.body, want);
            self.build().jump(end);
        } else {
            self.build().jump(begin);
        }
        self.build().place(end);
    }

    fn select_operation(&mut self, arm: &'a ast::SelectArm) -> Option<Waiting<'a>> {
        let waiting = |kind, object, argument| Some(Waiting { arm, kind, object, argument });
        match &arm.operation.kind {
            ExprKind::Await(task) => {
                let task = self.fresh(task);
                waiting(AWAITS, task, None)
            }
            ExprKind::MethodCall { object, name, arguments, optional: false } => {
                match (&*name.name, arguments.as_slice()) {
                    ("recv", []) => {
                        let object = self.fresh(object);
                        waiting(RECEIVES, object, None)
                    }
                    ("await", []) => {
                        let object = self.fresh(object);
                        waiting(AWAITS, object, None)
                    }
                    ("send", [Argument::Positional(value)]) => {
                        let object = self.fresh(object);
                        let value = self.fresh(value);
                        waiting(SENDS, object, Some(value))
                    }
                    _ => self.no_select_operation(&arm.operation),
                }
            }
            _ => self.no_select_operation(&arm.operation),
        }
    }

    fn no_select_operation(&mut self, operation: &'a ast::Expr) -> Option<Waiting<'a>> {
        self.effect(operation);
        let message = "`select` waits for `channel.recv()`, `channel.send(value)` and `await task`";
        self.error(ErrorCode::UnexpectedToken, operation.span, message);
        None
    }

    fn list_of_arms(&mut self, waiting: &[Waiting<'a>]) -> Reg {
        let list = self.build().allocate();
        self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
        for arm in waiting {
            let kind = self.build().allocate();
            self.build().load_constant(kind, Constant::Int(arm.kind));
            self.build().emit(Inst::new(Op::ListPush).a(list).b(kind));
            self.build().emit(Inst::new(Op::ListPush).a(list).b(arm.object));
            self.build().release(kind);
        }
        list
    }

    fn select_arm(&mut self, waiting: &Waiting<'a>, want: Want, end: BlockId) {
        let arm = waiting.arm;
        let outer = self.build().set_span(arm.span);
        let result = self.build().allocate();
        self.call_builtin("__select_try", result, |lowerer, first| {
            lowerer.build().load_constant(first, Constant::Int(waiting.kind));
            lowerer.build().copy(first + 1, waiting.object);
            match waiting.argument {
                Some(argument) => lowerer.build().copy(first + 2, argument),
                None => lowerer.build().load_special(first + 2, Special::Nil),
            }
            3
        });
        let (got, next) = (self.build().new_block(), self.build().new_block());
        self.build().branch(Op::JumpIfSet, result, got, next);
        self.build().place(got);
        let mark = self.open_scope();
        if let Some(pattern) = &arm.pattern {
            let (fails, bound) = (self.build().new_block(), self.build().new_block());
            self.bind_pattern(pattern, result, fails, false);
            self.build().jump(bound);
            self.build().place(fails);
            self.build().end(Inst::new(Op::MatchError).a(result));
            self.build().place(bound);
        }
        self.want(&arm.body, want);
        self.close_scope(mark);
        self.build().jump(end);
        self.build().place(next);
        self.build().release(result);
        self.build().restore_span(outer);
    }
}
