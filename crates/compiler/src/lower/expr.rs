//! Expressions, by where their value goes.

use bytecode::{Constant, Op};
use diag::Code as ErrorCode;
use syntax::ast::{self, BinaryOp, ExprKind};

use super::Lowerer;
use super::builder::Special;
use super::names::Resolved;
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

/// Where a value goes. A fresh register is the topmost one and holds nothing yet, so work may be done in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dst {
    pub register: Reg,
    pub fresh: bool,
}

impl Dst {
    pub fn fresh(register: Reg) -> Dst {
        Dst { register, fresh: true }
    }

    /// A register that may be read while the value is computed.
    pub fn into(register: Reg) -> Dst {
        Dst { register, fresh: false }
    }
}

impl<'a> Lowerer<'a, '_> {
    pub fn want(&mut self, expr: &'a ast::Expr, want: Want) {
        match want {
            Want::Into(dst) => self.expr(expr, dst),
            Want::Nothing => self.effect(expr),
            Want::Result => self.tail(expr),
        }
    }

    /// The value in a new register at the top.
    pub fn fresh(&mut self, expr: &'a ast::Expr) -> Reg {
        let register = self.build().allocate();
        self.expr(expr, Dst::fresh(register));
        self.build().release(register + 1);
        register
    }

    /// The value in any register: that of a local where the expression is one.
    pub fn value(&mut self, expr: &'a ast::Expr) -> Reg {
        if let Some(register) = self.local_register(expr) {
            return register;
        }
        self.fresh(expr)
    }

    /// As `value`, where `later` is evaluated before the value is used and may assign to a variable.
    pub fn value_before(&mut self, expr: &'a ast::Expr, later: &[&'a ast::Expr]) -> Reg {
        if let ExprKind::Name(ident) = &expr.kind
            && self.analysis_says_assigned(ident)
            && later.iter().any(|later| may_assign(later))
        {
            return self.fresh(expr);
        }
        self.value(expr)
    }

    fn analysis_says_assigned(&mut self, ident: &ast::Ident) -> bool {
        match self.try_resolve(ident) {
            Some(Resolved::Local(index)) => self.context().locals[index].assigned,
            _ => false,
        }
    }

    fn local_register(&mut self, expr: &'a ast::Expr) -> Option<Reg> {
        match &expr.kind {
            ExprKind::Name(ident) => {
                let resolved = self.try_resolve(ident)?;
                self.register_of(&resolved)
            }
            ExprKind::SelfValue if !self.in_actor() => {
                let resolved = self.self_value()?;
                self.register_of(&resolved)
            }
            _ => None,
        }
    }

    pub fn self_value(&mut self) -> Option<Resolved> {
        let name = base::Name::from("self");
        let nowhere = diag::Span::new(self.options.file, 0, 0);
        let ident = ast::Ident::new(name, nowhere);
        let found = self.try_resolve(&ident)?;
        matches!(found, Resolved::Local(_) | Resolved::Capture { .. }).then_some(found)
    }

    /// The value of a jump or anything else that does not come back is never needed.
    pub fn effect(&mut self, expr: &'a ast::Expr) {
        let span = self.build().set_span(expr.span);
        let top = self.build().top();
        if !self.control(expr, Want::Nothing) && !self.assign_or_jump(expr) {
            let register = self.build().allocate();
            self.expr_value(expr, Dst::fresh(register));
        }
        self.build().release(top);
        self.build().restore_span(span);
    }

    /// The value is the function's result.
    pub fn tail(&mut self, expr: &'a ast::Expr) {
        let span = self.build().set_span(expr.span);
        let top = self.build().top();
        if self.has_pending() || self.context().generator {
            let register = self.fresh(expr);
            self.prove_result(expr);
            self.return_register(register);
        } else if !self.control(expr, Want::Result) && !self.logic_tail(expr) {
            let promised = self.promised_result(expr);
            let register = self.value(expr);
            self.prove_result(expr);
            let ours = self.context().result.clone();
            if super::exits::same_result(ours.as_ref(), promised.as_deref()) {
                self.keep_variables();
                self.build().end(Inst::new(Op::Return).a(register));
            } else {
                self.return_register(register);
            }
        }
        self.build().release(top);
        self.build().restore_span(span);
    }

    pub fn expr(&mut self, expr: &'a ast::Expr, dst: Dst) {
        let span = self.build().set_span(expr.span);
        if !self.control(expr, Want::Into(dst)) {
            if self.assign_or_jump(expr) {
                self.build().load_special(dst.register, Special::Nil);
            } else {
                let top = self.build().top();
                self.expr_value(expr, dst);
                self.build().release(top);
            }
        }
        self.build().restore_span(span);
    }

    /// Assignments and jumps, whose value is nil or never there.
    fn assign_or_jump(&mut self, expr: &'a ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Assign { target, op, value } => self.assign(target, *op, value),
            ExprKind::Return(value) => self.return_expr(value.as_deref(), expr.span),
            ExprKind::Break { label, value } => {
                self.break_expr(label.as_ref(), value.as_deref(), expr.span);
            }
            ExprKind::Continue { label } => self.continue_expr(label.as_ref(), expr.span),
            ExprKind::Throw(value) => self.throw(value.as_deref(), expr.span),
            _ => return false,
        }
        true
    }

    fn expr_value(&mut self, expr: &'a ast::Expr, dst: Dst) {
        let to = dst.register;
        match &expr.kind {
            ExprKind::Error => {
                self.broken = true;
                self.build().load_special(to, Special::Nil);
            }
            ExprKind::Nil => self.build().load_special(to, Special::Nil),
            ExprKind::Bool(true) => self.build().load_special(to, Special::True),
            ExprKind::Bool(false) => self.build().load_special(to, Special::False),
            ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Char(_)
            | ExprKind::String(_)
            | ExprKind::Symbol(_)
            | ExprKind::Bytes(_)
            | ExprKind::Regex(_) => {
                if let Some(constant) = crate::analyze::literal(expr) {
                    self.build().load_constant(to, constant);
                }
            }
            ExprKind::Template(parts) => self.template(parts, to),
            ExprKind::List(elements) => self.list(elements, dst),
            ExprKind::Set(elements) => self.set(elements, dst),
            ExprKind::Tuple { items, named } => self.tuple(items, named, dst),
            ExprKind::Map(entries) => self.map(entries, dst),
            ExprKind::Range { start, end, inclusive } => {
                self.range(start.as_deref(), end.as_deref(), *inclusive, to);
            }
            ExprKind::Name(ident) => {
                let resolved = self.resolve(ident);
                self.load_resolved(&resolved, ident, to);
            }
            ExprKind::SelfValue if self.in_actor() => self.own_handle(expr.span, to),
            ExprKind::SelfValue => match self.self_value() {
                Some(resolved) => {
                    let ident = ast::Ident::new(base::Name::from("self"), expr.span);
                    self.load_resolved(&resolved, &ident, to);
                }
                None => {
                    self.error(ErrorCode::SelfOutsideMethod, expr.span, "`self` stands outside of any method")
                }
            },
            ExprKind::Unary { op, operand } => self.unary(*op, operand, dst),
            ExprKind::Binary { op, left, right, .. } => self.binary(*op, left, right, dst),
            ExprKind::Is { value, negated, pattern } => self.is(value, *negated, pattern, to),
            ExprKind::Pipe { value, target } => self.pipe(value, target, dst),
            _ => self.postfix(expr, dst),
        }
    }

    fn postfix(&mut self, expr: &'a ast::Expr, dst: Dst) {
        let to = dst.register;
        match &expr.kind {
            ExprKind::Chain(inner) => self.chain(inner, dst),
            ExprKind::Field { object, name, optional } => self.field(object, name, *optional, to),
            ExprKind::Position { object, index, optional } => {
                self.position(object, *index, *optional, to);
            }
            ExprKind::Index { object, index, optional } => self.index(object, index, *optional, to),
            ExprKind::Call { callee, arguments } => self.call(callee, arguments, None, dst),
            ExprKind::MethodCall { object, name, arguments, optional } => {
                self.method_call(object, name, arguments, *optional, dst);
            }
            ExprKind::SuperCall { name, arguments } => self.super_call(name, arguments, None, dst),
            ExprKind::MacroCall { name, arguments, block } => {
                self.macro_call(expr, name, arguments, block.as_ref(), dst);
            }
            ExprKind::Function(function) => self.function_value(function, expr.span, to),
            ExprKind::Closure(closure) => self.closure_value(closure, expr.span, to),
            ExprKind::Yield(value) => self.yield_expr(value.as_deref(), expr.span, Some(dst)),
            ExprKind::Quote(_) | ExprKind::Unquote(_) => self.quote(expr, to),
            ExprKind::SelfPid
            | ExprKind::Async(_)
            | ExprKind::Await(_)
            | ExprKind::Spawn { .. }
            | ExprKind::Select { .. }
            | ExprKind::Scope { .. } => {
                if matches!(expr.kind, ExprKind::Await(_)) {
                    self.check_may_wait(expr.span, "await");
                }
                self.process(expr, dst);
            }
            _ => debug_assert!(false, "every other expression is lowered elsewhere"),
        }
    }

    /// `&&`, `||` and `??` in tail position: the right side is one too.
    fn logic_tail(&mut self, expr: &'a ast::Expr) -> bool {
        let ExprKind::Binary { op, left, right, .. } = &expr.kind else { return false };
        let skip = match op {
            BinaryOp::And => Op::JumpIfFalse,
            BinaryOp::Or => Op::JumpIfTrue,
            BinaryOp::Coalesce => Op::JumpIfNotNil,
            _ => return false,
        };
        let register = self.fresh(left);
        let decided = self.build().new_block();
        let other = self.build().new_block();
        self.build().branch(skip, register, decided, other);
        self.build().place(other);
        self.tail(right);
        self.build().place(decided);
        self.return_register(register);
        true
    }

    /// Goes to `yes` where the value is true, to `no` otherwise.
    pub fn branch(&mut self, expr: &'a ast::Expr, yes: BlockId, no: BlockId) {
        let span = self.build().set_span(expr.span);
        let top = self.build().top();
        match &expr.kind {
            ExprKind::Unary { op: ast::UnaryOp::Not, operand } => self.branch(operand, no, yes),
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                let middle = self.build().new_block();
                self.branch(left, middle, no);
                self.build().place(middle);
                self.branch(right, yes, no);
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
                let middle = self.build().new_block();
                self.branch(left, yes, middle);
                self.build().place(middle);
                self.branch(right, yes, no);
            }
            ExprKind::Bool(value) => self.build().jump(if *value { yes } else { no }),
            _ => {
                let register = self.value(expr);
                self.build().branch(Op::JumpIfFalse, register, no, yes);
            }
        }
        self.build().release(top);
        self.build().restore_span(span);
    }

    /// Loads a string constant.
    pub fn load_text(&mut self, to: Reg, text: &str) {
        self.build().load_constant(to, Constant::Str(text.to_string()));
    }
}

