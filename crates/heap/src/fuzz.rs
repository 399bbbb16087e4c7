//! Long because: the machine, its model and the comparison of both are one argument.
//!
//! `heap_ops`: runs a program given as bytes on a heap and on a plain model, and panics where they differ.
//!
//! The first byte chooses collector, stress and limits; each following group of four is an operation on sixteen
//! registers, which are the roots. The model keeps objects in a vector and never frees.

use std::sync::Arc;

use crate::class::ClassId;
use crate::heap::{CollectorKind, Heap, HeapConfig};
use crate::message::Fragment;
use crate::roots::Request;
use crate::shared::Shared;
use crate::{Fault, Value, equal};

const REGISTERS: usize = 16;
/// The operation that sends a message.
const SEND: u8 = 25;
/// The model stops growing an object here.
const LEN_MAX: usize = 12_000;
const TEXT_MAX: usize = 200_000;
/// Objects looked at by one comparison of heap and model.
const VERIFY_MAX: usize = 3_000;

#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Nil,
    Int(i128),
    Float(f64),
    Text(std::rc::Rc<str>),
    Object(usize),
}

#[derive(Debug)]
enum Thing {
    List(Vec<Plain>),
    Tuple(Vec<Plain>),
    Map(Vec<(Plain, Plain)>),
    Set(Vec<Plain>),
    Instance(Vec<Plain>),
    Cell(Plain),
}

struct Machine {
    heap: Heap,
    registers: Vec<Value>,
    model: Vec<Plain>,
    things: Vec<Thing>,
    /// Messages go to this heap and back, when there is one, and else from the heap to itself.
    relay: Option<Heap>,
}

/// As `heap_ops` with two heaps, every third operation sending a message there and back.
pub fn message_copy(data: &[u8]) {
    let mut data = data.to_vec();
    for operation in data.get_mut(1..).unwrap_or_default().chunks_exact_mut(12) {
        operation[0] = SEND;
    }
    operate(&data, Route::ThereAndBack);
}

/// Which way messages take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    ToItself,
    ThereAndBack,
}

/// Runs the operations in `data`. Panics when the heap is wrong.
pub fn heap_ops(data: &[u8]) {
    operate(data, Route::ToItself);
}

fn operate(data: &[u8], route: Route) {
    let Some((&first, rest)) = data.split_first() else { return };
    let collector = match first & 3 {
        0 | 1 => CollectorKind::Generational,
        2 => CollectorKind::MarkSweep,
        _ => CollectorKind::None,
    };
    let config = HeapConfig {
        collector,
        stress: first & 4 != 0,
        checked: first & 8 != 0,
        bytes_max: if first & 16 != 0 { 4 << 20 } else { 256 << 20 },
        nursery_bytes_max: 1 << 20,
    };
    let shared = Arc::new(Shared::new(first as u64, usize::MAX / 2));
    let relay = (route == Route::ThereAndBack).then(|| Heap::new(config, shared.clone()));
    let mut machine = Machine {
        heap: Heap::new(config, shared),
        registers: vec![Value::NIL; REGISTERS],
        model: vec![Plain::Nil; REGISTERS],
        things: Vec::new(),
        relay,
    };
    for operation in rest.chunks_exact(4) {
        machine.run([operation[0], operation[1], operation[2], operation[3]]);
        if machine.heap.wants_gc() || first & 32 != 0 {
            machine.collect(Request::Poll);
        }
    }
    machine.collect(Request::Full);
    machine.verify_all();
}

impl Machine {
    fn collect(&mut self, request: Request) {
        self.heap.collect(&mut self.registers, request);
    }

    /// Runs an operation that may ask for memory; when it asks twice, the register becomes nil.
    fn attempt<T>(&mut self, mut work: impl FnMut(&mut Heap, &[Value]) -> Result<T, Fault>) -> Option<T> {
        for round in 0..2 {
            match work(&mut self.heap, &self.registers) {
                Ok(result) => return Some(result),
                Err(Fault::NeedGc(_)) if round == 0 => self.collect(Request::Full),
                Err(Fault::NeedGc(_)) => return None,
                Err(other) => panic!("unexpected {other:?}"),
            }
        }
        None
    }

