//! Variables that have no register: an instruction names 256 of them at most.
//!
//! What a function declares by `let`, `var` and `fn` while many registers are taken goes to a list that the function
//! makes when it is entered. Elements are handed out like registers, so a scope's elements are free after it. A
//! variable that is captured and assigned to has its cell in the list. A closure captures the value or the cell, as
//! always, never the list; both are loaded right before the closure is made.
//!
//! Invariant: until `settle`, instructions name the list by `LIST`, which no variable has.

use bytecode::{Capture, Op};

use super::Lowerer;
use super::builder::{REGISTERS_MAX, Special};
use super::scope::{Captured, Place};
use crate::form::{Code, Inst, Reg};

/// From here on variables are spilled; the registers above are for what expressions need in between.
const SPILL_FROM: Reg = 120;
/// More variables than this at a time are too many.
const SLOTS_MAX: u32 = 30_000;
const LIST: Reg = REGISTERS_MAX + 1;
const STAND_INS: Reg = REGISTERS_MAX + 2;

/// The number by which a capture names a variable without a register.
pub fn stand_in(slot: u32) -> Reg {
    STAND_INS + slot as Reg
}

/// The variables of one function that have no register.
#[derive(Default)]
pub struct Spills {
    next: u32,
    highest: u32,
    captures: Vec<SpilledCapture>,
}

/// A function made here captures an element of the list.
struct SpilledCapture {
    function: u32,
    position: usize,
    slot: u32,
}

impl Spills {
    pub fn top(&self) -> u32 {
        self.next
    }

    pub fn release(&mut self, top: u32) {
        self.next = top;
    }

    /// Keeps in mind what a function that was just lowered captures of the one at depth `outer`.
    pub fn note_captures(&mut self, function: u32, outer: usize, captures: &[Captured]) {
        for (position, captured) in captures.iter().enumerate() {
            if captured.owner == outer
                && let Some(slot) = captured.register.checked_sub(STAND_INS)
            {
                self.captures.push(SpilledCapture { function, position, slot: u32::from(slot) });
            }
        }
    }

    /// Gives the list a register behind the parameters, makes it at the entry, and loads what closures capture.
    pub fn settle(self, code: &mut Code) {
        if self.highest == 0 {
            return;
        }
        let list = code.params.len() as Reg;
        let scratch = list + 1;
        let mut most: Reg = 1;
        for prototype in &mut code.prototypes {
            let own = self.captures.iter().filter(|capture| capture.function == prototype.function);
            most = most.max(own.count() as Reg);
        }
        code.renumber(|register| match register {
            LIST => list,
            register if register < list => register,
            register => register.saturating_add(1 + most),
        });
        for number in 0..code.prototypes.len() {
            self.load_captures(code, number as u32, list, scratch);
        }
        let mut entry = vec![
            Inst::new(Op::NewList).a(list).b(list).c(0),
            Inst::new(Op::LoadSpecial).a(scratch).c(Special::Nil as i32),
        ];
        entry.extend((0..self.highest).map(|_| Inst::new(Op::ListPush).a(list).b(scratch)));
        if let Some(&first) = code.order.first() {
            code.block_mut(first).insts.splice(0..0, entry);
        }
    }

    fn load_captures(&self, code: &mut Code, number: u32, list: Reg, scratch: Reg) {
        let function = code.prototypes[number as usize].function;
        let own: Vec<&SpilledCapture> =
            self.captures.iter().filter(|capture| capture.function == function).collect();
        if own.is_empty() {
            return;
        }
        let mut loads = Vec::new();
        for (register, capture) in (scratch..).zip(&own) {
            loads.extend(load(list, capture.slot, register));
            let source = u8::try_from(register).map_or(Capture::Register(255), Capture::Register);
            if let Some(place) = code.prototypes[number as usize].captures.get_mut(capture.position) {
                *place = source;
            }
        }
        for id in code.order.clone() {
            let insts = &mut code.block_mut(id).insts;
            if let Some(at) = insts.iter().position(|inst| inst.op == Op::Closure && inst.d == number) {
                let span = insts[at].span;
                insts.splice(at..at, loads.iter().map(|inst| inst.clone().at(span)));
            }
        }
    }
}

