//! Operations on whole numbers that are known are done here, where the result fits 64 bits.

use bytecode::Op;

use super::facts::{self, KnownValues, load_int};
use crate::form::{Code, Inst};

pub fn run(code: &mut Code) -> usize {
    facts::rewrite(code, fold, |_, _, _| false)
}

enum Folded {
    Int(i64),
    Bool(bool),
}

fn fold(code: &mut Code, inst: &Inst, known: &KnownValues) -> Option<Inst> {
    let left = known.int(inst.b)?;
    let right = operand(inst, known);
    Some(match result(inst.op, left, right)? {
        Folded::Int(value) => load_int(code, inst.a, value),
        Folded::Bool(value) => Inst::new(Op::LoadSpecial).a(inst.a).c(1 + i32::from(value)),
    })
}

/// The right operand, where it is a small number or a known register.
fn operand(inst: &Inst, known: &KnownValues) -> Option<i64> {
    match inst.format() {
        bytecode::Format::WriteReadImm => Some(i64::from(inst.c)),
        bytecode::Format::WriteReadRead => known.int(inst.c as u16),
        _ => None,
    }
}

fn result(op: Op, left: i64, right: Option<i64>) -> Option<Folded> {
    if op == Op::Neg {
        return left.checked_neg().map(Folded::Int);
    }
    if op == Op::BitNot {
        return Some(Folded::Int(!left));
    }
    let right = right?;
    Some(match op {
        Op::Add | Op::AddImm => Folded::Int(left.checked_add(right)?),
        Op::Sub | Op::SubImm => Folded::Int(left.checked_sub(right)?),
        Op::Mul | Op::MulImm => Folded::Int(left.checked_mul(right)?),
        // Division by zero is an error of the running program, so it stays there.
        Op::FloorDiv | Op::FloorDivImm if right > 0 => Folded::Int(left.div_euclid(right)),
        Op::Mod | Op::ModImm if right > 0 => Folded::Int(left.rem_euclid(right)),
        Op::BitAnd | Op::BitAndImm => Folded::Int(left & right),
        Op::BitOr => Folded::Int(left | right),
        Op::BitXor => Folded::Int(left ^ right),
        Op::Eq | Op::EqImm => Folded::Bool(left == right),
        Op::Ne | Op::NeImm => Folded::Bool(left != right),
        Op::Lt | Op::LtImm => Folded::Bool(left < right),
        Op::Le | Op::LeImm => Folded::Bool(left <= right),
        Op::Gt | Op::GtImm => Folded::Bool(left > right),
        Op::Ge | Op::GeImm => Folded::Bool(left >= right),
        _ => return None,
    })
}
