//! The virtual machine: frames, the interpreter, inline caches, classes, calls of builtins.
//!
//! This crate must never know threads, the operating system, the compiler or the library: code comes through the
//! trait `Loader`, output goes through the trait `Output`, builtins are rows of a table.
//!
//! | module | holds |
//! | --- | --- |
//! | `vm` | `Vm`: what all processes share |
//! | `process` | `Process`: heap, stack, limits, and how far it came |
//! | `builtin`, `cx`, `exit`, `error` | functions written in Rust: their rows, what they see, how they end |
//! | `loader` | where code comes from |

pub mod builtin;
pub mod code;
pub mod cx;
pub mod error;
pub mod exit;
pub mod loader;
pub mod vm;

pub use builtin::{BuiltinFn, BuiltinRow, Signature, SignatureParam, builtin_fact};
pub use cx::Cx;
pub use exit::{Exit, Limit, Wait};
pub use loader::{LinkError, LoadError, Loader};
pub use vm::{MemoryOutput, ModuleId, Output, Vm, VmConfig};
