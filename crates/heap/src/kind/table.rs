//! Maps and sets: insertion-ordered open addressing.
//!
//! `entries` is an array of (key, value) pairs, or of keys for a set, in the order of insertion; a removed entry
//! has undefined slots until the next rebuild. `index` maps hashes to entries: words of `hash << 32 | entry + 1`,
//! 0 = free, a power of two of them, at most 3/4 in use, linear probing. Up to `UNINDEXED_MAX` entries with keys
//! that hash natively there is no index and entries are compared one by one.
//!
//! `epoch` changes whenever a key is added or removed: iteration checks it, and so must code that ran a user's
//! `==` between two probes.
#![allow(unsafe_code)]

use super::array::Array;
use super::raw::Raw;
use super::table_index::{index_insert, index_slots, index_word};
use super::{Kind, Layout, handle};
use crate::equal::keys_equal;
use crate::fault::{Fault, NeedGc};
use crate::hash::hash;
use crate::header::{FROZEN, Header};
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct TableObject {
    header: Header,
    entries: Value,
    index: Value,
    len: u64,
    pub(super) used: u64,
    /// No live entry stands before this one.
    pub(super) first: u64,
    epoch: u64,
}
pub const TABLE_LEN_OFFSET: usize = std::mem::offset_of!(TableObject, len);
pub const TABLE_EPOCH_OFFSET: usize = std::mem::offset_of!(TableObject, epoch);

pub(super) const UNINDEXED_MAX: usize = 8;

handle!(/** An insertion-ordered map. */ Map, TableObject, Map, as_map);
handle!(/** An insertion-ordered set. */ Set, TableObject, Set, as_set);

impl Layout for TableObject {
    unsafe fn size(_: *const Self) -> usize {
        56
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 2)
    }
}

/// A map or a set: the part that does not care which.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(super) object: *mut TableObject,
    /// Slots of an entry.
    pub(super) stride: usize,
}

impl Table {
    #[inline(always)]
    pub(super) fn entries(self) -> Option<Array> {
        // SAFETY: a handle is alive; `entries` is nil or an array.
        unsafe {
            let entries = (*self.object).entries;
            if entries.is_nil() { None } else { Some(Array::from_object(entries.pointer())) }
        }
    }

    #[inline(always)]
    pub(super) fn index(self) -> Option<Raw> {
        // SAFETY: a handle is alive; `index` is nil or a raw object.
        unsafe {
            let index = (*self.object).index;
            if index.is_nil() { None } else { Some(Raw::from_object(index.pointer())) }
        }
    }

    #[inline(always)]
    pub(super) fn len(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.object).len as usize }
    }

    #[inline(always)]
    pub(super) fn used(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.object).used as usize }
    }

    pub(super) fn is_frozen(self) -> bool {
        // SAFETY: a handle is alive.
        unsafe { (*self.object).header.has(FROZEN) }
    }

    /// The key of an entry below `used`.
    #[inline(always)]
    pub(super) fn key(self, entries: Array, entry: usize) -> Value {
        entries.get(entry * self.stride)
    }

    fn next_live(self, from: usize) -> Option<(usize, Value)> {
        let entries = self.entries()?;
        // SAFETY: a handle is alive.
        let mut entry = from.max(unsafe { (*self.object).first } as usize);
        while entry < self.used() {
            let key = self.key(entries, entry);
            if !key.is_undef() {
                return Some((entry, key));
            }
            entry += 1;
        }
        None
    }

    fn changed(self, len: usize) {
        // SAFETY: a handle is alive.
        unsafe {
            (*self.object).len = len as u64;
            (*self.object).epoch += 1;
        }
    }
}

macro_rules! table_access {
    ($($name:ident $stride:literal)*) => {$(
        impl $name {
            #[inline(always)]
            pub(crate) fn table(self) -> Table {
                Table { object: self.raw(), stride: $stride }
            }

            #[inline(always)]
            pub fn len(self) -> usize {
                self.table().len()
            }

            #[inline]
            pub fn is_empty(self) -> bool {
                self.len() == 0
            }

            /// Changes when a key is added or removed.
            #[inline(always)]
            pub fn epoch(self) -> u64 {
                // SAFETY: a handle is alive.
                unsafe { (*self.raw()).epoch }
            }

            #[inline]
            pub fn is_frozen(self) -> bool {
                self.table().is_frozen()
            }

            /// Entries used, removed ones included: an upper bound of entry numbers.
            pub fn entry_count(self) -> usize {
                self.table().used()
            }
        }
    )*};
}
table_access!(Map 2 Set 1);

