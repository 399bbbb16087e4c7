//! A function's head and side tables, all but its code.

use std::collections::HashSet;

use super::{Problem, constants, require};
use crate::limits::{PARAMETERS_MAX, REGISTERS_MAX, SHAPES_MAX, VARIABLES_MAX};
use crate::unit::{Capture, FunctionDef, Prototype, Unit, VariablePlace, function_flag};

const KNOWN_FLAGS: u16 = function_flag::REST
    | function_flag::GENERATOR
    | function_flag::SPLIT
    | function_flag::METHOD
    | function_flag::GETTER
    | function_flag::PRIVATE
    | function_flag::HIDDEN;

pub(super) fn check(unit: &Unit, function: &FunctionDef) -> Result<(), Problem> {
    check_head(function)?;
    for constant in &function.constants {
        constants::check(unit, constant)?;
    }
    for prototype in &function.prototypes {
        check_prototype(unit, function, prototype)?;
    }
    require(function.shapes.len() <= SHAPES_MAX, "the function has too many call shapes")?;
    for shape in &function.shapes {
        let arguments = usize::from(shape.positional) + shape.names.len();
        require(arguments < REGISTERS_MAX, "a call shape has too many arguments")?;
        require(!shape.names.is_empty(), "a call shape has no named argument")?;
        let distinct: HashSet<&String> = shape.names.iter().collect();
        require(distinct.len() == shape.names.len(), "a call shape names an argument twice")?;
    }
    for handler in &function.handlers {
        require(
            u16::from(handler.register) < function.registers,
            "a handler's register is not in the frame",
        )?;
    }
    let rising = function.lines.is_sorted_by(|left, right| left.pc < right.pc);
    require(rising, "the line table is not sorted")?;
    let inside = function.lines.last().is_none_or(|last| (last.pc as usize) < function.code.len());
    require(inside, "the line table goes beyond the code")?;
    let forward = function.lines.iter().all(|line| line.start <= line.end);
    require(forward && function.span.0 <= function.span.1, "a source span ends before it starts")?;
    check_variables(function)
}

/// Variables lie in the frame and the code, so that whoever looks there finds something; what that is, liveness says.
fn check_variables(function: &FunctionDef) -> Result<(), Problem> {
    require(function.variables.len() <= VARIABLES_MAX, "the function has too many variables")?;
    for variable in &function.variables {
        let inside = match variable.place {
            VariablePlace::Register(register) | VariablePlace::Cell(register) => {
                u16::from(register) < function.registers
            }
            VariablePlace::Capture(index) | VariablePlace::CaptureCell(index) => index < function.captures,
        };
        require(inside, "a variable lies outside of the frame and the captures")?;
        let in_code = variable.start <= variable.end && variable.end as usize <= function.code.len();
        require(in_code, "a variable is where there is no code")?;
    }
    Ok(())
}

fn check_head(function: &FunctionDef) -> Result<(), Problem> {
    let has = |flag| function.flags & flag != 0;
    let parameters = function.params.len();
    require(function.flags & !KNOWN_FLAGS == 0, "the function has unknown flags")?;
    require(usize::from(function.registers) <= REGISTERS_MAX, "the frame has too many registers")?;
    require(parameters <= PARAMETERS_MAX, "the function has too many parameters")?;
    require(parameters <= usize::from(function.registers), "the parameters do not fit into the frame")?;
    let own = usize::from(has(function_flag::METHOD)) + usize::from(has(function_flag::REST));
    require(parameters >= own, "self or the rest parameter is missing")?;
    let given = |index: Option<&crate::unit::Param>| index.is_some_and(|parameter| parameter.optional);
    let optional_self = has(function_flag::METHOD) && given(function.params.first());
    let optional_rest = has(function_flag::REST) && given(function.params.last());
    require(!optional_self && !optional_rest, "self and the rest parameter have no default")?;
    let is_getter = has(function_flag::GETTER);
    require(!is_getter || (has(function_flag::METHOD) && parameters == 1), "a getter takes self alone")?;
    // Each cache belongs to an instruction of two words, so more would only be memory to fill.
    require(
        usize::from(function.caches) <= function.code.len() / 2,
        "the function has more caches than sites",
    )
}

fn check_prototype(unit: &Unit, function: &FunctionDef, prototype: &Prototype) -> Result<(), Problem> {
    let made = unit.functions.get(prototype.function as usize).ok_or("a prototype is no function")?;
    let same = prototype.captures.len() == usize::from(made.captures);
    require(same, "a prototype captures another number of values than its function has")?;
    let inside = prototype.captures.iter().all(|capture| match *capture {
        Capture::Register(register) => u16::from(register) < function.registers,
        Capture::Outer(outer) => outer < function.captures,
    });
    require(inside, "a prototype captures what the function does not have")
}
