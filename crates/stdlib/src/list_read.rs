//! List: what reads a list or makes a new value of it without calling anything.

use heap::Value;
use vm::{Cx, Exit};

use crate::argument::{is_given, slice_bounds};
use crate::list::this;
use crate::rows::rows;
use crate::string_edit::{check_size, owned};

rows! {
    /// A list of the elements of an iterable.
    ///
    ///     print(List(0..3), List("ab"), List()) // expect: [0, 1, 2] ['a', 'b'] []
    "List.new" "(elements: Iterable = nil)" new => "__list_from", STATIC, ALLOCATES;
    /// The number of elements.
    ///
    ///     print([1, 2].len()) // expect: 2
    "List.len" "(self)" len, PURE;
    /// Whether there are no elements.
    ///
    ///     print([].empty?(), [1].empty?()) // expect: true false
    "List.empty?" "(self)" is_empty;
    /// The first element, or nil.
    ///
    ///     print([7, 8].first(), [].first()) // expect: 7 nil
    "List.first" "(self)" first;
    /// The last element, or nil.
    ///
    ///     print([7, 8].last(), [].last()) // expect: 8 nil
    "List.last" "(self)" last;
    /// The element at `index`, or `default` where there is none.
    ///
    ///     print([1, 2].get(1), [1].get(5), [1].get(5, 0)) // expect: 2 nil 0
    "List.get" "(self, index: Int, default = nil)" get;
    /// A new list of the elements from `start` up to `end`; positions outside are cut.
    ///
    ///     print([1, 2, 3].slice(1), [1, 2, 3].slice(-2, -1)) // expect: [2, 3] [2]
    "List.slice" "(self, start: Int | Nil, end: Int = nil)" slice, ALLOCATES;
    /// A new list with the same elements.
    ///
    ///     let xs = [1]
    ///     print(xs.copy() == xs, same?(xs.copy(), xs)) // expect: true false
    "List.copy" "(self)" copy, ALLOCATES;
    /// A new list with the elements in the opposite order.
    ///
    ///     print([1, 2, 3].reversed()) // expect: [3, 2, 1]
    "List.reversed" "(self)" reversed, ALLOCATES;
    /// A new list of the elements of both.
    ///
    ///     print([1].concat([2, 3])) // expect: [1, 2, 3]
    "List.concat" "(self, other: List)" concat, ALLOCATES;
    /// A new list of the first `n` elements, or of all where there are fewer.
    ///
    ///     print([1, 2, 3].take(2)) // expect: [1, 2]
    "List.take" "(self, n: Int)" take, ALLOCATES;
    /// A new list of what follows the first `n` elements.
    ///
    ///     print([1, 2, 3].drop(2)) // expect: [3]
    "List.drop" "(self, n: Int)" drop_first, ALLOCATES;
    /// Whether some element equals `value`.
    ///
    ///     print([1, 2].contains(2.0)) // expect: true
    "List.contains" "(self, value)" contains => "__list_contains";
    /// The position of the first element that equals `value`, or nil.
    ///
    ///     print([5, 6].index_of(6), [5].index_of(9)) // expect: 1 nil
    "List.index_of" "(self, value)" index_of => "__list_index_of";
    /// The texts of the elements with `separator` between them.
    ///
    ///     print([1, "a", 'c'].join("-")) // expect: 1-a-c
    "List.join" "(self, separator: String | Char = \"\")" join => "__list_join", ALLOCATES;
    /// The sum of the elements, or of `f(x)`; 0 without elements.
    ///
    ///     print([1, 2, 3].sum(), [0.5, 1].sum(), [].sum()) // expect: 6 1.5 0
    "List.sum" "(self, f: Callable = nil)" sum => "__list_sum", ALLOCATES;
    /// The smallest element; NaN only when there is nothing else. Without elements a ValueError.
    ///
    ///     print([3, 1, 2].min()) // expect: 1
    "List.min" "(self)" min => "__list_min";
    /// The largest element; NaN counts as larger than any number. Without elements a ValueError.
    ///
    ///     print([3, 1, 2].max()) // expect: 3
    "List.max" "(self)" max => "__list_max";
    #[doc = " The strings of a list with a string between them."]
    "__join" "(strings, separator)" join, ALLOCATES;
    /// A tuple of the elements.
    ///
    ///     print([1, 2].to_tuple()) // expect: (1, 2)
    "List.to_tuple" "(self)" to_tuple, ALLOCATES;
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if !is_given(args[0]) {
        return cx.list(&[]);
    }
    if let Some(range) = args[0].as_range()
        && let (Some(start), Some(end)) = (range.start().as_int32(), range.end().as_int32())
    {
        let end = i64::from(end) + i64::from(range.is_inclusive());
        cx.heap.check_room(8 * (end - i64::from(start)).max(0) as usize)?;
        let mut numbers = Vec::new();
        for number in i64::from(start)..end {
            numbers.push(cx.int(number)?);
        }
        cx.charge_ticks(numbers.len() as u64 / 64);
        return cx.list(&numbers);
    }
    let elements = match (args[0].as_list(), args[0].as_tuple(), args[0].as_set()) {
        (Some(list), _, _) => list.elements().to_vec(),
        (None, Some(tuple), _) => tuple.elements().to_vec(),
        (None, None, Some(set)) => set.iter().collect(),
        (None, None, None) => return Err(Exit::Decline),
    };
    cx.charge_ticks(elements.len() as u64 / 64);
    cx.list(&elements)
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    cx.int(list.len() as i64)
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_empty()))
}

