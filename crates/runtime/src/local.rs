//! What a process knows of itself as a process: kept in its attachment, reached by builtins.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use heap::{Heap, Value};
use vm::{Attachment, Cx, Exit, Limit, Process};

use crate::calls::Answer;
use crate::channel::Channel;
use crate::control::Control;
use crate::io::Waiter;
use crate::reason::Reason;
use crate::receive::act;
use crate::runtime::Runtime;
use crate::scope::Scope;
use crate::task::Task;
use crate::timers::{Key, Target};
use crate::waiting::Mailbox;

pub struct Local {
    pub runtime: Arc<Runtime>,
    pub control: Arc<Control>,
    /// What has arrived and was not received yet.
    pub mailbox: Mailbox,
    /// When the wait of the running builtin ends, in microseconds. Set when it parks first, cleared when it is over.
    pub deadline_us: Option<u64>,
    /// The timer that ends the wait of a parked process.
    pub wait: Option<Key>,
    /// The process must end, and why.
    pub exit: Option<Reason>,
    /// The limit that the reason to end is.
    pub over: Option<Limit>,
    pub traps_exits: bool,
    /// What it waits for.
    pub awaits: Awaits,
    /// Whom it sent a message last: most processes send to the same one again.
    recent: Option<Arc<Control>>,
    /// It gives back memory when it waits next.
    pub hibernates: bool,
    /// It waits for something outside the VM.
    pub is_outside: bool,
    pub waiter: Option<Arc<Waiter>>,
    /// Most processes have none.
    relations: Option<Box<Relations>>,
    /// What only actors, supervisors, scopes and channels need.
    pub rare: Option<Box<Rare>>,
}

/// In which call a process waits, where what wakes it may be the result of that call.
#[derive(Clone, Copy, Default)]
pub enum Awaits {
    /// In one that has to run again.
    #[default]
    Other,
    /// In one that looks at the next message.
    Look,
    /// In one that takes the next message.
    Any,
}

/// About what one link or monitor costs each side.
const RELATION_BYTES: usize = 64;

// A million processes that wait have one each.
const _: () = assert!(std::mem::size_of::<Local>() <= 192);

/// What most processes have nothing of.
#[derive(Default)]
pub struct Rare {
    /// Answers to calls: who waits for one has its place here, and nowhere else can it arrive.
    pub answers: BTreeMap<u64, Answer>,
    /// The call that the running builtin waits for.
    pub call: Option<u64>,
    /// What the process ends with, from its own `exit` on.
    pub exiting: Option<Reason>,
    /// Exit signals become messages that only the loop of the actor sees.
    pub defers_exits: bool,
    /// The last message that the loop of an actor took was one for the loop alone.
    pub took_internal: bool,
    /// Its supervisor reports its end.
    pub supervised: bool,
    /// What it reports of its children after this slice.
    pub reports: Vec<ChildReport>,
    /// The scopes that are open, innermost last.
    pub scopes: Vec<Scope>,
    /// A `select` has parked and is to look again.
    pub selecting: bool,
    /// The channels that it waits for, and those that it made or was given.
    pub waits_for: Vec<Arc<Channel>>,
    /// When its time by the clock on the wall is over.
    pub wall: Option<Key>,
    pub channels: Vec<Weak<Channel>>,
}

/// The end of a child, as its supervisor reports it.
pub struct ChildReport {
    pub child: String,
    pub reason: Reason,
    pub decision: String,
}

/// Who is to hear of the end of a process, and of whose end it is to hear.
#[derive(Default)]
pub struct Relations {
    pub links: BTreeSet<u64>,
    /// Who is told when this process ends: reference and process.
    pub watchers: BTreeMap<u64, u64>,
    /// Whom this process watches.
    pub watching: BTreeMap<u64, u64>,
    /// Tasks of this process that are not done or failed, by their pids.
    pub tasks: BTreeMap<u64, Arc<Task>>,
}

impl Local {
    pub fn new(runtime: &Arc<Runtime>, control: &Arc<Control>) -> Local {
        Local {
            runtime: runtime.clone(),
            control: control.clone(),
            mailbox: Mailbox::default(),
            deadline_us: None,
            wait: None,
            exit: None,
            over: None,
            traps_exits: false,
            awaits: Awaits::Other,
            recent: None,
            hibernates: false,
            is_outside: false,
            waiter: None,
            relations: None,
            rare: None,
        }
    }

