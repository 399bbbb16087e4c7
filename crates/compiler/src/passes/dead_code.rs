//! Leaves out what nobody can reach, and results that nobody reads.

use bytecode::{Constant, Op};

use super::liveness::Liveness;
use super::unreachable::remove_unreachable;
use crate::form::{BlockId, Code, Inst};

pub fn run(code: &mut Code) -> usize {
    let mut changed = remove_unreachable(code);
    // What is left out may have been the last reader of something else.
    for _ in 0..4 {
        let liveness = Liveness::of(code);
        let mut removed = 0;
        for id in code.order.clone() {
            removed += unread(code, id, &liveness);
        }
        changed += removed;
        if removed == 0 {
            break;
        }
    }
    changed
}

fn unread(code: &mut Code, id: BlockId, liveness: &Liveness) -> usize {
    let mut gone = vec![false; code.block(id).insts.len()];
    let mut removed = 0;
    liveness.backwards(code, id, |index, inst, behind| {
        gone[index] = inst.is_pure()
            && inst.writes().all(|register| !behind.has(register))
            && !is_checked(&code.constants, inst);
        removed += usize::from(gone[index]);
    });
    if removed > 0 {
        let mut index = 0;
        code.block_mut(id).insts.retain(|_| {
            index += 1;
            !gone[index - 1]
        });
    }
    removed
}

/// A regex that is malformed is an error wherever it stands.
fn is_checked(constants: &[Constant], inst: &Inst) -> bool {
    inst.op == Op::LoadConst && matches!(constants.get(inst.d as usize), Some(Constant::Regex(_)))
}
