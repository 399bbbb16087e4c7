//! Chunks of memory from the system allocator: the one place where heaps get and give back memory.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};

/// A run of bytes, owned by whoever holds it; freed by `free`, not by dropping.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) bytes: usize,
}

impl Chunk {
    /// `None` when the system has no memory.
    pub(crate) fn new(bytes: usize) -> Option<Chunk> {
        let layout = Layout::from_size_align(bytes, 16).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc(layout) };
        if start.is_null() { None } else { Some(Chunk { start: start.expose_provenance(), bytes }) }
    }

    /// All bytes zero. For large chunks the system has such pages at hand, and those never touched cost nothing.
    pub(crate) fn new_zeroed(bytes: usize) -> Option<Chunk> {
        let layout = Layout::from_size_align(bytes, 16).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() { None } else { Some(Chunk { start: start.expose_provenance(), bytes }) }
    }

    pub(crate) fn end(&self) -> usize {
        self.start + self.bytes
    }

    pub(crate) fn free(self) {
        let pointer = std::ptr::with_exposed_provenance_mut::<u8>(self.start);
        // SAFETY: allocated by `new` with this layout, and nothing refers to it any more.
        unsafe { dealloc(pointer, Layout::from_size_align_unchecked(self.bytes, 16)) };
    }
}