    fn put(&mut self, register: usize, made: Option<Value>, plain: impl FnOnce(&mut Vec<Thing>) -> Plain) {
        match made {
            Some(value) => {
                self.registers[register] = value;
                self.model[register] = plain(&mut self.things);
            }
            None => {
                self.registers[register] = Value::NIL;
                self.model[register] = Plain::Nil;
            }
        }
    }

    fn run(&mut self, [code, a, b, c]: [u8; 4]) {
        let (target, left, right) = (a as usize % REGISTERS, b as usize % REGISTERS, c as usize % REGISTERS);
        match code % 27 {
            0 => self.make_number(target, b, c),
            1 => self.make_text(target, b, c),
            2 => self.concat(target, left, right),
            3 => self.make_empty(target, b),
            4..=6 => self.list_push(left, right, if code & 64 != 0 { 1 + c as usize * 40 } else { 1 }),
            7 => self.list_get(target, left, c as usize),
            8 => self.list_set(left, b as usize, right),
            9 => self.list_cut(left, b, c),
            10 => self.list_insert(left, b as usize, right),
            11..=13 => self.map_insert(target, left, right),
            14 => self.map_remove(target, left),
            15 => self.map_get(target, left, right),
            16 => self.make_tuple(target, left, right),
            17 => self.make_instance(target, left, right),
            18 => self.field_set(target, b, right),
            19 => self.char_at(left, c as usize * 7),
            20 => self.slice(target, left, b as usize, c as usize),
            21 => self.set_change(target, left, c),
            22 => self.compare(left, right),
            23 => self.verify(target),
            24 => self.collect(if b & 7 == 0 { Request::Full } else { Request::Poll }),
            SEND => self.send(target, left),
            _ => {
                self.registers[target] = self.registers[left];
                self.model[target] = self.model[left].clone();
            }
        }
    }

    fn make_number(&mut self, target: usize, b: u8, c: u8) {
        let base = (b as i64 - 128) << (c % 56);
        if c & 128 != 0 {
            self.put(target, Some(Value::float(base as f64 / 2.0)), |_| Plain::Float(base as f64 / 2.0));
        } else {
            let made = self.attempt(|heap, _| Ok(heap.int(base)?));
            self.put(target, made, |_| Plain::Int(base as i128));
        }
    }

    fn make_text(&mut self, target: usize, b: u8, c: u8) {
        let unit = if c & 1 == 0 { "abcdefg" } else { "añb€c😀" };
        let text = format!("{b}{}", unit.repeat(c as usize * if b & 3 == 0 { 60 } else { 1 }));
        let made = self.attempt(|heap, _| Ok(heap.string(&text)?));
        self.put(target, made, |_| Plain::Text(text.as_str().into()));
    }

    fn concat(&mut self, target: usize, left: usize, right: usize) {
        let (Plain::Text(head), Plain::Text(tail)) = (&self.model[left], &self.model[right]) else { return };
        if head.len() + tail.len() > TEXT_MAX {
            return;
        }
        let joined: std::rc::Rc<str> = format!("{head}{tail}").into();
        let made = self.attempt(|heap, registers| heap.string_concat(registers[left], registers[right]));
        self.put(target, made, |_| Plain::Text(joined));
    }

    fn make_empty(&mut self, target: usize, b: u8) {
        let capacity = b as usize / 4;
        let (made, thing) = match b % 4 {
            0 => (
                self.attempt(|heap, _| Ok(heap.list_new(capacity * capacity)?.value())),
                Thing::List(Vec::new()),
            ),
            1 => (self.attempt(|heap, _| Ok(heap.map_new(capacity)?.value())), Thing::Map(Vec::new())),
            2 => (self.attempt(|heap, _| Ok(heap.set_new(capacity)?.value())), Thing::Set(Vec::new())),
            _ => (self.attempt(|heap, _| Ok(heap.cell(Value::NIL)?.value())), Thing::Cell(Plain::Nil)),
        };
        self.put(target, made, |things| add(things, thing));
    }

    fn list_push(&mut self, list: usize, element: usize, times: usize) {
        let plain = self.model[element].clone();
        for _ in 0..times {
            let Some(elements) = list_of(&mut self.things, &self.model[list]) else { return };
            if elements.len() >= LEN_MAX {
                return;
            }
            let pushed = self.attempt(|heap, registers| match registers[list].as_list() {
                Some(handle) => heap.list_push(handle, registers[element]),
                None => panic!("the model has a list in register {list}"),
            });
            if pushed.is_none() {
                return;
            }
            if let Some(elements) = list_of(&mut self.things, &self.model[list]) {
                elements.push(plain.clone());
            }
        }
    }

