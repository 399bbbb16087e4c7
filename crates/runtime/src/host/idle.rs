//! Where workers meet that have nothing to do: they sleep here, and whoever has work for them wakes one.
//!
//! Everything that decides whether a worker may sleep is looked at under one lock, after it was counted as idle. Whoever
//! puts work into its own queue looks at that count afterwards; so of a worker that goes to sleep and one that has too
//! much, at least one sees the other.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vm::Process;

use crate::control::Control;
use crate::host::Ending;

/// The end of the main process, with the process.
pub(super) type End = (Ending, Option<Box<Process>>);

#[derive(Default)]
pub(super) struct Gate {
    /// Processes that were woken from outside the workers.
    pub inbox: VecDeque<Arc<Control>>,
    /// Workers that are asleep or about to be.
    pub idle: usize,
    /// When the one sleeper that minds the timers wakes.
    pub timekeeper_us: Option<u64>,
    /// Set once the main process is over.
    pub end: Option<End>,
}

#[derive(Default)]
pub(super) struct Idle {
    gate: Mutex<Gate>,
    news: Condvar,
    /// `Gate::idle` and the length of `Gate::inbox`, to look at in passing.
    pub idle: AtomicUsize,
    pub inbox: AtomicUsize,
    /// A worker was woken and has not found work yet; a second one need not be woken until it has.
    is_waking: AtomicBool,
}

impl Idle {
    pub fn lock(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work from outside the workers.
    pub fn push(&self, control: Arc<Control>) {
        let mut gate = self.lock();
        gate.inbox.push_back(control);
        self.inbox.store(gate.inbox.len(), SeqCst);
        if gate.idle > 0 {
            self.news.notify_one();
        }
    }

    pub fn pop(&self, gate: &mut Gate) -> Option<Arc<Control>> {
        let control = gate.inbox.pop_front();
        self.inbox.store(gate.inbox.len(), SeqCst);
        control
    }

    /// There is work in a queue that a sleeping worker could take.
    pub fn wake_one(&self) {
        if self.idle.load(SeqCst) > 0 && !self.is_waking.swap(true, SeqCst) {
            drop(self.lock());
            self.news.notify_one();
        }
    }

    pub fn wake_all(&self) {
        drop(self.lock());
        self.news.notify_all();
    }

    /// A worker that slept looks for work now.
    pub fn found(&self) {
        self.is_waking.store(false, SeqCst);
    }

    pub fn set_idle(&self, gate: &mut Gate, idle: usize) {
        gate.idle = idle;
        self.idle.store(idle, SeqCst);
    }

    /// Sleeps until there is news, or the time is over.
    pub fn sleep<'g>(&self, gate: MutexGuard<'g, Gate>, time: Option<Duration>) -> MutexGuard<'g, Gate> {
        match time {
            Some(time) => self
                .news
                .wait_timeout(gate, time)
                .map(|(gate, _)| gate)
                .unwrap_or_else(|error| error.into_inner().0),
            None => self.news.wait(gate).unwrap_or_else(PoisonError::into_inner),
        }
    }
}
