//! The old space: blocks of cells of one size class each, and large objects. Objects here never move.
//!
//! A cell is an object (its header's kind says so) or free (kind byte `FREE_CELL`, the next free cell in its second
//! word). A class allocates from its free list, then by bumping in its last block.
//!
//! Colours while marking: white = no `MARK`; grey = `MARK` and `GREY`, on the mark stack; black = `MARK` alone. What
//! is allocated while marking is black. While sweeping, what is allocated in a block that is not swept yet carries
//! `MARK` too, and the sweep clears it; outside these phases no object has `MARK`.
#![allow(unsafe_code)]

use crate::header::{BARRIER, HASHED, Header, MARK, OLD, SURVIVOR};
use crate::heap::{Heap, LARGE_BYTES_MIN};
use crate::identity::IdentityTable;
use crate::kind::{FREE_CELL, size_of_object};
use crate::memory::Chunk;
use crate::nursery::FilledChunk;

/// For old objects the survivor bit means: marked, but not scanned yet.
pub(crate) const GREY: u8 = SURVIVOR;

const BLOCK_BYTES_MIN: usize = 4 * 1024;
const BLOCK_BYTES_MAX: usize = 64 * 1024;
/// Up to this size the old space may double between two cycles.
const GROWTH_BYTES_DOUBLE: usize = 64 * 1024 * 1024;
/// Blocks that one allocation sweeps in search of a free cell, before it takes a new block.
const LAZY_BLOCKS_MAX: usize = 2;
/// The old space is not marked below this size.
const TRIGGER_BYTES_MIN: usize = 4 * 1024 * 1024;
/// Classes of 16, 24, ... 128 bytes, then four to each doubling up to `LARGE_BYTES_MIN`.
const FINE_CLASSES: usize = 15;
const CLASSES: usize = FINE_CLASSES + 24;

/// What the incremental collector is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Idle,
    Marking,
    Sweeping,
}

/// The class of an object size.
#[inline]
fn class_of(bytes: usize) -> usize {
    if bytes <= 128 {
        return (bytes - 16).div_ceil(8);
    }
    // Position among the four steps of its doubling, rounded up.
    let doubling = (bytes - 1).ilog2() as usize;
    let step = (bytes - 1 - (1 << doubling)) >> (doubling - 2);
    FINE_CLASSES + (doubling - 7) * 4 + step
}

/// The size of the cells of a class.
const fn cell_bytes(class: usize) -> usize {
    if class < FINE_CLASSES {
        return 16 + class * 8;
    }
    let doubling = 7 + (class - FINE_CLASSES) / 4;
    (1 << doubling) + ((class - FINE_CLASSES) % 4 + 1) * (1 << (doubling - 2))
}

#[derive(Default)]
struct SizeClass {
    /// First free cell, 0 when there is none.
    free: usize,
    /// Untouched part of the last block.
    bump: usize,
    bump_end: usize,
    blocks: Vec<Chunk>,
    /// Blocks before this one are swept (only while sweeping).
    swept: usize,
}

pub(crate) struct OldSpace {
    classes: [SizeClass; CLASSES],
    pub(crate) large: Vec<Chunk>,
    /// Blocks of adopted messages: objects of any size without gaps, freed as a whole. New ones join the others when
    /// no sweep is under way.
    pinned: Vec<FilledChunk>,
    pub(crate) pinned_new: Vec<FilledChunk>,
    /// Bytes of cells in use and of large objects.
    pub(crate) bytes: usize,
    /// Marking starts when `bytes` passes this.
    pub(crate) trigger: usize,
    pub(crate) phase: Phase,
    /// Bytes of calls that made everything old, which marking has not caught up with.
    pub(crate) debt: usize,
    /// Grey objects, each with the number of slots scanned so far.
    pub(crate) mark_stack: Vec<(*mut Header, usize)>,
    /// Old objects that may point to young ones; `BARRIER` is clear in exactly these.
    pub(crate) remembered: Vec<*mut Header>,
    /// Cards that may hold pointers to young objects: carded array and card number.
    pub(crate) cards: Vec<(*mut Header, u32)>,
    /// Large objects before this one are swept (only while sweeping).
    large_swept: usize,
    /// Pinned blocks before this one are swept (only while sweeping).
    pinned_swept: usize,
    /// Classes before this one are swept (only while sweeping).
    class_swept: usize,
    bytes_max: usize,
}

