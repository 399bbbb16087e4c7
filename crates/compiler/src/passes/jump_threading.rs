//! Jumps go straight to where they end up, and jumps to a lone return return.

use bytecode::Op;

use super::unreachable::remove_unreachable;
use crate::form::{BlockId, Code};

pub fn run(code: &mut Code) -> usize {
    let mut changed = 0;
    for id in code.order.clone() {
        if let Some(next) = code.block(id).next {
            let end = final_target(code, next);
            changed += usize::from(end != next);
            code.block_mut(id).next = Some(end);
        }
        // The jump of an iteration must stay a backward one, so it is left alone.
        if let Some(last) = code.block(id).insts.last()
            && let (Some(target), true) = (last.target, last.op != Op::Next)
        {
            let end = final_target(code, target);
            changed += usize::from(end != target);
            if let Some(last) = code.block_mut(id).insts.last_mut() {
                last.target = Some(end);
            }
        }
        changed += usize::from(copy_return(code, id));
    }
    changed + remove_unreachable(code)
}

/// Follows empty blocks; a circle of them ends where it began.
fn final_target(code: &Code, start: BlockId) -> BlockId {
    let mut current = start;
    for _ in 0..32 {
        let block = code.block(current);
        match block.next {
            Some(next) if block.insts.is_empty() && next != current => current = next,
            _ => break,
        }
    }
    current
}

fn copy_return(code: &mut Code, id: BlockId) -> bool {
    let block = code.block(id);
    let ends = block.insts.last().is_some_and(|last| last.target.is_some());
    let Some(next) = block.next.filter(|_| !ends) else { return false };
    let target = code.block(next);
    let [only] = target.insts.as_slice() else { return false };
    if !matches!(only.op, Op::Return | Op::ReturnNil) || target.region != block.region {
        return false;
    }
    let copy = only.clone();
    let block = code.block_mut(id);
    block.insts.push(copy);
    block.next = None;
    true
}
