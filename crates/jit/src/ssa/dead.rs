//! Work that nobody needs.

use super::form::{Effect, End, Function, Value};

/// Removes instructions that change nothing and whose values nobody uses.
pub fn remove_dead(function: &mut Function) {
    let mut needed = vec![false; function.instructions.len()];
    let mut work: Vec<Value> = Vec::new();
    for block in &function.blocks {
        match &block.end {
            End::Open => {}
            End::Jump(_, arguments) => work.extend(arguments),
            End::Branch(value, _, _) | End::Return(value) => work.push(*value),
            End::Exit(state) => work.extend(function.state(*state).values()),
        }
        for &value in &block.instructions {
            let effect = function.instruction(value).operation.row().effect;
            if !matches!(effect, Effect::Pure | Effect::Read | Effect::Make)
                && !is_unused_load(function, value)
            {
                work.push(value);
            }
        }
    }
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut needed[value.0 as usize], true) {
            continue;
        }
        let instruction = function.instruction(value);
        work.extend(&instruction.arguments);
        if let Some(state) = instruction.state {
            work.extend(function.state(state).values());
        }
    }
    for block in &mut function.blocks {
        block.instructions.retain(|value| needed[value.0 as usize]);
    }
}

/// A load of a register has an effect only in that it must stay where it is.
fn is_unused_load(function: &Function, value: Value) -> bool {
    function.instruction(value).operation == super::form::Operation::LoadSlot
}
