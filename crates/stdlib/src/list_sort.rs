//! List: sorting. Stable; lists of Ints, of Floats and of Strings are sorted on their bare contents.
//!
//! Nothing is written before the order is known, so a comparison that fails or declines leaves the list as it was.

use heap::Value;
use vm::{Cx, Exit};

use crate::compare::sorts_before;
use crate::list::{overwrite, this};
use crate::merge_sort::{merge_sorted, sort_in_parts};
use crate::rows::rows;

rows! {
    /// Sorts the list in place and gives it back. Equal elements keep their order, NaN comes last.
    ///
    ///     print([3, 1, 2].sort()) // expect: [1, 2, 3]
    "List.sort" "(self)" sort => "__list_sort";
    /// A new sorted list. Equal elements keep their order, NaN comes last.
    ///
    ///     print(["b", "a"].sorted()) // expect: ["a", "b"]
    "List.sorted" "(self)" sorted => "__list_sorted", ALLOCATES;
    #[doc = " A list of the elements of `xs` in the order of their `keys`, for `sort_by`."]
    "__sort_by_keys" "(xs, keys)" sort_by_keys => "__sort_by_keys_slow", ALLOCATES;
}

fn sort(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let order = sorted_elements(cx, list.elements())?;
    overwrite(cx, list, &order)
}

fn sorted(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let order = sorted_elements(cx, list.elements())?;
    cx.list(&order)
}

fn sort_by_keys(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let keys = cx.list_of(args[1], "the keys")?;
    let pairs: Vec<(Value, Value)> =
        keys.elements().iter().copied().zip(list.elements().iter().copied()).collect();
    let order: Vec<Value> = sorted_pairs(cx, pairs)?.into_iter().map(|pair| pair.1).collect();
    cx.list(&order)
}

/// What all keys of a list are, where that allows a faster sort.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Ints,
    Floats,
    Texts,
    Mixed,
}

fn content_of(mut keys: impl Iterator<Item = Value>) -> Content {
    let of_one = |key: Value| {
        if key.as_int64().is_some() {
            Content::Ints
        } else if key.is_float() {
            Content::Floats
        } else if key.is_string() {
            Content::Texts
        } else {
            Content::Mixed
        }
    };
    let Some(first) = keys.next().map(of_one) else { return Content::Mixed };
    if keys.all(|key| of_one(key) == first) { first } else { Content::Mixed }
}

/// Charges the work of a sort. The memory it takes beside the list is looked for first.
fn charge_sort(cx: &mut Cx, len: usize) -> Result<(), Exit> {
    const SCRATCH_BYTES_EACH: usize = 48;
    cx.heap.check_room(len * SCRATCH_BYTES_EACH)?;
    cx.charge_ticks(len as u64 * u64::from(len.max(2).ilog2()) / 16);
    Ok(())
}

fn sorted_elements(cx: &mut Cx, elements: &[Value]) -> Result<Vec<Value>, Exit> {
    charge_sort(cx, elements.len())?;
    match content_of(elements.iter().copied()) {
        Content::Ints => sorted_ints(cx, elements),
        Content::Floats => {
            let order = |a: &Value, b: &Value| float_order(a.float_payload(), b.float_payload());
            let sort = |part: &mut [Value]| part.sort_by(order);
            Ok(sort_in_parts(
                elements.to_vec(),
                sort,
                |a, b| order(a, b).is_lt(),
                |units| cx.heap.work(units),
            )?)
        }
        Content::Texts => {
            let pairs = elements.iter().map(|&element| (element, element)).collect();
            Ok(sorted_texts(cx, pairs)?.into_iter().map(|pair| pair.1).collect())
        }
        Content::Mixed => merge_sorted(elements, |a, b| {
            cx.heap.work(2)?;
            sorts_before(cx, a, b)
        }),
    }
}

