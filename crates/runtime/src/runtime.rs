//! What all processes of one VM share, and what passes between them: messages, exit signals, the news of an end.
//!
//! Lock order: at most one process is locked at a time; the tables are locked inside that, never the other way round.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use heap::{Fragment, Shared, Value};
use vm::{Limit, Process, ProcessConfig};

use crate::control::{Control, Inner, MailboxLimits};
use crate::host::Host;
use crate::local::attach;
use crate::names::Names;
use crate::reason::Reason;
use crate::symbols::Symbols;
use crate::table::Table;
use crate::task::Progress;
use crate::timers::Target;

pub struct Runtime {
    pub(crate) table: Table,
    pub(crate) names: Names,
    pub(crate) symbols: Symbols,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) shared: Arc<Shared>,
    /// What processes start with, unless their spawn says otherwise.
    pub(crate) config: ProcessConfig,
    references: AtomicU64,
}

/// How an exit signal came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ExitVia {
    /// The end of a linked process.
    Link,
    /// `exit(pid, reason)`.
    Call,
}

impl Runtime {
    /// A runtime whose first process is `main`.
    pub fn new(main: &mut Process, host: Arc<dyn Host>) -> Arc<Runtime> {
        let mut config = main.config().clone();
        // The time limit of the program is that of its main process.
        config.limits.time_max = None;
        let runtime = Arc::new(Runtime {
            table: Table::new(),
            names: Names::default(),
            symbols: Symbols::new(main.vm()),
            host,
            shared: main.heap.shared().clone(),
            config,
            references: AtomicU64::new(1),
        });
        if let Some(control) = runtime.table.add(|pid| Control::new(pid, None, MailboxLimits::default())) {
            attach(main, &runtime, &control);
        }
        runtime
    }

    pub(crate) fn new_reference(&self) -> u64 {
        self.references.fetch_add(1, Relaxed)
    }

    /// How many processes live.
    pub fn process_count(&self) -> usize {
        self.table.len()
    }

    /// Whoever the target stands for, if alive.
    pub(crate) fn find(&self, target: Target) -> Option<Arc<Control>> {
        match target {
            Target::Pid(pid) => self.table.get(pid),
            Target::Name(name) => self.table.get(self.names.find(name)?),
        }
    }

    /// Tells a process that there is news.
    pub(crate) fn wake(&self, control: &Arc<Control>) {
        if control.notify() {
            self.host.queue(control);
        }
    }

    /// Puts a message into a mailbox. The receiver pays: over its limits, it ends.
    pub(crate) fn deliver(&self, to: &Arc<Control>, message: Fragment) {
        {
            let mut inner = to.lock();
            if !inner.alive || inner.exit.is_some() {
                return;
            }
            inner.bytes = inner.bytes.saturating_add(message.bytes());
            inner.messages.push_back(message);
            let limit = if inner.messages.len() + inner.seen > to.limits.messages_max {
                Some(Limit::Mailbox)
            } else if inner.bytes > to.limits.bytes_max {
                Some(Limit::Heap)
            } else {
                None
            };
            if let Some(limit) = limit {
                inner.exit = self.limit_reason(limit);
                to.interrupt();
            }
        }
        self.wake(to);
    }

    pub(crate) fn limit_reason(&self, limit: Limit) -> Option<Reason> {
        let which = match limit {
            Limit::Heap => self.symbols.heap,
            Limit::Time => self.symbols.time,
            Limit::Stack => self.symbols.stack,
            Limit::Mailbox => self.symbols.mailbox,
        };
        Reason::of_symbols(&self.shared, &[self.symbols.limit, which])
    }

    /// A reason of one symbol.
    pub(crate) fn symbol_reason(&self, symbol: Value) -> Option<Reason> {
        Reason::of_symbols(&self.shared, &[symbol])
    }

    /// An exit signal arrives.
    pub(crate) fn signal_exit(&self, from: u64, to: &Arc<Control>, reason: &Reason, via: ExitVia) {
        let is_kill = via == ExitVia::Call && reason.value() == self.symbols.kill;
        let is_normal = reason.value() == self.symbols.normal;
        {
            let mut inner = to.lock();
            if !inner.alive || (via == ExitVia::Link && !inner.links.remove(&from)) {
                return;
            }
            if inner.traps_exits && !is_kill {
                let parts = [self.symbols.exit, Value::pid(from)];
                if let Some(message) = reason.message_with(&self.shared, &parts) {
                    inner.bytes += message.bytes();
                    inner.messages.push_back(message);
                }
            } else if is_kill {
                inner.exit = self.symbol_reason(self.symbols.killed);
                to.interrupt();
            } else if !is_normal || from == to.pid {
                if inner.exit.is_none() {
                    inner.exit = Some(reason.clone());
                }
                to.interrupt();
            } else {
                return;
            }
        }
        self.wake(to);
    }