impl OldSpace {
    pub(crate) fn new(bytes_max: usize) -> OldSpace {
        OldSpace {
            classes: std::array::from_fn(|_| SizeClass::default()),
            large: Vec::new(),
            pinned: Vec::new(),
            pinned_new: Vec::new(),
            bytes: 0,
            trigger: TRIGGER_BYTES_MIN.min(bytes_max / 2),
            phase: Phase::Idle,
            debt: 0,
            mark_stack: Vec::new(),
            remembered: Vec::new(),
            cards: Vec::new(),
            large_swept: 0,
            pinned_swept: 0,
            class_swept: 0,
            bytes_max,
        }
    }

    /// Takes a cell that is free already; `None` when a new block is needed.
    #[inline]
    fn take_cell(&mut self, class: usize) -> Option<(*mut Header, u8)> {
        let size = &mut self.classes[class];
        let black = if self.phase == Phase::Marking { MARK } else { 0 };
        if size.free != 0 {
            let cell = std::ptr::with_exposed_provenance_mut::<Header>(size.free);
            // SAFETY: a free cell holds the next one in its second word.
            size.free = unsafe { *cell.cast::<usize>().add(1) };
            self.bytes += cell_bytes(class);
            return Some((cell, OLD | BARRIER | black));
        }
        let bytes = cell_bytes(class);
        if size.bump_end - size.bump >= bytes {
            let cell = std::ptr::with_exposed_provenance_mut::<Header>(size.bump);
            size.bump += bytes;
            self.bytes += bytes;
            let unswept = self.phase == Phase::Sweeping && size.swept < size.blocks.len();
            return Some((cell, OLD | BARRIER | if unswept { MARK } else { black }));
        }
        None
    }

    /// Starts giving dead cells back. Every object that is not marked is dead from here on.
    pub(crate) fn start_sweep(&mut self) {
        self.phase = Phase::Sweeping;
        self.large_swept = 0;
        self.pinned_swept = 0;
        self.pinned.append(&mut self.pinned_new);
        self.class_swept = 0;
        for class in &mut self.classes {
            class.free = 0;
            class.swept = 0;
        }
    }

    /// Sweeps about `budget` cells more; true when everything is swept. Chunks to free go to `freed`.
    pub(crate) fn sweep_step(
        &mut self,
        budget: usize,
        identities: &mut IdentityTable,
        poison: bool,
        freed: &mut Vec<Chunk>,
    ) -> bool {
        let mut left = budget as isize;
        while self.class_swept < CLASSES {
            let class = self.class_swept;
            while self.classes[class].swept < self.classes[class].blocks.len() {
                left -= self.sweep_block(class, identities, poison, freed) as isize;
                if left <= 0 {
                    return false;
                }
            }
            self.class_swept += 1;
        }
        while self.large_swept < self.large.len() {
            self.sweep_large(identities, poison, freed);
            left -= 1;
            if left <= 0 {
                return false;
            }
        }
        while self.pinned_swept < self.pinned.len() {
            left -= self.sweep_pinned(identities, poison, freed) as isize;
            if left <= 0 {
                return false;
            }
        }
        self.phase = Phase::Idle;
        let room = self.bytes_max.saturating_sub(self.bytes);
        // Twice the live bytes while they are few, half as much again when they are many.
        let half = self.bytes / 2;
        let grown = self.bytes + half.max(self.bytes.min(GROWTH_BYTES_DOUBLE)).max(TRIGGER_BYTES_MIN / 2);
        let grown = grown.max(TRIGGER_BYTES_MIN);
        self.trigger = grown.min(self.bytes.saturating_add(room / 2));
        true
    }

