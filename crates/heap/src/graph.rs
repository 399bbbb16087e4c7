//! Copying a graph of objects out of a heap, for `freeze` and for messages.
//!
//! Two passes. The first walks the graph with an explicit list, refuses what may not leave, brings texts into one
//! piece, and adds up the bytes; nothing has changed when it fails. The second writes the copies: identity and
//! cycles inside the graph are kept, frozen objects are shared, blobs and Rust objects get one more reference.
//!
//! Storage of lists, maps and sets is trimmed to what is used.
#![allow(unsafe_code)]

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::fault::Fault;
use crate::header::{FROZEN, Header};
use crate::heap::Heap;
use crate::kind::array::{ArrayObject, array_bytes};
use crate::kind::external::External;
use crate::kind::{Kind, size_of_object, slot_at, slots_of_object};
use crate::value::Value;

/// What a copied graph is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Freeze,
    Send,
}

/// One object to copy.
pub(crate) struct Item {
    pub(crate) object: *mut Header,
    /// Bytes of the copy.
    pub(crate) bytes: usize,
}

/// The first pass' result: every object to copy, in the order of discovery.
pub(crate) struct Graph {
    pub(crate) items: Vec<Item>,
    numbers: FxHashMap<usize, u32>,
    /// Bytes of all copies.
    pub(crate) bytes: usize,
    /// Bytes outside the heap that the copies refer to.
    pub(crate) outside: usize,
}

thread_local! {
    /// The items of the last graph, to be used again: most graphs are small and short-lived.
    static ITEMS: std::cell::Cell<Vec<Item>> = const { std::cell::Cell::new(Vec::new()) };
}

/// Up to this many objects are looked up by scanning.
const SCANNED_MAX: usize = 8;

impl Graph {
    /// Walks all that `root` refers to.
    pub(crate) fn discover(heap: &mut Heap, root: Value, purpose: Purpose) -> Result<Graph, Fault> {
        let mut graph = Graph { items: ITEMS.take(), numbers: FxHashMap::default(), bytes: 0, outside: 0 };
        graph.add(heap, root, None, purpose)?;
        let mut next = 0;
        while next < graph.items.len() {
            heap.work(1)?;
            let object = graph.items[next].object;
            let trimmed = trimmed_storage(object);
            // SAFETY: items are live objects, and nothing collects before the copy is done.
            unsafe {
                let (first, count) = slots_of_object(object);
                let count = if (*object).kind() == Kind::Array {
                    (graph.items[next].bytes - array_bytes(0)) / 8
                } else if (*object).kind() == Kind::Rope {
                    // Copied flat, below.
                    0
                } else {
                    count
                };
                heap.work(count / 8)?;
                for index in first..first + count {
                    let value = *slot_at(object, index);
                    graph.add(heap, value, trimmed, purpose)?;
                }
            }
            next += 1;
        }
        Ok(graph)
    }

    fn add(
        &mut self,
        heap: &mut Heap,
        value: Value,
        trimmed: Option<usize>,
        purpose: Purpose,
    ) -> Result<(), Fault> {
        if !value.is_object() || value.is_frozen() || self.number(value).is_some() {
            return Ok(());
        }
        let object = value.pointer();
        // SAFETY: a value of the graph is alive.
        unsafe {
            check(heap, value, (*object).kind(), purpose)?;
            let bytes = match (*object).kind() {
                Kind::Array => match trimmed {
                    Some(slots) => array_bytes(slots.min((*object.cast::<ArrayObject>()).capacity as usize)),
                    None => array_bytes((*object.cast::<ArrayObject>()).capacity as usize),
                },
                Kind::Rope => flat_bytes(value),
                _ => size_of_object(object),
            };
            if crate::frozen::is_holder((*object).kind()) {
                self.outside += holder_charge(value);
            }
            if purpose == Purpose::Freeze && (value.is_string() || value.is_bytes()) {
                crate::hash::hash(heap, value)?;
            }
            self.bytes = self.bytes.checked_add(bytes).ok_or(Fault::TooLarge)?;
            if self.items.len() >= SCANNED_MAX {
                if self.numbers.is_empty() {
                    for (number, item) in self.items.iter().enumerate() {
                        self.numbers.insert(item.object.addr(), number as u32);
                    }
                }
                self.numbers.insert(object.addr(), self.items.len() as u32);
            }
            self.items.push(Item { object, bytes });
        }
        Ok(())
    }

    /// Keeps the memory for the next graph.
    pub(crate) fn recycle(mut self) {
        if self.items.capacity() < 1024 {
            self.items.clear();
            ITEMS.set(self.items);
        }
    }

    /// The position of an object among the items.
    pub(crate) fn number(&self, value: Value) -> Option<usize> {
        let address = value.object_address()?;
        if self.numbers.is_empty() {
            return self.items.iter().position(|item| item.object.addr() == address);
        }
        self.numbers.get(&address).map(|&number| number as usize)
    }

