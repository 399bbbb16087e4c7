//! The host on threads. The thread that runs the program is the first worker; the others start with the first spawn, so
//! a program that never spawns starts no thread.
//!
//! Why the queues are our own and not those of an async runtime: two processes that talk hand each other a worker, which
//! takes one lock and no system call; a process costs no task beside itself; and whether all of them wait, which is a
//! deadlock that the program is told of, is known exactly.

use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use vm::Process;

use crate::control::Control;
use crate::host::idle::{Gate, Idle};
use crate::host::worker::{Own, Queue, work};
use crate::host::{Ending, Host};
use crate::runtime::Runtime;
use crate::timers::{Event, Key, Timers};

/// No timer is set.
const NEVER: u64 = u64::MAX;
/// Native stack of a worker.
const STACK_BYTES: usize = 8 << 20;
/// How long the end of the program waits for slices that run on other workers.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// A worker's part that others reach. On cache lines of its own.
#[repr(align(128))]
#[derive(Default)]
struct Place {
    queue: Mutex<Queue>,
}

pub(crate) struct Pool {
    places: Box<[Place]>,
    pub(super) idle: Idle,
    start: Instant,
    timers: Mutex<Timers>,
    /// When the first timer is due.
    next_timer_us: AtomicU64,
    /// Waits for something outside the VM, which are no deadlock.
    pub(super) outside: AtomicUsize,
    /// The main process is over: no slice begins any more.
    pub(super) is_paused: AtomicBool,
    is_over: AtomicBool,
    /// Workers that run, the first one included.
    pub(super) workers: AtomicUsize,
    runtime: OnceLock<Weak<Runtime>>,
}

thread_local! {
    /// The pool that this thread works for, by its address, and its place there.
    static WORKER: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    /// What this thread's worker has for itself.
    static OWN: Own = const { Own::new() };
}

pub(super) fn with_own<R>(act: impl FnOnce(&Own) -> R) -> R {
    OWN.with(act)
}

impl Pool {
    pub(super) fn new(schedulers: usize) -> Arc<Pool> {
        Arc::new(Pool {
            places: (0..schedulers.max(1)).map(|_| Place::default()).collect(),
            idle: Idle::default(),
            start: Instant::now(),
            timers: Mutex::default(),
            next_timer_us: AtomicU64::new(NEVER),
            outside: AtomicUsize::new(0),
            is_paused: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            workers: AtomicUsize::new(1),
            runtime: OnceLock::new(),
        })
    }

    pub(super) fn set_runtime(&self, runtime: &Arc<Runtime>) {
        // Set once, by whoever made both.
        let _ = self.runtime.set(Arc::downgrade(runtime));
    }

