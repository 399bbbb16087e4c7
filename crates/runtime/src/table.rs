//! Pids and the processes behind them.
//!
//! A pid is the number of a slot and the slot's generation, which counts how often it was used; so a pid of a process
//! that ended does not reach the next one in the slot.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::control::Control;

const INDEX_BITS: u32 = 28;
/// Processes at a time: a program that spawns without end gets an error before it takes all memory.
const PROCESSES_MAX: usize = 1 << 21;
/// A pid has 48 bits.
const GENERATION_MAX: u64 = (1 << (48 - INDEX_BITS)) - 1;

#[derive(Default)]
struct Slot {
    generation: u64,
    control: Option<Arc<Control>>,
}

struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// Every living process.
pub struct Table {
    slots: RwLock<Slots>,
}

impl Table {
    pub fn new() -> Table {
        // Slot 0 stays empty, so that the first process is number 1.
        Table { slots: RwLock::new(Slots { slots: vec![Slot::default()], free: Vec::new() }) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process; `None` when there is no pid left.
    pub fn add(&self, make: impl FnOnce(u64) -> Control) -> Option<Arc<Control>> {
        let mut table = self.write();
        let index = match table.free.pop() {
            Some(index) => index as usize,
            None if table.slots.len() <= PROCESSES_MAX => {
                table.slots.push(Slot::default());
                table.slots.len() - 1
            }
            None => return None,
        };
        let slot = &mut table.slots[index];
        let control = Arc::new(make(slot.generation << INDEX_BITS | index as u64));
        slot.control = Some(control.clone());
        Some(control)
    }

    pub fn get(&self, pid: u64) -> Option<Arc<Control>> {
        let table = self.read();
        let slot = table.slots.get((pid & ((1 << INDEX_BITS) - 1)) as usize)?;
        if slot.generation == pid >> INDEX_BITS { slot.control.clone() } else { None }
    }

    /// The process has ended. A slot whose generations are used up is never used again.
    pub fn remove(&self, pid: u64) {
        let index = (pid & ((1 << INDEX_BITS) - 1)) as usize;
        let mut table = self.write();
        let Some(slot) = table.slots.get_mut(index) else { return };
        if slot.generation != pid >> INDEX_BITS || slot.control.take().is_none() {
            return;
        }
        slot.generation += 1;
        if slot.generation <= GENERATION_MAX {
            table.free.push(index as u32);
        }
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        let table = self.read();
        table.slots.iter().filter(|slot| slot.control.is_some()).count()
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
        assert_eq!(table.len(), 1);
    }
}
