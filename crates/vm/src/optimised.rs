//! The seam between the interpreter's frames and optimised code.
//!
//! Optimised code keeps values where it likes between two points where the frames must be complete: its exits, and
//! its calls. At an exit it stores what the frame lacks, as it has it, and the VM brings it into the form of values by
//! a table; then the template tier's code goes on. At a call the frame is complete already, as of the place where the
//! call returns to: so whatever drops the native stack drops optimised frames as well, and nobody needs to ask them.
//!
//! Optimised code holds addresses of objects and of the stack across calls. Whenever one of these may have moved, the
//! native stack is dropped (`NativeRegisters::moves` counts how often that was so).
//!
//! SAFETY contract: that of `native`. Records live as long as code that names them may run.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use bytecode::{Op, Word};
use heap::{Kind, Value};

use crate::builtins::BuiltinEntry;
use crate::call::{Mode, Window};
use crate::code::Entry;
use crate::exit::Exit;
use crate::native::{BEHIND, Continuation, DROP, RUN_IS_OVER, STAY};
use crate::native_step::NATIVE_STEPS;
use crate::operator::{Post, Resumption};
use crate::state::{Base, Pc, State, link, profile_of, write_raw};

/// How optimised code left a value in a slot of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// An integer of 64 bits.
    Int,
    /// A double that may be any NaN.
    Float,
    /// Zero or one.
    Bool,
}

/// Why optimised code is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// What the code assumes of the next instruction does not hold.
    Guard,
    /// The fuel is used up.
    Poll,
    /// The end of what was compiled.
    End,
}

/// A function that was inlined: its frame lies `offset` words above the artefact's own, or in its place.
#[derive(Clone, Copy)]
pub struct InlinedFrame {
    pub entry: &'static Entry,
    pub offset: usize,
    /// Where its caller goes on, as a word of its caller's code.
    pub return_index: usize,
    /// Of a frame on behalf of an instruction that is no call: what stands below its header. Zero for other frames.
    pub resumption: u64,
}

impl InlinedFrame {
    /// The word that says where a caller with this code goes on.
    pub fn link(&self, caller: &Entry) -> u64 {
        let back = caller.code.words.as_ptr().wrapping_add(self.return_index).expose_provenance() as u64;
        if self.resumption == 0 { back } else { back | link::OPERATOR }
    }
}

/// What stands below the header of a frame so many words above its caller's, on behalf of an instruction that stores
/// its result.
pub fn resumption(distance: usize, words: usize) -> u64 {
    Resumption { distance, words, post: Post::Store }.word()
}

/// One place where optimised code hands its frames over.
pub struct ExitRecord {
    pub kind: ExitKind,
    /// The function that was compiled.
    pub entry: &'static Entry,
    pub inlined: Box<[InlinedFrame]>,
    /// The instruction to go on at, in the innermost frame.
    pub index: usize,
    pub raw: Box<[(usize, Raw)]>,
    /// Times that it was taken.
    pub count: AtomicU32,
    /// Which artefact this belongs to, as the tier numbers them.
    pub artefact: u32,
}

impl ExitRecord {
    fn innermost(&self) -> (&'static Entry, usize) {
        self.inlined.last().map_or((self.entry, 0), |frame| (frame.entry, frame.offset))
    }

    /// Makes the frames of what optimised code left at `base`; whether there was memory for it.
    unsafe fn write_frames(&self, state: &mut State, base: Base) -> bool {
        let mut works = !std::mem::take(&mut state.native.lacks_memory);
        for &(slot, raw) in &self.raw {
            let place = base.add(slot);
            let word = (*place).bits();
            *place = match raw {
                Raw::Float => Value::float(f64::from_bits(word)),
                Raw::Bool => Value::bool(word & 1 != 0),
                Raw::Int => match i32::try_from(word as i64) {
                    Ok(small) => Value::int32(small),
                    Err(_) => state.heap().int(word as i64).unwrap_or_else(|_| {
                        works = false;
                        Value::NIL
                    }),
                },
            };
        }
        let mut caller = self.entry;
        for frame in &self.inlined {
            let header = base.add(frame.offset);
            write_raw(header.sub(2), frame.entry.profile.word());
            // A function in place of the one that was compiled returns to where that one would.
            if frame.offset > 0 {
                write_raw(header.sub(1), frame.link(caller));
            }
            if frame.resumption != 0 {
                write_raw(header.sub(4), frame.resumption);
                *header.sub(5) = Value::NIL;
            }
            caller = frame.entry;
        }
        let (entry, offset) = self.innermost();
        state.base = base.add(offset);
        state.pc = entry.code.words.as_ptr().add(self.index);
        state.at = state.pc;
        works
    }
}