/// Whether evaluating an expression may assign to a local variable: assignments stand in blocks, arms and
/// deferred expressions, so what holds none of them cannot.
pub fn may_assign(expr: &ast::Expr) -> bool {
    let arguments = |arguments: &[ast::Argument]| {
        arguments.iter().any(|argument| match argument {
            ast::Argument::Positional(value)
            | ast::Argument::Named { value, .. }
            | ast::Argument::Spread(value) => may_assign(value),
        })
    };
    match &expr.kind {
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Char(_)
        | ExprKind::String(_)
        | ExprKind::Symbol(_)
        | ExprKind::Bytes(_)
        | ExprKind::Regex(_)
        | ExprKind::Name(_)
        | ExprKind::SelfValue
        | ExprKind::Function(_)
        | ExprKind::Closure(_) => false,
        ExprKind::Unary { operand, .. } => may_assign(operand),
        ExprKind::Binary { left, right, .. } => may_assign(left) || may_assign(right),
        ExprKind::Is { value, .. } => may_assign(value),
        ExprKind::Field { object, .. } | ExprKind::Position { object, .. } => may_assign(object),
        ExprKind::Index { object, index, .. } => may_assign(object) || may_assign(index),
        ExprKind::Call { callee, arguments: given } => may_assign(callee) || arguments(given),
        ExprKind::MethodCall { object, arguments: given, .. } => may_assign(object) || arguments(given),
        ExprKind::Chain(inner) => may_assign(inner),
        _ => true,
    }
}
