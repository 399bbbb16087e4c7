//! The collector on graphs made to hurt it, and each part of the barrier removed in turn.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::blob::ExternalObject;
use crate::check::Sabotage;
use crate::heap::{CollectorKind, Heap, HeapConfig};
use crate::roots::{NoRoots, Request};
use crate::shared::Shared;
use crate::{ClassId, Fragment, Value, equal, hash};

fn heap_with(collector: CollectorKind, stress: bool) -> Heap {
    let config = HeapConfig { collector, stress, checked: true, ..HeapConfig::default() };
    Heap::new(config, Arc::new(Shared::new(7, usize::MAX / 2)))
}

/// Collects until everything in `roots` is old.
fn age(heap: &mut Heap, roots: &mut Vec<Value>) {
    for _ in 0..3 {
        heap.collect(roots, Request::Poll);
    }
}

#[test]
fn deep_wide_and_cyclic_graphs_survive() {
    for collector in [CollectorKind::Generational, CollectorKind::MarkSweep] {
        let mut heap = heap_with(collector, false);
        let mut roots = vec![Value::NIL, Value::NIL];
        for number in 0..100_000 {
            roots[0] = heap.pair(Value::int32(number), roots[0]).unwrap().value();
        }
        let cycle = heap.list_new(0).unwrap();
        heap.list_push(cycle, cycle.value()).unwrap();
        heap.list_push(cycle, roots[0]).unwrap();
        roots[1] = cycle.value();
        for _ in 0..40 {
            heap.collect(&mut roots, Request::Poll);
        }
        heap.collect(&mut roots, Request::Full);
        let (mut at, mut expected) = (roots[0], 100_000);
        while let Some(pair) = at.as_tuple() {
            expected -= 1;
            assert_eq!(pair.get(0), Some(Value::int32(expected)));
            at = pair.get(1).unwrap();
        }
        assert_eq!(expected, 0);
        let cycle = roots[1].as_list().unwrap();
        assert_eq!(cycle.get(0), Some(cycle.value()));
    }
}

#[test]
fn dead_memory_is_given_back() {
    for collector in [CollectorKind::Generational, CollectorKind::MarkSweep] {
        let shared = Arc::new(Shared::new(7, usize::MAX / 2));
        let config = HeapConfig { collector, checked: true, ..HeapConfig::default() };
        let mut heap = Heap::new(config, shared.clone());
        assert_eq!(heap.bytes_used(), 0);
        let mut roots = vec![heap.list_new(0).unwrap().value()];
        for number in 0..200_000 {
            let text = heap.string(&format!("text number {number}")).unwrap();
            heap.list_push(roots[0].as_list().unwrap(), text).unwrap();
            if heap.wants_gc() {
                heap.collect(&mut roots, Request::Poll);
            }
        }
        assert!(heap.bytes_used() > 8_000_000);
        heap.collect(&mut NoRoots, Request::Full);
        heap.collect(&mut NoRoots, Request::Full);
        assert!(heap.bytes_used() < 1_200_000, "{}", heap.bytes_used());
        assert_eq!(shared.memory_used(), heap.bytes_used());
        drop(heap);
        assert_eq!(shared.memory_used(), 0);
    }
}

#[test]
fn limits_hold_and_garbage_does_not_count() {
    let config = HeapConfig { bytes_max: 1 << 20, ..HeapConfig::default() };
    let mut heap = Heap::new(config, Arc::new(Shared::new(7, usize::MAX / 2)));
    // Garbage of a hundred times the limit, with collections when asked.
    for number in 0..2_000_000 {
        if heap.pair(Value::int32(number), Value::NIL).is_err() || heap.wants_gc() {
            heap.collect(&mut NoRoots, Request::Poll);
        }
    }
    let mut roots = vec![Value::NIL];
    let mut refused = 0;
    for _ in 0..200_000 {
        match heap.pair(Value::NIL, roots[0]) {
            Ok(pair) => roots[0] = pair.value(),
            Err(_) => {
                heap.collect(&mut roots, Request::Full);
                refused += 1;
                if heap.pair(Value::NIL, roots[0]).is_err() {
                    break;
                }
            }
        }
    }
    assert!(refused > 0 && heap.bytes_used() <= (1 << 20) + (1 << 18), "{}", heap.bytes_used());
}

