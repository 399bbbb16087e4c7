//! Indexing: elements, slices, keys.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use base::nearest;
use bytecode::Word;
use heap::header::{BARRIER, CARDED, FROZEN};
use heap::kind::array::{ARRAY_CAPACITY_OFFSET, ARRAY_SLOTS_OFFSET, CARD_DONE, CARD_SLOTS};
use heap::kind::list::{LIST_LEN_OFFSET, LIST_STORAGE_OFFSET};
use heap::kind::tuple::TUPLE_ELEMENTS_OFFSET;
use heap::value::TAG_POINTER;
use heap::{ClassId, Kind, Value};

use super::calls::{header_word, kind_byte};
use super::instructions;
use super::loads::{address, object_word};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::operator::Post;
use crate::state::{Base, Pc, State};

instructions! {
    Index: index, index_slow;
    IndexOpt: index, index_opt;
    IndexImm: index_imm, index_imm_slow;
    SetIndex: set_index, set_index_slow;
    GetElement: index_imm, get_element;
}

/// The address of an element of a list, and its storage's flags; or of a tuple.
#[inline(always)]
unsafe fn element(object: Value, index: Value) -> Option<*mut u64> {
    if object.bits() >> 48 != TAG_POINTER >> 48 || !index.is_int32() {
        return None;
    }
    // A negative index becomes a large number and goes the slow way.
    let index = u64::from(index.int32_payload() as u32);
    let header = header_word(object);
    if kind_byte(header) == Kind::List as u8 {
        if index >= object_word(object, LIST_LEN_OFFSET) {
            return None;
        }
        let storage = Value::from_bits(object_word(object, LIST_STORAGE_OFFSET));
        return Some(address(storage, ARRAY_SLOTS_OFFSET + 8 * index as usize));
    }
    if kind_byte(header) == Kind::Tuple as u8 && index < header >> 32 {
        return Some(address(object, TUPLE_ELEMENTS_OFFSET + 8 * index as usize));
    }
    None
}

#[inline(always)]
unsafe fn index(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    match element(*base.add(ins.b()), *base.add(ins.c())) {
        Some(place) => {
            *base.add(ins.a()) = Value::from_bits(*place);
            Step::Next
        }
        None => Step::Slow,
    }
}

#[inline(always)]
unsafe fn index_imm(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    match element(*base.add(ins.b()), Value::int32(ins.c_signed())) {
        Some(place) => {
            *base.add(ins.a()) = Value::from_bits(*place);
            Step::Next
        }
        None => Step::Slow,
    }
}

#[inline(always)]
unsafe fn set_index(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let (list, index) = (*base.add(ins.a()), *base.add(ins.b()));
    if list.bits() >> 48 != TAG_POINTER >> 48 || !index.is_int32() {
        return Step::Slow;
    }
    let index = u64::from(index.int32_payload() as u32);
    if kind_byte(header_word(list)) != Kind::List as u8 || index >= object_word(list, LIST_LEN_OFFSET) {
        return Step::Slow;
    }
    let storage = Value::from_bits(object_word(list, LIST_STORAGE_OFFSET));
    if (header_word(storage) >> 8) as u8 & (BARRIER | FROZEN) != 0 && !card_done(storage, index) {
        return Step::Slow;
    }
    *address(storage, ARRAY_SLOTS_OFFSET + 8 * index as usize) = (*base.add(ins.c())).bits();
    Step::Next
}

/// Whether a store to this slot of a large array needs no more work before the next collection.
#[inline(always)]
pub(crate) unsafe fn card_done(storage: Value, index: u64) -> bool {
    if (header_word(storage) >> 8) as u8 & (CARDED | FROZEN) != CARDED {
        return false;
    }
    let capacity = object_word(storage, ARRAY_CAPACITY_OFFSET) as usize;
    let card = address(storage, ARRAY_SLOTS_OFFSET + 8 * capacity).cast::<u8>();
    *card.add(index as usize / CARD_SLOTS) == CARD_DONE
}

