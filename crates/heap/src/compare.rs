//! Order: numbers, strings, chars, bytes, and tuples and lists element by element. And sorting by it.

use std::cmp::Ordering;

use hashbrown::HashSet;

use crate::arith::compare_numbers;
use crate::classes::overrides;
use crate::fault::{Fault, NeedGc};
use crate::heap::Heap;
use crate::kind::Kind;
use crate::value::Value;

/// Sequences nested deeper than this are cyclic or hostile.
const DEPTH_MAX: usize = 1 << 20;

/// From this many pairs of sequences on, pairs are remembered.
const REMEMBER_FROM: usize = 64;

/// Where NaN stands.
#[derive(Clone, Copy, PartialEq)]
enum Nan {
    /// Nowhere: the comparison has no answer.
    Unordered,
    /// After every number.
    Last,
}

/// The order of two values: `None` when NaN is involved. `Decline` when user code must say.
pub fn compare(heap: &mut Heap, left: Value, right: Value) -> Result<Option<Ordering>, Fault> {
    compare_with(heap, left, right, Nan::Unordered)
}

/// The order that sorting, `min` and `max` use: NaN after every other number.
pub fn compare_for_sort(heap: &mut Heap, left: Value, right: Value) -> Result<Ordering, Fault> {
    Ok(compare_with(heap, left, right, Nan::Last)?.unwrap_or(Ordering::Equal))
}

fn compare_with(heap: &mut Heap, left: Value, right: Value, nan: Nan) -> Result<Option<Ordering>, Fault> {
    if let Some(answer) = compare_leaf(heap, left, right, nan)? {
        return Ok(answer);
    }
    // Pairs of sequences on the way, each with the position of the next elements.
    let mut stack = vec![(left, right, 0usize)];
    let mut met: HashSet<(u64, u64)> = HashSet::new();
    let mut pairs = 0usize;
    while let Some((left, right, position)) = stack.last_mut() {
        heap.work(1)?;
        let (left_parts, right_parts) = (elements(left), elements(right));
        let (next_left, next_right) = (left_parts.get(*position), right_parts.get(*position));
        let (Some(&next_left), Some(&next_right)) = (next_left, next_right) else {
            let order = left_parts.len().cmp(&right_parts.len());
            if order != Ordering::Equal {
                return Ok(Some(order));
            }
            stack.pop();
            continue;
        };
        *position += 1;
        match compare_leaf(heap, next_left, next_right, nan)? {
            Some(Some(Ordering::Equal)) => {}
            Some(answer) => return Ok(answer),
            None if stack.len() >= DEPTH_MAX => return Err(Fault::TooLarge),
            None => {
                // A pair that was met before is equal, or we would have an answer; one on the way is a cycle.
                pairs += 1;
                if pairs < REMEMBER_FROM || met.insert((next_left.bits(), next_right.bits())) {
                    stack.push((next_left, next_right, 0));
                }
            }
        }
    }
    Ok(Some(Ordering::Equal))
}

fn elements(value: &Value) -> &[Value] {
    value.sequence_elements().unwrap_or(&[])
}

/// Decides everything but two tuples or two lists.
#[inline]
fn compare_leaf(
    heap: &mut Heap,
    left: Value,
    right: Value,
    nan: Nan,
) -> Result<Option<Option<Ordering>>, Fault> {
    if is_number(left) && is_number(right) {
        let order = compare_numbers(left, right)?;
        if order.is_none() && nan == Nan::Last {
            let is_nan = |value: Value| value.as_float().is_some_and(f64::is_nan);
            return Ok(Some(Some(is_nan(left).cmp(&is_nan(right)))));
        }
        return Ok(Some(order));
    }
    if left.is_string() && right.is_string() {
        heap.flatten(left)?;
        heap.flatten(right)?;
        return Ok(Some(Some(left.as_str().cmp(&right.as_str()))));
    }
    if let (Some(left), Some(right)) = (left.as_char(), right.as_char()) {
        return Ok(Some(Some(left.cmp(&right))));
    }
    if left.is_bytes() && right.is_bytes() {
        return Ok(Some(Some(left.as_bytes().cmp(&right.as_bytes()))));
    }
    match (left.kind(), right.kind()) {
        (Some(Kind::Tuple), Some(Kind::Tuple)) | (Some(Kind::List), Some(Kind::List)) => Ok(None),
        _ if has_order(heap, left) || has_order(heap, right) => Err(Fault::Decline),
        _ => Err(Fault::Unordered(left, right)),
    }
}

fn is_number(value: Value) -> bool {
    value.is_float() || value.is_int()
}

/// True for an instance or record whose class defines `<`.
fn has_order(heap: &Heap, value: Value) -> bool {
    if !matches!(value.kind(), Some(Kind::Instance | Kind::Record)) {
        return false;
    }
    let class = heap.shared().classes.get(crate::class::class_id_of(value));
    class.is_some_and(|class| class.overrides(overrides::LESS))
}

/// Sorts values in place, stably. Nothing has changed when it fails.
pub fn sort(heap: &mut Heap, values: &mut [Value]) -> Result<(), Fault> {
    if values.iter().all(|value| value.is_int32()) {
        values.sort_unstable_by_key(|value| value.int32_payload());
        return Ok(());
    }
    if values.iter().all(|value| value.is_float()) {
        values.sort_by(|left, right| compare_floats(left.float_payload(), right.float_payload()));
        return Ok(());
    }
    if values.iter().all(|value| value.is_string()) {
        return Ok(sort_texts(heap, values)?);
    }
    merge_sort(heap, values)
}

fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn sort_texts(heap: &mut Heap, values: &mut [Value]) -> Result<(), NeedGc> {
    for value in values.iter() {
        heap.flatten(*value)?;
    }
    values.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
    Ok(())
}

/// Bottom-up merge sort whose comparison may fail.
fn merge_sort(heap: &mut Heap, values: &mut [Value]) -> Result<(), Fault> {
    let mut source = values.to_vec();
    let mut target = source.clone();
    let mut width = 1;
    while width < source.len() {
        for start in (0..source.len()).step_by(2 * width) {
            let middle = (start + width).min(source.len());
            let end = (start + 2 * width).min(source.len());
            merge(heap, &source[start..middle], &source[middle..end], &mut target[start..end])?;
        }
        std::mem::swap(&mut source, &mut target);
        width *= 2;
    }
    values.copy_from_slice(&source);
    Ok(())
}

fn merge(heap: &mut Heap, left: &[Value], right: &[Value], target: &mut [Value]) -> Result<(), Fault> {
    let (mut from_left, mut from_right) = (0, 0);
    for slot in target {
        let take_right = from_left == left.len()
            || from_right < right.len()
                && compare_for_sort(heap, right[from_right], left[from_left])? == Ordering::Less;
        if take_right {
            *slot = right[from_right];
            from_right += 1;
        } else {
            *slot = left[from_left];
            from_left += 1;
        }
    }
    Ok(())
}
