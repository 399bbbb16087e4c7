//! Leaves out what nobody can reach, and results that nobody reads.

use bytecode::{Constant, Op};

use super::facts::Liveness;
use super::unreachable::remove_unreachable;
use crate::form::{Code, Inst};

pub fn run(code: &mut Code) -> usize {
    let mut changed = remove_unreachable(code);
    let constants = code.constants.clone();
    // What is left out may have been the last reader of something else.
    for _ in 0..4 {
        let liveness = Liveness::of(code);
        let mut removed = 0;
        for id in code.order.clone() {
            let behind = liveness.behind_each(code, id);
            let block = code.block_mut(id);
            let before = block.insts.len();
            let mut index = 0;
            block.insts.retain(|inst| {
                let live = &behind[index];
                index += 1;
                let unread = inst.writes().iter().all(|&register| !live.has(register));
                !(unread && inst.is_pure() && !is_checked(&constants, inst))
            });
            removed += before - block.insts.len();
        }
        changed += removed;
        if removed == 0 {
            break;
        }
    }
    changed
}

/// A regex that is malformed is an error wherever it stands.
fn is_checked(constants: &[Constant], inst: &Inst) -> bool {
    inst.op == Op::LoadConst && matches!(constants.get(inst.d as usize), Some(Constant::Regex(_)))
}