    pub(super) fn queue_of(&self, place: usize) -> MutexGuard<'_, Queue> {
        self.places[place].queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the calling thread works, if it works here.
    fn own_place(&self) -> Option<usize> {
        let (pool, place) = WORKER.get();
        (pool == std::ptr::from_ref(self).addr()).then_some(place)
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the first timer is due, in microseconds; `None` when there is none.
    pub(super) fn next_timer(&self) -> Option<u64> {
        Some(self.next_timer_us.load(SeqCst)).filter(|time| *time != NEVER)
    }

    fn note_next_timer(&self, timers: &Timers) {
        self.next_timer_us.store(timers.next_time().unwrap_or(NEVER), SeqCst);
    }

    /// What is due now.
    pub(super) fn due(&self) -> Option<Event> {
        if self.next_timer_us.load(Relaxed) == NEVER {
            return None;
        }
        let now = self.now_us();
        if self.next_timer_us.load(Relaxed) > now {
            return None;
        }
        let mut timers = self.timers();
        let event = timers.due(now);
        self.note_next_timer(&timers);
        event
    }

    /// Half of what waits in another worker's queue; the first of them to run at once. Wakes nobody, since it is called
    /// under the lock that waking takes.
    pub(super) fn steal(&self, own: usize) -> Option<Arc<Control>> {
        let places = self.places.len();
        for distance in 1..places {
            let mut taken = self.queue_of((own + distance) % places).take_half();
            if let Some(first) = taken.pop_front() {
                self.queue_of(own).ready.append(&mut taken);
                return Some(first);
            }
        }
        None
    }

    /// Starts the other workers, once there is a second process.
    fn start_workers(&self) {
        if self.places.len() == 1 || self.workers.load(Relaxed) > 1 {
            return;
        }
        let Some(runtime) = self.runtime.get().and_then(Weak::upgrade) else { return };
        let host = runtime.host.clone();
        if self.workers.compare_exchange(1, self.places.len(), SeqCst, SeqCst).is_err() {
            return;
        }
        for place in 1..self.places.len() {
            let (weak, host) = (Arc::downgrade(&runtime), host.clone());
            let run = move || {
                if let (Some(runtime), Some(pool)) = (weak.upgrade(), host.pool()) {
                    pool.enter(place, || work(pool, &runtime, place));
                }
            };
            let name = format!("dunlin-{place}");
            if std::thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(run).is_err() {
                // The system gives no more threads: fewer workers must do.
                self.workers.fetch_sub(1, SeqCst);
            }
        }
    }

    fn enter(&self, place: usize, run: impl FnOnce()) {
        let outer = WORKER.replace((std::ptr::from_ref(self).addr(), place));
        let aside = with_own(Own::set_aside);
        run();
        with_own(|own| {
            own.leave(&mut self.queue_of(place));
            own.put_back(&aside);
        });
        WORKER.set(outer);
    }

    /// Runs the main process to its end on this thread and the others.
    pub(super) fn run(&self, runtime: &Arc<Runtime>, main: Arc<Control>) -> (Ending, Option<Box<Process>>) {
        self.is_paused.store(false, Release);
        self.queue_of(0).ready.push_back(main);
        self.idle.wake_all();
        self.enter(0, || work(self, runtime, 0));
        self.wait_for_others().end.take().unwrap_or((Ending::Deadlock, None))
    }

    /// Waits until all other workers sleep, though not for ever.
    fn wait_for_others(&self) -> MutexGuard<'_, Gate> {
        let mut gate = self.idle.lock();
        let deadline = Instant::now() + PAUSE_MAX;
        while gate.idle + 1 < self.workers.load(SeqCst) && Instant::now() < deadline {
            gate = self.idle.sleep(gate, Some(Duration::from_millis(1)));
        }
        gate
    }

    /// The main process is over without having been in a queue: what it started stops after the slices that run.
    pub(super) fn settle(&self) {
        self.is_paused.store(true, Release);
        self.idle.wake_all();
        drop(self.wait_for_others());
    }

    /// The main process is over: workers stop after the slices that they run.
    pub(super) fn pause(&self, ending: Ending, process: Option<Box<Process>>) {
        self.idle.lock().end = Some((ending, process));
        self.is_paused.store(true, Release);
        self.idle.wake_all();
    }

    pub(super) fn quit(&self) {
        self.is_over.store(true, Release);
        self.is_paused.store(true, Release);
        self.idle.wake_all();
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Acquire)
    }
}

impl Host for Pool {
    fn start(&self, control: Arc<Control>) {
        self.start_workers();
        let Some(place) = self.own_place() else { return self.idle.push(control) };
        let is_many = self.queue_of(place).add(control);
        if is_many {
            self.idle.wake_one();
        }
    }

    fn queue(&self, control: Arc<Control>) {
        let Some(place) = self.own_place() else { return self.idle.push(control) };
        if with_own(|own| own.add(control, || self.queue_of(place))) {
            self.idle.wake_one();
        }
    }

    fn now_us(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    fn add_timer(&self, time_us: u64, event: Event) -> Key {
        let mut timers = self.timers();
        let key = timers.add(time_us, event);
        self.note_next_timer(&timers);
        key
    }

    fn remove_timer(&self, key: Key) {
        let mut timers = self.timers();
        timers.remove(key);
        self.note_next_timer(&timers);
    }

    fn cancel_timer(&self, reference: u64) -> Option<u64> {
        let now = self.now_us();
        let mut timers = self.timers();
        let left = timers.cancel(reference, now);
        self.note_next_timer(&timers);
        left
    }

    fn end_timers(&self, pid: u64) {
        let mut timers = self.timers();
        timers.end(pid);
        self.note_next_timer(&timers);
    }

    fn outside(&self, begins: bool) {
        if begins {
            self.outside.fetch_add(1, SeqCst);
        } else {
            self.outside.fetch_sub(1, SeqCst);
        }
    }

    fn pool(&self) -> Option<&Pool> {
        Some(self)
    }
}