/// What `step` says where the instruction is done.
pub const DONE: u64 = 1;
/// What it says where the instruction is one of iteration, which is done and goes on with a turn.
pub const TURNED: u64 = 2;

impl State {
    /// Where the frames that optimised code has just handed over go on.
    unsafe fn go_on_below(&mut self, record: &ExitRecord) -> Continuation {
        let Some(target) = self.entry().native_at(self.pc) else { return self.go_on_elsewhere() };
        match &*record.inlined {
            [] => Continuation { target, how: STAY },
            [one] if one.offset == 0 => Continuation { target, how: STAY },
            [one] if one.resumption == 0 => {
                let back = record.entry.code.words.as_ptr().add(one.return_index);
                match record.entry.native_at(back) {
                    Some(how) => Continuation { target, how },
                    None => Continuation { target, how: DROP },
                }
            }
            _ => Continuation { target, how: DROP },
        }
    }

    unsafe fn leave_optimised(&mut self, record: &ExitRecord, base: Base, fuel: i64) -> Continuation {
        self.fuel = fuel;
        if !record.write_frames(self, base) {
            self.stop(crate::process::Outcome::Limit(crate::exit::Limit::Heap));
            return RUN_IS_OVER;
        }
        let reason = std::mem::take(&mut self.native.reason);
        if reason != 0
            && let Some(tier) = self.vm().tier()
        {
            tier.note_reason(reason);
        }
        match record.kind {
            ExitKind::Guard if self.native.coin == 0 && self.flips_coins() => self.flip_coin(),
            ExitKind::Guard => {
                let count = record.count.load(Ordering::Relaxed).saturating_add(1);
                record.count.store(count, Ordering::Relaxed);
                let news = self.entry().record_at(record.index, self.base);
                if let Some(tier) = self.vm().tier() {
                    tier.note_exit(record, news);
                }
            }
            ExitKind::End => {}
            ExitKind::Poll => {
                let moves = self.native.moves;
                if !self.poll() {
                    return RUN_IS_OVER;
                }
                if self.native.moves != moves {
                    return self.go_on_elsewhere();
                }
            }
        }
        self.go_on_below(record)
    }

    /// Whether guards are to fail at random.
    unsafe fn flips_coins(&self) -> bool {
        let process = &*self.process;
        process.config.chaos.decline_always
    }

    /// After how many guards the next one fails.
    pub(crate) unsafe fn flip_coin(&mut self) {
        if self.flips_coins() {
            let turns = &mut (*self.process).coins;
            *turns = turns.wrapping_mul(25_173).wrapping_add(13_849);
            self.native.coin = 1 + u64::from(*turns >> 10);
        }
    }

