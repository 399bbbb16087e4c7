//! The bytecode: its instruction table, compiled units, text and binary forms, and the validator.
//!
//! This crate must never know how a program is compiled or run: it has no values, no frames, no syntax.
#![forbid(unsafe_code)]

pub mod op;
pub mod unit;

pub use op::{Effect, Format, Op, Row, Word, fact};
pub use unit::*;
