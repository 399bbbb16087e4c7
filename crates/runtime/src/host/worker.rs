//! One worker: its queue, and its loop of choosing a process, running it, looking at the timers, sleeping.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::time::Duration;

use crate::control::Control;
use crate::host::pool::Pool;
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

/// Processes that are ready to run on one worker.
#[derive(Default)]
pub(super) struct Queue {
    /// The process that was woken last: it is likely to be the answer to the one that runs, and its data is at hand.
    next: Option<Arc<Control>>,
    /// Those whose time has come, in that order: before the others, or a timer would be late by all their slices.
    due: VecDeque<Arc<Control>>,
    pub ready: VecDeque<Arc<Control>>,
    /// Timers are firing: who is woken now is due.
    is_firing: bool,
    next_turns: u32,
}

impl Queue {
    /// True when others could help.
    pub fn add(&mut self, control: Arc<Control>) -> bool {
        self.ready.push_back(control);
        self.ready.len() >= MANY
    }

    pub fn add_next(&mut self, control: Arc<Control>) -> bool {
        if self.is_firing {
            self.due.push_back(control);
            return self.due.len() + self.ready.len() >= MANY;
        }
        match self.next.replace(control) {
            Some(before) => self.add(before),
            None => false,
        }
    }

    /// One that used up its slice. True when others wait, too.
    fn add_suspended(&mut self, control: Arc<Control>) -> bool {
        self.ready.push_back(control);
        self.ready.len() + self.due.len() + usize::from(self.next.is_some()) > 1
    }

    fn take(&mut self) -> Option<Arc<Control>> {
        if self.next_turns < NEXT_MAX || self.ready.is_empty() {
            if let Some(control) = self.due.pop_front().or_else(|| self.next.take()) {
                self.next_turns += 1;
                return Some(control);
            }
        } else if let Some(control) = self.next.take() {
            self.ready.push_back(control);
        }
        self.next_turns = 0;
        self.ready.pop_front().or_else(|| self.due.pop_front())
    }

    pub fn take_half(&mut self) -> VecDeque<Arc<Control>> {
        let others = if self.ready.is_empty() { &mut self.due } else { &mut self.ready };
        let count = others.len().div_ceil(2);
        others.drain(..count).collect()
    }
}

/// Works until the main process is over (the first worker), or the pool is (the others).
pub(super) fn work(pool: &Pool, runtime: &Arc<Runtime>, place: usize) {
    let mut turns = 0u32;
    let mut resting = Resting::default();
    loop {
        fire_due(pool, runtime, place);
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
                if pool.queue_of(place).add_suspended(control) {
                    pool.idle.wake_one();
                }
            }
            Step::Notified => {
                pool.queue_of(place).add_next(control);
            }
            Step::Waits => resting.add(&control, || pool.now_us()),
            Step::Ended => {}
            Step::MainEnded(ending, process) => pool.pause(ending, Some(process)),
        }
    }
}

/// All timers whose time has come. Who is woken runs in their order.
fn fire_due(pool: &Pool, runtime: &Arc<Runtime>, place: usize) {
    let Some(first) = pool.due() else { return };
    pool.queue_of(place).is_firing = true;
    fire(runtime, first);
    while let Some(event) = pool.due() {
        fire(runtime, event);
    }
    pool.queue_of(place).is_firing = false;
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
    let own = pool.queue_of(place).take();
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
    use super::*;
    use crate::control::MailboxLimits;

    fn control(pid: u64) -> Arc<Control> {
        Arc::new(Control::new(pid, None, MailboxLimits::default()))
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.take()).map(|control| control.pid).collect()
    }

    #[test]
    fn who_was_woken_last_runs_first_but_timers_keep_their_order() {
        let mut queue = Queue::default();
        queue.add(control(1));
        queue.add_next(control(2));
        queue.is_firing = true;
        (3..6).map(|pid| queue.add_next(control(pid))).for_each(|_| ());
        queue.is_firing = false;
        assert_eq!(order(&mut queue), [3, 4, 5, 2, 1]);
        queue.add_next(control(6));
        queue.add_next(control(7));
        assert_eq!(order(&mut queue), [7, 6]);
    }

    #[test]
    fn timers_without_end_keep_nobody_from_running() {
        let mut queue = Queue::default();
        queue.add(control(1));
        queue.is_firing = true;
        (2..100).map(|pid| queue.add_next(control(pid))).for_each(|_| ());
        let place = order(&mut queue).iter().position(|pid| *pid == 1);
        assert_eq!(place, Some(NEXT_MAX as usize));
    }
}
