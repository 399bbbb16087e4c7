//! Equality and order as topics need them: heap's algorithms, with faults as exits.

use std::cmp::Ordering;

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    #[doc = " Whether `a` stands before `b` in a sorted list: `<`, with NaN after every number."]
    "__sorts_before" "(a, b)" sorts_before_row => "__sorts_before_slow";
}

/// `left == right`; declines where user code must say.
pub(crate) fn equal(cx: &mut Cx, left: Value, right: Value) -> Result<bool, Exit> {
    Ok(heap::equal(cx.heap, left, right)?)
}

/// `left < right`; false where NaN is involved.
pub(crate) fn less(cx: &mut Cx, left: Value, right: Value) -> Result<bool, Exit> {
    Ok(heap::compare(cx.heap, left, right)? == Some(Ordering::Less))
}

/// Whether `left` stands before `right` in a sorted list.
pub(crate) fn sorts_before(cx: &mut Cx, left: Value, right: Value) -> Result<bool, Exit> {
    Ok(heap::compare_for_sort(cx.heap, left, right)? == Ordering::Less)
}

fn sorts_before_row(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(sorts_before(cx, args[0], args[1])?))
}
