//! Names of processes: symbols that stand wherever a pid does.
//!
//! A process that ends frees its names before anyone hears of its end. Whoever gives a name first marks the process as
//! named and looks afterwards whether it is alive still; the end closes the process first and looks at the mark
//! afterwards. So one of the two always removes the name.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::control::Control;

#[derive(Default)]
struct Tables {
    by_name: HashMap<u32, u64>,
    by_pid: BTreeMap<u64, Vec<u32>>,
}

impl Tables {
    fn remove(&mut self, name: u32) -> Option<u64> {
        let pid = self.by_name.remove(&name)?;
        if let Some(names) = self.by_pid.get_mut(&pid) {
            names.retain(|known| *known != name);
            if names.is_empty() {
                self.by_pid.remove(&pid);
            }
        }
        Some(pid)
    }
}

#[derive(Default)]
pub struct Names(RwLock<Tables>);

/// Why a name could not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    Taken,
    Dead,
}

impl Names {
    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn find(&self, name: u32) -> Option<u64> {
        self.read().by_name.get(&name).copied()
    }

    /// The names of a process, in the order in which it got them.
    pub fn of(&self, control: &Control) -> Vec<u32> {
        if !control.named.load(SeqCst) {
            return Vec::new();
        }
        self.read().by_pid.get(&control.pid).cloned().unwrap_or_default()
    }

    pub fn add(&self, name: u32, control: &Arc<Control>) -> Result<(), NameProblem> {
        control.named.store(true, SeqCst);
        let mut tables = self.write();
        if tables.by_name.contains_key(&name) {
            return Err(NameProblem::Taken);
        }
        tables.by_name.insert(name, control.pid);
        tables.by_pid.entry(control.pid).or_default().push(name);
        if !control.is_alive() {
            tables.remove(name);
            return Err(NameProblem::Dead);
        }
        Ok(())
    }

    /// Frees a name; gives whose it was.
    pub fn remove(&self, name: u32) -> Option<u64> {
        self.write().remove(name)
    }

    /// Frees all names of a process that ends and is closed already.
    pub fn remove_all(&self, control: &Control) {
        if control.named.load(SeqCst) {
            let mut tables = self.write();
            for name in tables.by_pid.remove(&control.pid).unwrap_or_default() {
                tables.by_name.remove(&name);
            }
        }
    }
}
