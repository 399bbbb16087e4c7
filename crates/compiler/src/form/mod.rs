//! The form that the passes work on: a function as basic blocks of the bytecode's own operations over registers
//! that are not limited to 256 yet.
//!
//! Invariants:
//! * Only the last instruction of a block may have a `target` or end the function. Where control goes on after
//!   the block is its `next`; there is none when its last instruction never goes on.
//! * `order` is the layout. A `Next` instruction stands behind its target in it, so loops jump backward.
//! * A call with window `A` owns every register from `A` upward: nothing live is kept there.
//! * A block is in one innermost `region`; whatever throws in it goes on at that region's target, and registers
//!   read there must not be moved or renamed by a pass.

mod dump;
mod operands;

use std::collections::HashMap;

use bytecode::{CallShape, Capture, Constant, Op, Param, Prototype, VariablePlace};

pub use dump::dump;
pub use operands::shape;

/// A frame register before limits are checked.
pub type Reg = u16;

/// A block of one function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// A range that one handler protects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RegionId(pub u32);

/// An instruction; which fields count depends on the format of its operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    pub op: Op,
    pub a: Reg,
    pub b: Reg,
    /// The third register, a small number, a count, or a call shape + 1.
    pub c: i32,
    /// A constant, capture, slot or prototype index, or a second number.
    pub d: u32,
    pub target: Option<BlockId>,
    pub span: (u32, u32),
}

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub insts: Vec<Inst>,
    pub next: Option<BlockId>,
    pub region: Option<RegionId>,
}

#[derive(Clone, Debug)]
pub struct Region {
    pub target: BlockId,
    pub register: Reg,
    pub finally: bool,
    pub parent: Option<RegionId>,
}

/// One function in the form.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub name: String,
    pub params: Vec<Param>,
    pub flags: u16,
    pub registers: Reg,
    pub blocks: Vec<Block>,
    pub order: Vec<BlockId>,
    pub regions: Vec<Region>,
    pub constants: Vec<Constant>,
    /// Where each constant is, by its text.
    pub constant_index: HashMap<String, u32>,
    pub prototypes: Vec<Prototype>,
    pub captures: u16,
    pub shapes: Vec<CallShape>,
    pub span: (u32, u32),
    pub doc: String,
    pub variables: Vec<Variable>,
}

/// A variable for debuggers, between two places in the layout.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub place: VariablePlace,
    pub start: Spot,
    /// The end of the function, where there is none.
    pub end: Option<Spot>,
}

/// A block, and how many of its instructions come before.
pub type Spot = (BlockId, usize);

impl Code {
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.0 as usize]
    }

    pub fn region(&self, id: RegionId) -> &Region {
        &self.regions[id.0 as usize]
    }

    /// Where control may go from the end of a block, errors aside.
    pub fn successors(&self, id: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        let block = self.block(id);
        block.insts.last().and_then(|inst| inst.target).into_iter().chain(block.next)
    }

    /// The index of a constant, shared with an equal one.
    pub fn constant(&mut self, constant: Constant) -> u32 {
        // The text of a constant tells kinds, and `0.0` from `-0.0`, apart.
        let next = self.constants.len() as u32;
        let index = *self.constant_index.entry(format!("{constant:?}")).or_insert(next);
        if index == next {
            self.constants.push(constant);
        }
        index
    }

    /// Gives every register that the function names another number; runs of registers must stay runs.
    pub fn renumber(&mut self, new: impl Fn(Reg) -> Reg) {
        for region in &mut self.regions {
            region.register = new(region.register);
        }
        for capture in self.prototypes.iter_mut().flat_map(|prototype| &mut prototype.captures) {
            if let Capture::Register(register) = capture {
                *register = u8::try_from(new(Reg::from(*register))).unwrap_or(u8::MAX);
            }
        }
        for variable in &mut self.variables {
            if let VariablePlace::Register(register) | VariablePlace::Cell(register) = &mut variable.place {
                *register = u8::try_from(new(Reg::from(*register))).unwrap_or(u8::MAX);
            }
        }
        for id in self.order.clone() {
            self.block_mut(id).insts.iter_mut().for_each(|inst| inst.renumber(&new));
        }
    }

    /// How many instructions the function has.
    pub fn size(&self) -> usize {
        self.order.iter().map(|&id| self.block(id).insts.len()).sum()
    }
}

impl Inst {
    pub fn new(op: Op) -> Inst {
        Inst { op, a: 0, b: 0, c: 0, d: 0, target: None, span: (0, 0) }
    }

    pub fn a(mut self, a: Reg) -> Inst {
        self.a = a;
        self
    }

    pub fn b(mut self, b: Reg) -> Inst {
        self.b = b;
        self
    }

    /// A third operand that is a register.
    pub fn cr(self, c: Reg) -> Inst {
        self.c(i32::from(c))
    }

    pub fn c(mut self, c: i32) -> Inst {
        self.c = c;
        self
    }

    pub fn d(mut self, d: u32) -> Inst {
        self.d = d;
        self
    }

    pub fn to(mut self, target: BlockId) -> Inst {
        self.target = Some(target);
        self
    }

    pub fn at(mut self, span: (u32, u32)) -> Inst {
        self.span = span;
        self
    }
}
