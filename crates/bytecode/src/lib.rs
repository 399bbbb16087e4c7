//! The bytecode: its instruction table, compiled units, text and binary forms, and the validator.
//!
//! This crate must never know how a program is compiled or run: it has no values, no frames, no syntax.
//!
//! * `op` is the instruction table and `operand` the encoding of its formats; `decode` and `access` read code.
//! * `unit` is a compiled module as plain data, `builder` makes its functions, `limits` bounds it.
//! * `flow` is the shape of code, `liveness` which registers are needed where.
//! * `validate` proves a unit safe to link and run.
//! * `text` is its `.dna` form (disassembler, assembler), `wire` its `.dnb` form; `fuzz` tries to break all of it.
#![forbid(unsafe_code)]

pub mod access;
pub mod builder;
pub mod decode;
pub mod document;
pub mod flow;
pub mod fuzz;
pub mod limits;
pub mod liveness;
pub mod op;
pub mod operand;
pub mod register_set;
pub mod text;
pub mod unit;
pub mod validate;
pub mod wire;

pub use access::{Access, CapturedRegisters, access};
pub use builder::{BuildError, ConstantId, FunctionBuilder, Label};
pub use decode::{DecodeError, Instruction, decode_at, instructions};
pub use flow::{CodeError, Flow};
pub use liveness::Liveness;
pub use op::{Effect, Format, Op, Row, Word, fact};
pub use operand::{ConstantUse, EncodeError, Field, Operand, Role, encode, operands};
pub use register_set::RegisterSet;
pub use unit::*;
pub use validate::{ValidateError, Validated, validate};
