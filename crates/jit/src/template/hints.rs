//! Which sites are expected to compute with floats. A wrong guess costs a jump and nothing else.

use bytecode::Op;
use heap::Value;

use super::Site;
use crate::family::Right;

/// What the registers are expected to hold while the compiler passes over the code.
pub(super) struct Hints {
    /// Whether a register of the running frame held a float when the function was found in use.
    found: Vec<bool>,
    /// What the code just passed has put there.
    known: Vec<Option<bool>>,
}

impl Hints {
    pub fn new(registers: &[Value]) -> Hints {
        let found = registers.iter().map(|value| value.is_float() && value.bits() >> 52 != 0).collect();
        Hints { found, known: vec![None; 256] }
    }

    fn found(&self, register: usize) -> bool {
        self.found.get(register).copied().unwrap_or(false)
    }

    /// Notes what an instruction puts into a register.
    pub fn note(&mut self, register: usize, is_float: Option<bool>) {
        if let Some(known) = self.known.get_mut(register) {
            *known = is_float;
        }
    }

    fn known(&self, register: usize) -> Option<bool> {
        self.known.get(register).copied().flatten()
    }

    pub fn copy(&mut self, to: usize, from: usize) {
        let known = self.known(from);
        self.note(to, known);
    }

    /// Whether an operation or comparison is expected to see floats.
    pub fn expects_floats(&self, site: Site, right: Right, constant: Option<Value>) -> bool {
        if constant.is_some_and(Value::is_float) || matches!(site.op, Op::Div | Op::DivConst) {
            return true;
        }
        let left = site.word.b();
        let other = matches!(right, Right::Register).then(|| site.word.c());
        let known = [Some(left), other].map(|register| register.and_then(|register| self.known(register)));
        if known.contains(&Some(true)) {
            return true;
        }
        if known[0] == Some(false) {
            return false;
        }
        self.found(left) || other.is_some_and(|register| self.found(register))
    }
}
