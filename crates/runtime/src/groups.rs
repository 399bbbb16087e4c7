//! Groups of processes: any number of processes under a symbol, in the order in which they joined.
//!
//! A process that ends has left its groups before anyone hears of its end. As with names: whoever adds a process marks
//! it first and looks afterwards whether it is alive still; the end closes the process first and then looks at the mark.

use std::collections::HashMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::Control;

#[derive(Default)]
pub struct Groups(Mutex<HashMap<u32, Vec<u64>>>);

impl Groups {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Vec<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when the process is in it already, or dead.
    pub fn join(&self, group: u32, control: &Control) -> bool {
        control.named.store(true, SeqCst);
        let mut groups = self.lock();
        let members = groups.entry(group).or_default();
        if members.contains(&control.pid) {
            return false;
        }
        members.push(control.pid);
        if !control.is_alive() {
            remove(&mut groups, group, control.pid);
            return false;
        }
        true
    }

    /// False when the process was not in it.
    pub fn leave(&self, group: u32, pid: u64) -> bool {
        remove(&mut self.lock(), group, pid)
    }

    /// Takes a process that ends and is closed already out of all groups.
    pub fn leave_all(&self, control: &Control) {
        if control.named.load(SeqCst) {
            let mut groups = self.lock();
            groups.values_mut().for_each(|members| members.retain(|member| *member != control.pid));
            groups.retain(|_, members| !members.is_empty());
        }
    }

    pub fn members(&self, group: u32) -> Vec<u64> {
        self.lock().get(&group).cloned().unwrap_or_default()
    }
}

fn remove(groups: &mut HashMap<u32, Vec<u64>>, group: u32, pid: u64) -> bool {
    let Some(members) = groups.get_mut(&group) else { return false };
    let before = members.len();
    members.retain(|member| *member != pid);
    let was_in = members.len() < before;
    if members.is_empty() {
        groups.remove(&group);
    }
    was_in
}
