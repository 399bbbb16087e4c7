//! Loads, moves and variables.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytecode::{Capture, Word};
use heap::kind::callable::CALLABLE_SLOTS_OFFSET;
use heap::kind::fields::CELL_VALUE_OFFSET;
use heap::value::TAG_POINTER;
use heap::{ClassId, Kind, Value};

use super::{always_slow, decoded_after, instructions, never_slow};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::state::{Base, Pc, State, callee_of, profile_of};

instructions! {
    Nop: nop, never_slow;
    Move: move_register, never_slow;
    LoadInt: load_int, never_slow;
    LoadSpecial: load_special, never_slow;
    LoadConst: load_const, never_slow;
    LoadConstWide: load_const_wide, never_slow;
    LoadCallee: load_callee, never_slow;
    GetCapture: get_capture, never_slow;
    GetCaptureCell: get_capture_cell, get_capture_cell_slow;
    SetCaptureCell: always_slow, set_capture_cell;
    NewCell: always_slow, new_cell;
    GetCell: get_cell, get_cell_slow;
    SetCell: always_slow, set_cell;
    GetModule: get_module, get_module_slow;
    SetModule: always_slow, set_module;
    Closure: always_slow, closure;
}

#[inline(always)]
unsafe fn nop(_: Word, _: &mut Pc, _: &mut Base, _: *mut State, _: &mut i64) -> Step {
    Step::Next
}

#[inline(always)]
unsafe fn move_register(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *base.add(ins.a()) = *base.add(ins.b());
    Step::Next
}

#[inline(always)]
unsafe fn load_int(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *base.add(ins.a()) = Value::int32(ins.sbx());
    Step::Next
}

#[inline(always)]
unsafe fn load_special(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    // The specials are numbered as their payloads are.
    *base.add(ins.a()) = Value::from_bits(Value::NIL.bits() + ins.bx() as u64);
    Step::Next
}

#[inline(always)]
unsafe fn load_const(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let (constant, ins) = decoded_after(profile_of(*base).constant(ins.bx()), ins);
    *base.add(ins.a()) = constant;
    Step::Next
}

#[inline(always)]
unsafe fn load_const_wide(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let index = (**pc).load(Relaxed) as usize;
    *pc = pc.add(1);
    *base.add(ins.a()) = profile_of(*base).constant(index);
    Step::Next
}

#[inline(always)]
unsafe fn load_callee(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *base.add(ins.a()) = callee_of(*base);
    Step::Next
}

/// The word of an object at a byte offset.
#[inline(always)]
pub(crate) unsafe fn object_word(object: Value, offset: usize) -> u64 {
    *address(object, offset)
}

/// The address of a word of an object.
#[inline(always)]
pub(crate) unsafe fn address(object: Value, offset: usize) -> *mut u64 {
    std::ptr::with_exposed_provenance_mut((object.bits() & heap::value::PAYLOAD) as usize + offset)
}

#[inline(always)]
unsafe fn is_cell(value: Value) -> bool {
    value.bits() >> 48 == TAG_POINTER >> 48 && object_word(value, 0) as u8 == Kind::Cell as u8
}

/// Capture `index` of the running closure, whose slot 0 is its function.
#[inline(always)]
unsafe fn capture(base: Base, index: usize) -> Value {
    Value::from_bits(object_word(callee_of(base), CALLABLE_SLOTS_OFFSET + 8 + 8 * index))
}

#[inline(always)]
unsafe fn get_capture(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *base.add(ins.a()) = capture(*base, ins.bx());
    Step::Next
}

#[inline(always)]
unsafe fn get_capture_cell(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let cell = capture(*base, ins.bx());
    if !is_cell(cell) {
        return Step::Slow;
    }
    let value = Value::from_bits(object_word(cell, CELL_VALUE_OFFSET));
    if value.is_undef() {
        return Step::Slow;
    }
    *base.add(ins.a()) = value;
    Step::Next
}

unsafe fn get_capture_cell_slow(state: &mut State, _: Word) -> Result<(), Exit> {
    Err(unbound(state))
}

#[cold]
unsafe fn unbound(state: &mut State) -> Exit {
    state.error(ClassId::UnboundError, "this name is used before it has a value")
}

unsafe fn set_capture_cell(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (cell, value) = (capture(state.base, ins.bx()), state.reg(ins.a()));
    store_cell(state, cell, value)
}

unsafe fn store_cell(state: &mut State, cell: Value, value: Value) -> Result<(), Exit> {
    match cell.as_cell() {
        Some(cell) => Ok(state.heap().cell_set(cell, value)?),
        None => Err(Exit::Internal("a captured variable that is no cell")),
    }
}

unsafe fn new_cell(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    let cell = state.heap().cell(value)?.value();
    state.set(ins.a(), cell);
    Ok(())
}

#[inline(always)]
unsafe fn get_cell(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let cell = *base.add(ins.b());
    if !is_cell(cell) {
        return Step::Slow;
    }
    let value = Value::from_bits(object_word(cell, CELL_VALUE_OFFSET));
    if value.is_undef() {
        return Step::Slow;
    }
    *base.add(ins.a()) = value;
    Step::Next
}

unsafe fn get_cell_slow(state: &mut State, _: Word) -> Result<(), Exit> {
    Err(unbound(state))
}

unsafe fn set_cell(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (cell, value) = (state.reg(ins.a()), state.reg(ins.b()));
    store_cell(state, cell, value)
}

#[inline(always)]
unsafe fn module_slot(base: Base, index: usize) -> *const AtomicU64 {
    profile_of(base).entry().slots.add(index)
}

#[inline(always)]
unsafe fn get_module(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let value = Value::from_bits((*module_slot(*base, ins.bx())).load(Relaxed));
    if value.is_undef() {
        return Step::Slow;
    }
    *base.add(ins.a()) = value;
    Step::Next
}

unsafe fn get_module_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let module = state.vm().module(state.entry().code.module);
    let name = module.slot_names.get(ins.bx()).cloned().unwrap_or_default();
    Err(state.error(ClassId::UnboundError, &format!("`{name}` is used before it has a value")))
}

unsafe fn set_module(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.a());
    let frozen = state.heap().freeze(value)?;
    (*module_slot(state.base, ins.bx())).store(frozen.bits(), Relaxed);
    Ok(())
}

unsafe fn closure(state: &mut State, ins: Word) -> Result<(), Exit> {
    let prototype = &state.entry().code.prototypes[ins.bx()];
    let mut slots = [Value::NIL; 257];
    slots[0] = prototype.entry.function;
    let count = prototype.captures.len();
    for (slot, from) in slots[1..].iter_mut().zip(&prototype.captures) {
        *slot = match *from {
            Capture::Register(register) => state.reg(usize::from(register)),
            Capture::Outer(index) => capture(state.base, usize::from(index)),
        };
    }
    let (code, arity) = (prototype.entry.word(), prototype.entry.arity);
    let made = state.heap().callable(Kind::Closure, code, arity, &slots[..=count])?;
    state.set(ins.a(), made);
    Ok(())
}
