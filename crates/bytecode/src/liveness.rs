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
    /// Works the sets out in time linear in the code but for deeply tangled loops, where each register may take
    /// one more round. Fails only on functions that the validator refuses.
    pub fn new(function: &FunctionDef) -> Result<Liveness, CodeError> {
        Ok(Liveness::of_flow(&Flow::new(function)?))
    }

    pub(crate) fn of_flow(flow: &Flow<'_>) -> Liveness {
        let analysis = Analysis::new(flow);
        let entries = analysis.solve();
        analysis.tabulate(&entries)
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

/// A run of instructions under the same handlers, entered at its first and left at its last.
struct Block {
    first: usize,
    /// One behind the last.
    end: usize,
    /// Read before written here.
    reads: RegisterSet,
    writes: RegisterSet,
    /// The first instruction that may raise to a handler, if there is one, and what is written before it. Later
    /// ones need nothing more at the entry.
    first_raise: Option<(usize, RegisterSet)>,
}

struct Analysis<'a> {
    flow: &'a Flow<'a>,
    captured: CapturedRegisters,
    blocks: Vec<Block>,
    /// For each instruction the block it is in.
    block_of: Vec<u32>,
}

impl<'a> Analysis<'a> {
    fn new(flow: &'a Flow<'a>) -> Analysis<'a> {
        let captured = CapturedRegisters::new(flow.function);
        let mut analysis = Analysis { flow, captured, blocks: Vec::new(), block_of: Vec::new() };
        let leaders = analysis.leaders();
        let mut first = 0;
        for end in 1..=flow.instructions.len() {
            if leaders.get(end).copied().unwrap_or(true) {
                analysis.block_of.resize(end, analysis.blocks.len() as u32);
                analysis.blocks.push(analysis.summary(first, end));
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
        let mut block =
            Block { first, end, reads: RegisterSet::EMPTY, writes: RegisterSet::EMPTY, first_raise: None };
        for index in first..end {
            let access = self.access(index);
            block.reads = block.reads.union(access.reads.without(block.writes));
            if block.first_raise.is_none() && self.flow.raise_handlers(index).next().is_some() {
                block.first_raise = Some((index, block.writes));
            }
            block.writes = block.writes.union(access.writes);
        }
        block
    }

    /// The blocks that control may go to behind the last instruction of a block.
    fn successors(&self, block: &Block) -> impl Iterator<Item = usize> {
        let last = block.end - 1;
        let next = goes_on(self.flow.instructions[last].op).then_some(block.end);
        let jump = self.flow.jump_index(last);
        [next, jump].into_iter().flatten().map(|index| self.block_of[index] as usize)
    }

    /// The blocks of the handlers that instructions of a block raise to.
    fn handlers(&self, block: &Block) -> impl Iterator<Item = usize> {
        let raising = block.first_raise.into_iter();
        raising.flat_map(|(index, _)| self.flow.raise_handlers(index))
    }

    /// What the handlers around need when the instruction at `index` raises.
    fn needed_by_handlers(
        &self,
        handlers: impl Iterator<Item = usize>,
        entries: &[RegisterSet],
    ) -> RegisterSet {
        handlers.fold(RegisterSet::EMPTY, |needed, handler| {
            let target = self.block_of[self.flow.handler_index(handler)];
            let mut entry = entries[target as usize];
            entry.remove(self.flow.function.handlers[handler].register);
            needed.union(entry)
        })
    }

    /// What is live behind the last instruction of a block.
    fn live_behind(&self, block: &Block, entries: &[RegisterSet]) -> RegisterSet {
        let last = block.end - 1;
        let mut live = RegisterSet::EMPTY;
        if goes_on(self.flow.instructions[last].op) {
            live = entries[self.block_of[block.end] as usize];
        }
        if let Some(target) = self.flow.jump_index(last) {
            let entry = entries[self.block_of[target] as usize];
            live = live.union(entry.without(self.access(last).writes_on_jump));
        }
        live
    }

    /// For each block the blocks whose result depends on it, as one list and where each part of it starts.
    fn dependents(&self) -> (Vec<u32>, Vec<u32>) {
        let edges = |block: &Block| {
            let targets = self.handlers(block).map(|handler| self.block_of[self.flow.handler_index(handler)]);
            let mut edges: Vec<u32> = self.successors(block).map(|next| next as u32).chain(targets).collect();
            edges.dedup();
            edges
        };
        let mut starts = vec![0u32; self.blocks.len() + 1];
        for block in &self.blocks {
            for target in edges(block) {
                starts[target as usize + 1] += 1;
            }
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut fill = starts.clone();
        let mut list = vec![0u32; starts[self.blocks.len()] as usize];
        for (number, block) in self.blocks.iter().enumerate() {
            for target in edges(block) {
                list[fill[target as usize] as usize] = number as u32;
                fill[target as usize] += 1;
            }
        }
        (list, starts)
    }

    /// What is live at the entry of each block.
    fn solve(&self) -> Vec<RegisterSet> {
        let (dependents, starts) = self.dependents();
        let mut entries = vec![RegisterSet::EMPTY; self.blocks.len()];
        let mut waiting: Vec<u32> = (0..self.blocks.len() as u32).collect();
        let mut is_waiting = vec![true; self.blocks.len()];
        while let Some(number) = waiting.pop() {
            let number = number as usize;
            is_waiting[number] = false;
            let block = &self.blocks[number];
            let mut entry = block.reads.union(self.live_behind(block, &entries).without(block.writes));
            if let Some((_, writes)) = block.first_raise {
                let needed = self.needed_by_handlers(self.handlers(block), &entries);
                entry = entry.union(needed.without(writes));
            }
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
        entries
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
                let needed = self.needed_by_handlers(self.flow.raise_handlers(index), entries);
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
mod tests {
    use super::*;
    use crate::text::assemble;

    /// The live registers before and across each instruction, one line each.
    fn listing(parts: &str, code: &str) -> String {
        let text = format!("unit \"m\"\nfunction 0 \"f\" registers 99\n{parts}\ncode\n{code}\nend\n");
        let unit = assemble(&text).expect("assembles");
        let function = &unit.functions[0];
        let liveness = Liveness::new(function).expect("sound");
        let registers = |words: &[u64]| {
            let live = (0..99).filter(|register| words[register / 64] >> (register % 64) & 1 == 1);
            live.map(|register| register.to_string()).collect::<Vec<_>>().join(" ")
        };
        let lines = crate::decode::instructions(&function.code).map(|instruction| {
            let pc = instruction.expect("decodes").pc;
            let line =
                format!("{pc}: {} / {}", registers(liveness.before(pc)), registers(liveness.across(pc)));
            line.replace("  ", " ").trim_end().to_string()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn check(parts: &str, code: &str, expected: &str) {
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(listing(parts, code), expected.join("\n"));
    }

    #[test]
    fn straight_code_and_calls() {
        check(
            "",
            "add r2, r0, r1\nmove r5, r2\ncall r2, 1, -, c0\nadd r0, r2, r70\nret r0",
            "0: 0 1 70 / 70
             1: 2 70 /
             2: 2 5 70 / 70
             4: 2 70 /
             5: 0 /",
        );
    }

    #[test]
    fn loops_keep_what_the_next_round_needs() {
        check(
            "",
            "iter r1, r0\njmp in\ntop: move r9, r3\nstr r4, r8\nin: next r1, top\nretnil",
            "0: 0 8 / 8
             1: 1 2 8 /
             2: 1 2 3 8 /
             3: 1 2 8 / 1 2 8
             4: 1 2 8 / 1 2 8
             6: /",
        );
    }

    #[test]
    fn handlers_keep_what_they_read() {
        check(
            "handler A B C r5",
            "A: str r1, r0\nloadi r2, 1\nstr r1, r0\nB: ret r1\nC: move r3, r2\nstr r4, r5\nret r6",
            "0: 0 2 6 / 0 2 6
             1: 0 6 /
             2: 0 2 6 / 2 6
             3: 1 /
             4: 2 5 6 /
             5: 5 6 / 6
             6: 6 /",
        );
    }

    #[test]
    fn closures_read_what_they_capture() {
        check("prototype 0 r7 u1 r8", "closure r0, p0\nret r0", "0: 7 8 /\n1: 0 /");
    }

    #[test]
    fn a_long_chain_of_loops_is_solved() {
        // Each loop goes back into the one before it.
        let mut code = String::new();
        for index in 0..3000 {
            code.push_str(&format!("L{index}: nop\nloopt r1, L{}\n", index - 1.min(index)));
        }
        code.push_str("ret r0");
        assert!(listing("", &code).starts_with("0: 0 1 /\n1: 0 1 /"));
    }
}
