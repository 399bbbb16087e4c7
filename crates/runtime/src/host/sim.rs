//! The host on one thread with a seed: the order of processes, the length of their slices and the time are functions of
//! the seed, so a run can be repeated. Time goes on by what processes use of their slices, and jumps when all of them
//! wait.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vm::Process;

use crate::control::Control;
use crate::host::resting::Resting;
use crate::host::{Ending, Host};
use crate::runtime::Runtime;
use crate::slice::{Step, advance};
use crate::timers::{Event, Key, Timers, fire};

/// Ticks of the longest slice.
const SLICE_TICKS: u64 = 20_000;
/// What a slice that was used up takes of the time.
const SLICE_US: u64 = 1000;

#[derive(Default)]
struct Queue {
    ready: VecDeque<Arc<Control>>,
    timers: Timers,
}

/// The part that processes reach.
#[derive(Default)]
pub(super) struct Shelf {
    queue: Mutex<Queue>,
    now_us: AtomicU64,
    /// Processes that wait for something outside the VM, for which there is no virtual time.
    outside: AtomicUsize,
    news: Condvar,
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the outside world has to answer before virtual time goes on: as long as until the next timer, so that a limit
/// of seconds does not run out while a busy machine moves bytes, but within these bounds.
const OUTSIDE_MIN: Duration = Duration::from_millis(50);
const OUTSIDE_MAX: Duration = Duration::from_secs(2);

impl Shelf {
    /// Waits until the outside world has woken a process. False when time may go on first.
    fn wait_outside(&self) -> bool {
        let start = Instant::now();
        let mut queue = self.lock();
        while queue.ready.is_empty() {
            let Some(time) = queue.timers.next_time() else {
                queue = self.news.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let ahead = Duration::from_micros(time.saturating_sub(self.now_us()));
            let patience = ahead.clamp(OUTSIDE_MIN, OUTSIDE_MAX);
            let Some(left) = patience.checked_sub(start.elapsed()) else { return false };
            queue = self.news.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Host for Shelf {
    fn start(&self, control: Arc<Control>) {
        self.lock().ready.push_back(control);
    }

    fn queue(&self, control: Arc<Control>) {
        self.lock().ready.push_back(control);
        self.news.notify_one();
    }

    fn now_us(&self) -> u64 {
        self.now_us.load(Relaxed)
    }

    fn add_timer(&self, time_us: u64, event: Event) -> Key {
        self.lock().timers.add(time_us, event)
    }

    fn remove_timer(&self, key: Key) {
        self.lock().timers.remove(key);
    }

    fn cancel_timer(&self, reference: u64) -> Option<u64> {
        let now = self.now_us();
        self.lock().timers.cancel(reference, now)
    }

    fn end_timers(&self, pid: u64) {
        self.lock().timers.end(pid);
    }

    fn outside(&self, begins: bool) {
        if begins {
            self.outside.fetch_add(1, Relaxed);
        } else {
            self.outside.fetch_sub(1, Relaxed);
        }
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

/// xorshift64*, which is all that an order needs.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound.max(1)
    }
}

pub(super) struct Sim {
    shelf: Arc<Shelf>,
    random: Random,
    resting: Resting,
}

impl Sim {
    pub(super) fn new(seed: u64) -> Sim {
        // Zero is the one state that the generator never leaves.
        Sim {
            shelf: Arc::default(),
            random: Random(seed.wrapping_mul(2).wrapping_add(1)),
            resting: Resting::default(),
        }
    }

    pub(super) fn shelf(&self) -> Arc<Shelf> {
        self.shelf.clone()
    }

    pub(super) fn run(
        &mut self,
        runtime: &Arc<Runtime>,
        main: Arc<Control>,
    ) -> (Ending, Option<Box<Process>>) {
        self.shelf.queue(main);
        loop {
            let now = self.shelf.now_us();
            while let Some(event) = self.due(now) {
                fire(runtime, event);
            }
            self.resting.tend(runtime, now);
            let Some(control) = self.next() else {
                runtime.vm.output().flush();
                if self.shelf.outside.load(Relaxed) > 0 && self.shelf.wait_outside() {
                    continue;
                }
                let Some(time) = self.shelf.lock().timers.next_time() else {
                    return (Ending::Deadlock, None);
                };
                self.shelf.now_us.store(time.max(now), Relaxed);
                continue;
            };
            let ticks = 1 + self.random.below(SLICE_TICKS) as i64;
            let step = advance(runtime, &control, ticks);
            let used = if matches!(step, Step::Suspended) { SLICE_US } else { 1 };
            self.shelf.now_us.fetch_add(used, Relaxed);
            match step {
                Step::Suspended | Step::Notified => self.shelf.queue(control),
                Step::Waits => self.resting.add(&control, || now),
                Step::Ended => {}
                Step::MainEnded(ending, process) => return (ending, Some(process)),
            }
        }
    }

    fn due(&self, now: u64) -> Option<Event> {
        self.shelf.lock().timers.due(now)
    }

    fn next(&mut self) -> Option<Arc<Control>> {
        let mut queue = self.shelf.lock();
        let index = match queue.ready.len() {
            0 | 1 => 0,
            waiting => self.random.below(waiting as u64) as usize,
        };
        queue.ready.swap_remove_front(index)
    }
}
