//! The nursery: chunks that young objects are bump-allocated in, and the way into every slower allocation.
//!
//! Three places hold young objects: `chunks` (new ones, and adopted messages), `survivors` (survived once; packed
//! without gaps, so that they can be walked), `large` (each on its own, freed or promoted in place). All are empty
//! of garbage after a minor collection.
#![allow(unsafe_code)]

use crate::fault::NeedGc;
use crate::header::{BARRIER, CARDED, Header, MARK, OLD, YOUNG};
use crate::heap::{Bulk, CollectorKind, Heap, LARGE_BYTES_MIN};
use crate::kind::Kind;
use crate::memory::Chunk;
use crate::old::{OldSpace, Phase};

/// The first chunk of a process.
const FIRST_CHUNK_BYTES: usize = 128;
/// No chunk is larger, so the slack of the byte limit stays small.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// What the nursery shrinks to when a collection of more would take too long.
pub(crate) const NURSERY_BYTES_MIN: usize = 64 * 1024;
/// What the nursery may grow to before its first collection.
const NURSERY_BYTES_START: usize = 256 * 1024;
/// What one call may put into the nursery beyond its target.
const BULK_BYTES: usize = 256 * 1024;
/// Young large objects and blobs of this many bytes ask for a collection.
const LARGE_BYTES_PER_CYCLE: usize = 16 * 1024 * 1024;

/// A chunk with the number of bytes in use.
pub(crate) struct FilledChunk {
    pub(crate) chunk: Chunk,
    pub(crate) used: usize,
}

pub(crate) struct Nursery {
    /// Chunks of new objects; the last is the current one.
    pub(crate) chunks: Vec<Chunk>,
    /// Objects that survived the last minor collection.
    pub(crate) survivors: Vec<FilledChunk>,
    /// Large objects that the next minor collection frees or promotes.
    pub(crate) large: Vec<Chunk>,
    /// Chunks kept for the next cycle.
    pub(crate) spare: Vec<Chunk>,
    /// Bytes of `chunks`.
    pub(crate) bytes: usize,
    /// Bytes of `chunks` at which a collection is asked for.
    pub(crate) target: usize,
    /// Size of the next new chunk: doubles up to `CHUNK_BYTES_MAX`.
    next_chunk_bytes: usize,
    /// Bytes of large objects and blobs since the last minor collection.
    pub(crate) large_bytes: usize,
}

impl Nursery {
    pub(crate) fn new() -> Nursery {
        Nursery {
            chunks: Vec::new(),
            survivors: Vec::new(),
            large: Vec::new(),
            spare: Vec::new(),
            bytes: 0,
            target: NURSERY_BYTES_START,
            next_chunk_bytes: FIRST_CHUNK_BYTES,
            large_bytes: 0,
        }
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        let survivors = self.survivors.drain(..).map(|filled| filled.chunk);
        let all = self.chunks.drain(..).chain(self.large.drain(..)).chain(self.spare.drain(..));
        for chunk in all.chain(survivors) {
            chunk.free();
        }
    }
}

impl Heap {
    /// Memory that counts against the limits.
    pub(crate) fn take_chunk(&mut self, bytes: usize) -> Result<Chunk, NeedGc> {
        self.take_chunk_by(bytes, Chunk::new)
    }

    fn take_chunk_by(&mut self, bytes: usize, make: fn(usize) -> Option<Chunk>) -> Result<Chunk, NeedGc> {
        self.check_room(bytes)?;
        if !self.shared.take_memory(bytes) {
            return Err(NeedGc { bytes });
        }
        match make(bytes) {
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

    /// Memory that the collector needs to finish: counted, but not refused.
    pub(crate) fn force_chunk(&mut self, bytes: usize) -> Chunk {
        self.shared.force_memory(bytes);
        self.charged += bytes;
        match Chunk::new(bytes) {
            Some(chunk) => chunk,
            // A half-finished collection cannot be undone.
            None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; CHUNK_BYTES_MAX]>()),
        }
    }

