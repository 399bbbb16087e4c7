//! Instructions that do nothing: moves onto themselves, loads of what is there already, branches to one place.

use bytecode::Op;

use super::facts::KnownValues;
use crate::form::{BlockId, Code, Inst};

pub fn run(code: &mut Code) -> usize {
    let mut changed = 0;
    for id in code.order.clone() {
        changed += block(code, id);
    }
    changed
}

fn block(code: &mut Code, id: BlockId) -> usize {
    let before = code.block(id).insts.len();
    let mut known = KnownValues::default();
    let insts = std::mem::take(&mut code.block_mut(id).insts);
    let next = code.block(id).next;
    let mut kept: Vec<Inst> = Vec::with_capacity(insts.len());
    for inst in insts {
        let to_itself = inst.op == Op::Nop || (inst.op == Op::Move && inst.a == inst.b);
        let one_place = inst.target.is_some()
            && inst.target == next
            && matches!(
                inst.op,
                Op::JumpIfFalse | Op::JumpIfTrue | Op::JumpIfNil | Op::JumpIfNotNil | Op::JumpIfSet
            );
        let there = loads(&inst) && is_there(code, &known, &inst);
        // A move back of what was just moved.
        let back = matches!(kept.last(), Some(last) if last.op == Op::Move
            && inst.op == Op::Move
            && last.a == inst.b
            && last.b == inst.a);
        if to_itself || one_place || there || back {
            continue;
        }
        known.pass(&code.constants, &inst);
        kept.push(inst);
    }
    let removed = before - kept.len();
    code.block_mut(id).insts = kept;
    removed
}

fn loads(inst: &Inst) -> bool {
    matches!(inst.op, Op::LoadInt | Op::LoadSpecial | Op::LoadConst)
}

/// Whether the register holds what the instruction would load.
fn is_there(code: &Code, known: &KnownValues, inst: &Inst) -> bool {
    let Some(held) = known.get(inst.a).cloned() else { return false };
    let mut after = KnownValues::default();
    after.pass(&code.constants, inst);
    after.get(inst.a) == Some(&held)
}
