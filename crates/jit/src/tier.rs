//! The template tier as the VM sees it: compiles functions that are in use, puts their code in place, counts.
//!
//! SAFETY contract: code in place is freed by the cache's rules alone. Where code of this tier is retired, that of the
//! optimising tier is retired before, since it may enter this one's. The tier lives as long as the VM whose functions
//! it compiled. Machine code is entered through the shared thunk alone, which is a function of the type that `enter`
//! gives it.
#![allow(unsafe_code)]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use vm::code::Entry;
use vm::native::{Asked, Tier};
use vm::optimised::ExitRecord;
use vm::state::State;

use crate::cache::CodeCache;
use crate::memory::{CodeMemory, CodeRange};
use crate::opt::background;
use crate::opt::exits::Reason;
pub use crate::opt::tier::Eagerness;
use crate::opt::tier::Optimiser;
use crate::quiescence::Workers;
use crate::template;
use crate::x64::Assembler;
use crate::x64::thunks::{self, Thunks};

/// What the tier has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct TierStats {
    pub functions: usize,
    /// Words of bytecode that were compiled.
    pub words: usize,
    /// Bytes of code that were made.
    pub code_bytes: usize,
    /// Processor time of compiling.
    pub time: Duration,
    /// Times that there was no room for a function.
    pub refused: usize,
    /// Functions whose code was taken out of use.
    pub retired: usize,
    /// Bytes of retired code whose room was used again.
    pub freed_bytes: usize,
    /// Bytes in use now, and how many there may be.
    pub used_bytes: usize,
    pub capacity_bytes: usize,
}

/// Compiles one function after the other, on the thread that asks. Nothing is set up before the first one.
pub struct TemplateTier {
    threshold: u32,
    memory_bytes_max: usize,
    counts_steps: bool,
    /// Where the system's profiler looks for the names of functions.
    perf_map: Option<PathBuf>,
    /// How eager the optimising tier is, if there is one.
    optimises: Option<Eagerness>,
    /// `None` inside when the system gives no memory for code: then everything is interpreted.
    machine: OnceLock<Option<Machine>>,
    workers: Workers,
    /// Retired code waits to be freed.
    has_garbage: AtomicBool,
}

/// What the first compilation sets up.
struct Machine {
    thunks: Thunks,
    /// Locked after `inner` where both are.
    memory: Mutex<CodeMemory>,
    inner: Mutex<Inner>,
    optimiser: OnceLock<Option<Optimiser>>,
    /// Where the code goes that all optimised code shares: memory may be full when something is found hot.
    optimiser_room: Option<CodeRange>,
}

struct Inner {
    cache: CodeCache,
    /// Functions that are not compiled any more, by id: those that do not fit even into an empty cache.
    given_up: HashSet<u32>,
    stats: TierStats,
    /// There was no room, and nothing was freed since.
    is_full: bool,
    /// What was compiled, where steps are counted.
    counted: Vec<CountedFunction>,
}

/// A compiled function whose steps are counted.
#[derive(Clone, Copy)]
pub struct CountedFunction {
    pub entry: &'static Entry,
    /// How often the function had been compiled then, this time included.
    pub generation: u32,
    pub code_bytes: usize,
    /// For each word how often the instruction that starts there was run by the interpreter's step.
    pub steps: &'static [AtomicU64],
}

impl TemplateTier {
    /// A tier that compiles functions found in use `threshold` times, into at most so many bytes of memory.
    pub fn new(threshold: u32, memory_bytes_max: usize) -> TemplateTier {
        TemplateTier {
            threshold,
            memory_bytes_max,
            counts_steps: false,
            perf_map: None,
            optimises: None,
            machine: OnceLock::new(),
            workers: Workers::new(),
            has_garbage: AtomicBool::new(false),
        }
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
        self.made()?.made_optimiser()
    }

    /// Waits until nothing is left to compile in the background.
    pub fn wait_until_idle(&self) {
        background::wait_until_idle();
    }

    /// The same with code that counts the instructions that it hands to the interpreter.
    pub fn counting_steps(self) -> TemplateTier {
        TemplateTier { counts_steps: true, ..self }
    }

    /// The same, with the names and places of functions appended to a file in the format of `perf`.
    pub fn with_perf_map(self, path: PathBuf) -> TemplateTier {
        TemplateTier { perf_map: Some(path), ..self }
    }

    /// What was compiled so far, where steps are counted.
    pub fn counted(&self) -> Vec<CountedFunction> {
        self.made().map_or_else(Vec::new, |machine| machine.lock().counted.clone())
    }

    pub fn stats(&self) -> TierStats {
        let Some(machine) = self.made() else { return TierStats::default() };
        let stats = machine.lock().stats;
        let memory = machine.memory();
        TierStats { used_bytes: memory.used_bytes(), capacity_bytes: memory.capacity_bytes(), ..stats }
    }

