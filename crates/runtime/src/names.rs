//! Names of processes: symbols that stand wherever a pid does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Names(Mutex<HashMap<u32, u64>>);

impl Names {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn find(&self, name: u32) -> Option<u64> {
        self.lock().get(&name).copied()
    }

    /// False when the name is taken.
    pub fn add(&self, name: u32, pid: u64) -> bool {
        let mut names = self.lock();
        if names.contains_key(&name) {
            return false;
        }
        names.insert(name, pid);
        true
    }

    /// Frees a name; gives whose it was.
    pub fn remove(&self, name: u32) -> Option<u64> {
        self.lock().remove(&name)
    }
}