/// Equal Ints cannot be told apart, so the sort need not be stable.
fn sorted_ints(cx: &mut Cx, elements: &[Value]) -> Result<Vec<Value>, Exit> {
    if elements.iter().all(|element| element.is_int32()) {
        let numbers: Vec<i32> = elements.iter().map(|element| element.int32_payload()).collect();
        let sorted =
            sort_in_parts(numbers, <[i32]>::sort_unstable, |a, b| a < b, |units| cx.heap.work(units))?;
        return Ok(sorted.into_iter().map(Value::int32).collect());
    }
    let pairs: Vec<(i64, Value)> = elements.iter().map(|&e| (e.as_int64().unwrap_or(0), e)).collect();
    let sort = |part: &mut [(i64, Value)]| part.sort_unstable_by_key(|pair| pair.0);
    let sorted = sort_in_parts(pairs, sort, |a, b| a.0 < b.0, |units| cx.heap.work(units))?;
    Ok(sorted.into_iter().map(|pair| pair.1).collect())
}

/// The order of doubles with NaN last and both zeros equal.
fn float_order(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn sorted_pairs(cx: &mut Cx, pairs: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, Exit> {
    charge_sort(cx, pairs.len())?;
    match content_of(pairs.iter().map(|pair| pair.0)) {
        Content::Ints => {
            let keyed: Vec<(i64, usize)> = pairs
                .iter()
                .enumerate()
                .map(|(place, pair)| (pair.0.as_int64().unwrap_or(0), place))
                .collect();
            let sort = |part: &mut [(i64, usize)]| part.sort_unstable();
            let sorted = sort_in_parts(keyed, sort, |a, b| a < b, |units| cx.heap.work(units))?;
            Ok(sorted.into_iter().map(|(_, place)| pairs[place]).collect())
        }
        Content::Floats => {
            let order = |a: &(Value, Value), b: &(Value, Value)| {
                float_order(a.0.float_payload(), b.0.float_payload())
            };
            let sort = |part: &mut [(Value, Value)]| part.sort_by(order);
            Ok(sort_in_parts(pairs, sort, |a, b| order(a, b).is_lt(), |units| cx.heap.work(units))?)
        }
        Content::Texts => sorted_texts(cx, pairs),
        Content::Mixed => merge_sorted(&pairs, |a, b| {
            cx.heap.work(2)?;
            sorts_before(cx, a.0, b.0)
        }),
    }
}

/// Sorts by text. The first eight bytes as one number decide most comparisons without touching the text.
fn sorted_texts(cx: &mut Cx, pairs: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, Exit> {
    for pair in &pairs {
        cx.heap.text(&pair.0)?;
    }
    let mut items: Vec<(u64, &str, usize)> = Vec::with_capacity(pairs.len());
    for (place, pair) in pairs.iter().enumerate() {
        let text = pair.0.as_str().unwrap_or("");
        items.push((text_prefix(text), text, place));
    }
    let order = |a: &(u64, &str, usize), b: &(u64, &str, usize)| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1));
    let sort = |part: &mut [(u64, &str, usize)]| part.sort_by(order);
    let items = sort_in_parts(items, sort, |a, b| order(a, b).is_lt(), |units| cx.heap.work(units))?;
    Ok(items.iter().map(|item| pairs[item.2]).collect())
}

fn text_prefix(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_agree_with_the_order_of_texts() {
        let texts = ["", "\0", "a", "a\0", "ab", "abcdefgh", "abcdefghi", "b", "é"];
        for a in texts {
            for b in texts {
                if text_prefix(a) != text_prefix(b) {
                    assert_eq!(text_prefix(a) < text_prefix(b), a < b, "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn nan_sorts_last() {
        let mut numbers = [f64::NAN, 2.0, -0.0, f64::INFINITY, 0.0, f64::NAN, -1.0];
        numbers.sort_by(|a, b| float_order(*a, *b));
        assert_eq!(format!("{numbers:?}"), "[-1.0, -0.0, 0.0, 2.0, inf, NaN, NaN]");
    }
}
