//! How a builtin or a slow path leaves otherwise than with a value.

use heap::{Fault, NeedGc, Value};

/// What a parked process waits for; the host of processes reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// Until the given milliseconds have passed.
    Sleep { milliseconds: u64 },
    /// Until something arrives in the mailbox, or the time has passed.
    Message { milliseconds: Option<u64> },
    /// Until whoever holds this number wakes the process.
    Event(u64),
}

/// Why a builtin did not give a value.
///
/// `NeedGc`, `Decline`, `Park` and `More` are legal only before the first observable effect: the call is run
/// again from its start, or replaced by a call of another function with the same arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exit {
    /// An error was thrown; the value is the error.
    Raise(Value),
    /// An operation of the heap failed in a way that needs no better message than the general one.
    Fault(Fault),
    /// Memory must be reclaimed first; that many bytes were wanted. A second time ends the process.
    NeedGc(usize),
    /// User code must decide: the row's `slow` function is called with the same arguments.
    Decline,
    /// The process waits; the call runs again when it is woken.
    Park(Wait),
    /// Not done yet, ask again: a safepoint. The state is kept by `Cx::keep`.
    More,
    /// `exit(reason)`: unwinds through `finally` and `defer`, past every `catch`.
    Terminate(Value),
    /// The next value of an iterator is the result. Made by the VM's own rows alone.
    Advance(Value),
    /// What iterating over a value starts with is the result. Made by the VM's own rows alone.
    Iterate(Value),
    /// Goes on unwinding for the end of a process or generator; the value says which. Made by the VM alone.
    Unwind(Value),
    /// A limit of the process was reached; it ends without running more code.
    Limit(Limit),
    /// A defect of the engine, stopped before it could do harm.
    Internal(&'static str),
}

/// The limits of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Heap,
    Time,
    Stack,
    Mailbox,
    /// Time by the clock on the wall.
    Wall,
}

impl Limit {
    /// The symbol that exit reasons name it by.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Heap => "heap",
            Limit::Time => "time",
            Limit::Stack => "stack",
            Limit::Mailbox => "mailbox",
            Limit::Wall => "wall",
        }
    }
}

impl From<NeedGc> for Exit {
    #[inline]
    fn from(need: NeedGc) -> Exit {
        Exit::NeedGc(need.bytes)
    }
}

impl From<Fault> for Exit {
    #[inline]
    fn from(fault: Fault) -> Exit {
        match fault {
            Fault::NeedGc(need) => Exit::NeedGc(need.bytes),
            Fault::Decline => Exit::Decline,
            Fault::TooLarge => Exit::Limit(Limit::Heap),
            Fault::Overdue => Exit::Limit(Limit::Time),
            other => Exit::Fault(other),
        }
    }
}