    /// Takes all code out of use; it is freed when nobody is in it any more.
    pub fn retire_all(&self) {
        if let Some(machine) = self.made() {
            self.retire(machine, &mut machine.lock());
        }
    }

    fn retire(&self, machine: &Machine, inner: &mut Inner) {
        if let Some(optimiser) = machine.made_optimiser() {
            optimiser.retire_all(&self.workers);
        }
        inner.stats.retired += inner.cache.retire_all(&self.workers);
        self.has_garbage.store(true, Relaxed);
    }

    fn free(&self, inner: &mut Inner, machine: &Machine) {
        // What is retired from here on sets it again.
        self.has_garbage.store(false, Relaxed);
        inner.stats.freed_bytes += inner.cache.free_past(&self.workers, &mut machine.memory());
        let optimiser = machine.made_optimiser();
        if let Some(optimiser) = optimiser {
            optimiser.free_past(&self.workers, &machine.memory);
        }
        if inner.cache.has_garbage() || optimiser.is_some_and(Optimiser::has_garbage) {
            self.has_garbage.store(true, Relaxed);
        }
    }

    /// Compiles what was recorded, on the calling thread.
    fn optimise_now(&self, asked: &Asked<'_>, recorded: &[&'static Entry], running: (&'static Entry, usize)) {
        let (Some(eagerness), Some(machine)) = (self.optimises, self.machine()) else { return };
        // Code that is found meanwhile stays.
        self.workers.slice_starts();
        for entry in recorded {
            entry.compile_now(self, asked);
        }
        if let Some(optimiser) = machine.optimiser(eagerness, self.perf_map.clone())
            && !optimiser.optimise(&machine.memory, recorded, running, asked)
        {
            let inner = &mut *machine.lock();
            inner.stats.refused += 1;
            if !inner.cache.has_garbage() {
                self.retire(machine, inner);
            }
        }
        self.slice_ends();
    }

    /// What has been set up, if anything has.
    fn made(&self) -> Option<&Machine> {
        self.machine.get().and_then(Option::as_ref)
    }

    fn machine(&self) -> Option<&Machine> {
        let new = || Machine::new(self.memory_bytes_max, self.optimises.is_some()).ok();
        self.machine.get_or_init(new).as_ref()
    }

    fn compile_on(&self, machine: &Machine, entry: &'static Entry, asked: &Asked<'_>) {
        let (inner, thunks) = (&mut *machine.lock(), machine.thunks);
        if inner.cache.has(entry) || inner.given_up.contains(&entry.id) {
            return;
        }
        if inner.cache.has_garbage() {
            self.free(inner, machine);
            // Making code for which there is no room takes as long as making it.
            if inner.is_full && inner.cache.has_garbage() {
                return entry.cool();
            }
        }
        inner.is_full = false;
        let start = thread_time();
        let steps = self.counts_steps.then(|| counters(entry.code.words.len()));
        let compiled = template::compile(
            entry,
            asked,
            Assembler::new(
                thunks,
                entry.code.words.as_ptr().expose_provenance() as u64,
                entry.code.words.len(),
            ),
            thunks.call_interpreted,
            steps,
            self.optimises.is_some(),
        );
        let code_bytes = compiled.code.len();
        let installed = inner.cache.install(entry, compiled, &mut machine.memory());
        let Some(address) = installed else {
            return self.refuse(machine, inner, entry, code_bytes > self.memory_bytes_max / 2);
        };
        inner.stats.functions += 1;
        inner.stats.words += entry.code.words.len();
        inner.stats.code_bytes += code_bytes;
        inner.stats.time += thread_time().saturating_sub(start);
        if let Some(steps) = steps {
            let generation = inner.cache.generation(entry);
            inner.counted.push(CountedFunction { entry, generation, code_bytes, steps });
        }
        if let Some(path) = &self.perf_map {
            append_to_perf_map(path, address, code_bytes, &entry.code.name);
        }
    }

    /// No room: everything makes place, and what is still in use is compiled again.
    fn refuse(&self, machine: &Machine, inner: &mut Inner, entry: &'static Entry, is_too_large: bool) {
        inner.stats.refused += 1;
        inner.is_full = !is_too_large;
        if is_too_large {
            inner.given_up.insert(entry.id);
            return;
        }
        if !inner.cache.has_garbage() {
            self.retire(machine, inner);
        }
        entry.cool();
    }
}