/// Loads an element of the list.
fn load(list: Reg, slot: u32, to: Reg) -> Vec<Inst> {
    match i8::try_from(slot) {
        Ok(slot) => vec![Inst::new(Op::IndexImm).a(to).b(list).c(i32::from(slot))],
        Err(_) => {
            vec![Inst::new(Op::LoadInt).a(to).c(slot as i32), Inst::new(Op::Index).a(to).b(list).cr(to)]
        }
    }
}

impl<'a> Lowerer<'a, '_> {
    /// Runs what declares variables; those that stand too high are spilled, and their registers are free again.
    pub fn spilling(&mut self, declare: impl FnOnce(&mut Self)) {
        let (top, before) = (self.build().top(), self.context().locals.len());
        declare(self);
        if top < SPILL_FROM {
            return;
        }
        for index in before..self.context().locals.len() {
            let (register, place) = match self.context().locals[index].place {
                Place::Register(register) => (register, Place::Spilled(self.new_slot())),
                Place::Cell(register) if register >= top => (register, Place::SpilledCell(self.new_slot())),
                _ => continue,
            };
            if let Place::Spilled(slot) | Place::SpilledCell(slot) = place {
                self.store_spilled(slot, register);
            }
            self.context().locals[index].place = place;
        }
        self.build().release(top);
    }

    fn new_slot(&mut self) -> u32 {
        let context = self.context();
        let slot = context.spills.next;
        if slot >= SLOTS_MAX {
            context.builder.set_overflow();
            return slot;
        }
        context.spills.next = slot + 1;
        context.spills.highest = context.spills.highest.max(slot + 1);
        slot
    }

    /// A place for a variable that is set later; a cell is made, unset until then.
    pub fn make_place(&mut self, cell: bool) -> Place {
        let spilled = self.build().top() >= SPILL_FROM;
        let register = self.build().allocate();
        if cell {
            self.build().load_special(register, Special::Unset);
            self.build().emit(Inst::new(Op::NewCell).a(register).b(register));
        }
        if !spilled {
            return if cell { Place::Cell(register) } else { Place::Register(register) };
        }
        let slot = self.new_slot();
        if cell {
            self.store_spilled(slot, register);
        }
        self.build().release(register);
        if cell { Place::SpilledCell(slot) } else { Place::Spilled(slot) }
    }

    /// Stores a register in a variable of the function itself.
    pub fn store_place(&mut self, place: &Place, from: Reg) {
        match *place {
            Place::Register(register) => self.build().copy(register, from),
            Place::Cell(cell) => self.build().emit(Inst::new(Op::SetCell).a(cell).b(from)),
            Place::Spilled(slot) => self.store_spilled(slot, from),
            Place::SpilledCell(slot) => {
                let top = self.build().top();
                self.build().raise(from + 1);
                let cell = self.build().allocate();
                self.load_spilled(slot, cell);
                self.build().emit(Inst::new(Op::SetCell).a(cell).b(from));
                self.build().release(top);
            }
            Place::Function(_) | Place::Shared(_) => {}
        }
    }

    pub fn load_spilled(&mut self, slot: u32, to: Reg) {
        for inst in load(LIST, slot, to) {
            self.build().emit(inst);
        }
    }

    fn store_spilled(&mut self, slot: u32, from: Reg) {
        let top = self.build().top();
        self.build().raise(from + 1);
        let index = self.build().allocate();
        self.build().emit(Inst::new(Op::LoadInt).a(index).c(slot as i32));
        self.build().emit(Inst::new(Op::SetIndex).a(LIST).b(index).cr(from));
        self.build().release(top);
    }
}
