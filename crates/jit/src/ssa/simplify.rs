//! What is known without running: the contents of boxes made here, kinds of objects made here, branches on constants.

use super::dominance::Dominance;
use super::form::{Block, End, Function, Operation, Type, Value, What};
use super::repeat::rename;
use super::virtuals::constant_part;
use rustc_hash::FxHashMap;

/// What an instruction becomes.
enum Simpler {
    /// Another value that is there already.
    Value(Value),
    /// Another operation on the same arguments.
    Operation(Operation),
    /// A constant.
    Constant(Operation, u64),
    /// Nothing: it always holds.
    Nothing,
    Same,
}

/// Replaces what is known.
pub fn simplify(function: &mut Function) {
    let dominance = Dominance::new(function);
    let mut renamed: FxHashMap<Value, Value> = FxHashMap::default();
    for &block in &dominance.order {
        let instructions = std::mem::take(&mut function.block_mut(block).instructions);
        let mut kept = Vec::with_capacity(instructions.len());
        for value in instructions {
            for argument in &mut function.instructions[value.0 as usize].arguments {
                while let Some(&other) = renamed.get(argument) {
                    *argument = other;
                }
            }
            match simpler(function, value) {
                Simpler::Value(other) => {
                    renamed.insert(value, other);
                }
                Simpler::Operation(operation) => {
                    let instruction = &mut function.instructions[value.0 as usize];
                    instruction.operation = operation;
                    instruction.immediate = 0;
                    instruction.state = None;
                    kept.push(value);
                }
                Simpler::Constant(operation, bits) => {
                    let constant = function.constant_in_front(operation, bits);
                    renamed.insert(value, constant);
                }
                Simpler::Nothing => {}
                Simpler::Same => kept.push(value),
            }
        }
        // Constants that were made meanwhile stand in the entry block.
        function.block_mut(block).instructions.extend(kept);
    }
    rename(function, &renamed);
    for &block in &dominance.order {
        decide(function, block);
    }
}

/// What the object in a word is, where it was made here.
fn made(function: &Function, word: Value) -> Option<What> {
    let instruction = function.instruction(word);
    (instruction.operation == Operation::Make).then(|| function.makes[instruction.immediate as usize].what)
}

fn simpler(function: &Function, value: Value) -> Simpler {
    let instruction = function.instruction(value);
    let Some(&first) = instruction.arguments.first() else { return Simpler::Same };
    let source = function.instruction(first);
    let inner = source.arguments.first().copied();
    match (instruction.operation, source.operation) {
        (Operation::GuardInt | Operation::GuardWideInt, Operation::BoxInt | Operation::BoxSmallInt)
        | (Operation::GuardFloat | Operation::GuardNumber, Operation::BoxFloat) => {
            inner.map_or(Simpler::Same, Simpler::Value)
        }
        (Operation::BoxInt | Operation::BoxSmallInt, Operation::GuardInt)
        | (Operation::BoxFloat, Operation::GuardFloat) => inner.map_or(Simpler::Same, Simpler::Value),
        (Operation::IsFalsy, Operation::BoxBool) => Simpler::Same,
        (Operation::GuardWord, Operation::Word) if source.immediate == instruction.immediate => {
            Simpler::Nothing
        }
        (Operation::GuardImmediate, Operation::BoxBool | Operation::BoxSmallInt) => Simpler::Nothing,
        (
            Operation::GuardSet,
            Operation::BoxInt
            | Operation::BoxSmallInt
            | Operation::BoxFloat
            | Operation::BoxBool
            | Operation::Make,
        ) => Simpler::Nothing,
        (Operation::IsObject, Operation::Make) => Simpler::Constant(Operation::Truth, 1),
        (Operation::IsObject, Operation::BoxSmallInt | Operation::BoxFloat | Operation::BoxBool) => {
            Simpler::Constant(Operation::Truth, 0)
        }
        (Operation::IsObject, Operation::Word) => {
            let is_object = source.immediate >> 48 == heap::value::TAG_POINTER >> 48;
            Simpler::Constant(Operation::Truth, u64::from(is_object))
        }
        (Operation::LoadField | Operation::LoadTuple, Operation::Untag) => {
            constant_part(function, value).map_or(Simpler::Same, Simpler::Value)
        }
        (Operation::GuardObject, Operation::Make) => Simpler::Operation(Operation::Untag),
        (Operation::GuardKind, Operation::Make) => match made(function, first) {
            Some(what) if what.kind() as u64 == instruction.immediate => Simpler::Operation(Operation::Untag),
            _ => Simpler::Same,
        },
        (Operation::GuardSlot, Operation::Make) => match made(function, first) {
            Some(What::Object { fields, .. }) if fields as u64 > instruction.immediate => {
                Simpler::Operation(Operation::Untag)
            }
            _ => Simpler::Same,
        },
        (Operation::GuardCode, Operation::Make) => match made(function, first) {
            Some(What::Closure { entry }) if entry.word() == instruction.immediate => Simpler::Nothing,
            _ => Simpler::Same,
        },
        (Operation::GuardShape | Operation::IsShape, Operation::Untag) => {
            let Some(what) = inner.and_then(|word| made(function, word)) else { return Simpler::Same };
            let What::Object { kind, class, .. } = what else { return Simpler::Same };
            let holds = instruction.immediate == u64::from(class) << 8 | kind as u64;
            match (instruction.operation, holds) {
                (Operation::IsShape, _) => Simpler::Constant(Operation::Truth, u64::from(holds)),
                (_, true) => Simpler::Nothing,
                (_, false) => Simpler::Same,
            }
        }
        (Operation::GuardSet, Operation::Word) if source.immediate != heap::Value::UNDEF.bits() => {
            Simpler::Nothing
        }
        (Operation::Not, Operation::Not) => inner.map_or(Simpler::Same, Simpler::Value),
        (Operation::Not, Operation::Truth) => Simpler::Constant(Operation::Truth, source.immediate ^ 1),
        _ => Simpler::Same,
    }
}

