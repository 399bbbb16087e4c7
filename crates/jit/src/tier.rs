//! The template tier as the VM sees it: compiles functions that are in use, puts their code in place, counts.
//!
//! SAFETY contract: code in place is never freed or changed while the tier lives, and the tier lives as long as
//! the VM whose functions it compiled. Machine code is entered through the shared thunk alone, which is a function
//! of the type that `enter` gives it.
#![allow(unsafe_code)]

use std::collections::HashSet;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use vm::code::Entry;
use vm::native::{Asked, NativeCode, Tier};
use vm::optimised::ExitRecord;
use vm::state::State;

use crate::memory::CodeMemory;
pub use crate::opt::tier::Eagerness;
use crate::opt::tier::Optimiser;
use crate::template;
use crate::x64::Assembler;
use crate::x64::thunks::{self, Thunks};

/// What the tier has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct TierStats {
    pub functions: usize,
    /// Words of bytecode that were compiled.
    pub words: usize,
    pub code_bytes: usize,
    pub time: Duration,
    /// Functions for which there was no room.
    pub refused: usize,
}

/// Compiles one function after the other, on the thread that asks. Nothing is set up before the first one.
pub struct TemplateTier {
    threshold: u32,
    memory_bytes_max: usize,
    counts_steps: bool,
    /// How eager the optimising tier is, if there is one.
    optimises: Option<Eagerness>,
    /// `None` inside when the system gives no memory for code: then everything is interpreted.
    machine: OnceLock<Option<Machine>>,
}

/// What the first compilation sets up.
struct Machine {
    thunks: Thunks,
    memory: Mutex<CodeMemory>,
    inner: Mutex<Inner>,
    optimiser: OnceLock<Option<Optimiser>>,
}

struct Inner {
    /// Functions that are compiled, by id, so that two threads do not both do it.
    done: HashSet<u32>,
    stats: TierStats,
    /// What was compiled, where steps are counted.
    counted: Vec<CountedFunction>,
}

/// A compiled function whose steps are counted.
#[derive(Clone, Copy)]
pub struct CountedFunction {
    pub entry: &'static Entry,
    pub code_bytes: usize,
    /// For each word how often the instruction that starts there was run by the interpreter's step.
    pub steps: &'static [AtomicU64],
}

impl TemplateTier {
    /// A tier that compiles functions found in use `threshold` times, into at most so many bytes of memory.
    pub fn new(threshold: u32, memory_bytes_max: usize) -> TemplateTier {
        let (counts_steps, optimises, machine) = (false, None, OnceLock::new());
        TemplateTier { threshold, memory_bytes_max, counts_steps, optimises, machine }
    }

    /// The same with the optimising tier above it.
    pub fn with_optimiser(self, eagerness: Eagerness) -> TemplateTier {
        TemplateTier { optimises: Some(eagerness), ..self }
    }

    /// What the optimising tier has done, for people; nothing where nothing was hot.
    pub fn optimiser_report(&self) -> String {
        self.optimiser().map_or_else(String::new, Optimiser::report)
    }

    /// The optimising tier, once something was hot.
    pub fn optimiser(&self) -> Option<&Optimiser> {
        self.machine.get()?.as_ref()?.optimiser.get()?.as_ref()
    }

    /// The same with code that counts the instructions that it hands to the interpreter.
    pub fn counting_steps(self) -> TemplateTier {
        TemplateTier { counts_steps: true, ..self }
    }

    /// What was compiled so far, where steps are counted.
    pub fn counted(&self) -> Vec<CountedFunction> {
        let machine = self.machine.get().and_then(Option::as_ref);
        machine.map_or_else(Vec::new, |machine| machine.lock().counted.clone())
    }

    pub fn stats(&self) -> TierStats {
        let machine = self.machine.get().and_then(Option::as_ref);
        machine.map_or(TierStats::default(), |machine| machine.lock().stats)
    }

    fn machine(&self) -> Option<&Machine> {
        self.machine.get_or_init(|| Machine::new(self.memory_bytes_max).ok()).as_ref()
    }
}

