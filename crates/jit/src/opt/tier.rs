//! What the optimising tier compiles when, and what it retires.
//!
//! A function is found hot at polls, then recorded for one chunk of fuel, then compiled: its loops around the place
//! where it runs, and each function that was called often meanwhile. An exit that is taken again and again retires its
//! code; the function is recorded again, and what fails for no visible reason is not tried again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vm::code::Entry;
use vm::native::Asked;
use vm::optimised::ExitRecord;

use super::compile::Compiler;
use super::lower::Target;
use super::thunks::{self, Thunks};
use crate::memory::CodeMemory;
use crate::ssa::build::{Refusal, Start};
use crate::ssa::flow::Code;
use crate::x64::thunks::Thunks as TemplateThunks;

/// How eager the tier is.
#[derive(Clone, Copy, Debug)]
pub struct Eagerness {
    /// Polls that find a function in machine code before it is recorded.
    pub polls: u32,
    /// Calls while it is recorded that make a function worth compiling.
    pub calls: u32,
    /// Guards fail at random, for tests.
    pub flips_coins: bool,
}

impl Eagerness {
    pub const USUAL: Eagerness = Eagerness { polls: 24, calls: 16, flips_coins: false };
    pub const ALWAYS: Eagerness = Eagerness { polls: 0, calls: 1, flips_coins: false };
}

/// Exits at one place after which its code is retired.
const EXITS_MAX: u32 = 40;
/// Times that a function or loop is compiled in all: what still fails then stays on the template tier.
const ATTEMPTS_MAX: u32 = 5;
/// Of so many instructions that run one may be a step of the interpreter, which costs more from optimised code.
const STEPS_SHARE: u64 = 6;

/// Time that may be spent on compiling: at once, and of the time since then one part in so many. So what never
/// pays costs little.
const TIME_AT_ONCE: Duration = Duration::from_millis(6);
const TIME_SHARE: u32 = 6;
/// Times that something is refused before it is left alone.
const REFUSALS_MAX: u32 = 2;

/// What the tier has done so far.
#[derive(Clone, Debug, Default)]
pub struct OptimiserStats {
    pub functions: usize,
    pub loops: usize,
    pub code_bytes: usize,
    pub time: Duration,
    pub retired: usize,
    pub refused: usize,
    pub exits: u64,
}

/// One function or loop.
struct Artefact {
    entry: &'static Entry,
    start: Start,
    attempts: u32,
    refusals: u32,
    is_installed: bool,
    /// A thread is compiling it.
    is_busy: bool,
    refusal: Option<Refusal>,
    /// The instructions that its code leaves to the interpreter, in words.
    left: String,
    /// What guards of it failed told something new.
    learnt: bool,
}

struct Inner {
    artefacts: Vec<Artefact>,
    numbers: HashMap<(u32, Start), u32>,
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
    inner: Mutex<Inner>,
}

impl Optimiser {
    /// Nothing where code cannot be made here.
    pub fn new(eagerness: Eagerness, memory: &mut CodeMemory, below: TemplateThunks) -> Option<Optimiser> {
        let compiler = Compiler::new()?;
        let room = thunks::thunks(0, below).0.len();
        let range = memory.reserve(room)?;
        let (code, thunks) = thunks::thunks(memory.address(range).expose_provenance() as u64, below);
        memory.write(range, &code);
        let inner =
            Inner { artefacts: Vec::new(), numbers: HashMap::new(), stats: OptimiserStats::default() };
        let call_below = below.call_interpreted;
        let (begun, spent) = (Instant::now(), AtomicU64::new(0));
        Some(Optimiser { eagerness, compiler, thunks, call_below, begun, spent, inner: Mutex::new(inner) })
    }

