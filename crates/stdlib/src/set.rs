//! Set. What takes a function, and elements that hash by user code, are in Dunlin.

use heap::{Set, Value};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// A set of the elements of an iterable.
    ///
    ///     print(Set([1, 2, 1]), Set()) // expect: #{1, 2} #{}
    "Set.new" "(elements: Iterable = nil)" new => "__set_from", STATIC, ALLOCATES;
    /// The number of elements.
    ///
    ///     print(#{1, 2, 1}.len()) // expect: 2
    "Set.len" "(self)" len;
    /// Whether there are no elements.
    ///
    ///     print(#{}.empty?()) // expect: true
    "Set.empty?" "(self)" is_empty;
    /// Adds an element and gives the set back.
    ///
    ///     print(#{1}.add(2).add(1)) // expect: #{1, 2}
    "Set.add" "(self, value)" add => "__set_add";
    /// Removes an element, if it is there, and gives the set back.
    ///
    ///     print(#{1, 2}.remove(1)) // expect: #{2}
    "Set.remove" "(self, value)" remove => "__set_remove";
    /// Whether `value` is an element.
    ///
    ///     print(#{1, 2}.contains(2)) // expect: true
    "Set.contains" "(self, value)" contains => "__set_contains";
    /// Removes all elements and gives the set back.
    ///
    ///     print(#{1}.clear()) // expect: #{}
    "Set.clear" "(self)" clear;
    /// A new set with the same elements.
    ///
    ///     print(#{1, 2}.copy()) // expect: #{1, 2}
    "Set.copy" "(self)" copy => "__set_from", ALLOCATES;
    /// Adds the elements of any iterable and gives the set back.
    ///
    ///     print(#{1}.extend([2, 1])) // expect: #{1, 2}
    "Set.extend" "(self, elements: Iterable)" crate::support::set_extend => "__set_extend_slow";
    /// A new set of the elements of both.
    ///
    ///     print(#{1, 2}.union(#{2, 3})) // expect: #{1, 2, 3}
    "Set.union" "(self, other: Iterable)" union => "__set_union", ALLOCATES;
    /// A new set of the elements that are in both.
    ///
    ///     print(#{1, 2}.intersection(#{2, 3})) // expect: #{2}
    "Set.intersection" "(self, other: Iterable)" intersection => "__set_intersection", ALLOCATES;
    /// A new set of the elements that are not in the other one.
    ///
    ///     print(#{1, 2}.difference(#{2, 3})) // expect: #{1}
    "Set.difference" "(self, other: Iterable)" difference => "__set_difference", ALLOCATES;
    /// A new set of the elements that are in only one of the two.
    ///
    ///     print(#{1, 2}.symmetric_difference(#{2, 3})) // expect: #{1, 3}
    "Set.symmetric_difference" "(self, other: Iterable)" symmetric_difference => "__set_symmetric_difference", ALLOCATES;
    /// Whether every element is in the other one.
    ///
    ///     print(#{1}.subset?(#{1, 2})) // expect: true
    "Set.subset?" "(self, other: Iterable)" is_subset => "__set_subset";
    /// Whether every element of the other one is in this one.
    ///
    ///     print(#{1, 2}.superset?(#{1})) // expect: true
    "Set.superset?" "(self, other: Iterable)" is_superset => "__set_superset";
    /// Whether the two have no element in common.
    ///
    ///     print(#{1}.disjoint?(#{2})) // expect: true
    "Set.disjoint?" "(self, other: Iterable)" is_disjoint => "__set_disjoint";
    /// The union of two sets.
    ///
    ///     print(#{1, 2} | #{2, 3}) // expect: #{1, 2, 3}
    "Set.|" "(self, other: Set)" unite => "__set_union", ALLOCATES;
    /// The intersection of two sets.
    ///
    ///     print(#{1, 2} & #{2, 3}) // expect: #{2}
    "Set.&" "(self, other: Set)" intersect => "__set_intersection", ALLOCATES;
    /// The elements of the first set that are not in the second.
    ///
    ///     print(#{1, 2} - #{2, 3}) // expect: #{1}
    "Set.-" "(self, other: Set)" subtract => "__set_difference", ALLOCATES;
    /// The elements that are in only one of two sets.
    ///
    ///     print(#{1, 2} ^ #{2, 3}) // expect: #{1, 3}
    "Set.^" "(self, other: Set)" exclude => "__set_symmetric_difference", ALLOCATES;
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_nil() || args[0].is_undef() {
        return Ok(cx.heap.set_new(0)?.value());
    }
    match args[0].as_list() {
        Some(list) => {
            cx.charge_ticks(list.len() as u64 / 4);
            let set = cx.heap.set_new(list.len())?;
            for &element in list.elements() {
                cx.heap.set_insert(set, element)?;
            }
            Ok(set.value())
        }
        None => Err(Exit::Decline),
    }
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<Set, Exit> {
    args[0].as_set().ok_or_else(|| cx.expected("self", "a Set", args[0]))
}

