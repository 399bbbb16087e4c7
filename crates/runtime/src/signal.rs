//! What one process tells another. Signals are acted on by their receiver, in the order of their arrival.

use std::sync::Arc;

use heap::Fragment;
use vm::Limit;

use crate::calls::Answer;
use crate::channel::Channel;
use crate::reason::Reason;
use crate::timers::Target;

/// How an exit signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitVia {
    /// The end of a linked process.
    Link,
    /// `exit(pid, reason)`.
    Call,
}

pub enum Signal {
    Message(Fragment),
    /// A message for the loop of an actor alone.
    Internal(Fragment),
    /// The answer to a call of the receiver.
    Answer {
        reference: u64,
        answer: Answer,
    },
    /// A channel is the receiver's from now on.
    Own(Arc<Channel>),
    /// The oldest message gives its room to a newer one.
    DropOldest,
    Exit {
        from: u64,
        reason: Reason,
        via: ExitVia,
    },
    /// The end of a process that the receiver watches.
    Down {
        reference: u64,
        of: Target,
        reason: Reason,
    },
    Link {
        from: u64,
    },
    Unlink {
        from: u64,
    },
    Monitor {
        reference: u64,
        from: u64,
    },
    Demonitor {
        reference: u64,
    },
    /// A task of the receiver has its result.
    TaskDone {
        pid: u64,
    },
    /// A sender found the receiver over its limits.
    Limit(Limit),
    /// Something that the receiver waits for outside the VM is ready.
    Ready,
}

/// What waits in a process to be received.
pub enum Item {
    Message(Fragment),
    /// Rare, and larger than a message.
    News(Box<News>),
}

/// What becomes a message when it is received.
pub enum News {
    /// An exit signal that was trapped.
    Exit {
        from: u64,
        reason: Reason,
    },
    Down {
        reference: u64,
        of: Target,
        reason: Reason,
    },
}
