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

/// A call of a method of whatever stands in the window's fourth register.
#[derive(Clone, Copy, Debug)]
pub struct MethodCall {
    pub window: usize,
    /// Arguments, the receiver included.
    pub count: usize,
    /// The symbol of the name, as the worker's tables are asked.
    pub name: u32,
    pub return_pc: u64,
    pub target: MethodTarget,
}

#[derive(Clone, Copy, Debug)]
pub enum MethodTarget {
    /// Receivers of one class go to a function that is known.
    Known { cache: ObjectCache, call: KnownCall },
    /// The cache at this address says it when the call runs; `entries` is the address of the table of functions.
    Cached { cell: u64, entries: u64 },
}

/// Reading or writing a field by its name.
#[derive(Clone, Copy, Debug)]
pub struct FieldAccess {
    pub object: usize,
    /// The register that is read, or that gets what was read.
    pub value: usize,
    pub is_store: bool,
    pub name: u32,
    pub place: FieldPlace,
}

#[derive(Clone, Copy, Debug)]
pub enum FieldPlace {
    Known(ObjectCache),
    /// The cache at this address says it.
    Cached(u64),
}

/// An object to make.
#[derive(Clone, Copy, Debug)]
pub enum New<'a> {
    /// Around the value of a register.
    Cell(usize),
    Tuple {
        first: usize,
        count: usize,
    },
    EmptyList,
    Closure {
        code: u64,
        function: Value,
        arity: u32,
        captures: &'a [CellPlace],
    },
    /// Of a class by its id, with fields that are not set.
    Instance {
        class: u32,
        fields: usize,
    },
}

/// What a pattern asks of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct LengthTest {
    pub is_tuple: bool,
    pub length: usize,
    pub or_more: bool,
}

/// The instruction that iterates.
#[derive(Clone, Copy, Debug)]
pub struct Iteration {
    /// The first register of its state.
    pub state: usize,
    pub at: u64,
    /// Bytes of the registers of the running frame.
    pub frame_bytes: u32,
    /// Where a generator's element goes to, without a tick.
    pub element: Label,
    /// Steps are counted, so what is no generator takes the slow way from here.
    pub is_counted: bool,
    pub end: Label,
}

/// The instruction that hands a value to whoever resumed the running generator.
#[derive(Clone, Copy, Debug)]
pub struct Handover {
    pub at: u64,
    pub value: usize,
    /// The register that is nil when the generator goes on.
    pub to: usize,
    /// The word behind, in the function.
    pub behind: usize,
}

/// What becomes of the answer of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// It is stored as a Bool.
    Store(usize),
    /// Where it is `wanted`, control goes to `target`; it is stored, too, if somebody may read it.
    Jump { to: Option<usize>, wanted: bool, target: Label },
}

impl Comparison {
    /// What holds exactly when this does not, of numbers that have an order.
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Eq => Comparison::Ne,
            Comparison::Ne => Comparison::Eq,
            Comparison::Lt => Comparison::Ge,
            Comparison::Le => Comparison::Gt,
            Comparison::Gt => Comparison::Le,
            Comparison::Ge => Comparison::Lt,
        }
    }
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
    fn store_cell(&mut self, cell: CellPlace, value: usize, slow: Label);
    /// The slot of a module at this address.
    fn load_module(&mut self, to: usize, slot: u64, slow: Label);
    /// Whether a register is nil or false.
    fn not(&mut self, to: usize, from: usize);
    fn negate(&mut self, to: usize, from: usize, slow: Label);
    fn jump_if(&mut self, test: Test, register: usize, target: Label);

    /// The operands are where the result goes, the left one, and the right one.
    fn arithmetic(
        &mut self,
        operation: Arithmetic,
        operands: (usize, usize, Operand),
        expects_floats: bool,
        slow: Label,
    );
    /// A product of small integers and the remainder by, or the mask with, a positive constant. Operands of other
    /// kinds go to `plain`, the multiplication alone.
    fn multiply_and_reduce(
        &mut self,
        operands: (usize, usize, Operand),
        reduction: (Arithmetic, i32),
        plain: Label,
        slow: Label,
    );
    fn compare(
        &mut self,
        comparison: Comparison,
        operands: (usize, Operand),
        outcome: Outcome,
        expects_floats: bool,
        slow: Label,
    );
    /// One tick of fuel; goes to `poll` when it is used up.
    fn tick(&mut self, poll: Label);
    /// Goes where the cell at this address says, if it says anything.
    fn jump_if_set(&mut self, cell: u64);

    fn call_known(&mut self, call: &KnownCall, slow: Label, poll: Label);
    /// The callee takes the place of the running frame.
    fn tail_call(&mut self, call: &KnownCall, count: usize, slow: Label, poll: Label);
    /// Calls the function or closure in the window's first register, if it takes so many arguments as they are.
    fn call_value(&mut self, window: usize, count: usize, return_pc: u64, slow: Label, poll: Label);
    fn call_method(&mut self, call: MethodCall, slow: Label, poll: Label);
    fn return_value(&mut self, register: usize, slow: Label);
    fn return_nil(&mut self, slow: Label);

    fn field(&mut self, access: FieldAccess, slow: Label);
    /// A field of an instance or record by its number.
    fn load_slot(&mut self, to: usize, object: usize, slot: usize, slow: Label);
    fn store_slot(&mut self, object: usize, slot: usize, value: usize, slow: Label);
    /// Makes an object in the nursery, if there is room.
    fn new_object(&mut self, to: usize, new: New<'_>, slow: Label);
    /// An element of a list or tuple.
    fn list_get(&mut self, to: usize, list: usize, index: Operand, slow: Label);
    fn list_set(&mut self, list: usize, index: usize, value: usize, slow: Label);
    /// The builtin that appends to a list, called with this window.
    fn list_push(&mut self, window: usize, slow: Label);
    /// The builtin of this name, called with this window.
    fn square_root(&mut self, window: usize, slow: Label);
    /// Starts to iterate over a list or tuple.
    fn iterate_sequence(&mut self, to: usize, from: usize, slow: Label);
    /// Starts to iterate over a range of small integers, which nobody else sees.
    fn iterate_range(&mut self, to: usize, bounds: (usize, usize), inclusive: bool, slow: Label);
    /// The next number of a range, element of a sequence, or value of a generator goes to the third register of the
    /// state; goes to the end where there is none.
    fn next(&mut self, iteration: Iteration, slow: Label);
    fn yield_value(&mut self, handover: Handover);
    fn test_length(&mut self, to: usize, from: usize, test: LengthTest);

    /// Runs the interpreter's step of the instruction at `at`; goes on here where that leads to the one behind, else
    /// where the VM says. The counter, if there is one, is the address of a word.
    fn step(&mut self, at: u64, counter: Option<u64>);
    /// The same of an instruction that does not lead to the one behind.
    fn leaving_step(&mut self, at: u64, counter: Option<u64>);
    /// Behind a step of the instruction that iterates: goes to `target` where there was an element.
    fn jump_if_jumped(&mut self, target: Label);
    /// No way leads here.
    fn trap(&mut self);
    /// Lets the VM look up from a place where going on means `pc`.
    fn run_poll(&mut self, pc: u64);
    /// The same where the frame that the call at `at` has pushed is about to start.
    fn call_poll(&mut self, at: u64);

    /// Makes the code that methods have put off; nothing leads into it but them.
    fn finish_late(&mut self);
    /// The bytes, for the address that `new` was told.
    fn finish(self) -> Vec<u8>;
}

/// Where a cell is found.
#[derive(Clone, Copy, Debug)]
pub enum CellPlace {
    Register(usize),
    Capture(usize),
}
