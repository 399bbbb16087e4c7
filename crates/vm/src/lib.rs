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
//! | `native`, `optimised` | the seams to machine code |
//! | `live` | what of a stack the collector sees |
//! | `watch` | who is asked before every instruction: the seam to debuggers |
//! | `record` | what instructions see before they are optimised |

mod arguments;
pub mod builtin;
pub mod builtins;
mod call;
pub mod class;
pub mod code;
mod compare;
mod constants;
pub mod cx;
pub mod direct;
pub mod dispatch;
pub mod error;
pub mod exit;
mod fitting;
mod function_table;
mod fuse;
mod generator;
mod habits;
mod import;
pub mod intrinsic;
mod link;
mod link_lock;
mod live;
pub mod loader;
pub mod module;
pub mod native;
pub mod native_layout;
pub mod native_step;
mod native_way;
mod number;
mod operator;
mod ops;
pub mod optimised;
mod permissions;
pub mod process;
pub mod quick;
pub mod record;
mod run;
mod stack;
pub mod state;
mod stated;
pub mod trace;
mod unwind;
pub mod vm;
mod watch;

pub use builtin::{BuiltinFn, BuiltinRow, Signature, SignatureParam, builtin_fact};
pub use builtins::row_named;
pub use cx::Cx;
pub use exit::{Exit, Limit, Wait};
pub use loader::{LinkError, LoadError, Loader};
pub use permissions::{Access, Permissions};
pub use process::{
    Attachment, Chaos, Limits, Outcome, Pinned, Process, ProcessConfig, RandomState, Signals, signal,
};
pub use run::run_slice;
pub use trace::{ErrorReport, TraceFrame};
pub use vm::{MemoryOutput, ModuleId, Output, Sampler, Vm, VmConfig};
pub use watch::{Frame, Stopped, Watched, Watcher};