    fn sweep_large(&mut self, identities: &mut IdentityTable, poison: bool, freed: &mut Vec<Chunk>) {
        let object = std::ptr::with_exposed_provenance_mut::<Header>(self.large[self.large_swept].start);
        // SAFETY: large objects in the list are complete.
        unsafe {
            if (*object).flags & MARK != 0 {
                (*object).flags &= !(MARK | GREY);
                self.large_swept += 1;
                return;
            }
            if (*object).flags & HASHED != 0 {
                identities.forget(object.addr());
            }
            let chunk = self.large.swap_remove(self.large_swept);
            self.bytes -= chunk.bytes;
            if poison {
                object.cast::<u8>().write_bytes(POISON, chunk.bytes);
            }
            freed.push(chunk);
        }
    }

    /// Sweeps the next pinned block; gives the number of objects looked at.
    fn sweep_pinned(
        &mut self,
        identities: &mut IdentityTable,
        poison: bool,
        freed: &mut Vec<Chunk>,
    ) -> usize {
        let (mut live, mut objects) = (false, 0);
        let filled = &self.pinned[self.pinned_swept];
        for_each_packed(filled, |object| {
            objects += 1;
            // SAFETY: pinned blocks are filled with complete objects; dead ones keep their header.
            unsafe {
                if (*object).flags & MARK != 0 {
                    (*object).flags &= !(MARK | GREY);
                    live = true;
                } else if (*object).flags & HASHED != 0 {
                    (*object).flags &= !HASHED;
                    identities.forget(object.addr());
                }
            }
        });
        if live {
            self.pinned_swept += 1;
        } else {
            let filled = self.pinned.swap_remove(self.pinned_swept);
            self.bytes -= filled.chunk.bytes;
            if poison {
                let start = std::ptr::with_exposed_provenance_mut::<u8>(filled.chunk.start);
                // SAFETY: no object of the block is alive.
                unsafe { start.write_bytes(POISON, filled.chunk.bytes) };
            }
            freed.push(filled.chunk);
        }
        objects + 1
    }

    /// Sweeps the next block of a class; gives the number of cells looked at.
    fn sweep_block(
        &mut self,
        class: usize,
        identities: &mut IdentityTable,
        poison: bool,
        freed: &mut Vec<Chunk>,
    ) -> usize {
        let bytes = cell_bytes(class);
        let size = &mut self.classes[class];
        let last = size.swept + 1 == size.blocks.len();
        let block = &size.blocks[size.swept];
        let start = block.start;
        let cells = if last { (size.bump - start) / bytes } else { block.bytes / bytes };
        let (mut free, mut live) = (size.free, 0usize);
        for number in 0..cells {
            let cell = std::ptr::with_exposed_provenance_mut::<Header>(start + number * bytes);
            // SAFETY: cells up to the bump pointer are objects or free cells.
            unsafe {
                let header = *cell;
                if header.kind_byte() != FREE_CELL {
                    if header.flags & MARK != 0 {
                        (*cell).flags = header.flags & !(MARK | GREY);
                        live += 1;
                        continue;
                    }
                    if header.flags & HASHED != 0 {
                        identities.forget(cell.addr());
                    }
                    self.bytes -= bytes;
                    if poison {
                        cell.cast::<u8>().write_bytes(POISON, bytes);
                    }
                    cell.cast::<u64>().write(FREE_CELL as u64);
                }
                *cell.cast::<usize>().add(1) = free;
            }
            free = cell.addr();
        }
        if live == 0 && !last {
            // Its cells were linked onto `free`; leave the list as it was and give the block back.
            // The block before the last takes its place: the last one must stay last for its bump pointer.
            let before_last = size.blocks.len() - 2;
            size.blocks.swap(size.swept, before_last);
            freed.push(size.blocks.remove(before_last));
        } else {
            size.free = free;
            size.swept += 1;
        }
        cells + 1
    }

