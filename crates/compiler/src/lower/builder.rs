//! Building one function's form: blocks, registers as a stack, instructions with their span.
//!
//! Invariant: `current` is `None` exactly where code cannot be reached; what is emitted there is dropped. So no
//! block without a way to it comes into being, save handlers of regions that turn out to be empty.

use std::collections::HashSet;

use bytecode::{Constant, Op, VariablePlace};

use crate::form::{Block, BlockId, Code, Inst, Reg, Region, RegionId, Spot, Variable};

pub struct Builder {
    pub code: Code,
    current: Option<BlockId>,
    next_register: Reg,
    region: Option<RegionId>,
    span: (u32, u32),
    targeted: HashSet<BlockId>,
    /// Which regions have an instruction in them.
    used_regions: Vec<bool>,
    size: usize,
    overflow: bool,
}

/// No function has more instructions than this; duplicated `finally` code could otherwise grow without bound.
const SIZE_MAX: usize = 400_000;
/// More than any function may have in the end; below it, sets of registers stay small.
pub const REGISTERS_MAX: Reg = 600;

impl Builder {
    pub fn new(name: &str, span: (u32, u32)) -> Builder {
        let mut builder = Builder {
            code: Code { name: name.to_string(), span, ..Code::default() },
            current: None,
            next_register: 0,
            region: None,
            span,
            targeted: HashSet::new(),
            used_regions: Vec::new(),
            size: 0,
            overflow: false,
        };
        let entry = builder.new_block();
        builder.place_loop(entry);
        builder
    }

    /// Whether the function outgrew what a function may have.
    pub fn overflowed(&self) -> bool {
        self.overflow
    }

    pub fn set_overflow(&mut self) {
        self.overflow = true;
    }

    pub fn reachable(&self) -> bool {
        self.current.is_some()
    }

    pub fn set_span(&mut self, span: diag::Span) -> (u32, u32) {
        std::mem::replace(&mut self.span, (span.start, span.end))
    }

    pub fn restore_span(&mut self, span: (u32, u32)) {
        self.span = span;
    }

    // Registers.

    pub fn top(&self) -> Reg {
        self.next_register
    }

    pub fn allocate(&mut self) -> Reg {
        let register = self.next_register;
        if register >= REGISTERS_MAX {
            self.overflow = true;
        } else {
            self.next_register += 1;
        }
        register
    }

    pub fn allocate_many(&mut self, count: Reg) -> Reg {
        let first = self.next_register;
        (0..count).for_each(|_| {
            self.allocate();
        });
        first
    }

    /// Frees every register from `register` upward.
    pub fn release(&mut self, register: Reg) {
        self.next_register = register.min(self.next_register);
    }

    /// Makes `register` the next one to be handed out; registers below stay taken.
    pub fn raise(&mut self, register: Reg) {
        self.next_register = register.max(self.next_register);
    }

    // Blocks.

    pub fn new_block(&mut self) -> BlockId {
        self.code.blocks.push(Block::default());
        BlockId(self.code.blocks.len() as u32 - 1)
    }

    /// Goes on in this block, which earlier code may have jumped to.
    pub fn place(&mut self, block: BlockId) {
        if self.current.is_none() && !self.targeted.contains(&block) {
            return;
        }
        self.place_loop(block);
    }

    /// Goes on in this block although the jumps to it come later.
    pub fn place_loop(&mut self, block: BlockId) {
        if let Some(current) = self.current {
            self.code.block_mut(current).next = Some(block);
        }
        self.code.block_mut(block).region = self.region;
        self.code.order.push(block);
        self.current = Some(block);
    }

    /// Goes on in the block of a loop's body; unreachable where the loop itself is.
    pub fn place_body(&mut self, block: BlockId, reachable: bool) {
        if reachable {
            self.place_loop(block);
        }
    }

