//! How one instruction leads to the next.
//!
//! Each instruction is a type with a fast path and a slow path, some with a second path between them. The fast path is a plain inlined function; two
//! wrappers make a runnable handler of it. In the first, a handler ends in a call of the next handler through
//! the table in `State`, which the compiler turns into a jump because all handlers have one signature, nothing
//! with a destructor is alive and no address of a local has escaped. In the second (`plain_loop`: builds without
//! optimisation, sanitizers, other targets) the handler returns to a loop that calls the next.
//!
//! The rules that keep the first form a jump: at most five integer arguments; slow paths are separate functions
//! that get everything through `State`.
//!
//! SAFETY contract: as for `state`. A fast path that says `Slow` has changed nothing; one that says `Poll` has
//! done all its work and left `pc` and `base` where the process goes on.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use bytecode::{Op, Word};

use crate::call::call_builtin_of_site;
use crate::exit::Exit;
use crate::ops;
use crate::quick::{Quick, generic_of};
use crate::record::record;
use crate::state::{Base, Pc, State};
use crate::watch::watch;

/// What a fast path says at its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Go on at `pc`.
    Next,
    /// Nothing was done: take the slow path.
    Slow,
    /// All was done, and the fuel is used up.
    Poll,
    /// The instruction is a call of the builtin in `State::called`, with the arguments as they are.
    Builtin,
}

/// One instruction of the interpreter.
pub trait Instruction {
    /// Words that the instruction takes.
    const WORDS: usize;

    /// Does the common cases. `pc` is behind the first word.
    unsafe fn fast(ins: Word, pc: &mut Pc, base: &mut Base, state: *mut State, fuel: &mut i64) -> Step;

    /// Whether there is a second path.
    const SECOND: bool = false;

    /// Does what is rarer and still quick, where the fast path said `Slow`. It stands in a handler of its own, so that
    /// what it needs takes no registers from the fast path.
    #[inline(always)]
    unsafe fn second(_: Word, _: &mut Pc, _: &mut Base, _: *mut State, _: &mut i64) -> Step {
        Step::Slow
    }

    /// Both.
    #[inline(always)]
    unsafe fn quick(ins: Word, pc: &mut Pc, base: &mut Base, state: *mut State, fuel: &mut i64) -> Step {
        match Self::fast(ins, pc, base, state, fuel) {
            Step::Slow if Self::SECOND => Self::second(ins, pc, base, state, fuel),
            step => step,
        }
    }

    /// Does everything. `state.pc` is the next instruction, `state.at` this one.
    unsafe fn slow(state: &mut State, ins: Word) -> Result<(), Exit>;
}

/// After a slow path: whether to go on with what it left in the state.
#[inline(never)]
pub(crate) unsafe fn run_slow(
    state: *mut State,
    slow: unsafe fn(&mut State, Word) -> Result<(), Exit>,
    words: usize,
    pc: Pc,
    base: Base,
    fuel: i64,
) -> bool {
    let state = &mut *state;
    // Read again, so that fast paths need not keep the word alive for their slow path.
    let ins = (*pc.sub(1)).load(Relaxed);
    state.at = pc.sub(1);
    state.pc = pc.add(words - 1);
    state.base = base;
    state.fuel = fuel;
    // A defect in a slow path ends this process and nothing else; handlers must not be unwound.
    let result = catch_unwind(AssertUnwindSafe(|| slow(state, Word(ins))));
    state.after_slow(result.unwrap_or(Err(Exit::Internal("an instruction panicked"))))
}

impl State {
    /// Whether the run goes on after what a slow path did.
    #[inline(always)]
    pub(crate) unsafe fn after_slow(&mut self, result: Result<(), Exit>) -> bool {
        match result {
            Ok(()) => {
                self.retry_at = std::ptr::null();
                if self.heap().wants_gc() {
                    self.want_poll();
                }
                true
            }
            Err(exit) => self.leave(exit),
        }
    }
}

/// At used up fuel: whether to go on with what the poll left in the state.
#[inline(never)]
unsafe fn run_poll(state: *mut State, pc: Pc, base: Base, fuel: i64) -> bool {
    let state = &mut *state;
    state.at = pc;
    state.pc = pc;
    state.base = base;
    state.fuel = fuel;
    state.poll() && state.enter_if_native()
}

#[inline(always)]
unsafe fn fetch(pc: &mut Pc) -> u64 {
    let word = (**pc).load(Relaxed);
    *pc = pc.add(1);
    u64::from(word)
}

