//! What the optimising tier compiles when, and what it retires.
//!
//! A function is found hot at polls, then recorded for one chunk of fuel, then compiled: its loops around the place
//! where it runs, and each function that was called often meanwhile. An exit that is taken again and again retires its
//! code; the function is recorded again, and what fails for no visible reason is not tried again.

use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vm::code::Entry;
use vm::native::Asked;
use vm::optimised::ExitRecord;

use super::artefact::{Artefact, Left, OptimiserStats, Why, left_by};
use super::code::{Garbage, Made, Placed};
use super::compile::Compiler;
use super::exits::{Exits, GuardTest};
use super::lower::Target;
use super::thunks::{self, Thunks};
use crate::memory::{CodeMemory, CodeRange};
use crate::quiescence::Workers;
use crate::ssa::build::{Refusal, Start};
use crate::ssa::flow::Code;
use crate::tier::{append_to_perf_map, thread_time};
use crate::x64::thunks::Thunks as TemplateThunks;

/// How eager the tier is.
#[derive(Clone, Copy, Debug)]
pub struct Eagerness {
    /// Polls that find a function in machine code before it is recorded.
    pub polls: u32,
    /// Calls while it is recorded that make a function worth compiling.
    pub calls: u32,
    /// Guards that fail without need, for tests.
    pub guards: GuardTest,
    /// Compiles on a thread of its own while the program goes on; else at once, and without a bound of time, so that
    /// a run is the same every time.
    pub in_background: bool,
}

impl Eagerness {
    pub const USUAL: Eagerness =
        Eagerness { polls: 24, calls: 16, guards: GuardTest::None, in_background: true };
    pub const ALWAYS: Eagerness =
        Eagerness { polls: 0, calls: 1, guards: GuardTest::None, in_background: false };
}

/// Exits at one place after which its code is retired.
const EXITS_MAX: u32 = 40;
/// Times that a function or loop is compiled in all: what still fails then stays on the template tier.
const ATTEMPTS_MAX: u32 = 5;
/// Of so many instructions that run one may be a step of the interpreter, which costs more from optimised code.
const STEPS_SHARE: u64 = 6;

/// Processor time that may be spent on compiling: at once, and of the time since then one part in so many. So what
/// never pays costs little, also where there is one processor for the program and the compiler.
const TIME_AT_ONCE: Duration = Duration::from_millis(5);
const TIME_SHARE: u32 = 6;
/// Times that something is refused before it is left alone.
const REFUSALS_MAX: u32 = 2;

struct Inner {
    artefacts: Vec<Artefact>,
    numbers: FxHashMap<(u32, Start), u32>,
    garbage: Garbage,
    /// Times that everything was retired.
    era: u64,
    stats: OptimiserStats,
}

/// The optimising tier.
pub struct Optimiser {
    pub eagerness: Eagerness,
    compiler: Compiler,
    thunks: Thunks,
    /// What machine code calls for a function that has none.
    call_below: u64,
    begun: Instant,
    /// Nanoseconds that were spent on compiling.
    spent: AtomicU64,
    pub exits: Exits,
    perf_map: Option<PathBuf>,
    inner: Mutex<Inner>,
}

impl Optimiser {
    /// Room for the code that all optimised code shares.
    pub fn room(memory: &mut CodeMemory, below: TemplateThunks) -> Option<CodeRange> {
        memory.reserve(thunks::thunks(0, below).0.len())
    }

    /// Nothing where code cannot be made here.
    pub fn new(
        eagerness: Eagerness,
        memory: &mut CodeMemory,
        range: CodeRange,
        below: TemplateThunks,
        perf_map: Option<PathBuf>,
    ) -> Option<Optimiser> {
        let compiler = Compiler::new()?;
        let (code, thunks) = thunks::thunks(memory.address(range).expose_provenance() as u64, below);
        memory.write(range, &code);
        let inner = Mutex::new(Inner {
            artefacts: Vec::new(),
            numbers: FxHashMap::default(),
            garbage: Garbage::default(),
            era: 0,
            stats: OptimiserStats::default(),
        });
        let call_below = below.call_interpreted;
        let (begun, spent) = (Instant::now(), AtomicU64::new(0));
        let exits = Exits::default();
        Some(Optimiser { eagerness, compiler, thunks, call_below, begun, spent, exits, perf_map, inner })
    }

