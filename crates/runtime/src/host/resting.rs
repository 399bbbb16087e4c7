//! Processes that wait: those that have done so for long give back what memory they do not need.
//!
//! Each worker lists the processes that began to wait on it, each once however often it waits, and looks at them when
//! the time has come. A process is listed by its pid, so the list keeps nobody alive.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use crate::control::Control;
use crate::runtime::Runtime;
use crate::slice::shrink_idle;

/// Who has waited so long goes on waiting, most likely.
const REST_US: u64 = 1_000_000;
/// So many are looked at between two slices of others.
const LOOKS: usize = 64;

struct Entry {
    /// When to look.
    time_us: u64,
    pid: u64,
    /// How often it had waited when it was listed: if no more by then, it has waited all the time.
    slices: u32,
}

#[derive(Default)]
pub(super) struct Resting(VecDeque<Entry>);

impl Resting {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A process begins to wait.
    pub fn add(&mut self, control: &Control, now_us: impl FnOnce() -> u64) {
        if !control.is_resting.load(Relaxed) && !control.is_resting.swap(true, Relaxed) {
            self.list(control, now_us());
        }
    }

    fn list(&mut self, control: &Control, now_us: u64) {
        // Virtual time has an end, behind which nobody looks.
        if let Some(time_us) = now_us.checked_add(REST_US) {
            self.0.push_back(Entry { time_us, pid: control.pid, slices: control.slices() });
        }
    }

    /// When to look at the first.
    pub fn next_us(&self) -> Option<u64> {
        self.0.front().map(|entry| entry.time_us)
    }

    /// Looks at some of those whose time has come; whether there were any.
    pub fn tend(&mut self, runtime: &Runtime, now_us: u64) -> bool {
        let mut looks = 0;
        while looks < LOOKS && self.next_us().is_some_and(|time| time <= now_us) {
            looks += 1;
            let Some(Entry { pid, slices, .. }) = self.0.pop_front() else { break };
            let Some(control) = runtime.table.get(pid) else { continue };
            if shrink_idle(&control, slices) {
                control.is_resting.store(false, Relaxed);
            } else {
                self.list(&control, now_us);
            }
        }
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to_fit();
        }
        looks > 0
    }
}