/// Both operands where they are sets; any other iterable is left to the Dunlin twin.
fn both(cx: &mut Cx, args: &[Value]) -> Result<(Set, Set), Exit> {
    let set = this(cx, args)?;
    let other = args[1].as_set().ok_or(Exit::Decline)?;
    cx.charge_ticks((set.len() + other.len()) as u64 / 4);
    Ok((set, other))
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    cx.int(set.len() as i64)
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_empty()))
}

fn add(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    cx.heap.set_insert(set, args[1])?;
    Ok(args[0])
}

fn remove(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    cx.heap.set_remove(set, args[1])?;
    Ok(args[0])
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    Ok(Value::bool(cx.heap.set_contains(set, args[1])?))
}

fn clear(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    cx.heap.set_clear(set)?;
    Ok(args[0])
}

/// A new set of those elements of `sets`, in order, that `keep` wants.
fn collect(
    cx: &mut Cx,
    sets: &[Set],
    keep: impl Fn(&mut Cx, usize, Value) -> Result<bool, Exit>,
) -> Result<Value, Exit> {
    let out = cx.heap.set_new(0)?;
    for (number, set) in sets.iter().enumerate() {
        for element in set.iter() {
            if keep(cx, number, element)? {
                cx.heap.set_insert(out, element)?;
            }
        }
    }
    Ok(out.value())
}

fn copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = this(cx, args)?;
    cx.charge_ticks(set.len() as u64 / 4);
    collect(cx, &[set], |_, _, _| Ok(true))
}

fn union(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    collect(cx, &[set, other], |_, _, _| Ok(true))
}

fn intersection(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    collect(cx, &[set], |cx, _, element| Ok(cx.heap.set_contains(other, element)?))
}

fn difference(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    collect(cx, &[set], |cx, _, element| Ok(!cx.heap.set_contains(other, element)?))
}

fn symmetric_difference(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    collect(cx, &[set, other], |cx, number, element| {
        Ok(!cx.heap.set_contains(if number == 0 { other } else { set }, element)?)
    })
}

/// An operator takes a set on its right side, where the method of the same meaning takes anything iterable.
fn right_set(cx: &mut Cx, args: &[Value]) -> Result<(), Exit> {
    if args[1].as_set().is_some() { Ok(()) } else { Err(cx.expected("the right side", "a Set", args[1])) }
}

fn unite(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    right_set(cx, args)?;
    union(cx, args)
}

fn intersect(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    right_set(cx, args)?;
    intersection(cx, args)
}

fn subtract(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    right_set(cx, args)?;
    difference(cx, args)
}

fn exclude(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    right_set(cx, args)?;
    symmetric_difference(cx, args)
}

fn has_all(cx: &mut Cx, set: Set, elements: Set) -> Result<bool, Exit> {
    for element in elements.iter() {
        if !cx.heap.set_contains(set, element)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_subset(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    Ok(Value::bool(has_all(cx, other, set)?))
}

fn is_superset(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    Ok(Value::bool(has_all(cx, set, other)?))
}

fn is_disjoint(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (set, other) = both(cx, args)?;
    for element in set.iter() {
        if cx.heap.set_contains(other, element)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