struct Probe;

impl ExternalObject for Probe {
    fn describe(&self) -> String {
        "<probe>".into()
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn holders_give_their_reference_back() {
    let mut heap = heap_with(CollectorKind::Generational, true);
    let probe: Arc<dyn ExternalObject> = Arc::new(Probe);
    let kept = heap.external(ClassId::Regex.id(), probe.clone(), Value::NIL).unwrap().value();
    heap.external(ClassId::Regex.id(), probe.clone(), Value::NIL).unwrap();
    let text = heap.string(&"x".repeat(100_000)).unwrap();
    assert!(text.as_shared_text().is_some());
    assert_eq!(Arc::strong_count(&probe), 3);
    let mut roots = vec![kept];
    heap.collect(&mut roots, Request::Poll);
    assert_eq!(Arc::strong_count(&probe), 2);
    age(&mut heap, &mut roots);
    assert!(roots[0].as_external().unwrap().downcast::<Probe>().is_some());
    heap.collect(&mut NoRoots, Request::Full);
    assert_eq!((Arc::strong_count(&probe), heap.outside), (1, 0));
    let again = heap.external(ClassId::Regex.id(), probe.clone(), Value::NIL).unwrap().value();
    let fragment = heap.copy_message(again).unwrap();
    assert_eq!(Arc::strong_count(&probe), 3);
    drop(fragment);
    drop(heap);
    assert_eq!(Arc::strong_count(&probe), 1);
}

#[test]
fn identity_hashes_move_with_their_objects() {
    for collector in [CollectorKind::Generational, CollectorKind::MarkSweep] {
        let mut heap = heap_with(collector, true);
        let mut roots: Vec<Value> =
            (0..50).map(|_| heap.instance(ClassId::Object.id(), &[Value::NIL]).unwrap().value()).collect();
        let hashes: Vec<u32> = (0..50).map(|index| hash(&mut heap, roots[index]).unwrap()).collect();
        let map = heap.map_new(0).unwrap();
        for (index, &root) in roots.iter().enumerate() {
            heap.map_insert(map, root, Value::int32(index as i32)).unwrap();
        }
        roots.push(map.value());
        for _ in 0..12 {
            heap.collect(&mut roots, Request::Poll);
            for (index, &expected) in hashes.iter().enumerate() {
                assert_eq!(hash(&mut heap, roots[index]), Ok(expected));
                let map = roots[50].as_map().unwrap();
                assert_eq!(heap.map_get(map, roots[index]), Ok(Some(Value::int32(index as i32))));
            }
        }
    }
}

/// An old list, and the roots that hold it.
fn old_list(heap: &mut Heap, len: usize) -> Vec<Value> {
    let list = heap.list_new(len).unwrap();
    for _ in 0..len {
        heap.list_push(list, Value::NIL).unwrap();
    }
    let mut roots = vec![list.value()];
    age(heap, &mut roots);
    roots
}

/// True when the checker finds a store of a young object into an old list.
fn store_is_caught(sabotage: Sabotage, len: usize) -> bool {
    let mut heap = heap_with(CollectorKind::Generational, false);
    let mut roots = old_list(&mut heap, len);
    heap.sabotage = sabotage;
    let young = heap.pair(Value::NIL, Value::NIL).unwrap().value();
    heap.list_set(roots[0].as_list().unwrap(), len / 2, young).unwrap();
    heap.check(&mut roots).is_err()
}

#[test]
fn each_part_of_the_barrier_is_needed() {
    assert!(!store_is_caught(Sabotage::Nothing, 10) && !store_is_caught(Sabotage::Nothing, 20_000));
    assert!(store_is_caught(Sabotage::NoRemembering, 10));
    assert!(store_is_caught(Sabotage::NoCards, 20_000));
    assert!(!snapshot_is_missed(Sabotage::Nothing, 0) && !snapshot_is_missed(Sabotage::Nothing, 20_000));
    assert!(snapshot_is_missed(Sabotage::NoSnapshot, 0));
    assert!(snapshot_is_missed(Sabotage::NoSnapshot, 20_000));
}

/// Takes the only reference to an object out of a place that marking has not reached, and keeps it in a root that
/// marking has seen already. True when the checker finds the object unmarked. `carded` slots stand around the place.
fn snapshot_is_missed(sabotage: Sabotage, carded: usize) -> bool {
    let mut heap = heap_with(CollectorKind::Generational, true);
    heap.sabotage = sabotage;
    let hidden = heap.pair(Value::int32(5), Value::NIL).unwrap().value();
    let place = heap.list_from(&[hidden]).unwrap();
    for _ in 0..carded {
        heap.list_push(place, Value::NIL).unwrap();
    }
    // A long chain in front of the place, so that one step of marking does not get there.
    let mut chain = place.value();
    for _ in 0..2000 {
        chain = heap.pair(Value::NIL, chain).unwrap().value();
    }
    let mut roots = vec![chain, place.value(), Value::NIL];
    // The place is a root as well only until it is old; then marking reaches it through the chain.
    age(&mut heap, &mut roots);
    heap.collect(&mut roots, Request::Full);
    let place = roots[1].as_list().unwrap();
    roots[1] = Value::NIL;
    heap.collect(&mut roots, Request::Poll);
    roots[2] = place.get(0).unwrap();
    heap.list_set(place, 0, Value::NIL).unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..1000 {
            heap.collect(&mut roots, Request::Poll);
        }
        assert_eq!(roots[2].as_tuple().unwrap().get(0), Some(Value::int32(5)));
    }));
    outcome.is_err()
}