    /// Takes a large array that nothing refers to any more out of the space.
    pub(crate) fn take_large(&mut self, object: *mut Header) -> Option<Chunk> {
        let address = object.addr();
        let position = self.large.iter().rposition(|chunk| chunk.start == address)?;
        let position = if self.phase == Phase::Sweeping && position < self.large_swept {
            // The last of the swept ones takes its place, so that no unswept one gets among them.
            self.large_swept -= 1;
            self.large.swap(position, self.large_swept);
            self.large_swept
        } else {
            position
        };
        let chunk = self.large.swap_remove(position);
        self.bytes -= chunk.bytes;
        self.cards.retain(|&(array, _)| array != object);
        Some(chunk)
    }
}

/// Calls `visit` with every object of a chunk that is filled without gaps.
pub(crate) fn for_each_packed(filled: &FilledChunk, mut visit: impl FnMut(*mut Header)) {
    let mut at = filled.chunk.start;
    while at < filled.chunk.start + filled.used {
        let object = std::ptr::with_exposed_provenance_mut::<Header>(at);
        // SAFETY: the chunk is filled with complete objects.
        at += unsafe { size_of_object(object) };
        visit(object);
    }
}

/// What freed memory is filled with under stress.
pub(crate) const POISON: u8 = 0xDB;

impl Drop for OldSpace {
    fn drop(&mut self) {
        let blocks = self.classes.iter_mut().flat_map(|class| class.blocks.drain(..));
        let pinned = self.pinned.drain(..).chain(self.pinned_new.drain(..)).map(|filled| filled.chunk);
        for chunk in blocks.chain(self.large.drain(..)).chain(pinned) {
            chunk.free();
        }
    }
}

impl Heap {
    /// A cell for an object of `bytes`, and the flags it must have. Never fails: what it takes is counted, and the
    /// limit stops the next allocation.
    #[inline]
    pub(crate) fn old_cell(&mut self, bytes: usize) -> (*mut Header, u8) {
        debug_assert!(bytes <= LARGE_BYTES_MIN);
        let class = class_of(bytes);
        match self.old_space().take_cell(class) {
            Some(cell) => cell,
            None => self.old_cell_slow(class),
        }
    }

    #[cold]
    #[inline(never)]
    fn old_cell_slow(&mut self, class: usize) -> (*mut Header, u8) {
        let poison = self.config.stress;
        let mut freed = Vec::new();
        let mut blocks_left = LAZY_BLOCKS_MAX;
        self.old_space();
        loop {
            let Some(old) = self.old.as_mut() else { unreachable!("invariant: made above") };
            if let Some(cell) = old.take_cell(class) {
                return cell;
            }
            let size = &old.classes[class];
            if old.phase == Phase::Sweeping && size.swept < size.blocks.len() && blocks_left > 0 {
                blocks_left -= 1;
                old.sweep_block(class, &mut self.identities, poison, &mut freed);
                freed.drain(..).for_each(|chunk| {
                    self.shared.give_memory(chunk.bytes);
                    self.charged -= chunk.bytes;
                    chunk.free();
                });
                continue;
            }
            let wanted = size.blocks.last().map_or(BLOCK_BYTES_MIN, |block| block.bytes * 2);
            let bytes = cell_bytes(class);
            let wanted = wanted.min(BLOCK_BYTES_MAX).max(bytes) / bytes * bytes;
            let chunk = self.force_chunk(wanted);
            let size = &mut self.old_space().classes[class];
            size.bump = chunk.start;
            size.bump_end = chunk.end();
            size.blocks.push(chunk);
            if size.swept + 1 == size.blocks.len() {
                // All others are swept, and a new block has nothing to sweep.
                size.swept += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fit_their_sizes() {
        for bytes in (16..=LARGE_BYTES_MIN).step_by(8) {
            let class = class_of(bytes);
            assert!(class < CLASSES && cell_bytes(class) >= bytes, "{bytes}");
            assert!(class == 0 || cell_bytes(class - 1) < bytes, "{bytes}");
        }
        assert_eq!(cell_bytes(CLASSES - 1), LARGE_BYTES_MIN);
    }
}
