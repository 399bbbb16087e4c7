//! The instructions, by topic: a fast path and a slow path each.
//!
//! SAFETY contract: that of `state` and `dispatch`; registers, constants and caches are indexed by validated
//! code. It covers every file of this folder.

#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

pub(crate) mod arithmetic;
pub(crate) mod branches;
pub(crate) mod calls;
pub(crate) mod comparison;
pub(crate) mod control;
pub(crate) mod data;
pub(crate) mod fields;
pub(crate) mod index;
pub(crate) mod iterate;
pub(crate) mod loads;
pub(crate) mod methods;
pub(crate) mod patterns;
mod special;

/// Every instruction as a type.
pub(crate) mod all {
    pub(crate) use super::arithmetic::*;
    pub(crate) use super::branches::*;
    pub(crate) use super::calls::*;
    pub(crate) use super::comparison::*;
    pub(crate) use super::control::*;
    pub(crate) use super::data::*;
    pub(crate) use super::fields::*;
    pub(crate) use super::index::*;
    pub(crate) use super::iterate::*;
    pub(crate) use super::loads::*;
    pub(crate) use super::patterns::*;
}

use bytecode::Word;

use crate::dispatch::Step;
use crate::state::{Base, Pc, State};

/// Defines instructions of the table as types: `Name: fast path, slow path;`, or `fast path, second path, slow path`.
macro_rules! instructions {
    ($($name:ident: $fast:expr, $slow:expr $(, $slowest:expr)?;)*) => {$(
        pub struct $name;
        impl $crate::dispatch::Instruction for $name {
            const WORDS: usize = bytecode::Op::$name.words();
            $crate::ops::instruction_body!($fast, $slow $(, $slowest)?);
        }
    )*};
}
/// The same for quickened instructions.
macro_rules! quick_instructions {
    ($($name:ident: $fast:expr, $slow:expr $(, $slowest:expr)?;)*) => {$(
        pub struct $name;
        impl $crate::dispatch::Instruction for $name {
            const WORDS: usize = $crate::quick::Quick::$name.words();
            $crate::ops::instruction_body!($fast, $slow $(, $slowest)?);
        }
    )*};
}
macro_rules! instruction_body {
    ($fast:expr, $second:expr, $slow:expr) => {
        const SECOND: bool = true;
        #[inline(always)]
        unsafe fn second(
            ins: bytecode::Word,
            pc: &mut $crate::state::Pc,
            base: &mut $crate::state::Base,
            state: *mut $crate::state::State,
            fuel: &mut i64,
        ) -> $crate::dispatch::Step {
            $second(ins, pc, base, state, fuel)
        }
        $crate::ops::instruction_body!($fast, $slow);
    };
    ($fast:expr, $slow:expr) => {
        #[inline(always)]
        unsafe fn fast(
            ins: bytecode::Word,
            pc: &mut $crate::state::Pc,
            base: &mut $crate::state::Base,
            state: *mut $crate::state::State,
            fuel: &mut i64,
        ) -> $crate::dispatch::Step {
            $fast(ins, pc, base, state, fuel)
        }
        unsafe fn slow(
            state: &mut $crate::state::State,
            ins: bytecode::Word,
        ) -> Result<(), $crate::exit::Exit> {
            $slow(state, ins)
        }
    };
}
pub(crate) use {instruction_body, instructions, quick_instructions};

/// The same instruction, as the compiler cannot know: what one path has decoded of it is decoded again by the next, and
/// takes no register in between.
#[inline(always)]
pub(crate) fn decoded_anew(ins: Word) -> Word {
    #[cfg(not(plain_loop))]
    {
        let mut word = ins.0;
        // SAFETY: no instructions.
        unsafe {
            std::arch::asm!("/* {0:e} */", inout(reg) word, options(pure, nomem, nostack, preserves_flags));
        }
        Word(word)
    }
    #[cfg(plain_loop)]
    ins
}

/// A place in the frame, worked out once: the compiler would do so at each use, and keep its number for that.
#[inline(always)]
pub(crate) fn worked_out(place: Base) -> Base {
    #[cfg(not(plain_loop))]
    {
        let mut place = place;
        // SAFETY: no instructions, so nothing is read through the place.
        #[allow(clippy::pointers_in_nomem_asm_block)]
        unsafe {
            std::arch::asm!("/* {0} */", inout(reg) place, options(pure, nomem, nostack, preserves_flags));
        }
        place
    }
    #[cfg(plain_loop)]
    place
}

/// The same instruction, decoded only when the value is there.
#[inline(always)]
pub(crate) fn decoded_after(value: heap::Value, ins: Word) -> (heap::Value, Word) {
    #[cfg(not(plain_loop))]
    {
        let (mut word, mut bits) = (ins.0, value.bits());
        // SAFETY: no instructions; the bits stay those of the value.
        unsafe {
            std::arch::asm!(
                "/* {0:e} {1:r} */", inout(reg) word, inout(reg) bits, options(pure, nomem, nostack, preserves_flags)
            );
            (heap::Value::from_bits(bits), Word(word))
        }
    }
    #[cfg(plain_loop)]
    (value, ins)
}

/// The fast path of an instruction that has none.
#[inline(always)]
pub(crate) unsafe fn always_slow(_: Word, _: &mut Pc, _: &mut Base, _: *mut State, _: &mut i64) -> Step {
    Step::Slow
}

/// The slow path of an instruction whose fast path does everything.
pub(crate) unsafe fn never_slow(_: &mut State, _: Word) -> Result<(), crate::exit::Exit> {
    Err(crate::exit::Exit::Internal("an instruction without a slow path took it"))
}
