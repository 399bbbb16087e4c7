//! Operators.

use bytecode::{Constant, Op};
use syntax::ast::{self, BinaryOp, ExprKind, PipeTarget, UnaryOp};

use super::Lowerer;
use super::expr::Dst;
use crate::form::{Inst, Reg};

/// The instructions of an operator: on registers, with a small number, with a constant.
struct Forms {
    plain: Op,
    immediate: Option<Op>,
    constant: Option<Op>,
}

fn forms(op: BinaryOp) -> Option<Forms> {
    let row = |plain, immediate, constant| Some(Forms { plain, immediate, constant });
    match op {
        BinaryOp::Add => row(Op::Add, Some(Op::AddImm), Some(Op::AddConst)),
        BinaryOp::Subtract => row(Op::Sub, Some(Op::SubImm), Some(Op::SubConst)),
        BinaryOp::Multiply => row(Op::Mul, Some(Op::MulImm), Some(Op::MulConst)),
        BinaryOp::Divide => row(Op::Div, None, Some(Op::DivConst)),
        BinaryOp::FloorDivide => row(Op::FloorDiv, Some(Op::FloorDivImm), None),
        BinaryOp::Remainder => row(Op::Mod, Some(Op::ModImm), Some(Op::ModConst)),
        BinaryOp::Power => row(Op::Pow, None, None),
        BinaryOp::BitAnd => row(Op::BitAnd, Some(Op::BitAndImm), Some(Op::BitAndConst)),
        BinaryOp::BitOr => row(Op::BitOr, None, None),
        BinaryOp::BitXor => row(Op::BitXor, None, None),
        BinaryOp::ShiftLeft => row(Op::Shl, Some(Op::ShlImm), None),
        BinaryOp::ShiftRight => row(Op::Shr, Some(Op::ShrImm), None),
        BinaryOp::Equal => row(Op::Eq, Some(Op::EqImm), Some(Op::EqConst)),
        BinaryOp::NotEqual => row(Op::Ne, Some(Op::NeImm), Some(Op::NeConst)),
        BinaryOp::Less => row(Op::Lt, Some(Op::LtImm), None),
        BinaryOp::LessEqual => row(Op::Le, Some(Op::LeImm), None),
        BinaryOp::Greater => row(Op::Gt, Some(Op::GtImm), None),
        BinaryOp::GreaterEqual => row(Op::Ge, Some(Op::GeImm), None),
        BinaryOp::In => row(Op::In, None, None),
        BinaryOp::NotIn | BinaryOp::Coalesce | BinaryOp::And | BinaryOp::Or => None,
    }
}

/// Whether an operator compares two values, so that `assert` can show both.
pub fn compares(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::In
            | BinaryOp::NotIn
    )
}

