//! One worker: its queue, and its loop of choosing a process, running it, looking at the timers, sleeping.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crate::control::Control;
use crate::host::pool::{Pool, with_own};
use crate::host::resting::Resting;
use crate::host::{Ending, Host};
use crate::runtime::Runtime;
use crate::slice::{Step, advance};
use crate::timers::fire;

/// Ticks of a slice while others wait to run: at most about a millisecond.
const SLICE_TICKS: i64 = 20_000;
/// Ticks of a slice of the only process.
pub(super) const ALONE_TICKS: i64 = 1 << 20;
/// So many processes in a row may run because another has just woken them; then those that waited longer have a turn.
const NEXT_MAX: u32 = 16;
/// So many in a queue are more than one worker should have while others sleep.
const MANY: usize = 4;
/// Between so many slices a worker looks for work from outside, even when it has its own.
const OUTSIDE_TURNS: u32 = 16;
/// Between so many slices a busy worker looks whether others have waited for long.
const REST_TURNS: u32 = 64;
/// The longest sleep at a time.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// Processes that are ready to run on one worker, where other workers find them.
#[derive(Default)]
pub(super) struct Queue {
    /// Those whose time has come, in that order: before the others, or a timer would be late by all their slices.
    due: VecDeque<Arc<Control>>,
    pub ready: VecDeque<Arc<Control>>,
}

impl Queue {
    /// True when others could help.
    pub fn add(&mut self, control: Arc<Control>) -> bool {
        self.ready.push_back(control);
        self.ready.len() >= MANY
    }

    fn add_due(&mut self, control: Arc<Control>) -> bool {
        self.due.push_back(control);
        self.due.len() + self.ready.len() >= MANY
    }

    pub fn take_half(&mut self) -> VecDeque<Arc<Control>> {
        let others = if self.ready.is_empty() { &mut self.due } else { &mut self.ready };
        let count = others.len().div_ceil(2);
        others.drain(..count).collect()
    }
}

/// What a worker has for itself alone, so that two processes that talk hand it to each other without a lock.
pub(super) struct Own {
    /// The process that was woken last: it is likely to be the answer to the one that runs, and its data is at hand.
    next: Cell<Option<Arc<Control>>>,
    /// So many processes in a row ran because another had just woken them.
    turns: Cell<u32>,
    /// Timers are firing: who is woken now is due.
    is_firing: Cell<bool>,
    /// There may be somebody in `Queue::due`.
    has_due: Cell<bool>,
}

impl Own {
    pub const fn new() -> Own {
        Own {
            next: Cell::new(None),
            turns: Cell::new(0),
            is_firing: Cell::new(false),
            has_due: Cell::new(false),
        }
    }

    /// A process that was just woken. True when others could help.
    pub fn add<'q>(&self, control: Arc<Control>, queue: impl FnOnce() -> MutexGuard<'q, Queue>) -> bool {
        if self.is_firing.get() {
            self.has_due.set(true);
            return queue().add_due(control);
        }
        match self.next.replace(Some(control)) {
            Some(before) => queue().add(before),
            None => false,
        }
    }

    /// One that used up its slice. True when others wait, too.
    fn add_suspended(&self, control: Arc<Control>, queue: &mut Queue) -> bool {
        queue.ready.push_back(control);
        let next = self.next.take();
        let waiting = queue.ready.len() + queue.due.len() + usize::from(next.is_some());
        self.next.set(next);
        waiting > 1
    }

    fn take<'q>(&self, queue: impl FnOnce() -> MutexGuard<'q, Queue>) -> Option<Arc<Control>> {
        let turns = self.turns.get();
        if !self.has_due.get()
            && turns < NEXT_MAX
            && let Some(control) = self.next.take()
        {
            self.turns.set(turns + 1);
            return Some(control);
        }
        let mut queue = queue();
        if turns < NEXT_MAX || queue.ready.is_empty() {
            let due = queue.due.pop_front();
            self.has_due.set(!queue.due.is_empty());
            if let Some(control) = due.or_else(|| self.next.take()) {
                self.turns.set(if queue.ready.is_empty() { 0 } else { turns + 1 });
                return Some(control);
            }
        } else if let Some(control) = self.next.take() {
            queue.ready.push_back(control);
        }
        self.turns.set(0);
        queue.ready.pop_front().or_else(|| queue.due.pop_front())
    }

    /// What is in this one moves into another: a worker of another pool begins on the same thread.
    pub fn set_aside(&self) -> Own {
        let aside = Own::new();
        aside.put_back(self);
        aside
    }

    pub fn put_back(&self, from: &Own) {
        self.next.set(from.next.take());
        self.turns.set(from.turns.take());
        self.is_firing.set(from.is_firing.take());
        self.has_due.set(from.has_due.take());
    }

    /// The worker stops for now: others, or its next run, find what it had.
    pub fn leave(&self, queue: &mut Queue) {
        if let Some(control) = self.next.take() {
            queue.ready.push_front(control);
        }
    }
}

