//! The compiler: from a syntax tree to a compiled unit.
//!
//! This crate must never know: files on a disk, values, a running VM. What it needs of other modules and of the
//! library it asks an `Environment` for.
//!
//! | module | holds |
//! | --- | --- |
//! | `interface` | `Options`, `Environment`, `ModuleInterface`: what the compiler is told and asks for |
//! | `expand` | macros, on the S-expression form |
//! | `analyze` | which variables are captured or reassigned, which functions capture nothing |
//! | `lower` | the tree becomes functions in the form |
//! | `form` | basic blocks over registers: what passes work on |
//! | `passes` | the table of optimiser passes |
//! | `emit` | the form becomes bytecode |
//! | `nearest` | "did you mean" |
#![forbid(unsafe_code)]

mod analyze;
mod compile;
mod emit;
mod expand;
mod form;
mod interface;
mod lower;
mod nearest;
pub mod passes;

pub use compile::{compile, declared_names, dump_form};
pub use expand::{MacroDefinition, exported_macros};
pub use interface::{
    ClassInterface, ClassKindInterface, Environment, ExportInterface, FieldInterface, ImportError, Mode,
    ModuleInterface, NATIVE_PREFIX, Options, PreludeItem, Signature, signature_of,
};
pub use passes::CompileStats;