/// Writes the instruction that is about to run.
#[cold]
#[inline(never)]
unsafe fn write_trace(ins: u64, pc: Pc, base: Base) {
    let word = Word(ins as u32);
    let entry = crate::state::profile_of(base).entry();
    let index = entry.code.index_of(pc).wrapping_sub(1);
    let name = match Quick::from_byte(word.op_byte()) {
        Some(quick) => quick.mnemonic(),
        None => Op::from_byte(word.op_byte()).map_or("?", |op| op.row().mnemonic),
    };
    eprintln!("{:>20} {index:>5} {name:<8} {:>3} {:>3} {:>3}", entry.code.name, word.a(), word.b(), word.c());
    debug_assert!(generic_of(word.op_byte()).is_some());
}

/// A byte that is no instruction. Validated code has none.
pub(crate) struct Illegal;
impl Instruction for Illegal {
    const WORDS: usize = 1;
    #[inline(always)]
    unsafe fn fast(_: Word, _: &mut Pc, _: &mut Base, _: *mut State, _: &mut i64) -> Step {
        Step::Slow
    }
    unsafe fn slow(_: &mut State, _: Word) -> Result<(), Exit> {
        Err(Exit::Internal("an illegal instruction"))
    }
}

macro_rules! fill_generic {
    ($(($name:ident, $mnemonic:literal, $format:ident, $effect:ident, $facts:expr, $doc:literal),)*) => {
        const fn fill_generic(mut table: [Handler; 256]) -> [Handler; 256] {
            $(table[Op::$name as usize] = handler::<ops::all::$name>;)*
            table
        }
    };
}
bytecode::for_each_op!(fill_generic);

macro_rules! fill_quick {
    ($(($name:ident, $mnemonic:literal, $generic:ident, $doc:literal),)*) => {
        const fn fill_quick(mut table: [Handler; 256]) -> [Handler; 256] {
            $(table[Quick::$name.byte() as usize] = handler::<ops::all::$name>;)*
            table
        }
    };
}
crate::for_each_quick!(fill_quick);

/// The handler of each opcode byte.
pub(crate) const TABLE: [Handler; 256] = fill_quick(fill_generic([handler::<Illegal>; 256]));
/// The same with each instruction written before it runs.
pub(crate) const TRACE_TABLE: [Handler; 256] = [traced; 256];
/// The same with what each instruction finds written down.
pub(crate) const RECORD_TABLE: [Handler; 256] = [recorded; 256];
/// The same with each instruction counted.
pub(crate) const COUNT_TABLE: [Handler; 256] = [counted; 256];
/// The same with a watcher that is asked before each instruction.
pub(crate) const WATCH_TABLE: [Handler; 256] = [watched; 256];
static PLAIN_TABLE: [Handler; 256] = TABLE;

/// Whether handlers jump to each other: the test of their machine code has nothing to look at otherwise.
pub const HANDLERS_JUMP: bool = cfg!(not(plain_loop));

/// Where the machine code of an opcode byte's handler begins.
pub fn handler_address(byte: u8) -> usize {
    PLAIN_TABLE[usize::from(byte)] as usize
}

#[cfg(not(plain_loop))]
mod threaded {
    use super::*;

