//! The nursery: chunks that young objects are bump-allocated in, and the way into every slower allocation.
#![allow(unsafe_code)]

use crate::fault::NeedGc;
use crate::header::{BARRIER, CARDED, Header, OLD, YOUNG};
use crate::heap::{CollectorKind, Heap, LARGE_BYTES_MIN};
use crate::memory::Chunk;
use crate::old::OldSpace;

/// The first chunk of a process.
const FIRST_CHUNK_BYTES: usize = 512;
/// No chunk is larger, so the slack of the byte limit stays small.
const CHUNK_BYTES_MAX: usize = 256 * 1024;

pub(crate) struct Nursery {
    /// Chunks being filled; the last is the current one.
    pub(crate) chunks: Vec<Chunk>,
    /// Large objects that the next minor collection frees or promotes.
    pub(crate) large: Vec<Chunk>,
    /// Bytes of `chunks`.
    pub(crate) bytes: usize,
}

impl Nursery {
    pub(crate) fn new() -> Nursery {
        Nursery { chunks: Vec::new(), large: Vec::new(), bytes: 0 }
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..).chain(self.large.drain(..)) {
            chunk.free();
        }
    }
}

impl Heap {
    /// Memory that counts against the limits.
    pub(crate) fn take_chunk(&mut self, bytes: usize) -> Result<Chunk, NeedGc> {
        self.check_room(bytes)?;
        if !self.shared.take_memory(bytes) {
            return Err(NeedGc { bytes });
        }
        match Chunk::new(bytes) {
            Some(chunk) => {
                self.charged += bytes;
                Ok(chunk)
            }
            None => {
                self.shared.give_memory(bytes);
                Err(NeedGc { bytes })
            }
        }
    }

    /// Room that the current chunk does not have. The flags of the new object are written.
    #[cold]
    #[inline(never)]
    pub(crate) fn allocate_slow(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        if bytes > LARGE_BYTES_MIN {
            return self.allocate_large(bytes);
        }
        if self.config.collector == CollectorKind::MarkSweep {
            return self.allocate_old(bytes);
        }
        let doubled = self.nursery.chunks.last().map_or(FIRST_CHUNK_BYTES, |chunk| chunk.bytes * 2);
        let wanted = doubled.min(CHUNK_BYTES_MAX).min((self.config.bytes_max / 16).max(FIRST_CHUNK_BYTES));
        let chunk = self.take_chunk(wanted.max(bytes))?;
        self.nursery.bytes += chunk.bytes;
        if self.nursery.bytes > self.config.nursery_bytes_max {
            self.wants_gc = true;
        }
        self.cursor = chunk.start;
        self.limit = chunk.end();
        self.nursery.chunks.push(chunk);
        let object = std::ptr::with_exposed_provenance_mut::<Header>(self.cursor);
        self.cursor += bytes;
        // SAFETY: the chunk has room for the object.
        unsafe { (*object).flags = YOUNG };
        Ok(object)
    }

    fn allocate_large(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        let chunk = self.take_chunk(bytes)?;
        let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
        // SAFETY: the chunk has room for the object.
        unsafe { (*object).flags = YOUNG };
        self.nursery.large.push(chunk);
        Ok(object)
    }

    /// Room for an array with cards: born old.
    pub(crate) fn allocate_carded_array(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        let chunk = self.take_chunk(bytes)?;
        let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
        let old = self.old.get_or_insert_with(OldSpace::boxed);
        old.large.push(chunk);
        // SAFETY: the chunk has room for the object.
        unsafe {
            object.write(Header::new(crate::kind::Kind::Array, OLD | BARRIER | CARDED, 0, 0));
        }
        Ok(object)
    }

    fn allocate_old(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        self.allocate_large(bytes)
    }
}