    /// Writes the copy of item `number` to `places[number]`, with these header flags.
    ///
    /// # Safety
    /// Every place has room for the bytes of its item.
    pub(crate) unsafe fn write(&self, number: usize, places: &[*mut Header], flags: u8) {
        let item = &self.items[number];
        let (source, target) = (item.object, places[number]);
        // SAFETY: the source is alive, the target has room (caller).
        unsafe {
            match (*source).kind() {
                Kind::Rope => write_flat(Value::object(source), target, flags),
                kind => {
                    std::ptr::copy_nonoverlapping(source.cast::<u8>(), target.cast::<u8>(), item.bytes);
                    (*target).flags = flags;
                    if kind == Kind::Array {
                        let slots = (item.bytes - array_bytes(0)) / 8;
                        (*target.cast::<ArrayObject>()).capacity = slots as u64;
                    }
                    take_reference(target, kind);
                }
            }
            let (first, count) = slots_of_object(target);
            for index in first..first + count {
                let slot = slot_at(target, index);
                if (*slot).is_object()
                    && !(*slot).is_frozen()
                    && let Some(number) = self.number(*slot)
                {
                    *slot = Value::object(places[number]);
                }
            }
        }
    }
}

/// For the owner of a storage: how many of its slots are in use.
fn trimmed_storage(object: *mut Header) -> Option<usize> {
    let value = Value::object(object);
    match value.kind()? {
        Kind::List => value.as_list().map(|list| list.len()),
        Kind::Map => value.as_map().map(|map| map.entry_count() * 2),
        Kind::Set => value.as_set().map(|set| set.entry_count()),
        _ => None,
    }
}

/// Refuses what may not be copied for this purpose.
fn check(heap: &mut Heap, value: Value, kind: Kind, purpose: Purpose) -> Result<(), Fault> {
    let refuse = match purpose {
        Purpose::Freeze => Fault::Unfreezable(value),
        Purpose::Send => Fault::Unsendable(value),
    };
    match kind {
        Kind::Rope => {
            heap.flatten(value)?;
            Ok(())
        }
        Kind::Cell | Kind::Generator | Kind::Iterator => Err(refuse),
        Kind::Buffer if purpose == Purpose::Freeze => Err(refuse),
        Kind::External => {
            let shareable = value.as_external().is_some_and(|external| external.object().is_shareable());
            if shareable { Ok(()) } else { Err(refuse) }
        }
        _ => Ok(()),
    }
}

/// Bytes of the flat copy of a flattened rope.
fn flat_bytes(rope: Value) -> usize {
    let (bytes, chars) = (rope.string_byte_len().unwrap_or(0), rope.string_len().unwrap_or(0));
    crate::kind::string::flat_copy_bytes(bytes, chars, rope.string_is_ascii())
}

unsafe fn write_flat(rope: Value, target: *mut Header, flags: u8) {
    let chars = rope.string_len().unwrap_or(0);
    let hash = rope.header().map_or(0, |header| header.info);
    if let Some(text) = rope.as_str() {
        // SAFETY: the target has the room that `flat_bytes` asked for.
        unsafe {
            crate::kind::string::write_flat_copy(target, text, chars, rope.string_is_ascii(), flags, hash);
        }
    }
}

fn holder_charge(value: Value) -> usize {
    if let Some(text) = value.as_shared_text() {
        text.blob().charge()
    } else if let Some(bytes) = value.as_shared_bytes() {
        bytes.blob().charge()
    } else {
        value.as_external().map_or(0, |external| external.object().charge())
    }
}

/// A copied holder owns one more reference.
unsafe fn take_reference(copy: *mut Header, kind: Kind) {
    let value = Value::object(copy);
    match kind {
        Kind::SharedText => {
            if let Some(text) = value.as_shared_text() {
                let _ = Arc::into_raw(text.blob());
            }
        }
        Kind::SharedBytes => {
            if let Some(bytes) = value.as_shared_bytes() {
                let _ = Arc::into_raw(bytes.blob());
            }
        }
        Kind::External => {
            if let Some(external) = value.as_external() {
                let _ = Arc::into_raw(External::shared(external));
            }
        }
        _ => {}
    }
}

/// True when a table's keys may hash differently in the copy: some are neither numbers nor texts.
pub(crate) fn needs_rehash(value: Value) -> bool {
    let simple = |key: Value| !key.is_object() || key.is_string() || key.is_int() || key.is_bytes();
    if let Some(map) = value.as_map() {
        !map.iter().all(|(key, _)| simple(key))
    } else if let Some(set) = value.as_set() {
        !set.iter().all(simple)
    } else {
        false
    }
}

impl Heap {
    /// A frozen deep copy; the same value when it is frozen already.
    pub fn freeze(&mut self, value: Value) -> Result<Value, Fault> {
        if value.is_frozen() {
            return Ok(value);
        }
        let graph = Graph::discover(self, value, Purpose::Freeze)?;
        let shared = self.shared().clone();
        if !shared.has_room(graph.bytes) {
            return Err(crate::fault::NeedGc { bytes: graph.bytes }.into());
        }
        let mut places = Vec::with_capacity(graph.items.len());
        for item in &graph.items {
            let place = shared.frozen.allocate(item.bytes);
            places.push(place.ok_or(crate::fault::NeedGc { bytes: item.bytes })?);
        }
        for number in 0..places.len() {
            // SAFETY: the region gave each place the bytes of its item.
            unsafe {
                graph.write(number, &places, FROZEN);
                if crate::frozen::is_holder((*places[number]).kind()) {
                    shared.frozen.register_holder(places[number]);
                }
            }
        }
        for &place in &places {
            let copy = Value::object(place);
            if needs_rehash(copy) {
                self.rehash(copy)?;
            }
        }
        Ok(Value::object(places[0]))
    }
}
