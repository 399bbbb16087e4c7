//! The host on one thread: a run queue, timers, and a clock that is real or virtual.
//!
//! With a seed, the order of the queue, the length of the slices and the time are functions of the seed, so a run can
//! be repeated. Virtual time goes on by what processes use of their slices, and jumps when all of them wait.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use heap::{Heap, Value};
use vm::{Limit, Outcome, Process, Wait, run_slice};

use crate::control::Control;
use crate::host::{Host, Newborn};
use crate::local::{attach, of_process};
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::task::Progress;
use crate::timers::{Event, Key, Timers};

/// Ticks of a slice while others wait to run: about a millisecond.
const SLICE_TICKS: i64 = 20_000;
/// Ticks of a slice of a process that is alone.
const ALONE_TICKS: i64 = 1 << 20;
/// What a slice that was used up takes of virtual time.
const SLICE_US: u64 = 1000;
/// The longest sleep at a time.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// In which order processes run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// First come, first served, by the real clock.
    #[default]
    Fair,
    /// As this seed says, in virtual time.
    Seeded(u64),
}

/// Why a process that is reported ended.
pub enum Cause {
    /// An error that nobody caught.
    Raised(Value),
    /// A task threw this, and nobody awaited it.
    TaskFailed(Value),
    Limit(Limit),
    Internal(&'static str),
}

/// A death that people should hear of.
pub struct Report<'p> {
    pub pid: u64,
    /// The names it had.
    pub names: Vec<String>,
    pub cause: Cause,
    /// The heap that the value is in.
    pub process: &'p mut Process,
}

/// How the main process ended.
pub enum Ending {
    Outcome(Outcome),
    /// By an exit signal with this reason, as text.
    Signal(String),
    /// Every process waits, and nothing can wake one.
    Deadlock,
}

enum Clock {
    Real(Instant),
    Virtual(AtomicU64),
}

#[derive(Default)]
struct Queue {
    ready: VecDeque<Arc<Control>>,
    newborn: HashMap<u64, Newborn>,
    timers: Timers,
}

