//! Work that was done already is not done again: the same pure operation or guard on the same values in a block that
//! always runs before, and the same load where nothing has written since. What was stored is not loaded again.

use super::dominance::Dominance;
use super::form::{Block, Effect, End, Function, Operation, Value};
use rustc_hash::FxHashMap;

type Key = (Operation, Vec<Value>, u64);
/// What loads would find.
type Loads = FxHashMap<Key, Value>;

/// Replaces repeated work by what was found first.
pub fn remove_repeated(function: &mut Function) {
    let dominance = Dominance::new(function);
    let mut known: Vec<FxHashMap<Key, Value>> = vec![FxHashMap::default(); function.blocks.len()];
    let mut loads_at_end: Vec<Loads> = vec![FxHashMap::default(); function.blocks.len()];
    let mut renamed: FxHashMap<Value, Value> = FxHashMap::default();
    for &block in &dominance.order {
        let instructions = function.block(block).instructions.clone();
        let mut kept = Vec::with_capacity(instructions.len());
        // Where one block alone leads here, memory is as at its end.
        let mut loads = match dominance.before[block.0 as usize].as_slice() {
            [one] => loads_at_end[one.0 as usize].clone(),
            _ => Loads::default(),
        };
        if let Some(fact) = fact_on_entry(function, &dominance, block) {
            known[block.0 as usize].insert(fact.0, fact.1);
        }
        for value in instructions {
            let instruction = &mut function.instructions[value.0 as usize];
            for argument in &mut instruction.arguments {
                *argument = renamed.get(argument).copied().unwrap_or(*argument);
            }
            let key = (instruction.operation, instruction.arguments.clone(), instruction.immediate);
            let effect = instruction.operation.row().effect;
            let found = match effect {
                Effect::Pure | Effect::Guard => find(&known, &dominance, block, &key),
                Effect::Read => loads.get(&key).copied(),
                Effect::Make => None,
                Effect::Write | Effect::All => {
                    forget(&mut loads, &key);
                    None
                }
            };
            if let Some(first) = found {
                renamed.insert(value, first);
                continue;
            }
            match effect {
                Effect::Pure | Effect::Guard => {
                    known[block.0 as usize].insert(key, value);
                }
                Effect::Read => {
                    loads.insert(key, value);
                }
                Effect::Write => remember(&mut loads, &key),
                Effect::Make | Effect::All => {}
            }
            kept.push(value);
        }
        function.block_mut(block).instructions = kept;
        loads_at_end[block.0 as usize] = loads;
    }
    rename(function, &renamed);
}

/// Where a branch has found an object's shape, nothing needs to make sure of it.
fn fact_on_entry(function: &Function, dominance: &Dominance, block: Block) -> Option<(Key, Value)> {
    let [before] = dominance.before[block.0 as usize].as_slice() else { return None };
    let End::Branch(condition, then, other) = function.block(*before).end else { return None };
    let instruction = function.instruction(condition);
    let holds = instruction.operation == Operation::IsShape && then == block && other != block;
    holds.then(|| ((Operation::GuardShape, instruction.arguments.clone(), instruction.immediate), condition))
}

fn find(known: &[FxHashMap<Key, Value>], dominance: &Dominance, block: Block, key: &Key) -> Option<Value> {
    let mut at = Some(block);
    while let Some(here) = at {
        if let Some(&value) = known[here.0 as usize].get(key) {
            return Some(value);
        }
        at = dominance.above(here);
    }
    None
}

/// What a write leaves of the loads before it. Elements, fields and lengths do not overlap, and fields at different
/// places do not.
fn forget(loads: &mut Loads, (operation, _, place): &Key) {
    let written = written_by(*operation);
    let is_field = *operation == Operation::StoreField;
    loads.retain(|known, _| !written.contains(&known.0) || is_field && known.2 != *place);
}

/// What a load after a store finds.
fn remember(loads: &mut Loads, (operation, arguments, place): &Key) {
    match (operation, arguments.as_slice()) {
        (Operation::StoreField, &[object, value]) => {
            loads.insert((Operation::LoadField, vec![object], *place), value);
        }
        (Operation::StoreElement, &[storage, index, value]) => {
            loads.insert((Operation::LoadElement, vec![storage, index], *place), value);
        }
        _ => {}
    }
}

/// All loads of what can change.
const LOADS: &[Operation] = &[
    Operation::ListLength,
    Operation::ListStorage,
    Operation::LoadElement,
    Operation::LoadField,
    Operation::LoadAt,
];

/// The loads that may find something else after an operation.
pub fn written_by(operation: Operation) -> &'static [Operation] {
    match operation {
        Operation::StoreElement => &[Operation::LoadElement],
        Operation::StoreField => &[Operation::LoadField],
        Operation::PushElement => &[Operation::ListLength, Operation::ListStorage, Operation::LoadElement],
        Operation::LoadSlot | Operation::StoreSlot | Operation::Poll => &[],
        operation if operation.row().effect == Effect::All => LOADS,
        _ => &[],
    }
}

/// Uses other values in place of some.
pub fn rename(function: &mut Function, renamed: &FxHashMap<Value, Value>) {
    let new = |value: &mut Value| {
        while let Some(other) = renamed.get(value) {
            *value = *other;
        }
    };
    for instruction in &mut function.instructions {
        instruction.arguments.iter_mut().for_each(new);
    }
    for state in &mut function.states {
        state.for_each_value(new);
    }
    for block in &mut function.blocks {
        match &mut block.end {
            End::Jump(_, arguments) => arguments.iter_mut().for_each(new),
            End::Branch(value, _, _) | End::Return(value) => new(value),
            End::Open | End::Exit(_) => {}
        }
    }
}
