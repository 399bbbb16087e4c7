//! Making and filling values: collections, ranges, text.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::Word;
use heap::{ClassId, Fault, Kind, Value};

use super::{always_slow, instructions};
use crate::compare;
use crate::exit::Exit;
use crate::operator::Post;
use crate::state::State;

instructions! {
    NewList: always_slow, new_list;
    NewTuple: always_slow, new_tuple;
    NewMap: always_slow, new_map;
    NewSet: always_slow, new_set;
    NewRange: always_slow, new_range;
    NewRangeInclusive: always_slow, new_range_inclusive;
    ListPush: always_slow, list_push;
    ListToTuple: always_slow, list_to_tuple;
    MapPut: always_slow, map_put;
    SetAdd: always_slow, set_add;
    ToStr: always_slow, to_str;
    Format: always_slow, format;
    Concat: always_slow, concat;
    Freeze: always_slow, freeze;
    In: always_slow, is_in;
}

/// The registers of a range operand.
unsafe fn range<'a>(state: &State, ins: Word) -> &'a [Value] {
    std::slice::from_raw_parts(state.base.add(ins.b()), ins.c())
}

unsafe fn new_list(state: &mut State, ins: Word) -> Result<(), Exit> {
    let elements = range(state, ins);
    let list = state.heap().list_from(elements)?.value();
    state.set(ins.a(), list);
    Ok(())
}

unsafe fn new_tuple(state: &mut State, ins: Word) -> Result<(), Exit> {
    let elements = range(state, ins);
    let tuple = state.heap().tuple(elements)?.value();
    state.set(ins.a(), tuple);
    Ok(())
}

unsafe fn new_map(state: &mut State, ins: Word) -> Result<(), Exit> {
    let map = state.heap().map_new(ins.sbx().max(0) as usize)?.value();
    state.set(ins.a(), map);
    Ok(())
}

unsafe fn new_set(state: &mut State, ins: Word) -> Result<(), Exit> {
    let set = state.heap().set_new(ins.sbx().max(0) as usize)?.value();
    state.set(ins.a(), set);
    Ok(())
}

/// The bound of a range: an Int, a Float or a Char, or absent.
unsafe fn bound(state: &mut State, value: Value) -> Result<Value, Exit> {
    if value.is_undef() {
        return Ok(Value::NIL);
    }
    if value.is_int() || value.is_float() || value.is_char() {
        return Ok(value);
    }
    let subject = state.kind_named(value);
    Err(state
        .error(ClassId::TypeError, &format!("the bounds of a range must be numbers or Chars, got {subject}")))
}

unsafe fn bounds(state: &mut State, ins: Word) -> Result<(Value, Value), Exit> {
    let (start, end) = (state.reg(ins.b()), state.reg(ins.c()));
    let (start, end) = (bound(state, start)?, bound(state, end)?);
    if !start.is_nil() && !end.is_nil() && start.is_char() != end.is_char() {
        return Err(
            state.error(ClassId::TypeError, "a range goes from number to number or from Char to Char")
        );
    }
    Ok((start, end))
}

unsafe fn new_range(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (start, end) = bounds(state, ins)?;
    let range = state.heap().range(start, end)?.value();
    state.set(ins.a(), range);
    Ok(())
}

unsafe fn new_range_inclusive(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (start, end) = bounds(state, ins)?;
    let range = state.heap().range_inclusive(start, end)?.value();
    state.set(ins.a(), range);
    Ok(())
}

unsafe fn list_push(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    let list =
        state.reg(ins.a()).as_list().ok_or(Exit::Internal("an element for something that is no list"))?;
    Ok(state.heap().list_push(list, value)?)
}

unsafe fn list_to_tuple(state: &mut State, ins: Word) -> Result<(), Exit> {
    let list = state.reg(ins.b()).as_list().ok_or(Exit::Internal("a tuple of something that is no list"))?;
    let tuple = state.heap().tuple(list.elements())?.value();
    state.set(ins.a(), tuple);
    Ok(())
}

unsafe fn map_put(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (map, key, value) = (state.reg(ins.a()), state.reg(ins.b()), state.reg(ins.c()));
    super::index::put(state, map, key, value)
}

unsafe fn set_add(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, value) = (state.reg(ins.a()), state.reg(ins.b()));
    let set = object.as_set().ok_or(Exit::Internal("an element for something that is no set"))?;
    match state.heap().set_insert(set, value) {
        Err(Fault::Decline) => {
            let slow = state.library_function("__set_add")?;
            state.call_operator(slow, &[object, value], Post::Discard)
        }
        done => {
            done?;
            Ok(())
        }
    }
}

/// The text of a value for people: at once where it is text, else by its method `str`.
unsafe fn to_str(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    let Some(text) = text_of(state, value)? else {
        let method = state.method_named(value, "str").ok_or(Exit::Internal("a value without `str`"))?;
        return state.call_operator(method, &[value], Post::Store);
    };
    state.set(ins.a(), text);
    Ok(())
}