    pub fn jump(&mut self, target: BlockId) {
        if let Some(current) = self.current.take() {
            self.code.block_mut(current).next = Some(target);
            self.targeted.insert(target);
        }
    }

    /// Ends the block with a conditional jump.
    pub fn branch(&mut self, op: Op, register: Reg, target: BlockId, otherwise: BlockId) {
        self.emit(Inst::new(op).a(register).to(target));
        if let Some(current) = self.current.take() {
            self.code.block_mut(current).next = Some(otherwise);
            self.targeted.extend([target, otherwise]);
        }
    }

    /// Emits an instruction after which nothing follows.
    pub fn end(&mut self, inst: Inst) {
        self.emit(inst);
        self.current = None;
    }

    // Regions.

    pub fn region(&self) -> Option<RegionId> {
        self.region
    }

    /// Opens a region inside the current one.
    pub fn open_region(&mut self, target: BlockId, register: Reg, finally: bool) -> RegionId {
        self.code.regions.push(Region { target, register, finally, parent: self.region });
        self.used_regions.push(false);
        let region = RegionId(self.code.regions.len() as u32 - 1);
        self.set_region(Some(region));
        region
    }

    pub fn set_region(&mut self, region: Option<RegionId>) {
        if self.region == region {
            return;
        }
        self.region = region;
        if self.current.is_some() {
            let block = self.new_block();
            self.place_loop(block);
        }
    }

    /// Whether anything was placed in the region, so that its handler can run.
    pub fn region_used(&self, region: RegionId) -> bool {
        self.used_regions[region.0 as usize]
    }

    fn mark_used(&mut self, mut region: Option<RegionId>) {
        while let Some(id) = region
            && !std::mem::replace(&mut self.used_regions[id.0 as usize], true)
        {
            region = self.code.region(id).parent;
        }
    }

    // Variables, for debuggers.

    /// Where what is emitted next will stand.
    fn spot(&self) -> Option<Spot> {
        let block = *self.code.order.last()?;
        Some((block, self.code.block(block).insts.len()))
    }

    /// From here on a variable has this name.
    pub fn name_variable(&mut self, name: &str, place: VariablePlace) {
        if let Some(start) = self.spot().filter(|_| self.current.is_some()) {
            self.code.variables.push(Variable { name: name.to_string(), place, start, end: None });
        }
    }

    pub fn variable_count(&self) -> usize {
        self.code.variables.len()
    }

    /// The variables that were named after the first so many are out of sight.
    pub fn end_variables(&mut self, first: usize) {
        let spot = self.spot();
        for variable in self.code.variables.iter_mut().skip(first).filter(|variable| variable.end.is_none()) {
            variable.end = spot;
        }
    }

    // Instructions.

    pub fn emit(&mut self, inst: Inst) {
        let Some(current) = self.current else { return };
        if self.size >= SIZE_MAX {
            self.overflow = true;
            return;
        }
        self.size += 1;
        let span = self.span;
        let block = self.code.block_mut(current);
        block.insts.push(inst.at(span));
        let region = block.region;
        self.mark_used(region);
    }

    pub fn constant(&mut self, constant: Constant) -> u32 {
        self.code.constant(constant)
    }

    pub fn load_constant(&mut self, register: Reg, constant: Constant) {
        if let Constant::Int(value) = constant
            && let Ok(value) = i16::try_from(value)
        {
            return self.emit(Inst::new(Op::LoadInt).a(register).c(i32::from(value)));
        }
        let index = self.constant(constant);
        self.emit(Inst::new(Op::LoadConst).a(register).d(index));
    }

    pub fn load_special(&mut self, register: Reg, special: Special) {
        self.emit(Inst::new(Op::LoadSpecial).a(register).c(special as i32));
    }

    pub fn copy(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.emit(Inst::new(Op::Move).a(to).b(from));
        }
    }
}

/// What `loads` loads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    Nil = 0,
    False = 1,
    True = 2,
    Done = 3,
    Unset = 4,
}
