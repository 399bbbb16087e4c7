//! Which registers are read later.
//!
//! Sets of registers are rows of words in one table, a row for each block of the layout. What a block reads before
//! it writes it, and what it writes, is found once; rounds over the blocks then work on whole words.

use bytecode::Capture;

use crate::form::{BlockId, Code, Inst, Reg};

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registers(Vec<u64>);

impl Registers {
    pub fn has(&self, register: Reg) -> bool {
        has(&self.0, register)
    }
}

fn has(words: &[u64], register: Reg) -> bool {
    words.get(usize::from(register) / 64).is_some_and(|word| word >> (register % 64) & 1 != 0)
}

fn add(words: &mut [u64], register: Reg) {
    if let Some(word) = words.get_mut(usize::from(register) / 64) {
        *word |= 1 << (register % 64);
    }
}

fn remove(words: &mut [u64], register: Reg) {
    if let Some(word) = words.get_mut(usize::from(register) / 64) {
        *word &= !(1 << (register % 64));
    }
}

fn merge(words: &mut [u64], more: &[u64]) {
    words.iter_mut().zip(more).for_each(|(word, more)| *word |= *more);
}

/// The registers that a prototype takes from this function.
pub fn captured(code: &Code, prototype: u32) -> Vec<Reg> {
    let captures = code.prototypes.get(prototype as usize).map(|prototype| prototype.captures.as_slice());
    let registers = captures.unwrap_or_default().iter().filter_map(|capture| match capture {
        Capture::Register(register) => Some(Reg::from(*register)),
        Capture::Outer(_) => None,
    });
    registers.collect()
}

const ABSENT: u32 = u32::MAX;

/// Which registers are read later, at the end of every block.
pub struct Liveness {
    /// How many words a set has.
    width: usize,
    /// The row of each block that is in the layout.
    row_of: Vec<u32>,
    at_end: Vec<u64>,
    /// What handlers of a block's regions read, which counts at every place of the block.
    handled: Vec<u64>,
}

/// What the rounds work on besides the result.
struct Flow {
    at_start: Vec<u64>,
    reads: Vec<u64>,
    writes: Vec<u64>,
}

impl Liveness {
    pub fn of(code: &Code) -> Liveness {
        let highest = code.order.iter().flat_map(|&id| &code.block(id).insts).map(Inst::highest).max();
        let width = (usize::from(highest.unwrap_or(0)) + 1 + code.params.len()).div_ceil(64);
        let mut row_of = vec![ABSENT; code.blocks.len()];
        for (row, &id) in code.order.iter().enumerate() {
            row_of[id.0 as usize] = row as u32;
        }
        let room = || vec![0; width * code.order.len()];
        let mut liveness = Liveness { width, row_of, at_end: room(), handled: room() };
        let mut flow = Flow { at_start: room(), reads: room(), writes: room() };
        for (row, &id) in code.order.iter().enumerate() {
            let range = row * width..(row + 1) * width;
            let (reads, writes) = (&mut flow.reads[range.clone()], &mut flow.writes[range]);
            for inst in code.block(id).insts.iter().rev() {
                inst.for_each_write(|register| {
                    add(writes, register);
                    remove(reads, register);
                });
                for_each_read(code, inst, |register| add(reads, register));
            }
        }
        while liveness.round(code, &mut flow) {}
        liveness
    }

    /// Looks at every block once, from the last to the first; says whether anything was new.
    fn round(&mut self, code: &Code, flow: &mut Flow) -> bool {
        let width = self.width;
        let mut changed = false;
        for (row, &id) in code.order.iter().enumerate().rev() {
            let range = row * width..(row + 1) * width;
            let end = &mut self.at_end[range.clone()];
            for successor in code.successors(id) {
                let other = self.row_of[successor.0 as usize];
                if other != ABSENT {
                    let other = other as usize * width;
                    merge(end, &flow.at_start[other..other + width]);
                }
            }
            let handled = &mut self.handled[range.clone()];
            let mut region = code.block(id).region;
            while let Some(current) = region {
                let parts = code.region(current);
                let target = self.row_of[parts.target.0 as usize];
                if target != ABSENT {
                    let target = target as usize * width;
                    let known = has(handled, parts.register);
                    merge(handled, &flow.at_start[target..target + width]);
                    if !known {
                        remove(handled, parts.register);
                    }
                }
                region = parts.parent;
            }
            merge(end, handled);
            let start = &mut flow.at_start[range.clone()];
            let (reads, writes) = (&flow.reads[range.clone()], &flow.writes[range]);
            for word in 0..width {
                let live = reads[word] | end[word] & !writes[word] | handled[word];
                changed |= live & !start[word] != 0;
                start[word] |= live;
            }
        }
        changed
    }

    fn row(&self, id: BlockId) -> Option<std::ops::Range<usize>> {
        let row = *self.row_of.get(id.0 as usize)?;
        (row != ABSENT).then(|| row as usize * self.width..(row as usize + 1) * self.width)
    }

    /// Whether the register is read behind the block.
    pub fn at_end(&self, id: BlockId, register: Reg) -> bool {
        self.row(id).is_some_and(|range| has(&self.at_end[range], register))
    }

    /// Goes over the instructions of a block from the last to the first, with what is live behind each.
    pub fn backwards(&self, code: &Code, id: BlockId, mut visit: impl FnMut(usize, &Inst, &Registers)) {
        let Some(range) = self.row(id) else { return };
        let handled = &self.handled[range.clone()];
        let mut live = Registers(self.at_end[range].to_vec());
        for (index, inst) in code.block(id).insts.iter().enumerate().rev() {
            visit(index, inst, &live);
            inst.for_each_write(|register| remove(&mut live.0, register));
            for_each_read(code, inst, |register| add(&mut live.0, register));
            merge(&mut live.0, handled);
        }
    }
}

/// The registers whose content matters to an instruction.
pub fn for_each_read(code: &Code, inst: &Inst, mut visit: impl FnMut(Reg)) {
    inst.for_each_read(&mut visit);
    if inst.format() == bytecode::Format::WriteProto {
        captured(code, inst.d).into_iter().for_each(visit);
    }
}
