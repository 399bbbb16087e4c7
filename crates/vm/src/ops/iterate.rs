//! Iteration. `iter` turns what is iterated into two registers of state, `next` advances them.
//!
//! | source | `R[A]` | `R[A+1]` |
//! | --- | --- | --- |
//! | range of small integers | the end, exclusive | the next number |
//! | list, tuple | itself | the next index |
//! | map, set, string, bytes, other ranges | an `Iterator` with source, position and epoch | nil |
//! | generator | itself | nil |
//! | anything else | what its `iter()` gave | nil |
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use heap::kind::array::ARRAY_SLOTS_OFFSET;
use heap::kind::list::{LIST_LEN_OFFSET, LIST_STORAGE_OFFSET};
use heap::value::TAG_POINTER;
use heap::{ClassId, Iterator, Kind, Value};

use super::branches::tick;
use super::calls::{header_word, kind_byte};
use super::loads::{address, object_word};
use super::{always_slow, instructions};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::operator::Post;
use crate::state::{Base, Pc, State};

instructions! {
    Iter: always_slow, iter;
    Next: next, next_slow;
    IterClose: always_slow, iter_close;
}

/// Iterators of the VM carry tags from here on, those of the library below.
const TAG_MIN: u16 = 0xFF00;
const TAG_MAP: u16 = TAG_MIN;
const TAG_SET: u16 = TAG_MIN + 1;
const TAG_STRING: u16 = TAG_MIN + 2;
const TAG_BYTES: u16 = TAG_MIN + 3;
const TAG_RANGE: u16 = TAG_MIN + 4;
const TAG_ARRAY: u16 = TAG_MIN + 5;
const TAG_SEQUENCE: u16 = TAG_MIN + 6;

/// Puts a value in `R[A+2]` and goes back.
#[inline(always)]
unsafe fn turn(ins: Word, pc: &mut Pc, base: &mut Base, fuel: &mut i64, value: Value) -> Step {
    *base.add(ins.a() + 2) = value;
    let offset = (**pc).load(Relaxed) as i32;
    *pc = pc.offset(1 + offset as isize);
    tick(fuel)
}

/// Slow turns use fuel too. A loop without a body is this one instruction, so nothing but it can poll for them.
#[inline(always)]
unsafe fn slow_turn(pc: &mut Pc, fuel: i64) -> Step {
    if fuel >= 0 {
        return Step::Slow;
    }
    *pc = pc.sub(1);
    Step::Poll
}

#[inline(always)]
unsafe fn next(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, fuel: &mut i64) -> Step {
    let (source, position) = (*base.add(ins.a()), *base.add(ins.a() + 1));
    if Value::both_int32(source, position) {
        let number = position.int32_payload();
        if number >= source.int32_payload() {
            *pc = pc.add(1);
            return Step::Next;
        }
        *base.add(ins.a() + 1) = Value::int32(number + 1);
        return turn(ins, pc, base, fuel, position);
    }
    if source.bits() >> 48 != TAG_POINTER >> 48 || !position.is_int32() {
        return slow_turn(pc, *fuel);
    }
    if kind_byte(header_word(source)) != Kind::List as u8 {
        return slow_turn(pc, *fuel);
    }
    let index = u64::from(position.int32_payload() as u32);
    if index >= object_word(source, LIST_LEN_OFFSET) {
        *pc = pc.add(1);
        return Step::Next;
    }
    let storage = Value::from_bits(object_word(source, LIST_STORAGE_OFFSET));
    let value = Value::from_bits(*address(storage, ARRAY_SLOTS_OFFSET + 8 * index as usize));
    *base.add(ins.a() + 1) = Value::int32(position.int32_payload().wrapping_add(1));
    turn(ins, pc, base, fuel, value)
}

unsafe fn iter(state: &mut State, ins: Word) -> Result<(), Exit> {
    let source = state.reg(ins.b());
    let (first, second) = match source.kind() {
        Some(Kind::List | Kind::Tuple) => (source, Value::int32(0)),
        Some(Kind::Range) => return iter_range(state, ins, source),
        Some(Kind::Generator | Kind::Iterator) => (source, Value::NIL),
        _ => {
            if let Some(made) = iterator_of(state, source)? {
                state.set(ins.a(), made);
                state.set(ins.a() + 1, Value::NIL);
                return Ok(());
            }
            if let Some(method) = state.method_named(source, "iter") {
                return state.call_operator(method, &[source], Post::IterStart);
            }
            if state.method_named(source, "next").is_some() {
                (source, Value::NIL)
            } else {
                let subject = state.kind_named(source);
                return Err(state.error(ClassId::TypeError, &format!("{subject} cannot be iterated")));
            }
        }
    };
    state.set(ins.a(), first);
    state.set(ins.a() + 1, second);
    Ok(())
}

