//! Running: a VM over the engine's modules, a process with the engine's limits, and its outcome as a result.

use std::sync::Arc;
use std::time::Duration;

use bytecode::Unit;
use heap::{CollectorKind, HeapConfig, Value};
use jit::{Eagerness, GuardTest, SharedTier, TemplateTier};
use runtime::{Ending, Order, Processes, Report};
use stdlib::{HostFunction, HostFunctions};
use vm::native::Tier;
use vm::{
    Chaos, Limit, LinkError, LoadError, ModuleId, Outcome, Output, Process, ProcessConfig, TraceFrame, Vm,
    VmConfig, Watcher,
};

use crate::MachineCodeOf;
use crate::deaths::show_death;
use crate::engine::invalid;
use crate::failure::{Failure, FailureKind};
use crate::loader::SharedModules;
use crate::profile::{Clock, Profile, Samples};
use crate::report::{reported, reported_limit};
use crate::running::Observed;
use crate::settings::{Collector, MachineCode, Settings};

/// A VM with the process that runs the main program.
pub struct Execution {
    modules: SharedModules,
    vm: Vm,
    process: Process,
    processes: Processes,
    tier: Option<Arc<TemplateTier>>,
    profiled: Option<Profiled>,
}

/// What is profiled: the samples, their period, and the clock that asks for them.
struct Profiled {
    samples: Samples,
    period: Duration,
    _clock: Clock,
}

impl Execution {
    pub fn new(settings: &Settings, modules: SharedModules, output: Box<dyn Output>) -> Execution {
        Execution::made(settings, modules, output, Vec::new(), None)
    }

    /// As `new`, with somebody who is asked before every instruction.
    pub(crate) fn watched(
        settings: &Settings,
        modules: SharedModules,
        output: Box<dyn Output>,
        watcher: Arc<dyn Watcher>,
    ) -> Execution {
        Execution::made(settings, modules, output, Vec::new(), Some(watcher))
    }

    /// As `new`, with functions that the program around the VM lends.
    pub fn with_host(
        settings: &Settings,
        modules: SharedModules,
        output: Box<dyn Output>,
        functions: Vec<HostFunction>,
    ) -> Execution {
        Execution::made(settings, modules, output, functions, None)
    }

