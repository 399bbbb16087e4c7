//! What others hold of a process: its queue of signals, and whether it waits.
//!
//! The state word decides who puts a process into a run queue: whoever moves it from `PARKED` to `QUEUED`, and nobody
//! else. The body is locked by whoever runs the process, for the whole slice.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use heap::Fragment;
use vm::{Process, ProcessConfig, Signals, signal};

use crate::local::Local;
use crate::mailbox::{Batch, Queue};
use crate::signal::Signal;
use crate::task::Task;

/// It waits: whoever has news for it queues it.
const PARKED: u8 = 0;
/// It is in a run queue.
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
/// It runs, and something came that it may not have seen.
const NOTIFIED: u8 = 3;
const ENDED: u8 = 4;

/// What happens to a message for a mailbox that is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The receiver ends.
    #[default]
    Kill,
    /// The message is dropped.
    DropNew,
    /// The oldest message is dropped.
    DropOld,
    /// The sender waits.
    Block,
}

/// Limits of a mailbox.
#[derive(Clone, Copy, Debug)]
pub struct MailboxLimits {
    pub messages_max: u32,
    pub bytes_max: usize,
    pub overflow: Overflow,
}

impl Default for MailboxLimits {
    fn default() -> MailboxLimits {
        MailboxLimits { messages_max: 1_000_000, bytes_max: usize::MAX / 2, overflow: Overflow::Kill }
    }
}

impl MailboxLimits {
    /// Messages may take as much as the heap, where nothing else was said.
    pub fn of(limits: &vm::Limits) -> MailboxLimits {
        MailboxLimits { bytes_max: limits.heap_bytes_max, ..MailboxLimits::default() }
    }
}

/// A process before its first slice: `(function, script, argument...)` as a message.
pub struct Newborn {
    pub code: Fragment,
    pub config: Arc<ProcessConfig>,
    pub local: Box<Local>,
}

/// The process itself.
pub enum Body {
    Newborn(Box<Newborn>),
    Living(Box<Process>),
    /// Ended, or the main process between two runs.
    Gone,
}

/// The shared part of a process.
pub struct Control {
    pub pid: u64,
    /// What it computes for somebody who awaits it.
    pub task: Option<Arc<Task>>,
    pub limits: MailboxLimits,
    state: AtomicU8,
    /// It has, or is about to get, a name.
    pub named: AtomicBool,
    /// It has been told that its mailbox is over a limit.
    pub is_over: AtomicBool,
    /// Timers will send it messages, or did so.
    pub has_timers: AtomicBool,
    /// It is listed to be looked at when it has waited for long.
    pub is_resting: AtomicBool,
    /// Slices that ended in waiting; whoever runs the process counts them.
    slices: AtomicU32,
    /// Messages that came through the queue. This and the next are numbers modulo 2^32, as their sum is far below that.
    sent: AtomicU32,
    /// Messages that came another way, less all that were taken. Changes only under the lock of the body, so two that
    /// talk need no atomic addition for each message.
    balance: AtomicU32,
    /// Bytes of messages that are not in the heap yet.
    pub bytes: AtomicUsize,
    queue: Queue,
    signals: OnceLock<Arc<Signals>>,
    body: Mutex<Body>,
}

// A million processes have one each, beside the two counts of its `Arc`.
const _: () = assert!(std::mem::size_of::<Control>() <= 112);

/// How many messages both counts make; none where one was read long before the other.
fn number_of(sent: u32, balance: u32) -> u32 {
    u32::try_from(sent.wrapping_add(balance) as i32).unwrap_or(0)
}

impl Control {
    pub fn new(pid: u64, task: Option<Arc<Task>>, limits: MailboxLimits) -> Control {
        Control {
            pid,
            task,
            limits,
            state: AtomicU8::new(PARKED),
            named: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            has_timers: AtomicBool::new(false),
            is_resting: AtomicBool::new(false),
            slices: AtomicU32::new(0),
            sent: AtomicU32::new(0),
            balance: AtomicU32::new(0),
            bytes: AtomicUsize::new(0),
            queue: Queue::new(),
            signals: OnceLock::new(),
            body: Mutex::new(Body::Gone),
        }
    }