/// What iterates over a collection that needs an object for that.
pub(crate) unsafe fn iterator_of(state: &mut State, source: Value) -> Result<Option<Value>, Exit> {
    let (tag, epoch) = match source.kind() {
        Some(Kind::Map) => (TAG_MAP, source.as_map().map_or(0, |map| map.epoch())),
        Some(Kind::Set) => (TAG_SET, source.as_set().map_or(0, |set| set.epoch())),
        Some(Kind::String | Kind::Rope | Kind::SharedText) => (TAG_STRING, 0),
        Some(Kind::Bytes | Kind::SharedBytes | Kind::Buffer) => (TAG_BYTES, 0),
        Some(Kind::FloatArray | Kind::IntArray) => (TAG_ARRAY, 0),
        _ => return Ok(None),
    };
    iterator(state, tag, source, epoch).map(Some)
}

unsafe fn iterator(state: &mut State, tag: u16, source: Value, epoch: u64) -> Result<Value, Exit> {
    let iterator = state.heap().iterator(tag, source, Value::NIL)?;
    iterator.set_epoch(epoch);
    Ok(iterator.value())
}

unsafe fn iter_range(state: &mut State, ins: Word, source: Value) -> Result<(), Exit> {
    let range = source.as_range().ok_or(Exit::Internal("a range of another kind"))?;
    let start = range.start();
    if start.as_char().is_none() && !start.is_int() {
        return Err(
            state.error(ClassId::TypeError, "only a range that starts with an Int or a Char can be iterated")
        );
    }
    let end = range.end().as_int32().map(|end| i64::from(end) + i64::from(range.is_inclusive()));
    let end = end.and_then(|end| i32::try_from(end).ok());
    if let (Some(first), Some(end)) = (start.as_int32(), end) {
        state.set(ins.a(), Value::int32(end));
        state.set(ins.a() + 1, Value::int32(first));
        return Ok(());
    }
    let made = iterator(state, TAG_RANGE, source, 0)?;
    state.set(ins.a(), made);
    state.set(ins.a() + 1, Value::NIL);
    Ok(())
}

unsafe fn next_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (source, position) = (state.reg(ins.a()), state.reg(ins.a() + 1));
    match source.kind() {
        Some(Kind::Tuple) => {
            let index = position.as_int32().unwrap_or(0);
            let found = source.as_tuple().and_then(|tuple| tuple.get(index as u32 as usize));
            state.set(ins.a() + 1, Value::int32(index.wrapping_add(1)));
            state.finish_operator(Post::IterNext, found.unwrap_or(Value::DONE));
            Ok(())
        }
        Some(Kind::Iterator) => {
            let iterator = source.as_iterator().ok_or(Exit::Internal("an iterator of another kind"))?;
            if iterator.tag() >= TAG_MIN {
                let value = advance(state, iterator)?;
                state.finish_operator(Post::IterNext, value);
                return Ok(());
            }
            call_next(state, source)
        }
        Some(Kind::Generator) => state.resume_generator(source, Post::IterNext),
        _ => call_next(state, source),
    }
}

/// The next value of an iterator object, for programs that call its `next`.
pub(crate) unsafe fn advance_value(state: &mut State, source: Value) -> Result<Value, Exit> {
    let iterator = source.as_iterator().filter(|iterator| iterator.tag() >= TAG_MIN);
    match iterator {
        Some(iterator) => advance(state, iterator),
        None => Err(Exit::Internal("an iterator of an unknown kind")),
    }
}

/// An object that iterates over a builtin collection.
pub(crate) unsafe fn iterator_over(state: &mut State, source: Value) -> Result<Value, Exit> {
    match source.kind() {
        Some(Kind::List | Kind::Tuple) => iterator(state, TAG_SEQUENCE, source, 0),
        Some(Kind::Range) => iterator(state, TAG_RANGE, source, 0),
        Some(Kind::Map) => iterator(state, TAG_MAP, source, source.as_map().map_or(0, |map| map.epoch())),
        Some(Kind::Set) => iterator(state, TAG_SET, source, source.as_set().map_or(0, |set| set.epoch())),
        Some(Kind::String | Kind::Rope | Kind::SharedText) => iterator(state, TAG_STRING, source, 0),
        Some(Kind::Bytes | Kind::SharedBytes | Kind::Buffer) => iterator(state, TAG_BYTES, source, 0),
        Some(Kind::FloatArray | Kind::IntArray) => iterator(state, TAG_ARRAY, source, 0),
        _ => Ok(source),
    }
}

unsafe fn call_next(state: &mut State, source: Value) -> Result<(), Exit> {
    match state.method_named(source, "next") {
        Some(method) => state.call_operator(method, &[source], Post::IterNext),
        None => {
            let message = format!("{} is no iterator: it has no method `next`", state.class_name_of(source));
            Err(state.error(ClassId::TypeError, &message))
        }
    }
}