    /// Links two processes. Linking to a dead one sends `:noproc`.
    pub(crate) fn link(&self, own: &Arc<Control>, other: u64) {
        if other == own.pid {
            return;
        }
        own.lock().links.insert(other);
        let linked = self.table.get(other).is_some_and(|control| {
            let mut inner = control.lock();
            inner.alive && {
                inner.links.insert(own.pid);
                true
            }
        });
        if !linked && let Some(reason) = self.symbol_reason(self.symbols.noproc) {
            self.signal_exit(other, own, &reason, ExitVia::Link);
        }
    }

    pub(crate) fn unlink(&self, own: &Arc<Control>, other: u64) {
        own.lock().links.remove(&other);
        if let Some(control) = self.table.get(other) {
            control.lock().links.remove(&own.pid);
        }
    }

    /// Watches a process; its end is told once.
    pub(crate) fn monitor(&self, own: &Arc<Control>, target: Target) -> u64 {
        let reference = self.new_reference();
        let found = self.find(target);
        let watched = found.as_ref().is_some_and(|control| {
            let mut inner = control.lock();
            inner.alive && {
                inner.watchers.insert(reference, own.pid);
                true
            }
        });
        match found {
            Some(control) if watched => {
                own.lock().watching.insert(reference, control.pid);
            }
            _ => {
                let pid = match target {
                    Target::Pid(pid) => Value::pid(pid),
                    Target::Name(name) => Value::symbol(name),
                };
                if let Some(reason) = self.symbol_reason(self.symbols.noproc) {
                    self.send_down(own, reference, pid, &reason);
                }
            }
        }
        reference
    }

    pub(crate) fn demonitor(&self, own: &Arc<Control>, reference: u64) {
        let watched = own.lock().watching.remove(&reference);
        if let Some(control) = watched.and_then(|pid| self.table.get(pid)) {
            control.lock().watchers.remove(&reference);
        }
    }

    fn send_down(&self, to: &Arc<Control>, reference: u64, pid: Value, reason: &Reason) {
        let parts = [self.symbols.down, Value::reference(reference), self.symbols.process, pid];
        if let Some(message) = reason.message_with(&self.shared, &parts) {
            self.deliver(to, message);
        }
    }

    /// The end of a process: names first, so that who is told can take them, then tasks, links, watchers.
    pub(crate) fn end(&self, control: &Arc<Control>, reason: &Reason) {
        let left = {
            let mut inner = control.lock();
            if !inner.alive {
                return;
            }
            std::mem::replace(&mut *inner, Inner::new(false))
        };
        control.set_ended();
        for &name in &left.names {
            self.names.remove(name);
        }
        self.table.remove(control.pid);
        for (reference, pid) in &left.watching {
            if let Some(watched) = self.table.get(*pid) {
                watched.lock().watchers.remove(reference);
            }
        }
        self.end_tasks(control.pid, &left);
        for &pid in &left.links {
            if let Some(linked) = self.table.get(pid) {
                self.signal_exit(control.pid, &linked, reason, ExitVia::Link);
            }
        }
        for (&reference, &watcher) in &left.watchers {
            if let Some(watcher) = self.table.get(watcher) {
                watcher.lock().watching.remove(&reference);
                self.send_down(&watcher, reference, Value::pid(control.pid), reason);
            }
        }
    }

    /// Nobody is left to await the tasks of a process that ended.
    fn end_tasks(&self, owner: u64, left: &Inner) {
        let Some(kill) = self.symbol_reason(self.symbols.kill).filter(|_| !left.tasks.is_empty()) else {
            return;
        };
        for pid in left.tasks.keys() {
            if let Some(task) = self.table.get(*pid) {
                self.signal_exit(owner, &task, &kill, ExitVia::Call);
            }
        }
    }

    /// Keeps what became of a task, and tells its owner.
    pub(crate) fn finish_task(&self, control: &Control, progress: Progress) {
        let Some(task) = &control.task else { return };
        let is_done = matches!(progress, Progress::Done(_));
        *task.lock() = progress;
        if let Some(owner) = self.table.get(task.owner) {
            if is_done {
                // A failure stays listed, so that it is reported when nobody awaits it.
                owner.lock().tasks.remove(&control.pid);
            }
            self.wake(&owner);
        }
    }
}
