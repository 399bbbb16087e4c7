//! Who runs processes: what a runtime asks of a host, and the two hosts.
//!
//! `Pool` runs them on as many threads as it is given, by the real clock. `Sim` runs them on one thread in an order
//! that a seed decides, in virtual time. What a slice does to a process is the same in both (`slice`).

mod idle;
mod pool;
mod resting;
mod sim;
mod worker;

use std::sync::Arc;

use heap::Value;
use vm::{Limit, Outcome, Process, run_slice};

use crate::control::{Body, Control};
use crate::local::of_process;
use crate::runtime::Runtime;
use crate::slice::{ending_of, report_children, report_tasks};
use crate::timers::{Event, Key};
use pool::Pool;
use sim::Sim;
use worker::ALONE_TICKS;

/// Decides who runs next, and keeps the time.
pub(crate) trait Host: Send + Sync {
    /// A new process, whose body and state are set.
    fn start(&self, control: Arc<Control>);
    /// A process that waited has news; its state says queued already.
    fn queue(&self, control: Arc<Control>);
    /// Microseconds since the host began.
    fn now_us(&self) -> u64;
    fn add_timer(&self, time_us: u64, event: Event) -> Key;
    fn remove_timer(&self, key: Key);
    /// Takes back a `send_after`: microseconds that it had left.
    fn cancel_timer(&self, reference: u64) -> Option<u64>;
    /// Takes back all that would be sent to a process that has ended.
    fn end_timers(&self, pid: u64);
    /// A process begins, or ends, to wait for something outside the VM: no deadlock.
    fn outside(&self, begins: bool);
    /// Time is virtual.
    fn is_simulated(&self) -> bool {
        false
    }
    /// The pool of threads, if that is what this is.
    fn pool(&self) -> Option<&Pool> {
        None
    }
}

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
    /// A task threw this, and whoever started it never awaited it: that process, with its names.
    TaskFailed {
        error: Value,
        owner: u64,
        owner_names: Vec<String>,
    },
    /// A child of a supervisor ended with this reason: which child, and what the supervisor does.
    Child {
        child: String,
        reason: Value,
        decision: String,
    },
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

enum Kind {
    Pool(Arc<Pool>),
    Sim(Sim),
}

/// The processes of one program.
pub struct Processes {
    kind: Kind,
    runtime: Arc<Runtime>,
}

impl Processes {
    /// Makes `main` the first process of a new runtime. At most `schedulers` threads run processes; the seed of an
    /// order takes one. Reports come from whichever thread ran the process.
    pub fn new(
        main: &mut Process,
        order: Order,
        schedulers: usize,
        report: Box<dyn Fn(Report) + Send + Sync>,
    ) -> Processes {
        match order {
            Order::Fair => {
                let pool = Pool::new(schedulers);
                let runtime = Runtime::new(main, pool.clone(), report);
                pool.set_runtime(&runtime);
                Processes { kind: Kind::Pool(pool), runtime }
            }
            Order::Seeded(seed) => {
                let sim = Sim::new(seed);
                let runtime = Runtime::new(main, sim.shelf(), report);
                Processes { kind: Kind::Sim(sim), runtime }
            }
        }
    }

    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Runs the main process to its end, and the others as long.
    pub fn run(&mut self, main: &mut Process) -> Ending {
        self.run_alone(main).unwrap_or_else(|| self.run_scheduled(main))
    }

    /// One slice of the main process here and now, which is all of a short call from a program around the VM: queues,
    /// locks and the clock would cost many times as much. Only where there is nobody else to run and nothing to wait
    /// for; `None` where the process has more to do, which the scheduler sees to.
    fn run_alone(&mut self, main: &mut Process) -> Option<Ending> {
        let Kind::Pool(pool) = &self.kind else { return None };
        if self.runtime.table.len() != 1 || pool.next_timer().is_some() {
            return None;
        }
        let local = of_process(main)?;
        if local.wait.is_some() || local.is_outside || local.exit.is_some() {
            return None;
        }
        local.control.set_running();
        local.receive_signals();
        let outcome = run_slice(main, ALONE_TICKS);
        if matches!(outcome, Outcome::Suspended | Outcome::Parked(_)) {
            return None;
        }
        // Its own end stands over signals that it did not see any more.
        if matches!(outcome, Outcome::Done(_)) && self.runtime.table.len() == 1 {
            let has_reports = of_process(main).is_some_and(|local| local.has_reports());
            if !has_reports {
                return Some(Ending::Outcome(outcome));
            }
        }
        if self.runtime.table.len() != 1 {
            pool.settle();
        }
        report_children(&self.runtime, main);
        Some(ending_of(main, outcome))
    }

    fn run_scheduled(&mut self, main: &mut Process) -> Ending {
        let Some(own) = of_process(main).map(|local| local.control.clone()) else {
            return Ending::Outcome(Outcome::Internal("a main process without a runtime"));
        };
        let vm = main.vm().clone();
        let body = std::mem::replace(main, Process::new(&vm, self.runtime.config.clone()));
        *own.body() = Body::Living(Box::new(body));
        own.set_queued();
        let (ending, body) = match &mut self.kind {
            Kind::Pool(pool) => pool.run(&self.runtime, own.clone()),
            Kind::Sim(sim) => sim.run(&self.runtime, own.clone()),
        };
        let left = body.or_else(|| match std::mem::replace(&mut *own.body(), Body::Gone) {
            Body::Living(process) => Some(process),
            Body::Newborn(_) | Body::Gone => None,
        });
        if let Some(body) = left {
            *main = *body;
        }
        ending
    }

    /// Reports the tasks of main that failed and were never awaited. The program is over.
    pub fn finish(&mut self, main: &mut Process) {
        report_tasks(&self.runtime, main);
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        if let Kind::Pool(pool) = &self.kind {
            pool.quit();
        }
        // A process refers to the runtime that lists it. Bodies that still run are dropped by who runs them.
        for control in self.runtime.table.all() {
            let body = control.try_body().map(|mut body| std::mem::replace(&mut *body, Body::Gone));
            drop(body);
        }
    }
}
