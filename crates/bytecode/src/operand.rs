//! Where the operands of each format stand and what they mean: the one place that knows instruction encoding.
//!
//! A format is a list of operands, each a role (what it means) and a field (which bits). Decoder, builder,
//! assembler, disassembler, validator and liveness all walk this list, so an instruction with a known format
//! needs nothing but its row. Bits that no operand covers are zero in every well-formed instruction.

use crate::op::{Format, Op, Word};

/// Which bits of the one or two words hold an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    A,
    B,
    C,
    /// `C` as a signed number.
    SignedC,
    /// B and C together.
    Bx,
    SignedBx,
    /// A, B and C together, signed.
    SignedJump,
    /// The low half of the second word.
    Low,
    /// The high half of the second word.
    High,
    /// The whole second word.
    Second,
    SignedSecond,
}

impl Field {
    /// The least and the greatest number that fits.
    pub const fn bounds(self) -> (i64, i64) {
        match self {
            Field::A | Field::B | Field::C => (0, 0xFF),
            Field::SignedC => (-0x80, 0x7F),
            Field::Bx | Field::Low | Field::High => (0, 0xFFFF),
            Field::SignedBx => (-0x8000, 0x7FFF),
            Field::SignedJump => (-0x80_0000, 0x7F_FFFF),
            Field::Second => (0, u32::MAX as i64),
            Field::SignedSecond => (i32::MIN as i64, i32::MAX as i64),
        }
    }

    /// How far the field is from the low end of its word.
    const fn shift(self) -> u32 {
        match self {
            Field::A | Field::SignedJump => 8,
            Field::B | Field::Bx | Field::SignedBx | Field::High => 16,
            Field::C | Field::SignedC => 24,
            Field::Low | Field::Second | Field::SignedSecond => 0,
        }
    }

    const fn in_second_word(self) -> bool {
        match self {
            Field::Low | Field::High | Field::Second | Field::SignedSecond => true,
            Field::A
            | Field::B
            | Field::C
            | Field::SignedC
            | Field::Bx
            | Field::SignedBx
            | Field::SignedJump => false,
        }
    }

    /// The number in this field.
    pub const fn get(self, word: Word, second: Word) -> i64 {
        let from = if self.in_second_word() { second.0 } else { word.0 };
        let (least, greatest) = self.bounds();
        let mask = greatest - least;
        let raw = (from >> self.shift()) as i64 & mask;
        if raw > greatest { raw - (mask + 1) } else { raw }
    }

    /// Puts `value` into this field, which is zero so far; false where it does not fit.
    #[must_use]
    pub const fn put(self, value: i64, word: &mut Word, second: &mut Word) -> bool {
        let (least, greatest) = self.bounds();
        if value < least || value > greatest {
            return false;
        }
        let bits = ((value & (greatest - least)) as u32) << self.shift();
        if self.in_second_word() {
            second.0 |= bits;
        } else {
            word.0 |= bits;
        }
        true
    }
}

/// Which constants an operand may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantUse {
    /// Anything that is a value of the language.
    Value,
    /// A function, class, method or builtin to call.
    Callee,
    /// The name of a field or method: a symbol.
    Name,
    /// A class to make objects of.
    Class,
    /// A type to test for.
    Type,
    /// A string.
    Text,
    /// A range of numbers or chars.
    Range,
}

/// Where a call finds what it calls and its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    /// Callee in `R[A]`, arguments from `R[A+3]`.
    Callee,
    /// Callee a constant, arguments from `R[A+3]`.
    Arguments,
    /// Callee found by name, arguments from `R[A+3]`, of which the receiver is the first.
    Method,
    /// Callee in `R[A]`, a list in `R[A+3]`, named arguments in `R[A+4]`.
    Spread,
    /// Receiver in `R[A+3]`, a list in `R[A+4]`, named arguments in `R[A+5]`.
    MethodSpread,
}

/// What an operand means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A register that is read.
    Read,
    /// A register that is written.
    Write,
    /// The first of two registers that are written.
    WritePair,
    /// The first of three: two are read and brought up to date in place, the third is written where the jump is
    /// taken.
    Iteration,
    /// The first register of a range that is read; `RangeCount` follows.
    RangeStart,
    RangeCount,
    /// The first register of a call window.
    Window(WindowKind),
    ArgumentCount,
    /// 0, or the number of a call shape plus one.
    Shape,
    /// A signed number.
    Signed,
    /// An unsigned number.
    Unsigned,
    /// How much room to make: never negative.
    Room,
    /// One of the specials, by number.
    Special,
    /// 1 where an absent field gives nil.
    Optional,
    Constant(ConstantUse),
    Capture,
    Slot,
    Prototype,
    Cache,
    /// Words from the end of this instruction to its target.
    Jump,
}

