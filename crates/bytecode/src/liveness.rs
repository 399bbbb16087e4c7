//! Which registers hold values that are still needed, for every place where a frame can be stopped.
//!
//! The collector scans exactly these registers, generators save them, exits of native code write them back, and
//! the validator's definite initialisation is the same facts read the other way: a register is live at the entry
//! only if some path reads it before writing it.
//!
//! Two sets per instruction: `before` it runs (or runs again), and `across` it, while code that it called is
//! running: what is needed afterwards without the result, and what the handlers around it need.

use std::collections::HashMap;

use crate::access::{Access, CapturedRegisters, access, goes_on};
use crate::flow::{CodeError, Flow};
use crate::op::{Effect, fact};
use crate::register_set::RegisterSet;
use crate::unit::FunctionDef;

/// The live registers of one function, by pc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveness {
    /// Words of one set: enough for the function's registers.
    stride: usize,
    /// Each different set once.
    sets: Vec<u64>,
    /// For each word of code the number of its `before` set; second words count for nothing.
    before: Vec<u32>,
    /// The same for `across`; instructions that run no other code have the empty set.
    across: Vec<u32>,
}

impl Liveness {
    /// Works the sets out in time linear in the code. Fails only on functions that the validator refuses.
    pub fn new(function: &FunctionDef) -> Result<Liveness, CodeError> {
        Liveness::of_flow(&Flow::new(function)?)
    }

    pub(crate) fn of_flow(flow: &Flow<'_>) -> Result<Liveness, CodeError> {
        Liveness::after_rounds(flow, ROUNDS)
    }

    /// The rounds only save time: tests leave them out.
    fn after_rounds(flow: &Flow<'_>, rounds: usize) -> Result<Liveness, CodeError> {
        let analysis = Analysis::new(flow);
        let entries = analysis.solve(rounds)?;
        Ok(analysis.tabulate(&entries))
    }

    /// The registers that are live before the instruction at `pc`, lowest in the lowest bit of the first word.
    #[inline]
    pub fn before(&self, pc: u32) -> &[u64] {
        self.set(self.before[pc as usize])
    }

    /// The registers that must survive what the instruction at `pc` calls.
    #[inline]
    pub fn across(&self, pc: u32) -> &[u64] {
        self.set(self.across[pc as usize])
    }

    #[inline]
    fn set(&self, number: u32) -> &[u64] {
        let start = number as usize * self.stride;
        &self.sets[start..start + self.stride]
    }

    /// How many different sets there are.
    pub fn set_count(&self) -> usize {
        self.sets.len() / self.stride
    }
}

/// No block.
const NONE: u32 = u32::MAX;

/// A run of instructions under the same handlers, entered at its first and left at its last.
struct Block {
    first: usize,
    /// One behind the last.
    end: usize,
    /// Read before written here.
    reads: RegisterSet,
    writes: RegisterSet,
    /// The block that follows where control may go on behind this one.
    next: u32,
    /// The block that the last instruction jumps to, and what it writes on the way.
    jump: u32,
    writes_on_jump: RegisterSet,
    /// The handlers that the first raising instruction goes to, and what is written before it. Later ones need
    /// nothing more at the entry.
    handlers: [u32; 2],
    writes_before_raise: RegisterSet,
}

impl Block {
    fn handlers(&self) -> impl Iterator<Item = usize> + use<> {
        self.handlers.into_iter().filter(|&handler| handler != NONE).map(|handler| handler as usize)
    }
}

struct Analysis<'a> {
    flow: &'a Flow<'a>,
    captured: CapturedRegisters,
    blocks: Vec<Block>,
    /// For each instruction the block it is in.
    block_of: Vec<u32>,
}

/// Rounds over all blocks before single blocks are looked at; nested loops are solved within these.
const ROUNDS: usize = 8;
/// Visits after that: a share for each block, and a start for small functions. Structured code comes nowhere near;
/// without a bound, code made for it takes a round for each register.
const VISITS_PER_BLOCK: usize = 16;
const VISITS_FREE: usize = 1 << 16;

