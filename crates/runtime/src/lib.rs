//! Processes: isolated, linked, watched, scheduled.
//!
//! A process is a `vm::Process` with a `Control` that others may hold: its mailbox, its links, whether it is to end.
//! Builtins act on controls; a `Host` decides which process runs next and what time it is. All that passes from one
//! process to another is a copy (`heap::Fragment`) or a reason (`Reason`), so no two processes share memory.
//!
//! This crate must never know the library, the compiler, or how reports look; a host reports through a callback.
//!
//! | module | holds |
//! | --- | --- |
//! | `control` | what others hold of a process: mailbox, links, pending end |
//! | `table`, `names` | pids to controls, names to pids |
//! | `reason` | why a process ended, as a value of no heap |
//! | `runtime` | sending, exit signals, the end of a process |
//! | `task` | the result of a process that somebody awaits |
//! | `host`, `timers`, `solo` | the trait, its timers, and the host on one thread with real or virtual time |
//! | `builtins` | the rows |
#![forbid(unsafe_code)]

pub mod builtins;
mod control;
mod host;
mod local;
mod names;
mod reason;
mod runtime;
mod solo;
mod symbols;
mod table;
mod task;
mod timers;

pub use builtins::ROWS;
pub use control::Control;
pub use host::{Host, Newborn};
pub use reason::Reason;
pub use runtime::Runtime;
pub use solo::{Cause, Ending, Order, Report, Solo};
