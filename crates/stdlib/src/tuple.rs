//! Tuple. Iteration and what takes a function is shared with all iterables.

use heap::{Tuple, Value};
use vm::{Cx, Exit};

use crate::argument::slice_bounds;
use crate::list_read::{element_at, place_of};
use crate::rows::rows;

rows! {
    /// A tuple of the elements of an iterable.
    ///
    ///     print(Tuple([1, 2]), Tuple()) // expect: (1, 2) ()
    "Tuple.new" "(elements: Iterable = nil)" new => "__tuple_from", STATIC, ALLOCATES;
    /// The number of elements.
    ///
    ///     print((1, 2).len()) // expect: 2
    "Tuple.len" "(self)" len, PURE;
    /// Whether there are no elements.
    ///
    ///     print(().empty?()) // expect: true
    "Tuple.empty?" "(self)" is_empty, PURE;
    /// The element at `index`, or `default` where there is none.
    ///
    ///     print((1, 2).get(1), (1, 2).get(5)) // expect: 2 nil
    "Tuple.get" "(self, index: Int, default = nil)" get, PURE;
    /// The first element, or nil.
    ///
    ///     print((1, 2).first()) // expect: 1
    "Tuple.first" "(self)" first, PURE;
    /// The last element, or nil.
    ///
    ///     print((1, 2).last()) // expect: 2
    "Tuple.last" "(self)" last, PURE;
    /// A tuple of the elements from `start` up to `end`; positions outside are cut.
    ///
    ///     print((1, 2, 3).slice(1)) // expect: (2, 3)
    "Tuple.slice" "(self, start: Int | Nil, end: Int = nil)" slice, ALLOCATES;
    /// Whether some element equals `value`.
    ///
    ///     print((1, 2).contains(2)) // expect: true
    "Tuple.contains" "(self, value)" contains => "__list_contains";
    /// The position of the first element that equals `value`, or nil.
    ///
    ///     print((5, 6).index_of(6)) // expect: 1
    "Tuple.index_of" "(self, value)" index_of => "__list_index_of";
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<Tuple, Exit> {
    args[0].as_tuple().ok_or_else(|| cx.expected("self", "a Tuple", args[0]))
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if !crate::argument::is_given(args[0]) {
        return cx.tuple(&[]);
    }
    match args[0].as_list() {
        Some(list) => cx.tuple(list.elements()),
        None => Err(Exit::Decline),
    }
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tuple = this(cx, args)?;
    cx.int(tuple.len() as i64)
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_empty()))
}

fn get(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tuple = this(cx, args)?;
    element_at(cx, tuple.elements(), args)
}

fn first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.get(0).unwrap_or(Value::NIL))
}

fn last(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.elements().last().copied().unwrap_or(Value::NIL))
}

fn slice(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tuple = this(cx, args)?;
    let (start, end) = slice_bounds(cx, args[1], args[2], tuple.len())?;
    cx.tuple(&tuple.elements()[start..end])
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tuple = this(cx, args)?;
    Ok(Value::bool(place_of(cx, tuple.elements(), args[1])?.is_some()))
}

fn index_of(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tuple = this(cx, args)?;
    match place_of(cx, tuple.elements(), args[1])? {
        Some(place) => cx.int(place as i64),
        None => Ok(Value::NIL),
    }
}
