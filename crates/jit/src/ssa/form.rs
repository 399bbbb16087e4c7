//! Functions in single assignment form.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use heap::Kind;
use vm::builtins::BuiltinEntry;
use vm::code::Entry;
use vm::direct::Direct;
use vm::optimised::{ExitKind, InlinedFrame};

pub use super::table::{Effect, Operation, Type};

/// A value, which is also the instruction that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(pub u32);

/// What an exit writes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateId(pub u32);

#[derive(Clone, Debug)]
pub struct Instruction {
    pub operation: Operation,
    pub result: Type,
    pub arguments: Vec<Value>,
    /// A number, the bits of a word, a slot, an offset: as the operation has it.
    pub immediate: u64,
    pub state: Option<StateId>,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub enum End {
    /// Not yet known.
    Open,
    Jump(Block, Vec<Value>),
    Branch(Value, Block, Block),
    Return(Value),
    Exit(StateId),
}

#[derive(Clone, Debug)]
pub struct BlockData {
    pub parameters: Vec<Value>,
    pub instructions: Vec<Value>,
    pub end: End,
}

/// The frames as they are at one place: what is not in memory already.
#[derive(Clone)]
pub struct State {
    pub kind: ExitKind,
    /// The word of the innermost function's code where it goes on.
    pub index: usize,
    /// Number of the chain of inlined frames, in `Function::chains`.
    pub chain: usize,
    pub slots: Vec<(usize, Value)>,
    /// Objects in slots, or in each other, that the code does without: each behind those in it.
    pub objects: Vec<Virtual>,
}

/// An object that exists where code is left only.
#[derive(Clone)]
pub struct Virtual {
    pub object: Value,
    pub what: What,
    /// What it is made of, as `contents` of lowering has it, but for the words that its kind gives.
    pub words: Vec<Value>,
}

impl State {
    fn is_virtual(&self, value: Value) -> bool {
        self.objects.iter().any(|one| one.object == value)
    }

    /// The values that must be there.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        let words = self.objects.iter().flat_map(|one| one.words.iter().copied());
        let slots = self.slots.iter().map(|slot| slot.1);
        slots.chain(words).filter(|&value| !self.is_virtual(value))
    }

    pub fn for_each_value(&mut self, mut work: impl FnMut(&mut Value)) {
        self.slots.iter_mut().for_each(|slot| work(&mut slot.1));
        for one in &mut self.objects {
            work(&mut one.object);
            one.words.iter_mut().for_each(&mut work);
        }
    }
}

/// A call of a function that is not inlined.
#[derive(Clone, Copy)]
pub struct CallSite {
    /// The function, where it is known.
    pub entry: Option<&'static Entry>,
    /// The first slot of the callee's frame.
    pub frame: usize,
    /// The number of arguments, and the symbol of the method.
    pub count: usize,
    pub name: u32,
    /// Where the callee returns to.
    pub back: u64,
}

impl What {
    pub fn kind(self) -> Kind {
        match self {
            What::Cell => Kind::Cell,
            What::Tuple => Kind::Tuple,
            What::EmptyList => Kind::List,
            What::Object { kind, .. } => kind,
            What::Closure { .. } => Kind::Closure,
        }
    }

    /// What stands in its header beside the kind: the auxiliary number and the information, if it is made of so many
    /// words.
    pub fn kind_and_info(self, words: usize) -> (Kind, usize, u32) {
        match self {
            What::Cell => (Kind::Cell, 0, 0),
            What::Tuple => (Kind::Tuple, 0, words as u32),
            What::EmptyList => (Kind::List, 0, 0),
            What::Object { kind, class, fields } => (kind, fields, class),
            What::Closure { entry } => (Kind::Closure, 1 + words, entry.arity),
        }
    }
}

/// An object that is made, and the slot where the interpreter would put it.
#[derive(Clone, Copy)]
pub struct Made {
    pub what: What,
    pub slot: usize,
}

/// What an object is.
#[derive(Clone, Copy)]
pub enum What {
    Cell,
    Tuple,
    EmptyList,
    /// An instance or record; its fields are unset at first.
    Object {
        kind: Kind,
        class: u32,
        fields: usize,
    },
    /// Of the words it captures.
    Closure {
        entry: &'static Entry,
    },
}

/// A call of a builtin, and the slot where the result goes; the arguments stand behind the header above it.
#[derive(Clone, Copy)]
pub struct BuiltinSite {
    pub builtin: &'static BuiltinEntry,
    pub window: usize,
}

/// A function of the VM in place of an instruction.
#[derive(Clone, Copy)]
pub struct DirectSite {
    pub direct: Direct,
    /// The slot where the step leaves what the function would give, if that gives something of use.
    pub slot: Option<usize>,
    /// What it is given in place of values: registers from a slot, so many.
    pub registers: Option<(usize, usize)>,
}

