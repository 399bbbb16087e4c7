//! A function's code: every operand of every instruction, then what holds of whole paths.

use super::{constants, initialised, reachable};
use crate::access::{CapturedRegisters, access};
use crate::decode::Instruction;
use crate::flow::{CodeError, Flow};
use crate::liveness::Liveness;
use crate::operand::{Operand, Role, SPECIALS, WindowKind};
use crate::unit::{FunctionDef, Unit};

pub(super) fn check(unit: &Unit, function: &FunctionDef) -> Result<(), CodeError> {
    let flow = Flow::new(function)?;
    let captured = CapturedRegisters::new(function);
    let mut sites = Sites { unit, function, cache_taken: vec![false; usize::from(function.caches)] };
    for instruction in &flow.instructions {
        let problem = |message: &str| CodeError::new(instruction.pc, message);
        if access(instruction, &captured).frame_end > usize::from(function.registers) {
            return Err(problem("an operand is not in the frame"));
        }
        sites.check(instruction).map_err(problem)?;
    }
    let reached = reachable::check(&flow)?;
    let liveness = Liveness::of_flow(&flow)?;
    initialised::check(&flow, &captured, &liveness, &reached)
}

/// What the operands of one function may name.
struct Sites<'a> {
    unit: &'a Unit,
    function: &'a FunctionDef,
    cache_taken: Vec<bool>,
}

impl Sites<'_> {
    fn check(&mut self, instruction: &Instruction) -> Result<(), &'static str> {
        let mut arguments = 0;
        for operand in instruction.operands() {
            match operand.role {
                Role::ArgumentCount => arguments = operand.value as usize,
                Role::Window(WindowKind::Method) if instruction.word.b() == 0 => {
                    return Err("a method is called without a receiver");
                }
                Role::Shape => self.check_shape(operand.value as usize, arguments)?,
                _ => self.check_operand(&operand)?,
            }
        }
        Ok(())
    }

    fn check_operand(&mut self, operand: &Operand) -> Result<(), &'static str> {
        let index = operand.value as usize;
        let (holds, problem) = match operand.role {
            Role::Constant(constant_use) => {
                let constant = self.function.constants.get(index).ok_or("the constant does not exist")?;
                (constants::serves(self.unit, constant, constant_use), "the constant is of the wrong kind")
            }
            Role::Capture => (index < usize::from(self.function.captures), "the capture does not exist"),
            Role::Slot => (index < self.unit.slots.len(), "the module slot does not exist"),
            Role::Prototype => (index < self.function.prototypes.len(), "the prototype does not exist"),
            Role::Cache => {
                let taken = self.cache_taken.get_mut(index).ok_or("the cache slot does not exist")?;
                (!std::mem::replace(taken, true), "another instruction uses this cache slot")
            }
            Role::Special => (index < SPECIALS.len(), "there is no such special"),
            Role::Optional => (index <= 1, "the flag is neither 0 nor 1"),
            Role::Room => (operand.value >= 0, "the room is negative"),
            // Registers were checked all at once, jumps with the flow, and any number will do for the rest.
            Role::Read
            | Role::Write
            | Role::WritePair
            | Role::Iteration
            | Role::RangeStart
            | Role::RangeCount
            | Role::Window(_)
            | Role::ArgumentCount
            | Role::Shape
            | Role::Signed
            | Role::Unsigned
            | Role::Jump => (true, ""),
        };
        if holds { Ok(()) } else { Err(problem) }
    }

    fn check_shape(&self, operand: usize, arguments: usize) -> Result<(), &'static str> {
        let Some(index) = operand.checked_sub(1) else {
            return Ok(());
        };
        let shape = self.function.shapes.get(index).ok_or("the call shape does not exist")?;
        let described = usize::from(shape.positional) + shape.names.len();
        if described == arguments { Ok(()) } else { Err("the call shape has another number of arguments") }
    }
}
