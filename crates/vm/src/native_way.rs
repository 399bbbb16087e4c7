//! Where machine code goes on after a step that left its frame or its way.
//!
//! SAFETY contract: that of `native`.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering;

use crate::native::{Continuation, DROP, KEEP, RETURN_BEHIND, RETURN_JUMPED, STAY, TO_INTERPRETER};
use crate::state::{Pc, State, link, link_of, profile_of};
use crate::unwind::caller_of;

impl State {
    /// Where the state's frame goes on, given that the native stack does not fit it any more.
    pub(crate) unsafe fn go_on_elsewhere(&mut self) -> Continuation {
        if let Some(tier) = self.vm().tier() {
            self.warm_running(tier);
        }
        match self.entry().native_at(self.pc) {
            Some(target) => Continuation { target, how: DROP },
            None => TO_INTERPRETER,
        }
    }

    /// Where to go on after a step that left its frame or its way.
    ///
    /// Frames are pushed for calls, operators and generators. As long as their frame is entered with the return
    /// address of the step on the native stack, both come and go together.
    pub(crate) unsafe fn go_on(&mut self, step: StepAt) -> Continuation {
        // Where anything has moved, the native stack may hold addresses of it.
        if self.native.moves != step.moves {
            return self.go_on_elsewhere();
        }
        let old = (*self.process).stack.start().offset(step.distance);
        if self.base == old {
            return match self.entry().native_at(self.pc) {
                Some(target) => Continuation { target, how: STAY },
                None => TO_INTERPRETER,
            };
        }
        if self.base > old {
            let flags = link_of(self.base) >> link::SHIFT << link::SHIFT;
            let is_known = flags & !(link::OPERATOR | link::GENERATOR) == 0;
            if step.keeps
                && is_known
                && has_native_stack(self)
                && caller_of(self.base) == Some((old, step.behind))
            {
                if let Some(tier) = self.vm().tier() {
                    self.warm_running(tier);
                }
                if let Some(target) = self.entry().native_at(self.pc) {
                    return Continuation { target, how: KEEP };
                }
            }
        } else if let Some((base, back)) = caller_of(old)
            && base == self.base
        {
            // One frame was popped, whose return address is the topmost of the native stack.
            if self.pc == back {
                return Continuation { target: RETURN_BEHIND, how: STAY };
            }
            if back == self.at.add(2) && is_jump_of_next(self.at, self.pc) {
                return Continuation { target: RETURN_JUMPED, how: STAY };
            }
        }
        self.go_on_elsewhere()
    }

    /// Where the callee of the call at `at` goes on, whose frame stands above that `distance` words up the stack.
    pub(crate) unsafe fn go_on_in_callee(&mut self, at: Pc, distance: isize, moves: u64) -> Continuation {
        let old = (*self.process).stack.start().offset(distance);
        if self.native.moves == moves
            && self.base > old
            && link_of(self.base) >> link::SHIFT == 0
            && caller_of(self.base) == Some((old, at.add(2)))
            && has_native_stack(self)
        {
            let caller = profile_of(old).entry();
            if let (Some(target), Some(how)) = (self.entry().native_at(self.pc), caller.native_at(at.add(2)))
            {
                return Continuation { target, how };
            }
        }
        self.go_on_elsewhere()
    }
}

/// What a step knows of where it began.
#[derive(Clone, Copy)]
pub(crate) struct StepAt {
    /// The instruction behind.
    pub behind: Pc,
    /// Words that its frame stands up the stack.
    pub distance: isize,
    /// `NativeRegisters::moves` as it began.
    pub moves: u64,
    /// Its return address lies on the native stack and leads behind it.
    pub keeps: bool,
}

/// Whether the instruction at `at` is the one that iterates, and `pc` is where it goes with an element.
#[inline]
pub(crate) unsafe fn is_jump_of_next(at: Pc, pc: Pc) -> bool {
    let word = bytecode::Word((*at).load(Ordering::Relaxed));
    word.op_byte() == bytecode::Op::Next as u8 && {
        let offset = (*at.add(1)).load(Ordering::Relaxed) as i32;
        pc == at.add(2).wrapping_offset(offset as isize)
    }
}

/// Whether there is room for more return addresses.
pub(crate) fn has_native_stack(state: &State) -> bool {
    let here = 0u8;
    (&raw const here as u64) > state.native.limit
}