    fn list_get(&mut self, target: usize, list: usize, index: usize) {
        let Some(elements) = list_of(&mut self.things, &self.model[list]) else { return };
        let index = if elements.is_empty() { index } else { index * 31 % (elements.len() + 1) };
        let expected = elements.get(index).cloned();
        let got = self.registers[list].as_list().and_then(|handle| handle.get(index));
        assert_eq!(got.is_some(), expected.is_some());
        if let (Some(value), Some(plain)) = (got, expected) {
            self.put(target, Some(value), |_| plain);
        }
    }

    fn list_set(&mut self, list: usize, index: usize, element: usize) {
        let plain = self.model[element].clone();
        let Some(elements) = list_of(&mut self.things, &self.model[list]) else { return };
        let index = if elements.is_empty() { index } else { index * 57 % (elements.len() + 1) };
        let inside = index < elements.len();
        if inside {
            elements[index] = plain;
        }
        let handle = self.registers[list].as_list().expect("the model has a list");
        assert_eq!(self.heap.list_set(handle, index, self.registers[element]), Ok(inside));
    }

    fn list_cut(&mut self, list: usize, b: u8, c: u8) {
        let Some(elements) = list_of(&mut self.things, &self.model[list]) else { return };
        let handle = self.registers[list].as_list().expect("the model has a list");
        if b & 1 == 0 {
            let popped = self.heap.list_pop(handle).expect("not frozen");
            assert_eq!(popped.is_some(), elements.pop().is_some());
        } else {
            let start = b as usize * 5 % (elements.len() + 1);
            let end = start + c as usize * 9 % (elements.len() - start + 1);
            elements.drain(start..end);
            self.heap.list_remove_range(handle, start, end).expect("not frozen");
        }
    }

    fn list_insert(&mut self, list: usize, index: usize, element: usize) {
        let plain = self.model[element].clone();
        let Some(elements) = list_of(&mut self.things, &self.model[list]) else { return };
        if elements.len() >= LEN_MAX {
            return;
        }
        let index = index * 13 % (elements.len() + 1);
        let inserted = self.attempt(|heap, registers| match registers[list].as_list() {
            Some(handle) => heap.list_insert(handle, index, registers[element]),
            None => panic!("the model has a list"),
        });
        if inserted == Some(true)
            && let Some(elements) = list_of(&mut self.things, &self.model[list])
        {
            elements.insert(index, plain);
        }
    }

    fn map_insert(&mut self, map: usize, key: usize, value: usize) {
        let (plain_key, plain_value) = (self.model[key].clone(), self.model[value].clone());
        let Plain::Object(id) = self.model[map] else { return };
        if !matches!(self.things[id], Thing::Map(_)) || !is_key(&self.things, &plain_key, 0) {
            return;
        }
        let inserted = self.attempt(|heap, registers| match registers[map].as_map() {
            Some(handle) => heap.map_insert(handle, registers[key], registers[value]),
            None => panic!("the model has a map"),
        });
        let Some(new) = inserted else { return };
        let found = find_key(&self.things, id, &plain_key);
        assert_eq!(new, found.is_none());
        if let Thing::Map(entries) = &mut self.things[id] {
            match found {
                Some(position) => entries[position].1 = plain_value,
                None => entries.push((plain_key, plain_value)),
            }
        }
    }

    fn map_remove(&mut self, map: usize, key: usize) {
        let Plain::Object(id) = self.model[map] else { return };
        let plain_key = self.model[key].clone();
        if !matches!(self.things[id], Thing::Map(_)) || !is_key(&self.things, &plain_key, 0) {
            return;
        }
        let removed = self.attempt(|heap, registers| match registers[map].as_map() {
            Some(handle) => heap.map_remove(handle, registers[key]),
            None => panic!("the model has a map"),
        });
        let Some(removed) = removed else { return };
        let found = find_key(&self.things, id, &plain_key);
        assert_eq!(removed.is_some(), found.is_some());
        if let (Some(position), Thing::Map(entries)) = (found, &mut self.things[id]) {
            entries.remove(position);
        }
    }

