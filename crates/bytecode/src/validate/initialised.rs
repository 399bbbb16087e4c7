//! No register is read before it is written, and none after a call has taken it over.
//!
//! Both are questions to liveness. A register that is live at the entry and is no parameter is read on some path
//! without having been written. A register that a call clobbers and that must survive the call is read on some
//! path after it was lost. Only to name the reading instruction is a path searched, once.

use super::reachable::Reached;
use crate::access::{CapturedRegisters, access, goes_on};
use crate::flow::{CodeError, Flow};
use crate::liveness::Liveness;
use crate::register_set::RegisterSet;

pub(super) fn check(
    flow: &Flow<'_>,
    captured: &CapturedRegisters,
    liveness: &Liveness,
    reached: &[Reached],
) -> Result<(), CodeError> {
    let parameters = RegisterSet::below(flow.function.params.len());
    let unwritten = RegisterSet::from_words(liveness.before(0)).without(parameters);
    if let Some(register) = unwritten.iter().next() {
        let pc = reader(flow, captured, register, vec![0]);
        return Err(CodeError::new(pc, format!("register r{register} may be read before it is written")));
    }
    for (index, instruction) in flow.instructions.iter().enumerate() {
        if reached[index] == Reached::Never {
            continue;
        }
        let clobbers = access(instruction, captured).clobbers;
        let lost = RegisterSet::from_words(liveness.across(instruction.pc)).intersection(clobbers);
        if let Some(register) = lost.iter().next() {
            let pc = reader(flow, captured, register, behind(flow, captured, index, register));
            let by = instruction.pc;
            let message = format!("register r{register} may be read, but the call at word {by} took it over");
            return Err(CodeError::new(pc, message));
        }
    }
    Ok(())
}

/// Where control may be next with `register` not written by the instruction at `index`.
fn behind(flow: &Flow<'_>, captured: &CapturedRegisters, index: usize, register: u8) -> Vec<usize> {
    let access = access(&flow.instructions[index], captured);
    let mut next = Vec::new();
    if !access.writes.contains(register) {
        if goes_on(flow.instructions[index].op) {
            next.push(index + 1);
        }
        if let Some(target) = flow.jump_index(index).filter(|_| !access.writes_on_jump.contains(register)) {
            next.push(target);
        }
    }
    for handler in flow.raise_handlers(index) {
        if flow.function.handlers[handler].register != register {
            next.push(flow.handler_index(handler));
        }
    }
    next
}

/// The word of the first instruction found that reads `register` on a path from `waiting` that does not write it.
fn reader(flow: &Flow<'_>, captured: &CapturedRegisters, register: u8, mut waiting: Vec<usize>) -> u32 {
    let mut seen = vec![false; flow.instructions.len()];
    while let Some(index) = waiting.pop() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        if access(&flow.instructions[index], captured).reads.contains(register) {
            return flow.instructions[index].pc;
        }
        waiting.extend(behind(flow, captured, index, register));
    }
    0
}