/// The text of a value that has one without its method `str`.
pub(crate) unsafe fn text_of(state: &mut State, value: Value) -> Result<Option<Value>, Exit> {
    Ok(Some(if value.is_string() {
        value
    } else if let Some(number) = value.as_int64() {
        let mut digits = itoa(number);
        state.heap().string(digits.text())?
    } else if let Some(scalar) = value.as_char() {
        state.heap().string(scalar.encode_utf8(&mut [0; 4]))?
    } else if let Some(name) = value.as_symbol().and_then(|id| state.vm().shared.symbols.name(id)) {
        state.heap().string(name)?
    } else if let Some(text) = simple_text(value) {
        state.heap().string(text)?
    } else {
        return Ok(None);
    }))
}

pub(crate) fn simple_text(value: Value) -> Option<&'static str> {
    match value {
        Value::NIL => Some("nil"),
        Value::TRUE => Some("true"),
        Value::FALSE => Some("false"),
        _ => None,
    }
}

/// Decimal digits without an allocation.
struct Digits {
    buffer: [u8; 20],
    start: usize,
}

fn itoa(number: i64) -> Digits {
    let mut digits = Digits { buffer: [b'0'; 20], start: 20 };
    let mut rest = number.unsigned_abs();
    loop {
        digits.start -= 1;
        digits.buffer[digits.start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.start -= 1;
        digits.buffer[digits.start] = b'-';
    }
    digits
}

impl Digits {
    fn text(&mut self) -> &str {
        std::str::from_utf8(&self.buffer[self.start..]).unwrap_or("")
    }
}

/// Formatting is the library's: a function of the value and its specification.
unsafe fn format(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (value, spec) = (state.reg(ins.b()), state.constant(ins.c()));
    let Some(format) = state.vm().builtin("__format") else {
        return Err(Exit::Internal("the library has no `__format`"));
    };
    let method = crate::class::Method { value: format, is_static: true, owner: 0 };
    state.call_operator(method, &[value, spec], Post::Store)
}

unsafe fn concat(state: &mut State, ins: Word) -> Result<(), Exit> {
    let text = joined(state, range(state, ins))?;
    state.set(ins.a(), text);
    Ok(())
}

/// Texts in one.
pub(crate) unsafe fn joined(state: &mut State, parts: &[Value]) -> Result<Value, Exit> {
    let mut result = match parts {
        [] => state.heap().string("")?,
        [first, ..] => *first,
    };
    if parts.iter().any(|part| !part.is_string()) {
        return Err(Exit::Internal("a concatenation of something that is no string"));
    }
    let total: usize = parts.iter().filter_map(|part| part.string_byte_len()).sum();
    const PIECES_BYTES_MAX: usize = 4096;
    if total <= PIECES_BYTES_MAX && parts.len() > 2 {
        let mut text = String::with_capacity(total);
        for part in parts {
            text.push_str(state.heap().text(part)?.unwrap_or(""));
        }
        result = state.heap().string(&text)?;
    } else {
        for part in parts.iter().skip(1) {
            result = state.heap().string_concat(result, *part)?;
        }
    }
    Ok(result)
}

unsafe fn freeze(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    let frozen = state.heap().freeze(value)?;
    state.set(ins.a(), frozen);
    Ok(())
}

/// `R[B] in R[C]`.
unsafe fn is_in(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (value, container) = (state.reg(ins.b()), state.reg(ins.c()));
    let found = match container.kind() {
        Some(Kind::Map) => {
            container.as_map().map(|map| state.heap().map_get(map, value).map(|found| found.is_some()))
        }
        Some(Kind::Set) => container.as_set().map(|set| state.heap().set_contains(set, value)),
        Some(Kind::Range) => {
            let range = container.as_range().ok_or(Exit::Internal("a range of another kind"))?;
            let holds = compare::in_range(state, value, range)?;
            state.set(ins.a(), Value::bool(holds));
            return Ok(());
        }
        Some(Kind::List) => container.as_list().map(|list| contains(state, list.elements(), value)),
        Some(Kind::Tuple) => container.as_tuple().map(|tuple| contains(state, tuple.elements(), value)),
        Some(Kind::String | Kind::Rope | Kind::SharedText) => return in_text(state, ins, container, value),
        _ => None,
    };
    match found {
        Some(Ok(holds)) => {
            state.set(ins.a(), Value::bool(holds));
            Ok(())
        }
        Some(Err(Fault::Decline)) => {
            let slow = state.library_function("__contains")?;
            state.call_operator(slow, &[container, value], Post::Truth)
        }
        Some(Err(fault)) => Err(fault.into()),
        None => match state.method_named(container, "contains") {
            Some(method) => state.call_operator(method, &[container, value], Post::Truth),
            None => {
                let message = format!("`in` does not work on {}", state.kind_named(container));
                Err(state.error(ClassId::TypeError, &message))
            }
        },
    }
}

unsafe fn contains(state: &mut State, elements: &[Value], value: Value) -> Result<bool, Fault> {
    for &element in elements {
        if heap::equal(state.heap(), element, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

unsafe fn in_text(state: &mut State, ins: Word, container: Value, value: Value) -> Result<(), Exit> {
    let text = state.heap().text(&container)?.unwrap_or("");
    let holds = if let Some(scalar) = value.as_char() {
        text.contains(scalar)
    } else if let Some(part) = state.heap().text(&value)? {
        text.contains(part)
    } else {
        let message = format!("a String contains Chars and Strings, not a {}", state.class_name_of(value));
        return Err(state.error(ClassId::TypeError, &message));
    };
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}
