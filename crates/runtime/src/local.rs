//! What a process knows of itself as a process: kept in its attachment, reached by builtins.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use vm::{Cx, Exit, Process};

use crate::control::Control;
use crate::reason::Reason;
use crate::receive::act;
use crate::runtime::Runtime;
use crate::signal::Item;
use crate::task::Task;
use crate::timers::Key;

pub struct Local {
    pub runtime: Arc<Runtime>,
    pub control: Arc<Control>,
    /// What has arrived and was not looked at yet.
    pub inbox: VecDeque<Item>,
    /// Where in the messages it has seen the running `receive` looks next.
    pub cursor: usize,
    /// When the wait of the running builtin ends, in microseconds. Set when it parks first, cleared when it is over.
    pub deadline_us: Option<u64>,
    /// The timer that ends the wait of a parked process.
    pub wait: Option<Key>,
    /// The process must end, and why.
    pub exit: Option<Reason>,
    pub traps_exits: bool,
    /// Most processes have none.
    relations: Option<Box<Relations>>,
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
            inbox: VecDeque::new(),
            cursor: 0,
            deadline_us: None,
            wait: None,
            exit: None,
            traps_exits: false,
            relations: None,
        }
    }

    /// Acts on all signals that have arrived. For the running process alone.
    pub fn receive_signals(&mut self) {
        for signal in self.control.take_signals() {
            act(self, signal);
        }
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

    pub fn take_relations(&mut self) -> Relations {
        self.relations.take().map_or_else(Relations::default, |relations| *relations)
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

/// The running process's data.
pub fn of<'c>(cx: &'c mut Cx) -> Option<&'c mut Local> {
    cx.attachment()?.1.data.as_mut()?.downcast_mut()
}

/// The running process's data, or an error where there is none.
pub fn local<'c>(cx: &'c mut Cx) -> Result<&'c mut Local, Exit> {
    if of(cx).is_none() {
        return Err(cx.deadlock_error("processes are not at hand while a module is loaded"));
    }
    of(cx).ok_or(Exit::Internal("a process without its data"))
}

/// The runtime and the running process, to use beside the heap.
pub fn here(cx: &mut Cx) -> Result<(Arc<Runtime>, Arc<Control>), Exit> {
    local(cx).map(|local| (local.runtime.clone(), local.control.clone()))
}