    /// Runs one instruction for optimised code.
    unsafe fn step_for_optimised(&mut self, record: &ExitRecord, base: Base, fuel: i64) -> Continuation {
        self.fuel = fuel;
        if !record.write_frames(self, base) {
            self.stop(crate::process::Outcome::Limit(crate::exit::Limit::Heap));
            return RUN_IS_OVER;
        }
        let (frame, at, moves) = (self.base, self.pc, self.native.moves);
        let word = (*at).load(Ordering::Relaxed);
        let words = crate::quick::generic_of(word as u8).map_or(1, |op| op.words());
        if let Some((builtin, exit)) = self.ended.take() {
            return match leave_builtin_of_site(self, Word(word), builtin, exit) {
                false => RUN_IS_OVER,
                true if self.native.moves != moves => self.go_on_elsewhere(),
                true if self.base == frame && self.pc == at.add(words) => {
                    Continuation { target: DONE, how: STAY }
                }
                true => self.call_for_optimised(frame, at.add(words)),
            };
        }
        let done = NATIVE_STEPS[word as u8 as usize](self, at, frame, fuel);
        if done.target == BEHIND {
            self.fuel = done.how as i64;
            return match self.native.moves == moves {
                true => Continuation { target: DONE, how: STAY },
                false => {
                    (self.pc, self.base) = (at.add(words), frame);
                    self.go_on_elsewhere()
                }
            };
        }
        if done.target == 0 && done.how == RUN_IS_OVER.how {
            return done;
        }
        if self.native.moves != moves {
            return self.go_on_elsewhere();
        }
        if self.base == frame && self.pc == at.add(words) {
            return Continuation { target: DONE, how: STAY };
        }
        if crate::quick::generic_of(word as u8) == Some(Op::Next) && self.base == frame {
            let turn = (*at.add(1)).load(Ordering::Relaxed) as i32;
            if self.pc == at.add(words).offset(turn as isize) {
                return Continuation { target: TURNED, how: STAY };
            }
        }
        self.call_for_optimised(frame, at.add(words))
    }

    /// The step has pushed the frame of a function, which returns to optimised code.
    unsafe fn call_for_optimised(&mut self, caller: Base, back: Pc) -> Continuation {
        use crate::native_way::has_native_stack;
        use crate::state::{link_of, pc_of_link};
        let word = link_of(self.base);
        if self.base > caller
            && word >> link::SHIFT == 0
            && pc_of_link(word) == back
            && has_native_stack(self)
        {
            if let Some(tier) = self.vm().tier() {
                self.warm_running(tier);
            }
            if let Some(target) = self.entry().native_at(self.pc) {
                return Continuation { target, how: STAY };
            }
        }
        self.go_on_elsewhere()
    }
}

/// Does what a call of a builtin that gave no value does, for the instruction that `state` stands at; whether the run
/// goes on.
#[cold]
unsafe fn leave_builtin_of_site(
    state: &mut State,
    word: Word,
    builtin: &'static BuiltinEntry,
    exit: Exit,
) -> bool {
    let op = crate::quick::generic_of(word.op_byte());
    let is_tail = matches!(op, Some(Op::TailCall | Op::TailCallConst | Op::TailCallMethod));
    let mode = if is_tail { Mode::Tail } else { Mode::Ordinary };
    state.at = state.pc;
    state.pc = state.at.add(op.map_or(1, |op| op.words()));
    let window = Window { at: word.a(), count: word.b(), mode };
    let result = catch_unwind(AssertUnwindSafe(|| state.leave_builtin(window, builtin, exit)));
    state.after_slow(result.unwrap_or(Err(Exit::Internal("a call panicked"))))
}

/// What a helper gives: a value, or `UNDEF`; and the fuel that is left.
#[repr(C)]
pub struct Given {
    value: Value,
    fuel: i64,
}

impl State {
    /// A value for optimised code, which polls soon if memory is short.
    unsafe fn given(&mut self, value: Value) -> Given {
        if self.heap().wants_gc() {
            self.want_poll();
        }
        Given { value, fuel: self.fuel }
    }

    /// What a function gives for optimised code. A defect in it is found by the step once more.
    pub(crate) unsafe fn given_directly(
        &mut self,
        fuel: i64,
        work: impl FnOnce(&mut State) -> Option<Value>,
    ) -> Given {
        self.fuel = fuel;
        let value = catch_unwind(AssertUnwindSafe(|| work(self))).ok().flatten();
        self.given(value.unwrap_or(Value::UNDEF))
    }
}

const RECORD: u8 = Kind::Record as u8;
const INSTANCE: u8 = Kind::Instance as u8;
const TUPLE: u8 = Kind::Tuple as u8;
const CELL: u8 = Kind::Cell as u8;
const CLOSURE: u8 = Kind::Closure as u8;

