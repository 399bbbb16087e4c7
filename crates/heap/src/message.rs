//! Messages: a copied graph in heap format that belongs to no heap until its receiver adopts it.
//!
//! A fragment refers to nothing but itself, frozen objects, blobs and shareable Rust objects. Small ones are chunks
//! of young objects: adoption links the chunks into the nursery, and the next minor collection keeps what is used.
//! Large ones are blocks of old objects that never move (`PinnedBlock`): adoption hands over the blocks, and each is
//! freed as a whole when the last of its objects is dead. So a large message is copied once.
#![allow(unsafe_code)]

use std::sync::Arc;

use crate::fault::{Fault, NeedGc};
use crate::graph::{Graph, Purpose, needs_rehash};
use crate::header::{BARRIER, CARDED, Header, OLD, YOUNG};
use crate::heap::{Heap, LARGE_BYTES_MIN};
use crate::kind::array::{ArrayObject, CARD_BYTES_MIN, CARD_CLEAN, CARD_SLOTS, array_bytes};
use crate::kind::{Kind, size_of_object, slot_at, slots_of_object};
use crate::memory::Chunk;
use crate::nursery::FilledChunk;
use crate::old::{Phase, for_each_packed};
use crate::shared::Shared;
use crate::value::Value;

/// Fragments above this size are built of old objects.
const PINNED_BYTES_MIN: usize = 64 * 1024;
/// Blocks of a large fragment: small enough that one long-lived object does not keep much.
const PINNED_BLOCK_BYTES: usize = 64 * 1024;

/// Messages up to this size are copied into the chunk that the receiver allocates in: that costs less than a chunk of
/// their own does until it is collected. Nor are they counted one by one in the memory of the VM.
const SMALL_BYTES_MAX: usize = 512;

thread_local! {
    /// The list of places of the last message, to be used again.
    static PLACES: std::cell::Cell<Vec<*mut Header>> = const { std::cell::Cell::new(Vec::new()) };
}

/// A message on its way. Small, so that queues of them are.
pub struct Fragment {
    root: Value,
    /// What the message brings along. There is none where the root is frozen or no object, and none where it is a
    /// tuple that refers to no other object of a heap: such a tuple is alone in a chunk of its own size.
    body: Option<Box<Body>>,
}

#[derive(Default)]
struct Body {
    /// Filled with objects without gaps: the first, which is the only one of most messages, and the others.
    first: Option<FilledChunk>,
    more: Vec<FilledChunk>,
    /// One large object each.
    large: Vec<Chunk>,
    holders: Vec<*mut Header>,
    rehash: Vec<Value>,
    /// Bytes of chunks, and bytes outside that the holders are charged with.
    bytes: usize,
    outside: usize,
    pinned: bool,
    /// For giving back the memory; absent when there is none.
    shared: Option<Arc<Shared>>,
}

// SAFETY: a fragment owns its memory and refers to nothing that belongs to one process.
unsafe impl Send for Fragment {}
// SAFETY: shared access only reads immutable content.
unsafe impl Sync for Fragment {}

impl Fragment {
    /// The message that a value is which belongs to no heap.
    pub fn of_frozen(value: Value) -> Option<Fragment> {
        // Made only where it is true: what is dropped frees what it has.
        if value.is_frozen() { Some(Fragment { root: value, body: None }) } else { None }
    }

    /// The message, readable before it is adopted. It must not be stored anywhere or changed.
    #[inline]
    pub fn root(&self) -> Value {
        self.root
    }

    /// What the mailbox is charged with.
    #[inline]
    pub fn bytes(&self) -> usize {
        match &self.body {
            Some(body) => body.bytes + body.outside,
            None => self.flat().map_or(0, |chunk| chunk.bytes),
        }
    }

    /// The chunk of a tuple that is the whole message.
    #[inline]
    fn flat(&self) -> Option<Chunk> {
        if self.body.is_some() || self.root.is_frozen() {
            return None;
        }
        let object = self.root.pointer();
        // SAFETY: a root that is no frozen object and came without a body is a complete tuple in its own chunk.
        let bytes = unsafe { size_of_object(object) };
        Some(Chunk { start: object.expose_provenance(), bytes })
    }
}

