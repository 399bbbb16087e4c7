//! Milliseconds of the heap's part of some benchmark rows, without an interpreter around it.

use std::sync::Arc;
use std::time::Instant;

use heap::{Heap, HeapConfig, Request, Shared, Value, sort};

fn new_heap() -> Heap {
    Heap::new(HeapConfig::default(), Arc::new(Shared::new(1, usize::MAX / 2)))
}

fn poll(heap: &mut Heap, roots: &mut Vec<Value>) {
    if heap.wants_gc() {
        heap.collect(roots, Request::Poll);
    }
}

/// A row gives its checksum.
type Row = fn() -> i64;

fn main() {
    let rows: [(&str, Row); 7] = [
        ("binary trees 16", binary_trees),
        ("string-keyed map 1e6", string_map),
        ("int-keyed map 1e6", int_map),
        ("list push and sum 5e6", list_push),
        ("sort ints 5e5", sort_ints),
        ("string building 1e6", string_building),
        ("boxed ints 1e7", boxed_ints),
    ];
    for (name, row) in rows {
        let mut times: Vec<f64> = Vec::new();
        let mut checksum = 0;
        for _ in 0..5 {
            let start = Instant::now();
            checksum = row();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!("{name:<24} {:>8.1} ms (min {:.1}) checksum {checksum}", times[2], times[0]);
    }
}

/// The classic program: trees of growing depth, built and counted. Roots stand in a vector used as a stack.
fn binary_trees() -> i64 {
    let mut heap = new_heap();
    let mut roots: Vec<Value> = Vec::new();
    let max = 16;
    let mut total = 0;
    build(&mut heap, &mut roots, max + 1);
    total += count(roots.pop().expect("built"));
    build(&mut heap, &mut roots, max);
    let mut depth = 4;
    while depth <= max {
        for _ in 0..1 << (max - depth + 4) {
            build(&mut heap, &mut roots, depth);
            total += count(roots.pop().expect("built"));
        }
        depth += 4;
    }
    total + count(roots.pop().expect("built"))
}

fn build(heap: &mut Heap, roots: &mut Vec<Value>, depth: u32) {
    poll(heap, roots);
    if depth == 0 {
        let leaf = heap.pair(Value::NIL, Value::NIL).expect("room");
        roots.push(leaf.value());
        return;
    }
    build(heap, roots, depth - 1);
    build(heap, roots, depth - 1);
    let right = roots.pop().expect("built");
    let left = roots.pop().expect("built");
    roots.push(heap.pair(left, right).expect("room").value());
}

fn count(tree: Value) -> i64 {
    match tree.as_tuple() {
        Some(node) if !node.elements()[0].is_nil() => {
            1 + count(node.elements()[0]) + count(node.elements()[1])
        }
        Some(_) => 1,
        None => 0,
    }
}

fn string_map() -> i64 {
    let mut heap = new_heap();
    let mut roots = vec![heap.map_new(0).expect("room").value()];
    let mut sum = 0;
    let mut name = String::new();
    for round in 0..2 {
        for number in 0..1_000_000 {
            use std::fmt::Write;
            name.clear();
            write!(name, "key{number}").expect("a string takes it");
            let key = heap.string(&name).expect("room");
            let map = roots[0].as_map().expect("the map");
            if round == 0 {
                heap.map_insert(map, key, Value::int32(number)).expect("room");
            } else {
                let value = heap.map_get(map, key).expect("hashable").and_then(Value::as_int32);
                sum += value.unwrap_or(0) as i64;
            }
            poll(&mut heap, &mut roots);
        }
    }
    sum
}

fn int_map() -> i64 {
    let mut heap = new_heap();
    let mut roots = vec![heap.map_new(0).expect("room").value()];
    let mut sum = 0;
    for round in 0..2 {
        for number in 0..1_000_000i32 {
            let key = Value::int32(number.wrapping_mul(7919));
            let map = roots[0].as_map().expect("the map");
            if round == 0 {
                heap.map_insert(map, key, Value::int32(number)).expect("room");
            } else {
                let value = heap.map_get(map, key).expect("hashable").and_then(Value::as_int32);
                sum += value.unwrap_or(0) as i64;
            }
            poll(&mut heap, &mut roots);
        }
    }
    sum
}

fn list_push() -> i64 {
    let mut heap = new_heap();
    let mut roots = vec![heap.list_new(0).expect("room").value()];
    for number in 0..5_000_000 {
        let list = roots[0].as_list().expect("the list");
        heap.list_push(list, Value::int32(number)).expect("room");
        poll(&mut heap, &mut roots);
    }
    let list = roots[0].as_list().expect("the list");
    (0..list.len()).filter_map(|index| list.get(index)).map(|value| value.int32_payload() as i64).sum()
}

fn sort_ints() -> i64 {
    let mut heap = new_heap();
    let mut state = 1u32;
    let mut values: Vec<Value> = (0..500_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Value::int32((state >> 1) as i32)
        })
        .collect();
    sort(&mut heap, &mut values).expect("numbers have an order");
    values[250_000].int32_payload() as i64
}

fn string_building() -> i64 {
    let mut heap = new_heap();
    let mut roots = vec![heap.string("").expect("room")];
    let piece = heap.string("abc").expect("room");
    roots.push(piece);
    for _ in 0..1_000_000 {
        roots[0] = heap.string_concat(roots[0], roots[1]).expect("strings");
        poll(&mut heap, &mut roots);
    }
    roots[0].string_len().unwrap_or(0) as i64
}

fn boxed_ints() -> i64 {
    let mut heap = new_heap();
    let mut roots = vec![Value::NIL];
    let mut state = 1i64;
    for _ in 0..10_000_000 {
        state = (state * 25_214_903_917 + 11) & ((1 << 48) - 1);
        roots[0] = heap.int(state).expect("room");
        poll(&mut heap, &mut roots);
    }
    roots[0].as_int64().unwrap_or(0)
}
