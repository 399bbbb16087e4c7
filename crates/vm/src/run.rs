//! Running processes: slices, polls, collections.
//!
//! Running code counts one thing, the fuel register. At its underflow the poll looks at everything else: a wanted
//! collection, signals, limits, the end of the slice. The register holds a chunk of the slice's ticks at a time;
//! whoever wants a poll soon sets it to zero and keeps the rest in `held`, so that ticks are never lost.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use bytecode::{Word, function_flag};
use heap::{Heap, Request, RootScope, Roots, Scanned, Value};

use crate::class::entry_of;
use crate::code::Entry;
use crate::dispatch::{COUNT_TABLE, TABLE, TRACE_TABLE, WATCH_TABLE, resume};
use crate::exit::Limit;
use crate::function_table::Functions;
use crate::live::visit_frames;
use crate::process::{Attachment, Outcome, Position, Process, signal};
use crate::stack::Stack;
use crate::state::{
    Base, FOUND, Found, LAYOUTS, NO_METHOD, OPERATOR_HEADER, Pc, State, link, link_of, profile_of, write_raw,
};
use crate::unwind::caller_of;
use crate::vm::VmInner;

/// Ticks between polls.
const CHUNK: i64 = 1024;
/// The same where everything is optimised as soon as possible.
const EAGER_CHUNK: i64 = 8;
/// Polls between looks at the clock.
const CLOCK_POLLS: u32 = 8;
/// Ticks of one slice of `Process::run`.
const RUN_TICKS: i64 = 1 << 20;

thread_local! {
    /// The state that is not lent to a process. A second is made only while linking runs a module's top level.
    // Boxed, since a state is two kilobytes and its address is lent to handlers.
    static STATE: Cell<Option<Box<State>>> = const { Cell::new(None) };
}

/// Everything a process can still read.
struct ProcessRoots<'a> {
    stack: *mut Value,
    /// The running frame, and where it goes on.
    base: Base,
    pc: Pc,
    watermark: usize,
    result: &'a mut Value,
    script: &'a mut Value,
    attachment: &'a mut Attachment,
}

impl Roots for ProcessRoots<'_> {
    fn visit(&mut self, scope: RootScope, visitor: &mut impl FnMut(&mut Value)) {
        let from = match scope {
            RootScope::Young => self.watermark,
            RootScope::All => 0,
        };
        // SAFETY: the process stands at a safepoint.
        unsafe { visit_frames(self.stack, self.base, self.pc, from, visitor) };
        visitor(self.result);
        visitor(self.script);
        self.attachment.visit(visitor);
    }
}

/// Advances a process by at most so many ticks.
pub fn run_slice(process: &mut Process, ticks: i64) -> Outcome {
    let Some(position) = process.position.take() else {
        return Outcome::Internal("a process that was not started");
    };
    // A short slice never looks at the clock itself.
    if let (Some(max), Some(time)) = (process.config.limits.time_max, &process.seldom)
        && time.used > max
    {
        return Outcome::Limit(Limit::Time);
    }
    process.stack.loosen();
    let mut state = STATE.take().unwrap_or_else(|| Box::new(State::new()));
    process.slice_ticks = ticks;
    process.awaits_result = false;
    // The clock is slow to read beside a short slice.
    let deadline = process.config.limits.time_max.and_then(|max| {
        let (time, now) = (process.seldom.get_or_insert_default(), Instant::now());
        time.slice_start = Some(now);
        now.checked_add(max.saturating_sub(time.used))
    });
    process.heap.set_deadline(deadline);
    // SAFETY: the VM outlives its processes.
    let tier = unsafe { &*std::ptr::from_ref::<VmInner>(&process.vm.inner) }.tier();
    if let Some(tier) = tier {
        tier.slice_starts();
    }
    let outcome = unsafe {
        // SAFETY: the position is one that this process was left at, or started with.
        state.lend(process, position);
        resume(&mut *state);
        state.outcome.take().unwrap_or(Outcome::Internal("a run without an outcome"))
    };
    if matches!(outcome, Outcome::Suspended | Outcome::Parked(_)) {
        process.position = NonZeroUsize::new(state.pc.expose_provenance()).map(|pc| Position {
            pc,
            // SAFETY: the base lies in the process's stack.
            base: unsafe { state.base.offset_from(process.stack.start()) } as usize,
        });
    }
    let left = process.slice_ticks.max(0) + state.fuel + state.held;
    let reductions = process.reductions.wrapping_add(ticks.saturating_sub(left).max(0) as u64);
    process.is_warm |= reductions / CHUNK as u64 != process.reductions / CHUNK as u64;
    process.reductions = reductions;
    if state.instructions != 0 {
        process.vm.inner.instructions.fetch_add(std::mem::take(&mut state.instructions), Relaxed);
    }
    if let Some(time) = &mut process.seldom {
        time.used = time.now();
        time.slice_start = None;
    }
    if let Some(tier) = tier {
        tier.slice_ends();
    }
    STATE.set(Some(state));
    outcome
}