    macro_rules! define_handlers {
        ($abi:literal) => {
            /// A handler: the place behind the instruction's first word, the frame, the instruction, the machine, the
            /// fuel. The instruction comes third for the sake of x86-64: only the first four registers of that machine
            /// have a name for their second byte, two of them are the third and fourth arguments, and a handler that has
            /// to move the instruction into another one must save that first.
            pub type Handler = unsafe extern $abi fn(Pc, Base, u64, *mut State, i64);

            pub unsafe extern $abi fn handler<I: Instruction>(
                pc: Pc,
                base: Base,
                ins: u64,
                state: *mut State,
                fuel: i64,
            ) {
                let (mut next, mut frame, mut left) = (pc, base, fuel);
                match I::fast(Word(ins as u32), &mut next, &mut frame, state, &mut left) {
                    Step::Next => {}
                    Step::Slow if I::SECOND => return second_handler::<I>(pc, base, 0, state, fuel),
                    Step::Slow => return slow_handler::<I>(pc, base, 0, state, fuel),
                    Step::Poll => return poll_handler(next, frame, 0, state, left),
                    Step::Builtin => return builtin_handler(pc, base, 0, state, fuel),
                }
                let ins = fetch(&mut next);
                ((*state).table[ins as u8 as usize])(next, frame, ins, state, left)
            }

            #[inline(never)]
            unsafe extern $abi fn second_handler<I: Instruction>(
                pc: Pc,
                base: Base,
                _: u64,
                state: *mut State,
                fuel: i64,
            ) {
                let ins = (*pc.sub(1)).load(Relaxed);
                let (mut next, mut frame, mut left) = (pc, base, fuel);
                match I::second(Word(ins), &mut next, &mut frame, state, &mut left) {
                    Step::Next => {}
                    Step::Slow => return slow_handler::<I>(pc, base, 0, state, fuel),
                    Step::Poll => return poll_handler(next, frame, 0, state, left),
                    Step::Builtin => return builtin_handler(pc, base, 0, state, fuel),
                }
                let ins = fetch(&mut next);
                ((*state).table[ins as u8 as usize])(next, frame, ins, state, left)
            }

            #[cold]
            #[inline(never)]
            unsafe extern $abi fn slow_handler<I: Instruction>(
                pc: Pc,
                base: Base,
                _: u64,
                state: *mut State,
                fuel: i64,
            ) {
                if run_slow(state, I::slow, I::WORDS, pc, base, fuel) {
                    resume(state)
                }
            }

            #[inline(never)]
            unsafe extern $abi fn builtin_handler(pc: Pc, base: Base, _: u64, state: *mut State, fuel: i64) {
                if call_builtin_of_site(state, pc, base, fuel) {
                    resume(state)
                }
            }

            pub unsafe extern $abi fn traced(pc: Pc, base: Base, ins: u64, state: *mut State, fuel: i64) {
                write_trace(ins, pc, base);
                (PLAIN_TABLE[ins as u8 as usize])(pc, base, ins, state, fuel)
            }

            pub unsafe extern $abi fn recorded(pc: Pc, base: Base, ins: u64, state: *mut State, fuel: i64) {
                record(pc, base, state);
                (PLAIN_TABLE[ins as u8 as usize])(pc, base, ins, state, fuel)
            }

            pub unsafe extern $abi fn watched(pc: Pc, base: Base, ins: u64, state: *mut State, fuel: i64) {
                if watch(pc, base, state) {
                    (PLAIN_TABLE[ins as u8 as usize])(pc, base, ins, state, fuel)
                }
            }

            pub unsafe extern $abi fn counted(pc: Pc, base: Base, ins: u64, state: *mut State, fuel: i64) {
                (*state).instructions += 1;
                (PLAIN_TABLE[ins as u8 as usize])(pc, base, ins, state, fuel)
            }

            #[cold]
            #[inline(never)]
            unsafe extern $abi fn poll_handler(pc: Pc, base: Base, _: u64, state: *mut State, fuel: i64) {
                if run_poll(state, pc, base, fuel) {
                    resume(state)
                }
            }
        };
    }
    #[cfg(target_arch = "x86_64")]
    define_handlers!("sysv64");
    #[cfg(not(target_arch = "x86_64"))]
    define_handlers!("C");

    /// Goes on with what the state holds, until something stops the run.
    #[inline(always)]
    pub unsafe fn resume(state: *mut State) {
        let mut pc = (*state).pc;
        let ins = fetch(&mut pc);
        ((*state).table[ins as u8 as usize])(pc, (*state).base, ins, state, (*state).fuel)
    }
}
#[cfg(not(plain_loop))]
pub use threaded::{Handler, counted, handler, recorded, resume, traced, watched};

#[cfg(plain_loop)]
mod plain {
    use super::*;

    /// A handler: works on the state alone and says whether to go on.
    pub type Handler = unsafe fn(u64, *mut State) -> bool;

    pub unsafe fn handler<I: Instruction>(ins: u64, state: *mut State) -> bool {
        let (pc, base, fuel) = ((*state).pc, (*state).base, (*state).fuel);
        let (mut next, mut frame, mut left) = (pc, base, fuel);
        match I::quick(Word(ins as u32), &mut next, &mut frame, state, &mut left) {
            Step::Next => {
                (*state).pc = next;
                (*state).base = frame;
                (*state).fuel = left;
                true
            }
            Step::Slow => run_slow(state, I::slow, I::WORDS, pc, base, fuel),
            Step::Poll => run_poll(state, next, frame, left),
            Step::Builtin => call_builtin_of_site(state, pc, base, fuel),
        }
    }

    pub unsafe fn traced(ins: u64, state: *mut State) -> bool {
        write_trace(ins, (*state).pc, (*state).base);
        (PLAIN_TABLE[ins as u8 as usize])(ins, state)
    }

    pub unsafe fn recorded(ins: u64, state: *mut State) -> bool {
        record((*state).pc, (*state).base, state);
        (PLAIN_TABLE[ins as u8 as usize])(ins, state)
    }

    pub unsafe fn watched(ins: u64, state: *mut State) -> bool {
        watch((*state).pc, (*state).base, state) && (PLAIN_TABLE[ins as u8 as usize])(ins, state)
    }

    pub unsafe fn counted(ins: u64, state: *mut State) -> bool {
        (*state).instructions += 1;
        (PLAIN_TABLE[ins as u8 as usize])(ins, state)
    }

    /// Goes on with what the state holds, until something stops the run.
    pub unsafe fn resume(state: *mut State) {
        loop {
            let ins = fetch(&mut (*state).pc);
            if !((*state).table[ins as u8 as usize])(ins, state) {
                return;
            }
        }
    }
}
#[cfg(plain_loop)]
pub use plain::{Handler, counted, handler, recorded, resume, traced, watched};
