//! Every linked function's entry, by id, at an address that never changes: calls, caches and function values refer
//! to entries by address, method caches by a 24-bit id. All VMs of a program share one table, which reserves the
//! address space for all it may ever hold; the system gives memory to the part that is used. Each VM owns ranges of
//! it, and gives them back together with its code.
//!
//! SAFETY contract: an entry is written once, by the linker that reserved its id, before anyone else knows it. What a
//! VM owns here is freed when the VM goes, and so after its processes, which hold the VM: references to entries and
//! code that are called `'static` live as long as their VM.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::code::{Code, Entry};

/// Functions of all VMs together.
const FUNCTIONS_MAX: usize = 1 << 20;
/// Functions of one VM: more than any honest program has, and few enough that one VM leaves room for others.
const FUNCTIONS_OF_VM_MAX: usize = 1 << 18;

/// The one table of entries.
struct Table {
    start: *mut Entry,
    free: Mutex<Free>,
}

/// What may be given out: ranges that were given back, by their start, and everything from `next` on.
#[derive(Default)]
struct Free {
    ranges: BTreeMap<usize, usize>,
    next: usize,
}

// SAFETY: entries are immutable, apart from their atomics, once they are known to others.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        // With a small alignment the allocator gets zeroed memory from the system, which it touches nowhere; with
        // a larger one it would clear all of it.
        let bytes = (FUNCTIONS_MAX + 1) * size_of::<Entry>();
        let layout = Layout::from_size_align(bytes, 16).expect("invariant: a constant size that fits");
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc_zeroed(layout) };
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: there is one entry more than needed, so the aligned start lies inside.
        let start = unsafe { memory.add(memory.align_offset(align_of::<Entry>())) }.cast::<Entry>();
        Table { start, free: Mutex::default() }
    })
}

impl Table {
    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Free {
    fn take(&mut self, count: usize) -> Option<usize> {
        let fitting = self.ranges.iter().find(|&(_, &len)| len >= count).map(|(&start, &len)| (start, len));
        if let Some((start, len)) = fitting {
            self.ranges.remove(&start);
            if len > count {
                self.ranges.insert(start + count, len - count);
            }
            return Some(start);
        }
        let start = self.next;
        let end = start.checked_add(count).filter(|&end| end <= FUNCTIONS_MAX)?;
        self.next = end;
        Some(start)
    }

    fn give(&mut self, mut start: usize, mut len: usize) {
        if let Some(after) = self.ranges.remove(&(start + len)) {
            len += after;
        }
        if let Some((&before, &before_len)) = self.ranges.range(..start).next_back()
            && before + before_len == start
        {
            self.ranges.remove(&before);
            (start, len) = (before, before_len + len);
        }
        if start + len == self.next {
            self.next = start;
        } else {
            self.ranges.insert(start, len);
        }
    }
}

/// The functions of one VM, and the memory of its code.
#[derive(Default)]
pub(crate) struct Functions(Mutex<Owned>);

#[derive(Default)]
struct Owned {
    /// Start and length.
    ranges: Vec<(usize, usize)>,
    count: usize,
    codes: Vec<*mut Code>,
    words: Vec<*mut [u64]>,
    slots: Vec<*mut [AtomicU64]>,
}

// SAFETY: the pointers are owned.
unsafe impl Send for Owned {}

impl Functions {
    fn owned(&self) -> MutexGuard<'_, Owned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where all entries begin; ids count from there.
    pub fn start() -> *const Entry {
        table().start
    }

    /// Ids for `count` more functions; `None` when there are too many.
    pub fn reserve(&self, count: usize) -> Option<usize> {
        let mut owned = self.owned();
        if count == 0 || owned.count.saturating_add(count) > FUNCTIONS_OF_VM_MAX {
            return (count == 0).then_some(0);
        }
        let first = table().free().take(count)?;
        owned.ranges.push((first, count));
        owned.count += count;
        Some(first)
    }

