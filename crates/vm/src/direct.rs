//! What optimised code asks of the VM in place of an instruction: functions of a few values that give a value.
//!
//! They do what the instruction does where that takes no frame and fails nowhere. Otherwise they change nothing and
//! give `UNDEF`, and the interpreter's step runs the instruction.
//!
//! SAFETY contract: that of `optimised`: called by machine code with the state it was entered with and live values,
//! or with the place and number of registers of a live frame.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::cmp::Ordering;

use heap::{Kind, Value, class_id_of};

use crate::code::LinkedType;
use crate::compare;
use crate::ops::{data, index, iterate, patterns};
use crate::optimised::Given;
use crate::state::State;

/// What a function is called with: up to three words.
type Words = [Value; 3];

/// The functions as machine code calls them.
macro_rules! called {
    ($convention:literal, $($function:ident)*) => {
        mod called {
            use super::{Given, State, Value};
            $(pub unsafe extern $convention fn $function(
                state: *mut State,
                first: Value,
                second: Value,
                third: Value,
                fuel: i64,
            ) -> Given {
                let state = &mut *state;
                state.given_directly(fuel, |state| super::$function(state, [first, second, third]))
            })*
        }
    };
}

macro_rules! directs {
    ($(($name:ident, $function:ident, $doc:literal),)*) => {
        /// A function of the VM that stands for an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Direct { $(#[doc = $doc] $name,)* }

        impl Direct {
            pub const fn name(self) -> &'static str {
                match self { $(Direct::$name => stringify!($function),)* }
            }

            /// The address of `(state, first, second, third, fuel) -> (value, fuel)`.
            pub fn address(self) -> u64 {
                let function = match self { $(Direct::$name => called::$function as *const (),)* };
                function.expose_provenance() as u64
            }
        }

        #[cfg(target_arch = "x86_64")]
        called!("sysv64", $($function)*);
        #[cfg(not(target_arch = "x86_64"))]
        called!("C", $($function)*);
    };
}

directs! {
    (Join, join, "Two texts in one."),
    (JoinAll, join_all, "The texts in registers in one."),
    (Text, text, "The text of a value for people."),
    (Element, element, "An element by index or key."),
    (ElementOrNil, element_or_nil, "The same, or nil where there is none."),
    (Put, put, "Sets the entry of a map: key and value."),
    (Contains, contains, "Whether a value is in a collection."),
    (Equal, equal, "Whether two values are equal."),
    (Less, less, "Whether a value comes before another."),
    (LessOrEqual, less_or_equal, "The same, or is equal."),
    (IsOfType, is_of_type, "Whether a value is of a type."),
    (Iterate, iterate, "The state of an iteration over a map, set, text or bytes."),
    (Advance, advance, "The next value of such an iteration, or the mark of its end."),
    (Add, add, "A sum of numbers."),
    (Subtract, subtract, "A difference of numbers."),
    (Multiply, multiply, "A product of numbers."),
    (Divide, divide, "A quotient of numbers."),
    (FloorDivide, floor_divide, "A quotient rounded down."),
    (Modulo, modulo, "What a division rounded down leaves."),
    (List, list, "A list of what registers hold."),
    (Map, map, "An empty map with room."),
    (Range, range, "A range without its end."),
    (RangeInclusive, range_inclusive, "A range with its end."),
}

unsafe fn join(state: &mut State, [left, right, _]: Words) -> Option<Value> {
    if !left.is_string() || !right.is_string() {
        return None;
    }
    state.heap().string_concat(left, right).ok()
}

/// The registers from a place, so many.
unsafe fn registers<'a>([place, count, _]: Words) -> &'a [Value] {
    std::slice::from_raw_parts(
        std::ptr::with_exposed_provenance(place.bits() as usize),
        count.bits() as usize,
    )
}

unsafe fn join_all(state: &mut State, words: Words) -> Option<Value> {
    data::joined(state, registers(words)).ok()
}

unsafe fn text(state: &mut State, [value, ..]: Words) -> Option<Value> {
    data::text_of(state, value).ok().flatten()
}

unsafe fn element(state: &mut State, [object, key, _]: Words) -> Option<Value> {
    match object.kind()? {
        Kind::Map => state.heap().map_get(object.as_map()?, key).ok().flatten(),
        Kind::Instance | Kind::Record => None,
        _ => index::element_of(state, object, key).ok().flatten(),
    }
}