    /// Whether something is to be reported of its children.
    pub fn has_reports(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.reports.is_empty())
    }

    /// Acts on all signals that have arrived. For the running process alone.
    pub fn receive_signals(&mut self) {
        for signal in self.control.take_signals() {
            act(self, signal);
        }
    }

    /// Whoever a message for this target goes to; found at once where the last one went there too. The caller gives
    /// it back by `keep_receiver`.
    pub fn take_receiver(&mut self, target: Target) -> Option<Arc<Control>> {
        let recent = self.recent.take();
        match target {
            Target::Pid(pid) if recent.as_ref().is_some_and(|recent| recent.pid == pid) => recent,
            Target::Pid(_) | Target::Name(_) => self.runtime.find(target),
        }
    }

    pub fn keep_receiver(&mut self, receiver: Arc<Control>) {
        self.recent = Some(receiver);
    }

    /// Gives back room that it does not need while it waits.
    pub fn shrink(&mut self) {
        self.mailbox.shrink();
        self.recent = None;
    }

    pub fn relations(&self) -> Option<&Relations> {
        self.relations.as_deref()
    }

    /// The relations, to remove one.
    pub fn known_relations(&mut self) -> Option<&mut Relations> {
        self.relations.as_deref_mut()
    }

    /// The relations, to add one.
    pub fn relations_mut(&mut self) -> &mut Relations {
        self.relations.get_or_insert_default()
    }

    /// What most processes have nothing of, to add something.
    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// What others keep of a process, and it of them, counts towards its limit too.
    pub fn mind_relations(&mut self) {
        let Some(known) = self.relations.as_deref() else { return };
        let count = known.links.len() + known.watchers.len() + known.watching.len() + known.tasks.len();
        let bytes = count * RELATION_BYTES + self.control.bytes.load(Relaxed);
        if bytes > self.control.limits.bytes_max && self.exit.is_none() {
            self.over = Some(Limit::Heap);
            self.exit = Some(self.runtime.limit_reason(Limit::Heap));
            self.control.interrupt();
        }
    }

    pub fn take_relations(&mut self) -> Option<Box<Relations>> {
        self.relations.take()
    }
}

/// Makes a process known to a runtime.
pub fn attach(process: &mut Process, local: Box<Local>) {
    local.control.set_signals(process.signals());
    process.attachment.data = Some(local);
}

/// The process's own data; none where it was made without a runtime.
pub fn of_process(process: &mut Process) -> Option<&mut Local> {
    process.attachment.data.as_mut()?.downcast_mut()
}

/// The number of the process that this belongs to; none where it was made without a runtime.
pub fn pid_of(attachment: &Attachment) -> Option<u64> {
    attachment.data.as_ref()?.downcast_ref::<Local>().map(|local| local.control.pid)
}

/// The running process's data.
pub fn of<'c>(cx: &'c mut Cx) -> Option<&'c mut Local> {
    cx.attachment()?.1.data.as_mut()?.downcast_mut()
}

/// The running process's data, or an error where there is none.
pub fn local<'c>(cx: &'c mut Cx) -> Result<&'c mut Local, Exit> {
    if cx.attachment().is_none_or(|(_, attachment)| attachment.data.is_none()) {
        return Err(cx.deadlock_error("processes are not at hand while a module is loaded"));
    }
    of(cx).ok_or(Exit::Internal("a process without its data"))
}

/// The runtime and the running process, to use beside the heap.
pub fn here(cx: &mut Cx) -> Result<(Arc<Runtime>, Arc<Control>), Exit> {
    local(cx).map(|local| (local.runtime.clone(), local.control.clone()))
}

/// The values that the attachment of a process keeps alive for its mailbox.
pub struct Kept<'c> {
    /// A message that stands before all others and is in the heap already; unset when there is none.
    pub first: &'c mut Value,
    pub values: &'c mut VecDeque<Value>,
}

/// The heap, the values that are kept alive, and the running process's own data.
pub fn parts<'c>(cx: &'c mut Cx) -> Option<(&'c mut Heap, Kept<'c>, &'c mut Local)> {
    let (heap, attachment) = cx.attachment()?;
    split(heap, attachment)
}

/// The same of a process that does not run.
pub fn parts_of_process(process: &mut Process) -> Option<(&mut Heap, Kept<'_>, &mut Local)> {
    split(&mut process.heap, &mut process.attachment)
}

fn split<'c>(
    heap: &'c mut Heap,
    attachment: &'c mut Attachment,
) -> Option<(&'c mut Heap, Kept<'c>, &'c mut Local)> {
    let Attachment { first, values, data, .. } = attachment;
    Some((heap, Kept { first, values }, data.as_mut()?.downcast_mut()?))
}
