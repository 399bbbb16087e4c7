//! What the templates say, without saying for which machine: one trait, implemented once for each target.
//!
//! The methods are the fast paths of instructions, at the granularity at which targets differ. Frames stay in the
//! interpreter's layout, so every method reads and writes registers of the frame in memory, and at the end of
//! every instruction the frame is complete. A fast path that does not apply goes to the `slow` label with nothing
//! changed; the code behind that label runs the interpreter's slow path of the same instruction.

use heap::Value;
use vm::native::ObjectCache;

/// A right operand.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    Register(usize),
    /// A small integer or a float.
    Value(Value),
}

/// Arithmetic with an inline path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Sub,
    Mul,
    /// Floats only; the quotient of two integers is made by conversion first.
    Div,
    /// Integers only.
    FloorDiv,
    /// Integers only.
    Mod,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What a conditional jump asks of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Falsy,
    Truthy,
    Nil,
    NotNil,
    /// Not the unset mark.
    Set,
}

/// A place in the code being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub dynasmrt::DynamicLabel);

/// A call whose callee is known: all its numbers are known too.
#[derive(Clone, Copy, Debug)]
pub struct KnownCall {
    /// The register that holds the callee and gets the result.
    pub window: usize,
    pub callee: Value,
    pub profile: u64,
    /// Bytes of the callee's registers.
    pub frame_bytes: u32,
    /// The word after the call, as the link stores it.
    pub return_pc: u64,
    /// Where the address of the callee's machine code is kept.
    pub entry_cell: u64,
}

pub trait MacroAssembler {
    fn new_label(&mut self) -> Label;
    fn bind(&mut self, label: Label);
    /// Bytes so far.
    fn offset(&self) -> usize;
    fn jump(&mut self, target: Label);

    fn copy(&mut self, to: usize, from: usize);
    fn load(&mut self, to: usize, value: Value);
    fn load_callee(&mut self, to: usize);
    fn load_capture(&mut self, to: usize, index: usize);
    /// The content of the cell in a register or a capture; unset goes to `slow`.
    fn load_cell(&mut self, to: usize, cell: CellPlace, slow: Label);
    /// Whether a register is nil or false.
    fn not(&mut self, to: usize, from: usize);
    fn jump_if(&mut self, test: Test, register: usize, target: Label);

    fn arithmetic(&mut self, operation: Arithmetic, to: usize, left: usize, right: Operand, slow: Label);
    fn compare(&mut self, comparison: Comparison, to: usize, left: usize, right: Operand, slow: Label);
    /// Compares and jumps where the answer is `wanted`; the answer is stored too, as the frame must be complete.
    fn compare_and_jump(
        &mut self,
        comparison: Comparison,
        operands: (usize, usize, Operand),
        wanted: bool,
        target: Label,
        slow: Label,
    );
    /// One tick of fuel; goes to `poll` when it is used up.
    fn tick(&mut self, poll: Label);

    fn call_known(&mut self, call: &KnownCall, slow: Label, poll: Label);
    /// Calls the function or closure in the window's first register, if it takes so many arguments as they are.
    fn call_value(&mut self, window: usize, count: usize, return_pc: u64, slow: Label, poll: Label);
    /// Goes to `slow` unless the register holds an object that the cache is for.
    fn check_object(&mut self, register: usize, cache: ObjectCache, slow: Label);
    fn return_value(&mut self, register: usize, slow: Label);
    fn return_nil(&mut self, slow: Label);

    /// A field of an object of a known class, by its byte offset in the object.
    fn get_field(&mut self, to: usize, object: usize, cache: ObjectCache, slow: Label);
    fn set_field(&mut self, object: usize, value: usize, cache: ObjectCache, slow: Label);
    fn list_get(&mut self, to: usize, list: usize, index: Operand, slow: Label);
    /// The next number of a range or element of a list, whose state is in `state` and the register behind it, goes to
    /// the third; goes to `end` where there is none.
    fn next(&mut self, state: usize, end: Label, slow: Label);
    fn list_set(&mut self, list: usize, index: usize, value: usize, slow: Label);

    /// Runs the interpreter's step of the instruction at `at`; goes on here where that leads to the one behind, else
    /// where the VM says. The counter, if there is one, is the address of a word.
    fn step(&mut self, at: u64, counter: Option<u64>);
    /// No way leads here.
    fn trap(&mut self);
    /// Lets the VM look up from a place where going on means `pc`.
    fn run_poll(&mut self, pc: u64);
    /// The same where the frame that the call at `at` has pushed is about to start.
    fn call_poll(&mut self, at: u64);

    /// The bytes, for the address that `new` was told.
    fn finish(self) -> Vec<u8>;
}

/// Where a cell is found.
#[derive(Clone, Copy, Debug)]
pub enum CellPlace {
    Register(usize),
    Capture(usize),
}
