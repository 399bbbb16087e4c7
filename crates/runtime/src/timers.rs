//! What is to happen at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::sync::Arc;

use heap::Fragment;
use vm::Limit;

use crate::control::Control;
use crate::held::Held;
use crate::runtime::Runtime;
use crate::signal::Signal;

pub enum Event {
    /// A wait is over.
    Wake(Arc<Control>),
    /// A message of `send_after` is due.
    /// What it costs is held for its receiver, or, where that is a name, for whoever started it.
    Send { reference: u64, to: Target, message: Fragment, every_us: Option<u64>, held: Option<Held> },
    /// The time of a process by the clock on the wall is over.
    Expire { pid: u64 },
}

/// A process, or whoever has a name when the time comes.
#[derive(Clone, Copy)]
pub enum Target {
    Pid(u64),
    Name(u32),
}

/// Time in microseconds, and a serial number that keeps those of one moment in order.
pub type Key = (u64, NonZeroU64);

#[derive(Default)]
pub struct Timers {
    events: BTreeMap<Key, Event>,
    references: HashMap<u64, Key>,
    /// Those that send to a process.
    receivers: HashMap<u64, BTreeSet<Key>>,
    /// How many there were before.
    serial: u64,
}

impl Timers {
    pub fn add(&mut self, time_us: u64, event: Event) -> Key {
        let key = (time_us, NonZeroU64::MIN.saturating_add(self.serial));
        self.serial += 1;
        if let Event::Send { reference, to, .. } = &event {
            self.references.insert(*reference, key);
            if let Target::Pid(pid) = to {
                self.receivers.entry(*pid).or_default().insert(key);
            }
        }
        self.events.insert(key, event);
        key
    }

    pub fn remove(&mut self, key: Key) {
        if let Some(event) = self.events.remove(&key) {
            self.forget(key, &event);
        }
    }

    /// An event is no longer among those to come.
    fn forget(&mut self, key: Key, event: &Event) {
        let Event::Send { reference, to, .. } = event else { return };
        self.references.remove(reference);
        if let Target::Pid(pid) = to
            && let Some(keys) = self.receivers.get_mut(pid)
        {
            keys.remove(&key);
            if keys.is_empty() {
                self.receivers.remove(pid);
            }
        }
    }

    /// A process has ended: nothing will be sent to it.
    pub fn end(&mut self, pid: u64) {
        for key in self.receivers.remove(&pid).unwrap_or_default() {
            self.remove(key);
        }
    }

    /// Takes back a `send_after`; the time it had left, unless it is gone.
    pub fn cancel(&mut self, reference: u64, now_us: u64) -> Option<u64> {
        let key = *self.references.get(&reference)?;
        self.remove(key);
        Some(key.0.saturating_sub(now_us))
    }

    pub fn next_time(&self) -> Option<u64> {
        self.events.first_key_value().map(|(key, _)| key.0)
    }

    /// The next event that is due.
    pub fn due(&mut self, now_us: u64) -> Option<Event> {
        if self.next_time()? > now_us {
            return None;
        }
        let (key, event) = self.events.pop_first()?;
        self.forget(key, &event);
        Some(event)
    }
}

/// A time has come.
pub fn fire(runtime: &Arc<Runtime>, event: Event) {
    match event {
        Event::Wake(control) => runtime.wake(&control),
        Event::Expire { pid } => runtime.tell(pid, Signal::Limit(Limit::Wall)),
        Event::Send { reference, to, message, every_us, held } => {
            let found = runtime.find(to);
            // An interval ends with the process that it is for, and with virtual time.
            if let Some(every) = every_us
                && let Some(time) = runtime.host.now_us().checked_add(every)
                && (found.is_some() || matches!(to, Target::Name(_)))
                && let Some(message) = crate::reason::message(&runtime.shared, |_| Ok(message.root()))
            {
                runtime.host.add_timer(time, Event::Send { reference, to, message, every_us, held });
            }
            if let Some(control) = found {
                runtime.deliver(&control, message);
            }
        }
    }
}
