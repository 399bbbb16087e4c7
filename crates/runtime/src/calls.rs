//! Calls: a request and its one answer.
//!
//! Invariant: an answer has a place at the caller from before the request is sent until the caller has it or gives up.
//! The answer, and the end of whoever was to give it, go to that place and nowhere else; once the place is gone they
//! are dropped, so nothing late ever reaches a mailbox.

use std::sync::Arc;

use heap::Fragment;

use crate::control::Control;
use crate::local::Local;
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::signal::Signal;

/// What has become of a call.
pub enum Answer {
    Waits,
    Value(Fragment),
    /// The error that it threw.
    Error(Fragment),
    /// Whoever was called ended first.
    Down(Reason),
}

impl Runtime {
    /// Makes a place for an answer.
    pub(crate) fn open_call(&self, own: &mut Local) -> u64 {
        let reference = self.new_reference();
        own.rare_mut().answers.insert(reference, Answer::Waits);
        reference
    }

    /// The end of `called` answers the call too. False when it is dead already.
    pub(crate) fn watch_call(&self, own: &mut Local, called: &Arc<Control>, reference: u64) -> bool {
        own.relations_mut().watching.insert(reference, called.pid);
        let request = Signal::Monitor { reference, from: own.control.pid };
        let is_watched = self.signal(called, request).is_ok();
        if !is_watched {
            own.relations_mut().watching.remove(&reference);
        }
        is_watched
    }

    /// Gives an answer to a call of another process; false when that one is dead.
    pub(crate) fn answer(&self, own: &mut Local, caller: u64, reference: u64, answer: Answer) -> bool {
        own.receive_signals();
        own.known_relations().map(|known| known.watchers.remove(&reference));
        let Some(caller) = self.table.get(caller) else { return false };
        caller.push(Signal::Answer { reference, answer }).is_ok() && {
            self.wake(&caller);
            true
        }
    }

    /// The answer, if there is one; its place is gone then.
    pub(crate) fn take_answer(&self, own: &mut Local, reference: u64) -> Option<Answer> {
        own.receive_signals();
        let answers = &mut own.rare.as_mut()?.answers;
        if matches!(answers.get(&reference), Some(Answer::Waits)) {
            return None;
        }
        answers.remove(&reference)
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn close_call(&self, own: &mut Local, reference: u64) {
        if let Some(rare) = &mut own.rare {
            rare.answers.remove(&reference);
        }
        self.demonitor(own, reference);
    }
}