impl Map {
    /// The first entry at or after `from`: its number, key and value.
    #[inline]
    pub fn next_entry(self, from: usize) -> Option<(usize, Value, Value)> {
        let (entry, key) = self.table().next_live(from)?;
        Some((entry, key, self.value_at(entry)))
    }

    /// The value of an entry that `find` or `next_entry` gave.
    #[inline(always)]
    pub fn value_at(self, entry: usize) -> Value {
        assert!(entry < self.entry_count(), "invariant: entry numbers come from the map");
        self.table().entries().map_or(Value::UNDEF, |entries| entries.get(entry * 2 + 1))
    }

    /// All live entries in order.
    pub fn iter(self) -> impl std::iter::Iterator<Item = (Value, Value)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let (entry, key, value) = self.next_entry(next)?;
            next = entry + 1;
            Some((key, value))
        })
    }
}

impl Set {
    /// The first entry at or after `from`: its number and key.
    #[inline]
    pub fn next_entry(self, from: usize) -> Option<(usize, Value)> {
        self.table().next_live(from)
    }

    /// All elements in order.
    pub fn iter(self) -> impl std::iter::Iterator<Item = Value> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let (entry, key) = self.next_entry(next)?;
            next = entry + 1;
            Some(key)
        })
    }
}

impl Heap {
    /// An empty map with room for `capacity` entries.
    pub fn map_new(&mut self, capacity: usize) -> Result<Map, NeedGc> {
        let object = self.table_new(Kind::Map, capacity, 2)?;
        // SAFETY: of this kind.
        Ok(unsafe { Map::from_object(object) })
    }

    /// An empty set with room for `capacity` elements.
    pub fn set_new(&mut self, capacity: usize) -> Result<Set, NeedGc> {
        let object = self.table_new(Kind::Set, capacity, 1)?;
        // SAFETY: of this kind.
        Ok(unsafe { Set::from_object(object) })
    }

    fn table_new(&mut self, kind: Kind, capacity: usize, stride: usize) -> Result<*mut Header, NeedGc> {
        let capacity = capacity.min(1 << 24);
        let entries = if capacity == 0 { Value::NIL } else { self.array_new(capacity * stride)?.value() };
        let index = if capacity <= UNINDEXED_MAX {
            Value::NIL
        } else {
            self.raw_new(index_slots(capacity) * 8)?.value()
        };
        let object = self.allocate(kind, 56, 0, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let table = object.cast::<TableObject>();
            (*table).entries = entries;
            (*table).index = index;
            (*table).len = 0;
            (*table).used = 0;
            (*table).first = 0;
            (*table).epoch = 0;
        }
        Ok(object)
    }

    /// The value of a key.
    #[inline]
    pub fn map_get(&mut self, map: Map, key: Value) -> Result<Option<Value>, Fault> {
        Ok(self.table_find(map.table(), key)?.map(|entry| map.value_at(entry)))
    }

    /// The entry of a key.
    #[inline]
    pub fn map_find(&mut self, map: Map, key: Value) -> Result<Option<usize>, Fault> {
        self.table_find(map.table(), key)
    }

    /// Adds or replaces; `true` when the key was new.
    pub fn map_insert(&mut self, map: Map, key: Value, value: Value) -> Result<bool, Fault> {
        let table = map.table();
        let (found, hash) = self.table_find_hash(table, key)?;
        if let Some(entry) = found {
            self.map_set_at(map, entry, value)?;
            return Ok(false);
        }
        let entry = self.table_add(table, hash, key)?;
        if let Some(entries) = table.entries() {
            self.array_store(entries, entry * 2 + 1, value)?;
        }
        Ok(true)
    }

    /// Replaces the value of an entry that `map_find` or `next_entry` gave.
    #[inline]
    pub fn map_set_at(&mut self, map: Map, entry: usize, value: Value) -> Result<(), Fault> {
        assert!(entry < map.entry_count(), "invariant: entry numbers come from the map");
        match map.table().entries() {
            Some(entries) => self.array_store(entries, entry * 2 + 1, value),
            None => Ok(()),
        }
    }

    /// Removes a key and gives its value.
    pub fn map_remove(&mut self, map: Map, key: Value) -> Result<Option<Value>, Fault> {
        let Some(entry) = self.table_find(map.table(), key)? else { return Ok(None) };
        let value = map.value_at(entry);
        self.table_remove_at(map.table(), entry)?;
        Ok(Some(value))
    }