impl Drop for Fragment {
    #[inline]
    fn drop(&mut self) {
        if let Some(chunk) = self.flat() {
            chunk.free();
        }
    }
}

impl Body {
    /// Room for one object of the message.
    fn place(&mut self, bytes: usize, left: usize) -> Option<*mut Header> {
        if bytes > LARGE_BYTES_MIN {
            let chunk = Chunk::new(bytes)?;
            self.bytes += bytes;
            let object = std::ptr::with_exposed_provenance_mut(chunk.start);
            self.large.push(chunk);
            return Some(object);
        }
        let last = self.more.last().or(self.first.as_ref());
        if last.is_none_or(|last| last.chunk.bytes - last.used < bytes) {
            let chunk_bytes = left.clamp(bytes, PINNED_BLOCK_BYTES);
            let filled = FilledChunk { chunk: Chunk::new(chunk_bytes)?, used: 0 };
            self.bytes += chunk_bytes;
            match self.first {
                None => self.first = Some(filled),
                Some(_) => self.more.push(filled),
            }
        }
        let last = self.more.last_mut().or(self.first.as_mut())?;
        let object = std::ptr::with_exposed_provenance_mut(last.chunk.start + last.used);
        last.used += bytes;
        Some(object)
    }

    /// One chunk of objects that refer to nothing by a list of their own.
    fn is_small(&self) -> bool {
        let is_one = self.more.is_empty() && self.large.is_empty();
        is_one && self.bytes <= SMALL_BYTES_MAX && self.holders.is_empty() && self.rehash.is_empty()
    }

    fn take_chunks(&mut self) -> impl std::iter::Iterator<Item = FilledChunk> + use<> {
        self.first.take().into_iter().chain(std::mem::take(&mut self.more))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        for &holder in &self.holders {
            // SAFETY: the holder is complete and was not adopted.
            unsafe { crate::holders::release(holder) };
        }
        self.take_chunks().for_each(|filled| filled.chunk.free());
        self.large.drain(..).for_each(Chunk::free);
        if let Some(shared) = &self.shared {
            shared.give_memory(self.bytes + self.outside);
        }
    }
}

/// Bytes of an item's place: large arrays get room for cards.
fn place_bytes(object: *mut Header, bytes: usize) -> usize {
    // SAFETY: items of a graph are alive.
    let is_array = unsafe { (*object).kind() } == Kind::Array;
    if is_array && bytes >= CARD_BYTES_MIN {
        let slots = (bytes - array_bytes(0)) / 8;
        bytes + ((slots.div_ceil(CARD_SLOTS) + 7) & !7)
    } else {
        bytes
    }
}

impl Heap {
    /// Bytes that sending `value` would take, without copying it.
    pub fn message_bytes(&mut self, value: Value) -> Result<usize, Fault> {
        if value.is_frozen() {
            return Ok(0);
        }
        let graph = Graph::discover(self, value, Purpose::Send)?;
        Ok(graph.bytes + graph.outside)
    }

    /// Copies a value for another process.
    pub fn copy_message(&mut self, value: Value) -> Result<Fragment, Fault> {
        if value.is_frozen() {
            return Ok(Fragment { root: value, body: None });
        }
        if let Some(fragment) = flat_copy(value) {
            return Ok(fragment);
        }
        let graph = Graph::discover(self, value, Purpose::Send)?;
        let mut body = Box::<Body>::default();
        body.pinned = graph.bytes > PINNED_BYTES_MIN;
        let mut places = PLACES.take();
        places.clear();
        let mut left = graph.bytes;
        for item in &graph.items {
            let bytes = place_bytes(item.object, item.bytes);
            let place = body.place(bytes, left).ok_or(NeedGc { bytes })?;
            left = left.saturating_sub(item.bytes);
            places.push(place);
        }
        if body.bytes + graph.outside > SMALL_BYTES_MAX {
            if !self.shared.take_memory(body.bytes + graph.outside) {
                return Err(NeedGc { bytes: body.bytes }.into());
            }
            body.shared = Some(self.shared.clone());
        }
        body.outside = graph.outside;
        body.fill(&graph, &places);
        let root = Value::object(places[0]);
        graph.recycle();
        if places.capacity() < 1024 {
            PLACES.set(places);
        }
        Ok(Fragment { root, body: Some(body) })
    }

