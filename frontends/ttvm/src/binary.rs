//! The binary form `.ttb`: little-endian opcodes of 16 bits, each followed by its operands; no header.
//!
//! A file is hostile until it is read: every mistake names the offset where it is.

use diag::{Diagnostic, FileId, Span};

use crate::opcode::Opcode;
use crate::program::{INSTRUCTIONS_MAX, Instruction, Operand, Program, mistake};

/// What follows an opcode in the file.
#[derive(Clone, Copy)]
enum Field {
    None,
    Int,
    Text,
    Target,
    Call,
    Count,
    Pid,
}

/// Code, opcode and what follows.
const ROWS: &[(u16, Opcode, Field)] = &[
    (0x01, Opcode::PushInt, Field::Int),
    (0x02, Opcode::PushStr, Field::Text),
    (0x03, Opcode::True, Field::None),
    (0x04, Opcode::False, Field::None),
    (0x05, Opcode::Null, Field::None),
    (0x06, Opcode::Not, Field::None),
    (0x07, Opcode::And, Field::None),
    (0x08, Opcode::Or, Field::None),
    (0x09, Opcode::Dup, Field::None),
    (0x10, Opcode::Add, Field::None),
    (0x11, Opcode::Sub, Field::None),
    (0x12, Opcode::Concat, Field::None),
    (0x20, Opcode::Eq, Field::None),
    (0x21, Opcode::Gt, Field::None),
    (0x22, Opcode::Lt, Field::None),
    (0x23, Opcode::Ne, Field::None),
    (0x24, Opcode::Ge, Field::None),
    (0x25, Opcode::Le, Field::None),
    (0x30, Opcode::Jmp, Field::Target),
    (0x31, Opcode::Jz, Field::Target),
    (0x32, Opcode::Call, Field::Call),
    (0x33, Opcode::Ret, Field::None),
    (0x40, Opcode::Print, Field::None),
    (0x50, Opcode::Store, Field::Text),
    (0x51, Opcode::Load, Field::Text),
    (0x52, Opcode::Delete, Field::Text),
    (0x60, Opcode::MakeList, Field::Count),
    (0x61, Opcode::Len, Field::None),
    (0x62, Opcode::Index, Field::None),
    (0x70, Opcode::DumpScope, Field::None),
    (0x72, Opcode::ReadFile, Field::None),
    (0x73, Opcode::WriteFile, Field::None),
    (0x80, Opcode::Spawn, Field::None),
    (0x81, Opcode::Register, Field::Text),
    (0x82, Opcode::Unregister, Field::Text),
    (0x83, Opcode::Whereis, Field::Text),
    (0x84, Opcode::SendNamed, Field::Text),
    (0x85, Opcode::Monitor, Field::Pid),
    (0x86, Opcode::Link, Field::Pid),
    (0x87, Opcode::Unlink, Field::Pid),
    (0x88, Opcode::StartSupervisor, Field::None),
    (0x89, Opcode::SuperviseChild, Field::Text),
    (0x8A, Opcode::RestartChild, Field::Text),
    (0x8B, Opcode::Yield, Field::None),
    (0x8C, Opcode::Receive, Field::None),
    (0x8D, Opcode::Send, Field::Pid),
    (0xFF, Opcode::Halt, Field::None),
];

/// Reads a program.
pub fn read(bytes: &[u8], file: FileId) -> Result<Program, Diagnostic> {
    let mut reader = Reader { bytes, position: 0, file };
    let mut program = Program::default();
    while reader.position < bytes.len() {
        if program.code.len() >= INSTRUCTIONS_MAX {
            return Err(reader.error(reader.position, "too many instructions"));
        }
        let instruction = reader.instruction()?;
        program.code.push(instruction);
    }
    let end = program.code.len() as u32;
    match program.code.iter().find(|instruction| instruction.target().is_some_and(|target| target > end)) {
        Some(instruction) => {
            let message = format!("the target is beyond the program's {end} instructions");
            Err(reader.error(instruction.span.start as usize, &message))
        }
        None => Ok(program),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    file: FileId,
}

impl Reader<'_> {
    fn error(&self, offset: usize, message: &str) -> Diagnostic {
        mistake(Span::new(self.file, offset as u32, offset as u32), format!("at offset {offset}: {message}"))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Diagnostic> {
        let end = self.position + N;
        match self.bytes.get(self.position..end).and_then(|slice| slice.try_into().ok()) {
            Some(array) => {
                self.position = end;
                Ok(array)
            }
            None => Err(self.error(self.position, "the file ends inside an instruction")),
        }
    }

    fn short(&mut self) -> Result<u16, Diagnostic> {
        self.take().map(u16::from_le_bytes)
    }

    fn text(&mut self) -> Result<String, Diagnostic> {
        let start = self.position;
        let length = usize::from(self.short()?);
        let Some(slice) = self.bytes.get(self.position..self.position + length) else {
            return Err(self.error(start, "a string is longer than the file"));
        };
        let text =
            std::str::from_utf8(slice).map_err(|_| self.error(start, "a string is not UTF-8"))?.to_string();
        self.position += length;
        Ok(text)
    }

    fn instruction(&mut self) -> Result<Instruction, Diagnostic> {
        let start = self.position;
        let code = self.short()?;
        let Some(&(_, op, field)) = ROWS.iter().find(|row| row.0 == code) else {
            return Err(self.error(start, &format!("unknown opcode {code:#04x}")));
        };
        let operand = match field {
            Field::None => Operand::None,
            Field::Int => Operand::Int(i64::from_le_bytes(self.take()?)),
            Field::Text => Operand::Text(self.text()?),
            Field::Target => Operand::Target(self.short()?.into()),
            Field::Count => {
                let [count] = self.take()?;
                Operand::Count(count.into())
            }
            Field::Pid => match u64::from_le_bytes(self.take()?) {
                // A process number beyond 32 bits never existed, and 0 stands for the stack.
                0 => Operand::None,
                number => Operand::Int(number.min(u32::MAX.into()) as i64),
            },
            Field::Call => {
                let target = self.short()?.into();
                let count = self.short()?;
                let params = (0..count).map(|_| self.text()).collect::<Result<_, _>>()?;
                Operand::Call { target, params }
            }
        };
        let span = Span::new(self.file, start as u32, self.position as u32);
        Ok(Instruction { op, operand, span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_program_is_read() {
        let bytes = [1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0xFF, 0];
        let program = read(&bytes, FileId(0)).expect("well formed");
        assert_eq!(program.code.len(), 3);
        assert_eq!(program.code[0].operand, Operand::Int(5));
    }

    #[test]
    fn hostile_files_are_refused_with_their_offset() {
        for (bytes, offset) in [
            (&[0x40][..], "offset 0"),
            (&[0x99, 0][..], "offset 0"),
            (&[0x40, 0, 2, 0, 9, 0, 65][..], "offset 4"),
            (&[0x30, 0, 9, 0][..], "offset 0"),
            (&[2, 0, 1, 0, 0xFF][..], "offset 2"),
        ] {
            let finding = read(bytes, FileId(0)).expect_err("hostile");
            assert!(finding.message.contains(offset), "{}", finding.message);
        }
    }
}