    /// Removes an entry that `map_find` or `next_entry` gave.
    pub fn map_remove_at(&mut self, map: Map, entry: usize) -> Result<(), Fault> {
        self.table_remove_at(map.table(), entry)
    }

    pub fn map_clear(&mut self, map: Map) -> Result<(), Fault> {
        self.table_clear(map.table())
    }

    pub fn set_contains(&mut self, set: Set, key: Value) -> Result<bool, Fault> {
        Ok(self.table_find(set.table(), key)?.is_some())
    }

    /// Adds; `true` when the element was new.
    pub fn set_insert(&mut self, set: Set, key: Value) -> Result<bool, Fault> {
        let (found, hash) = self.table_find_hash(set.table(), key)?;
        if found.is_none() {
            self.table_add(set.table(), hash, key)?;
        }
        Ok(found.is_none())
    }

    /// Removes; `true` when the element was there.
    pub fn set_remove(&mut self, set: Set, key: Value) -> Result<bool, Fault> {
        match self.table_find(set.table(), key)? {
            Some(entry) => self.table_remove_at(set.table(), entry).map(|()| true),
            None => Ok(false),
        }
    }

    /// Removes an entry that `next_entry` or a probe gave.
    pub fn set_remove_at(&mut self, set: Set, entry: usize) -> Result<(), Fault> {
        self.table_remove_at(set.table(), entry)
    }

    pub fn set_clear(&mut self, set: Set) -> Result<(), Fault> {
        self.table_clear(set.table())
    }

    /// Probe for keys with a hash computed by user code: the entry of the next candidate, and where to go on.
    /// `container` is a map or set; start with `probe` 0. The caller compares keys itself.
    pub fn table_probe(&self, container: Value, hash: u32, probe: usize) -> Option<(usize, usize)> {
        let table = table_of(container)?;
        let entries = table.entries()?;
        let Some(index) = table.index() else {
            let live = |entry: &usize| !table.key(entries, *entry).is_undef();
            return (probe..table.used()).find(live).map(|entry| (entry, entry + 1));
        };
        let slots = index.capacity() / 8;
        for step in probe..slots {
            let word = index_word(index, (hash as usize + step) & (slots - 1));
            if word == 0 {
                return None;
            }
            let entry = (word as u32 - 1) as usize;
            if (word >> 32) as u32 == hash && !table.key(entries, entry).is_undef() {
                return Some((entry, step + 1));
            }
        }
        None
    }

    /// The key of an entry that `table_probe` gave.
    pub fn table_key_at(&self, container: Value, entry: usize) -> Option<Value> {
        let table = table_of(container)?;
        if entry < table.used() { Some(table.key(table.entries()?, entry)) } else { None }
    }

    /// Adds a key that is not there, under a hash computed by user code (mix it with `hash_of_user` first).
    pub fn table_add_hashed(
        &mut self,
        container: Value,
        hash: u32,
        key: Value,
        value: Value,
    ) -> Result<(), Fault> {
        let Some(table) = table_of(container) else { return Err(Fault::WrongType) };
        if table.index().is_none() {
            self.table_rebuild(table, (table.len() + 1).max(UNINDEXED_MAX * 2))?;
        }
        let entry = self.table_add(table, Some(hash), key)?;
        match table.entries() {
            Some(entries) if table.stride == 2 => self.array_store(entries, entry * 2 + 1, value),
            _ => Ok(()),
        }
    }

    /// A user's hash result, mixed with the seed.
    pub fn hash_of_user(&self, number: i64) -> u32 {
        let word = self.seed().word(number as u64 ^ 0x0123_4567_89AB_CDEF);
        ((word ^ word >> 32) as u32).max(1)
    }

    #[inline]
    fn table_find(&mut self, table: Table, key: Value) -> Result<Option<usize>, Fault> {
        Ok(self.table_find_hash(table, key)?.0)
    }

