//! What debuggers are told of variables, where that was asked for: their names with the places of their values, and
//! code that keeps the values.
//!
//! A register is read by nobody behind the last use of its value, and the collector takes it for empty. So at the end
//! of every block and before every return the registers of all variables in sight are copied onto themselves: then
//! the code itself says that they are alive, and nothing else in the engine has to know of debuggers.

use bytecode::{Op, VariablePlace};

use super::Lowerer;
use super::scope::{Captured, Local, LocalKind, Place};
use crate::form::{BlockId, Code, Inst, Reg, Variable};
use crate::passes::DEBUG;

impl Lowerer<'_, '_> {
    pub fn keeps_variables(&self) -> bool {
        self.options.passes & DEBUG != 0
    }

    /// Tells debuggers of a name that is visible from here on.
    pub fn name_variable(&mut self, local: &Local) {
        if self.keeps_variables()
            && local.kind != LocalKind::Hidden
            && let Some(place) = place_of(&local.place)
        {
            let name = local.name.to_string();
            self.build().name_variable(&name, place);
        }
    }

    /// Uses every variable in sight once more.
    pub fn keep_variables(&mut self) {
        if !self.keeps_variables() {
            return;
        }
        let locals = self.context().locals.iter().filter(|local| is_ready(local));
        let registers: Vec<Reg> = locals.filter_map(|local| register_of(&local.place)).collect();
        for register in registers {
            self.build().emit(Inst::new(Op::Move).a(register).b(register));
        }
    }
}

/// A function that captures has its name before it has its value.
fn is_ready(local: &Local) -> bool {
    !matches!(local.kind, LocalKind::Function | LocalKind::Hidden)
}

fn register_of(place: &Place) -> Option<Reg> {
    match place {
        Place::Register(register) | Place::Cell(register) => Some(*register),
        Place::Function(_) | Place::Spilled(_) | Place::SpilledCell(_) | Place::Shared(_) => None,
    }
}

fn place_of(place: &Place) -> Option<VariablePlace> {
    match place {
        Place::Register(register) => u8::try_from(*register).ok().map(VariablePlace::Register),
        Place::Cell(register) => u8::try_from(*register).ok().map(VariablePlace::Cell),
        Place::Function(_) | Place::Spilled(_) | Place::SpilledCell(_) | Place::Shared(_) => None,
    }
}

/// What a function captures has its name everywhere in it.
pub fn name_captures(code: &mut Code, captures: &[Captured]) {
    let start = (code.order.first().copied().unwrap_or(BlockId(0)), 0);
    for (index, captured) in captures.iter().enumerate() {
        let Some(name) = &captured.name else { continue };
        let index = index as u16;
        let place = match captured.cell {
            true => VariablePlace::CaptureCell(index),
            false => VariablePlace::Capture(index),
        };
        code.variables.insert(0, Variable { name: name.to_string(), place, start, end: None });
    }
}
