//! What passes ask about a function: small constants that are known, loops, forms of instructions.

use std::collections::HashMap;

use bytecode::{Constant, Format, Op};

use crate::form::{BlockId, Code, Inst, Reg};

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
        inst.for_each_write(|register| {
            self.0.remove(&register);
        });
        if inst.is_call() {
            self.0.retain(|&register, _| register < inst.a);
        }
        if let Some(value) = value {
            self.0.insert(inst.a, value);
        }
    }
}

/// Puts better instructions in place of those for which `better` has one, by what their block knows before them.
/// `branch` may decide the jump at a block's end, which writes nothing. Gives the number of changes.
pub fn rewrite(
    code: &mut Code,
    mut better: impl FnMut(&mut Code, &Inst, &KnownValues) -> Option<Inst>,
    mut branch: impl FnMut(&mut Code, BlockId, &KnownValues) -> bool,
) -> usize {
    let mut changed = 0;
    for id in code.order.clone() {
        let mut known = KnownValues::default();
        for index in 0..code.block(id).insts.len() {
            let mut inst = code.block(id).insts[index].clone();
            if let Some(found) = better(code, &inst, &known) {
                inst = found.at(inst.span);
                code.block_mut(id).insts[index] = inst.clone();
                changed += 1;
            }
            known.pass(&code.constants, &inst);
        }
        changed += usize::from(branch(code, id, &known));
    }
    changed
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
