//! Map. What takes a function, and keys that hash by user code, are in Dunlin.

use heap::{Map, Value};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// A map of the entries of another one, or of `(key, value)` pairs.
    ///
    ///     print(Map(), Map([("a", 1)])) // expect: {} {a: 1}
    "Map.new" "(entries: Iterable = nil)" new => "__map_from", STATIC, ALLOCATES;
    /// The number of entries.
    ///
    ///     print({a: 1}.len()) // expect: 1
    "Map.len" "(self)" len;
    /// Whether there are no entries.
    ///
    ///     print(Map().empty?()) // expect: true
    "Map.empty?" "(self)" is_empty;
    /// The value at `key`, or `default` where the key is absent.
    ///
    ///     print({a: 1}.get("a"), {a: 1}.get("b"), {a: 1}.get("b", 0)) // expect: 1 nil 0
    "Map.get" "(self, key, default = nil)" get => "__map_get";
    /// Whether `key` is there.
    ///
    ///     print({a: nil}.contains("a")) // expect: true
    "Map.contains" "(self, key)" contains => "__map_contains";
    /// A list of the keys in the order they were added.
    ///
    ///     print({b: 1, a: 2}.keys()) // expect: ["b", "a"]
    "Map.keys" "(self)" keys, ALLOCATES;
    /// A list of the values in the order of their keys.
    ///
    ///     print({b: 1, a: 2}.values()) // expect: [1, 2]
    "Map.values" "(self)" values, ALLOCATES;
    /// A list of `(key, value)` tuples.
    ///
    ///     print({b: 1, a: 2}.entries()) // expect: [("b", 1), ("a", 2)]
    "Map.entries" "(self)" entries, ALLOCATES;
    /// Removes a key and gives its value, or nil where the key is absent.
    ///
    ///     let m = {a: 1, b: 2}
    ///     print(m.remove("a"), m.remove("x"), m) // expect: 1 nil {b: 2}
    "Map.remove" "(self, key)" remove => "__map_remove";
    /// Removes all entries and gives the map back.
    ///
    ///     print({a: 1}.clear()) // expect: {}
    "Map.clear" "(self)" clear;
    /// A new map with the same entries.
    ///
    ///     let m = {a: 1}
    ///     print(m.copy() == m, same?(m.copy(), m)) // expect: true false
    "Map.copy" "(self)" copy => "__map_from", ALLOCATES;
    /// The value at `key`; where it is absent, `value` is put there first.
    ///
    ///     let m = {}
    ///     m.get_or_insert("a", []).push(1)
    ///     print(m) // expect: {a: [1]}
    "Map.get_or_insert" "(self, key, value)" get_or_insert => "__map_get_or_insert";
    /// Adds or replaces the entries of another map, or `(key, value)` pairs, and gives the map back.
    ///
    ///     print({a: 1}.extend({a: 2, b: 3})) // expect: {a: 2, b: 3}
    "Map.extend" "(self, entries: Iterable)" crate::support::map_extend => "__map_extend_slow";
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if crate::argument::is_given(args[0]) {
        return if args[0].as_map().is_some() { copy(cx, args) } else { Err(Exit::Decline) };
    }
    Ok(cx.heap.map_new(0)?.value())
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<Map, Exit> {
    args[0].as_map().ok_or_else(|| cx.expected("self", "a Map", args[0]))
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.int(map.len() as i64)
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_empty()))
}

fn get(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    let found = cx.heap.map_get(map, args[1])?;
    Ok(found.or(Cx::optional(args[2])).unwrap_or(Value::NIL))
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    Ok(Value::bool(cx.heap.map_find(map, args[1])?.is_some()))
}

fn keys(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.charge_ticks(map.len() as u64 / 32);
    let keys: Vec<Value> = map.iter().map(|entry| entry.0).collect();
    cx.list(&keys)
}

fn values(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.charge_ticks(map.len() as u64 / 32);
    let values: Vec<Value> = map.iter().map(|entry| entry.1).collect();
    cx.list(&values)
}

fn entries(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.charge_ticks(map.len() as u64 / 8);
    let mut pairs = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        pairs.push(cx.heap.pair(key, value)?.value());
    }
    cx.list(&pairs)
}

fn remove(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    Ok(cx.heap.map_remove(map, args[1])?.unwrap_or(Value::NIL))
}

fn clear(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.heap.map_clear(map)?;
    Ok(args[0])
}

fn copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    cx.charge_ticks(map.len() as u64 / 4);
    let copy = cx.heap.map_new(map.len())?;
    for (key, value) in map.iter() {
        cx.heap.map_insert(copy, key, value)?;
    }
    Ok(copy.value())
}

fn get_or_insert(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = this(cx, args)?;
    if let Some(value) = cx.heap.map_get(map, args[1])? {
        return Ok(value);
    }
    cx.heap.map_insert(map, args[1], args[2])?;
    Ok(args[2])
}