    /// Whether there is time for compiling now.
    pub fn has_time(&self) -> bool {
        let spent = Duration::from_nanos(self.spent.load(Ordering::Relaxed));
        !self.eagerness.in_background || spent < TIME_AT_ONCE + self.begun.elapsed() / TIME_SHARE
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stats(&self) -> OptimiserStats {
        self.lock().stats.clone()
    }

    /// Compiles what recording has shown to be worth it; whether there was room for all of it.
    pub fn optimise(
        &self,
        memory: &Mutex<CodeMemory>,
        recorded: &[&'static Entry],
        (running, index): (&'static Entry, usize),
        asked: &Asked<'_>,
    ) -> bool {
        let mut has_room = self.optimise_loops(memory, (running, index), asked);
        let mut called: Vec<&'static Entry> = recorded
            .iter()
            .copied()
            .filter(|entry| entry.native().is_some() && entry.feedback().calls() >= self.eagerness.calls)
            .collect();
        called.sort_by_key(|entry| std::cmp::Reverse(entry.feedback().calls()));
        for entry in called {
            has_room &= self.compile(memory, entry, Start::Function, asked);
        }
        has_room
    }

    /// Compiles the loops around the place where a function runs.
    fn optimise_loops(
        &self,
        memory: &Mutex<CodeMemory>,
        (running, index): (&'static Entry, usize),
        asked: &Asked<'_>,
    ) -> bool {
        let Some(native) = running.native() else { return true };
        if native.loops.is_empty() {
            return true;
        }
        let Some(code) = Code::new(running) else { return true };
        let Some(place) = block_of(&code, index) else { return true };
        let mut has_room = true;
        for (word, _) in &native.loops {
            let Some(block) = code.block_at(*word as usize) else { continue };
            let around = code.loops_around(block);
            if around.first().is_some_and(|body| body.contains(&place)) {
                has_room &= self.compile(memory, running, Start::Loop(*word as usize), asked);
            }
        }
        has_room
    }

    /// Compiles one function or loop, if it is to be; false where that failed for want of room.
    fn compile(
        &self,
        memory: &Mutex<CodeMemory>,
        entry: &'static Entry,
        start: Start,
        asked: &Asked<'_>,
    ) -> bool {
        let Some((number, era)) = self.begin(entry, start) else { return true };
        let begun = thread_time();
        let made = contained(|| self.make(entry, start, number, asked));
        let time = thread_time().saturating_sub(begun);
        self.spent.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        let mut inner = self.lock();
        inner.stats.time += time;
        let artefact = &mut inner.artefacts[number as usize];
        artefact.is_busy = false;
        artefact.attempts += 1;
        artefact.time += time;
        match made {
            Ok((made, left)) => {
                artefact.left = left;
                self.put(&mut inner, memory, number, era, made)
            }
            Err(refusal) => {
                artefact.refusal = Some(refusal);
                artefact.refusals += 1;
                inner.stats.count(Why::Refused);
                true
            }
        }
    }

    /// The number of what is to be compiled and the era, unless it is not to be, or another thread is at it.
    fn begin(&self, entry: &'static Entry, start: Start) -> Option<(u32, u64)> {
        let mut inner = self.lock();
        let next = inner.artefacts.len() as u32;
        let number = *inner.numbers.entry((entry.id, start)).or_insert(next);
        if number == next {
            inner.artefacts.push(Artefact::new(entry, start));
        }
        let era = inner.era;
        let artefact = &mut inner.artefacts[number as usize];
        let is_given_up = artefact.attempts >= ATTEMPTS_MAX || artefact.refusals >= REFUSALS_MAX;
        if artefact.placed.is_some() || artefact.is_busy || is_given_up || !self.has_time() {
            return None;
        }
        artefact.is_busy = true;
        artefact.learnt = false;
        Some((number, era))
    }

    fn make(
        &self,
        entry: &'static Entry,
        start: Start,
        artefact: u32,
        asked: &Asked<'_>,
    ) -> Result<(Made, Vec<Left>), Refusal> {
        let code = Code::new(entry).ok_or("its code is not understood")?;
        let is_choosy = self.eagerness.polls > 0;
        if let Start::Loop(word) = start
            && is_choosy
            && code.takes_few_turns(word)
        {
            return Err("it takes few turns each time");
        }
        let form = self.compiler.form(&code, start, asked, is_choosy)?;
        if is_choosy && form.steps * STEPS_SHARE > form.runs {
            return Err("much of its work is the interpreter's");
        }
        if std::env::var_os("DUNLIN_SSA").is_some_and(|value| value != "check") {
            eprintln!("{} {start:?}\n{form}", entry.code.name);
        }
        let target = Target {
            entry,
            start,
            thunks: self.thunks,
            call_below: self.call_below,
            artefact,
            guards: self.eagerness.guards,
        };
        let left = left_by(&form, entry);
        Ok((self.compiler.machine_code(&form, target)?, left))
    }

    /// Puts code in its place and has calls find it, unless everything was retired since it was begun; false where
    /// there is no room.
    fn put(&self, inner: &mut Inner, memory: &Mutex<CodeMemory>, number: u32, era: u64, made: Made) -> bool {
        if inner.era != era {
            inner.stats.count(Why::TooLate);
            return true;
        }
        let artefact = &mut inner.artefacts[number as usize];
        let shared = match artefact.start {
            Start::Function => self.thunks.enter_function,
            Start::Loop(_) => self.thunks.enter_loop,
        };
        let code_bytes = made.code.len();
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(placed) = Placed::new(made, &mut memory, |address| thunks::stub(address, shared)) else {
            inner.stats.count(Why::NoRoom);
            return false;
        };
        if let Some(path) = &self.perf_map {
            append_to_perf_map(path, placed.address, code_bytes, &format!("optimised:{}", artefact.name()));
        }
        inner.stats.code_bytes += placed.bytes();
        match artefact.start {
            Start::Function => inner.stats.functions += 1,
            Start::Loop(_) => inner.stats.loops += 1,
        }
        artefact.refusal = None;
        install(artefact.entry, artefact.start, &placed);
        artefact.placed = Some(placed);
        true
    }

    /// A guard failed; whether code was retired for that.
    pub fn note_exit(&self, record: &ExitRecord, news: bool, workers: &Workers) -> bool {
        let count = record.count.load(Ordering::Relaxed);
        if !news && count < EXITS_MAX {
            return false;
        }
        let inner = &mut *self.lock();
        let Some(artefact) = inner.artefacts.get_mut(record.artefact as usize) else { return false };
        artefact.learnt |= news;
        if count < EXITS_MAX {
            return false;
        }
        let Some(placed) = artefact.placed.take() else { return false };
        if !artefact.learnt {
            let entry = record.inlined.last().map_or(record.entry, |frame| frame.entry);
            entry.feedback().mark_failed(record.index);
        }
        self.hide(artefact.entry, artefact.start);
        inner.stats.count(if artefact.learnt { Why::Learnt } else { Why::Unclear });
        inner.garbage.add(std::iter::once(placed), workers);
        true
    }

    /// Takes all code out of use, also what is being made.
    pub fn retire_all(&self, workers: &Workers) {
        let inner = &mut *self.lock();
        inner.era += 1;
        let mut retired = Vec::new();
        for artefact in &mut inner.artefacts {
            // Nothing is wrong with it: it may be compiled as often again.
            artefact.attempts = artefact.attempts.saturating_sub(1);
            if let Some(placed) = artefact.placed.take() {
                self.hide(artefact.entry, artefact.start);
                inner.stats.count(Why::AllRetired);
                retired.push(placed);
            }
        }
        inner.garbage.add(retired.into_iter(), workers);
    }

    /// Has nobody find the code of a function or loop any more.
    fn hide(&self, entry: &'static Entry, start: Start) {
        match start {
            Start::Function => {
                entry.native.optimised.store(self.thunks.call, Ordering::SeqCst);
                entry.call_plain();
            }
            Start::Loop(word) => {
                if let Some(cell) = entry.native().and_then(|native| native.loop_cell(word)) {
                    cell.store(0, Ordering::SeqCst);
                }
            }
        }
    }

    pub fn has_garbage(&self) -> bool {
        !self.lock().garbage.is_empty()
    }

    /// Frees what nobody can be in any more.
    pub fn free_past(&self, workers: &Workers, memory: &Mutex<CodeMemory>) -> usize {
        let inner = &mut *self.lock();
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = inner.garbage.free_past(workers, &mut memory);
        inner.stats.freed_bytes += bytes;
        bytes
    }

    /// Calls `look` with each function and loop that was hot.
    pub fn for_each(&self, look: impl FnMut(&Artefact)) {
        self.lock().artefacts.iter().for_each(look);
    }

    /// What became of each function and loop, for people.
    pub fn report(&self) -> String {
        let inner = self.lock();
        let mut text = inner.stats.text();
        for artefact in &inner.artefacts {
            let _ = writeln!(text, "  {}: {}", artefact.name(), artefact.state());
        }
        text += &self.exits.text();
        text
    }
}

/// A compilation that panics is refused: the program goes on without it. Where things are checked it is not hidden.
fn contained<T>(make: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    if cfg!(debug_assertions) {
        return make();
    }
    catch_unwind(AssertUnwindSafe(make)).unwrap_or(Err("its compilation failed"))
}

fn block_of(code: &Code, index: usize) -> Option<usize> {
    code.blocks.partition_point(|block| block.first <= index).checked_sub(1)
}

fn install(entry: &'static Entry, start: Start, placed: &Placed) {
    match start {
        Start::Function => {
            entry.native.optimised.store(placed.address, Ordering::Release);
            entry.call_optimised(placed.stub);
        }
        Start::Loop(word) => {
            if let Some(cell) = entry.native().and_then(|native| native.loop_cell(word)) {
                cell.store(placed.stub, Ordering::Release);
            }
        }
    }
}
