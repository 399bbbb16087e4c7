//! Channels: a bounded queue between processes.
//!
//! Invariant: a process that waits for a channel stands in one of its lists, and the channel stands in the process's
//! own list; whoever is woken looks at the channel anew. A process that was woken and does not take its turn (it ended,
//! or went on with something else) leaves through `leave`, which wakes the next one: no turn is ever lost.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use heap::{ExternalObject, Fragment};

use crate::control::Control;
use crate::held::{ENTRY_BYTES, Held};
use crate::local::Local;
use crate::runtime::Runtime;

/// What an operation on a channel came to.
pub enum Turn<T> {
    Done(T),
    /// It has to wait.
    Waits,
    Closed,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Each with what it costs its owner, who is charged with it; nothing once the owner has ended.
    messages: VecDeque<(Fragment, Option<Held>)>,
    owner: Weak<Control>,
    receivers: VecDeque<u64>,
    senders: VecDeque<u64>,
}

pub struct Channel {
    capacity: usize,
    state: Mutex<State>,
}

impl Channel {
    pub fn new(owner: &Arc<Control>, capacity: usize) -> Channel {
        let state = State { owner: Arc::downgrade(owner), ..State::default() };
        Channel { capacity, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_owned_by(&self, control: &Control) -> bool {
        std::ptr::eq(self.lock().owner.as_ptr(), control)
    }

    /// What is in it counts for its new owner.
    pub fn set_owner(&self, runtime: &Runtime, owner: &Arc<Control>) {
        let mut state = self.lock();
        state.owner = Arc::downgrade(owner);
        for (message, held) in &mut state.messages {
            *held = runtime.hold(owner, message.bytes() + ENTRY_BYTES);
        }
    }

    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Whether a message can be put into it, and whether one can be taken, without waiting. Both are so when it is
    /// closed: the operation then fails at once.
    pub fn is_ready(&self, sends: bool) -> bool {
        let state = self.lock();
        state.closed || if sends { state.messages.len() < self.capacity } else { !state.messages.is_empty() }
    }

    /// Puts a message in; gives it back where that has to wait or never will do.
    pub fn send(&self, runtime: &Runtime, message: Fragment) -> Turn<()> {
        let mut state = self.lock();
        if state.closed {
            return Turn::Closed;
        }
        if state.messages.len() >= self.capacity {
            return Turn::Waits;
        }
        let owner = state.owner.upgrade();
        let held = owner.as_ref().and_then(|owner| runtime.hold(owner, message.bytes() + ENTRY_BYTES));
        if held.is_none() {
            // The owner ends, and the channel with it.
            return Turn::Closed;
        }
        state.messages.push_back((message, held));
        let next = state.receivers.pop_front();
        drop(state);
        self.wake(runtime, next, false);
        Turn::Done(())
    }

    /// Takes a message. What was sent before the channel was closed can still be taken.
    pub fn receive(&self, runtime: &Runtime) -> Turn<Fragment> {
        let mut state = self.lock();
        let Some((message, _)) = state.messages.pop_front() else {
            return if state.closed { Turn::Closed } else { Turn::Waits };
        };
        let next = state.senders.pop_front();
        drop(state);
        self.wake(runtime, next, true);
        Turn::Done(message)
    }

    /// Wakes a process whose turn it is; one that is dead gives its turn to the next.
    fn wake(&self, runtime: &Runtime, mut next: Option<u64>, sends: bool) {
        while let Some(pid) = next {
            if let Some(control) = runtime.table.get(pid) {
                return runtime.wake(&control);
            }
            let mut state = self.lock();
            next = if sends { state.senders.pop_front() } else { state.receivers.pop_front() };
        }
    }

    /// A process is going to wait.
    pub fn enter(&self, pid: u64, sends: bool) {
        let mut state = self.lock();
        if sends { state.senders.push_back(pid) } else { state.receivers.push_back(pid) }
    }

    /// A process no longer waits. If it was its turn, it is that of the next.
    pub fn leave(&self, runtime: &Runtime, pid: u64) {
        let mut state = self.lock();
        state.receivers.retain(|waiting| *waiting != pid);
        state.senders.retain(|waiting| *waiting != pid);
        let receiver = if state.messages.is_empty() { None } else { state.receivers.pop_front() };
        let has_room = state.messages.len() < self.capacity;
        let sender = if has_room { state.senders.pop_front() } else { None };
        drop(state);
        self.wake(runtime, receiver, false);
        self.wake(runtime, sender, true);
    }

    /// Nothing more can be sent. Everybody who waits is woken.
    pub fn close(&self, runtime: &Runtime) {
        let waiting: Vec<u64> = {
            let mut state = self.lock();
            state.closed = true;
            let State { receivers, senders, .. } = &mut *state;
            receivers.drain(..).chain(senders.drain(..)).collect()
        };
        for control in waiting.into_iter().filter_map(|pid| runtime.table.get(pid)) {
            runtime.wake(&control);
        }
    }
}

impl ExternalObject for Channel {
    fn describe(&self) -> String {
        let state = self.lock();
        let closed = if state.closed { " closed" } else { "" };
        format!("channel {}/{}{closed}", state.messages.len(), self.capacity)
    }

    fn is_shareable(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Runtime {
    /// The running process waits for a channel.
    pub(crate) fn enter_channel(&self, own: &mut Local, channel: Arc<Channel>, sends: bool) {
        channel.enter(own.control.pid, sends);
        own.rare_mut().waits_for.push(channel);
    }

    /// The running process looks again, or goes on with something else.
    pub(crate) fn leave_channels(&self, own: &mut Local) {
        let Some(rare) = &mut own.rare else { return };
        for channel in std::mem::take(&mut rare.waits_for) {
            channel.leave(self, own.control.pid);
        }
    }

    /// A channel is the process's: it is closed when that ends. Those that nobody has any more are forgotten.
    pub(crate) fn own_channel(&self, own: &mut Local, channel: &Arc<Channel>) {
        let channels = &mut own.rare_mut().channels;
        if channels.len() == channels.capacity() {
            channels.retain(|channel| channel.strong_count() > 0);
        }
        channels.push(Arc::downgrade(channel));
    }

    /// What a process that ends leaves to channels: those that it owns are closed.
    pub(crate) fn end_channels(&self, own: &mut Local) {
        self.leave_channels(own);
        let owned = own.rare.as_mut().map(|rare| std::mem::take(&mut rare.channels)).unwrap_or_default();
        for channel in owned.iter().filter_map(Weak::upgrade) {
            if channel.is_owned_by(&own.control) {
                channel.close(self);
            }
        }
    }
}