impl Machine {
    fn new(memory_bytes_max: usize, optimises: bool) -> io::Result<Machine> {
        let mut memory = CodeMemory::new(memory_bytes_max)?;
        // The size does not depend on the address, so a first try finds how much room is needed.
        let room = thunks::make(0).0.len();
        let range = memory.reserve(room).ok_or_else(|| io::Error::other("no room for shared code"))?;
        let (code, thunks) = thunks::make(memory.address(range).expose_provenance() as u64);
        memory.write(range, &code);
        let optimiser_room = if optimises { Optimiser::room(&mut memory, thunks) } else { None };
        let inner = Inner {
            cache: CodeCache::new(thunks.call_interpreted),
            given_up: HashSet::new(),
            stats: TierStats::default(),
            is_full: false,
            counted: Vec::new(),
        };
        let (memory, inner) = (Mutex::new(memory), Mutex::new(inner));
        Ok(Machine { thunks, memory, inner, optimiser: OnceLock::new(), optimiser_room })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, CodeMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made_optimiser(&self) -> Option<&Optimiser> {
        self.optimiser.get()?.as_ref()
    }

    fn optimiser(&self, eagerness: Eagerness, perf_map: Option<PathBuf>) -> Option<&Optimiser> {
        let new =
            || Optimiser::new(eagerness, &mut self.memory(), self.optimiser_room?, self.thunks, perf_map);
        self.optimiser.get_or_init(new).as_ref()
    }
}

/// What the thread has worked so far: on a busy machine the clock tells more of others.
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the structure that it is given.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0 {
        return Duration::ZERO;
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// One line for each function: address, size, name. A profile without names is no reason to fail.
pub(crate) fn append_to_perf_map(path: &Path, address: u64, bytes: usize, name: &str) {
    let mut line = String::new();
    let _ = writeln!(line, "{address:x} {bytes:x} dunlin:{name}");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| io::Write::write_all(&mut file, line.as_bytes()));
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
    fn compile(&self, entry: &'static Entry, asked: &Asked<'_>) {
        self.0.compile(entry, asked);
    }
    fn slice_starts(&self) {
        self.0.slice_starts();
    }
    fn slice_ends(&self) {
        self.0.slice_ends();
    }
    unsafe fn enter(&self, state: *mut State, address: u64) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.0.enter(state, address) }
    }
    fn optimise_after(&self) -> Option<u32> {
        self.0.optimise_after()
    }
    fn optimise(&self, asked: &Asked<'_>, recorded: Vec<&'static Entry>, running: (&'static Entry, usize)) {
        self.0.optimise(asked, recorded, running);
    }
    fn optimise_later(
        &self,
        asked: &Asked<'_>,
        recorded: &[&'static Entry],
        running: (&'static Entry, usize),
    ) {
        self.0.optimise_later(asked, recorded, running);
    }
    fn note_reason(&self, reason: u32) {
        self.0.note_reason(reason);
    }
    fn note_exit(&self, record: &ExitRecord, news: bool) {
        self.0.note_exit(record, news);
    }
}

impl Tier for TemplateTier {
    fn threshold(&self) -> u32 {
        self.threshold
    }

    fn compile(&self, entry: &'static Entry, asked: &Asked<'_>) {
        if let Some(machine) = self.machine() {
            self.compile_on(machine, entry, asked);
        }
    }

    fn slice_starts(&self) {
        self.workers.slice_starts();
    }

    fn slice_ends(&self) {
        if self.workers.slice_ends()
            && self.has_garbage.load(Relaxed)
            && let Some(machine) = self.made()
        {
            self.free(&mut machine.lock(), machine);
        }
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
        let eagerness = self.optimises?;
        let may = self.optimiser().is_none_or(Optimiser::has_time)
            && !(eagerness.in_background && background::is_full());
        may.then_some(eagerness.polls)
    }

    fn optimise(&self, asked: &Asked<'_>, recorded: Vec<&'static Entry>, running: (&'static Entry, usize)) {
        if self.optimises.is_some_and(|eagerness| eagerness.in_background) {
            let later = asked.for_later();
            background::run(move || {
                later.with(|tier, asked| tier.optimise_later(asked, &recorded, running));
            });
        } else {
            self.optimise_now(asked, &recorded, running);
        }
    }

    fn optimise_later(
        &self,
        asked: &Asked<'_>,
        recorded: &[&'static Entry],
        running: (&'static Entry, usize),
    ) {
        self.optimise_now(asked, recorded, running);
    }

    fn note_exit(&self, record: &ExitRecord, news: bool) {
        if let Some(optimiser) = self.optimiser()
            && optimiser.note_exit(record, news, &self.workers)
        {
            self.has_garbage.store(true, Relaxed);
        }
    }

    fn note_reason(&self, reason: u32) {
        if let Some(optimiser) = self.optimiser() {
            optimiser.exits.count(Reason(reason));
        }
    }
}
