//! Processes: isolated, linked, watched, scheduled.
//!
//! A process is a `vm::Process` with a `Local` of its own (links, watchers, what has arrived) and a `Control` that others
//! may hold: a queue of signals, and whether it waits. All that passes from one process to another is a signal in that
//! queue, and its receiver acts on it; a message is a copy (`heap::Fragment`), so no two processes share memory. A `Host`
//! decides which process runs next and what time it is.
//!
//! This crate must never know the library, the compiler, or how reports look; a host reports through a callback.
//!
//! | module | holds |
//! | --- | --- |
//! | `control`, `mailbox` | what others hold of a process: its state, and its queue without locks |
//! | `local` | what a process has for itself: messages, links, watchers, tasks |
//! | `signal`, `reason` | what passes between processes; why one ended, as a value of no heap |
//! | `waiting` | the messages of a process, found by their tag |
//! | `blocked` | senders that wait for room |
//! | `calls`, `channel`, `scope` | answers, bounded queues, blocks that end after their tasks |
//! | `held` | what counts towards a process's limit outside its heap |
//! | `table`, `names`, `groups` | pids to controls, names to pids, symbols to many |
//! | `runtime`, `receive` | sending and the end of a process; acting on what was sent |
//! | `slice` | one time slice of a process and what came of it |
//! | `task` | the result of a process that somebody awaits |
//! | `io` | what waits for the outside world: sockets, work that blocks |
//! | `host`, `timers` | the hosts: threads with the real clock, or one seeded order in virtual time |
//! | `builtins` | the rows |

mod blocked;
pub mod builtins;
mod calls;
mod channel;
mod control;
mod groups;
mod held;
mod host;
mod io;
mod local;
mod mailbox;
mod names;
mod reason;
mod receive;
mod runtime;
mod scope;
mod signal;
mod slice;
mod symbols;
mod table;
mod task;
mod timers;
mod waiting;

pub use builtins::ROWS;
pub use control::Control;
pub use host::{Cause, Ending, Order, Processes, Report};
pub use io::{blocking, whole_path};
pub use local::pid_of;
pub use reason::Reason;
pub use runtime::Runtime;