    fn map_get(&mut self, target: usize, map: usize, key: usize) {
        let Plain::Object(id) = self.model[map] else { return };
        let plain_key = self.model[key].clone();
        if !matches!(self.things[id], Thing::Map(_)) || !is_key(&self.things, &plain_key, 0) {
            return;
        }
        let got = self.attempt(|heap, registers| match registers[map].as_map() {
            Some(handle) => heap.map_get(handle, registers[key]),
            None => panic!("the model has a map"),
        });
        let Some(got) = got else { return };
        let found = find_key(&self.things, id, &plain_key);
        assert_eq!(got.is_some(), found.is_some(), "key {plain_key:?}");
        if let (Some(value), Some(position), Thing::Map(entries)) = (got, found, &self.things[id]) {
            let plain = entries[position].1.clone();
            self.put(target, Some(value), |_| plain);
        }
    }

    fn make_tuple(&mut self, target: usize, left: usize, right: usize) {
        let parts = vec![self.model[left].clone(), self.model[right].clone()];
        let made = self.attempt(|heap, registers| Ok(heap.pair(registers[left], registers[right])?.value()));
        self.put(target, made, |things| add(things, Thing::Tuple(parts)));
    }

    fn make_instance(&mut self, target: usize, left: usize, right: usize) {
        let parts = vec![self.model[left].clone(), self.model[right].clone(), Plain::Nil];
        let made = self.attempt(|heap, registers| {
            let fields = [registers[left], registers[right], Value::NIL];
            Ok(heap.instance(ClassId::Error.id(), &fields)?.value())
        });
        self.put(target, made, |things| add(things, Thing::Instance(parts)));
    }

    fn field_set(&mut self, object: usize, b: u8, value: usize) {
        let Plain::Object(id) = self.model[object] else { return };
        let plain = self.model[value].clone();
        let (holder, new) = (self.registers[object], self.registers[value]);
        match &mut self.things[id] {
            Thing::Instance(fields) => {
                let index = b as usize % fields.len();
                fields[index] = plain;
                let instance = holder.as_instance().expect("the model has an instance");
                self.heap.instance_set(instance, index, new).expect("not frozen");
            }
            Thing::Cell(content) => {
                *content = plain;
                let cell = holder.as_cell().expect("the model has a cell");
                self.heap.cell_set(cell, new).expect("not frozen");
            }
            Thing::List(_) | Thing::Tuple(_) | Thing::Map(_) | Thing::Set(_) => {}
        }
    }

    fn char_at(&mut self, string: usize, index: usize) {
        let Plain::Text(text) = self.model[string].clone() else { return };
        let expected = text.chars().nth(index);
        if let Some(got) = self.attempt(|heap, registers| Ok(heap.string_char_at(registers[string], index)?))
        {
            assert_eq!(got, expected);
        }
    }

    fn slice(&mut self, target: usize, string: usize, b: usize, c: usize) {
        let Plain::Text(text) = self.model[string].clone() else { return };
        let chars = text.chars().count();
        let start = b * 37 % (chars + 1);
        let end = start + c * 411 % (chars - start + 1);
        let part: String = text.chars().skip(start).take(end - start).collect();
        let made = self.attempt(|heap, registers| Ok(heap.string_slice(registers[string], start, end)?));
        self.put(target, made, |_| Plain::Text(part.into()));
    }

    fn set_change(&mut self, set: usize, key: usize, c: u8) {
        let Plain::Object(id) = self.model[set] else { return };
        let plain_key = self.model[key].clone();
        if !matches!(self.things[id], Thing::Set(_)) || !is_key(&self.things, &plain_key, 0) {
            return;
        }
        let remove = c & 3 == 0;
        let changed = self.attempt(|heap, registers| match registers[set].as_set() {
            Some(handle) if remove => heap.set_remove(handle, registers[key]),
            Some(handle) => heap.set_insert(handle, registers[key]),
            None => panic!("the model has a set"),
        });
        let Some(changed) = changed else { return };
        let found = find_key(&self.things, id, &plain_key);
        assert_eq!(changed, found.is_some() == remove);
        if let Thing::Set(elements) = &mut self.things[id] {
            match found {
                Some(position) if remove => {
                    elements.remove(position);
                }
                None if !remove => elements.push(plain_key),
                _ => {}
            }
        }
    }