    /// Looks a key up. The hash is given when there is an index, where a new entry needs it.
    #[inline]
    fn table_find_hash(&mut self, table: Table, key: Value) -> Result<(Option<usize>, Option<u32>), Fault> {
        let Some(index) = table.index() else { return Ok((self.table_scan(table, key)?, None)) };
        let hash = hash(self, key)?;
        let Some(entries) = table.entries() else { return Ok((None, Some(hash))) };
        let mask = index.capacity() / 8 - 1;
        let mut slot = hash as usize & mask;
        loop {
            let word = index_word(index, slot);
            if word == 0 {
                return Ok((None, Some(hash)));
            }
            if (word >> 32) as u32 == hash {
                let entry = (word as u32 - 1) as usize;
                let candidate = table.key(entries, entry);
                if candidate == key || self.is_same_key(candidate, key)? {
                    return Ok((Some(entry), Some(hash)));
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Whether an entry's key, which may be gone, is `key`. Most keys are texts in one piece.
    #[inline(always)]
    fn is_same_key(&mut self, candidate: Value, key: Value) -> Result<bool, Fault> {
        if let (Some(left), Some(right)) = (candidate.as_flat_string(), key.as_flat_string()) {
            return Ok(left.as_str() == right.as_str());
        }
        Ok(!candidate.is_undef() && keys_equal(self, candidate, key)?)
    }

    /// Looks a key up in a table without index.
    fn table_scan(&mut self, table: Table, key: Value) -> Result<Option<usize>, Fault> {
        if key.is_object() && !key.is_string() {
            // Not for its value: to refuse what cannot be a key.
            hash(self, key)?;
        }
        let Some(entries) = table.entries() else { return Ok(None) };
        for entry in 0..table.used() {
            if table.key(entries, entry) == key {
                return Ok(Some(entry));
            }
        }
        if key.is_symbol() || key.is_int32() && !has_float(table, entries) {
            return Ok(None);
        }
        for entry in 0..table.used() {
            let candidate = table.key(entries, entry);
            if self.is_same_key(candidate, key)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Appends an entry for a key that is not there; its other slot stays undefined.
    fn table_add(&mut self, table: Table, known_hash: Option<u32>, key: Value) -> Result<usize, Fault> {
        if table.is_frozen() {
            return Err(Fault::Frozen);
        }
        let capacity = table.entries().map_or(0, |entries| entries.capacity() / table.stride);
        let mut known_hash = known_hash;
        if table.used() == capacity {
            let grown = if table.len() > capacity / 4 * 3 || capacity < 8 { capacity * 2 } else { capacity };
            self.table_rebuild(table, grown.max(4))?;
        }
        let entry = table.used();
        let Some(entries) = table.entries() else { unreachable!("invariant: rebuilt with entries") };
        if let Some(index) = table.index() {
            let hash = match known_hash.take() {
                Some(hash) => hash,
                None => hash(self, key)?,
            };
            index_insert(index, hash, entry);
        }
        self.array_store(entries, entry * table.stride, key)?;
        // SAFETY: a handle is alive.
        unsafe { (*table.object).used = entry as u64 + 1 };
        table.changed(table.len() + 1);
        Ok(entry)
    }

    fn table_remove_at(&mut self, table: Table, entry: usize) -> Result<(), Fault> {
        if table.is_frozen() {
            return Err(Fault::Frozen);
        }
        let Some(entries) = table.entries() else { return Ok(()) };
        for slot in 0..table.stride {
            self.array_store(entries, entry * table.stride + slot, Value::UNDEF)?;
        }
        table.changed(table.len() - 1);
        // SAFETY: a handle is alive.
        unsafe {
            if table.len() == 0 && table.used() > 0 {
                (*table.object).used = 0;
                (*table.object).first = 0;
                if let Some(index) = table.index() {
                    index.data().write_bytes(0, index.capacity());
                }
            } else if (*table.object).first == entry as u64 {
                (*table.object).first = entry as u64 + 1;
            }
        }
        Ok(())
    }

    fn table_clear(&mut self, table: Table) -> Result<(), Fault> {
        if table.is_frozen() {
            return Err(Fault::Frozen);
        }
        // SAFETY: a live object with these two slots.
        unsafe {
            self.store(table.object.cast(), 1, Value::NIL)?;
            self.store(table.object.cast(), 2, Value::NIL)?;
            (*table.object).used = 0;
            (*table.object).first = 0;
        }
        table.changed(0);
        Ok(())
    }
}

pub(super) fn table_of(container: Value) -> Option<Table> {
    container.as_map().map(Map::table).or_else(|| container.as_set().map(Set::table))
}

/// True when a small table has a key that an Int could equal without equal bits.
fn has_float(table: Table, entries: Array) -> bool {
    (0..table.used()).any(|entry| table.key(entries, entry).is_float())
}
