//! Leaving a frame: return, throw, generators.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::Word;
use heap::{ClassId, Value, class_id_of};

use super::{always_slow, instructions};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::state::{Base, FRAME_HEADER, Pc, State, link_of, pc_of_link};

instructions! {
    Return: return_register, return_register_slow;
    ReturnNil: return_nil, return_nil_slow;
    Throw: always_slow, throw;
    Rethrow: always_slow, rethrow;
    GeneratorStart: always_slow, generator_start;
    Yield: always_slow, yield_value;
}

/// Ends a frame whose link word has no flags: the caller stands behind a call instruction, which says where its
/// window is.
#[inline(always)]
unsafe fn leave(value: Value, pc: &mut Pc, base: &mut Base) -> Step {
    let word = link_of(*base);
    if word >> crate::state::link::SHIFT != 0 {
        return Step::Slow;
    }
    let back = pc_of_link(word);
    let call = Word((*back.sub(2)).load(std::sync::atomic::Ordering::Relaxed));
    *base.sub(FRAME_HEADER) = value;
    *base = base.sub(call.a() + FRAME_HEADER);
    *pc = back;
    Step::Next
}

#[inline(always)]
unsafe fn return_register(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    leave(*base.add(ins.a()), pc, base)
}

#[inline(always)]
unsafe fn return_nil(_: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    leave(Value::NIL, pc, base)
}

unsafe fn return_register_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.a());
    state.return_value(value)
}

unsafe fn return_nil_slow(state: &mut State, _: Word) -> Result<(), Exit> {
    state.return_value(Value::NIL)
}

unsafe fn throw(state: &mut State, ins: Word) -> Result<(), Exit> {
    let error = state.reg(ins.a());
    if !state.vm().is_subclass(class_id_of(error), ClassId::Error.id()) {
        let name = state.class_name_of(error);
        let hint = if error.is_string() { "; wrap the text: `throw Error(...)`" } else { "" };
        let message = format!("only errors can be thrown, got a {name}{hint}");
        return Err(state.error(ClassId::TypeError, &message));
    }
    Err(Exit::Raise(error))
}

/// Throws on what a handler caught: an error with its trace, or the end of the process.
unsafe fn rethrow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.a());
    Err(state.exit_of_marker(value).unwrap_or(Exit::Raise(value)))
}

unsafe fn generator_start(state: &mut State, _: Word) -> Result<(), Exit> {
    let generator = state.pack_generator()?;
    state.return_value(generator)
}

unsafe fn yield_value(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    state.yield_value(ins.a(), value)
}