/// Works until the main process is over (the first worker), or the pool is (the others).
pub(super) fn work(pool: &Pool, runtime: &Arc<Runtime>, place: usize) {
    let mut turns = 0u32;
    let mut resting = Resting::default();
    loop {
        fire_due(pool, runtime);
        if pool.is_paused.load(Acquire) {
            if place == 0 || pool.is_over() {
                return;
            }
            rest(pool);
            continue;
        }
        turns = turns.wrapping_add(1);
        if turns.is_multiple_of(REST_TURNS) && !resting.is_empty() {
            resting.tend(runtime, pool.now_us());
        }
        let Some(control) = choose(pool, runtime, &mut resting, (place, turns)) else { continue };
        let ticks = if runtime.table.len() == 1 { ALONE_TICKS } else { SLICE_TICKS };
        match advance(runtime, &control, ticks) {
            Step::Suspended => {
                if with_own(|own| own.add_suspended(control, &mut pool.queue_of(place))) {
                    pool.idle.wake_one();
                }
            }
            Step::Notified => {
                with_own(|own| own.add(control, || pool.queue_of(place)));
            }
            Step::Waits => resting.add(&control, || pool.now_us()),
            Step::Ended => {}
            Step::MainEnded(ending, process) => pool.pause(ending, Some(process)),
        }
    }
}

/// All timers whose time has come. Who is woken runs in their order.
fn fire_due(pool: &Pool, runtime: &Arc<Runtime>) {
    let Some(first) = pool.due() else { return };
    with_own(|own| own.is_firing.set(true));
    fire(runtime, first);
    while let Some(event) = pool.due() {
        fire(runtime, event);
    }
    with_own(|own| own.is_firing.set(false));
}

/// The next process that this worker runs; nothing when it has slept or tidied meanwhile.
fn choose(
    pool: &Pool,
    runtime: &Runtime,
    resting: &mut Resting,
    (place, turns): (usize, u32),
) -> Option<Arc<Control>> {
    let outside_first = turns.is_multiple_of(OUTSIDE_TURNS);
    if outside_first && let Some(control) = from_outside(pool) {
        return Some(control);
    }
    let own = with_own(|own| own.take(|| pool.queue_of(place)));
    if let Some(control) = own.or_else(|| from_outside(pool)) {
        return Some(control);
    }
    let mut found = pool.steal(place);
    if found.is_none() {
        if resting.tend(runtime, pool.now_us()) {
            return None;
        }
        // Nothing is to be done: whoever reads the output sees what there is of it.
        runtime.vm.output().flush();
        found = sleep(pool, place, resting.next_us());
    }
    if found.is_some() {
        // There may be more where this came from.
        pool.idle.wake_one();
    }
    found
}

fn from_outside(pool: &Pool) -> Option<Arc<Control>> {
    if pool.idle.inbox.load(Relaxed) == 0 {
        return None;
    }
    pool.idle.pop(&mut pool.idle.lock())
}

