//! The text form of a unit, `.dna`: what `dunlin disasm` prints and `dunlin asm` reads.
//!
//! One statement a line, `;` starts a comment, strings are quoted. A unit reads back equal to what was written,
//! whatever it holds: words that are no instruction are written as `word`, jumps and ranges that do not meet an
//! instruction as numbers.
//!
//! ```text
//! unit "main" path "main.dn" entry 0
//! import "math"
//! slot "total"
//! export "area" function 1
//! class record "Point" span 10 30
//!   field once "x"
//!   method "area" 1
//! end
//! function 0 "main" registers 4 caches 1
//!   constant symbol "area"
//! code
//!   line 10 20
//!   loadi r3, 5
//! again:
//!   callm r0, 1, -, k0, c0
//!   loopt r0, again
//!   ret r0
//! end
//! ```
//!
//! Operands: `r` register, `k` constant, `u` capture, `m` module slot, `p` prototype, `s` call shape (`-` none),
//! `c` cache slot, a label or a signed distance for jumps, and numbers. `handler from to target rN [finally]`
//! takes labels or `@` and a number of words.

mod constant;
mod lexer;
mod parse;
mod parse_function;
mod write;
mod write_function;

use crate::operand::Role;
use crate::unit::{ClassKind, Unit, function_flag};

/// Longer texts are refused, as their tokens would take too much memory.
const TEXT_BYTES_MAX: usize = 32 << 20;

/// What the assembler does not accept and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    pub message: String,
}

impl std::fmt::Display for AsmError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for AsmError {}

/// The text of a unit.
pub fn disassemble(unit: &Unit) -> String {
    let mut out = String::new();
    write::unit(unit, &mut out);
    out
}

/// The text of one function of a unit.
pub fn disassemble_function(unit: &Unit, index: usize) -> String {
    let mut out = String::new();
    write_function::function(index, &unit.functions[index], &mut out);
    out
}

/// The unit that `text` describes. Only its form is checked; the validator proves the rest.
pub fn assemble(text: &str) -> Result<Unit, AsmError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(AsmError { line: 1, column: 1, message: "the text is too long".to_string() });
    }
    parse::unit(&lexer::tokens(text)?)
}

/// The letter before the number of an operand, where it has one.
pub(crate) fn prefix(role: Role) -> Option<char> {
    match role {
        Role::Read | Role::Write | Role::WritePair | Role::Iteration | Role::RangeStart | Role::Window(_) => {
            Some('r')
        }
        Role::Constant(_) => Some('k'),
        Role::Capture => Some('u'),
        Role::Slot => Some('m'),
        Role::Prototype => Some('p'),
        Role::Cache => Some('c'),
        Role::Shape => Some('s'),
        Role::RangeCount
        | Role::ArgumentCount
        | Role::Signed
        | Role::Unsigned
        | Role::Room
        | Role::Special
        | Role::Optional
        | Role::Jump => None,
    }
}

/// The words for the bits of `function_flag`.
const FLAG_WORDS: [(u16, &str); 7] = [
    (function_flag::REST, "rest"),
    (function_flag::GENERATOR, "generator"),
    (function_flag::SPLIT, "split"),
    (function_flag::METHOD, "method"),
    (function_flag::GETTER, "getter"),
    (function_flag::PRIVATE, "private"),
    (function_flag::HIDDEN, "hidden"),
];

/// The words for the kinds of classes.
const KIND_WORDS: [(ClassKind, &str); 5] = [
    (ClassKind::Class, "plain"),
    (ClassKind::Record, "record"),
    (ClassKind::Trait, "trait"),
    (ClassKind::Actor, "actor"),
    (ClassKind::Extension, "extension"),
];

#[cfg(test)]
mod tests;