    pub(crate) fn free_chunk(&mut self, chunk: Chunk) {
        self.discharge(chunk.bytes);
        chunk.free();
    }

    /// Room that the current chunk does not have. The flags of the new object are written.
    #[cold]
    #[inline(never)]
    pub(crate) fn allocate_slow(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        if bytes > LARGE_BYTES_MIN {
            return self.allocate_large(bytes, Chunk::new);
        }
        if self.births_old() {
            return self.allocate_old(bytes);
        }
        if !self.extend_chunk(bytes) {
            self.next_chunk(bytes)?;
        }
        let object = std::ptr::with_exposed_provenance_mut::<Header>(self.cursor);
        self.cursor += bytes;
        // SAFETY: the chunk has room for the object.
        unsafe { (*object).flags = YOUNG };
        Ok(object)
    }

    /// Room in the current chunk for a message that has arrived. A heap that has allocated nothing stays so for the
    /// first messages: most processes that wait get no more.
    pub(crate) fn room_for_message(&mut self, bytes: usize) -> Option<usize> {
        if self.config.collector != CollectorKind::Generational || self.births_old() {
            return None;
        }
        if self.limit - self.cursor < bytes {
            if self.nursery.chunks.len() < 2 {
                return None;
            }
            if !self.extend_chunk(bytes) {
                self.next_chunk(bytes).ok()?;
            }
        }
        let place = self.cursor;
        self.cursor += bytes;
        Some(place)
    }

    /// Goes on in the part of the current chunk behind the nursery's target, and asks for a collection.
    fn extend_chunk(&mut self, bytes: usize) -> bool {
        let Some(end) = self.nursery.chunks.last().map(Chunk::end) else { return false };
        let current = self.cursor != 0 && self.limit < end && end - self.cursor >= bytes;
        if current {
            self.limit = end;
            self.ask_for_gc();
        }
        current
    }

    /// Starts a new chunk. Of a chunk in which the target is reached only the part up to it is opened.
    fn next_chunk(&mut self, bytes: usize) -> Result<(), NeedGc> {
        let target = self.nursery.target.min(self.config.bytes_max / 4);
        if self.bulk == Bulk::Possible
            && self.config.collector == CollectorKind::Generational
            && self.nursery.bytes > target + BULK_BYTES
        {
            self.bulk = Bulk::Wanted;
            return Err(NeedGc { bytes });
        }
        let open = target.saturating_sub(self.nursery.bytes) & !7;
        let chunk = self.nursery_chunk(bytes)?;
        self.nursery.bytes += chunk.bytes;
        self.cursor = chunk.start;
        self.limit = if open == 0 { chunk.end() } else { chunk.start + chunk.bytes.min(open.max(bytes)) };
        if self.nursery.chunks.is_empty() {
            // Most processes that wait have one, and a vector would begin with room for four.
            self.nursery.chunks.reserve_exact(1);
        }
        self.nursery.chunks.push(chunk);
        if open == 0 {
            self.ask_for_gc();
        }
        Ok(())
    }

    /// Bytes of new objects since the last collection.
    pub(crate) fn nursery_used(&self) -> usize {
        let rest = self.nursery.chunks.last().map_or(0, |chunk| chunk.end() - self.cursor.max(chunk.start));
        if self.cursor == 0 { self.nursery.bytes } else { self.nursery.bytes - rest }
    }

    fn nursery_chunk(&mut self, bytes: usize) -> Result<Chunk, NeedGc> {
        if self.shared.failure.is_some() {
            // Each object is an allocation that may fail.
            return self.take_chunk(bytes);
        }
        if let Some(chunk) = self.nursery.spare.pop() {
            if chunk.bytes >= bytes {
                return Ok(chunk);
            }
            self.free_chunk(chunk);
        }
        let limit = (self.config.bytes_max / 16).max(FIRST_CHUNK_BYTES);
        let wanted = self.nursery.next_chunk_bytes.min(limit);
        let chunk = self.take_chunk(wanted.max(bytes))?;
        self.nursery.next_chunk_bytes = (self.nursery.next_chunk_bytes * 2).min(CHUNK_BYTES_MAX);
        Ok(chunk)
    }