#[test]
fn messages_keep_structure_and_are_adopted() {
    for elements in [3usize, 3000, 60_000] {
        let shared = Arc::new(Shared::new(7, usize::MAX / 2));
        let config = HeapConfig { checked: true, stress: true, ..HeapConfig::default() };
        let (mut sender, mut receiver) =
            (Heap::new(config, shared.clone()), Heap::new(config, shared.clone()));
        let list = sender.list_new(0).unwrap();
        for number in 0..elements {
            let pair = sender.pair(Value::int32(number as i32), list.value()).unwrap();
            sender.list_push(list, pair.value()).unwrap();
        }
        let map = sender.map_new(0).unwrap();
        let instance = sender.instance(ClassId::Object.id(), &[list.value()]).unwrap().value();
        for number in 0..20 {
            sender.map_insert(map, Value::int32(number), list.value()).unwrap();
        }
        sender.map_insert(map, instance, instance).unwrap();
        let before = shared.memory_used();
        let fragment = sender.copy_message(map.value()).unwrap();
        assert!(fragment.bytes() > elements * 24);
        assert_eq!(shared.memory_used(), before + fragment.bytes());
        let mut roots = vec![receiver.adopt(fragment)];
        assert_eq!(shared.memory_used(), sender.bytes_used() + receiver.bytes_used());
        drop(sender);
        for round in 0..30 {
            let map = roots[0].as_map().unwrap();
            let copied = receiver.map_get(map, Value::int32(3)).unwrap().unwrap();
            let list = copied.as_list().unwrap();
            assert_eq!(list.len(), elements + round);
            let last = list.get(elements - 1).unwrap().as_tuple().unwrap();
            assert_eq!(last.elements(), [Value::int32(elements as i32 - 1), copied]);
            let (_, key, value) = map.next_entry(20).unwrap();
            assert_eq!(key, value);
            assert_eq!(receiver.map_get(map, key), Ok(Some(value)), "identity keys are hashed anew");
            // The adopted list is an ordinary one.
            let young = receiver.pair(Value::NIL, Value::NIL).unwrap().value();
            receiver.list_push(list, young).unwrap();
            receiver.list_set(list, 0, young).unwrap();
            let full = round == 15;
            receiver.collect(&mut roots, if full { Request::Full } else { Request::Poll });
            if round == 0 {
                let list = list_of(&mut receiver, &roots);
                receiver.list_set(list, 0, Value::NIL).unwrap();
            }
        }
        receiver.collect(&mut NoRoots, Request::Full);
        receiver.collect(&mut NoRoots, Request::Full);
        assert!(receiver.bytes_used() < 700_000, "{} of {elements}", receiver.bytes_used());
    }
}

