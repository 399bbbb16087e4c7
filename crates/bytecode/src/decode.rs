//! Walks the instructions of a function.
//!
//! `instructions` never fails on a function that passed the validator; on anything else it stops at the first
//! word that is no instruction and says why. It takes time linear in the code and allocates nothing.

use crate::op::{Op, Word};
use crate::operand::{self, Operand, Role};

/// One decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Index of its first word.
    pub pc: u32,
    pub op: Op,
    pub word: Word,
    /// Zero for one-word instructions.
    pub second: Word,
}

/// Why words are not an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    UnknownOpcode(u8),
    /// The second word is missing.
    CutOff,
    /// Bits that no operand covers are set.
    ReservedBits,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DecodeError::UnknownOpcode(byte) => write!(out, "no instruction has the opcode {byte}"),
            DecodeError::CutOff => write!(out, "the second word of the instruction is missing"),
            DecodeError::ReservedBits => write!(out, "bits that the instruction does not use are set"),
        }
    }
}

impl Instruction {
    /// Index of the first word behind this instruction, from which jumps count.
    pub fn next_pc(&self) -> u32 {
        self.pc + self.op.words() as u32
    }

    pub fn operands(&self) -> impl Iterator<Item = Operand> + use<> {
        operand::operands(self.op, self.word, self.second)
    }

    /// Where this instruction jumps to, if its format has a jump; may lie outside the code.
    pub fn jump_target(&self) -> Option<i64> {
        let jump = self.operands().find(|operand| operand.role == Role::Jump)?;
        Some(i64::from(self.next_pc()) + jump.value)
    }
}

/// Decodes the instruction at `pc`, which must lie inside the code.
pub fn decode_at(code: &[u32], pc: usize) -> Result<Instruction, DecodeError> {
    let word = Word(code[pc]);
    let op = Op::from_byte(word.op_byte()).ok_or(DecodeError::UnknownOpcode(word.op_byte()))?;
    let second = match op.words() {
        1 => Word(0),
        _ => Word(*code.get(pc + 1).ok_or(DecodeError::CutOff)?),
    };
    let instruction = Instruction { pc: pc as u32, op, word, second };
    let mut covered = (Word(u32::from(word.op_byte())), Word(0));
    for operand in instruction.operands() {
        let fits = operand.field.put(operand.value, &mut covered.0, &mut covered.1);
        debug_assert!(fits, "a number read from a field fits into it");
    }
    if covered != (word, second) {
        return Err(DecodeError::ReservedBits);
    }
    Ok(instruction)
}

/// The instructions of `code` in order; ends after the first error.
pub fn instructions(code: &[u32]) -> Instructions<'_> {
    Instructions { code, pc: 0 }
}

/// Iterator made by `instructions`.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u32],
    pc: usize,
}

impl Iterator for Instructions<'_> {
    type Item = Result<Instruction, (u32, DecodeError)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pc >= self.code.len() {
            return None;
        }
        let pc = self.pc;
        match decode_at(self.code, pc) {
            Ok(instruction) => {
                self.pc += instruction.op.words();
                Some(Ok(instruction))
            }
            Err(error) => {
                self.pc = self.code.len();
                Some(Err((pc as u32, error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::encode;

    #[test]
    fn walks_one_and_two_word_instructions() {
        let (call, site) = encode(Op::Call, &[1, 2, 0, 7]).expect("fits");
        let (ret, _) = encode(Op::Return, &[1]).expect("fits");
        let code = [call.0, site.0, ret.0];
        let decoded: Vec<(u32, Op)> = instructions(&code)
            .map(|instruction| instruction.expect("decodes"))
            .map(|instruction| (instruction.pc, instruction.op))
            .collect();
        assert_eq!(decoded, [(0, Op::Call), (2, Op::Return)]);
    }

    #[test]
    fn stops_at_what_is_no_instruction() {
        let cut = [Word::abc(Op::Call as u8, 0, 0, 0).0];
        assert_eq!(instructions(&cut).collect::<Vec<_>>(), [Err((0, DecodeError::CutOff))]);
        let unknown = [0xFF, 0];
        assert_eq!(instructions(&unknown).collect::<Vec<_>>(), [Err((0, DecodeError::UnknownOpcode(255)))]);
        let reserved = [Word::abc(Op::Return as u8, 0, 1, 0).0];
        assert_eq!(instructions(&reserved).collect::<Vec<_>>(), [Err((0, DecodeError::ReservedBits))]);
    }
}