    /// Copies a small message into the current chunk; `None` when there is no room in it.
    fn adopt_small(&mut self, body: &Body, root: Value) -> Option<Value> {
        let filled = body.first.as_ref().filter(|_| body.is_small())?;
        let (start, end) = (filled.chunk.start, filled.chunk.start + filled.used);
        let place = self.room_for_message(filled.used)?;
        let moved = |value: Value| {
            let address = value.object_address().filter(|address| (start..end).contains(address))?;
            let object = std::ptr::with_exposed_provenance_mut::<Header>(address - start + place);
            Some(Value::object(object))
        };
        // SAFETY: the room is as large as the chunk, whose objects refer to each other by slots alone.
        unsafe {
            let target = std::ptr::with_exposed_provenance_mut::<u8>(place);
            let source = std::ptr::with_exposed_provenance::<u8>(start);
            std::ptr::copy_nonoverlapping(source, target, filled.used);
            let mut at = place;
            while at < place + filled.used {
                let object = std::ptr::with_exposed_provenance_mut::<Header>(at);
                at += size_of_object(object);
                let (first, count) = slots_of_object(object);
                for index in first..first + count {
                    if let Some(value) = moved(*slot_at(object, index)) {
                        *slot_at(object, index) = value;
                    }
                }
            }
        }
        moved(root)
    }

    /// Takes a message over. Never fails: its memory is counted, and the limit stops the next allocation.
    pub fn adopt(&mut self, mut fragment: Fragment) -> Value {
        let Some(mut body) = fragment.body.take() else { return self.adopt_flat(fragment) };
        let root = std::mem::replace(&mut fragment.root, Value::NIL);
        if let Some(root) = self.adopt_small(&body, root) {
            return root;
        }
        if body.shared.is_none() {
            self.shared.force_memory(body.bytes + body.outside);
        }
        // From here on the heap owns what the fragment owned, its share of the VM's memory included.
        body.shared = None;
        self.charged += body.bytes + body.outside;
        self.outside += body.outside;
        if !body.pinned && self.births_old() {
            // New objects of this heap are old and are filled without barrier: nothing may be young.
            make_old(body.first.iter().chain(&body.more), &body.large);
            body.pinned = true;
        }
        for holder in std::mem::take(&mut body.holders) {
            self.register_holder(holder);
        }
        let large = std::mem::take(&mut body.large);
        if body.pinned {
            self.adopt_pinned(body.take_chunks(), large, root);
        } else {
            for filled in body.take_chunks() {
                self.adopt_young(filled.chunk);
            }
            self.nursery.large.extend(large);
            if self.nursery.bytes >= self.nursery.target {
                self.ask_for_gc();
            }
        }
        for table in std::mem::take(&mut body.rehash) {
            let rehashed = self.rehash(table);
            debug_assert!(rehashed.is_ok(), "keys of a message are flat and hashable");
        }
        root
    }

    /// A message of one chunk that needs nothing else.
    fn adopt_flat(&mut self, mut fragment: Fragment) -> Value {
        let root = fragment.root;
        let Some(chunk) = fragment.flat() else { return root };
        if let Some(place) = self.room_for_message(chunk.bytes) {
            // SAFETY: the room is as large as the object, which refers to nothing that moves.
            return unsafe { copy_flat(root, place, chunk.bytes) };
        }
        fragment.root = Value::NIL;
        self.shared.force_memory(chunk.bytes);
        self.charged += chunk.bytes;
        if self.births_old() {
            let filled = FilledChunk { used: chunk.bytes, chunk };
            make_old(std::iter::once(&filled), &[]);
            self.adopt_pinned(std::iter::once(filled), Vec::new(), root);
        } else {
            self.adopt_young(chunk);
            if self.nursery.bytes >= self.nursery.target {
                self.ask_for_gc();
            }
        }
        root
    }

    /// Copies a value of another process that needs no more than a copy of its bytes: where it is that, and this heap
    /// has room at hand.
    pub fn copy_of_flat(&mut self, value: Value) -> Option<Value> {
        if value.is_frozen() {
            return Some(value);
        }
        let bytes = flat_bytes(value)?;
        let place = self.room_for_message(bytes)?;
        // SAFETY: as in `adopt_flat`.
        Some(unsafe { copy_flat(value, place, bytes) })
    }

