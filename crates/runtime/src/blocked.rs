//! Senders that wait for room in a mailbox whose policy is to let them wait.
//!
//! A sender notes itself here and then looks at the mailbox once more; whoever makes room takes the list afterwards. So
//! a sender that finds no room is woken by the message that is taken next, or by the end of the receiver.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::control::{Control, Overflow};
use crate::runtime::Runtime;

/// Who waits, by the process that they send to.
#[derive(Default)]
pub struct Blocked(Mutex<HashMap<u64, Vec<u64>>>);

impl Runtime {
    /// Whether the running process has to wait for room in this mailbox; it is woken when there is some.
    pub(crate) fn must_wait(&self, own: &Control, to: &Control) -> bool {
        if to.limits.overflow != Overflow::Block || own.pid == to.pid {
            return false;
        }
        let is_full = || to.is_alive() && to.messages() >= to.limits.messages_max;
        if !is_full() {
            return false;
        }
        let mut blocked = self.blocked.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = blocked.entry(to.pid).or_default();
        if !waiting.contains(&own.pid) {
            waiting.push(own.pid);
        }
        is_full()
    }

    /// There is room in a mailbox, or nobody will ever read it.
    pub(crate) fn wake_blocked(&self, control: &Control) {
        if control.limits.overflow != Overflow::Block {
            return;
        }
        let waiting = self.blocked.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&control.pid);
        for sender in waiting.into_iter().flatten().filter_map(|pid| self.table.get(pid)) {
            self.wake(&sender);
        }
    }
}