    fn made(
        settings: &Settings,
        modules: SharedModules,
        output: Box<dyn Output>,
        functions: Vec<HostFunction>,
        watcher: Option<Arc<dyn Watcher>>,
    ) -> Execution {
        let tier = tier(settings);
        let samples = settings.profile_period.map(|period| (Samples::default(), period));
        let config = VmConfig {
            output,
            tier: tier.clone().map(|tier| -> Box<dyn Tier> { Box::new(SharedTier(tier)) }),
            watcher,
            sampler: samples.as_ref().map(|(samples, _)| samples.sampler()),
            seed: settings.seed,
            allocation_failure: settings.allocation_failure,
            arguments: settings.arguments.clone(),
            loading: process_config(settings),
            embedder: Some(Box::new(HostFunctions {
                lent: functions,
                extensions: modules.lock().extensions.functions.clone(),
            })),
            ..VmConfig::default()
        };
        let vm = Vm::new(config, stdlib::ROWS, Box::new(modules.clone()));
        let mut process = Process::new(&vm, process_config(settings));
        let order = settings.seed.map_or(Order::Fair, Order::Seeded);
        let schedulers = settings.schedulers.unwrap_or_else(default_schedulers);
        let reported = modules.clone();
        let report = Box::new(move |report: Report<'_>| show_death(report, &reported));
        let processes = Processes::new(&mut process, order, schedulers, report);
        let profiled = samples.map(|(samples, period)| {
            let clock = Clock::start(processes.runtime(), period);
            Profiled { samples, period, _clock: clock }
        });
        Execution { modules, vm, process, processes, tier, profiled }
    }

    /// For stopping the main process from another thread.
    pub fn signals(&self) -> Arc<vm::Signals> {
        self.process.signals()
    }

    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Both at once, to use beside each other.
    pub fn parts(&mut self) -> (&Vm, &mut Process) {
        (&self.vm, &mut self.process)
    }

    /// Links a unit and gives its module.
    pub fn link(&mut self, unit: Unit) -> Result<ModuleId, Failure> {
        let path = unit.path.clone();
        let modules = &self.modules;
        self.vm.link(unit).map_err(|error| link_failure(&path, error, modules))
    }

    /// Runs the top level of a module and gives its value, which is alive until the next run.
    pub fn run(&mut self, module: ModuleId) -> Result<Value, Failure> {
        match self.vm.entry(module) {
            Some(entry) => self.call(entry, &[]),
            None => Ok(Value::NIL),
        }
    }

    /// Calls a function in the main process; the processes that it started run as long.
    pub fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Failure> {
        self.process
            .start(function, arguments)
            .map_err(|problem| Failure::new(FailureKind::Usage, format!("error: {problem}")))?;
        match self.processes.run(&mut self.process) {
            Ending::Outcome(Outcome::Done(value)) => Ok(value),
            Ending::Outcome(Outcome::Exited(reason)) if self.is_normal(reason) => Ok(Value::NIL),
            Ending::Outcome(outcome) => Err(self.failure(outcome)),
            Ending::Signal(reason) => Err(Failure::new(
                FailureKind::Exited,
                format!("error: the program was ended by a signal: {reason}"),
            )),
            Ending::Deadlock => Err(Failure::new(
                FailureKind::Uncaught,
                "error[E1019]: uncaught DeadlockError: every process waits, and nothing can wake one",
            )),
        }
    }

    /// Reports tasks that failed and that nobody awaited. The values of the last run are gone afterwards.
    pub fn report_tasks(&mut self) {
        self.processes.finish(&mut self.process);
    }

    /// What was observed of the run so far.
    pub fn observed(&self) -> Observed {
        Observed {
            collector_report: collector_report(&self.process),
            machine_code_report: self.tier.as_deref().map(jit::report::report).unwrap_or_default(),
            exits: self
                .tier
                .as_deref()
                .and_then(TemplateTier::optimiser)
                .map(|tier| tier.exits.counts())
                .unwrap_or_default(),
            machine_code: self.tier.as_deref().map(|tier| self.machine_code(tier)).unwrap_or_default(),
            instructions: self.vm.instructions(),
            profile: self.profile(),
        }
    }

    fn profile(&self) -> Profile {
        let profiled = self.profiled.as_ref();
        profiled.map_or_else(Profile::default, |profiled| profiled.samples.profile(&self.vm, profiled.period))
    }

    fn machine_code(&self, tier: &TemplateTier) -> Vec<(String, MachineCodeOf)> {
        let functions = jit::report::explained(tier).into_iter();
        functions.map(|function| (self.vm.module_path(function.module), function)).collect()
    }

    fn failure(&mut self, outcome: Outcome) -> Failure {
        match outcome {
            Outcome::Raised(error) => self.uncaught(error),
            Outcome::Limit(limit) => limit_failure(limit, &self.process.limit_trace(), &self.modules),
            Outcome::Exited(reason) => self.exited(reason),
            Outcome::Parked(_) => defect("a process that waits was given up"),
            Outcome::Internal(problem) => defect(problem),
            Outcome::Done(_) | Outcome::Suspended => defect("an outcome that is none"),
        }
    }

    /// `exit(:normal)` is an end like any other.
    fn is_normal(&self, reason: Value) -> bool {
        reason.is_nil() || self.vm.intern("normal").map(Value::symbol) == Some(reason)
    }

    fn exited(&mut self, reason: Value) -> Failure {
        if let Some(code) = reason.as_int32().and_then(|code| u8::try_from(code).ok()) {
            return Failure::new(FailureKind::ExitCode(code), "");
        }
        let mut text = String::new();
        if heap::write_repr(&mut self.process.heap, reason, &mut text).is_err() {
            text = format!("a {}", self.vm.class_name_of(reason));
        }
        Failure::new(FailureKind::Exited, format!("error: the program ended itself: {text}"))
    }

    /// The report of an error that nobody caught: heading, source line, trace, causes.
    fn uncaught(&mut self, error: Value) -> Failure {
        let report = self.process.report(error);
        reported(&report, &self.modules)
    }
}

/// One for each processor that the program may use.
fn default_schedulers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn limit_failure(limit: Limit, trace: &[TraceFrame], modules: &SharedModules) -> Failure {
    let kind = match limit {
        Limit::Heap | Limit::Mailbox => FailureKind::HeapLimit,
        Limit::Time | Limit::Wall => FailureKind::TimeLimit,
        Limit::Stack => FailureKind::StackLimit,
    };
    Failure::new(kind, reported_limit("the", limit, trace, modules))
}

/// Counts, bytes and pauses of the collector.
fn collector_report(process: &Process) -> String {
    let stats = process.heap.stats();
    let mut text = format!(
        "collections: {} minor, {} marking cycles, {} full\nbytes: {} allocated young, {} survived, {} promoted\n",
        stats.minor_count,
        stats.major_count,
        stats.full_count,
        stats.nursery_bytes,
        stats.survived_bytes,
        stats.promoted_bytes
    );
    for (name, pauses) in [("pauses", &stats.pauses), ("minor pauses", &stats.minor_pauses)] {
        text.push_str(&format!(
            "{name}: {} in {:?}, median {:?}, p99 {:?}, longest {:?}\n",
            pauses.count(),
            pauses.total(),
            pauses.quantile(0.5),
            pauses.quantile(0.99),
            pauses.max()
        ));
        for (end, count) in pauses.rows() {
            text.push_str(&format!("  up to {:>12} {count:>9}\n", format!("{end:?}")));
        }
    }
    text
}

fn process_config(settings: &Settings) -> ProcessConfig {
    let mut config = ProcessConfig::default();
    if let Some(bytes) = settings.limits.heap_bytes_max {
        config.limits.heap_bytes_max = usize::try_from(bytes).unwrap_or(usize::MAX / 2).min(usize::MAX / 2);
    }
    config.limits.time_max = settings.limits.time_max;
    if let Some(frames) = settings.limits.stack_frames_max {
        config.limits.frames_max = frames;
    }
    let collector = match settings.collector {
        Collector::Generational => CollectorKind::Generational,
        Collector::MarkSweep => CollectorKind::MarkSweep,
        Collector::None => CollectorKind::None,
    };
    config.heap =
        HeapConfig { collector, stress: settings.gc_stress, checked: settings.gc_stress, ..config.heap };
    config.chaos = Chaos {
        collect_always: settings.gc_stress,
        decline_always: settings.chaos,
        suspend_always: settings.chaos,
    };
    config.trace = settings.trace;
    config.count = settings.count;
    config.permissions = settings.permissions.clone();
    config
}

fn link_failure(path: &str, error: LinkError, modules: &SharedModules) -> Failure {
    match error {
        LinkError::Load { error: LoadError::Compile(report), .. } => {
            Failure::new(FailureKind::Rejected, report)
        }
        LinkError::Load { error: LoadError::Io(problem), .. } => {
            Failure::new(FailureKind::Unreadable, format!("error: {problem}"))
        }
        LinkError::Limit { limit, trace } => limit_failure(limit, &trace, modules),
        LinkError::Raised { report, .. } => reported(&report, modules),
        LinkError::Invalid(problem) => invalid(path, &problem),
        error @ (LinkError::Load { error: LoadError::NotFound(_), .. }
        | LinkError::Cycle(_)
        | LinkError::Ended { .. }
        | LinkError::NoExport { .. }
        | LinkError::NoBuiltin(_)
        | LinkError::BadClass(_)
        | LinkError::TooMany(_)) => Failure::new(FailureKind::Rejected, format!("error[E0604]: {error}")),
    }
}

fn defect(problem: &str) -> Failure {
    Failure::new(FailureKind::Internal, format!("error[E1103]: this is a defect of the engine: {problem}"))
}

/// Signs of use after which a function is compiled: polls, which are 1,024 ticks apart, and calls from machine code.
const COMPILE_THRESHOLD: u32 = 2;
/// All machine code of a VM.
const CODE_BYTES_MAX: usize = 64 << 20;

fn tier(settings: &Settings) -> Option<Arc<TemplateTier>> {
    let threshold = match settings.machine_code {
        MachineCode::Off => return None,
        MachineCode::Template | MachineCode::Full => COMPILE_THRESHOLD,
        MachineCode::Eager | MachineCode::FullEager => 0,
    };
    let tier = TemplateTier::new(threshold, CODE_BYTES_MAX);
    let tier = match settings.machine_code {
        // A seed makes a run that is the same every time.
        MachineCode::Full => {
            tier.with_optimiser(Eagerness { in_background: settings.seed.is_none(), ..Eagerness::USUAL })
        }
        MachineCode::FullEager => {
            let guards = match (settings.each_guard, settings.chaos) {
                (true, _) => GuardTest::EachOnce,
                (false, true) => GuardTest::Coins,
                (false, false) => GuardTest::None,
            };
            tier.with_optimiser(Eagerness { guards, ..Eagerness::ALWAYS })
        }
        MachineCode::Off | MachineCode::Template | MachineCode::Eager => tier,
    };
    let tier = if settings.count_steps { tier.counting_steps() } else { tier };
    Some(Arc::new(match settings.perf_map {
        true => tier.with_perf_map(format!("/tmp/perf-{}.map", std::process::id()).into()),
        false => tier,
    }))
}