/// One operand of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperandSpec {
    pub role: Role,
    pub field: Field,
}

/// The most operands a format has.
pub const OPERANDS_MAX: usize = 5;

/// The specials by the number that `loads` gives them.
pub const SPECIALS: [&str; 5] = ["nil", "false", "true", "done", "unset"];

const fn at(role: Role, field: Field) -> OperandSpec {
    OperandSpec { role, field }
}

const READ_A: OperandSpec = at(Role::Read, Field::A);
const READ_B: OperandSpec = at(Role::Read, Field::B);
const READ_C: OperandSpec = at(Role::Read, Field::C);
const WRITE_A: OperandSpec = at(Role::Write, Field::A);
const NAME: OperandSpec = at(Role::Constant(ConstantUse::Name), Field::Low);
const CACHE: OperandSpec = at(Role::Cache, Field::High);
const ARGUMENT_COUNT: OperandSpec = at(Role::ArgumentCount, Field::B);
const SHAPE: OperandSpec = at(Role::Shape, Field::C);

const fn window(kind: WindowKind) -> OperandSpec {
    at(Role::Window(kind), Field::A)
}

const fn constant(constant_use: ConstantUse, field: Field) -> OperandSpec {
    at(Role::Constant(constant_use), field)
}

/// Makes each row a constant, so that a layout can be lent out for ever.
macro_rules! layout_rows {
    ($format:ident; $($name:ident => [$($spec:expr),*],)*) => {
        match $format {
            $(Format::$name => {
                const LAYOUT: &[OperandSpec] = &[$($spec),*];
                LAYOUT
            })*
        }
    };
}

impl Format {
    /// The operands in the order in which the assembler writes them.
    pub const fn layout(self) -> &'static [OperandSpec] {
        use ConstantUse as Use;
        layout_rows! { self;
            None => [],
            Read => [READ_A],
            Write => [WRITE_A],
            WriteRead => [WRITE_A, READ_B],
            WriteReadRead => [WRITE_A, READ_B, READ_C],
            WriteReadImm => [WRITE_A, READ_B, at(Role::Signed, Field::SignedC)],
            WriteReadNumber => [WRITE_A, READ_B, at(Role::Unsigned, Field::C)],
            WriteReadConst => [WRITE_A, READ_B, constant(Use::Value, Field::C)],
            WriteReadType => [WRITE_A, READ_B, constant(Use::Type, Field::C)],
            WriteReadText => [WRITE_A, READ_B, constant(Use::Text, Field::C)],
            WriteReadBounds => [WRITE_A, READ_B, constant(Use::Range, Field::C)],
            WriteConst => [WRITE_A, constant(Use::Value, Field::Bx)],
            WriteClass => [WRITE_A, constant(Use::Class, Field::Bx)],
            ReadType => [READ_A, constant(Use::Type, Field::Bx)],
            WriteRoom => [WRITE_A, at(Role::Room, Field::SignedBx)],
            WriteImm => [WRITE_A, at(Role::Signed, Field::SignedBx)],
            WriteSpecial => [WRITE_A, at(Role::Special, Field::Bx)],
            WriteCapture => [WRITE_A, at(Role::Capture, Field::Bx)],
            ReadCapture => [READ_A, at(Role::Capture, Field::Bx)],
            WriteSlot => [WRITE_A, at(Role::Slot, Field::Bx)],
            ReadSlot => [READ_A, at(Role::Slot, Field::Bx)],
            WriteProto => [WRITE_A, at(Role::Prototype, Field::Bx)],
            ReadRead => [READ_A, READ_B],
            ReadReadNumber => [READ_A, READ_B, at(Role::Unsigned, Field::C)],
            ReadReadRead => [READ_A, READ_B, READ_C],
            WriteRange => [WRITE_A, at(Role::RangeStart, Field::B), at(Role::RangeCount, Field::C)],
            Jump => [at(Role::Jump, Field::SignedJump)],
            ReadJump => [READ_A, at(Role::Jump, Field::SignedBx)],
            ReadJumpWide => [READ_A, at(Role::Jump, Field::SignedSecond)],
            WriteConstWide => [WRITE_A, constant(Use::Value, Field::Second)],
            Call => [window(WindowKind::Callee), ARGUMENT_COUNT, SHAPE, CACHE],
            CallConst => [window(WindowKind::Arguments), ARGUMENT_COUNT, SHAPE, constant(Use::Callee, Field::Low), CACHE],
            CallMethod => [window(WindowKind::Method), ARGUMENT_COUNT, SHAPE, NAME, CACHE],
            CallSpread => [window(WindowKind::Spread), CACHE],
            CallMethodSpread => [window(WindowKind::MethodSpread), NAME, CACHE],
            GetField => [WRITE_A, READ_B, at(Role::Optional, Field::C), NAME, CACHE],
            SetField => [READ_A, READ_B, NAME, CACHE],
            Next => [at(Role::Iteration, Field::A), at(Role::Jump, Field::SignedSecond)],
            Iter => [at(Role::WritePair, Field::A), READ_B],
            WriteReadSpan => [WRITE_A, READ_B, at(Role::Unsigned, Field::Low), at(Role::Unsigned, Field::High)],
            ReadReadName => [READ_A, READ_B, NAME],
        }
    }

    /// How many words an instruction of this format takes.
    pub const fn words(self) -> usize {
        let layout = self.layout();
        let mut index = 0;
        while index < layout.len() {
            if layout[index].field.in_second_word() {
                return 2;
            }
            index += 1;
        }
        1
    }
}

