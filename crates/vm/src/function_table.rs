//! Every linked function's entry, by id, at an address that never changes: calls, caches and function values refer
//! to entries by address. The table reserves address space for all it may ever hold; the system gives memory to
//! the part that is used.
//!
//! SAFETY contract: entries below `used` are either complete or not yet known to anyone but their linker.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::code::Entry;

/// More functions than any honest program has.
pub(crate) const FUNCTIONS_MAX: usize = 1 << 20;

pub(crate) struct FunctionTable {
    start: *mut Entry,
    used: AtomicUsize,
}

// SAFETY: entries are immutable once they are known to others.
unsafe impl Send for FunctionTable {}
// SAFETY: as above.
unsafe impl Sync for FunctionTable {}

impl FunctionTable {
    pub fn new() -> FunctionTable {
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
        FunctionTable { start, used: AtomicUsize::new(0) }
    }

    pub fn start(&self) -> *const Entry {
        self.start
    }

    /// Ids for `count` more functions; `None` when the table is full.
    pub fn reserve(&self, count: usize) -> Option<usize> {
        let first = self.used.fetch_add(count, Relaxed);
        (first + count <= FUNCTIONS_MAX).then_some(first)
    }

    /// The address that the entry of this id will have.
    pub fn address(&self, id: usize) -> u64 {
        assert!(id < FUNCTIONS_MAX, "invariant: ids come from `reserve`");
        // SAFETY: inside the allocation.
        unsafe { self.start.add(id) }.expose_provenance() as u64
    }

    /// Completes an entry. Called once for each reserved id, before anyone calls the function.
    pub fn set(&self, id: usize, entry: Entry) -> &'static Entry {
        assert!(id < FUNCTIONS_MAX, "invariant: ids come from `reserve`");
        // SAFETY: inside the allocation; only the linker that reserved the id writes it. Entries live as long as
        // any code that could refer to them, since neither is ever freed.
        unsafe {
            self.start.add(id).write(entry);
            &*self.start.add(id)
        }
    }

    pub fn get(&self, id: usize) -> Option<&'static Entry> {
        // SAFETY: inside the used part of the allocation, which is never freed.
        (id < self.used.load(Relaxed)).then(|| unsafe { &*self.start.add(id) })
    }
}
