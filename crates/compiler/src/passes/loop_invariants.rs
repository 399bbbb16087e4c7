//! Loads and tests in a loop whose result is the same in every turn are done once before it.
//!
//! Only what depends on its operands alone and cannot fail is moved, only into a register that the loop writes
//! nowhere else, and never into or out of the range of a handler. Liveness is that from before the pass: what moves
//! lengthens the life of its register only inside loops that write it nowhere else.

use std::collections::HashMap;

use bytecode::{Format, Op};

use super::facts::loops;
use super::liveness::{Liveness, captured, for_each_read};
use crate::form::{BlockId, Code, Inst, Reg, shape};

/// Loops with more instructions than this are left alone: the search is quadratic.
const SIZE_MAX: usize = 2_000;
/// New registers are handed out up to here, so that frames stay small.
const REGISTERS_MAX: Reg = 200;

/// What the pass knows of the whole function.
struct Hoisting {
    liveness: Liveness,
    /// The place of each block in the layout.
    place: Vec<usize>,
    predecessors: Vec<Vec<BlockId>>,
    is_handler: Vec<bool>,
    next_register: Reg,
}

/// One loop: its blocks are neighbours in the layout.
struct Loop {
    body: Vec<BlockId>,
    start: usize,
    end: usize,
    entry: BlockId,
    /// How often each register is written.
    writes: HashMap<Reg, usize>,
    lowest_window: Option<Reg>,
}

pub fn run(code: &mut Code) -> usize {
    let found = loops(code);
    if found.is_empty() {
        return 0;
    }
    let mut hoisting = Hoisting::of(code);
    // Outer loops come later in the list when they end later, so what leaves an inner loop may leave them too.
    found.into_iter().map(|(start, end)| hoisting.hoist(code, start, end)).sum()
}

impl Hoisting {
    fn of(code: &Code) -> Hoisting {
        let mut place = vec![usize::MAX; code.blocks.len()];
        let mut predecessors = vec![Vec::new(); code.blocks.len()];
        for (index, &id) in code.order.iter().enumerate() {
            place[id.0 as usize] = index;
            for successor in code.successors(id) {
                predecessors[successor.0 as usize].push(id);
            }
        }
        let mut is_handler = vec![false; code.blocks.len()];
        for region in &code.regions {
            is_handler[region.target.0 as usize] = true;
        }
        let next_register = first_free(code);
        Hoisting { liveness: Liveness::of(code), place, predecessors, is_handler, next_register }
    }

    fn hoist(&mut self, code: &mut Code, start: usize, end: usize) -> usize {
        let Some(parts) = self.find_loop(code, start, end) else { return 0 };
        let mut moved: Vec<Inst> = Vec::new();
        for &id in &parts.body {
            let mut index = 0;
            while index < code.block(id).insts.len() {
                if let Some(own) = self.rename(code, &parts, id, index) {
                    code.block_mut(id).insts.remove(index);
                    moved.push(own);
                } else if self.stays(code, &parts, id, index) {
                    index += 1;
                } else {
                    moved.push(code.block_mut(id).insts.remove(index));
                }
            }
        }
        let count = moved.len();
        code.block_mut(parts.entry).insts.extend(moved);
        count
    }

    fn find_loop(&self, code: &Code, start: usize, end: usize) -> Option<Loop> {
        let mut size = 0;
        for &id in &code.order[start..=end] {
            size += code.block(id).insts.len() + 1;
            if size > SIZE_MAX {
                return None;
            }
        }
        let body: Vec<BlockId> = code.order[start..=end].to_vec();
        let entry = self.entry_of(code, &body, start, end)?;
        let region = code.block(entry).region;
        if body.iter().any(|&id| code.block(id).region != region || self.is_handler[id.0 as usize]) {
            return None;
        }
        let mut writes = HashMap::new();
        let mut lowest_window: Option<Reg> = None;
        for inst in body.iter().flat_map(|&id| &code.block(id).insts) {
            inst.for_each_write(|register| *writes.entry(register).or_insert(0) += 1);
            if inst.is_call() {
                lowest_window = Some(lowest_window.map_or(inst.a, |lowest| lowest.min(inst.a)));
            }
        }
        Some(Loop { body, start, end, entry, writes, lowest_window })
    }