    /// Whether there is time for compiling now.
    pub fn has_time(&self) -> bool {
        let spent = Duration::from_nanos(self.spent.load(Ordering::Relaxed));
        self.eagerness.polls == 0 || spent < TIME_AT_ONCE + self.begun.elapsed() / TIME_SHARE
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stats(&self) -> OptimiserStats {
        self.lock().stats.clone()
    }

    /// Compiles what recording has shown to be worth it.
    pub fn optimise(
        &self,
        memory: &Mutex<CodeMemory>,
        recorded: &[&'static Entry],
        (running, index): (&'static Entry, usize),
        asked: &Asked<'_>,
    ) {
        self.optimise_loops(memory, (running, index), asked);
        let mut called: Vec<&'static Entry> = recorded
            .iter()
            .copied()
            .filter(|entry| entry.native().is_some() && entry.feedback().calls() >= self.eagerness.calls)
            .collect();
        called.sort_by_key(|entry| std::cmp::Reverse(entry.feedback().calls()));
        for entry in called {
            self.compile(memory, entry, Start::Function, asked);
        }
    }

    /// Compiles the loops around the place where a function runs.
    fn optimise_loops(
        &self,
        memory: &Mutex<CodeMemory>,
        (running, index): (&'static Entry, usize),
        asked: &Asked<'_>,
    ) {
        let Some(native) = running.native() else { return };
        if native.loops.is_empty() {
            return;
        }
        let Some(code) = Code::new(running) else { return };
        let Some(place) = block_of(&code, index) else { return };
        for (word, _) in &native.loops {
            let Some(block) = code.block_at(*word as usize) else { continue };
            let around = code.loops_around(block);
            if around.first().is_some_and(|body| body.contains(&place)) {
                self.compile(memory, running, Start::Loop(*word as usize), asked);
            }
        }
    }

    fn compile(&self, memory: &Mutex<CodeMemory>, entry: &'static Entry, start: Start, asked: &Asked<'_>) {
        let Some(number) = self.begin(entry, start) else { return };
        let begun = Instant::now();
        let made = contained(|| self.make(entry, start, number, asked));
        let made = made.and_then(|(code, left)| Ok((self.put(memory, &code, start)?, left)));
        let time = begun.elapsed();
        self.spent.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        let inner = &mut *self.lock();
        let (stats, artefact) = (&mut inner.stats, &mut inner.artefacts[number as usize]);
        stats.time += time;
        artefact.is_busy = false;
        artefact.attempts += 1;
        match made {
            Ok(((address, stub, bytes), left)) => {
                stats.code_bytes += bytes;
                match start {
                    Start::Function => stats.functions += 1,
                    Start::Loop(_) => stats.loops += 1,
                }
                artefact.is_installed = true;
                artefact.refusal = None;
                artefact.left = left;
                install(entry, start, address, stub);
            }
            Err(refusal) => {
                stats.refused += 1;
                artefact.refusal = Some(refusal);
                artefact.refusals += 1;
            }
        }
    }

    /// The number of what is to be compiled, unless it is not to be, or another thread is at it.
    fn begin(&self, entry: &'static Entry, start: Start) -> Option<u32> {
        let mut inner = self.lock();
        let next = inner.artefacts.len() as u32;
        let number = *inner.numbers.entry((entry.id, start)).or_insert(next);
        if number == next {
            inner.artefacts.push(Artefact {
                entry,
                start,
                attempts: 0,
                refusals: 0,
                is_installed: false,
                is_busy: false,
                refusal: None,
                left: String::new(),
                learnt: false,
            });
        }
        let artefact = &mut inner.artefacts[number as usize];
        let is_given_up = artefact.attempts >= ATTEMPTS_MAX || artefact.refusals >= REFUSALS_MAX;
        if artefact.is_installed || artefact.is_busy || is_given_up || !self.has_time() {
            return None;
        }
        artefact.is_busy = true;
        artefact.learnt = false;
        Some(number)
    }

    fn make(
        &self,
        entry: &'static Entry,
        start: Start,
        artefact: u32,
        asked: &Asked<'_>,
    ) -> Result<(Vec<u8>, String), Refusal> {
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
            flips_coins: self.eagerness.flips_coins,
        };
        let mut left = String::new();
        for (name, count) in &form.left {
            let _ = write!(left, "{} {count} {name}", if left.is_empty() { "" } else { "," });
        }
        Ok((self.compiler.machine_code(&form, target)?, left))
    }

    /// Puts code in memory: its address, that of the stub that enters it, and the bytes in all.
    fn put(
        &self,
        memory: &Mutex<CodeMemory>,
        code: &[u8],
        start: Start,
    ) -> Result<(u64, u64, usize), Refusal> {
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        let range = memory.reserve(code.len()).ok_or("there is no room for its code")?;
        memory.write(range, code);
        let address = memory.address(range).expose_provenance() as u64;
        let shared = match start {
            Start::Function => self.thunks.enter_function,
            Start::Loop(_) => self.thunks.enter_loop,
        };
        let stub = thunks::stub(address, shared);
        let range = memory.reserve(stub.len()).ok_or("there is no room for its code")?;
        memory.write(range, &stub);
        Ok((address, memory.address(range).expose_provenance() as u64, code.len() + stub.len()))
    }

    /// A guard failed.
    pub fn note_exit(&self, record: &ExitRecord, news: bool) {
        let count = record.count.load(Ordering::Relaxed);
        if !news && count < EXITS_MAX {
            return;
        }
        let mut inner = self.lock();
        let Some(artefact) = inner.artefacts.get_mut(record.artefact as usize) else { return };
        artefact.learnt |= news;
        if count < EXITS_MAX || !artefact.is_installed {
            return;
        }
        if !artefact.learnt {
            let entry = record.inlined.last().map_or(record.entry, |frame| frame.entry);
            entry.feedback().mark_failed(record.index);
        }
        artefact.is_installed = false;
        match artefact.start {
            Start::Function => {
                artefact.entry.native.optimised.store(self.thunks.call, Ordering::Release);
                artefact.entry.call_plain();
            }
            Start::Loop(word) => {
                if let Some(cell) = artefact.entry.native().and_then(|native| native.loop_cell(word)) {
                    cell.store(0, Ordering::Release);
                }
            }
        }
        inner.stats.retired += 1;
    }

    /// What became of each function and loop, for people.
    pub fn report(&self) -> String {
        let inner = self.lock();
        let stats = &inner.stats;
        let mut text = format!(
            "optimised: {} functions, {} loops, {} bytes of code, {:.3} ms, {} retired, {} refused\n",
            stats.functions,
            stats.loops,
            stats.code_bytes,
            stats.time.as_secs_f64() * 1e3,
            stats.retired,
            stats.refused
        );
        for artefact in &inner.artefacts {
            let name = &artefact.entry.code.name;
            let what = match artefact.start {
                Start::Function => name.to_string(),
                Start::Loop(word) => format!("{name}, the loop at {word}"),
            };
            let state = match (artefact.is_installed, artefact.refusal) {
                (true, _) => "optimised".to_string(),
                (false, Some(refusal)) => format!("not optimised: {refusal}"),
                (false, None) => "retired".to_string(),
            };
            let _ = write!(text, "  {what}: {state}, {} times compiled", artefact.attempts);
            if !artefact.left.is_empty() {
                let _ = write!(text, "; leaves to the interpreter:{}", artefact.left);
            }
            text.push('\n');
        }
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

fn install(entry: &'static Entry, start: Start, address: u64, stub: u64) {
    match start {
        Start::Function => {
            entry.native.optimised.store(address, Ordering::Release);
            entry.call_optimised(stub);
        }
        Start::Loop(word) => {
            if let Some(cell) = entry.native().and_then(|native| native.loop_cell(word)) {
                cell.store(stub, Ordering::Release);
            }
        }
    }
}
