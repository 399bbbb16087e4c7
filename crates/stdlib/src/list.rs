//! List: what changes a list. Every method gives the list back except `pop` and `remove`, which give the element.

use heap::{Fault, List, Value};
use vm::{Cx, Exit};

use crate::argument::position;
use crate::rows::rows;

rows! {
    /// Appends a value and gives the list back.
    ///
    ///     print([1, 2].push(3)) // expect: [1, 2, 3]
    "List.push" "(self, value)" push;
    /// Removes the last element and gives it; an IndexError where there is none.
    ///
    ///     let xs = [1, 2]
    ///     print(xs.pop(), xs) // expect: 2 [1]
    "List.pop" "(self)" pop;
    /// Inserts a value before the position `index` and gives the list back.
    ///
    ///     print([1, 3].insert(1, 2)) // expect: [1, 2, 3]
    "List.insert" "(self, index: Int, value)" insert;
    /// Removes the element at `index` and gives it.
    ///
    ///     let xs = [5, 6, 7]
    ///     print(xs.remove(1), xs) // expect: 6 [5, 7]
    "List.remove" "(self, index: Int)" remove;
    /// Removes all elements and gives the list back.
    ///
    ///     print([1, 2].clear()) // expect: []
    "List.clear" "(self)" clear;
    /// Appends the elements of any iterable and gives the list back.
    ///
    ///     print([1].extend([2, 3]).extend(4..6)) // expect: [1, 2, 3, 4, 5]
    "List.extend" "(self, elements: Iterable)" crate::support::list_extend => "__list_extend_slow";
    /// Removes all elements from the position `len` on and gives the list back.
    ///
    ///     print([1, 2, 3].truncate(1)) // expect: [1]
    "List.truncate" "(self, len: Int)" truncate;
    /// Turns the order round, in place, and gives the list back.
    ///
    ///     print([1, 2, 3].reverse()) // expect: [3, 2, 1]
    "List.reverse" "(self)" reverse;
    /// Swaps two elements and gives the list back.
    ///
    ///     print([1, 2, 3].swap(0, 2)) // expect: [3, 2, 1]
    "List.swap" "(self, i: Int, j: Int)" swap;
    /// Puts `value` in every position and gives the list back.
    ///
    ///     print([1, 2].fill(0)) // expect: [0, 0]
    "List.fill" "(self, value)" fill;
    /// Puts the elements in a random order and gives the list back.
    ///
    ///     print([1, 2, 3].shuffle().sorted()) // expect: [1, 2, 3]
    "List.shuffle" "(self)" shuffle;
    // Gives `xs` the elements of `elements`, for library code that worked on a private copy.
    #[doc = " Gives a list the elements of another."]
    "__list_replace" "(xs, elements)" replace;
}

pub(crate) fn this(cx: &mut Cx, args: &[Value]) -> Result<List, Exit> {
    cx.list_of(args[0], "self")
}

fn push(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    cx.heap.list_push(list, args[1])?;
    Ok(args[0])
}

fn pop(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    match cx.heap.list_pop(list)? {
        Some(value) => Ok(value),
        None => Err(cx.index_error("pop from an empty list")),
    }
}

fn insert(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let index = cx.int_of(args[1], "the index")?;
    let len = list.len() as i64;
    let place = if index < 0 { index.saturating_add(len) } else { index };
    if !(0..=len).contains(&place) {
        return Err(
            cx.index_error(&format!("index {index} is out of range for an insertion, the length is {len}"))
        );
    }
    cx.charge_ticks((len - place) as u64 / 64);
    cx.heap.list_insert(list, place as usize, args[2])?;
    Ok(args[0])
}

fn remove(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let place = position(cx, args[1], list.len())?;
    cx.charge_ticks((list.len() - place) as u64 / 64);
    Ok(cx.heap.list_remove(list, place)?.unwrap_or(Value::NIL))
}

fn clear(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    cx.heap.list_clear(list)?;
    Ok(args[0])
}

fn truncate(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let len = cx.count_of(args[1], "the length")?;
    cx.heap.list_truncate(list, len)?;
    Ok(args[0])
}

/// Writes a permutation of a list's elements back into it.
pub(crate) fn overwrite(cx: &mut Cx, list: List, elements: &[Value]) -> Result<Value, Exit> {
    cx.charge_ticks(elements.len() as u64 / 64);
    cx.heap.list_overwrite(list, elements)?;
    Ok(list.value())
}

fn reverse(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let mut elements = list.elements().to_vec();
    elements.reverse();
    overwrite(cx, list, &elements)
}

fn swap(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    // Both must be Ints before it matters whether there are such places.
    cx.int_of(args[2], "the index")?;
    let i = position(cx, args[1], list.len())?;
    let j = position(cx, args[2], list.len())?;
    let (Some(a), Some(b)) = (list.get(i), list.get(j)) else { return Ok(args[0]) };
    cx.heap.list_set(list, i, b)?;
    cx.heap.list_set(list, j, a)?;
    Ok(args[0])
}

fn fill(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let elements = vec![args[1]; list.len()];
    overwrite(cx, list, &elements)
}

fn shuffle(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let mut elements = list.elements().to_vec();
    for last in (1..elements.len()).rev() {
        let other = crate::random::below(cx, last as u64 + 1) as usize;
        elements.swap(last, other);
    }
    overwrite(cx, list, &elements)
}

fn replace(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = this(cx, args)?;
    let source = cx.list_of(args[1], "the elements")?;
    if list.is_frozen() {
        return Err(Exit::Fault(Fault::Frozen));
    }
    let elements = source.elements().to_vec();
    // Room first: nothing may fail once the list has been shortened.
    cx.heap.list_reserve(list, elements.len().saturating_sub(list.len()))?;
    cx.heap.list_truncate(list, elements.len())?;
    let kept = list.len();
    cx.heap.list_overwrite(list, &elements[..kept])?;
    cx.heap.list_extend(list, &elements[kept..])?;
    Ok(args[0])
}