/// The entry of a function that a process can start with so many arguments.
fn startable(function: Value, count: usize) -> Result<&'static Entry, &'static str> {
    let entry = entry_of(function).ok_or("only functions written in Dunlin can be started")?;
    if entry.arity as usize == count {
        return Ok(entry);
    }
    let fixed = entry.code.fixed();
    if count > fixed || entry.code.params[count.min(fixed)..fixed].iter().any(|param| !param.optional) {
        return Err("the function takes other arguments");
    }
    Ok(entry)
}

impl Process {
    /// Whether `start` would take this function with so many arguments, and if not, why.
    pub fn can_start(function: Value, count: usize) -> Result<(), &'static str> {
        startable(function, count).map(drop)
    }

    /// Prepares a run of a function with these arguments. What ran before is forgotten.
    pub fn start(&mut self, function: Value, args: &[Value]) -> Result<(), &'static str> {
        let entry = startable(function, args.len())?;
        let fixed = entry.code.fixed();
        let base = Stack::first_base();
        let registers = entry.frame_bytes as usize / 8;
        if !self.stack.grow(base, base + registers, 0, self.config.limits.frames_max) {
            return Err("the limit of frames is zero");
        }
        let rest = match entry.code.has(function_flag::REST) {
            true => Some(self.heap.list_new(0).map_err(|_| "no memory for the arguments")?.value()),
            false => None,
        };
        let slots = self.stack.slots(0, base + registers);
        slots.fill(Value::NIL);
        for index in 0..fixed {
            slots[base + index] = args.get(index).copied().unwrap_or(Value::UNDEF);
        }
        if let Some(rest) = rest {
            slots[base + fixed] = rest;
        }
        slots[base - 3] = function;
        // SAFETY: the header lies inside the slots just written.
        unsafe {
            write_raw(&mut slots[base - 2], entry.profile.word());
            write_raw(&mut slots[base - 1], link::BOTTOM);
        }
        (self.stable, self.stable_before) = (0, 0);
        if let Some(tier) = self.vm.inner.tier() {
            entry.warm_at_start(tier, &self.vm.inner, std::mem::take(&mut self.is_warm));
        }
        let pc = NonZeroUsize::new(entry.start().expose_provenance());
        self.position = pc.map(|pc| Position { pc, base });
        Ok(())
    }

    /// Gives back memory that the process does not need while it waits: for one that has waited for long.
    pub fn shrink(&mut self) {
        let Some(position) = self.position else { return };
        // SAFETY: the position is that of a frame, whose header names the function.
        let top = unsafe {
            let base = self.stack.start().add(position.base);
            position.base + profile_of(base).entry().frame_bytes as usize / 8
        };
        self.stack.clear_above(top);
        let mut roots = ProcessRoots {
            stack: self.stack.start(),
            // SAFETY: the position is that of a frame.
            base: unsafe { self.stack.start().add(position.base) },
            pc: std::ptr::with_exposed_provenance(position.pc.get()),
            watermark: 0,
            result: &mut self.result,
            script: &mut self.script,
            attachment: &mut self.attachment,
        };
        self.heap.shrink(&mut roots);
        // What was packed is young still, however many collections have seen it.
        (self.stable, self.stable_before) = (0, 0);
        self.stack.tighten(top);
    }

    /// Whether the process waits in a call of a builtin, of which `give_result` can give the result.
    pub fn awaits_result(&self) -> bool {
        self.awaits_result && self.position.is_some()
    }

    /// Gives a process that `awaits_result` the result of the call, which then does not run again.
    pub fn give_result(&mut self, value: Value) {
        let Some(position) = self.position.as_mut().filter(|_| self.awaits_result) else { return };
        self.awaits_result = false;
        // SAFETY: the process stands before a call of two words whose window lies in its frame.
        let next = unsafe {
            let pc: Pc = std::ptr::with_exposed_provenance(position.pc.get());
            let ins = Word((*pc).load(Relaxed));
            *self.stack.start().add(position.base + ins.a()) = value;
            pc.add(2).expose_provenance()
        };
        position.pc = NonZeroUsize::new(next).unwrap_or(position.pc);
    }

    /// Runs to the end, or until the process waits.
    pub fn run(&mut self) -> Outcome {
        loop {
            match run_slice(self, RUN_TICKS) {
                Outcome::Suspended => {}
                outcome => return outcome,
            }
        }
    }
}

