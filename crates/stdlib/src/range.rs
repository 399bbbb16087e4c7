//! Range, as far as it needs no function. Everything that gives elements is lazy and in Dunlin.

use heap::{Range, Value};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// The number of Ints in the range; a ValueError where it has no end.
    ///
    ///     print((0..3).len(), (0..=3).len(), (5..2).len()) // expect: 3 4 0
    "Range.len" "(self)" len, PURE;
    /// Whether there are no Ints in the range.
    ///
    ///     print((0..0).empty?(), (0..).empty?()) // expect: true false
    "Range.empty?" "(self)" is_empty, PURE;
    /// The lower bound, or nil.
    ///
    ///     print((2..5).start()) // expect: 2
    "Range.start" "(self)" start, PURE;
    /// The upper bound, or nil; `a..=b` includes it.
    ///
    ///     print((2..5).end(), (2..).end()) // expect: 5 nil
    "Range.end" "(self)" end, PURE;
    /// Whether the upper bound belongs to the range.
    ///
    ///     print((2..5).inclusive?(), (2..=5).inclusive?()) // expect: false true
    "Range.inclusive?" "(self)" is_inclusive, PURE;
    /// Whether a number lies between the bounds.
    ///
    ///     print((0..5).contains(2.5), (0..5).contains(5)) // expect: true false
    "Range.contains" "(self, value)" contains, PURE;
    /// The sum of the Ints in the range.
    ///
    ///     print((1..=100).sum()) // expect: 5050
    "Range.sum" "(self, f: Callable = nil)" sum => "__range_sum", ALLOCATES;
    /// The smallest Int in the range; a ValueError where there is none.
    ///
    ///     print((3..9).min()) // expect: 3
    "Range.min" "(self)" min;
    /// The largest Int in the range; a ValueError where there is none.
    ///
    ///     print((3..9).max()) // expect: 8
    "Range.max" "(self)" max;
    /// The first Int in the range, or nil.
    ///
    ///     print((3..9).first(), (3..3).first()) // expect: 3 nil
    "Range.first" "(self)" first;
    /// The last Int in the range, or nil.
    ///
    ///     print((3..9).last()) // expect: 8
    "Range.last" "(self)" last;
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<Range, Exit> {
    args[0].as_range().ok_or_else(|| cx.expected("self", "a Range", args[0]))
}

/// First Int and the one behind the last, `None` for an open end.
fn bounds(cx: &mut Cx, args: &[Value]) -> Result<(i64, Option<i64>), Exit> {
    let range = this(cx, args)?;
    let start = cx.int_of(range.start(), "the lower bound")?;
    if range.end().is_nil() {
        return Ok((start, None));
    }
    let end = cx.int_of(range.end(), "the upper bound")?;
    let end = end.saturating_add(i64::from(range.is_inclusive()));
    Ok((start, Some(end.max(start))))
}

fn closed(cx: &mut Cx, args: &[Value]) -> Result<(i64, i64), Exit> {
    match bounds(cx, args)? {
        (start, Some(end)) => Ok((start, end)),
        (_, None) => Err(cx.value_error("the range has no end")),
    }
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (start, end) = closed(cx, args)?;
    match end.checked_sub(start) {
        Some(len) => cx.int(len),
        None => Err(cx.value_error("the range is too large to count")),
    }
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (start, end) = bounds(cx, args)?;
    Ok(Value::bool(end == Some(start)))
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.start())
}

fn end(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.end())
}

fn is_inclusive(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_inclusive()))
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let range = this(cx, args)?;
    let value = args[1];
    if !value.is_int() && !value.is_float() {
        return Err(cx.expected("what a Range contains", "a number", value));
    }
    if !range.start().is_nil() && crate::compare::less(cx, value, range.start())? {
        return Ok(Value::FALSE);
    }
    if range.end().is_nil() {
        return Ok(Value::bool(value.as_float().is_none_or(|number| !number.is_nan())));
    }
    let below = crate::compare::less(cx, value, range.end())?;
    Ok(Value::bool(below || range.is_inclusive() && crate::compare::equal(cx, value, range.end())?))
}

fn sum(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if crate::argument::is_given(args[1]) {
        return Err(Exit::Decline);
    }
    let (start, end) = closed(cx, args)?;
    let count = i128::from(end) - i128::from(start);
    let total = (i128::from(start) + i128::from(end) - 1).checked_mul(count).ok_or(Exit::Decline)? / 2;
    match i64::try_from(total) {
        Ok(total) => cx.int(total),
        Err(_) => Ok(cx.heap.big_int(&total.into())?),
    }
}

fn min(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match first(cx, args)? {
        found if found.is_nil() => Err(cx.value_error("min of an empty range")),
        found => Ok(found),
    }
}

fn max(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match last(cx, args)? {
        found if found.is_nil() => Err(cx.value_error("max of an empty range")),
        found => Ok(found),
    }
}

fn first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (start, end) = bounds(cx, args)?;
    if end == Some(start) { Ok(Value::NIL) } else { cx.int(start) }
}

fn last(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (start, end) = closed(cx, args)?;
    if start == end { Ok(Value::NIL) } else { cx.int(end - 1) }
}
