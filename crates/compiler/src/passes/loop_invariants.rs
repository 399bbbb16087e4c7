//! Loads and tests in a loop whose result is the same in every turn are done once before it.
//!
//! Only what depends on its operands alone and cannot fail is moved, only into a register that the loop writes
//! nowhere else, and never into or out of the range of a handler.

use std::collections::HashMap;

use bytecode::{Format, Op};

use super::facts::{Liveness, captured, loops};
use crate::form::{Block, BlockId, Code, Inst, Reg, shape};

/// Loops with more instructions than this are left alone: the search is quadratic.
const SIZE_MAX: usize = 2_000;

pub fn run(code: &mut Code) -> usize {
    let mut changed = 0;
    // Outer loops come later in the list when they end later, so what leaves an inner loop may leave them too.
    for (start, end) in loops(code) {
        changed += hoist(code, start, end);
    }
    changed
}

fn hoist(code: &mut Code, start: usize, end: usize) -> usize {
    let body: Vec<BlockId> = code.order[start..=end].to_vec();
    let size: usize = body.iter().map(|&id| code.block(id).insts.len()).sum();
    let Some(entry) = entry_of(code, &body).filter(|_| size <= SIZE_MAX) else { return 0 };
    let region = code.block(entry).region;
    if body.iter().any(|&id| code.block(id).region != region) {
        return 0;
    }
    let writes = write_counts(code, &body);
    let lowest_window = body
        .iter()
        .flat_map(|&id| &code.block(id).insts)
        .filter(|inst| inst.is_call())
        .map(|inst| inst.a)
        .min();
    let liveness = Liveness::of(code);
    let mut moved: Vec<Inst> = Vec::new();
    let mut next_register = first_free(code);
    for &id in &body {
        let mut index = 0;
        while index < code.block(id).insts.len() {
            let inst = code.block(id).insts[index].clone();
            if let Some(own) = rename(code, &writes, lowest_window, id, index, &liveness, &mut next_register)
            {
                code.block_mut(id).insts.remove(index);
                moved.push(own);
                continue;
            }
            let stays = lowest_window.is_some_and(|window| inst.a >= window)
                || !can_move(code, &inst, &writes)
                || is_needed_around(code, &liveness, &body, entry, inst.a)
                || is_read_before(code, &body, id, index, inst.a);
            if stays {
                index += 1;
            } else {
                code.block_mut(id).insts.remove(index);
                moved.push(inst);
            }
        }
    }
    let count = moved.len();
    if count > 0 {
        // The entry may end in a branch of its own, so what moved stands right before that.
        let block = code.block_mut(entry);
        block.insts.extend(moved);
    }
    count
}

/// New registers are handed out up to here, so that frames stay small.
const REGISTERS_MAX: Reg = 200;

fn first_free(code: &Code) -> Reg {
    let insts = code.order.iter().flat_map(|&id| &code.block(id).insts).map(Inst::highest);
    let regions = code.regions.iter().map(|region| region.register);
    insts.chain(regions).max().unwrap_or(0).max(code.params.len() as Reg) + 1
}

/// A load whose register the loop uses for other things too gets a register of its own, above all others: only
/// where no call owns the registers up there, and where the block itself has every reader of the value.
fn rename(
    code: &mut Code,
    writes: &HashMap<Reg, usize>,
    lowest_window: Option<Reg>,
    id: BlockId,
    index: usize,
    liveness: &Liveness,
    next_register: &mut Reg,
) -> Option<Inst> {
    let inst = code.block(id).insts[index].clone();
    let loads = matches!(inst.op, Op::LoadInt | Op::LoadSpecial | Op::LoadConst);
    let shared = writes.get(&inst.a).is_some_and(|&count| count > 1);
    if !loads || !shared || lowest_window.is_some() || *next_register >= REGISTERS_MAX {
        return None;
    }
    let insts = &code.block(id).insts;
    let rewritten = insts[index + 1..].iter().position(|later| later.writes().contains(&inst.a));
    let end = match rewritten {
        Some(offset) => index + 1 + offset,
        None if liveness.at_end.get(&id).is_some_and(|live| live.has(inst.a)) => return None,
        None => insts.len() - 1,
    };
    // Runs of registers must stay runs.
    let single =
        |later: &Inst| !matches!(later.format(), Format::WriteRange | Format::WriteProto | Format::Next);
    if !insts[index + 1..=end].iter().all(single) {
        return None;
    }
    let own = *next_register;
    *next_register += 1;
    for later in &mut code.block_mut(id).insts[index + 1..=end] {
        replace_read(later, inst.a, own);
    }
    Some(inst.a(own))
}

fn replace_read(inst: &mut Inst, from: Reg, to: Reg) {
    let shape = shape(inst.format());
    if shape.reads_a && !shape.writes_a && inst.a == from {
        inst.a = to;
    }
    if shape.reads_b && inst.b == from {
        inst.b = to;
    }
    if shape.reads_c && inst.c == i32::from(from) {
        inst.c = i32::from(to);
    }
}

/// The one block that enters a loop, when it goes nowhere else.
fn entry_of(code: &Code, body: &[BlockId]) -> Option<BlockId> {
    let inside = |id: &BlockId| body.contains(id);
    let mut entries =
        code.order.iter().filter(|id| !inside(id) && code.successors(**id).any(|next| inside(&next)));
    let entry = *entries.next()?;
    let only = entries.next().is_none();
    let block: &Block = code.block(entry);
    let plain = block.insts.last().is_none_or(|last| last.target.is_none());
    let handled = code.regions.iter().any(|region| inside(&region.target));
    (only && plain && !handled).then_some(entry)
}

fn write_counts(code: &Code, body: &[BlockId]) -> HashMap<Reg, usize> {
    let mut counts = HashMap::new();
    for inst in body.iter().flat_map(|&id| &code.block(id).insts) {
        for register in inst.writes() {
            *counts.entry(register).or_insert(0) += 1;
        }
    }
    counts
}

fn can_move(code: &Code, inst: &Inst, writes: &HashMap<Reg, usize>) -> bool {
    let reads = inst.reads(|prototype| captured(code, prototype));
    inst.is_pure()
        && inst.writes().as_slice() == [inst.a]
        && writes.get(&inst.a) == Some(&1)
        && reads.iter().all(|register| !writes.contains_key(register))
}

/// Whether something outside reads the register as it was before or after the loop.
fn is_needed_around(
    code: &Code,
    liveness: &Liveness,
    body: &[BlockId],
    entry: BlockId,
    register: Reg,
) -> bool {
    let before = liveness.at_end.get(&entry).is_some_and(|live| live.has(register));
    let after = body.iter().any(|&id| {
        code.successors(id).any(|next| !body.contains(&next) && starts_live(code, liveness, next, register))
    });
    before || after
}

fn starts_live(code: &Code, liveness: &Liveness, id: BlockId, register: Reg) -> bool {
    for inst in &code.block(id).insts {
        if inst.reads(|prototype| captured(code, prototype)).contains(&register) {
            return true;
        }
        if inst.writes().contains(&register) {
            return false;
        }
    }
    liveness.at_end.get(&id).is_some_and(|live| live.has(register))
}

/// Whether the block reads the register before the instruction that would move.
fn is_read_before(code: &Code, _body: &[BlockId], id: BlockId, index: usize, register: Reg) -> bool {
    code.block(id).insts[..index]
        .iter()
        .any(|inst| inst.reads(|prototype| captured(code, prototype)).contains(&register))
}
