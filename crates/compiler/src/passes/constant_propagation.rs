//! Operands that a block knows become part of the instruction, and branches on what is known become jumps.

use bytecode::{Constant, Op};

use super::facts::{self, Known, KnownValues, load_int};
use crate::form::{BlockId, Code, Inst};

pub fn run(code: &mut Code) -> usize {
    facts::rewrite(code, better, decide)
}

fn better(code: &mut Code, inst: &Inst, known: &KnownValues) -> Option<Inst> {
    if inst.op == Op::Move {
        return match known.get(inst.b)?.clone() {
            Known::Int(value) => Some(load_int(code, inst.a, value)),
            Known::Special(special) => Some(Inst::new(Op::LoadSpecial).a(inst.a).c(special)),
            Known::Constant(constant) => Some(Inst::new(Op::LoadConst).a(inst.a).d(constant)),
        };
    }
    let (immediate, constant) = forms(inst.op)?;
    match known.get(inst.c as u16)? {
        Known::Int(value) => match (immediate, i8::try_from(*value)) {
            (Some(op), Ok(small)) => Some(Inst::new(op).a(inst.a).b(inst.b).c(i32::from(small))),
            _ => {
                let index = code.constant(Constant::Int(*value));
                Some(Inst::new(constant?).a(inst.a).b(inst.b).d(index))
            }
        },
        Known::Constant(index) => {
            let value =
                matches!(code.constants.get(*index as usize), Some(Constant::Float(_) | Constant::Str(_)));
            let op = constant.filter(|_| value)?;
            Some(Inst::new(op).a(inst.a).b(inst.b).d(*index))
        }
        Known::Special(_) => None,
    }
}

/// The forms of an operation with a small number and with a constant.
fn forms(op: Op) -> Option<(Option<Op>, Option<Op>)> {
    Some(match op {
        Op::Add => (Some(Op::AddImm), Some(Op::AddConst)),
        Op::Sub => (Some(Op::SubImm), Some(Op::SubConst)),
        Op::Mul => (Some(Op::MulImm), Some(Op::MulConst)),
        Op::Div => (None, Some(Op::DivConst)),
        Op::Mod => (Some(Op::ModImm), Some(Op::ModConst)),
        Op::FloorDiv => (Some(Op::FloorDivImm), None),
        Op::BitAnd => (Some(Op::BitAndImm), Some(Op::BitAndConst)),
        Op::Shl => (Some(Op::ShlImm), None),
        Op::Shr => (Some(Op::ShrImm), None),
        Op::Eq => (Some(Op::EqImm), Some(Op::EqConst)),
        Op::Ne => (Some(Op::NeImm), Some(Op::NeConst)),
        Op::Lt => (Some(Op::LtImm), None),
        Op::Le => (Some(Op::LeImm), None),
        Op::Gt => (Some(Op::GtImm), None),
        Op::Ge => (Some(Op::GeImm), None),
        _ => return None,
    })
}

/// Makes a branch on a known value a plain way on.
fn decide(code: &mut Code, id: BlockId, known: &KnownValues) -> bool {
    let Some(inst) = code.block(id).insts.last().filter(|inst| inst.target.is_some()) else { return false };
    let Some(value) = known.get(inst.a) else { return false };
    let taken = match inst.op {
        Op::JumpIfFalse => value.truth().map(|truth| !truth),
        Op::JumpIfTrue => value.truth(),
        Op::JumpIfNil => Some(value.is_nil()),
        Op::JumpIfNotNil => Some(!value.is_nil()),
        Op::JumpIfSet => Some(*value != Known::Special(4)),
        _ => None,
    };
    let Some(taken) = taken else { return false };
    let target = inst.target;
    let block = code.block_mut(id);
    block.insts.pop();
    if taken {
        block.next = target;
    }
    true
}
