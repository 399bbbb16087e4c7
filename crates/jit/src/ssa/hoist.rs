//! Work that a loop does the same way each time is done before it.
//!
//! Pure operations may always be done early. A guard may be where the loop cannot go round without it: then failing
//! early only means that the loop is run below. A load may be where, in addition, nothing in the loop writes what it
//! reads.

use super::dominance::Dominance;
use super::form::{Block, Effect, Function, Instruction, Loop, Operation, Value};
use super::repeat::written_by;
use rustc_hash::FxHashSet;

/// Moves work out of loops, inner loops first.
pub fn hoist(function: &mut Function) {
    let dominance = Dominance::new(function);
    let mut loops = function.loops.clone();
    loops.retain(|one| dominance.is_reached(one.header));
    let mut bodies: Vec<(Loop, Vec<Block>)> =
        loops.into_iter().map(|one| (one, dominance.loop_blocks(one.header))).collect();
    bodies.retain(|(_, body)| !body.is_empty());
    bodies.sort_by_key(|(_, body)| body.len());
    for (one, body) in &bodies {
        hoist_from(function, &dominance, *one, body);
    }
}

fn hoist_from(function: &mut Function, dominance: &Dominance, one: Loop, body: &[Block]) {
    let mut inside: FxHashSet<Value> = FxHashSet::default();
    for &block in body {
        let data = function.block(block);
        inside.extend(data.parameters.iter().chain(&data.instructions));
    }
    let latches: Vec<Block> = dominance.before[one.header.0 as usize]
        .iter()
        .copied()
        .filter(|block| body.contains(block))
        .collect();
    let written = writes(function, body);
    let order: Vec<Block> = dominance.order.iter().copied().filter(|block| body.contains(block)).collect();
    let mut moved = Vec::new();
    for block in order {
        let always = latches.iter().all(|&latch| dominance.dominates(block, latch));
        let instructions = std::mem::take(&mut function.block_mut(block).instructions);
        let mut kept = Vec::with_capacity(instructions.len());
        for value in instructions {
            let instruction = function.instruction(value);
            let is_fixed = instruction.arguments.iter().all(|argument| !inside.contains(argument));
            let may = match instruction.operation.row().effect {
                Effect::Pure => true,
                Effect::Guard => always && instruction.operation != Operation::BoxInt,
                Effect::Read => always && !written.contains(&(instruction.operation, place_of(instruction))),
                Effect::Make | Effect::Write | Effect::All => false,
            };
            if !(is_fixed && may) {
                kept.push(value);
                continue;
            }
            if instruction.state.is_some() {
                function.instructions[value.0 as usize].state = Some(one.state);
            }
            inside.remove(&value);
            moved.push(value);
        }
        function.block_mut(block).instructions = kept;
    }
    function.block_mut(one.before).instructions.extend(moved);
}

/// A load, and which field it is of: zero where loads of all places are meant.
type Load = (Operation, u64);

fn place_of(instruction: &Instruction) -> u64 {
    if instruction.operation == Operation::LoadField { instruction.immediate } else { 0 }
}

/// The loads whose memory the loop may write.
struct Written {
    /// Loads of any place.
    all: FxHashSet<Operation>,
    fields: FxHashSet<u64>,
}

impl Written {
    fn contains(&self, &(operation, place): &Load) -> bool {
        self.all.contains(&operation) || operation == Operation::LoadField && self.fields.contains(&place)
    }
}

fn writes(function: &Function, body: &[Block]) -> Written {
    let mut written = Written { all: FxHashSet::default(), fields: FxHashSet::default() };
    for &block in body {
        for &value in &function.block(block).instructions {
            let instruction = function.instruction(value);
            match instruction.operation {
                Operation::StoreField => {
                    written.fields.insert(instruction.immediate);
                }
                operation => written.all.extend(written_by(operation)),
            }
        }
    }
    written
}
