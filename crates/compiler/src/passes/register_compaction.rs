//! Registers that are used nowhere disappear and the others move down, so that frames are small.
//!
//! The order of registers stays, and with it the windows of calls and every other run of registers.

use bytecode::Format;

use super::liveness::for_each_read;
use crate::form::{Code, Inst, Reg};

pub fn run(code: &mut Code) -> usize {
    let insts = code.order.iter().flat_map(|&id| &code.block(id).insts);
    let highest = insts.map(Inst::highest).chain(code.regions.iter().map(|region| region.register)).max();
    let mut used = vec![false; usize::from(highest.unwrap_or(0)) + 4 + code.params.len()];
    used[..code.params.len()].fill(true);
    for region in &code.regions {
        used[usize::from(region.register)] = true;
    }
    for &id in &code.order {
        for inst in &code.block(id).insts {
            mark(code, inst, &mut used);
        }
    }
    let mut new: Vec<Reg> = Vec::with_capacity(used.len());
    let mut next: Reg = 0;
    for &is_used in &used {
        new.push(next);
        next = next.saturating_add(Reg::from(is_used));
    }
    let highest = used.iter().rposition(|&is_used| is_used).map_or(0, |highest| highest + 1);
    let saved = highest - usize::from(next);
    if saved > 0 {
        // A prototype that no instruction uses any more may name what is gone.
        code.renumber(|register| new.get(usize::from(register)).copied().unwrap_or(0));
    }
    saved
}

fn mark(code: &Code, inst: &Inst, used: &mut [bool]) {
    for_each_read(code, inst, |register| used[usize::from(register)] = true);
    inst.for_each_write(|register| used[usize::from(register)] = true);
    if inst.is_call() {
        for register in inst.a..inst.a + 3 {
            used[usize::from(register)] = true;
        }
    }
    if inst.format() == Format::WriteRange {
        used[usize::from(inst.b)] = true;
    }
}
