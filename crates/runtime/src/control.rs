//! What others hold of a process.
//!
//! Invariant: everything in `Inner` is empty once `alive` is false, so nothing is added to a dead process. The state
//! word decides who puts a process into the run queue: whoever moves it from `PARKED` to `QUEUED`, and nobody else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use heap::Fragment;
use vm::{Signals, signal};

use crate::reason::Reason;
use crate::task::Task;

/// It waits: whoever has news for it queues it.
const PARKED: u8 = 0;
/// It is in the run queue.
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
/// It runs, and something came that it may not have seen.
const NOTIFIED: u8 = 3;
const ENDED: u8 = 4;

/// Limits of a mailbox.
#[derive(Clone, Copy, Debug)]
pub struct MailboxLimits {
    pub messages_max: usize,
    pub bytes_max: usize,
}

impl Default for MailboxLimits {
    fn default() -> MailboxLimits {
        MailboxLimits { messages_max: 1_000_000, bytes_max: usize::MAX / 2 }
    }
}

/// The shared part of a process.
pub struct Control {
    pub pid: u64,
    /// What it computes for somebody who awaits it.
    pub task: Option<Arc<Task>>,
    pub limits: MailboxLimits,
    state: AtomicU8,
    signals: OnceLock<Arc<Signals>>,
    inner: Mutex<Inner>,
}

pub struct Inner {
    pub alive: bool,
    pub messages: VecDeque<Fragment>,
    /// Bytes of the messages.
    pub bytes: usize,
    /// Messages that the process has looked at and left; they are in its heap.
    pub seen: usize,
    pub links: BTreeSet<u64>,
    /// Who is told when this process ends: reference and process.
    pub watchers: BTreeMap<u64, u64>,
    /// Whom this process watches.
    pub watching: BTreeMap<u64, u64>,
    pub traps_exits: bool,
    /// The process must end, and why.
    pub exit: Option<Reason>,
    pub names: Vec<u32>,
    /// Tasks of this process that were not awaited yet, by their pids.
    pub tasks: BTreeMap<u64, Arc<Task>>,
}

impl Inner {
    /// Without anything in it.
    pub fn new(alive: bool) -> Inner {
        Inner {
            alive,
            messages: VecDeque::new(),
            bytes: 0,
            seen: 0,
            links: BTreeSet::new(),
            watchers: BTreeMap::new(),
            watching: BTreeMap::new(),
            traps_exits: false,
            exit: None,
            names: Vec::new(),
            tasks: BTreeMap::new(),
        }
    }
}

impl Control {
    pub fn new(pid: u64, task: Option<Arc<Task>>, limits: MailboxLimits) -> Control {
        Control {
            pid,
            task,
            limits,
            state: AtomicU8::new(PARKED),
            signals: OnceLock::new(),
            inner: Mutex::new(Inner::new(true)),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets others interrupt the process while it runs.
    pub fn set_signals(&self, signals: Arc<Signals>) {
        // Only the first run of a process sets them.
        let _ = self.signals.set(signals);
    }

    /// Has a running process look up at its next poll.
    pub fn interrupt(&self) {
        if let Some(signals) = self.signals.get() {
            signals.raise(signal::KILL);
        }
    }

    /// Notes that there is news; true when the caller must queue the process.
    pub fn notify(&self) -> bool {
        loop {
            let state = self.state.load(Acquire);
            let next = match state {
                PARKED => QUEUED,
                RUNNING => NOTIFIED,
                _ => return false,
            };
            if self.state.compare_exchange(state, next, AcqRel, Acquire).is_ok() {
                return next == QUEUED;
            }
        }
    }

    pub fn set_running(&self) {
        self.state.store(RUNNING, Release);
    }

    /// After a slice that was not the last: the process is queued by the caller.
    pub fn set_queued(&self) {
        self.state.store(QUEUED, Release);
    }

    /// After a slice that ended in waiting; false when news came meanwhile and the caller must queue the process.
    pub fn park(&self) -> bool {
        let parked = self.state.compare_exchange(RUNNING, PARKED, AcqRel, Acquire).is_ok();
        if !parked {
            self.set_queued();
        }
        parked
    }

    pub fn set_ended(&self) {
        self.state.store(ENDED, Release);
    }

    pub fn is_waiting(&self) -> bool {
        self.state.load(Acquire) == PARKED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_parked_process_is_queued_by_news() {
        let control = Control::new(1, None, MailboxLimits::default());
        assert!(control.notify(), "it was parked");
        assert!(!control.notify(), "it is queued already");
        control.set_running();
        assert!(!control.notify(), "it runs");
        assert!(!control.park(), "news came while it ran");
        control.set_running();
        assert!(control.park());
        assert!(control.notify());
        control.set_ended();
        assert!(!control.notify());
    }
}