    /// The one block that enters a loop, when it goes nowhere else.
    fn entry_of(&self, code: &Code, body: &[BlockId], start: usize, end: usize) -> Option<BlockId> {
        let mut entry = None;
        for &id in body {
            for &from in &self.predecessors[id.0 as usize] {
                let inside = (start..=end).contains(&self.place[from.0 as usize]);
                if !inside && entry.replace(from).is_some_and(|known| known != from) {
                    return None;
                }
            }
        }
        entry.filter(|&entry| code.block(entry).insts.last().is_none_or(|last| last.target.is_none()))
    }

    /// A load whose register the loop uses for other things too gets a register of its own, above all others: only
    /// where no call owns the registers up there, and where the block itself has every reader of the value.
    fn rename(&mut self, code: &mut Code, parts: &Loop, id: BlockId, index: usize) -> Option<Inst> {
        let inst = code.block(id).insts[index].clone();
        let loads = matches!(inst.op, Op::LoadInt | Op::LoadSpecial | Op::LoadConst);
        let shared = parts.writes.get(&inst.a).is_some_and(|&count| count > 1);
        if !loads || !shared || parts.lowest_window.is_some() || self.next_register >= REGISTERS_MAX {
            return None;
        }
        let insts = &code.block(id).insts;
        let rewritten = insts[index + 1..].iter().position(|later| later.writes().contains(&inst.a));
        let end = match rewritten {
            Some(offset) => index + 1 + offset,
            None if self.liveness.at_end(id, inst.a) => return None,
            None => insts.len() - 1,
        };
        // Runs of registers must stay runs.
        let single =
            |later: &Inst| !matches!(later.format(), Format::WriteRange | Format::WriteProto | Format::Next);
        if !insts[index + 1..=end].iter().all(single) {
            return None;
        }
        let own = self.next_register;
        self.next_register += 1;
        for later in &mut code.block_mut(id).insts[index + 1..=end] {
            replace_read(later, inst.a, own);
        }
        Some(inst.a(own))
    }

    fn stays(&self, code: &Code, parts: &Loop, id: BlockId, index: usize) -> bool {
        let insts = &code.block(id).insts;
        let inst = &insts[index];
        parts.lowest_window.is_some_and(|window| inst.a >= window)
            || !can_move(code, inst, &parts.writes)
            || self.is_needed_around(code, parts, inst.a)
            || insts[..index].iter().any(|earlier| reads(code, earlier, inst.a))
    }

    /// Whether something outside reads the register as it was before or after the loop.
    fn is_needed_around(&self, code: &Code, parts: &Loop, register: Reg) -> bool {
        self.liveness.at_end(parts.entry, register)
            || parts.body.iter().any(|&id| {
                code.successors(id).any(|next| {
                    let inside = (parts.start..=parts.end).contains(&self.place[next.0 as usize]);
                    !inside && self.starts_live(code, next, register)
                })
            })
    }

    fn starts_live(&self, code: &Code, id: BlockId, register: Reg) -> bool {
        for inst in &code.block(id).insts {
            if reads(code, inst, register) {
                return true;
            }
            if inst.writes().contains(&register) {
                return false;
            }
        }
        self.liveness.at_end(id, register)
    }
}

fn first_free(code: &Code) -> Reg {
    let insts = code.order.iter().flat_map(|&id| &code.block(id).insts).map(Inst::highest);
    let regions = code.regions.iter().map(|region| region.register);
    insts.chain(regions).max().unwrap_or(0).max(code.params.len() as Reg) + 1
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

fn can_move(code: &Code, inst: &Inst, writes: &HashMap<Reg, usize>) -> bool {
    if !inst.is_pure() || inst.writes() != (inst.a..inst.a + 1) || writes.get(&inst.a) != Some(&1) {
        return false;
    }
    let mut steady = captured_outside(code, inst, writes);
    inst.for_each_read(|register| steady &= !writes.contains_key(&register));
    steady
}

fn captured_outside(code: &Code, inst: &Inst, writes: &HashMap<Reg, usize>) -> bool {
    inst.format() != Format::WriteProto
        || captured(code, inst.d).iter().all(|register| !writes.contains_key(register))
}

fn reads(code: &Code, inst: &Inst, register: Reg) -> bool {
    let mut found = false;
    for_each_read(code, inst, |read| found |= read == register);
    found
}
