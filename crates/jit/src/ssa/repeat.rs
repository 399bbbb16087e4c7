//! Work that was done already is not done again: the same pure operation or guard on the same values in a block that
//! always runs before, and the same load where nothing has written since.

use std::collections::HashMap;

use super::dominance::Dominance;
use super::form::{Block, Effect, End, Function, Operation, Value};

type Key = (Operation, Vec<Value>, u64);

/// Replaces repeated work by what was found first.
pub fn remove_repeated(function: &mut Function) {
    let dominance = Dominance::new(function);
    let mut known: Vec<HashMap<Key, Value>> = vec![HashMap::new(); function.blocks.len()];
    let mut renamed: HashMap<Value, Value> = HashMap::new();
    for &block in &dominance.order {
        let instructions = function.block(block).instructions.clone();
        let mut kept = Vec::with_capacity(instructions.len());
        let mut loads: HashMap<Key, Value> = HashMap::new();
        for value in instructions {
            let instruction = &mut function.instructions[value.0 as usize];
            for argument in &mut instruction.arguments {
                *argument = renamed.get(argument).copied().unwrap_or(*argument);
            }
            let key = (instruction.operation, instruction.arguments.clone(), instruction.immediate);
            let found = match instruction.operation.row().effect {
                Effect::Pure | Effect::Guard => find(&known, &dominance, block, &key),
                Effect::Read => loads.get(&key).copied(),
                Effect::Write | Effect::All => {
                    forget(&mut loads, instruction.operation);
                    None
                }
            };
            if let Some(first) = found {
                renamed.insert(value, first);
                continue;
            }
            match instruction.operation.row().effect {
                Effect::Pure | Effect::Guard => {
                    known[block.0 as usize].insert(key, value);
                }
                Effect::Read => {
                    loads.insert(key, value);
                }
                Effect::Write | Effect::All => {}
            }
            kept.push(value);
        }
        function.block_mut(block).instructions = kept;
    }
    rename(function, &renamed);
}

fn find(known: &[HashMap<Key, Value>], dominance: &Dominance, block: Block, key: &Key) -> Option<Value> {
    let mut at = Some(block);
    while let Some(here) = at {
        if let Some(&value) = known[here.0 as usize].get(key) {
            return Some(value);
        }
        at = dominance.above(here);
    }
    None
}

/// What a write leaves of the loads before it. Elements, fields and lengths do not overlap.
fn forget(loads: &mut HashMap<Key, Value>, operation: Operation) {
    let written = match operation {
        Operation::StoreElement => Operation::LoadElement,
        Operation::StoreField => Operation::LoadField,
        Operation::LoadSlot | Operation::StoreSlot | Operation::Poll => return,
        _ => return loads.clear(),
    };
    loads.retain(|key, _| key.0 != written);
}

/// Uses other values in place of some.
pub fn rename(function: &mut Function, renamed: &HashMap<Value, Value>) {
    let new = |value: &mut Value| {
        if let Some(other) = renamed.get(value) {
            *value = *other;
        }
    };
    for instruction in &mut function.instructions {
        instruction.arguments.iter_mut().for_each(new);
    }
    for state in &mut function.states {
        state.slots.iter_mut().for_each(|slot| new(&mut slot.1));
    }
    for block in &mut function.blocks {
        match &mut block.end {
            End::Jump(_, arguments) => arguments.iter_mut().for_each(new),
            End::Branch(value, _, _) | End::Return(value) => new(value),
            End::Open | End::Exit(_) => {}
        }
    }
}
