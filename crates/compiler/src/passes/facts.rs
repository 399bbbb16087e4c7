//! What passes ask about a function: registers that are needed later, and small constants that are known.

use std::collections::HashMap;

use bytecode::{Capture, Constant, Format, Op};

use crate::form::{BlockId, Code, Inst, Reg};

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registers(Vec<u64>);

impl Registers {
    fn with_room(registers: usize) -> Registers {
        Registers(vec![0; registers.div_ceil(64)])
    }

    pub fn has(&self, register: Reg) -> bool {
        self.0.get(usize::from(register) / 64).is_some_and(|word| word >> (register % 64) & 1 != 0)
    }

    pub fn add(&mut self, register: Reg) {
        if let Some(word) = self.0.get_mut(usize::from(register) / 64) {
            *word |= 1 << (register % 64);
        }
    }

    fn remove(&mut self, register: Reg) {
        if let Some(word) = self.0.get_mut(usize::from(register) / 64) {
            *word &= !(1 << (register % 64));
        }
    }

    /// Adds all of another set; says whether any was new.
    fn merge(&mut self, other: &Registers) -> bool {
        let mut changed = false;
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            changed |= *more & !*word != 0;
            *word |= *more;
        }
        changed
    }
}

/// Which registers are read later, at the end of every block.
pub struct Liveness {
    pub at_end: HashMap<BlockId, Registers>,
    /// What handlers of a block's regions read, which counts at every place of the block.
    handled: HashMap<BlockId, Registers>,
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

impl Liveness {
    pub fn of(code: &Code) -> Liveness {
        let room = code.order.iter().flat_map(|&id| &code.block(id).insts).map(Inst::highest).max();
        let room = usize::from(room.unwrap_or(0)) + 1 + code.params.len();
        let mut at_start: HashMap<BlockId, Registers> = HashMap::new();
        let mut liveness = Liveness { at_end: HashMap::new(), handled: HashMap::new() };
        for &id in &code.order {
            at_start.insert(id, Registers::with_room(room));
            liveness.at_end.insert(id, Registers::with_room(room));
            liveness.handled.insert(id, Registers::with_room(room));
        }
        loop {
            let mut changed = false;
            for &id in code.order.iter().rev() {
                changed |= liveness.update(code, id, &mut at_start);
            }
            if !changed {
                return liveness;
            }
        }
    }

    fn update(&mut self, code: &Code, id: BlockId, at_start: &mut HashMap<BlockId, Registers>) -> bool {
        let Some(end) = self.at_end.get_mut(&id) else { return false };
        for successor in code.successors(id) {
            if let Some(start) = at_start.get(&successor) {
                end.merge(start);
            }
        }
        let Some(handled) = self.handled.get_mut(&id) else { return false };
        let mut region = code.block(id).region;
        while let Some(current) = region {
            let row = code.region(current);
            if let Some(start) = at_start.get(&row.target) {
                let mut needed = start.clone();
                needed.remove(row.register);
                handled.merge(&needed);
            }
            region = row.parent;
        }
        end.merge(handled);
        let mut live = end.clone();
        for inst in code.block(id).insts.iter().rev() {
            step(code, inst, &mut live);
        }
        live.merge(handled);
        at_start.get_mut(&id).is_some_and(|start| start.merge(&live))
    }

    /// What is live behind each instruction of a block.
    pub fn behind_each(&self, code: &Code, id: BlockId) -> Vec<Registers> {
        let block = code.block(id);
        let mut live = self.at_end.get(&id).cloned().unwrap_or_default();
        let mut sets = Vec::with_capacity(block.insts.len());
        for inst in block.insts.iter().rev() {
            sets.push(live.clone());
            step(code, inst, &mut live);
            if let Some(handled) = self.handled.get(&id) {
                live.merge(handled);
            }
        }
        sets.reverse();
        sets
    }
}

fn step(code: &Code, inst: &Inst, live: &mut Registers) {
    inst.writes().into_iter().for_each(|register| live.remove(register));
    inst.reads(|prototype| captured(code, prototype)).into_iter().for_each(|register| live.add(register));
}

/// A value that a register is known to hold.
#[derive(Clone, PartialEq, Debug)]
pub enum Known {
    Int(i64),
    Special(i32),
    Constant(u32),
}

impl Known {
    /// Whether the value counts as true; nothing where that is not known here.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Known::Int(_) | Known::Constant(_) | Known::Special(2) => Some(true),
            Known::Special(0 | 1) => Some(false),
            Known::Special(_) => None,
        }
    }

    pub fn is_nil(&self) -> bool {
        *self == Known::Special(0)
    }
}

/// What the registers hold at a place of a block, as far as the block itself says.
#[derive(Default)]
pub struct KnownValues(HashMap<Reg, Known>);

impl KnownValues {
    pub fn get(&self, register: Reg) -> Option<&Known> {
        self.0.get(&register)
    }

    pub fn int(&self, register: Reg) -> Option<i64> {
        match self.get(register) {
            Some(Known::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// Goes past an instruction.
    pub fn pass(&mut self, code: &[Constant], inst: &Inst) {
        let value = match inst.op {
            Op::LoadInt => Some(Known::Int(i64::from(inst.c))),
            Op::LoadSpecial => Some(Known::Special(inst.c)),
            Op::LoadConst => Some(match code.get(inst.d as usize) {
                Some(Constant::Int(value)) => Known::Int(*value),
                _ => Known::Constant(inst.d),
            }),
            Op::Move => self.0.get(&inst.b).cloned(),
            _ => None,
        };
        for register in inst.writes() {
            self.0.remove(&register);
        }
        if inst.is_call() {
            self.0.retain(|&register, _| register < inst.a);
        }
        if let Some(value) = value {
            self.0.insert(inst.a, value);
        }
    }
}

/// The instruction that loads a whole number.
pub fn load_int(code: &mut Code, register: Reg, value: i64) -> Inst {
    match i16::try_from(value) {
        Ok(small) => Inst::new(Op::LoadInt).a(register).c(i32::from(small)),
        Err(_) => {
            let constant = code.constant(Constant::Int(value));
            Inst::new(Op::LoadConst).a(register).d(constant)
        }
    }
}

/// The blocks that a loop consists of, in layout order: from the target of a backward jump to where it starts.
pub fn loops(code: &Code) -> Vec<(usize, usize)> {
    let place: HashMap<BlockId, usize> =
        code.order.iter().enumerate().map(|(index, &id)| (id, index)).collect();
    let mut found = Vec::new();
    for (index, &id) in code.order.iter().enumerate() {
        for target in code.successors(id) {
            if let Some(&start) = place.get(&target)
                && start <= index
            {
                found.push((start, index));
            }
        }
    }
    found
}

/// Whether an instruction is one word that writes one register.
pub fn writes_one(inst: &Inst) -> bool {
    inst.writes().len() == 1
        && !inst.is_call()
        && !matches!(inst.format(), Format::Next | Format::Iter)
        && inst.target.is_none()
}