impl Machine {
    fn new(memory_bytes_max: usize) -> io::Result<Machine> {
        let mut memory = CodeMemory::new(memory_bytes_max)?;
        // The size does not depend on the address, so a first try finds how much room is needed.
        let room = thunks::make(0).0.len();
        let range = memory.reserve(room).ok_or_else(|| io::Error::other("no room for shared code"))?;
        let (code, thunks) = thunks::make(memory.address(range).expose_provenance() as u64);
        memory.write(range, &code);
        let inner = Inner { done: HashSet::new(), stats: TierStats::default(), counted: Vec::new() };
        let (memory, inner) = (Mutex::new(memory), Mutex::new(inner));
        Ok(Machine { thunks, memory, inner, optimiser: OnceLock::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, CodeMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn optimiser(&self, eagerness: Eagerness) -> Option<&Optimiser> {
        let new = || Optimiser::new(eagerness, &mut self.memory(), self.thunks);
        self.optimiser.get_or_init(new).as_ref()
    }
}

impl Inner {
    fn compile(
        &mut self,
        entry: &'static Entry,
        asked: &Asked<'_>,
        machine: &Machine,
        tier: &TemplateTier,
    ) -> Option<&'static NativeCode> {
        if !self.done.insert(entry.id) {
            return None;
        }
        let start = Instant::now();
        // Jumps are relative and all other addresses absolute, so code does not depend on where it goes.
        let thunks = machine.thunks;
        let steps = tier.counts_steps.then(|| counters(entry.code.words.len()));
        let compiled = template::compile(
            entry,
            asked,
            Assembler::new(0, thunks),
            thunks.call_interpreted,
            steps,
            tier.optimises.is_some(),
        );
        let mut memory = machine.memory();
        let Some(range) = memory.reserve(compiled.code.len()) else {
            self.stats.refused += 1;
            return None;
        };
        memory.write(range, &compiled.code);
        let address = memory.address(range).expose_provenance() as u64;
        self.stats.functions += 1;
        self.stats.words += entry.code.words.len();
        self.stats.code_bytes += compiled.code.len();
        self.stats.time += start.elapsed();
        if let Some(steps) = steps {
            self.counted.push(CountedFunction { entry, code_bytes: compiled.code.len(), steps });
        }
        Some(Box::leak(Box::new(NativeCode::new(address, compiled.offsets, compiled.loops))))
    }
}

/// Counters that machine code can name for as long as the program runs.
fn counters(count: usize) -> &'static [AtomicU64] {
    Box::leak((0..count).map(|_| AtomicU64::new(0)).collect())
}

/// A tier that is also held by whoever reads its counts.
pub struct SharedTier(pub Arc<TemplateTier>);

impl Tier for SharedTier {
    fn threshold(&self) -> u32 {
        self.0.threshold()
    }
    fn compile(&self, entry: &'static Entry, asked: &Asked<'_>) -> Option<&'static NativeCode> {
        self.0.compile(entry, asked)
    }
    unsafe fn enter(&self, state: *mut State, address: u64) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.0.enter(state, address) }
    }
    fn optimise_after(&self) -> Option<u32> {
        self.0.optimise_after()
    }
    fn optimise(&self, asked: &Asked<'_>, recorded: &[&'static Entry], running: (&'static Entry, usize)) {
        self.0.optimise(asked, recorded, running);
    }
    fn note_exit(&self, record: &ExitRecord, news: bool) {
        self.0.note_exit(record, news);
    }
}

impl Tier for TemplateTier {
    fn threshold(&self) -> u32 {
        self.threshold
    }

    fn compile(&self, entry: &'static Entry, asked: &Asked<'_>) -> Option<&'static NativeCode> {
        let machine = self.machine()?;
        machine.lock().compile(entry, asked, machine, self)
    }

    unsafe fn enter(&self, state: *mut State, address: u64) -> u64 {
        let Some(machine) = self.machine() else { return 1 };
        let enter = std::ptr::with_exposed_provenance::<()>(machine.thunks.enter as usize);
        // SAFETY: the module's contract.
        unsafe {
            let enter: unsafe extern "sysv64" fn(*mut State, u64) -> u64 = std::mem::transmute(enter);
            enter(state, address)
        }
    }

    fn optimise_after(&self) -> Option<u32> {
        self.optimises.map(|eagerness| eagerness.polls)
    }

    fn optimise(&self, asked: &Asked<'_>, recorded: &[&'static Entry], running: (&'static Entry, usize)) {
        let (Some(eagerness), Some(machine)) = (self.optimises, self.machine()) else { return };
        for entry in recorded {
            entry.compile_now(self, asked);
        }
        if let Some(optimiser) = machine.optimiser(eagerness) {
            optimiser.optimise(&machine.memory, recorded, running, &|id| asked.builtin_name(id));
        }
    }

    fn note_exit(&self, record: &ExitRecord, news: bool) {
        if let Some(optimiser) = self.optimiser() {
            optimiser.note_exit(record, news);
        }
    }
}
