//! Assignments, and reading what can be assigned to: fields, elements, positions, chains.

use bytecode::{Constant, Op};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, AssignOp, BinaryOp, Element, ExprKind};

use super::Lowerer;
use super::builder::Special;
use super::expr::Dst;
use super::names::Resolved;
use crate::form::{Inst, Reg};

impl<'a> Lowerer<'a, '_> {
    pub fn assign(&mut self, target: &'a ast::Expr, op: AssignOp, value: &'a ast::Expr) {
        let top = self.build().top();
        match (&target.kind, op) {
            (ExprKind::Name(ident), AssignOp::Set) => self.set_name(ident, value),
            (ExprKind::Name(ident), AssignOp::Update(op)) => self.update_name(ident, op, value),
            (ExprKind::Field { object, name, .. }, op) => self.assign_field(object, name, op, value),
            (ExprKind::Index { object, index, .. }, op) => self.assign_index(object, index, op, value),
            (ExprKind::Tuple { items, .. }, AssignOp::Set) => {
                let items: Vec<&ast::Expr> = items.iter().collect();
                self.assign_many(&items, value, true);
            }
            (ExprKind::List(elements), AssignOp::Set) => {
                let items: Vec<&ast::Expr> = elements
                    .iter()
                    .map(|element| match element {
                        Element::Item(item) | Element::Spread(item) => item,
                    })
                    .collect();
                self.assign_many(&items, value, false);
            }
            (ExprKind::Error, _) => self.broken = true,
            _ => self.error(ErrorCode::InvalidTarget, target.span, "this cannot be assigned to"),
        }
        self.build().release(top);
    }

    fn set_name(&mut self, ident: &'a ast::Ident, value: &'a ast::Expr) {
        let resolved = match self.try_resolve(ident) {
            Some(resolved) => resolved,
            None => {
                let text = self.text(value.span);
                self.report_undeclared_target(ident, &text);
                Resolved::Unknown
            }
        };
        match self.plain_register(&resolved) {
            Some(register) => self.expr(value, Dst::into(register)),
            None => {
                let register = self.value(value);
                self.store_name(ident, &resolved, register);
                self.prove_assignment(&resolved, value);
            }
        }
    }

    /// The register of a variable that may be assigned to without any check.
    fn plain_register(&mut self, resolved: &Resolved) -> Option<Reg> {
        let Resolved::Local(index) = resolved else { return None };
        let local = &self.context().locals[*index];
        if !local.mutable || local.annotation.is_some() {
            return None;
        }
        self.register_of(resolved)
    }

    fn update_name(&mut self, ident: &'a ast::Ident, op: BinaryOp, value: &'a ast::Expr) {
        let resolved = self.resolve(ident);
        if let (Some(register), false) = (self.plain_register(&resolved), op == BinaryOp::Coalesce) {
            let old = self.old_value(register, value);
            return self.apply(op, register, old, value);
        }
        let old = self.build().allocate();
        self.load_resolved(&resolved, ident, old);
        if op == BinaryOp::Coalesce {
            let done = self.build().new_block();
            let absent = self.build().new_block();
            self.build().branch(Op::JumpIfNotNil, old, done, absent);
            self.build().place(absent);
            self.expr(value, Dst::fresh(old));
            self.store_name(ident, &resolved, old);
            self.build().place(done);
        } else {
            self.apply(op, old, old, value);
            self.store_name(ident, &resolved, old);
        }
    }

    /// The old value is read before the new one is computed, which may assign to the same variable.
    fn old_value(&mut self, register: Reg, value: &'a ast::Expr) -> Reg {
        if super::expr::may_assign(value) {
            let copy = self.build().allocate();
            self.build().copy(copy, register);
            copy
        } else {
            register
        }
    }

    fn assign_field(
        &mut self,
        object: &'a ast::Expr,
        name: &'a ast::Ident,
        op: AssignOp,
        value: &'a ast::Expr,
    ) {
        self.check_static_assignment(object, name);
        self.check_own_field(object, name);
        let holder = self.state_register(object).unwrap_or_else(|| self.value_before(object, &[value]));
        let key = self.build().constant(Constant::Symbol(name.name.to_string()));
        match op {
            AssignOp::Set => {
                let register = self.value(value);
                self.check_own_field_type(object, name, register);
                self.build().emit(Inst::new(Op::SetField).a(holder).b(register).d(key));
                self.prove_field(object, name, value);
            }
            AssignOp::Update(op) => {
                let old = self.build().allocate();
                let flags = i32::from(op == BinaryOp::Coalesce);
                self.build().emit(Inst::new(Op::GetField).a(old).b(holder).c(flags).d(key));
                self.update(op, old, value, |lowerer, old| {
                    lowerer.check_own_field_type(object, name, old);
                    lowerer.build().emit(Inst::new(Op::SetField).a(holder).b(old).d(key));
                });
            }
        }
    }

    fn assign_index(
        &mut self,
        object: &'a ast::Expr,
        index: &'a ast::Expr,
        op: AssignOp,
        value: &'a ast::Expr,
    ) {
        let holder = self.value_before(object, &[index, value]);
        let key = self.value_before(index, &[value]);
        match op {
            AssignOp::Set => {
                let register = self.value(value);
                self.build().emit(Inst::new(Op::SetIndex).a(holder).b(key).cr(register));
            }
            AssignOp::Update(op) => {
                let old = self.build().allocate();
                let read = if op == BinaryOp::Coalesce { Op::IndexOpt } else { Op::Index };
                self.build().emit(Inst::new(read).a(old).b(holder).cr(key));
                self.update(op, old, value, |lowerer, old| {
                    lowerer.build().emit(Inst::new(Op::SetIndex).a(holder).b(key).cr(old));
                });
            }
        }
    }

    fn update(&mut self, op: BinaryOp, old: Reg, value: &'a ast::Expr, store: impl FnOnce(&mut Self, Reg)) {
        if op == BinaryOp::Coalesce {
            let done = self.build().new_block();
            let absent = self.build().new_block();
            self.build().branch(Op::JumpIfNotNil, old, done, absent);
            self.build().place(absent);
            self.expr(value, Dst::fresh(old));
            store(self, old);
            self.build().place(done);
        } else {
            self.apply(op, old, old, value);
            store(self, old);
        }
    }

    /// `(a, b) = (b, a)`: all values first, then the targets from left to right.
    fn assign_many(&mut self, targets: &[&'a ast::Expr], value: &'a ast::Expr, tuple: bool) {
        let first = match &value.kind {
            ExprKind::Tuple { items, named } if tuple && named.is_empty() && items.len() == targets.len() => {
                let first = self.build().top();
                for item in items {
                    self.fresh(item);
                }
                first
            }
            _ => self.take_apart(targets.len(), value, tuple),
        };
        for (index, target) in targets.iter().enumerate() {
            self.assign_register(target, first + index as Reg);
        }
    }

    fn take_apart(&mut self, count: usize, value: &'a ast::Expr, tuple: bool) -> Reg {
        let whole = self.fresh(value);
        self.elements_of(count, whole, tuple)
    }

    fn elements_of(&mut self, count: usize, whole: Reg, tuple: bool) -> Reg {
        let matches = self.build().new_block();
        let fails = self.build().new_block();
        let test = self.build().allocate();
        let op = if tuple { Op::MatchTuple } else { Op::MatchList };
        self.build().emit(Inst::new(op).a(test).b(whole).c(count as i32));
        self.build().branch(Op::JumpIfTrue, test, matches, fails);
        self.build().place(fails);
        self.build().end(Inst::new(Op::MatchError).a(whole));
        self.build().place(matches);
        let first = self.build().top();
        for index in 0..count {
            let register = self.build().allocate();
            self.build().emit(Inst::new(Op::GetElement).a(register).b(whole).c(index as i32));
        }
        first
    }

    fn assign_register(&mut self, target: &'a ast::Expr, from: Reg) {
        let top = self.build().top();
        match &target.kind {
            ExprKind::Name(ident) => {
                let resolved = self.resolve(ident);
                self.store_name(ident, &resolved, from);
            }
            ExprKind::Field { object, name, .. } => {
                self.check_static_assignment(object, name);
                self.check_own_field(object, name);
                let holder = self.state_register(object).unwrap_or_else(|| self.value(object));
                let key = self.build().constant(Constant::Symbol(name.name.to_string()));
                self.build().emit(Inst::new(Op::SetField).a(holder).b(from).d(key));
            }
            ExprKind::Index { object, index, .. } => {
                let holder = self.value_before(object, &[index]);
                let key = self.value(index);
                self.build().emit(Inst::new(Op::SetIndex).a(holder).b(key).cr(from));
            }
            ExprKind::Tuple { items, .. } => {
                let items: Vec<&ast::Expr> = items.iter().collect();
                let first = self.elements_of(items.len(), from, true);
                for (index, item) in items.into_iter().enumerate() {
                    self.assign_register(item, first + index as Reg);
                }
            }
            ExprKind::List(elements) => {
                let first = self.elements_of(elements.len(), from, false);
                for (index, element) in elements.iter().enumerate() {
                    let (Element::Item(item) | Element::Spread(item)) = element;
                    self.assign_register(item, first + index as Reg);
                }
            }
            ExprKind::Error => self.broken = true,
            _ => self.error(ErrorCode::InvalidTarget, target.span, "this cannot be assigned to here"),
        }
        self.build().release(top);
    }

    // Reading.

    pub fn field(&mut self, object: &'a ast::Expr, name: &'a ast::Ident, optional: bool, to: Reg) {
        if let Some(constant) = self.member_of_module(object, name) {
            match constant {
                Member::Constant(constant) => self.build().load_constant(to, constant),
                Member::Slot(slot) => self.build().emit(Inst::new(Op::GetModule).a(to).d(slot)),
                Member::Unknown => self.build().load_special(to, Special::Nil),
            }
            return;
        }
        self.check_own_field(object, name);
        let holder = self.state_register(object).unwrap_or_else(|| self.value(object));
        if optional {
            self.leave_chain_on_nil(holder);
        }
        let key = self.build().constant(Constant::Symbol(name.name.to_string()));
        self.build().emit(Inst::new(Op::GetField).a(to).b(holder).c(i32::from(optional)).d(key));
    }

    pub fn position(&mut self, object: &'a ast::Expr, index: u32, optional: bool, to: Reg) {
        let holder = self.value(object);
        if optional {
            self.leave_chain_on_nil(holder);
        }
        if index < 128 {
            self.build().emit(Inst::new(Op::IndexImm).a(to).b(holder).c(index as i32));
        } else {
            let register = self.build().allocate();
            self.build().load_constant(register, Constant::Int(i64::from(index)));
            self.build().emit(Inst::new(Op::Index).a(to).b(holder).cr(register));
        }
    }

    pub fn index(&mut self, object: &'a ast::Expr, index: &'a ast::Expr, optional: bool, to: Reg) {
        let holder = self.value_before(object, &[index]);
        if optional {
            self.leave_chain_on_nil(holder);
        }
        if let (Some(Constant::Int(number)), false) = (crate::analyze::literal(index), optional)
            && i8::try_from(number).is_ok()
        {
            return self.build().emit(Inst::new(Op::IndexImm).a(to).b(holder).c(number as i32));
        }
        let key = self.value(index);
        let op = if optional { Op::IndexOpt } else { Op::Index };
        self.build().emit(Inst::new(op).a(to).b(holder).cr(key));
    }

    /// A postfix chain with `?.` or `?[` in it: nil at such a link is the value of the whole chain.
    pub fn chain(&mut self, inner: &'a ast::Expr, dst: Dst) {
        let (target, top) = self.work_register(dst);
        let end = self.build().new_block();
        let absent = self.build().new_block();
        self.context().chains.push(absent);
        self.expr(inner, Dst::fresh(target));
        self.context().chains.pop();
        self.build().jump(end);
        self.build().place(absent);
        self.build().load_special(target, Special::Nil);
        self.build().place(end);
        self.finish_work(dst, target, top);
    }

    pub fn leave_chain_on_nil(&mut self, register: Reg) {
        let Some(&absent) = self.context().chains.last() else { return };
        let present = self.build().new_block();
        self.build().branch(Op::JumpIfNil, register, absent, present);
        self.build().place(present);
    }

    // Checks.

    fn check_static_assignment(&mut self, object: &ast::Expr, name: &ast::Ident) {
        let ExprKind::Name(ident) = &object.kind else { return };
        let class = match self.try_resolve(ident) {
            Some(Resolved::Global(super::Global::Class(class))) => self.classes[class].name.to_string(),
            Some(Resolved::Global(super::Global::Imported {
                item: crate::interface::ExportInterface::Class(class),
                ..
            })) => class.name,
            _ => return,
        };
        let message = format!("`{class}.{}` is a constant of the class and cannot be assigned to", name.name);
        let diagnostic = Diagnostic::new(ErrorCode::StaticAssignment, name.span, message);
        self.report(diagnostic.hint("state that changes belongs into an object or an actor"));
    }
}

/// What a name behind a module stands for.
pub enum Member {
    Constant(Constant),
    Slot(u32),
    /// Reported already.
    Unknown,
}