/// Sleeps until there may be work; gives what it finds on the way.
fn sleep(pool: &Pool, place: usize, tidies_us: Option<u64>) -> Option<Arc<Control>> {
    let mut gate = pool.idle.lock();
    if pool.is_paused.load(Acquire) {
        return None;
    }
    let idle = gate.idle + 1;
    pool.idle.set_idle(&mut gate, idle);
    let found = pool.idle.pop(&mut gate).or_else(|| pool.steal(place));
    if found.is_none() {
        let next = pool.next_timer();
        let is_deadlock =
            next.is_none() && idle == pool.workers.load(SeqCst) && pool.outside.load(SeqCst) == 0;
        if is_deadlock {
            let idle = gate.idle - 1;
            pool.idle.set_idle(&mut gate, idle);
            drop(gate);
            pool.pause(Ending::Deadlock, None);
            return None;
        }
        let minds_time = next.filter(|next| gate.timekeeper_us.is_none_or(|other| *next < other));
        if minds_time.is_some() {
            gate.timekeeper_us = minds_time;
        }
        let wakes = minds_time.into_iter().chain(tidies_us).min();
        let left = wakes.map(|next| Duration::from_micros(next.saturating_sub(pool.now_us())).min(SLEEP_MAX));
        gate = pool.idle.sleep(gate, left);
        if minds_time.is_some() && gate.timekeeper_us == minds_time {
            gate.timekeeper_us = None;
        }
    }
    pool.idle.found();
    let idle = gate.idle - 1;
    pool.idle.set_idle(&mut gate, idle);
    found
}

/// Sleeps as long as the program does not run.
fn rest(pool: &Pool) {
    let mut gate = pool.idle.lock();
    let idle = gate.idle + 1;
    pool.idle.set_idle(&mut gate, idle);
    while pool.is_paused.load(Acquire) && !pool.is_over() {
        gate = pool.idle.sleep(gate, None);
    }
    let idle = gate.idle - 1;
    pool.idle.set_idle(&mut gate, idle);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::control::MailboxLimits;

    fn control(pid: u64) -> Arc<Control> {
        Arc::new(Control::new(pid, None, MailboxLimits::default()))
    }

    /// A worker's two parts.
    #[derive(Default)]
    struct Worker {
        own: Own,
        queue: Mutex<Queue>,
    }

    impl Default for Own {
        fn default() -> Own {
            Own::new()
        }
    }

    impl Worker {
        fn queue(&self) -> MutexGuard<'_, Queue> {
            self.queue.lock().expect("nothing panics under the lock")
        }

        fn wake(&self, pid: u64) {
            self.own.add(control(pid), || self.queue());
        }

        fn fire(&self, pids: std::ops::Range<u64>) {
            self.own.is_firing.set(true);
            pids.for_each(|pid| self.wake(pid));
            self.own.is_firing.set(false);
        }

        fn order(&self) -> Vec<u64> {
            std::iter::from_fn(|| self.own.take(|| self.queue())).map(|control| control.pid).collect()
        }
    }

    #[test]
    fn who_was_woken_last_runs_first_but_timers_keep_their_order() {
        let worker = Worker::default();
        worker.queue().add(control(1));
        worker.wake(2);
        worker.fire(3..6);
        assert_eq!(worker.order(), [3, 4, 5, 2, 1]);
        worker.wake(6);
        worker.wake(7);
        assert_eq!(worker.order(), [7, 6]);
    }

    #[test]
    fn timers_without_end_keep_nobody_from_running() {
        let worker = Worker::default();
        worker.queue().add(control(1));
        worker.fire(2..100);
        let place = worker.order().iter().position(|pid| *pid == 1);
        assert_eq!(place, Some(NEXT_MAX as usize));
    }

    #[test]
    fn two_that_wake_each_other_keep_nobody_from_running() {
        let worker = Worker::default();
        worker.queue().add(control(1));
        let mut turns = 0;
        loop {
            worker.wake(2);
            turns += 1;
            if worker.own.take(|| worker.queue()).is_some_and(|control| control.pid == 1) {
                break;
            }
        }
        assert_eq!(turns, NEXT_MAX + 1);
    }

    #[test]
    fn a_worker_that_stops_leaves_nobody_behind() {
        let worker = Worker::default();
        worker.wake(1);
        worker.own.leave(&mut worker.queue());
        assert_eq!(worker.queue().take_half().len(), 1);
    }
}