impl State {
    fn new() -> State {
        State {
            table: TABLE,
            pc: std::ptr::null(),
            base: std::ptr::null_mut(),
            fuel: 0,
            at: std::ptr::null(),
            stack_limit: std::ptr::null_mut(),
            heap: std::ptr::null_mut(),
            process: std::ptr::null_mut(),
            vm: std::ptr::null(),
            vm_number: 0,
            called: std::ptr::null(),
            ended: None,
            builtins: std::ptr::null(),
            entries: std::ptr::null(),
            held: 0,
            retry_at: std::ptr::null(),
            methods: vec![NO_METHOD; 512].into_boxed_slice(),
            layouts: [0; LAYOUTS],
            found_methods: [Found::EMPTY; FOUND],
            found_fields: [Found::EMPTY; FOUND],
            tracing: false,
            chunk: CHUNK,
            recording: false,
            recorded: Vec::new(),
            instructions: 0,
            native: Default::default(),
            outcome: None,
        }
    }

    unsafe fn lend(&mut self, process: &mut Process, position: Position) {
        let vm: *const VmInner = &*process.vm.inner;
        if self.vm_number != process.vm.inner.number {
            self.methods.fill(NO_METHOD);
            self.layouts.fill(0);
            self.found_methods.fill(Found::EMPTY);
            self.found_fields.fill(Found::EMPTY);
            self.vm_number = process.vm.inner.number;
            // How eager a tier is never changes.
            let is_eager = (*vm).tier().and_then(|tier| tier.optimise_after()) == Some(0);
            self.chunk = if is_eager { EAGER_CHUNK } else { CHUNK };
        }
        if self.recording {
            self.end_recording();
        }
        let (traces, counts) = (process.config.trace, process.config.count);
        let is_watched = process.vm.inner.config.watcher.is_some();
        if self.tracing || traces || counts || is_watched {
            self.tracing = traces || counts || is_watched;
            self.table = match (traces, counts) {
                (true, _) => TRACE_TABLE,
                (false, true) => COUNT_TABLE,
                (false, false) if is_watched => WATCH_TABLE,
                (false, false) => TABLE,
            };
        }
        self.vm = vm;
        self.entries = Functions::start();
        self.builtins = process.vm.inner.builtins.entries();
        self.heap = &mut process.heap;
        self.pc = std::ptr::with_exposed_provenance(position.pc.get());
        self.at = self.pc;
        self.base = process.stack.start().add(position.base);
        self.stack_limit = process.stack.limit();
        self.process = process;
        self.retry_at = std::ptr::null();
        self.held = 0;
        self.fuel = 0;
        self.outcome = None;
        self.native.coin = 0;
        self.flip_coin();
        self.refill();
    }

    /// Puts the next chunk of the slice into the register.
    unsafe fn refill(&mut self) {
        let process = &mut *self.process;
        let chaos = process.config.chaos;
        let chunk = if chaos.collect_always || chaos.suspend_always { 1 } else { self.chunk };
        let chunk = chunk.min(process.slice_ticks.max(0));
        process.slice_ticks -= chunk;
        self.fuel += chunk;
    }

    /// Makes the next tick poll.
    pub(crate) fn want_poll(&mut self) {
        if self.fuel > 0 {
            self.held += self.fuel;
            self.fuel = 0;
        }
    }

    /// What is left of a poll where nothing waits but the end of the chunk: more fuel. Less than zero, with nothing
    /// changed, where there is more to look at.
    pub(crate) unsafe fn poll_lightly(&mut self, fuel: i64) -> i64 {
        let process = &mut *self.process;
        let chaos = process.config.chaos;
        let clock = process.polls.wrapping_add(1).is_multiple_of(CLOCK_POLLS);
        let busy = process.heap.wants_gc()
            || chaos.collect_always
            || chaos.suspend_always
            || process.signals.is_raised()
            || process.slice_ticks < CHUNK
            || clock && process.config.limits.time_max.is_some();
        if busy {
            return -1;
        }
        process.polls = process.polls.wrapping_add(1);
        self.fuel = fuel + std::mem::take(&mut self.held);
        while self.fuel < 0 && (*self.process).slice_ticks > 0 {
            self.refill();
        }
        self.fuel
    }