    /// Equality is symmetric, and agrees with the model on leaves.
    fn compare(&mut self, left: usize, right: usize) {
        let forth = self.attempt(|heap, registers| equal(heap, registers[left], registers[right]));
        let back = self.attempt(|heap, registers| equal(heap, registers[right], registers[left]));
        if let (Some(forth), Some(back)) = (forth, back) {
            assert_eq!(forth, back);
            if let (Plain::Text(left), Plain::Text(right)) = (&self.model[left], &self.model[right]) {
                assert_eq!(forth, left == right);
            }
        }
    }

    /// Copies a register as a message and adopts the copy.
    fn send(&mut self, target: usize, source: usize) {
        let mut copies = std::collections::HashMap::new();
        let plain = self.model[source].clone();
        let Some(copied) = deep_copy(&mut self.things, &plain, &mut copies) else {
            let refused = self.heap.copy_message(self.registers[source]);
            assert!(matches!(refused, Err(Fault::Unsendable(_) | Fault::NeedGc(_))));
            return;
        };
        let fragment = self.attempt(|heap, registers| heap.copy_message(registers[source]));
        let fragment = fragment.and_then(|fragment| self.relayed(fragment));
        let adopted = fragment.map(|fragment| self.heap.adopt(fragment));
        self.put(target, adopted, |_| copied);
    }

    /// The message after it was adopted by the other heap and sent back; `None` when that heap is full.
    fn relayed(&mut self, fragment: Fragment) -> Option<Fragment> {
        let Some(relay) = &mut self.relay else { return Some(fragment) };
        let mut kept = vec![relay.adopt(fragment)];
        relay.collect(&mut kept, Request::Full);
        let back = match relay.copy_message(kept[0]) {
            Ok(back) => Some(back),
            Err(Fault::NeedGc(_)) => None,
            Err(other) => panic!("what was received cannot be sent: {other:?}"),
        };
        relay.collect(&mut Vec::<Value>::new(), Request::Full);
        back
    }

    fn verify_all(&mut self) {
        (0..REGISTERS).for_each(|register| self.verify(register));
    }

    /// Compares a register with the model, part by part.
    fn verify(&mut self, register: usize) {
        let mut pending = vec![(self.registers[register], self.model[register].clone())];
        let mut met = std::collections::HashMap::new();
        while let Some((value, plain)) = pending.pop() {
            match &plain {
                Plain::Nil => assert!(value.is_nil(), "{value:?} is not nil"),
                Plain::Int(number) => assert_eq!(value.as_int64().map(i128::from), Some(*number)),
                Plain::Float(number) => assert_eq!(value.as_float(), Some(*number)),
                Plain::Text(text) => {
                    let got = self.attempt(|heap, _| Ok(heap.flatten(value)?));
                    assert!(got.is_none() || value.as_str() == Some(text), "text of {} bytes", text.len());
                }
                Plain::Object(id) => {
                    // Identity: one model object is one heap object.
                    let address = value.object_address().expect("an object");
                    match met.insert(*id, address) {
                        Some(before) => assert_eq!(before, address, "identity of object {id}"),
                        None if met.len() <= VERIFY_MAX => parts(&self.things[*id], value, &mut pending),
                        None => {}
                    }
                }
            }
        }
    }
}

fn add(things: &mut Vec<Thing>, thing: Thing) -> Plain {
    things.push(thing);
    Plain::Object(things.len() - 1)
}

fn list_of<'t>(things: &'t mut [Thing], plain: &Plain) -> Option<&'t mut Vec<Plain>> {
    let Plain::Object(id) = plain else { return None };
    match &mut things[*id] {
        Thing::List(elements) => Some(elements),
        Thing::Tuple(_) | Thing::Map(_) | Thing::Set(_) | Thing::Instance(_) | Thing::Cell(_) => None,
    }
}