    /// Messages that were sent and not taken by a `receive`.
    pub fn messages(&self) -> u32 {
        // In this order none is taken away that was not counted yet: at worst the number is too large for a moment.
        let balance = self.balance.load(SeqCst);
        number_of(self.sent.load(SeqCst), balance)
    }

    /// One message more comes through the queue; how many there are with it.
    pub fn count_sent(&self) -> u32 {
        let sent = self.sent.fetch_add(1, SeqCst).wrapping_add(1);
        number_of(sent, self.balance.load(SeqCst))
    }

    /// So many messages more came another way, or less: were taken. For whoever has locked the body.
    pub fn count_messages(&self, change: i32) {
        self.balance.store(self.balance.load(Relaxed).wrapping_add_signed(change), Release);
    }

    pub fn body(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body, unless somebody runs it.
    pub fn try_body(&self) -> Option<MutexGuard<'_, Body>> {
        match self.body.try_lock() {
            Ok(body) => Some(body),
            Err(TryLockError::Poisoned(body)) => Some(body.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Lets others interrupt the process while it runs.
    pub fn set_signals(&self, signals: Arc<Signals>) {
        // Only the first run of a process sets them.
        let _ = self.signals.set(signals);
    }

    /// Has a running process end its slice at its next poll.
    pub fn interrupt(&self) {
        if let Some(signals) = self.signals.get() {
            signals.raise(signal::YIELD);
        }
    }

    /// Has a running process tell the sampler where it stands.
    pub fn sample(&self) {
        if matches!(self.state.load(Relaxed), RUNNING | NOTIFIED)
            && let Some(signals) = self.signals.get()
        {
            signals.raise(signal::SAMPLE);
        }
    }

    /// Adds a signal; gives it back when the process has ended. The caller notifies.
    pub fn push(&self, signal: Signal) -> Result<(), Signal> {
        self.queue.push(signal)
    }

    /// It waits, or is to run and does not: what a lock on its body finds stays so as long as the lock is held.
    pub fn is_resting_or_queued(&self) -> bool {
        matches!(self.state.load(SeqCst), PARKED | QUEUED)
    }

    /// The signals that have arrived. For the process itself alone.
    pub fn take_signals(&self) -> Batch {
        if self.state.load(Relaxed) == NOTIFIED {
            // What was notified is about to be seen. Nobody else leaves this state.
            self.state.swap(RUNNING, SeqCst);
        }
        self.queue.take()
    }

    /// For whoever runs the process.
    pub fn count_slice(&self) {
        self.slices.store(self.slices().wrapping_add(1), Relaxed);
    }

    pub fn slices(&self) -> u32 {
        self.slices.load(Relaxed)
    }

    /// Notes that there is news; true when the caller must queue the process.
    pub fn notify(&self) -> bool {
        loop {
            let state = self.state.load(SeqCst);
            let next = match state {
                PARKED => QUEUED,
                RUNNING => NOTIFIED,
                _ => return false,
            };
            if self.state.compare_exchange(state, next, SeqCst, Acquire).is_ok() {
                return next == QUEUED;
            }
        }
    }

    pub fn set_running(&self) {
        self.state.swap(RUNNING, SeqCst);
    }

    /// The process is queued by the caller.
    pub fn set_queued(&self) {
        self.state.store(QUEUED, SeqCst);
    }

    /// After a slice that ended in waiting; false when news came meanwhile and the caller must queue the process.
    pub fn park(&self) -> bool {
        let parked = self.state.compare_exchange(RUNNING, PARKED, AcqRel, Acquire).is_ok();
        if !parked {
            self.set_queued();
        }
        parked
    }

    /// Nothing reaches the process any more. Gives the last signals.
    pub fn close(&self) -> Batch {
        let last = self.queue.close();
        self.state.store(ENDED, SeqCst);
        last
    }

    pub fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    pub fn is_waiting(&self) -> bool {
        self.state.load(Acquire) == PARKED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_parked_process_is_queued_by_news() {
        let control = Control::new(1, None, MailboxLimits::default());
        assert!(control.notify(), "it was parked");
        assert!(!control.notify(), "it is queued already");
        control.set_running();
        assert!(!control.notify(), "it runs");
        assert!(!control.park(), "news came while it ran");
        control.set_running();
        assert!(control.park());
        assert!(control.notify());
        control.close();
        assert!(!control.notify());
    }

    /// Steps of two senders and of the receiver, each atomic by itself.
    const SENDS: usize = 4;

    /// The receiver: its lock, what was handed over to it, and what it has received.
    #[derive(Default)]
    struct Receiver {
        is_locked: bool,
        mailbox: Vec<u64>,
        received: Vec<u64>,
        step: usize,
    }

    fn number(signal: Signal) -> Option<u64> {
        match signal {
            Signal::Link { from } => Some(from),
            _ => None,
        }
    }

    impl Receiver {
        fn go_on(&mut self, control: &Control, queued: &mut bool) {
            self.step = match self.step {
                0 if *queued => {
                    *queued = false;
                    self.is_locked = true;
                    control.set_running();
                    1
                }
                0 => 0,
                1 => {
                    self.received.append(&mut self.mailbox);
                    self.received.extend(control.take_signals().filter_map(number));
                    2
                }
                2 => {
                    self.is_locked = false;
                    3
                }
                _ => {
                    *queued |= !control.park();
                    0
                }
            };
        }
    }

    /// Runs a schedule (0 and 1: a step of that sender, 2: a step of the receiver) on a real control, then lets the
    /// receiver go on until it waits. Gives what it received. Senders of the first kind hand over where they may; those
    /// of the second always use the queue.
    fn play(schedule: &[u8], hands_over: [bool; 2]) -> Vec<u64> {
        let control = Control::new(1, None, MailboxLimits::default());
        control.set_queued();
        let mut queued = true;
        let mut sender_steps = [0; 2];
        let mut receiver = Receiver::default();
        for &who in schedule {
            if who == 2 {
                receiver.go_on(&control, &mut queued);
                continue;
            }
            let step = &mut sender_steps[who as usize];
            let message = u64::from(who) * 10 + *step as u64;
            if *step % 2 == 1 {
                if control.notify() {
                    assert!(!queued, "queued twice");
                    queued = true;
                }
            } else if hands_over[who as usize] && !receiver.is_locked && control.is_resting_or_queued() {
                receiver.mailbox.extend(control.take_signals().filter_map(number));
                receiver.mailbox.push(message);
            } else {
                assert!(control.push(Signal::Link { from: message }).is_ok());
            }
            *step += 1;
        }
        while queued || receiver.step != 0 {
            receiver.go_on(&control, &mut queued);
        }
        assert!(control.is_waiting() && receiver.mailbox.is_empty());
        receiver.received
    }

    fn check(schedule: &[u8], received: &[u64]) {
        assert_eq!(received.len(), SENDS, "lost in {schedule:?}");
        for sender in 0..2 {
            let own: Vec<_> = received.iter().filter(|from| **from / 10 == sender).collect();
            assert_eq!(own, [&(sender * 10), &(sender * 10 + 2)], "order in {schedule:?}");
        }
    }

    fn schedules(left: [usize; 3], schedule: &mut Vec<u8>, count: &mut usize) {
        if left == [0; 3] {
            *count += 1;
            for hands_over in [[false, false], [true, false], [true, true]] {
                check(schedule, &play(schedule, hands_over));
            }
        }
        for who in 0..3 {
            if left[who] > 0 {
                let mut rest = left;
                rest[who] -= 1;
                schedule.push(who as u8);
                schedules(rest, schedule, count);
                schedule.pop();
            }
        }
    }

    #[test]
    fn no_order_of_steps_loses_a_signal_or_queues_twice() {
        let mut count = 0;
        schedules([4, 4, 8], &mut Vec::new(), &mut count);
        assert_eq!(count, 900_900);
    }
}