macro_rules! helpers {
    ($abi:literal) => {
        /// Optimised code is left for good.
        pub unsafe extern $abi fn left(
            state: *mut State,
            record: *const ExitRecord,
            base: Base,
            fuel: i64,
        ) -> Continuation {
            (*state).leave_optimised(&*record, base, fuel)
        }

        /// An instruction that optimised code leaves to the interpreter's step. A target of `DONE` goes back to it.
        pub unsafe extern $abi fn step(
            state: *mut State,
            record: *const ExitRecord,
            base: Base,
            fuel: i64,
        ) -> Continuation {
            (*state).step_for_optimised(&*record, base, fuel)
        }

        /// The fuel is used up at the start of a function whose frame optimised code has pushed.
        pub unsafe extern $abi fn call_poll(state: *mut State, _: u64, base: Base, fuel: i64) -> Continuation {
            let state = &mut *state;
            let entry = profile_of(base).entry();
            let (start, moves) = (entry.start(), state.native.moves);
            (state.at, state.pc, state.base, state.fuel) = (start, start, base, fuel);
            if !state.poll() {
                return RUN_IS_OVER;
            }
            if let Some(tier) = state.vm().tier() {
                state.warm_running(tier);
            }
            match entry.native_at(start) {
                Some(target) if state.native.moves == moves => Continuation { target, how: STAY },
                _ => state.go_on_elsewhere(),
            }
        }

        /// New fuel for a loop where nothing but the fuel asked for the poll; less than zero leaves the rest to
        /// `left`.
        pub unsafe extern $abi fn poll(state: *mut State, fuel: i64) -> i64 {
            (*state).poll_lightly(fuel)
        }

        /// Makes an object that optimised code has done without so far. `what` is its kind, the number of its words
        /// above that, and its class or the arity of its code.
        pub unsafe extern $abi fn materialise(state: *mut State, what: u64, words: *const Value) -> u64 {
            let state = &mut *state;
            let words = std::slice::from_raw_parts(words, (what >> 8) as usize & 0xFFFF);
            let class = (what >> 32) as u32;
            let heap = state.heap();
            let made = match what as u8 {
                RECORD => heap.record(class, words).ok().map(|object| object.value()),
                INSTANCE => heap.instance(class, words).ok().map(|object| object.value()),
                TUPLE => heap.tuple(words).ok().map(|object| object.value()),
                CELL => heap.cell(words[0]).ok().map(|object| object.value()),
                CLOSURE => {
                    heap.closure(words[0].bits(), class, &words[1..]).ok().map(|object| object.value())
                }
                _ => None,
            };
            state.native.lacks_memory |= made.is_none();
            made.unwrap_or(Value::NIL).bits()
        }

        /// Calls a builtin. `UNDEF` where it gave no value: then the step finds why in the state.
        pub unsafe extern $abi fn call_builtin(
            state: *mut State,
            builtin: *const BuiltinEntry,
            arguments: *const Value,
            fuel: i64,
        ) -> Given {
            let (state, builtin) = (&mut *state, &*builtin);
            state.fuel = fuel;
            let arguments = std::slice::from_raw_parts(arguments, builtin.arity as usize);
            // A defect in a builtin ends this process and nothing else.
            let result = catch_unwind(AssertUnwindSafe(|| state.run_builtin(builtin, arguments)));
            let value = match result.unwrap_or(Err(Exit::Internal("a builtin panicked"))) {
                Ok(value) => value,
                Err(exit) => {
                    state.ended = Some((builtin, exit));
                    Value::UNDEF
                }
            };
            state.given(value)
        }

        /// A value for an integer beyond 32 bits; zero where there is no memory.
        pub unsafe extern $abi fn box_int(state: *mut State, number: i64) -> u64 {
            (*state).heap().int(number).map_or(0, |value| value.bits())
        }
    };
}
#[cfg(target_arch = "x86_64")]
helpers!("sysv64");
#[cfg(not(target_arch = "x86_64"))]
helpers!("C");