fn list_of(heap: &mut Heap, roots: &[Value]) -> crate::List {
    heap.map_get(roots[0].as_map().unwrap(), Value::int32(3)).unwrap().unwrap().as_list().unwrap()
}

#[test]
fn freezing_copies_once_and_refuses_stores() {
    let mut heap = heap_with(CollectorKind::Generational, true);
    let list = heap.list_new(0).unwrap();
    let mut text = heap.string("").unwrap();
    for _ in 0..300 {
        let part = heap.string("añb").unwrap();
        text = heap.string_concat(text, part).unwrap();
    }
    let map = heap.map_new(0).unwrap();
    for number in 0..20 {
        let key = heap.string(&format!("key {number}")).unwrap();
        heap.map_insert(map, key, text).unwrap();
    }
    heap.list_push(list, list.value()).unwrap();
    heap.list_push(list, map.value()).unwrap();
    let frozen = heap.freeze(list.value()).unwrap();
    assert_eq!(heap.freeze(frozen), Ok(frozen));
    let copy = frozen.as_list().unwrap();
    assert_eq!(copy.get(0), Some(frozen), "cycles stay inside");
    assert_eq!(heap.list_set(copy, 0, Value::NIL), Err(crate::Fault::Frozen));
    assert_eq!(heap.list_push(copy, Value::NIL), Err(crate::Fault::Frozen));
    assert_eq!(heap.list_pop(copy), Err(crate::Fault::Frozen));
    let frozen_map = copy.get(1).unwrap().as_map().unwrap();
    let key = heap.string("key 7").unwrap();
    assert_eq!(heap.map_insert(frozen_map, key, Value::NIL), Err(crate::Fault::Frozen));
    assert_eq!(heap.map_remove(frozen_map, key), Err(crate::Fault::Frozen));
    let found = heap.map_get(frozen_map, key).unwrap().unwrap();
    assert_eq!(found.string_len(), Some(900));
    assert_eq!(equal(&mut heap, frozen_map.value(), map.value()), Ok(true));
    assert_eq!(heap.string_char_at(found, 301), Ok(Some('ñ')));
    heap.collect(&mut NoRoots, Request::Full);
    assert_eq!(heap.string_char_at(found, 898), Ok(Some('ñ')));
    let empty = heap.list_new(0).unwrap();
    let empty = heap.freeze(empty.value()).unwrap().as_list().unwrap();
    assert_eq!(heap.list_push(empty, Value::NIL), Err(crate::Fault::Frozen));
    let cell = heap.cell(Value::NIL).unwrap().value();
    assert_eq!(heap.freeze(cell), Err(crate::Fault::Unfreezable(cell)));
    assert!(matches!(heap.copy_message(cell), Err(crate::Fault::Unsendable(_))));
}

/// A list of pairs that refer to each other and to what `first` says, as one call makes it.
fn make_many(heap: &mut Heap, first: Value, count: i32) -> Result<Value, crate::Fault> {
    let list = heap.list_new(0)?;
    let mut last = first;
    for number in 0..count {
        last = heap.pair(Value::int32(number), last)?.value();
        heap.list_push(list, last)?;
    }
    Ok(list.value())
}

/// Runs `make_many` as the VM runs a call that may be started again; true when it made everything old.
fn call_many(heap: &mut Heap, roots: &mut Vec<Value>, count: i32) -> bool {
    let mut was_bulk = false;
    loop {
        heap.begin_call();
        let result = make_many(heap, roots[0], count);
        heap.end_call(result.is_err());
        match result {
            Ok(list) => {
                roots[1] = list;
                return was_bulk;
            }
            Err(_) if heap.wants_bulk() => {
                was_bulk = true;
                heap.begin_bulk(roots);
            }
            Err(fault) => panic!("there is room: {fault:?}"),
        }
    }
}