unsafe fn index_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, key) = (state.reg(ins.b()), state.reg(ins.c()));
    index_general(state, ins.a(), object, key, false)
}

unsafe fn index_opt(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, key) = (state.reg(ins.b()), state.reg(ins.c()));
    index_general(state, ins.a(), object, key, true)
}

unsafe fn index_imm_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.b());
    index_general(state, ins.a(), object, Value::int32(ins.c_signed()), false)
}

/// `R[target] = object[key]`, or nil where it is absent and `or_nil`.
unsafe fn index_general(
    state: &mut State,
    target: usize,
    object: Value,
    key: Value,
    or_nil: bool,
) -> Result<(), Exit> {
    let result = match object.kind() {
        Some(Kind::Map) => {
            let map = object.as_map().ok_or(Exit::Internal("a map of another kind"))?;
            match state.heap().map_get(map, key) {
                Err(heap::Fault::Decline) => {
                    if or_nil {
                        let slow = state.library_function("__map_get")?;
                        return state.call_operator(slow, &[object, key, Value::NIL], Post::Store);
                    }
                    let slow = state.library_function("__map_index")?;
                    return state.call_operator(slow, &[object, key], Post::Store);
                }
                found => match found? {
                    Some(value) => value,
                    None if or_nil => Value::NIL,
                    None => return Err(no_key(state, object, key)),
                },
            }
        }
        Some(Kind::Instance | Kind::Record) => {
            if let Some(method) = state.operator_method(object, "[]") {
                return state.call_operator(method, &[object, key], Post::Store);
            }
            return Err(not_indexable(state, object));
        }
        _ => match sequence_length(object) {
            Some(length) => match element_or_slice(state, object, key, length)? {
                Some(value) => value,
                None if or_nil => Value::NIL,
                None => return Err(out_of_range(state, key, length)),
            },
            None => return Err(not_indexable(state, object)),
        },
    };
    state.set(target, result);
    Ok(())
}

/// How many elements a value that is indexed by number has.
pub(crate) fn sequence_length(object: Value) -> Option<usize> {
    match object.kind()? {
        Kind::List => object.as_list().map(|list| list.len()),
        Kind::Tuple => object.as_tuple().map(|tuple| tuple.len()),
        Kind::String | Kind::Rope | Kind::SharedText => object.string_len(),
        Kind::Bytes | Kind::SharedBytes => object.as_bytes().map(<[u8]>::len),
        Kind::Buffer => object.as_buffer().map(|buffer| buffer.len()),
        Kind::FloatArray => object.as_float_array().map(|array| array.elements().len()),
        Kind::IntArray => object.as_int_array().map(|array| array.elements().len()),
        _ => None,
    }
}

#[cold]
unsafe fn not_indexable(state: &mut State, object: Value) -> Exit {
    let subject = state.kind_named(object);
    let hint = if object.is_kind(Kind::Class) { "; type arguments stand in types only" } else { "" };
    state.error(ClassId::TypeError, &format!("{subject} cannot be indexed{hint}"))
}

#[cold]
unsafe fn out_of_range(state: &mut State, key: Value, length: usize) -> Exit {
    let text = key.as_int64().map_or_else(|| "?".to_string(), |index| index.to_string());
    state.error(ClassId::IndexError, &format!("index {text} is out of range for length {length}"))
}

/// The KeyError of an absent key, with the nearest string key.
#[cold]
pub(crate) unsafe fn no_key(state: &mut State, object: Value, key: Value) -> Exit {
    let shown = state.short_repr(key);
    let map = object.as_map();
    let keys: Vec<String> = map
        .iter()
        .flat_map(|map| map.iter())
        .filter_map(|(key, _)| key.as_str().map(str::to_string))
        .take(1000)
        .collect();
    let wanted = key.as_symbol().and_then(|id| state.vm().shared.symbols.name(id)).or(key.as_str());
    let hint = wanted
        .and_then(|wanted| nearest(wanted, keys.iter().map(String::as_str)))
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    state.error(ClassId::KeyError, &format!("there is no key {shown}{hint}"))
}