    fn adopt_young(&mut self, chunk: Chunk) {
        let chunks = &mut self.nursery.chunks;
        self.nursery.bytes += chunk.bytes;
        chunks.push(chunk);
        if let [.., current, adopted] = chunks.as_mut_slice() {
            // The last chunk is the one that allocation goes on in.
            std::mem::swap(current, adopted);
        }
    }

    fn adopt_pinned(
        &mut self,
        chunks: impl std::iter::Iterator<Item = FilledChunk>,
        large: Vec<Chunk>,
        root: Value,
    ) {
        let old = self.old_space();
        for filled in chunks {
            old.bytes += filled.chunk.bytes;
            old.pinned_new.push(filled);
        }
        let sweeping = old.phase == Phase::Sweeping;
        for chunk in large {
            let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
            if sweeping {
                // SAFETY: the object is complete. The sweep will come by and clear the mark.
                unsafe { (*object).flags |= crate::header::MARK };
            }
            old.bytes += chunk.bytes;
            old.large.push(chunk);
        }
        if old.phase == Phase::Marking {
            // Nothing but the root is known to the program yet.
            crate::collect::mark::mark_value(old, root);
        }
        if old.bytes > old.trigger {
            self.ask_for_gc();
        }
    }
}

/// The size of a small tuple of values that are of no heap or frozen, which most messages are.
fn flat_bytes(value: Value) -> Option<usize> {
    let tuple = value.as_tuple()?;
    if !tuple.elements().iter().all(|element| element.is_frozen()) {
        return None;
    }
    // SAFETY: a tuple is alive.
    let bytes = unsafe { size_of_object(value.pointer()) };
    (bytes <= SMALL_BYTES_MAX).then_some(bytes)
}

/// Copies a flat tuple to a place of its size.
///
/// # Safety
/// The object is alive and has so many bytes, and so has the place.
unsafe fn copy_flat(value: Value, place: usize, bytes: usize) -> Value {
    let object = std::ptr::with_exposed_provenance_mut::<Header>(place);
    // SAFETY: by the contract.
    unsafe {
        std::ptr::copy_nonoverlapping(value.pointer().cast::<u8>(), object.cast::<u8>(), bytes);
        (*object).flags = YOUNG;
    }
    Value::object(object)
}

/// A flat tuple without looking for a graph.
fn flat_copy(value: Value) -> Option<Fragment> {
    let bytes = flat_bytes(value)?;
    let chunk = Chunk::new(bytes)?;
    // SAFETY: the chunk is as large as the object.
    let root = unsafe { copy_flat(value, chunk.start, bytes) };
    Some(Fragment { root, body: None })
}

/// Turns the young objects of a fragment into old ones.
fn make_old<'c>(chunks: impl std::iter::Iterator<Item = &'c FilledChunk>, large: &[Chunk]) {
    let age = |object: *mut Header| {
        // SAFETY: a fragment is filled with complete objects.
        unsafe { (*object).flags = (*object).flags & CARDED | OLD | BARRIER };
    };
    chunks.for_each(|filled| for_each_packed(filled, age));
    large.iter().for_each(|chunk| age(std::ptr::with_exposed_provenance_mut(chunk.start)));
}

impl Body {
    fn fill(&mut self, graph: &Graph, places: &[*mut Header]) {
        let flags = if self.pinned { OLD | BARRIER } else { YOUNG };
        for (number, &place) in places.iter().enumerate() {
            let item = &graph.items[number];
            // SAFETY: each place has room for its item, cards of large arrays included.
            unsafe {
                graph.write(number, places, flags);
                if place_bytes(item.object, item.bytes) != item.bytes {
                    (*place).flags |= CARDED;
                    let capacity = (*place.cast::<ArrayObject>()).capacity as usize;
                    let cards = place.cast::<u8>().add(array_bytes(capacity));
                    cards.write_bytes(CARD_CLEAN, (capacity.div_ceil(CARD_SLOTS) + 7) & !7);
                }
                if crate::frozen::is_holder((*place).kind()) {
                    self.holders.push(place);
                }
            }
        }
        for &place in places {
            if needs_rehash(Value::object(place)) {
                self.rehash.push(Value::object(place));
            }
        }
    }
}
