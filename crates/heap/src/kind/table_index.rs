//! The index of a map or set: filling, growing, compacting. See `table` for its form.
#![allow(unsafe_code)]

use super::array::Array;
use super::raw::Raw;
use super::table::{Table, UNINDEXED_MAX, table_of};
use crate::fault::Fault;
use crate::hash::hash;
use crate::heap::Heap;
use crate::value::Value;

/// Entry numbers and one more fit 32 bits.
const ENTRIES_MAX: usize = u32::MAX as usize - 1;

impl Heap {
    /// Builds the index of a copied table anew, where keys hash natively; others keep the hash they had.
    pub(crate) fn rehash(&mut self, container: Value) -> Result<(), Fault> {
        let Some(table) = table_of(container) else { return Ok(()) };
        let (Some(index), Some(entries)) = (table.index(), table.entries()) else { return Ok(()) };
        let mut words = Vec::with_capacity(table.len());
        for slot in 0..index.capacity() / 8 {
            let word = index_word(index, slot);
            let entry = (word as u32).wrapping_sub(1) as usize;
            if word == 0 || table.key(entries, entry).is_undef() {
                continue;
            }
            let hash = match hash(self, table.key(entries, entry)) {
                Ok(hash) => hash,
                Err(Fault::Decline | Fault::Unhashable(_)) => (word >> 32) as u32,
                Err(other) => return Err(other),
            };
            words.push((hash, entry));
        }
        // SAFETY: the index is private to this copy, which nobody else has seen yet.
        unsafe { index.data().write_bytes(0, index.capacity()) };
        for (hash, entry) in words {
            index_insert(index, hash, entry);
        }
        Ok(())
    }

    /// Moves the live entries into new storage with room for `capacity` of them.
    #[cold]
    pub(super) fn table_rebuild(&mut self, table: Table, capacity: usize) -> Result<(), Fault> {
        if table.is_frozen() {
            return Err(Fault::Frozen);
        }
        if capacity > ENTRIES_MAX {
            return Err(Fault::TooLarge);
        }
        let indexed = capacity > UNINDEXED_MAX || table.index().is_some();
        let index = if indexed { Some(self.raw_new(index_slots(capacity) * 8)?) } else { None };
        let old_slots = table.used() * table.stride;
        let dense = table.len() == table.used();
        let entries = if dense {
            self.array_grow(table.entries(), old_slots, capacity * table.stride)?
        } else {
            self.array_new(capacity * table.stride)?
        };
        let moved = if dense { None } else { Some(self.table_compact(table, entries)?) };
        if let Some(index) = index {
            self.fill_index(table, entries, index, moved.as_deref())?;
        }
        let replaced = table.entries();
        // SAFETY: a live object with these two slots.
        unsafe {
            self.store(table.object.cast(), 1, entries.value())?;
            self.store(table.object.cast(), 2, index.map_or(Value::NIL, Raw::value))?;
            (*table.object).used = table.len() as u64;
            (*table.object).first = 0;
        }
        if let Some(replaced) = replaced {
            self.array_retire(replaced, entries);
        }
        Ok(())
    }

    /// Copies live entries to the front of `target`; gives the new number of each old entry.
    fn table_compact(&mut self, table: Table, target: Array) -> Result<Vec<u32>, Fault> {
        let Some(entries) = table.entries() else { return Ok(Vec::new()) };
        let mut numbers = Vec::with_capacity(table.used());
        let mut next = 0usize;
        for entry in 0..table.used() {
            numbers.push(next as u32);
            if !table.key(entries, entry).is_undef() {
                for slot in 0..table.stride {
                    let value = entries.get(entry * table.stride + slot);
                    self.array_store(target, next * table.stride + slot, value)?;
                }
                next += 1;
            }
        }
        Ok(numbers)
    }

    /// Fills a new index from the old one, or from the keys when there was none.
    fn fill_index(
        &mut self,
        table: Table,
        target: Array,
        index: Raw,
        moved: Option<&[u32]>,
    ) -> Result<(), Fault> {
        let Some(old) = table.index() else {
            for entry in 0..table.len() {
                let hash = hash(self, target.get(entry * table.stride))?;
                index_insert(index, hash, entry);
            }
            return Ok(());
        };
        let Some(entries) = table.entries() else { return Ok(()) };
        for slot in 0..old.capacity() / 8 {
            let word = index_word(old, slot);
            if word == 0 {
                continue;
            }
            let entry = (word as u32 - 1) as usize;
            match moved {
                None => index_insert(index, (word >> 32) as u32, entry),
                Some(numbers) if !table.key(entries, entry).is_undef() => {
                    index_insert(index, (word >> 32) as u32, numbers[entry] as usize);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Slots of an index for that many entries: at most 3/4 in use.
pub(super) fn index_slots(capacity: usize) -> usize {
    (capacity + capacity / 3 + 1).next_power_of_two().max(16)
}

#[inline(always)]
pub(super) fn index_word(index: Raw, slot: usize) -> u64 {
    debug_assert!(slot * 8 < index.capacity());
    // SAFETY: callers mask the slot.
    unsafe { *index.data().cast::<u64>().add(slot) }
}

pub(super) fn index_insert(index: Raw, hash: u32, entry: usize) {
    let mask = index.capacity() / 8 - 1;
    let mut slot = hash as usize & mask;
    while index_word(index, slot) != 0 {
        slot = (slot + 1) & mask;
    }
    // SAFETY: the slot is masked; the index always has a free slot.
    unsafe { *index.data().cast::<u64>().add(slot) = (hash as u64) << 32 | (entry as u64 + 1) };
}