fn first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.get(0).unwrap_or(Value::NIL))
}

fn last(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(this(cx, args)?.elements().last().copied().unwrap_or(Value::NIL))
}

/// The element that an Int index means, negative ones from the end.
pub(crate) fn element_at(cx: &mut Cx, elements: &[Value], args: &[Value]) -> Result<Value, Exit> {
    let index = cx.int_of(args[1], "the index")?;
    let place = if index < 0 { index.saturating_add(elements.len() as i64) } else { index };
    let found = usize::try_from(place).ok().and_then(|place| elements.get(place).copied());
    Ok(found.or(Cx::optional(args[2])).unwrap_or(Value::NIL))
}

fn get(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    element_at(cx, list.elements(), args)
}

fn slice(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let (start, end) = slice_bounds(cx, args[1], args[2], list.len())?;
    Ok(cx.heap.list_slice(list, start, end)?.value())
}

fn copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    cx.charge_ticks(list.len() as u64 / 64);
    Ok(cx.heap.list_slice(list, 0, list.len())?.value())
}

fn reversed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let elements: Vec<Value> = list.elements().iter().rev().copied().collect();
    cx.charge_ticks(elements.len() as u64 / 64);
    cx.list(&elements)
}

fn concat(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let other = cx.list_of(args[1], "the other list")?;
    Ok(cx.heap.list_concat(list, other)?.value())
}

fn take(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let count = cx.int_of(args[1], "the number of elements")?.clamp(0, list.len() as i64);
    Ok(cx.heap.list_slice(list, 0, count as usize)?.value())
}

fn drop_first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let count = cx.int_of(args[1], "the number of elements")?.clamp(0, list.len() as i64);
    Ok(cx.heap.list_slice(list, count as usize, list.len())?.value())
}

/// The position of the first element equal to `value`; declines where user code must say.
pub(crate) fn place_of(cx: &mut Cx, elements: &[Value], value: Value) -> Result<Option<usize>, Exit> {
    cx.charge_ticks(elements.len() as u64 / 32);
    for (place, &element) in elements.iter().enumerate() {
        if crate::compare::equal(cx, element, value)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    Ok(Value::bool(place_of(cx, list.elements(), args[1])?.is_some()))
}

fn index_of(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    match place_of(cx, list.elements(), args[1])? {
        Some(place) => cx.int(place as i64),
        None => Ok(Value::NIL),
    }
}

fn join(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let separator = match Cx::optional(args[1]) {
        Some(separator) => crate::string::part_of(cx, &separator, "the separator")?,
        None => String::new(),
    };
    let mut out = String::new();
    for (place, element) in list.elements().iter().enumerate() {
        if place > 0 {
            out.push_str(&separator);
        }
        crate::convert::push_text(cx, &mut out, *element)?;
        if out.len() >= 1 << 16 {
            check_size(out.len(), 0, 0)?;
            cx.heap.check_room(out.len())?;
        }
    }
    cx.charge_ticks(list.len() as u64 / 8);
    owned(cx, out)
}

fn sum(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    if is_given(args[1]) {
        return Err(Exit::Decline);
    }
    cx.charge_ticks(list.len() as u64 / 64);
    let mut whole: i64 = 0;
    let mut elements = list.elements().iter();
    // Ints add up exactly; from the first Float on the sum is a Float, added from left to right.
    let mut total = loop {
        let Some(element) = elements.next() else { return cx.int(whole) };
        if let Some(number) = element.as_int64() {
            whole = whole.checked_add(number).ok_or(Exit::Decline)?;
        } else if let Some(number) = element.as_float() {
            break whole as f64 + number;
        } else {
            return Err(Exit::Decline);
        }
    };
    for element in elements {
        total += match (element.as_float(), element.as_int64()) {
            (Some(number), _) => number,
            (None, Some(number)) => number as f64,
            (None, None) => return Err(Exit::Decline),
        };
    }
    Ok(Value::float(total))
}

/// The element that stands before all others by `before(candidate, best)`.
fn extreme(
    cx: &mut Cx,
    args: &[Value],
    name: &str,
    before: fn(&mut Cx, Value, Value) -> Result<bool, Exit>,
) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let Some((&first, others)) = list.elements().split_first() else {
        return Err(cx.value_error(&format!("{name} of an empty list")));
    };
    cx.charge_ticks(list.len() as u64 / 32);
    let mut best = first;
    for &element in others {
        if before(cx, element, best)? {
            best = element;
        }
    }
    Ok(best)
}

fn min(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    extreme(cx, args, "min", crate::compare::sorts_before)
}

fn max(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    extreme(cx, args, "max", |cx, element, best| crate::compare::sorts_before(cx, best, element))
}

fn to_tuple(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    if list.len() > u32::MAX as usize {
        return Err(crate::prelude::TOO_LARGE);
    }
    cx.tuple(list.elements())
}