    /// The address that the entry of this id will have.
    pub fn address(id: usize) -> u64 {
        assert!(id < FUNCTIONS_MAX, "invariant: ids come from `reserve`");
        // SAFETY: inside the allocation.
        unsafe { table().start.add(id) }.expose_provenance() as u64
    }

    /// Completes an entry. Called once for each reserved id, before anyone calls the function.
    pub fn set(id: usize, entry: Entry) -> &'static Entry {
        assert!(id < FUNCTIONS_MAX, "invariant: ids come from `reserve`");
        // SAFETY: inside the allocation; only the linker that reserved the id writes it.
        unsafe {
            let place = table().start.add(id);
            place.write(entry);
            &*place
        }
    }

    /// The entry of an id of this VM.
    pub fn get(&self, id: usize) -> Option<&'static Entry> {
        let is_own = self.owned().ranges.iter().any(|&(first, count)| (first..first + count).contains(&id));
        // SAFETY: inside the allocation. Entries that are not complete are zero, and so without a profile.
        let entry = is_own.then(|| unsafe { table().start.add(id) })?;
        // SAFETY: as above: the field is readable as a word in either case.
        let is_complete = unsafe { std::ptr::addr_of!((*entry).profile).cast::<u64>().read() } != 0;
        // SAFETY: complete, and not freed before this VM.
        is_complete.then(|| unsafe { &*entry })
    }

    /// The complete entries of this VM.
    pub fn all(&self) -> Vec<&'static Entry> {
        let ranges = self.owned().ranges.clone();
        ranges
            .into_iter()
            .flat_map(|(first, count)| first..first + count)
            .filter_map(|id| self.get(id))
            .collect()
    }

    /// Keeps code as long as the VM lives.
    pub fn keep_code(&self, code: Code) -> &'static Code {
        let code = Box::into_raw(Box::new(code));
        self.owned().codes.push(code);
        // SAFETY: just made; freed with this VM.
        unsafe { &*code }
    }

    /// Keeps the words of a profile as long as the VM lives.
    pub fn keep_words(&self, words: Vec<u64>) -> *mut u64 {
        let words = Box::into_raw(words.into_boxed_slice());
        self.owned().words.push(words);
        words.cast()
    }

    /// Keeps the slots of a module as long as the VM lives.
    pub fn keep_slots(&self, slots: Vec<AtomicU64>) -> &'static [AtomicU64] {
        let slots = Box::into_raw(slots.into_boxed_slice());
        self.owned().slots.push(slots);
        // SAFETY: just made; freed with this VM.
        unsafe { &*slots }
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        let owned = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let table = table();
        // SAFETY: everything here was made by `Box::into_raw`, and nobody runs this VM's code any more. An entry
        // owns nothing, so zeroing it makes it free.
        unsafe {
            for &(first, count) in &owned.ranges {
                std::ptr::write_bytes(table.start.add(first), 0, count);
            }
            owned.codes.drain(..).for_each(|code| drop(Box::from_raw(code)));
            owned.words.drain(..).for_each(|words| drop(Box::from_raw(words)));
            owned.slots.drain(..).for_each(|slots| drop(Box::from_raw(slots)));
        }
        let mut free = table.free();
        owned.ranges.drain(..).for_each(|(first, count)| free.give(first, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_given_out_again_and_join_their_neighbours() {
        let mut free = Free::default();
        let [a, b, c] = [10, 20, 30].map(|count| free.take(count).expect("there is room"));
        assert_eq!((a, b, c, free.next), (0, 10, 30, 60));
        free.give(a, 10);
        free.give(b, 20);
        assert_eq!(free.ranges, BTreeMap::from([(0, 30)]));
        assert_eq!(free.take(25), Some(0));
        free.give(c, 30);
        free.give(0, 25);
        assert_eq!((free.next, free.ranges.len()), (0, 0));
        assert_eq!(free.take(FUNCTIONS_MAX + 1), None);
    }
}
