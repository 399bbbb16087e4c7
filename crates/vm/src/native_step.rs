//! The interpreter's step of one instruction as machine code calls it.
//!
//! There is one function for each opcode byte. Where the instruction leads to the one behind it in the same frame,
//! which is what most do, machine code is told to go on behind the call. A step that pushed a frame leaves its return
//! address to that frame, and one that popped a frame returns to where that was pushed; everything else is looked up.
//!
//! SAFETY contract: that of `native`.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::{Op, Word, fact};

use crate::call::call_builtin_of_site;
use crate::dispatch::{Illegal, Instruction, Step, run_slow};
use crate::native::{BEHIND, Continuation, JUMPED, RUN_IS_OVER};
use crate::native_way::{StepAt, is_jump_of_next};
use crate::ops;
use crate::quick::Quick;
use crate::state::{Base, Pc, State};

/// Whether an instruction leads to the one behind it. Of others it means nothing when they lead to that address: a
/// tail call may go to a function that happens to start there. Machine code calls the steps of those that do, and
/// jumps to the steps of the others.
pub const fn goes_on(op: Op) -> bool {
    !op.has(fact::ENDS) && op as u8 != Op::Yield as u8
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
                    if frame == base && is_jump_of_next(at, next) {
                        return Continuation { target: JUMPED, how: left as u64 };
                    }
                }
                step @ (Step::Slow | Step::Builtin) => {
                    let goes_on = match step {
                        Step::Builtin => call_builtin_of_site(state, at.add(1), base, fuel),
                        _ => run_slow(state, I::slow, I::WORDS, at.add(1), base, fuel),
                    };
                    if !goes_on {
                        return RUN_IS_OVER;
                    }
                    if GOES_ON && (*state).base == base {
                        let how = (*state).fuel as u64;
                        if (*state).pc == at.add(I::WORDS) {
                            return Continuation { target: BEHIND, how };
                        }
                        if is_jump_of_next(at, (*state).pc) {
                            return Continuation { target: JUMPED, how };
                        }
                    }
                }
                Step::Poll => {
                    let state = &mut *state;
                    (state.at, state.pc, state.base, state.fuel) = (next, next, frame, left);
                    return if state.poll() { state.go_on_elsewhere() } else { RUN_IS_OVER };
                }
            }
            let behind = at.add(I::WORDS);
            (*state).go_on(StepAt { behind, distance: base.offset_from(stack), moves, keeps: GOES_ON })
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
