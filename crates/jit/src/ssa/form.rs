//! Functions in single assignment form.

use std::collections::HashMap;

use vm::code::Entry;
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
#[derive(Clone, Debug)]
pub struct State {
    pub kind: ExitKind,
    /// The word of the innermost function's code where it goes on.
    pub index: usize,
    /// Number of the chain of inlined frames, in `Function::chains`.
    pub chain: usize,
    pub slots: Vec<(usize, Value)>,
}

/// A call of a function that is not inlined.
#[derive(Clone, Copy)]
pub struct CallSite {
    pub entry: &'static Entry,
    /// The first slot of the callee's frame.
    pub frame: usize,
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
    pub loops: Vec<Loop>,
    /// Slots that frames take in all.
    pub slots: usize,
    constants: HashMap<(Operation, u64), Value>,
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
            loops: Vec::new(),
            slots: 0,
            constants: HashMap::new(),
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