unsafe fn element_or_nil(state: &mut State, [object, key, _]: Words) -> Option<Value> {
    match object.kind()? {
        Kind::Map => Some(state.heap().map_get(object.as_map()?, key).ok()?.unwrap_or(Value::NIL)),
        Kind::Instance | Kind::Record => None,
        _ if index::sequence_length(object).is_none() => None,
        _ => Some(index::element_of(state, object, key).ok()?.unwrap_or(Value::NIL)),
    }
}

unsafe fn put(state: &mut State, [object, key, value]: Words) -> Option<Value> {
    state.heap().map_insert(object.as_map()?, key, value).ok()?;
    Some(Value::NIL)
}

unsafe fn contains(state: &mut State, [value, container, _]: Words) -> Option<Value> {
    let holds = match container.kind()? {
        Kind::Map => state.heap().map_get(container.as_map()?, value).ok()?.is_some(),
        Kind::Set => state.heap().set_contains(container.as_set()?, value).ok()?,
        Kind::Range => compare::in_range(state, value, container.as_range()?).ok()?,
        _ => return None,
    };
    Some(Value::bool(holds))
}

unsafe fn equal(state: &mut State, [left, right, _]: Words) -> Option<Value> {
    if matches!(left.kind(), Some(Kind::Instance | Kind::Record)) {
        let symbol = state.vm().equality_symbol()?;
        if state.find_method(class_id_of(left), symbol).is_some() {
            return None;
        }
    }
    heap::equal(state.heap(), left, right).ok().map(Value::bool)
}

unsafe fn order(state: &mut State, [left, right, _]: Words) -> Option<Option<Ordering>> {
    heap::compare(state.heap(), left, right).ok()
}

unsafe fn less(state: &mut State, words: Words) -> Option<Value> {
    Some(Value::bool(order(state, words)?.is_some_and(Ordering::is_lt)))
}

unsafe fn less_or_equal(state: &mut State, words: Words) -> Option<Value> {
    Some(Value::bool(order(state, words)?.is_some_and(Ordering::is_le)))
}

/// The type is the address of a linked one, which is never freed.
unsafe fn is_of_type(state: &mut State, [value, linked, _]: Words) -> Option<Value> {
    let linked: *const LinkedType = std::ptr::with_exposed_provenance(linked.bits() as usize);
    Some(Value::bool(patterns::matches_type(state, value, &*linked)))
}

unsafe fn iterate(state: &mut State, [source, ..]: Words) -> Option<Value> {
    iterate::iterator_of(state, source).ok().flatten()
}

unsafe fn advance(state: &mut State, [iterator, ..]: Words) -> Option<Value> {
    iterate::advance_value(state, iterator).ok()
}

macro_rules! arithmetic {
    ($($function:ident),*) => {
        $(unsafe fn $function(state: &mut State, [left, right, _]: Words) -> Option<Value> {
            heap::arith::$function(state.heap(), left, right).ok()
        })*
    };
}
arithmetic!(add, subtract, multiply, divide, floor_divide, modulo);

unsafe fn list(state: &mut State, words: Words) -> Option<Value> {
    state.heap().list_from(registers(words)).ok().map(|list| list.value())
}

unsafe fn map(state: &mut State, [room, ..]: Words) -> Option<Value> {
    state.heap().map_new(room.bits() as usize).ok().map(|map| map.value())
}

/// Whether these are bounds of a range as they are.
fn are_bounds(start: Value, end: Value) -> bool {
    let are_numbers = (start.is_int() || start.is_float()) && (end.is_int() || end.is_float());
    are_numbers || start.is_char() && end.is_char()
}

unsafe fn range(state: &mut State, [start, end, _]: Words) -> Option<Value> {
    if !are_bounds(start, end) {
        return None;
    }
    state.heap().range(start, end).ok().map(|range| range.value())
}

unsafe fn range_inclusive(state: &mut State, [start, end, _]: Words) -> Option<Value> {
    if !are_bounds(start, end) {
        return None;
    }
    state.heap().range_inclusive(start, end).ok().map(|range| range.value())
}
