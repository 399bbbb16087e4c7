//! Which registers an instruction reads and writes, derived from the formats of the instruction table.

use bytecode::{Format, Op};

use super::{Inst, Reg};

/// How an operation uses the fields of an `Inst`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    pub writes_a: bool,
    pub reads_a: bool,
    pub reads_b: bool,
    pub reads_c: bool,
}

/// The shape of a format whose registers are single fields; windows and ranges are added by `Inst`.
pub const fn shape(format: Format) -> Shape {
    let (writes_a, reads_a, reads_b, reads_c) = match format {
        Format::None | Format::Jump => (false, false, false, false),
        Format::Read
        | Format::ReadType
        | Format::ReadCapture
        | Format::ReadSlot
        | Format::ReadJump
        | Format::ReadJumpWide => (false, true, false, false),
        Format::Write
        | Format::WriteConst
        | Format::WriteClass
        | Format::WriteRoom
        | Format::WriteImm
        | Format::WriteSpecial
        | Format::WriteCapture
        | Format::WriteSlot
        | Format::WriteProto
        | Format::WriteConstWide
        | Format::WriteRange => (true, false, false, false),
        Format::WriteRead
        | Format::WriteReadImm
        | Format::WriteReadConst
        | Format::WriteReadNumber
        | Format::WriteReadType
        | Format::WriteReadText
        | Format::WriteReadBounds
        | Format::GetField
        | Format::Iter
        | Format::WriteReadSpan => (true, false, true, false),
        Format::WriteReadRead => (true, false, true, true),
        Format::ReadRead | Format::ReadReadNumber | Format::SetField | Format::ReadReadName => {
            (false, true, true, false)
        }
        Format::ReadReadRead => (false, true, true, true),
        Format::Call | Format::CallSpread => (true, true, false, false),
        Format::CallConst | Format::CallMethod | Format::CallMethodSpread => (true, false, false, false),
        Format::Next => (true, true, false, false),
    };
    Shape { writes_a, reads_a, reads_b, reads_c }
}

impl Inst {
    pub fn format(&self) -> Format {
        self.op.row().format
    }

    /// Whether this is a call, which owns the registers from its window upward.
    pub fn is_call(&self) -> bool {
        matches!(
            self.format(),
            Format::Call
                | Format::CallConst
                | Format::CallMethod
                | Format::CallSpread
                | Format::CallMethodSpread
        )
    }

    /// The registers whose content matters to this instruction. `captured` gives those that a prototype takes.
    pub fn reads(&self, captured: impl Fn(u32) -> Vec<Reg>) -> Vec<Reg> {
        let shape = shape(self.format());
        let mut registers = Vec::with_capacity(3);
        if shape.reads_a {
            registers.push(self.a);
        }
        if shape.reads_b {
            registers.push(self.b);
        }
        if shape.reads_c {
            registers.push(self.c as Reg);
        }
        match self.format() {
            Format::Call | Format::CallConst | Format::CallMethod => {
                registers.extend((0..self.b).map(|index| self.a + 3 + index));
            }
            Format::CallSpread => registers.extend([self.a + 3, self.a + 4]),
            Format::CallMethodSpread => registers.extend([self.a + 3, self.a + 4, self.a + 5]),
            Format::WriteRange => registers.extend((0..self.c as Reg).map(|index| self.b + index)),
            Format::WriteProto => registers.extend(captured(self.d)),
            Format::Next => registers.push(self.a + 1),
            _ => {}
        }
        registers
    }

    /// The registers that have a new content afterwards.
    pub fn writes(&self) -> Vec<Reg> {
        match self.format() {
            Format::Next => vec![self.a, self.a + 1, self.a + 2],
            Format::Iter => vec![self.a, self.a + 1],
            format if shape(format).writes_a => vec![self.a],
            _ => Vec::new(),
        }
    }

    /// The highest register this instruction touches.
    pub fn highest(&self) -> Reg {
        let reads = self.reads(|_| Vec::new()).into_iter().max().unwrap_or(0);
        let writes = self.writes().into_iter().max().unwrap_or(0);
        let window = if self.is_call() { self.a + 2 } else { 0 };
        reads.max(writes).max(window)
    }

    /// Whether the instruction has no effect but its result, and cannot fail.
    pub fn is_pure(&self) -> bool {
        let row = self.op.row();
        row.effect == bytecode::Effect::None
            && row.facts & (bytecode::fact::THROWS | bytecode::fact::BRANCHES | bytecode::fact::ENDS) == 0
            && self.op != Op::Nop
    }
}
