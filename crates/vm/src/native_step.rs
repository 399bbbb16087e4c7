//! The interpreter's step of one instruction as machine code calls it.
//!
//! There is one function for each opcode byte. Where the instruction leads to the one behind it in the same frame,
//! which is what most do, machine code is told to go on behind the call; everything else is looked up.
//!
//! SAFETY contract: that of `native`.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::{Op, Word, fact};

use crate::call::call_builtin_of_site;
use crate::dispatch::{Illegal, Instruction, Step, run_slow};
use crate::native::{Continuation, RUN_IS_OVER};
use crate::ops;
use crate::quick::Quick;
use crate::state::{Base, Pc, State};

/// The `target` of a continuation that goes on behind the call of the step; its `how` is the fuel.
pub const BEHIND: u64 = 1;

/// Whether an instruction leads to the one behind it. Of others it means nothing when they lead to that address: a
/// tail call may go to a function that happens to start there.
const fn goes_on(op: Op) -> bool {
    !op.has(fact::ENDS)
}

macro_rules! native_steps {
    ($abi:literal) => {
        /// Runs the instruction at `at` in the frame at `base`.
        pub type NativeStep = unsafe extern $abi fn(*mut State, Pc, Base, i64) -> Continuation;

        unsafe extern $abi fn native_step<I: Instruction, const GOES_ON: bool>(
            state: *mut State,
            at: Pc,
            base: Base,
            fuel: i64,
        ) -> Continuation {
            let word = u64::from((*at).load(Relaxed));
            let moves = (*state).native.moves;
            let stack = (*(*state).process).stack.start();
            let (mut next, mut frame, mut left) = (at.add(1), base, fuel);
            match I::quick(Word(word as u32), &mut next, &mut frame, state, &mut left) {
                Step::Next => {
                    if GOES_ON && next == at.add(I::WORDS) && frame == base {
                        return Continuation { target: BEHIND, how: left as u64 };
                    }
                    (*state).pc = next;
                    (*state).base = frame;
                    (*state).fuel = left;
                }
                step @ (Step::Slow | Step::Builtin) => {
                    let goes_on = match step {
                        Step::Builtin => call_builtin_of_site(state, at.add(1), base, fuel),
                        _ => run_slow(state, I::slow, I::WORDS, at.add(1), base, fuel),
                    };
                    if !goes_on {
                        return RUN_IS_OVER;
                    }
                    if GOES_ON && (*state).pc == at.add(I::WORDS) && (*state).base == base {
                        return Continuation { target: BEHIND, how: (*state).fuel as u64 };
                    }
                }
                Step::Poll => {
                    let state = &mut *state;
                    (state.at, state.pc, state.base, state.fuel) = (next, next, frame, left);
                    if !state.poll() {
                        return RUN_IS_OVER;
                    }
                }
            }
            (*state).go_on(at, base.offset_from(stack), moves)
        }
    };
}
#[cfg(target_arch = "x86_64")]
native_steps!("sysv64");
#[cfg(not(target_arch = "x86_64"))]
native_steps!("C");

macro_rules! generic_steps {
    ($(($name:ident, $mnemonic:literal, $format:ident, $effect:ident, $facts:expr, $doc:literal),)*) => {
        const fn generic_steps(mut table: [NativeStep; 256]) -> [NativeStep; 256] {
            $(table[Op::$name as usize] = native_step::<ops::all::$name, { goes_on(Op::$name) }>;)*
            table
        }
    };
}
bytecode::for_each_op!(generic_steps);

macro_rules! quick_steps {
    ($(($name:ident, $mnemonic:literal, $generic:ident, $doc:literal),)*) => {
        const fn quick_steps(mut table: [NativeStep; 256]) -> [NativeStep; 256] {
            $(table[Quick::$name.byte() as usize] = native_step::<ops::all::$name, { goes_on(Op::$generic) }>;)*
            table
        }
    };
}
crate::for_each_quick!(quick_steps);

/// The step of each opcode byte.
pub static NATIVE_STEPS: [NativeStep; 256] = quick_steps(generic_steps([native_step::<Illegal, true>; 256]));