/// The place that an index means, counted from the end when negative.
fn place(index: i64, length: usize) -> Option<usize> {
    let place = if index < 0 { index + length as i64 } else { index };
    usize::try_from(place).ok().filter(|&place| place < length)
}

/// An element or slice of a sequence, if it has that.
pub(crate) unsafe fn element_of(state: &mut State, object: Value, key: Value) -> Result<Option<Value>, Exit> {
    match sequence_length(object) {
        Some(length) => element_or_slice(state, object, key, length),
        None => Ok(None),
    }
}

unsafe fn element_or_slice(
    state: &mut State,
    object: Value,
    key: Value,
    length: usize,
) -> Result<Option<Value>, Exit> {
    if let Some(range) = key.as_range() {
        let (start, end) = bounds(state, range, length)?;
        return slice(state, object, start, end).map(Some);
    }
    if !key.is_int() {
        let message = format!("an index must be an Int or a Range, got a {}", state.class_name_of(key));
        return Err(state.error(ClassId::TypeError, &message));
    }
    let Some(index) = key.as_int64().and_then(|index| place(index, length)) else { return Ok(None) };
    Ok(match object.kind() {
        Some(Kind::List) => object.as_list().and_then(|list| list.get(index)),
        Some(Kind::Tuple) => object.as_tuple().and_then(|tuple| tuple.get(index)),
        Some(Kind::FloatArray) => object.as_float_array().map(|array| Value::float(array.elements()[index])),
        Some(Kind::IntArray) => match object.as_int_array().map(|array| array.elements()[index]) {
            Some(number) => Some(state.heap().int(number)?),
            None => None,
        },
        Some(Kind::Bytes | Kind::SharedBytes) => {
            object.as_bytes().map(|bytes| Value::int32(i32::from(bytes[index])))
        }
        Some(Kind::Buffer) => object.as_buffer().map(|buffer| Value::int32(i32::from(buffer.bytes()[index]))),
        _ => state.heap().string_char_at(object, index)?.map(Value::char),
    })
}

/// The bounds of a slice, both inside the length; a start past the end gives an empty slice.
unsafe fn bounds(state: &mut State, range: heap::Range, length: usize) -> Result<(usize, usize), Exit> {
    let mut bound = |value: Value, default: usize, extra: i64| -> Result<usize, Exit> {
        if value.is_nil() || value.is_undef() {
            return Ok(default);
        }
        match value.as_int64() {
            Some(index) => {
                let from_start = if index < 0 { index.saturating_add(length as i64) } else { index };
                Ok(from_start.saturating_add(extra).clamp(0, length as i64) as usize)
            }
            None => Err(state.error(ClassId::TypeError, "the bounds of a slice must be Ints")),
        }
    };
    let start = bound(range.start(), 0, 0)?;
    let end = bound(range.end(), length, i64::from(range.is_inclusive()))?;
    Ok((start, end.max(start)))
}

unsafe fn slice(state: &mut State, object: Value, start: usize, end: usize) -> Result<Value, Exit> {
    let heap = state.heap();
    Ok(match object.kind() {
        Some(Kind::List) => match object.as_list() {
            Some(list) => heap.list_slice(list, start, end)?.value(),
            None => Value::NIL,
        },
        Some(Kind::Tuple) => match object.as_tuple() {
            Some(tuple) => heap.tuple(&tuple.elements()[start..end])?.value(),
            None => Value::NIL,
        },
        Some(Kind::Bytes | Kind::SharedBytes) => heap.bytes_slice(object, start, end)?,
        Some(Kind::Buffer) => match object.as_buffer() {
            Some(buffer) => heap.bytes(&buffer.bytes()[start..end])?,
            None => Value::NIL,
        },
        Some(Kind::FloatArray | Kind::IntArray) => {
            return Err(state.error(ClassId::TypeError, "a numeric array cannot be sliced"));
        }
        _ => heap.string_slice(object, start, end)?,
    })
}