struct Shelf {
    queue: Mutex<Queue>,
    clock: Clock,
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Shelf {
    fn start(&self, newborn: Newborn) {
        let control = newborn.control.clone();
        control.set_queued();
        let mut queue = self.lock();
        queue.newborn.insert(control.pid, newborn);
        queue.ready.push_back(control);
    }

    fn queue(&self, control: &Arc<Control>) {
        self.lock().ready.push_back(control.clone());
    }

    fn now_us(&self) -> u64 {
        match &self.clock {
            Clock::Real(start) => start.elapsed().as_micros() as u64,
            Clock::Virtual(now) => now.load(Relaxed),
        }
    }

    fn add_timer(&self, time_us: u64, event: Event) -> Key {
        self.lock().timers.add(time_us, event)
    }

    fn cancel_timer(&self, reference: u64) -> Option<u64> {
        let now = self.now_us();
        self.lock().timers.cancel(reference, now)
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

/// The host with its processes. The main process belongs to the caller.
pub struct Solo {
    shelf: Arc<Shelf>,
    runtime: Arc<Runtime>,
    processes: HashMap<u64, Box<Process>>,
    /// When the wait of each process that waits with a time is over.
    waits: HashMap<u64, Key>,
    random: Option<Random>,
}

/// How far a slice brought a process.
enum Step {
    GoesOn,
    Ended(Ending),
}

impl Solo {
    /// Makes `main` the first process of a new runtime.
    pub fn new(main: &mut Process, order: Order) -> Solo {
        let (clock, random) = match order {
            Order::Fair => (Clock::Real(Instant::now()), None),
            // Zero is the one state that the generator never leaves.
            Order::Seeded(seed) => {
                (Clock::Virtual(AtomicU64::new(0)), Some(Random(seed.wrapping_mul(2).wrapping_add(1))))
            }
        };
        let shelf = Arc::new(Shelf { queue: Mutex::default(), clock });
        let runtime = Runtime::new(main, shelf.clone());
        Solo { shelf, runtime, processes: HashMap::new(), waits: HashMap::new(), random }
    }

    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Runs the main process to its end, and the others as long.
    pub fn run(&mut self, main: &mut Process, report: &mut dyn FnMut(Report)) -> Ending {
        let Some(own) = of_process(main).map(|local| local.control.clone()) else {
            return Ending::Outcome(Outcome::Internal("a main process without a runtime"));
        };
        own.set_queued();
        self.shelf.lock().ready.push_back(own.clone());
        loop {
            self.fire_timers();
            let Some(control) = self.next() else {
                if self.wait(main) {
                    continue;
                }
                return Ending::Deadlock;
            };
            if let Some(key) = self.waits.remove(&control.pid) {
                self.shelf.lock().timers.remove(key);
            }
            if control.pid == own.pid {
                if let Step::Ended(ending) = self.advance(main, &control, report, true) {
                    return ending;
                }
            } else if let Some(mut process) = self.take_process(&control, main)
                && matches!(self.advance(&mut process, &control, report, false), Step::GoesOn)
            {
                self.processes.insert(control.pid, process);
            }
        }
    }

    /// Reports the tasks of main that failed and were never awaited. The program is over.
    pub fn finish(&mut self, main: &mut Process, report: &mut dyn FnMut(Report)) {
        if let Some(own) = of_process(main).map(|local| local.control.clone()) {
            report_tasks(main, &own, report);
        }
    }

    fn next(&mut self) -> Option<Arc<Control>> {
        let mut queue = self.shelf.lock();
        match &mut self.random {
            Some(random) if queue.ready.len() > 1 => {
                let index = random.below(queue.ready.len() as u64) as usize;
                queue.ready.swap_remove_front(index)
            }
            _ => queue.ready.pop_front(),
        }
    }

    fn fire_timers(&mut self) {
        let now = self.shelf.now_us();
        loop {
            let Some(event) = self.shelf.lock().timers.due(now) else { return };
            match event {
                Event::Wake(control) => {
                    self.waits.remove(&control.pid);
                    self.runtime.wake(&control);
                }
                Event::Send { to, message, .. } => {
                    if let Some(control) = self.runtime.find(to) {
                        self.runtime.deliver(&control, message);
                    }
                }
            }
        }
    }

    /// Waits for the next timer; false when there is none.
    fn wait(&mut self, main: &Process) -> bool {
        let Some(time) = self.shelf.lock().timers.next_time() else { return false };
        match &self.shelf.clock {
            Clock::Virtual(now) => now.store(time.max(now.load(Relaxed)), Relaxed),
            Clock::Real(_) => {
                main.vm().output().flush();
                let left = time.saturating_sub(self.shelf.now_us());
                std::thread::sleep(Duration::from_micros(left).min(SLEEP_MAX));
            }
        }
        true
    }

    /// The process behind a control; one that has not run yet is made now.
    fn take_process(&mut self, control: &Arc<Control>, main: &Process) -> Option<Box<Process>> {
        if let Some(process) = self.processes.remove(&control.pid) {
            return Some(process);
        }
        let newborn = self.shelf.lock().newborn.remove(&control.pid)?;
        let mut process = Box::new(Process::new(main.vm(), newborn.config));
        attach(&mut process, &self.runtime, control);
        let code = process.heap.adopt(newborn.code);
        let parts = code.as_tuple()?;
        let [function, arguments, script] = parts.elements() else { return None };
        process.set_script(*script);
        let arguments = arguments.as_tuple()?;
        // Whoever spawned it made sure that the function takes the arguments.
        process.start(*function, arguments.elements()).ok()?;
        Some(process)
    }

    fn slice_ticks(&mut self) -> i64 {
        match &mut self.random {
            _ if self.processes.is_empty() && self.shelf.lock().newborn.is_empty() => ALONE_TICKS,
            Some(random) => 1 + random.below(SLICE_TICKS as u64) as i64,
            None => SLICE_TICKS,
        }
    }

    /// Gives a process one slice.
    fn advance(
        &mut self,
        process: &mut Process,
        control: &Arc<Control>,
        report: &mut dyn FnMut(Report),
        is_main: bool,
    ) -> Step {
        if control.lock().exit.is_some() {
            return self.end(process, control, Outcome::Suspended, report, is_main);
        }
        control.set_running();
        let ticks = self.slice_ticks();
        let outcome = run_slice(process, ticks);
        if let Clock::Virtual(now) = &self.shelf.clock {
            now.fetch_add(if outcome == Outcome::Suspended { SLICE_US } else { 1 }, Relaxed);
        }
        match outcome {
            Outcome::Suspended => {
                control.set_queued();
                self.shelf.lock().ready.push_back(control.clone());
            }
            Outcome::Parked(_) if control.lock().exit.is_some() => {
                return self.end(process, control, outcome, report, is_main);
            }
            Outcome::Parked(wait) => self.park(control, wait),
            outcome => return self.end(process, control, outcome, report, is_main),
        }
        Step::GoesOn
    }

    fn park(&mut self, control: &Arc<Control>, wait: Wait) {
        let milliseconds = match wait {
            Wait::Sleep { milliseconds } => Some(milliseconds),
            Wait::Message { milliseconds } => milliseconds,
            Wait::Event(_) => None,
        };
        if !control.park() {
            self.shelf.lock().ready.push_back(control.clone());
        } else if let Some(milliseconds) = milliseconds {
            let time = self.shelf.now_us().saturating_add(milliseconds.saturating_mul(1000));
            let key = self.shelf.add_timer(time, Event::Wake(control.clone()));
            self.waits.insert(control.pid, key);
        }
    }

    /// A process is over, by its own outcome or by a signal that came before it.
    fn end(
        &mut self,
        process: &mut Process,
        control: &Arc<Control>,
        outcome: Outcome,
        report: &mut dyn FnMut(Report),
        is_main: bool,
    ) -> Step {
        // Its own end stands over a signal that it did not see any more.
        let own = matches!(
            outcome,
            Outcome::Done(_) | Outcome::Raised(_) | Outcome::Limit(_) | Outcome::Internal(_)
        );
        let signal = control.lock().exit.clone().filter(|_| !own);
        if is_main {
            return Step::Ended(match signal {
                Some(reason) => Ending::Signal(text_of(&mut process.heap, reason.value())),
                None => Ending::Outcome(outcome),
            });
        }
        let reason = match &signal {
            Some(reason) => Some(reason.clone()),
            None => self.reason_of(process, outcome),
        };
        if signal.is_none() {
            self.report_end(process, control, outcome, report);
        }
        let reason = reason.or_else(|| self.runtime.symbol_reason(self.runtime.symbols.killed));
        report_tasks(process, control, report);
        if let Some(reason) = reason {
            let progress = progress_of(process, outcome, &reason, signal.is_some());
            self.runtime.finish_task(control, progress);
            self.runtime.end(control, &reason);
        }
        Step::Ended(Ending::Outcome(outcome))
    }

    /// The exit reason of a process that ended by itself.
    fn reason_of(&self, process: &mut Process, outcome: Outcome) -> Option<Reason> {
        match outcome {
            Outcome::Done(_) => self.runtime.symbol_reason(self.runtime.symbols.normal),
            Outcome::Raised(value) | Outcome::Exited(value) => {
                Reason::of(&mut process.heap, value).or_else(|| {
                    let text = text_of(&mut process.heap, value);
                    crate::reason::message(&self.runtime.shared, |heap| Ok(heap.string(&text)?))
                        .map(Reason::from)
                })
            }
            Outcome::Limit(limit) => self.runtime.limit_reason(limit),
            Outcome::Internal(_) => self.runtime.symbol_reason(self.runtime.symbols.internal),
            Outcome::Suspended | Outcome::Parked(_) => None,
        }
    }

    /// Errors, limits and defects are reported; a task's error is its owner's business.
    fn report_end(
        &self,
        process: &mut Process,
        control: &Arc<Control>,
        outcome: Outcome,
        report: &mut dyn FnMut(Report),
    ) {
        let cause = match outcome {
            Outcome::Raised(value) if control.task.is_none() => Cause::Raised(value),
            Outcome::Limit(limit) => Cause::Limit(limit),
            Outcome::Internal(problem) => Cause::Internal(problem),
            _ => return,
        };
        let symbols = &self.runtime.shared.symbols;
        let names =
            control.lock().names.iter().filter_map(|&name| symbols.name(name)).map(str::to_string).collect();
        report(Report { pid: control.pid, names, cause, process });
    }
}

/// What became of the task that a process computed.
fn progress_of(process: &mut Process, outcome: Outcome, reason: &Reason, signalled: bool) -> Progress {
    let (value, is_done) = match outcome {
        Outcome::Done(value) => (value, true),
        Outcome::Raised(value) => (value, false),
        _ => return Progress::Down(reason.clone()),
    };
    if signalled {
        return Progress::Down(reason.clone());
    }
    match process.heap.copy_message(value) {
        Ok(fragment) if is_done => Progress::Done(fragment),
        Ok(fragment) => Progress::Failed(fragment),
        Err(_) => Progress::Down(reason.clone()),
    }
}

/// Failures of tasks that their owner never awaited, and now never will.
fn report_tasks(process: &mut Process, owner: &Arc<Control>, report: &mut dyn FnMut(Report)) {
    let tasks: Vec<_> = owner.lock().tasks.values().cloned().collect();
    for task in tasks {
        let Some(failed) = task.take_failure() else { continue };
        let value = process.heap.adopt(failed);
        report(Report { pid: task.pid(), names: Vec::new(), cause: Cause::TaskFailed(value), process });
    }
}

/// A value as a report shows it.
fn text_of(heap: &mut Heap, value: Value) -> String {
    let mut text = String::new();
    if heap::write_structure(heap, value, &mut text).is_err() {
        text.push_str("a value that cannot be shown");
    }
    text
}
