//! Proves that a unit is safe to link and run, or says what is wrong and where.
//!
//! What holds of a `Validated<Unit>`:
//! * every index (function, class, slot, import, constant, prototype, capture, shape, cache) is in range, and each
//!   constant is of a kind that its operand takes; no two instructions share a cache slot;
//! * jumps land on instructions, only loops go back, code cannot run off its end, handlers are nested and stand
//!   behind what they protect;
//! * registers and call windows lie inside the frame, and no register is read before it is written, also in
//!   handlers, nor after a call has taken it over;
//! * superclasses and traits come before their users, and tables that linking makes are bounded.
//!
//! What it does not prove are the kinds of values in registers: cells, iteration states, classes under `setstatic`
//! and the unset mark are checked where they are used.
//!
//! Time and memory are linear in the unit.

mod classes;
mod code;
mod constants;
mod function;
mod initialised;
mod module;
mod reachable;

use crate::flow::CodeError;
use crate::unit::Unit;

/// A value that the validator has accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated<T>(T);

impl<T> Validated<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Validated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Where in a unit something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Unit,
    Class { index: usize, name: String },
    Function { index: usize, name: String },
    Code { index: usize, name: String, pc: u32 },
}

/// What is wrong in a unit and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateError {
    pub place: Place,
    pub message: String,
}

impl std::fmt::Display for ValidateError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Unit => {}
            Place::Class { index, name } => write!(out, "class {index} ({name:?}): ")?,
            Place::Function { index, name } => write!(out, "function {index} ({name:?}): ")?,
            Place::Code { index, name, pc } => write!(out, "function {index} ({name:?}), word {pc}: ")?,
        }
        out.write_str(&self.message)
    }
}

impl std::error::Error for ValidateError {}

/// What is wrong, without the place.
type Problem = String;

/// A problem unless `holds`.
fn require(holds: bool, problem: &str) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(problem.to_string()) }
}

/// Proves `unit`; the first thing found wrong is the error.
pub fn validate(unit: Unit) -> Result<Validated<Unit>, ValidateError> {
    check(&unit)?;
    Ok(Validated(unit))
}

/// As `validate`, without taking the unit.
pub fn check(unit: &Unit) -> Result<(), ValidateError> {
    module::check(unit).map_err(|message| ValidateError { place: Place::Unit, message })?;
    classes::check(unit).map_err(|(index, message)| {
        let name = unit.classes[index].name.clone();
        ValidateError { place: Place::Class { index, name }, message }
    })?;
    for (index, definition) in unit.functions.iter().enumerate() {
        let name = || definition.name.clone();
        function::check(unit, definition)
            .map_err(|message| ValidateError { place: Place::Function { index, name: name() }, message })?;
        code::check(unit, definition).map_err(|CodeError { pc, message }| ValidateError {
            place: Place::Code { index, name: name(), pc },
            message,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