/// A branch on a constant goes one way; one on the opposite of a truth goes the other ways.
fn decide(function: &mut Function, block: Block) {
    let End::Branch(condition, then, other) = function.block(block).end else { return };
    let instruction = function.instruction(condition);
    if instruction.operation == Operation::Not {
        let opposite = instruction.arguments[0];
        function.block_mut(block).end = End::Branch(opposite, other, then);
        return decide(function, block);
    }
    if instruction.operation == Operation::Truth && instruction.result == Type::Bool {
        let target = if instruction.immediate != 0 { then } else { other };
        function.block_mut(block).end = End::Jump(target, Vec::new());
    }
}

/// A block that does nothing but branch on what the ways to it bring is passed by the ways that bring a constant.
pub fn thread(function: &mut Function) {
    let uses = uses(function);
    for number in 0..function.blocks.len() {
        let block = Block(number as u32);
        let Some((wanted, then, other)) = tested_parameter(function, &uses, block) else { continue };
        for from in 0..function.blocks.len() {
            let End::Jump(target, arguments) = &function.blocks[from].end else { continue };
            let [argument] = arguments.as_slice() else { continue };
            let constant = function.instruction(*argument);
            if *target != block || constant.operation != Operation::Truth {
                continue;
            }
            let goes = if (constant.immediate != 0) == wanted { then } else { other };
            function.blocks[from].end = End::Jump(goes, Vec::new());
        }
    }
}

/// How often each value is used.
fn uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0u32; function.instructions.len()];
    let mut count = |value: &Value| uses[value.0 as usize] += 1;
    for block in &function.blocks {
        for &value in &block.instructions {
            let instruction = function.instruction(value);
            instruction.arguments.iter().for_each(&mut count);
            if let Some(state) = instruction.state {
                function.state(state).values().for_each(|value| count(&value));
            }
        }
        match &block.end {
            End::Jump(_, arguments) => arguments.iter().for_each(&mut count),
            End::Branch(value, _, _) | End::Return(value) => count(value),
            End::Exit(state) => function.state(*state).values().for_each(|value| count(&value)),
            End::Open => {}
        }
    }
    uses
}

/// The truth of the block's only parameter with which it goes the first way, if it does nothing else.
fn tested_parameter(function: &Function, uses: &[u32], block: Block) -> Option<(bool, Block, Block)> {
    let data = function.block(block);
    let ([parameter], End::Branch(condition, then, other)) = (data.parameters.as_slice(), &data.end) else {
        return None;
    };
    if function.type_of(*parameter) != Type::Bool || uses[parameter.0 as usize] != 1 {
        return None;
    }
    match data.instructions.as_slice() {
        [] if condition == parameter => Some((true, *then, *other)),
        [not] if condition == not && uses[not.0 as usize] == 1 => {
            let instruction = function.instruction(*not);
            let inverts = instruction.operation == Operation::Not && instruction.arguments == [*parameter];
            inverts.then_some((false, *then, *other))
        }
        _ => None,
    }
}