    /// Looks at everything that waits for a safepoint; whether the process goes on. `pc` is where it goes on.
    pub(crate) unsafe fn poll(&mut self) -> bool {
        self.fuel += std::mem::take(&mut self.held);
        let process = &mut *self.process;
        let chaos = process.config.chaos;
        if process.heap.wants_gc() || chaos.collect_always {
            self.collect(if chaos.collect_always { Request::Full } else { Request::Poll });
        }
        let raised = process.signals.take();
        if raised & signal::SAMPLE != 0
            && let Some(sampler) = &(*self.vm).config.sampler
        {
            sampler(self.capture_trace(self.pc));
        }
        if raised & signal::KILL != 0 {
            return self.stop(Outcome::Exited(Value::NIL));
        }
        // What builtins charged beyond a chunk counts as the polls that it took the place of.
        let owed = (-self.fuel).max(0) / CHUNK;
        process.polls =
            process.polls.saturating_add(u32::try_from(owed).unwrap_or(CLOCK_POLLS)).saturating_add(1);
        let looks_at_clock = process.polls >= CLOCK_POLLS;
        if looks_at_clock {
            process.polls = 0;
        }
        if looks_at_clock
            && let Some(max) = process.config.limits.time_max
            && process.seldom.as_ref().is_some_and(|time| time.now() > max)
        {
            return self.stop_at_limit(Limit::Time, self.pc);
        }
        while self.fuel < 0 && process.slice_ticks > 0 {
            self.refill();
        }
        if self.fuel < 0 || chaos.suspend_always || raised & signal::YIELD != 0 {
            return self.stop(Outcome::Suspended);
        }
        true
    }

    /// Collects at a safepoint, `pc` being where the process goes on: everything alive is in the stack.
    pub(crate) unsafe fn collect(&mut self, request: Request) {
        self.collect_with(|heap, roots| heap.collect(roots, request));
    }

    unsafe fn collect_with(&mut self, collect: impl FnOnce(&mut Heap, &mut ProcessRoots) -> Scanned) {
        let process = &mut *self.process;
        let index = self.base.offset_from(process.stack.start()) as usize;
        let top = index + self.entry().frame_bytes as usize / 8;
        process.stack.clear_above(top);
        let mut roots = ProcessRoots {
            stack: process.stack.start(),
            base: self.base,
            pc: self.pc,
            watermark: process.stable.min(process.stable_before),
            result: &mut process.result,
            script: &mut process.script,
            attachment: &mut process.attachment,
        };
        let scanned = collect(&mut process.heap, &mut roots);
        self.native.moves = self.native.moves.wrapping_add(1);
        if scanned == Scanned::Nothing {
            return;
        }
        // Frames below the running one cannot change before it is left, which its flag makes known.
        process.stable_before = process.stable;
        process.stable = index.saturating_sub(OPERATOR_HEADER);
        let word = link_of(self.base);
        write_raw(self.base.sub(1), word | link::WATERMARK);
    }

    /// The flagged frame is being left: flags one further down, and what may change reaches down to there.
    #[cold]
    pub(crate) unsafe fn lower_watermark_below(&mut self) {
        match caller_of(self.base) {
            Some((base, _)) => self.flag_below(base),
            None => (*self.process).stable = 0,
        }
    }

    /// The frames above the running one are gone: as for returning from each.
    pub(crate) unsafe fn lower_watermark(&mut self) {
        let process = &mut *self.process;
        let index = self.base.offset_from(process.stack.start()) as usize;
        if index.saturating_sub(OPERATOR_HEADER) < process.stable {
            self.flag_below(self.base);
        }
    }

    unsafe fn flag_below(&mut self, mut base: Base) {
        const FRAMES_AT_A_TIME: usize = 32;
        for _ in 0..FRAMES_AT_A_TIME {
            match caller_of(base) {
                Some((below, _)) => base = below,
                None => {
                    (*self.process).stable = 0;
                    return;
                }
            }
        }
        let word = link_of(base);
        write_raw(base.sub(1), word | link::WATERMARK);
        let index = base.offset_from((*self.process).stack.start()) as usize;
        (*self.process).stable = index.saturating_sub(OPERATOR_HEADER);
    }

    /// Collects because the running instruction needs memory, which then starts again. The second time in a row
    /// there is no more to be had.
    pub(crate) unsafe fn collect_for(&mut self, _bytes: usize) -> bool {
        let process = &mut *self.process;
        if process.heap.wants_bulk() {
            self.pc = self.at;
            self.collect_with(|heap, roots| heap.begin_bulk(roots));
            return true;
        }
        if self.retry_at == self.at {
            return self.stop_at_limit(Limit::Heap, self.at);
        }
        self.retry_at = self.at;
        self.pc = self.at;
        self.collect(Request::Full);
        true
    }
}