/// Copies a model graph; `None` when it holds a cell, which cannot be sent.
fn deep_copy(
    things: &mut Vec<Thing>,
    root: &Plain,
    copies: &mut std::collections::HashMap<usize, usize>,
) -> Option<Plain> {
    let Plain::Object(root) = *root else { return Some(root.clone()) };
    let mut pending = vec![root];
    while let Some(id) = pending.pop() {
        if copies.contains_key(&id) {
            continue;
        }
        copies.insert(id, things.len());
        let (copy, parts) = match &things[id] {
            Thing::List(parts) => (Thing::List(parts.clone()), parts.clone()),
            Thing::Tuple(parts) => (Thing::Tuple(parts.clone()), parts.clone()),
            Thing::Instance(parts) => (Thing::Instance(parts.clone()), parts.clone()),
            Thing::Set(parts) => (Thing::Set(parts.clone()), parts.clone()),
            Thing::Map(entries) => {
                let parts = entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
                (Thing::Map(entries.clone()), parts)
            }
            Thing::Cell(_) => return None,
        };
        things.push(copy);
        pending.extend(parts.iter().filter_map(|part| match part {
            Plain::Object(id) => Some(*id),
            _ => None,
        }));
    }
    let rename = |plain: &mut Plain| {
        if let Plain::Object(id) = plain {
            *id = copies[id];
        }
    };
    for &copy in copies.values() {
        match &mut things[copy] {
            Thing::List(parts) | Thing::Tuple(parts) | Thing::Instance(parts) | Thing::Set(parts) => {
                parts.iter_mut().for_each(rename);
            }
            Thing::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                rename(key);
                rename(value);
            }),
            Thing::Cell(_) => {}
        }
    }
    Some(Plain::Object(copies[&root]))
}

/// Numbers, texts, nil, and tuples of them.
fn is_key(things: &[Thing], plain: &Plain, depth: usize) -> bool {
    match plain {
        Plain::Object(id) => match &things[*id] {
            Thing::Tuple(parts) => depth < 6 && parts.iter().all(|part| is_key(things, part, depth + 1)),
            _ => false,
        },
        _ => true,
    }
}

fn same_key(things: &[Thing], left: &Plain, right: &Plain) -> bool {
    match (left, right) {
        (Plain::Int(int), Plain::Float(float)) | (Plain::Float(float), Plain::Int(int)) => {
            // Doubles of the generator are small multiples of powers of two, so this is exact.
            float.trunc() == *float && *float as i128 == *int
        }
        (Plain::Object(left), Plain::Object(right)) => match (&things[*left], &things[*right]) {
            (Thing::Tuple(left), Thing::Tuple(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same_key(things, l, r))
            }
            _ => left == right,
        },
        _ => left == right,
    }
}

fn find_key(things: &[Thing], id: usize, key: &Plain) -> Option<usize> {
    match &things[id] {
        Thing::Map(entries) => entries.iter().position(|(other, _)| same_key(things, other, key)),
        Thing::Set(elements) => elements.iter().position(|other| same_key(things, other, key)),
        _ => None,
    }
}

/// Lists the parts of a container beside those of its model.
fn parts(thing: &Thing, value: Value, pending: &mut Vec<(Value, Plain)>) {
    let mut zip = |values: &[Value], plains: &[Plain]| {
        assert_eq!(values.len(), plains.len());
        pending.extend(values.iter().copied().zip(plains.iter().cloned()));
    };
    match thing {
        Thing::List(plains) => zip(value.as_list().expect("a list").elements(), plains),
        Thing::Tuple(plains) => zip(value.as_tuple().expect("a tuple").elements(), plains),
        Thing::Instance(plains) => zip(value.as_instance().expect("an instance").fields(), plains),
        Thing::Cell(plain) => zip(&[value.as_cell().expect("a cell").get()], std::slice::from_ref(plain)),
        Thing::Set(plains) => {
            let elements: Vec<Value> = value.as_set().expect("a set").iter().collect();
            zip(&elements, plains);
        }
        Thing::Map(entries) => {
            let map = value.as_map().expect("a map");
            let (keys, values): (Vec<Value>, Vec<Value>) = map.iter().unzip();
            let (plain_keys, plain_values): (Vec<Plain>, Vec<Plain>) = entries.iter().cloned().unzip();
            zip(&keys, &plain_keys);
            zip(&values, &plain_values);
        }
    }
}

/// Deterministic pseudo-random bytes for a seed, to drive `heap_ops` without a corpus.
pub fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_programs_agree_with_the_model() {
        for seed in 0..400 {
            let len = 1 + 4 * (20 + seed as usize % 300);
            heap_ops(&random_bytes(seed, len));
            message_copy(&random_bytes(seed, len));
        }
    }
}
