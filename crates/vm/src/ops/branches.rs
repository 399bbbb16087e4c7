//! Jumps and loops. Only backward ones cost fuel.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use heap::Value;

use super::{instructions, never_slow};
use crate::dispatch::Step;
use crate::state::{Base, Pc, State};

instructions! {
    Jump: jump, never_slow;
    JumpIfFalse: (jump_if::<Falsy>), never_slow;
    JumpIfTrue: (jump_if::<Truthy>), never_slow;
    JumpIfNil: (jump_if::<IsNil>), never_slow;
    JumpIfNotNil: (jump_if::<IsNotNil>), never_slow;
    JumpIfSet: (jump_if::<IsSet>), never_slow;
    JumpIfFalseWide: (jump_if_wide::<Falsy>), never_slow;
    JumpIfTrueWide: (jump_if_wide::<Truthy>), never_slow;
    JumpIfNilWide: (jump_if_wide::<IsNil>), never_slow;
    JumpIfNotNilWide: (jump_if_wide::<IsNotNil>), never_slow;
    JumpIfSetWide: (jump_if_wide::<IsSet>), never_slow;
    Loop: loop_back, never_slow;
    LoopIfTrue: loop_if_true, never_slow;
    LoopIfTrueWide: loop_if_true_wide, never_slow;
}

trait Test {
    fn holds(value: Value) -> bool;
}
macro_rules! tests {
    ($($name:ident: |$value:ident| $test:expr;)*) => {$(
        struct $name;
        impl Test for $name {
            #[inline(always)]
            fn holds($value: Value) -> bool { $test }
        }
    )*};
}
tests! {
    Falsy: |value| value.is_falsy();
    Truthy: |value| value.is_truthy();
    IsNil: |value| value.is_nil();
    IsNotNil: |value| !value.is_nil();
    IsSet: |value| !value.is_undef();
}

#[inline(always)]
unsafe fn jump(ins: Word, pc: &mut Pc, _: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *pc = pc.offset(ins.sj() as isize);
    Step::Next
}

/// Keeps the branch that it stands in a branch. The compiler would select the next instruction's address without one,
/// and the load of that instruction would wait for the test, which a predicted branch does not.
#[inline(always)]
pub(crate) fn stay_a_branch() {
    // SAFETY: no instructions.
    #[cfg(not(plain_loop))]
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

#[inline(always)]
unsafe fn jump_if<T: Test>(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    if T::holds(*base.add(ins.a())) {
        stay_a_branch();
        *pc = pc.offset(ins.sbx() as isize);
    }
    Step::Next
}

#[inline(always)]
unsafe fn jump_if_wide<T: Test>(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let offset = (**pc).load(Relaxed) as i32;
    *pc = pc.add(1);
    if T::holds(*base.add(ins.a())) {
        *pc = pc.offset(offset as isize);
    }
    Step::Next
}

/// One tick of fuel.
#[inline(always)]
pub(crate) fn tick(fuel: &mut i64) -> Step {
    *fuel -= 1;
    if *fuel < 0 { Step::Poll } else { Step::Next }
}

#[inline(always)]
unsafe fn loop_back(ins: Word, pc: &mut Pc, _: &mut Base, _: *mut State, fuel: &mut i64) -> Step {
    *pc = pc.offset(ins.sj() as isize);
    tick(fuel)
}

#[inline(always)]
unsafe fn loop_if_true(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, fuel: &mut i64) -> Step {
    if (*base.add(ins.a())).is_falsy() {
        return Step::Next;
    }
    *pc = pc.offset(ins.sbx() as isize);
    tick(fuel)
}

#[inline(always)]
unsafe fn loop_if_true_wide(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, fuel: &mut i64) -> Step {
    let offset = (**pc).load(Relaxed) as i32;
    *pc = pc.add(1);
    if (*base.add(ins.a())).is_falsy() {
        return Step::Next;
    }
    *pc = pc.offset(offset as isize);
    tick(fuel)
}
