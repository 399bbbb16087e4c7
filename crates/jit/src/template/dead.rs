//! Whether anybody may still read a register: asked for the answer of a comparison whose branch is compiled with it.

use bytecode::access::{CapturedRegisters, access};
use bytecode::{Handler, Op, decode::Instruction};

use super::Site;

/// Instructions that are looked at for one question; beyond, the answer is no.
const STEPS_MAX: usize = 12;

/// Whether the value of `register` is never read on the ways that start at these words.
pub(super) fn is_dead(
    register: usize,
    starts: [usize; 2],
    site_at: impl Fn(usize) -> Option<Site>,
    handlers: &[Handler],
) -> bool {
    let Ok(register) = u8::try_from(register) else { return false };
    let captured = CapturedRegisters::default();
    let mut pending = starts.to_vec();
    let mut seen: Vec<usize> = Vec::with_capacity(STEPS_MAX);
    while let Some(index) = pending.pop() {
        if seen.contains(&index) {
            continue;
        }
        let Some(site) = site_at(index) else { return false };
        if seen.len() == STEPS_MAX || site.op == Op::Closure {
            return false;
        }
        seen.push(index);
        let instruction = Instruction { pc: index as u32, op: site.op, word: site.word, second: site.second };
        let does = access(&instruction, &captured);
        if does.reads.contains(register) || does.kept.contains(register) {
            return false;
        }
        // Whatever raises leads to the handlers around it, and has written nothing.
        let around = |handler: &&Handler| (handler.start as usize..handler.end as usize).contains(&index);
        pending.extend(handlers.iter().filter(around).map(|handler| handler.target as usize));
        let is_written = does.writes.contains(register) || does.clobbers.contains(register);
        if is_written {
            continue;
        }
        if let Some(target) = instruction.jump_target() {
            let Ok(target) = usize::try_from(target) else { return false };
            pending.push(target);
        }
        if bytecode::access::goes_on(site.op) {
            pending.push(index + site.op.words());
        }
    }
    true
}
