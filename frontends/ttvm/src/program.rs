//! A program of stack instructions, as the assembler and the reader of the binary form make it.

use diag::{Code, Diagnostic, Span};

use crate::opcode::Opcode;

/// More instructions than this are no honest program; analyses stay small.
pub const INSTRUCTIONS_MAX: usize = 1 << 18;

/// What belongs to an opcode.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    None,
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    /// An address: the number of instructions before it; the end of the program is one too.
    Target(u32),
    Call {
        target: u32,
        params: Vec<String>,
    },
    Count(u32),
}

#[derive(Clone, Debug)]
pub struct Instruction {
    pub op: Opcode,
    pub operand: Operand,
    pub span: Span,
}

impl Instruction {
    pub fn text(&self) -> &str {
        match &self.operand {
            Operand::Text(text) => text,
            _ => "",
        }
    }

    pub fn target(&self) -> Option<u32> {
        match &self.operand {
            Operand::Target(target) | Operand::Call { target, .. } => Some(*target),
            _ => None,
        }
    }
}

/// A whole program; every target in it is at most the number of instructions.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub code: Vec<Instruction>,
    /// Where an entry of a prompt begins: it finds the stack and the variables that entries before it left. A program
    /// begins at 0, with nothing.
    pub entry: Option<u32>,
}

pub fn mistake(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::MalformedProgram, span, message)
}
