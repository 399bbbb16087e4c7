//! Blocks, branches and loops.

use bytecode::Op;
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Condition, ExprKind};

use super::Lowerer;
use super::builder::Special;
use super::scope::{Cleanup, LoopFrame};
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

impl<'a> Lowerer<'a, '_> {
    /// Lowers what has blocks inside, where the value may be wanted in any way. Says whether it was such a thing.
    pub fn control(&mut self, expr: &'a ast::Expr, want: Want) -> bool {
        match &expr.kind {
            ExprKind::Block(block) => self.block(block, want),
            ExprKind::If(parts) => self.if_expr(parts, want),
            ExprKind::Match { subject, arms } => self.match_expr(subject, arms, want, expr.span),
            ExprKind::Receive { arms, after } => {
                self.check_may_wait(expr.span, "receive");
                self.receive(arms, after.as_deref(), want);
            }
            ExprKind::While { label, condition, body } => {
                self.looping(want, |lowerer, result| lowerer.while_loop(label, condition, body, result));
            }
            ExprKind::For { label, pattern, iterable, body } => {
                self.looping(want, |lowerer, result| {
                    lowerer.for_loop(label, pattern, iterable, body, result);
                });
            }
            ExprKind::Loop { label, body } => {
                self.looping(want, |lowerer, result| lowerer.endless_loop(label, body, result));
            }
            ExprKind::TryElse { body, fallback } => self.try_else(body, fallback, want),
            ExprKind::Try(parts) => self.try_expr(parts, want),
            _ => return false,
        }
        true
    }

    /// Gives a loop a register for its value where one is wanted.
    fn looping(&mut self, want: Want, body: impl FnOnce(&mut Self, Option<Reg>)) {
        match want {
            Want::Nothing => body(self, None),
            Want::Into(dst) => {
                // The register of `break` is read by nothing inside, unless it is a variable's own.
                let (target, top) = self.work_register(dst);
                body(self, Some(target));
                self.finish_work(dst, target, top);
            }
            Want::Result => {
                let register = self.build().allocate();
                body(self, Some(register));
                self.return_register(register);
            }
        }
    }

    fn if_expr(&mut self, parts: &'a ast::If, want: Want) {
        let mark = self.open_scope();
        let then = self.build().new_block();
        let otherwise = self.build().new_block();
        let end = self.build().new_block();
        self.condition(&parts.condition, then, otherwise);
        self.build().place(then);
        self.block(&parts.then, want);
        self.close_scope(mark);
        self.build().jump(end);
        self.build().place(otherwise);
        match &parts.otherwise {
            Some(expr) => self.want(expr, want),
            None => self.nothing(want),
        }
        self.build().place(end);
    }

    /// Branches on a condition; names that it binds are visible in `yes`.
    fn condition(&mut self, condition: &'a Condition, yes: BlockId, no: BlockId) {
        match condition {
            Condition::Expr(expr) => self.branch(expr, yes, no),
            Condition::Let { pattern, value, guard } => {
                let register = self.fresh(value);
                self.bind_pattern(pattern, register, no, false);
                match guard {
                    Some(guard) => self.branch(guard, yes, no),
                    None => self.build().jump(yes),
                }
            }
        }
    }

    fn check_label(&mut self, label: &Option<ast::Ident>) {
        let Some(label) = label else { return };
        let context = self.context();
        let visible = context.locals.find_marked(&label.name, label.mark);
        if let Some(span) = visible.map(|index| context.locals[index].span) {
            let message = format!("the label `{}` is the name of a variable too", label.name);
            let diagnostic = Diagnostic::new(ErrorCode::LabelIsVariable, label.span, message);
            self.report(diagnostic.also(span, "the variable"));
        }
        let outer = self.context().cleanups.iter().rev().find_map(|cleanup| match cleanup {
            Cleanup::Loop(frame) => frame.label.clone().filter(|outer| outer.name == label.name),
            _ => None,
        });
        if let Some(outer) = outer {
            self.report_duplicate(&label.name, label.span, outer.span);
        }
    }

    fn loop_body(&mut self, frame: LoopFrame, body: &'a ast::Block) {
        self.context().cleanups.push(Cleanup::Loop(frame));
        self.block(body, Want::Nothing);
        self.context().cleanups.pop();
    }

    fn while_loop(
        &mut self,
        label: &'a Option<ast::Ident>,
        condition: &'a Condition,
        body: &'a ast::Block,
        result: Option<Reg>,
    ) {
        self.check_label(label);
        let (begin, test) = (self.build().new_block(), self.build().new_block());
        let (done, end) = (self.build().new_block(), self.build().new_block());
        let frame = LoopFrame { label: label.clone(), on_break: end, on_continue: test, result };
        let reachable = self.build().reachable();
        match condition {
            Condition::Expr(expr) => {
                let always = matches!(expr.kind, ExprKind::Bool(true));
                if always {
                    self.build().place_body(begin, reachable);
                } else {
                    self.build().jump(test);
                    self.build().place_body(begin, reachable);
                }
                self.loop_body(frame, body);
                self.build().place(test);
                self.branch(expr, begin, done);
            }
            Condition::Let { .. } => {
                // The names it binds are those of the body, so the test stands first.
                self.build().place_body(test, reachable);
                let mark = self.open_scope();
                self.condition(condition, begin, done);
                self.build().place(begin);
                self.loop_body(frame, body);
                self.close_scope(mark);
                self.build().jump(test);
            }
        }
        self.build().place(done);
        if let Some(result) = result {
            self.build().load_special(result, Special::Nil);
        }
        self.build().place(end);
    }

    fn endless_loop(&mut self, label: &'a Option<ast::Ident>, body: &'a ast::Block, result: Option<Reg>) {
        self.check_label(label);
        let (begin, end) = (self.build().new_block(), self.build().new_block());
        let frame = LoopFrame { label: label.clone(), on_break: end, on_continue: begin, result };
        let reachable = self.build().reachable();
        self.build().place_body(begin, reachable);
        self.loop_body(frame, body);
        self.build().jump(begin);
        self.build().place(end);
    }

    fn for_loop(
        &mut self,
        label: &'a Option<ast::Ident>,
        pattern: &'a ast::Pattern,
        iterable: &'a ast::Expr,
        body: &'a ast::Block,
        result: Option<Reg>,
    ) {
        self.check_label(label);
        let mark = self.open_scope();
        let state = self.build().allocate_many(2);
        let source = self.fresh(iterable);
        self.build().emit(Inst::new(Op::Iter).a(state).b(source));
        self.build().release(state + 2);
        let item = self.build().allocate();
        let error = self.build().allocate();
        let (begin, next) = (self.build().new_block(), self.build().new_block());
        let (done, end) = (self.build().new_block(), self.build().new_block());
        let (broken, handler) = (self.build().new_block(), self.build().new_block());
        let closes = may_need_closing(iterable);
        let outside = self.build().region();
        let reachable = self.build().reachable();
        self.build().jump(next);
        let region = closes.then(|| {
            let region = self.build().open_region(handler, error, true);
            self.context().cleanups.push(Cleanup::Close { state, outside });
            region
        });
        self.build().place_body(begin, reachable);
        let inner = self.open_scope();
        self.bind_item(pattern, item);
        let on_break = if closes { broken } else { end };
        let frame = LoopFrame { label: label.clone(), on_break, on_continue: next, result };
        self.loop_body(frame, body);
        self.close_scope(inner);
        self.build().set_region(outside);
        self.build().place(next);
        self.build().branch(Op::Next, state, begin, done);
        if let Some(region) = region {
            self.context().cleanups.pop();
            self.build().place(broken);
            self.build().emit(Inst::new(Op::IterClose).a(state));
            self.build().jump(end);
            if self.build().region_used(region) {
                self.handler_of_cleanup(handler, error, |lowerer| {
                    lowerer.build().emit(Inst::new(Op::IterClose).a(state));
                });
            }
        }
        self.build().place(done);
        if let Some(result) = result {
            self.build().load_special(result, Special::Nil);
        }
        self.build().place(end);
        self.close_scope(mark);
    }

    /// Binds the value of one turn; it stays in the iteration's own register where it needs no other.
    fn bind_item(&mut self, pattern: &'a ast::Pattern, item: Reg) {
        let fail = self.build().new_block();
        self.bind_pattern(pattern, item, fail, false);
        let bound = self.build().new_block();
        self.build().jump(bound);
        self.build().place(fail);
        self.build().end(Inst::new(Op::MatchError).a(item));
        self.build().place(bound);
    }
}

/// Whether an iteration over this may have to be closed when it is left early; ranges and lists written on the
/// spot never do.
fn may_need_closing(iterable: &ast::Expr) -> bool {
    !matches!(
        iterable.kind,
        ExprKind::Range { .. }
            | ExprKind::List(_)
            | ExprKind::Tuple { .. }
            | ExprKind::Map(_)
            | ExprKind::Set(_)
            | ExprKind::String(_)
    )
}