impl<'a> Analysis<'a> {
    fn new(flow: &'a Flow<'a>) -> Analysis<'a> {
        let captured = CapturedRegisters::new(flow.function);
        let mut analysis = Analysis { flow, captured, blocks: Vec::new(), block_of: Vec::new() };
        let leaders = analysis.leaders();
        let mut blocks = 0;
        for &leads in &leaders {
            blocks += u32::from(leads);
            analysis.block_of.push(blocks - 1);
        }
        let mut first = 0;
        for end in 1..=leaders.len() {
            if leaders.get(end).copied().unwrap_or(true) {
                let block = analysis.summary(first, end);
                analysis.blocks.push(block);
                first = end;
            }
        }
        analysis
    }

    fn access(&self, index: usize) -> Access {
        access(&self.flow.instructions[index], &self.captured)
    }

    /// For each instruction whether a block starts at it.
    fn leaders(&self) -> Vec<bool> {
        let flow = self.flow;
        let mut leaders = vec![false; flow.instructions.len()];
        leaders[0] = true;
        for (index, instruction) in flow.instructions.iter().enumerate() {
            if let Some(target) = flow.jump_index(index) {
                leaders[target] = true;
            }
            let parts = instruction.op.has(fact::BRANCHES) || instruction.op.has(fact::ENDS);
            let next = index + 1;
            if next < leaders.len() && (parts || flow.handler_of(index) != flow.handler_of(next)) {
                leaders[next] = true;
            }
        }
        for handler in 0..flow.function.handlers.len() {
            leaders[flow.handler_index(handler)] = true;
        }
        leaders
    }

    fn summary(&self, first: usize, end: usize) -> Block {
        let flow = self.flow;
        let last = end - 1;
        let next = if goes_on(flow.instructions[last].op) { self.block_of[end] } else { NONE };
        let jump = flow.jump_index(last).map_or(NONE, |target| self.block_of[target]);
        let mut block = Block {
            first,
            end,
            reads: RegisterSet::EMPTY,
            writes: RegisterSet::EMPTY,
            next,
            jump,
            writes_on_jump: self.access(last).writes_on_jump,
            handlers: [NONE; 2],
            writes_before_raise: RegisterSet::EMPTY,
        };
        for index in first..end {
            let access = self.access(index);
            block.reads = block.reads.union(access.reads.without(block.writes));
            if block.handlers[0] == NONE {
                for (slot, handler) in block.handlers.iter_mut().zip(flow.raise_handlers(index)) {
                    *slot = handler as u32;
                }
                block.writes_before_raise = block.writes;
            }
            block.writes = block.writes.union(access.writes);
        }
        block
    }

    /// The block that a handler goes on at.
    fn handler_block(&self, handler: usize) -> usize {
        self.block_of[self.flow.handler_index(handler)] as usize
    }

    /// What these handlers need when something raises to them.
    fn needed_by(&self, handlers: impl Iterator<Item = usize>, entries: &[RegisterSet]) -> RegisterSet {
        handlers.fold(RegisterSet::EMPTY, |needed, handler| {
            let mut entry = entries[self.handler_block(handler)];
            entry.remove(self.flow.function.handlers[handler].register);
            needed.union(entry)
        })
    }

    /// What is live behind the last instruction of a block.
    fn live_behind(&self, block: &Block, entries: &[RegisterSet]) -> RegisterSet {
        let mut live = RegisterSet::EMPTY;
        if block.next != NONE {
            live = entries[block.next as usize];
        }
        if block.jump != NONE {
            live = live.union(entries[block.jump as usize].without(block.writes_on_jump));
        }
        live
    }

    /// What is live at the entry of a block, as far as the other entries are known.
    fn entry(&self, block: &Block, entries: &[RegisterSet]) -> RegisterSet {
        let entry = block.reads.union(self.live_behind(block, entries).without(block.writes));
        if block.handlers[0] == NONE {
            return entry;
        }
        let needed = self.needed_by(block.handlers(), entries);
        entry.union(needed.without(block.writes_before_raise))
    }

    /// What is live at the entry of each block.
    fn solve(&self, rounds: usize) -> Result<Vec<RegisterSet>, CodeError> {
        let mut entries = vec![RegisterSet::EMPTY; self.blocks.len()];
        // Backwards for most of it, forwards for what comes through chains of loops.
        for round in 0..rounds {
            let mut changed = false;
            let mut visit = |number: usize| {
                let entry = self.entry(&self.blocks[number], &entries);
                changed |= entry != entries[number];
                entries[number] = entry;
            };
            match round % 2 {
                0 => (0..self.blocks.len()).rev().for_each(&mut visit),
                _ => (0..self.blocks.len()).for_each(&mut visit),
            }
            if !changed {
                return Ok(entries);
            }
        }
        self.settle(&mut entries)?;
        Ok(entries)
    }

    /// Visits single blocks until nothing changes.
    fn settle(&self, entries: &mut [RegisterSet]) -> Result<(), CodeError> {
        let (dependents, starts) = self.dependents();
        let mut waiting: Vec<u32> = (0..self.blocks.len() as u32).collect();
        let mut is_waiting = vec![true; self.blocks.len()];
        let mut visits = VISITS_FREE + VISITS_PER_BLOCK * self.blocks.len();
        while let Some(number) = waiting.pop() {
            let number = number as usize;
            is_waiting[number] = false;
            let Some(left) = visits.checked_sub(1) else {
                let pc = self.flow.instructions[self.blocks[number].first].pc;
                return Err(CodeError::new(pc, "the loops of the function are too tangled"));
            };
            visits = left;
            let entry = self.entry(&self.blocks[number], entries);
            if entry == entries[number] {
                continue;
            }
            entries[number] = entry;
            for &dependent in &dependents[starts[number] as usize..starts[number + 1] as usize] {
                if !std::mem::replace(&mut is_waiting[dependent as usize], true) {
                    waiting.push(dependent);
                }
            }
        }
        Ok(())
    }

    /// For each block the blocks whose entry depends on its own: one list, and where each block's part starts.
    fn dependents(&self) -> (Vec<u32>, Vec<u32>) {
        let targets = |block: &Block| {
            let handlers = block.handlers().map(|handler| self.handler_block(handler));
            let direct = [block.next, block.jump].into_iter().filter(|&target| target != NONE);
            direct.map(|target| target as usize).chain(handlers).collect::<Vec<_>>()
        };
        let mut starts = vec![0u32; self.blocks.len() + 1];
        for target in self.blocks.iter().flat_map(targets) {
            starts[target + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut fill = starts.clone();
        let mut list = vec![0u32; starts[self.blocks.len()] as usize];
        for (number, block) in self.blocks.iter().enumerate() {
            for target in targets(block) {
                list[fill[target] as usize] = number as u32;
                fill[target] += 1;
            }
        }
        (list, starts)
    }

    fn tabulate(&self, entries: &[RegisterSet]) -> Liveness {
        let words = self.flow.function.code.len();
        let stride = usize::from(self.flow.function.registers).div_ceil(64).clamp(1, 4);
        let mut table = Table { stride, sets: Vec::new(), numbers: HashMap::new() };
        let empty = table.number(RegisterSet::EMPTY);
        let (mut before, mut across) = (vec![empty; words], vec![empty; words]);
        for block in &self.blocks {
            let mut live = self.live_behind(block, entries);
            for index in (block.first..block.end).rev() {
                let access = self.access(index);
                let needed = self.needed_by(self.flow.raise_handlers(index), entries);
                let instruction = &self.flow.instructions[index];
                let kept = live.without(access.writes).union(needed);
                if instruction.op.row().effect == Effect::Call {
                    across[instruction.pc as usize] = table.number(kept.union(access.kept));
                }
                live = kept.union(access.reads);
                before[instruction.pc as usize] = table.number(live);
            }
        }
        Liveness { stride, sets: table.sets, before, across }
    }
}

/// Numbers different sets.
struct Table {
    stride: usize,
    sets: Vec<u64>,
    numbers: HashMap<RegisterSet, u32>,
}

impl Table {
    fn number(&mut self, set: RegisterSet) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(set).or_insert_with(|| {
            self.sets.extend_from_slice(&set.words()[..self.stride]);
            next
        })
    }
}

#[cfg(test)]
mod tests;