unsafe fn set_index_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, key, value) = (state.reg(ins.a()), state.reg(ins.b()), state.reg(ins.c()));
    match object.kind() {
        Some(Kind::Map) => put(state, object, key, value),
        Some(Kind::Instance | Kind::Record) => match state.operator_method(object, "[]=") {
            Some(method) => state.call_operator(method, &[object, key, value], Post::Discard),
            None => {
                let message = format!("{} defines no `[]=`", state.class_name_of(object));
                Err(state.error(ClassId::TypeError, &message))
            }
        },
        Some(Kind::List | Kind::Buffer | Kind::FloatArray | Kind::IntArray) => {
            set_element(state, object, key, value)
        }
        Some(Kind::Tuple | Kind::Range) => {
            let message = format!("{} cannot change", state.kind_named(object));
            Err(state.error(ClassId::FrozenError, &message))
        }
        _ => {
            let message = format!("elements of a {} cannot be set", state.class_name_of(object));
            Err(state.error(ClassId::TypeError, &message))
        }
    }
}

/// `map[key] = value`.
pub(crate) unsafe fn put(state: &mut State, object: Value, key: Value, value: Value) -> Result<(), Exit> {
    let map = object.as_map().ok_or(Exit::Internal("an entry of something that is no map"))?;
    match state.heap().map_insert(map, key, value) {
        Err(heap::Fault::Decline) => {
            let slow = state.library_function("__map_set_index")?;
            state.call_operator(slow, &[object, key, value], Post::Discard)
        }
        done => {
            done?;
            Ok(())
        }
    }
}

unsafe fn set_element(state: &mut State, object: Value, key: Value, value: Value) -> Result<(), Exit> {
    let length = sequence_length(object).unwrap_or(0);
    if !key.is_int() {
        let message = format!("an index must be an Int, got a {}", state.class_name_of(key));
        return Err(state.error(ClassId::TypeError, &message));
    }
    let Some(index) = key.as_int64().and_then(|index| place(index, length)) else {
        return Err(out_of_range(state, key, length));
    };
    if let Some(list) = object.as_list() {
        state.heap().list_set(list, index, value)?;
        return Ok(());
    }
    let wrong = |state: &mut State, wanted: &str| {
        let message = format!("this holds {wanted}, got a {}", state.class_name_of(value));
        Err(state.error(ClassId::TypeError, &message))
    };
    if let Some(buffer) = object.as_buffer() {
        let Some(byte) = value.as_int32().and_then(|byte| u8::try_from(byte).ok()) else {
            return wrong(state, "bytes from 0 to 255");
        };
        state.heap().buffer_set(buffer, index, byte)?;
    } else if let Some(array) = object.as_float_array() {
        let Some(number) = value.as_float().or_else(|| value.as_int64().map(|number| number as f64)) else {
            return wrong(state, "Floats");
        };
        state.heap().float_array_mut(array)?[index] = number;
    } else if let Some(array) = object.as_int_array() {
        let Some(number) = value.as_int64() else { return wrong(state, "Ints of 64 bits") };
        state.heap().int_array_mut(array)?[index] = number;
    }
    Ok(())
}

/// Element C of a tuple or list whose length a pattern has tested.
unsafe fn get_element(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.b());
    let length = sequence_length(object).unwrap_or(0);
    let found = place(i64::from(ins.c_signed()), length).and_then(|index| match object.as_list() {
        Some(list) => list.get(index),
        None => object.as_tuple().and_then(|tuple| tuple.get(index)),
    });
    match found {
        Some(value) => {
            state.set(ins.a(), value);
            Ok(())
        }
        None => Err(out_of_range(state, Value::int32(ins.c_signed()), length)),
    }
}
