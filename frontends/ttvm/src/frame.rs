//! The registers of a function, and its operand stack while code is made.
//!
//! Registers, in order: the context where the program needs one, the variables (parameters first), a slot for each
//! height of the stack, three scratch registers, the error, the operand list, the handler list and the place, and constants that
//! loops use, and last the window of calls. At the borders of blocks every value of the stack is in the slot of its height; inside a block a value may
//! still be where it came from.

use bytecode::{Constant, FunctionBuilder, Op};

use crate::types::{Type, bit};

/// Where a value of the stack is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// In the slot of its height.
    Slot,
    /// In the register of a variable.
    Variable(u8),
    /// Not loaded yet.
    Constant(Constant),
    Special(i64),
    /// In the window, where the next call puts something else.
    Window,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub place: Place,
    pub ty: Type,
}

/// The values of the special loads.
pub mod special {
    pub const NIL: i64 = 0;
    pub const FALSE: i64 = 1;
    pub const TRUE: i64 = 2;
    pub const UNSET: i64 = 4;
}

/// Register numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    pub variables: u8,
    pub slots: u8,
    pub scratch: u8,
    pub error: u8,
    pub operands: u8,
    pub handlers: u8,
    /// In a function that runs on a list: the number of the instruction.
    pub place: u8,
    /// Constants that loops use.
    pub constants: u8,
    pub window: u8,
}

impl Layout {
    pub fn new(has_context: bool, variables: usize, height: usize, constants: usize) -> Layout {
        let variables_at = u8::from(has_context);
        let slots = variables_at + variables as u8;
        let scratch = slots + height as u8;
        Layout {
            variables: variables_at,
            slots,
            scratch,
            error: scratch + 3,
            operands: scratch + 4,
            handlers: scratch + 5,
            place: scratch + 6,
            constants: scratch + 7,
            window: scratch + 7 + constants as u8,
        }
    }
}

/// A function being made.
pub struct Frame {
    pub builder: FunctionBuilder,
    pub layout: Layout,
    pub stack: Vec<Entry>,
    /// The constants that are loaded where the function begins, in the order of their registers.
    pub constants: Vec<Constant>,
    /// The most arguments of a call so far.
    pub arguments_max: u8,
}

impl Frame {
    pub fn op(&mut self, op: Op, operands: &[i64]) {
        self.builder.emit(op, operands);
    }

    pub fn slot(&self, height: usize) -> u8 {
        self.layout.slots + height as u8
    }

    pub fn push(&mut self, place: Place, ty: Type) {
        self.stack.push(Entry { place, ty });
    }

    pub fn push_constant(&mut self, constant: Constant, bits: u8) {
        self.push(Place::Constant(constant), Type::of(bits));
    }

    pub fn move_to(&mut self, register: u8, from: u8) {
        if register != from {
            self.op(Op::Move, &[register.into(), from.into()]);
        }
    }

    pub fn load_special(&mut self, register: u8, value: i64) {
        self.op(Op::LoadSpecial, &[register.into(), value]);
    }

    pub fn load_constant(&mut self, register: u8, constant: &Constant) {
        if let Constant::Int(value) = constant {
            return self.builder.load_int(register, *value);
        }
        let id = self.builder.constant(constant.clone());
        self.builder.load_constant(register, id);
    }

    /// Puts the value of an entry, which stood at `height`, into a register.
    pub fn load_entry(&mut self, register: u8, entry: &Entry, height: usize) {
        match &entry.place {
            Place::Slot => self.move_to(register, self.slot(height)),
            Place::Variable(from) => self.move_to(register, *from),
            Place::Constant(constant) => self.load_constant(register, &constant.clone()),
            Place::Special(value) => self.load_special(register, *value),
            Place::Window => self.move_to(register, self.layout.window),
        }
    }

    /// Puts the value at `height` into its slot.
    pub fn settle(&mut self, height: usize) {
        let entry = self.stack[height].clone();
        if entry.place != Place::Slot {
            self.load_entry(self.slot(height), &entry, height);
            self.stack[height].place = Place::Slot;
        }
    }

    /// Every value into its slot, as blocks expect it.
    pub fn settle_all(&mut self) {
        for height in 0..self.stack.len() {
            self.settle(height);
        }
    }

    /// What is in the window is saved before it is used again.
    pub fn settle_window(&mut self) {
        for height in 0..self.stack.len() {
            if self.stack[height].place == Place::Window {
                self.settle(height);
            }
        }
    }

    /// Values that are still in a variable are copied before it changes.
    pub fn settle_variable(&mut self, register: u8) {
        for height in 0..self.stack.len() {
            if self.stack[height].place == Place::Variable(register) {
                self.settle(height);
            }
        }
    }

    /// Takes the top off; the analysis has shown that there is one.
    pub fn pop(&mut self) -> (Entry, usize) {
        let nothing = Entry { place: Place::Special(special::NIL), ty: Type::of(bit::NULL) };
        let entry = self.stack.pop().unwrap_or(nothing);
        (entry, self.stack.len())
    }

    /// The register that holds a value that was popped: where it is, or a scratch register.
    pub fn register_of(&mut self, entry: &Entry, height: usize, scratch: u8) -> u8 {
        match &entry.place {
            Place::Slot => self.slot(height),
            Place::Variable(register) => *register,
            Place::Window => self.layout.window,
            Place::Constant(constant) if self.constants.contains(constant) => {
                let index = self.constants.iter().position(|known| known == constant).unwrap_or(0);
                self.layout.constants + index as u8
            }
            Place::Constant(_) | Place::Special(_) => {
                let register = self.layout.scratch + scratch;
                self.load_entry(register, entry, height);
                register
            }
        }
    }

    /// Calls a constant with the arguments that stand in the window already.
    pub fn call_placed(&mut self, callee: Constant, count: u8) {
        self.arguments_max = self.arguments_max.max(count);
        let callee = self.builder.constant(callee).operand();
        let cache = self.builder.cache();
        self.op(Op::CallConst, &[self.layout.window.into(), count.into(), 0, callee, cache]);
    }

    pub fn argument(&self, index: u8) -> u8 {
        self.layout.window.saturating_add(3).saturating_add(index)
    }

    /// A function of the support module with arguments from registers; the result is in the window.
    pub fn support(&mut self, name: &str, registers: &[u8]) {
        for (index, register) in registers.iter().enumerate() {
            self.move_to(self.argument(index as u8), *register);
        }
        self.call_placed(support_constant(name), registers.len() as u8);
    }
}

/// The support module is the first import of every unit.
pub fn support_constant(name: &str) -> Constant {
    Constant::Import { import: 0, name: name.to_string() }
}
