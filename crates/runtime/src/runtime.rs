//! What all processes of one VM share, and what passes between them: signals, and the news of an end.
//!
//! Nothing here acts on another process: it sends a signal, and the receiver acts on it in its own time slice. So no
//! two processes are ever locked, and between two processes everything keeps its order.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, OnceLock};

use heap::{Fragment, Shared, Value};
use vm::{Limit, Process, ProcessConfig, Vm};

use crate::blocked::Blocked;
use crate::control::{Body, Control, MailboxLimits, Overflow};
use crate::groups::Groups;
use crate::host::{Host, Report};
use crate::io::Reactor;
use crate::local::{Local, attach, parts_of_process};
use crate::names::Names;
use crate::reason::Reason;
use crate::receive::{act, act_on_exit, add_news};
use crate::signal::{ExitVia, Item, News, Signal};
use crate::symbols::Symbols;
use crate::table::Table;
use crate::task::Progress;
use crate::timers::Target;

pub struct Runtime {
    pub(crate) vm: Vm,
    pub(crate) table: Table,
    pub(crate) names: Names,
    pub(crate) groups: Groups,
    pub(crate) blocked: Blocked,
    pub(crate) symbols: Symbols,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reactor: Reactor,
    /// What processes start with, unless their spawn says otherwise.
    pub(crate) config: Arc<ProcessConfig>,
    pub(crate) main: OnceLock<Arc<Control>>,
    pub(crate) report: Box<dyn Fn(Report) + Send + Sync>,
    references: AtomicU64,
}

/// Puts a message of another process where the owner of this body finds it; whether that was possible.
fn deposit(body: &mut Body, message: Value, symbols: &Symbols) -> bool {
    let mailbox = match body {
        Body::Living(process) => {
            let Some((heap, kept, local)) = parts_of_process(process) else { return false };
            local.receive_signals();
            if kept.first.is_undef() && local.mailbox.is_empty() {
                let Some(copy) = heap.copy_of_flat(message) else { return false };
                *kept.first = copy;
                return true;
            }
            &mut local.mailbox
        }
        Body::Newborn(newborn) => {
            newborn.local.receive_signals();
            &mut newborn.local.mailbox
        }
        Body::Gone => return false,
    };
    // What has to lie in a heap stays outside until it is looked at: a collection of the heap does not meet it.
    let Some(message) = Fragment::of_frozen(message) else { return false };
    mailbox.push(Item::Message(message), false, symbols);
    true
}

impl Runtime {
    /// A runtime whose first process is `main`.
    pub(crate) fn new(
        main: &mut Process,
        host: Arc<dyn Host>,
        report: Box<dyn Fn(Report) + Send + Sync>,
    ) -> Arc<Runtime> {
        let mut config = main.config().clone();
        // The time limit of the program is that of its main process.
        config.limits.time_max = None;
        let runtime = Arc::new(Runtime {
            vm: main.vm().clone(),
            table: Table::new(),
            names: Names::default(),
            groups: Groups::default(),
            blocked: Blocked::default(),
            symbols: Symbols::new(main.vm()),
            host,
            shared: main.heap.shared().clone(),
            reactor: Reactor::default(),
            config: Arc::new(config),
            main: OnceLock::new(),
            report,
            references: AtomicU64::new(1),
        });
        let limits = MailboxLimits::of(&runtime.config.limits);
        if let Some(control) = runtime.table.add(|pid| Control::new(pid, None, limits)) {
            attach(main, Box::new(Local::new(&runtime, &control)));
            // Nobody else has the runtime yet.
            let _ = runtime.main.set(control);
        }
        runtime
    }

    pub(crate) fn is_main(&self, control: &Control) -> bool {
        self.main.get().is_some_and(|main| main.pid == control.pid)
    }

    pub(crate) fn new_reference(&self) -> u64 {
        self.references.fetch_add(1, Relaxed)
    }

