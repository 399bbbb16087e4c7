//! What a process does about the signals that others have sent it.

use std::sync::atomic::Ordering::Relaxed;

use crate::local::{Local, Relations};
use crate::reason::Reason;
use crate::signal::{ExitVia, Item, Signal};

pub(crate) fn act(local: &mut Local, signal: Signal) {
    match signal {
        Signal::Message(message) => local.inbox.push_back(Item::Message(message)),
        Signal::Exit { from, reason, via } => act_on_exit(local, from, reason, via),
        Signal::Down { reference, of, reason } => {
            // One that was taken back meanwhile is not told.
            let is_known = |known: &mut Relations| known.watching.remove(&reference);
            if local.known_relations().and_then(is_known).is_some() {
                add_item(local, Item::Down { reference, of, reason });
            }
        }
        Signal::Link { from } => {
            local.relations_mut().links.insert(from);
        }
        Signal::Monitor { reference, from } => {
            local.relations_mut().watchers.insert(reference, from);
        }
        Signal::Unlink { from } => {
            local.known_relations().map(|known| known.links.remove(&from));
        }
        Signal::Demonitor { reference } => {
            local.known_relations().map(|known| known.watchers.remove(&reference));
        }
        Signal::TaskDone { pid } => {
            // A failure stays listed, so that it is reported when nobody awaits it.
            if let Some(known) = local.known_relations()
                && known.tasks.get(&pid).is_some_and(|task| !task.has_failed())
            {
                known.tasks.remove(&pid);
            }
        }
        Signal::Limit(limit) => local.exit = Some(local.runtime.limit_reason(limit)),
        Signal::Ready => {}
    }
}

/// A message that the runtime makes of a signal.
pub(crate) fn add_item(local: &mut Local, item: Item) {
    local.control.messages.fetch_add(1, Relaxed);
    local.inbox.push_back(item);
}

pub(crate) fn act_on_exit(local: &mut Local, from: u64, reason: Reason, via: ExitVia) {
    if via == ExitVia::Link && !local.known_relations().is_some_and(|known| known.links.remove(&from)) {
        return;
    }
    let is_kill = via == ExitVia::Call && reason.value() == local.runtime.symbols.kill;
    let is_normal = reason.value() == local.runtime.symbols.normal;
    if is_kill {
        local.exit = Some(Reason::Shared(local.runtime.symbols.killed));
    } else if local.traps_exits {
        add_item(local, Item::Exit { from, reason });
    } else if (!is_normal || from == local.control.pid) && local.exit.is_none() {
        local.exit = Some(reason);
    }
}
