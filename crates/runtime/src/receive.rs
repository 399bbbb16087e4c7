//! What a process does about the signals that others have sent it.

use crate::calls::Answer;
use crate::local::{Local, Relations};
use crate::reason::Reason;
use crate::signal::{ExitVia, Item, News, Signal};

pub(crate) fn act(local: &mut Local, signal: Signal) {
    match signal {
        Signal::Message(message) => push(local, Item::Message(message), false),
        Signal::Internal(message) => push(local, Item::Message(message), true),
        Signal::Answer { reference, answer } => {
            local.known_relations().map(|known| known.watching.remove(&reference));
            take_answer(local, reference, answer);
        }
        Signal::Own(channel) => local.runtime.clone().own_channel(local, &channel),
        Signal::DropOldest => {
            if local.mailbox.drop_oldest() {
                local.control.count_messages(-1);
            }
        }
        Signal::Exit { from, reason, via } => act_on_exit(local, from, reason, via),
        Signal::Down { reference, of, reason } => {
            // One that was taken back meanwhile is not told.
            let is_known = |known: &mut Relations| known.watching.remove(&reference);
            if local.known_relations().and_then(is_known).is_none() {
                return;
            }
            if !take_answer(local, reference, Answer::Down(reason.clone())) {
                add_news(local, News::Down { reference, of, reason });
            }
        }
        Signal::Link { from } => {
            local.relations_mut().links.insert(from);
            local.mind_relations();
        }
        Signal::Monitor { reference, from } => {
            local.relations_mut().watchers.insert(reference, from);
            local.mind_relations();
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
        Signal::Limit(limit) => {
            if local.exit.is_none() {
                local.over = Some(limit);
            }
            local.exit = Some(local.runtime.limit_reason(limit));
        }
        Signal::Ready => {}
    }
}

/// A message that the runtime makes of a signal.
pub(crate) fn add_news(local: &mut Local, news: News) {
    local.control.count_messages(1);
    push(local, Item::News(Box::new(news)), false);
}

fn push(local: &mut Local, item: Item, internal: bool) {
    local.mailbox.push(item, internal, &local.runtime.symbols);
}

/// Gives an answer to the call that waits for it; false when there is no such call.
fn take_answer(local: &mut Local, reference: u64, answer: Answer) -> bool {
    let place = local.rare.as_mut().and_then(|rare| rare.answers.get_mut(&reference));
    let Some(place) = place else { return false };
    if matches!(place, Answer::Waits) {
        *place = answer;
    }
    true
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
        add_news(local, News::Exit { from, reason });
    } else if local.rare.as_ref().is_some_and(|rare| rare.defers_exits)
        && (!is_normal || from == local.control.pid)
    {
        local.control.count_messages(1);
        push(local, Item::News(Box::new(News::Exit { from, reason })), true);
    } else if (!is_normal || from == local.control.pid) && local.exit.is_none() {
        local.exit = Some(reason);
    }
}