    /// Has every process that runs tell the sampler of the VM where it stands.
    pub fn sample(&self) {
        self.table.all().iter().for_each(|control| control.sample());
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
            self.host.queue(control.clone());
        }
    }

    /// Sends a signal that acts while the receiver computes; gives it back when the receiver has ended.
    pub(crate) fn signal(&self, to: &Arc<Control>, signal: Signal) -> Result<(), Signal> {
        to.push(signal)?;
        to.interrupt();
        self.wake(to);
        Ok(())
    }

    /// Sends a signal to whoever has the pid; the dead need not hear of it.
    pub(crate) fn tell(&self, pid: u64, signal: Signal) {
        if let Some(control) = self.table.get(pid) {
            let _ = self.signal(&control, signal);
        }
    }

    /// Puts a message into a mailbox. The receiver pays: over its limits, it ends.
    pub(crate) fn deliver(&self, to: &Arc<Control>, message: Fragment) {
        if to.messages() >= to.limits.messages_max {
            match to.limits.overflow {
                Overflow::DropNew => return,
                Overflow::DropOld => {
                    if to.push(Signal::DropOldest).is_err() {
                        return;
                    }
                }
                // Who waits for room waited before; a message that comes another way takes the room it needs.
                Overflow::Kill | Overflow::Block => {}
            }
        }
        self.deliver_as(to, message, Signal::Message);
    }

    /// Gives a message to a process that does not run, without a signal: false, with nothing changed but that signals
    /// have acted, where that one runs, or the message is more than a copy of its bytes.
    ///
    /// The body is locked, so nobody runs the process meanwhile. No signal of this sender can come later and act
    /// earlier: whatever is in the queue acts before the message is there.
    pub(crate) fn hand_over(&self, to: &Arc<Control>, message: Value) -> bool {
        if to.limits.overflow != Overflow::Kill || !to.is_resting_or_queued() {
            return false;
        }
        let Some(mut body) = to.try_body() else { return false };
        if !to.is_resting_or_queued() {
            return false;
        }
        let is_full = to.messages() >= to.limits.messages_max;
        let is_given = !is_full && deposit(&mut body, message, &self.symbols);
        if is_given {
            to.count_messages(1);
        }
        drop(body);
        if is_given {
            self.wake(to);
        }
        is_given
    }

    /// Puts a message that only the loop of an actor sees into a mailbox.
    pub(crate) fn deliver_internal(&self, to: &Arc<Control>, message: Fragment) {
        self.deliver_as(to, message, Signal::Internal);
    }

    fn deliver_as(&self, to: &Arc<Control>, message: Fragment, signal: fn(Fragment) -> Signal) {
        let bytes = message.bytes();
        let held = if bytes == 0 { 0 } else { to.bytes.fetch_add(bytes, Relaxed) + bytes };
        let messages = to.count_sent();
        let limit = if messages > to.limits.messages_max && to.limits.overflow == Overflow::Kill {
            Some(Limit::Mailbox)
        } else if held > to.limits.bytes_max {
            Some(Limit::Heap)
        } else {
            None
        };
        if let Some(limit) = limit {
            if !to.is_over.swap(true, Relaxed) {
                let _ = self.signal(to, Signal::Limit(limit));
            }
        } else if to.push(signal(message)).is_ok() {
            self.wake(to);
        }
    }

    pub(crate) fn limit_reason(&self, limit: Limit) -> Reason {
        let which = match limit {
            Limit::Heap => self.symbols.heap,
            Limit::Time => self.symbols.time,
            Limit::Stack => self.symbols.stack,
            Limit::Mailbox => self.symbols.mailbox,
            Limit::Wall => self.symbols.wall,
        };
        // Where there is no memory even for this, the symbol alone must do.
        Reason::of_symbols(&self.shared, &[self.symbols.limit, which])
            .unwrap_or(Reason::Shared(self.symbols.limit))
    }

    /// Links the running process with another. Linking to a dead one is answered by the exit signal `:noproc`.
    pub(crate) fn link(&self, own: &mut Local, other: u64) {
        let pid = own.control.pid;
        if other == pid {
            return;
        }
        own.relations_mut().links.insert(other);
        own.mind_relations();
        let control = self.table.get(other);
        if control.is_none_or(|control| self.signal(&control, Signal::Link { from: pid }).is_err()) {
            let reason = Reason::Shared(self.symbols.noproc);
            act_on_exit(own, other, reason, ExitVia::Link);
        }
    }

    pub(crate) fn unlink(&self, own: &mut Local, other: u64) {
        let was_linked = own.known_relations().is_some_and(|known| known.links.remove(&other));
        if was_linked {
            self.tell(other, Signal::Unlink { from: own.control.pid });
        }
    }

    /// Watches a process; its end is told once.
    pub(crate) fn monitor(&self, own: &mut Local, target: Target) -> u64 {
        let reference = self.new_reference();
        let from = own.control.pid;
        let found = self.find(target);
        let watched = found.as_ref().map_or(0, |control| control.pid);
        own.relations_mut().watching.insert(reference, watched);
        own.mind_relations();
        let request = Signal::Monitor { reference, from };
        let is_watched = found.is_some_and(|control| self.signal(&control, request).is_ok());
        if !is_watched {
            own.relations_mut().watching.remove(&reference);
            let reason = Reason::Shared(self.symbols.noproc);
            add_news(own, News::Down { reference, of: target, reason });
        }
        reference
    }

    pub(crate) fn demonitor(&self, own: &mut Local, reference: u64) {
        let watched = own.known_relations().and_then(|known| known.watching.remove(&reference));
        if let Some(pid) = watched {
            self.tell(pid, Signal::Demonitor { reference });
        }
    }

    /// The end of a process: names first, so that who is told can take them, then tasks, links, watchers.
    pub(crate) fn end(&self, local: &mut Local, reason: &Reason) {
        let control = local.control.clone();
        let pid = control.pid;
        for signal in control.close() {
            // Links and monitors that came last are still told.
            act(local, signal);
        }
        self.names.remove_all(&control);
        self.groups.leave_all(&control);
        self.wake_blocked(&control);
        self.end_channels(local);
        if let Some(key) = local.rare.as_mut().and_then(|rare| rare.wall.take()) {
            self.host.remove_timer(key);
        }
        self.table.remove(pid);
        if control.has_timers.load(SeqCst) {
            self.host.end_timers(pid);
        }
        let Some(left) = local.take_relations() else { return };
        for (reference, watched) in left.watching {
            self.tell(watched, Signal::Demonitor { reference });
        }
        for &task in left.tasks.keys() {
            // Nobody is left to await it.
            let reason = Reason::Shared(self.symbols.kill);
            self.tell(task, Signal::Exit { from: pid, reason, via: ExitVia::Call });
        }
        for linked in left.links {
            let reason = reason.clone();
            self.tell(linked, Signal::Exit { from: pid, reason, via: ExitVia::Link });
        }
        for (reference, watcher) in left.watchers {
            let (of, reason) = (Target::Pid(pid), reason.clone());
            self.tell(watcher, Signal::Down { reference, of, reason });
        }
    }

    /// Keeps what became of a task, and tells its owner.
    pub(crate) fn finish_task(&self, control: &Control, progress: Progress) {
        let Some(task) = &control.task else { return };
        *task.lock() = progress;
        self.tell(task.owner, Signal::TaskDone { pid: control.pid });
    }

    /// The names of a process, for people.
    pub(crate) fn names_of(&self, control: &Control) -> Vec<String> {
        let names = self.names.of(control);
        names.into_iter().filter_map(|name| self.shared.symbols.name(name)).map(str::to_string).collect()
    }

    /// A value of this kind of target, as messages name it.
    pub(crate) fn value_of(target: Target) -> Value {
        match target {
            Target::Pid(pid) => Value::pid(pid),
            Target::Name(name) => Value::symbol(name),
        }
    }
}