#[test]
fn a_call_that_makes_very_much_makes_it_old() {
    for stress in [false, true] {
        let mut heap = heap_with(CollectorKind::Generational, stress);
        let young = heap.pair(Value::int32(-1), Value::NIL).unwrap().value();
        let mut roots = vec![young, Value::NIL];
        assert!(!call_many(&mut heap, &mut roots, 100), "little stays young");
        let mut phases = std::collections::HashSet::new();
        for round in 0..45 {
            assert!(call_many(&mut heap, &mut roots, 40_000));
            heap.check(&mut roots).expect("sound before the next collection");
            phases.insert(format!("{:?}", heap.old_space().phase));
            // Young objects stored into what was born old, and the other way round.
            let list = roots[1].as_list().unwrap();
            let pair = heap.pair(Value::int32(round), list.value()).unwrap().value();
            heap.list_set(list, 20_000, pair).unwrap();
            roots[0] = heap.pair(Value::int32(-1), Value::NIL).unwrap().value();
            for _ in 0..=round % 9 {
                heap.collect(&mut roots, Request::Poll);
            }
            let list = roots[1].as_list().unwrap();
            assert_eq!(list.get(20_000).unwrap().as_tuple().unwrap().get(1), Some(list.value()));
            let mut at = list.get(19_999).unwrap();
            for expected in (0..20_000).rev() {
                let pair = at.as_tuple().unwrap();
                assert_eq!(pair.get(0), Some(Value::int32(expected)));
                at = pair.get(1).unwrap();
            }
            assert_eq!(at.as_tuple().unwrap().get(0), Some(Value::int32(-1)));
        }
        assert!(stress || phases.len() == 3, "in every phase of the old space: {phases:?}");
        assert!(stress || heap.bytes_used() < 40 << 20, "garbage is found: {}", heap.bytes_used());
    }
}

#[test]
fn what_lies_in_a_heap_is_no_fragment_without_a_copy() {
    let shared = Arc::new(Shared::new(1, usize::MAX));
    let mut heap = Heap::new(HeapConfig::default(), shared);
    let tuple = heap.tuple(&[Value::int32(1), Value::int32(2)]).unwrap().value();
    assert!(Fragment::of_frozen(tuple).is_none());
    // The tuple is where it was, and no other object takes its place.
    let others: Vec<_> = (0..100).map(|n| heap.tuple(&[Value::int32(n)]).unwrap().value()).collect();
    assert_eq!(tuple.as_tuple().unwrap().elements(), &[Value::int32(1), Value::int32(2)]);
    assert!(others.iter().all(|other| other.bits() != tuple.bits()));
    assert_eq!(Fragment::of_frozen(Value::int32(7)).unwrap().root(), Value::int32(7));
}

#[test]
fn flat_tuples_are_copied_between_heaps() {
    let shared = Arc::new(Shared::new(1, usize::MAX));
    let mut sender = Heap::new(HeapConfig::default(), shared.clone());
    let mut receiver = Heap::new(HeapConfig::default(), shared.clone());
    let flat = sender.tuple(&[Value::int32(1), Value::TRUE]).unwrap().value();
    let deep = sender.tuple(&[flat]).unwrap().value();
    assert_eq!(receiver.copy_of_flat(Value::int32(3)), Some(Value::int32(3)));
    assert_eq!(receiver.copy_of_flat(flat), None, "a heap that allocated nothing has no room at hand");
    let mut roots = vec![receiver.tuple(&[Value::NIL]).unwrap().value()];
    assert_eq!(receiver.copy_of_flat(deep), None);
    for _ in 0..1000 {
        // The first messages of a heap with little in it get no chunk of their own.
        roots.extend(receiver.copy_of_flat(flat));
        let fragment = sender.copy_message(flat).unwrap();
        assert!(fragment.bytes() > 0);
        roots.push(receiver.adopt(fragment));
        drop(sender.copy_message(flat).unwrap());
    }
    assert!(roots.len() > 1990, "copied: {}", roots.len());
    receiver.collect(&mut roots, Request::Full);
    for value in &roots[1..] {
        assert_eq!(value.as_tuple().unwrap().elements(), &[Value::int32(1), Value::TRUE]);
    }
}
