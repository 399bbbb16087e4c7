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

    /// Calls `visit` with the registers whose content matters to this instruction, but for those that a prototype
    /// takes.
    pub fn for_each_read(&self, mut visit: impl FnMut(Reg)) {
        let shape = shape(self.format());
        if shape.reads_a {
            visit(self.a);
        }
        if shape.reads_b {
            visit(self.b);
        }
        if shape.reads_c {
            visit(self.c as Reg);
        }
        match self.format() {
            Format::Call | Format::CallConst | Format::CallMethod => {
                (self.a + 3..self.a + 3 + self.b).for_each(visit);
            }
            Format::CallSpread => (self.a + 3..self.a + 5).for_each(visit),
            Format::CallMethodSpread => (self.a + 3..self.a + 6).for_each(visit),
            Format::WriteRange => (self.b..self.b + self.c as Reg).for_each(visit),
            Format::Next => visit(self.a + 1),
            _ => {}
        }
    }

    /// Calls `visit` with the registers that have a new content afterwards.
    pub fn for_each_write(&self, visit: impl FnMut(Reg)) {
        self.writes().for_each(visit);
    }

    /// The registers that have a new content afterwards.
    pub fn writes(&self) -> std::ops::Range<Reg> {
        match self.format() {
            Format::Next => self.a..self.a + 3,
            Format::Iter => self.a..self.a + 2,
            format if shape(format).writes_a => self.a..self.a + 1,
            _ => 0..0,
        }
    }

    /// Gives the registers of the instruction other numbers; runs of registers must stay runs.
    pub fn renumber(&mut self, new: impl Fn(Reg) -> Reg) {
        let shape = shape(self.format());
        if shape.writes_a || shape.reads_a {
            self.a = new(self.a);
        }
        if shape.reads_b || self.format() == Format::WriteRange {
            self.b = new(self.b);
        }
        if shape.reads_c {
            self.c = i32::from(new(self.c as Reg));
        }
    }

    /// The highest register this instruction touches.
    pub fn highest(&self) -> Reg {
        let mut highest = if self.is_call() { self.a + 2 } else { 0 };
        self.for_each_read(|register| highest = highest.max(register));
        self.for_each_write(|register| highest = highest.max(register));
        highest
    }

    /// Whether the instruction has no effect but its result, and cannot fail.
    pub fn is_pure(&self) -> bool {
        let row = self.op.row();
        row.effect == bytecode::Effect::None
            && row.facts & (bytecode::fact::THROWS | bytecode::fact::BRANCHES | bytecode::fact::ENDS) == 0
            && self.op != Op::Nop
    }
}