/// The next value of an iterator that `iter` made, or `Done`.
pub(crate) unsafe fn advance(state: &mut State, iterator: Iterator) -> Result<Value, Exit> {
    let (source, position) = (iterator.source(), iterator.position());
    match iterator.tag() {
        TAG_MAP => {
            let map = source.as_map().ok_or(Exit::Internal("an iterator of no map"))?;
            check_epoch(state, iterator, map.epoch())?;
            let Some((entry, key, value)) = map.next_entry(position as usize) else { return Ok(Value::DONE) };
            let pair = state.heap().pair(key, value)?.value();
            iterator.set_position(entry as u64 + 1);
            Ok(pair)
        }
        TAG_SET => {
            let set = source.as_set().ok_or(Exit::Internal("an iterator of no set"))?;
            check_epoch(state, iterator, set.epoch())?;
            let Some((entry, key)) = set.next_entry(position as usize) else { return Ok(Value::DONE) };
            iterator.set_position(entry as u64 + 1);
            Ok(key)
        }
        TAG_STRING => {
            let text = state.heap().text(&source)?.unwrap_or("");
            match text.get(position as usize..).and_then(|rest| rest.chars().next()) {
                Some(scalar) => {
                    iterator.set_position(position + scalar.len_utf8() as u64);
                    Ok(Value::char(scalar))
                }
                None => Ok(Value::DONE),
            }
        }
        TAG_BYTES => {
            let buffer = source.as_buffer();
            let bytes = match &buffer {
                Some(buffer) => buffer.bytes(),
                None => source.as_bytes().unwrap_or(&[]),
            };
            let byte = bytes.get(position as usize).copied();
            iterator.set_position(position + 1);
            Ok(byte.map_or(Value::DONE, |byte| Value::int32(i32::from(byte))))
        }
        TAG_SEQUENCE => {
            let index = position as usize;
            let found = match source.as_list() {
                Some(list) => list.get(index),
                None => source.as_tuple().and_then(|tuple| tuple.get(index)),
            };
            iterator.set_position(position + u64::from(found.is_some()));
            Ok(found.unwrap_or(Value::DONE))
        }
        TAG_ARRAY => advance_array(state, iterator),
        TAG_RANGE => advance_range(state, iterator),
        _ => Err(Exit::Internal("an iterator of an unknown kind")),
    }
}

unsafe fn check_epoch(state: &mut State, iterator: Iterator, epoch: u64) -> Result<(), Exit> {
    if iterator.epoch() == epoch {
        return Ok(());
    }
    Err(state.error(ClassId::IterationError, "keys were added or removed while this is iterated"))
}

unsafe fn advance_array(state: &mut State, iterator: Iterator) -> Result<Value, Exit> {
    let (source, position) = (iterator.source(), iterator.position() as usize);
    let value = if let Some(array) = source.as_float_array() {
        array.elements().get(position).map(|&number| Value::float(number))
    } else {
        match source.as_int_array().and_then(|array| array.elements().get(position).copied()) {
            Some(number) => Some(state.heap().int(number)?),
            None => None,
        }
    };
    iterator.set_position(position as u64 + 1);
    Ok(value.unwrap_or(Value::DONE))
}

/// Ranges of characters, of large integers, and without an end.
unsafe fn advance_range(state: &mut State, iterator: Iterator) -> Result<Value, Exit> {
    let range = iterator.source().as_range().ok_or(Exit::Internal("an iterator of no range"))?;
    let step = iterator.position();
    if let Some(first) = range.start().as_char() {
        return Ok(advance_characters(iterator, range, first));
    }
    let start = range.start().to_ibig().unwrap_or_default();
    let number = start + dashu_int::IBig::from(step);
    if let Some(end) = range.end().to_ibig() {
        let over = if range.is_inclusive() { number > end } else { number >= end };
        if over {
            return Ok(Value::DONE);
        }
    } else if !range.end().is_nil() {
        return Err(state.error(ClassId::TypeError, "the end of this range is no Int"));
    }
    let value = state.heap().big_int(&number)?;
    iterator.set_position(step + 1);
    Ok(value)
}

fn advance_characters(iterator: Iterator, range: heap::Range, first: char) -> Value {
    let mut code = u64::from(u32::from(first)) + iterator.position();
    // There are no characters in this gap.
    if (u64::from(u32::from(first)) < 0xD800) && code >= 0xD800 {
        code += 0x800;
    }
    let last = range.end().as_char().map_or(u64::from(u32::from(char::MAX)) + 1, |end| {
        u64::from(u32::from(end)) + u64::from(range.is_inclusive())
    });
    if code >= last {
        return Value::DONE;
    }
    iterator.set_position(iterator.position() + 1);
    u32::try_from(code).ok().and_then(char::from_u32).map_or(Value::DONE, Value::char)
}

unsafe fn iter_close(state: &mut State, ins: Word) -> Result<(), Exit> {
    let source = state.reg(ins.a());
    if source.is_kind(Kind::Generator) {
        return state.close_generator(source, Post::Discard);
    }
    if source.as_instance().is_some()
        && let Some(method) = state.method_named(source, "close")
    {
        return state.call_operator(method, &[source], Post::Discard);
    }
    Ok(())
}