    /// Raises `wants_gc`, unless this heap never collects.
    pub(crate) fn ask_for_gc(&mut self) {
        self.wants_gc = self.config.collector != CollectorKind::None;
    }

    /// Counts memory that only a minor collection can find to be garbage.
    pub(crate) fn count_young_large(&mut self, bytes: usize) {
        self.nursery.large_bytes += bytes;
        if self.nursery.large_bytes > LARGE_BYTES_PER_CYCLE.min(self.config.bytes_max / 4) {
            self.ask_for_gc();
        }
    }

    fn allocate_large(
        &mut self,
        bytes: usize,
        make: fn(usize) -> Option<Chunk>,
    ) -> Result<*mut Header, NeedGc> {
        let chunk = self.take_chunk_by(bytes, make)?;
        let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
        let flags = if self.births_old() {
            self.adopt_large(chunk)
        } else {
            self.nursery.large.push(chunk);
            self.count_young_large(bytes);
            YOUNG
        };
        // SAFETY: the chunk has room for the object.
        unsafe { (*object).flags = flags };
        Ok(object)
    }

    /// Room of zeros for a large object without values.
    pub(crate) fn allocate_zeroed(&mut self, kind: Kind, bytes: usize) -> Result<*mut Header, NeedGc> {
        let object = self.allocate_large(bytes, Chunk::new_zeroed)?;
        // SAFETY: the chunk has room for the object; its flags were chosen by the allocator.
        unsafe {
            let flags = (*object).flags;
            object.write(Header::new(kind, flags, 0, 0));
        }
        Ok(object)
    }

    /// Room for an array with cards: born old. All bytes are zero: slots are no pointers and cards are clean.
    pub(crate) fn allocate_carded_array(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        let chunk = self.take_chunk_by(bytes, Chunk::new_zeroed)?;
        let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
        let flags = self.adopt_large(chunk) | CARDED;
        // SAFETY: the chunk has room for the object.
        unsafe { object.write(Header::new(Kind::Array, flags, 0, 0)) };
        Ok(object)
    }

    /// Puts a large object into the old space; gives the flags it must have.
    pub(crate) fn adopt_large(&mut self, chunk: Chunk) -> u8 {
        let old = self.old_space();
        old.bytes += chunk.bytes;
        old.large.push(chunk);
        let black = match old.phase {
            Phase::Idle => 0,
            // The sweep will come by and clear the mark.
            Phase::Marking | Phase::Sweeping => MARK,
        };
        if old.bytes > old.trigger {
            self.ask_for_gc();
        }
        OLD | BARRIER | black
    }

    fn allocate_old(&mut self, bytes: usize) -> Result<*mut Header, NeedGc> {
        self.check_room(bytes)?;
        let (object, flags) = self.old_cell(bytes);
        self.nursery.large_bytes += bytes;
        if self.bulk == Bulk::Running {
            self.old_space().debt += bytes;
        }
        if self.nursery.large_bytes > self.nursery.target.min(self.config.bytes_max / 8) {
            self.ask_for_gc();
        }
        // SAFETY: the cell has room for the object.
        unsafe { (*object).flags = flags };
        Ok(object)
    }

    #[inline]
    pub(crate) fn old_space(&mut self) -> &mut OldSpace {
        let bytes_max = self.config.bytes_max;
        self.old.get_or_insert_with(|| Box::new(OldSpace::new(bytes_max)))
    }

    /// Gives back memory that is only kept for speed: for a process that goes idle.
    pub fn trim(&mut self) {
        while let Some(chunk) = self.nursery.spare.pop() {
            self.free_chunk(chunk);
        }
        self.nursery.next_chunk_bytes = FIRST_CHUNK_BYTES;
    }
}
