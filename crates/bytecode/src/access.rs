//! Which registers an instruction reads, writes and gives away.
//!
//! A call gives every register from its window up to the callee, so what stood there is gone afterwards; its
//! result then stands in the window's first register. This holds for calls that raise, too.

use crate::decode::Instruction;
use crate::op::{Op, fact};
use crate::operand::{Role, WindowKind};
use crate::register_set::RegisterSet;
use crate::unit::{Capture, FunctionDef, Prototype};

/// What an instruction does to the registers of its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub reads: RegisterSet,
    /// Written where the instruction goes on at the next one.
    pub writes: RegisterSet,
    /// Written, in addition, where its jump is taken.
    pub writes_on_jump: RegisterSet,
    /// Without a value afterwards unless written, also where the instruction raises.
    pub clobbers: RegisterSet,
    /// Needed by the instruction itself after code that it ran has returned.
    pub kept: RegisterSet,
    /// One more than the highest register that must exist in the frame.
    pub frame_end: usize,
}

/// The access of `instruction`, whose function has these prototypes; an index outside them captures nothing.
pub fn access(instruction: &Instruction, captured: &CapturedRegisters) -> Access {
    let mut access = Access::default();
    let mut argument_window = None;
    let mut range_start = 0;
    for operand in instruction.operands() {
        let value = operand.value as usize;
        match operand.role {
            Role::Read => access.read(value, 1),
            Role::Write => access.write(value, 1),
            Role::WritePair => access.write(value, 2),
            Role::Iteration => {
                access.read(value, 2);
                access.kept = RegisterSet::range(value, 2);
                access.writes_on_jump = RegisterSet::range(value + 2, 1);
                access.clobbers = access.writes_on_jump;
                access.need(value + 3);
            }
            Role::RangeStart => range_start = value,
            Role::RangeCount => access.read(range_start, value),
            Role::Window(kind) => {
                access.window(value, kind);
                if matches!(kind, WindowKind::Callee | WindowKind::Arguments | WindowKind::Method) {
                    argument_window = Some(value);
                }
            }
            Role::ArgumentCount => {
                let window = argument_window.expect("invariant: a count stands behind its window");
                access.read(window + 3, value);
            }
            Role::Prototype => access.reads = access.reads.union(captured.of(value)),
            Role::Shape
            | Role::Signed
            | Role::Unsigned
            | Role::Room
            | Role::Special
            | Role::Optional
            | Role::Constant(_)
            | Role::Capture
            | Role::Slot
            | Role::Cache
            | Role::Jump => {}
        }
    }
    access
}

impl Access {
    fn need(&mut self, end: usize) {
        self.frame_end = self.frame_end.max(end);
    }

    fn read(&mut self, first: usize, count: usize) {
        self.reads = self.reads.union(RegisterSet::range(first, count));
        self.need(first + count);
    }

    fn write(&mut self, first: usize, count: usize) {
        self.writes = self.writes.union(RegisterSet::range(first, count));
        self.need(first + count);
    }

    fn window(&mut self, window: usize, kind: WindowKind) {
        match kind {
            WindowKind::Callee => self.read(window, 1),
            WindowKind::Arguments | WindowKind::Method => {}
            WindowKind::Spread => {
                self.read(window, 1);
                self.read(window + 3, 2);
            }
            WindowKind::MethodSpread => self.read(window + 3, 3),
        }
        self.write(window, 1);
        self.clobbers = RegisterSet::from(window);
        self.need(window + 3);
    }
}

/// The registers that each prototype of a function captures, worked out once so that a `closure` instruction
/// costs the same whatever it captures.
#[derive(Clone, Debug, Default)]
pub struct CapturedRegisters(Vec<RegisterSet>);

impl CapturedRegisters {
    pub fn new(function: &FunctionDef) -> CapturedRegisters {
        CapturedRegisters(function.prototypes.iter().map(captured_by).collect())
    }

    fn of(&self, prototype: usize) -> RegisterSet {
        self.0.get(prototype).copied().unwrap_or_default()
    }
}

fn captured_by(prototype: &Prototype) -> RegisterSet {
    let registers = prototype.captures.iter().filter_map(|capture| match capture {
        Capture::Register(register) => Some(*register),
        Capture::Outer(_) => None,
    });
    registers.collect()
}

/// Whether control may go on at the next instruction of this function.
pub fn goes_on(op: Op) -> bool {
    // The body of a generator runs later, from behind the instruction that packed its frame.
    !op.has(fact::ENDS) || op == Op::GeneratorStart
}

/// Whether an error may leave this instruction: by its own doing, or because it is a place where signals arrive.
pub fn may_raise(op: Op) -> bool {
    op.has(fact::THROWS) || op.has(fact::POLLS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode_at;
    use crate::operand::encode;

    fn access_of(op: Op, values: &[i64]) -> Access {
        let (word, second) = encode(op, values).expect("fits");
        let instruction = decode_at(&[word.0, second.0], 0).expect("decodes");
        access(&instruction, &CapturedRegisters(vec![[7u8, 9].into_iter().collect()]))
    }

    fn registers(set: RegisterSet) -> Vec<u8> {
        set.iter().collect()
    }

    #[test]
    fn a_call_reads_its_window_and_gives_away_what_is_above() {
        let call = access_of(Op::Call, &[2, 2, 0, 0]);
        assert_eq!(registers(call.reads), [2, 5, 6]);
        assert_eq!(registers(call.writes), [2]);
        assert_eq!(call.clobbers, RegisterSet::from(2));
        assert_eq!(call.frame_end, 7);
        assert_eq!(registers(access_of(Op::CallConst, &[2, 2, 0, 0, 0]).reads), [5, 6]);
        assert_eq!(registers(access_of(Op::CallMethod, &[2, 1, 0, 0, 0]).reads), [5]);
        assert_eq!(registers(access_of(Op::CallSpread, &[2, 0]).reads), [2, 5, 6]);
        assert_eq!(registers(access_of(Op::CallMethodSpread, &[2, 0, 0]).reads), [5, 6, 7]);
    }

    #[test]
    fn windows_may_reach_beyond_what_a_frame_can_hold() {
        assert_eq!(access_of(Op::Call, &[255, 255, 0, 0]).frame_end, 513);
        assert_eq!(access_of(Op::NewList, &[0, 255, 255]).frame_end, 510);
    }

    #[test]
    fn iteration_closures_and_ranges() {
        let next = access_of(Op::Next, &[4, -3]);
        assert_eq!(registers(next.reads), [4, 5]);
        assert_eq!(registers(next.kept), [4, 5]);
        assert_eq!(registers(next.writes_on_jump), [6]);
        assert_eq!(registers(next.clobbers), [6]);
        assert_eq!(registers(access_of(Op::Iter, &[4, 1]).writes), [4, 5]);
        assert_eq!(registers(access_of(Op::Closure, &[0, 0]).reads), [7, 9]);
        assert_eq!(registers(access_of(Op::NewList, &[0, 3, 2]).reads), [3, 4]);
    }
}
