//! How an engine runs code: limits, collector, passes, and what to observe.

use std::time::Duration;

pub use heap::{AfterFailure, AllocationFailure};
use vm::Permissions;

use notation::FrontEnds;

/// Limits of the main program; `None` is the engine's own default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub heap_bytes_max: Option<u64>,
    pub time_max: Option<Duration>,
    pub stack_frames_max: Option<usize>,
}

/// Which collector runs. The names are those of `--gc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collector {
    #[default]
    Generational,
    MarkSweep,
    /// Never collects.
    None,
}

impl Collector {
    /// Every collector by its name.
    pub const ALL: &'static [(&'static str, Collector)] = &[
        ("generational", Collector::Generational),
        ("mark-sweep", Collector::MarkSweep),
        ("none", Collector::None),
    ];
}

/// Which machine code is made. The names are those of `--jit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MachineCode {
    /// None: everything is interpreted.
    Off,
    /// Of functions that are found in use.
    #[default]
    Template,
    /// Of every function before it runs, for tests.
    Eager,
    /// The same, and hot functions and loops are optimised.
    Full,
    /// Everything is compiled before it runs and optimised as soon as it was seen running, for tests.
    FullEager,
}

impl MachineCode {
    pub const ALL: &'static [(&'static str, MachineCode)] = &[
        ("off", MachineCode::Off),
        ("template", MachineCode::Template),
        ("eager", MachineCode::Eager),
        ("full", MachineCode::Full),
        ("full-eager", MachineCode::FullEager),
    ];
}

/// Another form that a program takes on its way to running; the result must be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Through {
    #[default]
    Nothing,
    /// Written as `.dnb` and read again.
    Binary,
    /// Disassembled and assembled again.
    Assembly,
    /// Formatted and parsed again.
    Formatted,
    /// Printed as S-expressions and read again.
    Sexpr,
}

impl Through {
    pub const ALL: &'static [(&'static str, Through)] = &[
        ("dnb", Through::Binary),
        ("asm", Through::Assembly),
        ("fmt", Through::Formatted),
        ("sexpr", Through::Sexpr),
    ];
}

/// How code is compiled and run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub limits: Limits,
    pub collector: Collector,
    pub machine_code: MachineCode,
    /// Collect at every safepoint.
    pub gc_stress: bool,
    /// Make rare events constant: suspensions at every poll, slow twins of every builtin.
    pub chaos: bool,
    /// An allocation that fails, for tests.
    pub allocation_failure: Option<AllocationFailure>,
    /// Each guard of optimised code fails the first time that it is reached, and what it is left for is counted;
    /// with `MachineCode::FullEager`, for tests.
    pub each_guard: bool,
    /// Optimiser passes by name, as `--passes` writes them: `all`, `none`, `-name`, `name`.
    pub passes: Option<String>,
    pub through: Through,
    /// Seeds hashing, and the order and the virtual time of processes; random and real where not given.
    pub seed: Option<u64>,
    /// Threads that run processes; one for each processor where not given. A seed takes one.
    pub schedulers: Option<usize>,
    /// Print every instruction to standard error.
    pub trace: bool,
    /// Count instructions.
    pub count: bool,
    /// Count the instructions that machine code hands to the interpreter.
    pub count_steps: bool,
    /// Take a sample of where processes stand so often.
    pub profile_period: Option<Duration>,
    /// Tell the system's profiler `perf` the names of functions in machine code.
    pub perf_map: bool,
    /// What loads native extensions; without it there are none.
    pub extensions: Option<std::sync::Arc<dyn crate::ExtensionLoader>>,
    /// What the program may do outside the VM.
    pub permissions: Permissions,
    /// What the program sees as its arguments.
    pub arguments: Vec<String>,
    /// Colours in reports.
    pub colours: bool,
    /// Notations that programs may be written in, beside the language itself.
    pub front_ends: FrontEnds,
}
