//! What must hold of a function after it was built and after every pass.

use super::dominance::Dominance;
use super::form::{Block, End, Function, Operation, StateId, Type, Value};
use rustc_hash::FxHashMap;

/// The first thing that does not hold, if any.
pub fn check(function: &Function) -> Result<(), String> {
    let dominance = Dominance::new(function);
    let mut places = FxHashMap::default();
    for &block in &dominance.order {
        let data = function.block(block);
        for (place, &value) in data.parameters.iter().chain(&data.instructions).enumerate() {
            if places.insert(value, (block, place)).is_some() {
                return Err(format!("{value} is defined twice"));
            }
        }
    }
    let checker = Checker { function, dominance: &dominance, places };
    dominance.order.iter().try_for_each(|&block| checker.block(block))
}

struct Checker<'a> {
    function: &'a Function,
    dominance: &'a Dominance,
    places: FxHashMap<Value, (Block, usize)>,
}

impl Checker<'_> {
    fn block(&self, block: Block) -> Result<(), String> {
        let data = self.function.block(block);
        for (place, &value) in data.instructions.iter().enumerate() {
            let place = data.parameters.len() + place;
            self.instruction(value, block, place).map_err(|error| format!("{value}: {error}"))?;
        }
        let end = usize::MAX;
        let context = |error: String| format!("end of b{}: {error}", block.0);
        match &data.end {
            End::Open => Err(context("it has none".into())),
            End::Jump(target, arguments) => self.jump(*target, arguments, block).map_err(context),
            End::Branch(condition, then, other) => {
                if [then, other].iter().any(|&&to| !self.function.block(to).parameters.is_empty()) {
                    return Err(context("a branch gives no arguments".into()));
                }
                self.uses(*condition, Type::Bool, block, end).map_err(context)
            }
            End::Return(value) => self.uses(*value, Type::Any, block, end).map_err(context),
            End::Exit(state) => self.state(*state, block, end).map_err(context),
        }
    }

    fn jump(&self, target: Block, arguments: &[Value], block: Block) -> Result<(), String> {
        let parameters = &self.function.block(target).parameters;
        if parameters.len() != arguments.len() {
            return Err(format!("{} arguments for {}", arguments.len(), parameters.len()));
        }
        for (&argument, &parameter) in arguments.iter().zip(parameters) {
            self.uses(argument, self.function.type_of(parameter), block, usize::MAX)?;
        }
        Ok(())
    }

    fn instruction(&self, value: Value, block: Block, place: usize) -> Result<(), String> {
        let instruction = self.function.instruction(value);
        let row = instruction.operation.row();
        if instruction.operation == Operation::Parameter {
            return Err("a parameter among the instructions".into());
        }
        if instruction.operation.is_variadic() {
            for &argument in &instruction.arguments {
                self.uses(argument, Type::Any, block, place)?;
            }
        } else if row.arguments.len() != instruction.arguments.len() {
            return Err(format!("{} takes {} arguments", row.name, row.arguments.len()));
        }
        for (&argument, &wanted) in instruction.arguments.iter().zip(row.arguments) {
            self.uses(argument, wanted, block, place)?;
        }
        if instruction.operation.has_state() != instruction.state.is_some() {
            return Err(format!("{} with the wrong state", row.name));
        }
        instruction.state.map_or(Ok(()), |state| self.state(state, block, place))
    }

    fn state(&self, state: StateId, block: Block, place: usize) -> Result<(), String> {
        for value in self.function.state(state).values() {
            self.reaches(value, block, place)?;
        }
        Ok(())
    }

    fn uses(&self, value: Value, wanted: Type, block: Block, place: usize) -> Result<(), String> {
        let found = self.function.type_of(value);
        if found != wanted {
            return Err(format!("{value} is {}, not {}", found.name(), wanted.name()));
        }
        self.reaches(value, block, place)
    }

    /// Whether the value is there at this place.
    fn reaches(&self, value: Value, block: Block, place: usize) -> Result<(), String> {
        let Some(&(home, at)) = self.places.get(&value) else {
            return Err(format!("{value} is nowhere defined"));
        };
        let comes_before = if home == block { at < place } else { self.dominance.dominates(home, block) };
        if comes_before { Ok(()) } else { Err(format!("{value} is not there yet")) }
    }
}