impl<'a> Lowerer<'a, '_> {
    pub fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr, dst: Dst) {
        if op == UnaryOp::Negate
            && let Some(constant) = negated(operand)
        {
            return self.build().load_constant(dst.register, constant);
        }
        let register = self.value(operand);
        let instruction = match op {
            UnaryOp::Negate => Op::Neg,
            UnaryOp::Not => Op::Not,
            UnaryOp::BitNot => Op::BitNot,
        };
        self.build().emit(Inst::new(instruction).a(dst.register).b(register));
        self.prove_unary(op, operand);
    }

    pub fn binary(&mut self, op: BinaryOp, left: &'a ast::Expr, right: &'a ast::Expr, dst: Dst) {
        match op {
            BinaryOp::And => self.logic(Op::JumpIfFalse, left, right, dst),
            BinaryOp::Or => self.logic(Op::JumpIfTrue, left, right, dst),
            BinaryOp::Coalesce => self.logic(Op::JumpIfNotNil, left, right, dst),
            _ => {
                let first = self.left_operand(left, right, dst);
                self.apply(op, dst.register, first, right);
                self.prove_binary(op, left, right);
            }
        }
    }

    /// The left operand is worked out in the destination where nothing can read that meanwhile, so a long chain of
    /// operators needs one register.
    fn left_operand(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, dst: Dst) -> Reg {
        let named = matches!(left.kind, ExprKind::Name(_) | ExprKind::SelfValue);
        if named || !dst.fresh {
            return self.value_before(left, &[right]);
        }
        self.expr(left, dst);
        dst.register
    }

    /// `left` decides, or the value is that of `right`.
    fn logic(&mut self, skip: Op, left: &'a ast::Expr, right: &'a ast::Expr, dst: Dst) {
        let (target, top) = self.work_register(dst);
        let end = self.build().new_block();
        let other = self.build().new_block();
        self.expr(left, Dst::fresh(target));
        self.build().branch(skip, target, end, other);
        self.build().place(other);
        self.expr(right, Dst::fresh(target));
        self.build().place(end);
        self.finish_work(dst, target, top);
    }

    /// `to = first op right`, with the operand in the instruction where it is a small constant.
    pub fn apply(&mut self, op: BinaryOp, to: Reg, first: Reg, right: &'a ast::Expr) {
        if let Some(forms) = forms(op)
            && let Some(constant) = crate::analyze::literal(right)
            && let Some(inst) = self.with_constant(&forms, constant)
        {
            return self.build().emit(inst.a(to).b(first));
        }
        let second = self.value(right);
        self.apply_registers(op, to, first, second);
    }

    pub fn apply_registers(&mut self, op: BinaryOp, to: Reg, first: Reg, second: Reg) {
        match forms(op) {
            Some(forms) => self.build().emit(Inst::new(forms.plain).a(to).b(first).cr(second)),
            None if op == BinaryOp::NotIn => {
                self.build().emit(Inst::new(Op::In).a(to).b(first).cr(second));
                self.build().emit(Inst::new(Op::Not).a(to).b(to));
            }
            None => {
                debug_assert!(false, "logic operators are lowered to branches");
            }
        }
    }

    pub fn compare(&mut self, op: BinaryOp, to: Reg, first: Reg, second: Reg) {
        self.apply_registers(op, to, first, second);
    }

    fn with_constant(&mut self, forms: &Forms, constant: Constant) -> Option<Inst> {
        match (&constant, forms.immediate) {
            (Constant::Int(value), Some(op)) if i8::try_from(*value).is_ok() => {
                return Some(Inst::new(op).c(*value as i32));
            }
            _ => {}
        }
        let op = forms.constant?;
        let index = self.build().constant(constant);
        Some(Inst::new(op).d(index))
    }

    pub fn is(&mut self, value: &'a ast::Expr, negated: bool, pattern: &'a ast::Type, to: Reg) {
        let register = self.value(value);
        self.is_type(register, pattern, to);
        if negated {
            self.build().emit(Inst::new(Op::Not).a(to).b(to));
        }
    }

    pub fn pipe(&mut self, value: &'a ast::Expr, target: &'a PipeTarget, dst: Dst) {
        match target {
            PipeTarget::Call(call) => match &call.kind {
                ExprKind::Call { callee, arguments } => self.call(callee, arguments, Some(value), dst),
                ExprKind::MethodCall { object, name, arguments, .. } => {
                    self.piped_method_call(value, object, name, arguments, dst);
                }
                ExprKind::SuperCall { name, arguments } => {
                    self.super_call(name, arguments, Some(value), dst);
                }
                _ => self.call(call, &[], Some(value), dst),
            },
            PipeTarget::Function(function) => self.call(function, &[], Some(value), dst),
        }
    }
}

fn negated(operand: &ast::Expr) -> Option<Constant> {
    match crate::analyze::literal(operand)? {
        Constant::Int(value) => Some(Constant::Int(value.checked_neg()?)),
        Constant::Float(value) => Some(Constant::Float(-value)),
        Constant::BigInt(digits) if !digits.starts_with('-') => {
            let negative = format!("-{digits}");
            Some(negative.parse().map_or(Constant::BigInt(negative), Constant::Int))
        }
        _ => None,
    }
}