/// A loop as the builder knows it.
#[derive(Clone, Copy, Debug)]
pub struct Loop {
    pub header: Block,
    /// Runs once before the loop and does nothing else but go to the header.
    pub before: Block,
    /// The frames there.
    pub state: StateId,
}

pub struct Function {
    pub instructions: Vec<Instruction>,
    pub blocks: Vec<BlockData>,
    pub states: Vec<State>,
    /// Inlined frames, outermost first; the first chain is empty.
    pub chains: Vec<Vec<InlinedFrame>>,
    pub calls: Vec<CallSite>,
    pub makes: Vec<Made>,
    pub builtins: Vec<BuiltinSite>,
    pub directs: Vec<DirectSite>,
    pub loops: Vec<Loop>,
    /// Slots that frames take in all.
    pub slots: usize,
    /// Times that instructions of bytecode in it ran while they were recorded, and how many of those were steps of
    /// the interpreter.
    pub runs: u64,
    pub steps: u64,
    /// The instructions that are steps, by name, with how many of each there are.
    pub left: BTreeMap<&'static str, usize>,
    constants: FxHashMap<(Operation, u64), Value>,
}

pub const ENTRY: Block = Block(0);

impl Function {
    pub fn new() -> Function {
        let mut function = Function {
            instructions: Vec::new(),
            blocks: Vec::new(),
            states: Vec::new(),
            chains: vec![Vec::new()],
            calls: Vec::new(),
            makes: Vec::new(),
            builtins: Vec::new(),
            directs: Vec::new(),
            loops: Vec::new(),
            slots: 0,
            runs: 0,
            steps: 0,
            left: BTreeMap::new(),
            constants: FxHashMap::default(),
        };
        function.new_block();
        function
    }

    pub fn new_block(&mut self) -> Block {
        let block = Block(self.blocks.len() as u32);
        self.blocks.push(BlockData { parameters: Vec::new(), instructions: Vec::new(), end: End::Open });
        block
    }

    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.0 as usize]
    }

    pub fn block_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.0 as usize]
    }

    pub fn instruction(&self, value: Value) -> &Instruction {
        &self.instructions[value.0 as usize]
    }

    pub fn type_of(&self, value: Value) -> Type {
        self.instruction(value).result
    }

    pub fn state(&self, state: StateId) -> &State {
        &self.states[state.0 as usize]
    }

    pub fn add_state(&mut self, state: State) -> StateId {
        self.states.push(state);
        StateId(self.states.len() as u32 - 1)
    }

    fn define(&mut self, instruction: Instruction) -> Value {
        self.instructions.push(instruction);
        Value(self.instructions.len() as u32 - 1)
    }

    pub fn parameter(&mut self, block: Block, result: Type) -> Value {
        let value = self.define(Instruction {
            operation: Operation::Parameter,
            result,
            arguments: Vec::new(),
            immediate: 0,
            state: None,
        });
        self.block_mut(block).parameters.push(value);
        value
    }

    /// A constant; all of them stand in the entry block.
    pub fn constant(&mut self, operation: Operation, immediate: u64) -> Value {
        if let Some(&known) = self.constants.get(&(operation, immediate)) {
            return known;
        }
        let result = operation.row().result;
        let value =
            self.define(Instruction { operation, result, arguments: Vec::new(), immediate, state: None });
        let position = self.constants.len();
        self.block_mut(ENTRY).instructions.insert(position, value);
        self.constants.insert((operation, immediate), value);
        value
    }

    /// A constant for a pass, which may have removed others.
    pub fn constant_in_front(&mut self, operation: Operation, immediate: u64) -> Value {
        let result = operation.row().result;
        let value =
            self.define(Instruction { operation, result, arguments: Vec::new(), immediate, state: None });
        self.block_mut(ENTRY).instructions.insert(0, value);
        value
    }

    pub fn append(
        &mut self,
        block: Block,
        operation: Operation,
        arguments: &[Value],
        immediate: u64,
        state: Option<StateId>,
    ) -> Value {
        let result = operation.row().result;
        let value =
            self.define(Instruction { operation, result, arguments: arguments.to_vec(), immediate, state });
        self.block_mut(block).instructions.push(value);
        value
    }

    /// Where a block goes.
    pub fn successors(&self, block: Block) -> Vec<Block> {
        match &self.block(block).end {
            End::Open | End::Return(_) | End::Exit(_) => Vec::new(),
            End::Jump(target, _) => vec![*target],
            End::Branch(_, then, other) => vec![*then, *other],
        }
    }

    /// The number of a constant that is one.
    pub fn int_constant(&self, value: Value) -> Option<i64> {
        let instruction = self.instruction(value);
        (instruction.operation == Operation::Int).then_some(instruction.immediate as i64)
    }
}

impl Default for Function {
    fn default() -> Function {
        Function::new()
    }
}
