//! Equality, hashing, order, printing, texts and tables, as programs see them.

use std::sync::Arc;

use crate::classes::{ClassDefinition, overrides};
use crate::heap::{Heap, HeapConfig};
use crate::shared::Shared;
use crate::{ClassId, Fault, Value, compare, equal, hash, keys_equal, same, sort, write_repr, write_str};

fn heap() -> Heap {
    Heap::new(HeapConfig::default(), Arc::new(Shared::new(3, usize::MAX / 2)))
}

fn repr(heap: &mut Heap, value: Value) -> String {
    let mut out = String::new();
    write_repr(heap, value, &mut out).unwrap();
    out
}

fn list(heap: &mut Heap, elements: &[Value]) -> Value {
    heap.list_from(elements).unwrap().value()
}

#[test]
fn values_print_as_programs_write_them() {
    let mut heap = heap();
    let ok = Value::symbol(heap.shared().symbols.intern("ok").unwrap());
    let odd = Value::symbol(heap.shared().symbols.intern("two words").unwrap());
    let text = heap.string("a\"\n\u{1}${x} $y").unwrap();
    let parts = [text, ok, odd, Value::char('c'), Value::char('\''), Value::float(1.0), Value::NIL];
    let all = list(&mut heap, &parts);
    let expected = r#"["a\"\n\u{1}\${x} $y", :ok, :"two words", 'c', '\'', 1.0, nil]"#;
    assert_eq!(repr(&mut heap, all), expected);
    for (float, text) in [(1e16, "1e16"), (1e-7, "1e-7"), (0.1, "0.1"), (-0.0, "-0.0"), (f64::NAN, "nan")] {
        assert_eq!(repr(&mut heap, Value::float(float)), text);
    }
    let one = heap.tuple(&[Value::int32(1)]).unwrap().value();
    assert_eq!(repr(&mut heap, one), "(1,)");
    let none = heap.tuple(&[]).unwrap().value();
    assert_eq!(repr(&mut heap, none), "()");
    let range = heap.range_inclusive(Value::NIL, Value::int32(3)).unwrap().value();
    assert_eq!(repr(&mut heap, range), "..=3");
    let bytes = heap.bytes(b"a\xff\"").unwrap();
    assert_eq!(repr(&mut heap, bytes), r#"b"a\xff\"""#);
    let set = heap.set_new(0).unwrap();
    heap.set_insert(set, Value::int32(1)).unwrap();
    assert_eq!(repr(&mut heap, set.value()), "#{1}");
    let mut out = String::new();
    write_str(&mut heap, ok, &mut out).unwrap();
    write_str(&mut heap, text, &mut out).unwrap();
    assert_eq!(out, "oka\"\n\u{1}${x} $y");
}

#[test]
fn maps_records_instances_and_cycles_print() {
    let mut heap = heap();
    let map = heap.map_new(0).unwrap();
    for (key, value) in [("a", 1), ("two words", 2)] {
        let key = heap.string(key).unwrap();
        heap.map_insert(map, key, Value::int32(value)).unwrap();
    }
    let tuple = heap.pair(Value::int32(1), map.value()).unwrap().value();
    assert_eq!(repr(&mut heap, tuple), r#"(1, {a: 1, "two words": 2})"#);
    let inner = heap.pair(Value::int32(1), Value::NIL).unwrap().value();
    heap.map_insert(map, inner, map.value()).unwrap();
    assert_eq!(repr(&mut heap, map.value()), r#"{a: 1, "two words": 2, [(1, nil)]: [...]}"#);
    let define = |heap: &Heap, name: &str, fields: &[&str], superclass: ClassId| {
        let definition = ClassDefinition {
            name: name.into(),
            superclass: Some(superclass.id()),
            fields: fields.iter().map(|field| field.to_string()).collect(),
            ..ClassDefinition::default()
        };
        heap.shared().classes.define(definition).unwrap()
    };
    let point = define(&heap, "Point", &["x", "y"], ClassId::Object);
    let empty = define(&heap, "Empty", &[], ClassId::Object);
    let odd = define(&heap, "OddError", &["message", "cause", "trace", "code"], ClassId::Error);
    let record = heap.record(point, &[Value::int32(1), Value::int32(2)]).unwrap().value();
    assert_eq!(repr(&mut heap, record), "Point(1, 2)");
    let singleton = heap.record(empty, &[]).unwrap().value();
    assert_eq!(repr(&mut heap, singleton), "Empty");
    let instance = heap.instance(point, &[record, Value::NIL]).unwrap();
    heap.instance_set(instance, 1, instance.value()).unwrap();
    assert_eq!(repr(&mut heap, instance.value()), "Point(x: Point(1, 2), y: [...])");
    let message = heap.string("no").unwrap();
    let error = heap.instance(odd, &[message, Value::NIL, Value::NIL, Value::int32(4)]).unwrap().value();
    assert_eq!(repr(&mut heap, error), r#"OddError("no", code: 4)"#);
    let name = heap.string("area").unwrap();
    let function = heap.callable(crate::Kind::Builtin, 5, 0, &[name]).unwrap();
    let bound = heap.callable(crate::Kind::BoundMethod, 5, 0, &[record, function]).unwrap();
    assert_eq!(repr(&mut heap, bound), "<fn area>");
}

#[test]
fn equality_is_structural_and_numbers_compare_exactly() {
    let mut heap = heap();
    let one = Value::int32(1);
    assert_eq!(equal(&mut heap, one, Value::float(1.0)), Ok(true));
    assert_eq!(equal(&mut heap, Value::TRUE, one), Ok(false));
    assert_eq!(equal(&mut heap, Value::float(0.0), Value::float(-0.0)), Ok(true));
    let nan = Value::float(f64::NAN);
    assert_eq!(equal(&mut heap, nan, nan), Ok(false));
    assert_eq!(keys_equal(&mut heap, nan, nan), Ok(true));
    let (left, right) = (list(&mut heap, &[nan]), list(&mut heap, &[nan]));
    assert_eq!(equal(&mut heap, left, left), Ok(false));
    assert_eq!(equal(&mut heap, left, right), Ok(false));
    let tuple = heap.tuple(&[one]).unwrap().value();
    let elements = list(&mut heap, &[one]);
    assert_eq!(equal(&mut heap, tuple, elements), Ok(false));
    // Two cyclic lists of the same shape, and exponentially many paths through shared pairs.
    let (first, second) = (heap.list_new(0).unwrap(), heap.list_new(0).unwrap());
    heap.list_push(first, second.value()).unwrap();
    heap.list_push(second, first.value()).unwrap();
    assert_eq!(equal(&mut heap, first.value(), second.value()), Ok(true));
    let (mut left, mut right) = (one, Value::float(1.0));
    for _ in 0..200 {
        left = heap.pair(left, left).unwrap().value();
        right = heap.pair(right, right).unwrap().value();
    }
    assert_eq!(equal(&mut heap, left, right), Ok(true));
    assert_eq!(hash(&mut heap, left), hash(&mut heap, right));
    assert_eq!(compare(&mut heap, left, right), Ok(Some(std::cmp::Ordering::Equal)));
    assert_eq!(compare(&mut heap, first.value(), second.value()), Ok(Some(std::cmp::Ordering::Equal)));
    assert_eq!(same(&mut heap, left, right), Ok(false));
    let (a, b) = (heap.string("same").unwrap(), heap.string("same").unwrap());
    let (a, b) = (heap.tuple(&[a]).unwrap().value(), heap.tuple(&[b]).unwrap().value());
    assert_eq!(same(&mut heap, a, b), Ok(true));
    let other = list(&mut heap, &[one]);
    assert_eq!(same(&mut heap, elements, other), Ok(false));
}

#[test]
fn equal_keys_hash_alike_and_order_of_insertion_does_not_count() {
    let mut heap = heap();
    let big = heap.int(1 << 60).unwrap();
    let pairs = [
        (Value::int32(7), Value::float(7.0)),
        (big, Value::float((1u64 << 60) as f64)),
        (Value::float(0.0), Value::float(-0.0)),
    ];
    for (left, right) in pairs {
        assert_eq!(hash(&mut heap, left), hash(&mut heap, right));
    }
    let huge = crate::arith::power(&mut heap, Value::int32(2), Value::int32(200)).unwrap();
    assert_eq!(hash(&mut heap, huge), hash(&mut heap, Value::float(2f64.powi(200))));
    let (first, second) = (heap.map_new(0).unwrap(), heap.map_new(0).unwrap());
    for number in 0..30 {
        heap.map_insert(first, Value::int32(number), Value::NIL).unwrap();
        heap.map_insert(second, Value::int32(29 - number), Value::NIL).unwrap();
    }
    assert_eq!(equal(&mut heap, first.value(), second.value()), Ok(true));
    assert!(matches!(hash(&mut heap, first.value()), Err(Fault::Unhashable(_))));
    let (first, second) = (heap.freeze(first.value()).unwrap(), heap.freeze(second.value()).unwrap());
    assert_eq!(hash(&mut heap, first), hash(&mut heap, second));
    let text = heap.string("text").unwrap();
    let bytes = heap.bytes(b"text").unwrap();
    assert_ne!(hash(&mut heap, text), hash(&mut heap, bytes));
    assert_eq!(equal(&mut heap, text, bytes), Ok(false));
}

#[test]
fn classes_that_override_decline() {
    let mut heap = heap();
    let definition = ClassDefinition {
        name: "Odd".into(),
        superclass: Some(ClassId::Object.id()),
        overrides: overrides::EQUAL | overrides::LESS | overrides::REPR,
        ..ClassDefinition::default()
    };
    let class = heap.shared().classes.define(definition).unwrap();
    let odd = heap.instance(class, &[]).unwrap().value();
    let inside = list(&mut heap, &[Value::NIL, odd]);
    let other = list(&mut heap, &[Value::NIL, Value::NIL]);
    assert_eq!(equal(&mut heap, inside, other), Err(Fault::Decline));
    assert_eq!(compare(&mut heap, odd, Value::NIL), Err(Fault::Decline));
    assert_eq!(hash(&mut heap, odd), Err(Fault::Unhashable(odd)));
    assert_eq!(write_repr(&mut heap, inside, &mut String::new()), Err(Fault::Decline));
    let mut out = String::new();
    crate::write_structure(&mut heap, inside, &mut out).unwrap();
    assert_eq!(out, "[nil, Odd()]");
}

#[test]
fn sequences_order_element_by_element_and_sorting_is_stable() {
    use std::cmp::Ordering::{Greater, Less};
    let mut heap = heap();
    let short = list(&mut heap, &[Value::int32(1)]);
    let long = list(&mut heap, &[Value::int32(1), Value::NIL]);
    assert_eq!(compare(&mut heap, short, long), Ok(Some(Less)));
    let high = list(&mut heap, &[Value::float(1.5)]);
    assert_eq!(compare(&mut heap, high, long), Ok(Some(Greater)));
    let nan = Value::float(f64::NAN);
    assert_eq!(compare(&mut heap, nan, Value::int32(1)), Ok(None));
    assert!(matches!(compare(&mut heap, Value::NIL, Value::int32(1)), Err(Fault::Unordered(..))));
    let mut numbers = vec![nan, Value::int32(3), Value::float(-1.0), Value::int32(2), Value::float(2.0)];
    sort(&mut heap, &mut numbers).unwrap();
    assert_eq!(numbers[..4], [Value::float(-1.0), Value::int32(2), Value::float(2.0), Value::int32(3)]);
    let mut mixed = vec![Value::int32(3), Value::NIL, Value::int32(1)];
    assert!(sort(&mut heap, &mut mixed).is_err());
    assert_eq!(mixed, [Value::int32(3), Value::NIL, Value::int32(1)]);
    let mut texts: Vec<Value> = ["b", "a", "ab", ""].iter().map(|text| heap.string(text).unwrap()).collect();
    sort(&mut heap, &mut texts).unwrap();
    let sorted: Vec<&str> = texts.iter().filter_map(|text| text.as_str()).collect();
    assert_eq!(sorted, ["", "a", "ab", "b"]);
}

#[test]
fn building_texts_is_linear() {
    let mut heap = heap();
    let piece = heap.string("é!").unwrap();
    let mut appended = heap.string("").unwrap();
    let mut prepended = appended;
    let mut both = appended;
    // A quadratic way would copy tens of gigabytes.
    for number in 0..100_000usize {
        appended = heap.string_concat(appended, piece).unwrap();
        prepended = heap.string_concat(piece, prepended).unwrap();
        both = heap.string_concat(both, piece).unwrap();
        both = heap.string_concat(piece, both).unwrap();
        assert_eq!(heap.string_char_at(appended, number), Ok(Some(if number % 2 == 0 { 'é' } else { '!' })));
    }
    assert_eq!(equal(&mut heap, appended, prepended), Ok(true));
    assert_eq!(both.string_len(), Some(400_000));
    assert_eq!(heap.string_char_at(both, 399_999), Ok(Some('!')));
    let part = heap.string_slice(appended, 1, 4).unwrap();
    assert_eq!(part.as_str(), Some("!é!"));
}

#[test]
fn user_hashes_probe_and_tables_with_many_removals_stay_small() {
    let mut heap = heap();
    let map = heap.map_new(0).unwrap();
    let keys: Vec<Value> =
        (0..40).map(|number| heap.instance(70, &[Value::int32(number)]).unwrap().value()).collect();
    for (number, &key) in keys.iter().enumerate() {
        let hash = heap.hash_of_user(number as i64 % 3);
        heap.table_add_hashed(map.value(), hash, key, Value::int32(number as i32)).unwrap();
    }
    for (number, &key) in keys.iter().enumerate() {
        let hash = heap.hash_of_user(number as i64 % 3);
        let (mut probe, mut found) = (0, None);
        while let Some((entry, next)) = heap.table_probe(map.value(), hash, probe) {
            if heap.table_key_at(map.value(), entry) == Some(key) {
                found = Some(map.value_at(entry));
            }
            probe = next;
        }
        assert_eq!(found, Some(Value::int32(number as i32)));
    }
    // A queue: added at the end, removed at the front.
    let queue = heap.map_new(0).unwrap();
    for number in 0..50_000 {
        heap.map_insert(queue, Value::int32(number), Value::NIL).unwrap();
        if number >= 10 {
            let (entry, key, _) = queue.next_entry(0).unwrap();
            assert_eq!(key, Value::int32(number - 10));
            heap.map_remove_at(queue, entry).unwrap();
        }
    }
    assert_eq!(queue.len(), 10);
    assert!(queue.entry_count() < 100, "{}", queue.entry_count());
}
