//! Pids and the processes behind them.
//!
//! A pid is the number of a slot and the slot's generation, which counts how often it was used; so a pid of a process
//! that ended does not reach the next one in the slot. Slots lie in segments that never move, each twice as large as
//! the one before, and each slot has a lock of its own: finding a process locks nothing that others find others by.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::control::Control;

const INDEX_BITS: u32 = 28;
/// Processes at a time: a program that spawns without end gets an error before it takes all memory.
const PROCESSES_MAX: usize = 1 << 21;
/// A pid has 48 bits.
const GENERATION_MAX: u32 = (1 << (48 - INDEX_BITS)) - 1;
/// Slots of the first segment.
const FIRST: usize = 64;
const SEGMENTS: usize = 16;
const _: () = assert!(FIRST << SEGMENTS > PROCESSES_MAX + FIRST);

#[derive(Default)]
struct Slot {
    generation: u32,
    control: Option<Arc<Control>>,
}

struct Free {
    indexes: Vec<u32>,
    /// Slots from here on were never used.
    next: usize,
}

/// Every living process.
pub struct Table {
    segments: [OnceLock<Box<[Mutex<Slot>]>>; SEGMENTS],
    free: Mutex<Free>,
    living: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn index_of(pid: u64) -> usize {
    (pid & ((1 << INDEX_BITS) - 1)) as usize
}

impl Table {
    pub fn new() -> Table {
        // Slot 0 stays empty, so that the first process is number 1.
        let free = Mutex::new(Free { indexes: Vec::new(), next: 1 });
        Table { segments: [const { OnceLock::new() }; SEGMENTS], free, living: AtomicUsize::new(0) }
    }

    fn slot(&self, index: usize) -> Option<&Mutex<Slot>> {
        let position = index + FIRST;
        let segment = (position.ilog2() - FIRST.ilog2()) as usize;
        self.segments.get(segment)?.get()?.get(position - (FIRST << segment))
    }

    fn free_slot(&self) -> Option<usize> {
        let mut free = lock(&self.free);
        if let Some(index) = free.indexes.pop() {
            return Some(index as usize);
        }
        let index = free.next;
        if index > PROCESSES_MAX {
            return None;
        }
        free.next += 1;
        let segment = ((index + FIRST).ilog2() - FIRST.ilog2()) as usize;
        self.segments
            .get(segment)?
            .get_or_init(|| (0..FIRST << segment).map(|_| Mutex::new(Slot::default())).collect());
        Some(index)
    }

    /// A new process; `None` when there is no pid left.
    pub fn add(&self, make: impl FnOnce(u64) -> Control) -> Option<Arc<Control>> {
        let index = self.free_slot()?;
        let mut slot = lock(self.slot(index)?);
        let control = Arc::new(make(u64::from(slot.generation) << INDEX_BITS | index as u64));
        slot.control = Some(control.clone());
        self.living.fetch_add(1, Relaxed);
        Some(control)
    }

    pub fn get(&self, pid: u64) -> Option<Arc<Control>> {
        let slot = lock(self.slot(index_of(pid))?);
        if u64::from(slot.generation) == pid >> INDEX_BITS { slot.control.clone() } else { None }
    }

    /// The process has ended. A slot whose generations are used up is never used again.
    pub fn remove(&self, pid: u64) {
        let index = index_of(pid);
        let Some(slot) = self.slot(index) else { return };
        let mut slot = lock(slot);
        if u64::from(slot.generation) != pid >> INDEX_BITS {
            return;
        }
        let Some(control) = slot.control.take() else { return };
        slot.generation += 1;
        let is_free = slot.generation <= GENERATION_MAX;
        drop(slot);
        drop(control);
        self.living.fetch_sub(1, Relaxed);
        if is_free {
            lock(&self.free).indexes.push(index as u32);
        }
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        self.living.load(Relaxed)
    }

    /// Every living process.
    pub fn all(&self) -> Vec<Arc<Control>> {
        let segments = self.segments.iter().filter_map(OnceLock::get);
        segments.flat_map(|slots| slots.iter()).filter_map(|slot| lock(slot).control.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::MailboxLimits;

    #[test]
    fn a_pid_never_reaches_the_next_process_of_its_slot() {
        let table = Table::new();
        let make = |pid| Control::new(pid, None, MailboxLimits::default());
        let first = table.add(make).expect("room").pid;
        assert_eq!(first, 1);
        table.remove(first);
        table.remove(first);
        let second = table.add(make).expect("room").pid;
        assert_ne!(first, second);
        assert!(table.get(first).is_none());
        assert_eq!(table.get(second).expect("alive").pid, second);
        assert_eq!((table.len(), table.all().len()), (1, 1));
    }

    #[test]
    fn slots_of_all_segments_are_found() {
        let table = Table::new();
        let pids: Vec<u64> = (0..1000)
            .filter_map(|_| table.add(|pid| Control::new(pid, None, MailboxLimits::default())))
            .map(|control| control.pid)
            .collect();
        assert!(pids.iter().all(|&pid| table.get(pid).is_some_and(|control| control.pid == pid)));
        assert!(table.get(1001).is_none());
    }
}