/// One decoded operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    pub role: Role,
    pub field: Field,
    /// Register number, index, count, number or jump offset, as the role says.
    pub value: i64,
}

/// The operands of an instruction, in the order of its format.
pub fn operands(op: Op, word: Word, second: Word) -> impl Iterator<Item = Operand> {
    op.row().format.layout().iter().map(move |spec| Operand {
        role: spec.role,
        field: spec.field,
        value: spec.field.get(word, second),
    })
}

/// Why operands do not make an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The format has another number of operands.
    OperandCount { expected: usize },
    /// The operand with this index does not fit into its field.
    OutOfRange { index: usize },
}

/// The words of an instruction with these operand values; the second is meaningless for one-word formats.
pub fn encode(op: Op, values: &[i64]) -> Result<(Word, Word), EncodeError> {
    let layout = op.row().format.layout();
    if values.len() != layout.len() {
        return Err(EncodeError::OperandCount { expected: layout.len() });
    }
    let mut word = Word::abc(op as u8, 0, 0, 0);
    let mut second = Word(0);
    for (index, (spec, &value)) in layout.iter().zip(values).enumerate() {
        if !spec.field.put(value, &mut word, &mut second) {
            return Err(EncodeError::OutOfRange { index });
        }
    }
    Ok((word, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_format_round_trips_at_its_bounds() {
        for &op in Op::ALL {
            let layout = op.row().format.layout();
            assert!(layout.len() <= OPERANDS_MAX, "{op:?}");
            for pick in 0..3 {
                let values: Vec<i64> = layout
                    .iter()
                    .map(|spec| match pick {
                        0 => spec.field.bounds().0,
                        1 => spec.field.bounds().1,
                        _ => 1,
                    })
                    .collect();
                let (word, second) = encode(op, &values).expect("bounds fit");
                let decoded: Vec<i64> = operands(op, word, second).map(|operand| operand.value).collect();
                assert_eq!(decoded, values, "{op:?}");
                assert_eq!(word.op_byte(), op as u8);
            }
        }
    }

    #[test]
    fn fields_of_a_format_do_not_overlap() {
        for &op in Op::ALL {
            let (mut word, mut second) = (0u32, 0u32);
            for spec in op.row().format.layout() {
                let (mut bits, mut second_bits) = (Word(0), Word(0));
                let (least, greatest) = spec.field.bounds();
                let ones = if least < 0 { -1 } else { greatest };
                assert!(spec.field.put(ones, &mut bits, &mut second_bits));
                assert_eq!(word & bits.0, 0, "{op:?}");
                assert_eq!(second & second_bits.0, 0, "{op:?}");
                word |= bits.0;
                second |= second_bits.0;
            }
            assert_eq!(word & 0xFF, 0, "{op:?} covers the opcode");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(encode(Op::Move, &[1]), Err(EncodeError::OperandCount { expected: 2 }));
        assert_eq!(encode(Op::Move, &[1, 256]), Err(EncodeError::OutOfRange { index: 1 }));
        assert_eq!(encode(Op::LoadInt, &[1, -32769]), Err(EncodeError::OutOfRange { index: 1 }));
    }
}
