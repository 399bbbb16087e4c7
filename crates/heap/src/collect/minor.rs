//! Minor collection: survivors of the nursery are copied out of it. The first time an object stays young (packed into
//! the survivor chunks), the second time it moves to the old space. What an old object refers to moves there at once:
//! it will hardly die soon, and the object that refers to it is looked at once and not twice. Large objects are
//! promoted in place.
//!
//! During a collection a moved object's header word is `new address << 8 | FORWARDED`.
#![allow(unsafe_code)]

use crate::header::{BARRIER, CARDED, HASHED, Header, OLD, SURVIVOR, YOUNG};
use crate::heap::{Bulk, Heap, LARGE_BYTES_MIN};
use crate::kind::array::{Array, CARD_CLEAN, CARD_SLOTS, CARD_YOUNG};
use crate::kind::{FORWARDED, size_of_object, slot_at, slots_of_object};
use crate::memory::Chunk;
use crate::nursery::{CHUNK_BYTES_MAX, FilledChunk};
use crate::old::{POISON, Phase};
use crate::roots::{RootScope, Roots};
use crate::value::Value;

const SURVIVOR_CHUNK_BYTES_MIN: usize = 1024;

/// Says of most addresses of old objects that they are not young, without looking at the object: a bit for each 64 KB
/// of the address space, modulo 512 MB. Without it every slot of a dirty card costs a cache miss.
struct YoungFilter {
    bits: [u64; 128],
}

impl YoungFilter {
    fn add(&mut self, chunk: &Chunk) {
        for granule in chunk.start >> 16..=(chunk.end() - 1) >> 16 {
            self.bits[granule >> 6 & 127] |= 1 << (granule & 63);
        }
    }

    #[inline(always)]
    fn may_be_young(&self, address: usize) -> bool {
        let granule = address >> 16;
        self.bits[granule >> 6 & 127] >> (granule & 63) & 1 != 0
    }
}

/// Which of the objects that are alive stay young.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ages {
    /// Those that live through their first collection.
    Usual,
    AllYoung,
    AllOld,
}

/// One minor collection under way.
pub(crate) struct Minor<'h> {
    heap: &'h mut Heap,
    filter: YoungFilter,
    to: Vec<FilledChunk>,
    cursor: usize,
    limit: usize,
    /// Where scanning of the survivor chunks stands: chunk number and address.
    scan_chunk: usize,
    scan_at: usize,
    /// Objects found now go to the old space whatever their age.
    eager: bool,
    ages: Ages,
    /// At most so many bytes are to be copied still.
    room_left: usize,
    promoted: Vec<*mut Header>,
    pub(crate) remembered: Vec<*mut Header>,
    pub(crate) new_cards: Vec<(*mut Header, u32)>,
    pub(crate) promoted_bytes: usize,
    pub(crate) survived_bytes: usize,
}

/// How many cards ahead their slots are fetched.
const PREFETCH_CARDS: usize = 8;

/// Asks for the cache lines of a card: a list of cards in random order is all cache misses.
#[inline(always)]
fn prefetch_card(object: *mut Header, card: u32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let slots = object.cast::<i8>().wrapping_add(16 + card as usize * CARD_SLOTS * 8);
        // SAFETY: a prefetch has no effect on memory.
        unsafe {
            _mm_prefetch(slots, _MM_HINT_T0);
            _mm_prefetch(slots.wrapping_add(64), _MM_HINT_T0);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (object, card);
}

/// What a minor collection did.
#[derive(Clone, Copy, Default)]
pub(crate) struct MinorResult {
    pub(crate) cards: usize,
    pub(crate) promoted_bytes: usize,
    pub(crate) survived_bytes: usize,
    pub(crate) nursery_bytes: usize,
}

/// Where the moved object is now; `None` when it did not move.
#[inline(always)]
unsafe fn forwarding(object: *mut Header) -> Option<*mut Header> {
    // SAFETY: every object starts with one word, a header or a forwarding.
    let word = unsafe { *object.cast::<u64>() };
    if word as u8 == FORWARDED {
        Some(std::ptr::with_exposed_provenance_mut((word >> 8) as usize))
    } else {
        None
    }
}

pub(crate) fn collect<R: Roots>(heap: &mut Heap, roots: &mut R) -> MinorResult {
    let ages = if heap.bulk == Bulk::Running { Ages::AllOld } else { Ages::Usual };
    collect_as(heap, roots, ages)
}

/// A collection after which all that is alive is packed, and young: for a heap without an old space, which stays so.
pub(crate) fn pack<R: Roots>(heap: &mut Heap, roots: &mut R) {
    collect_as(heap, roots, Ages::AllYoung);
    heap.nursery.survivors.shrink_to_fit();
}

fn collect_as<R: Roots>(heap: &mut Heap, roots: &mut R, ages: Ages) -> MinorResult {
    let nursery_bytes = heap.nursery_used();
    close_current_chunk(heap);
    let from = std::mem::take(&mut heap.nursery.chunks);
    let from_survivors = std::mem::take(&mut heap.nursery.survivors);
    heap.nursery.bytes = 0;
    heap.nursery.large_bytes = 0;
    let room_left = nursery_bytes + from_survivors.iter().map(|filled| filled.used).sum::<usize>();
    let mut filter = YoungFilter { bits: [0; 128] };
    let survivors = from_survivors.iter().map(|filled| &filled.chunk);
    from.iter().chain(survivors).chain(&heap.nursery.large).for_each(|chunk| filter.add(chunk));
    let mut minor = Minor {
        heap,
        filter,
        to: Vec::new(),
        cursor: 0,
        limit: 0,
        scan_chunk: 0,
        scan_at: 0,
        eager: false,
        ages,
        room_left,
        promoted: Vec::new(),
        remembered: Vec::new(),
        new_cards: Vec::new(),
        promoted_bytes: 0,
        survived_bytes: 0,
    };
    // What old objects refer to is promoted at once, so it must be found before the roots give it another life.
    minor.eager = true;
    minor.scan_remembered();
    let cards = minor.scan_cards();
    minor.scan_copied();
    minor.eager = false;
    roots.visit(RootScope::Young, &mut |value| {
        minor.forward(value);
    });
    minor.scan_copied();
    let result = MinorResult {
        cards,
        promoted_bytes: minor.promoted_bytes,
        survived_bytes: minor.survived_bytes,
        nursery_bytes,
    };
    minor.finish();
    heap.follow_holders();
    heap.follow_identities();
    heap.settle_large();
    heap.free_from_space(from, from_survivors);
    result
}

/// Leaves the current chunk; nothing is allocated until the collection is over.
fn close_current_chunk(heap: &mut Heap) {
    heap.cursor = 0;
    heap.limit = 0;
}

impl Minor<'_> {
    /// Updates a slot that refers to a young object; true when what it refers to is still young.
    #[inline(always)]
    pub(crate) fn forward(&mut self, slot: &mut Value) -> bool {
        if !slot.is_object() {
            return false;
        }
        let object = slot.pointer();
        if !self.filter.may_be_young(object.addr()) {
            return false;
        }
        // SAFETY: slots that the collector meets refer to objects or to their forwarding.
        unsafe {
            let target = match forwarding(object) {
                Some(target) => target,
                None if (*object).flags & YOUNG == 0 => return false,
                None => self.evacuate(object),
            };
            *slot = Value::object(target);
            (*target).flags & YOUNG != 0
        }
    }

    unsafe fn evacuate(&mut self, object: *mut Header) -> *mut Header {
        // SAFETY: the caller gives a young object that has not moved yet.
        unsafe {
            let bytes = size_of_object(object);
            if bytes > LARGE_BYTES_MIN {
                let black = self.heap.old_space().phase != Phase::Idle;
                let flags = OLD | BARRIER | if black { crate::header::MARK } else { 0 };
                (*object).flags = (*object).flags & (HASHED | CARDED) | flags;
                self.promoted.push(object);
                self.promoted_bytes += bytes;
                return object;
            }
            let survived = (*object).flags & SURVIVOR != 0;
            let ages = self.ages;
            let promotes = self.eager || survived && ages != Ages::AllYoung || ages == Ages::AllOld;
            let (target, flags) = if promotes {
                self.promoted_bytes += bytes;
                let cell = self.heap.old_cell(bytes);
                self.promoted.push(cell.0);
                cell
            } else {
                self.survived_bytes += bytes;
                (self.survivor_room(bytes), YOUNG | SURVIVOR)
            };
            std::ptr::copy_nonoverlapping(object.cast::<u64>(), target.cast::<u64>(), bytes / 8);
            (*target).flags = (*object).flags & HASHED | flags;
            *object.cast::<u64>() = (target.expose_provenance() as u64) << 8 | FORWARDED as u64;
            target
        }
    }

    #[inline]
    fn survivor_room(&mut self, bytes: usize) -> *mut Header {
        if self.limit - self.cursor < bytes {
            self.next_survivor_chunk(bytes);
        }
        let object = std::ptr::with_exposed_provenance_mut(self.cursor);
        self.cursor += bytes;
        object
    }

    #[cold]
    fn next_survivor_chunk(&mut self, bytes: usize) {
        self.close_survivor_chunk();
        let doubled = self.to.last().map_or(SURVIVOR_CHUNK_BYTES_MIN, |filled| filled.chunk.bytes * 2);
        let wanted = if self.ages == Ages::AllYoung { doubled.min(self.room_left) } else { doubled };
        let chunk = self.heap.force_chunk(wanted.min(CHUNK_BYTES_MAX).max(bytes));
        self.filter.add(&chunk);
        self.cursor = chunk.start;
        self.limit = chunk.end();
        self.to.push(FilledChunk { chunk, used: 0 });
    }

    fn close_survivor_chunk(&mut self) {
        if let Some(last) = self.to.last_mut() {
            last.used = self.cursor - last.chunk.start;
            self.room_left = self.room_left.saturating_sub(last.used);
        }
    }

    /// Updates all slots of an object; true when it refers to young objects afterwards.
    #[inline]
    pub(crate) unsafe fn scan(&mut self, object: *mut Header) -> bool {
        // SAFETY: the caller gives a complete object.
        unsafe {
            let (first, count) = slots_of_object(object);
            let mut young = false;
            for index in first..first + count {
                young |= self.forward(&mut *slot_at(object, index));
            }
            young
        }
    }

    /// Old objects that were stored into. Those that refer to young ones stay in the set.
    fn scan_remembered(&mut self) {
        let set = self.heap.old.as_mut().map(|old| std::mem::take(&mut old.remembered)).unwrap_or_default();
        for object in set {
            // SAFETY: the set holds old objects that were not swept.
            unsafe {
                if self.scan(object) {
                    self.remembered.push(object);
                } else {
                    (*object).flags |= BARRIER;
                }
            }
        }
    }

    /// The same for cards of large arrays; gives their number.
    fn scan_cards(&mut self) -> usize {
        let cards = self.heap.old.as_mut().map(|old| std::mem::take(&mut old.cards)).unwrap_or_default();
        let mut kept = Vec::new();
        let count = cards.len();
        for (number, &(object, card)) in cards.iter().enumerate() {
            if let Some(&(ahead, card)) = cards.get(number + PREFETCH_CARDS) {
                prefetch_card(ahead, card);
            }
            // SAFETY: the list holds carded arrays that were not swept, and cards that they have.
            unsafe {
                let array = Array::from_object(object);
                let start = card as usize * CARD_SLOTS;
                let mut young = false;
                for index in start..(start + CARD_SLOTS).min(array.capacity()) {
                    young |= self.forward(&mut *array.slot(index));
                }
                *array.card(card as usize) = if young { CARD_YOUNG } else { CARD_CLEAN };
                if young {
                    kept.push((object, card));
                }
            }
        }
        if let Some(old) = self.heap.old.as_mut() {
            old.cards = kept;
        }
        count
    }

    /// Scans everything that was copied or promoted, until nothing new comes.
    fn scan_copied(&mut self) {
        loop {
            if let Some(object) = self.promoted.pop() {
                self.eager = true;
                // SAFETY: promoted objects are complete.
                unsafe { super::mark::scan_promoted(self, object) };
            } else if let Some(object) = self.next_survivor() {
                self.eager = false;
                // SAFETY: survivors are complete.
                unsafe { self.scan(object) };
            } else {
                return;
            }
        }
    }

    /// The next survivor that was not scanned.
    fn next_survivor(&mut self) -> Option<*mut Header> {
        loop {
            let filled = self.to.get(self.scan_chunk)?;
            let last = self.scan_chunk + 1 == self.to.len();
            if self.scan_at == 0 {
                self.scan_at = filled.chunk.start;
            }
            let end = if last { self.cursor } else { filled.chunk.start + filled.used };
            if self.scan_at < end {
                let object = std::ptr::with_exposed_provenance_mut::<Header>(self.scan_at);
                // SAFETY: survivors are packed without gaps.
                self.scan_at += unsafe { size_of_object(object) };
                return Some(object);
            }
            if last {
                return None;
            }
            self.scan_chunk += 1;
            self.scan_at = 0;
        }
    }

    fn finish(mut self) {
        self.close_survivor_chunk();
        self.heap.nursery.survivors = std::mem::take(&mut self.to);
        if !self.new_cards.is_empty() {
            let new_cards = std::mem::take(&mut self.new_cards);
            self.heap.old_space().cards.extend(new_cards);
        }
        if !self.remembered.is_empty() {
            self.heap.old_space().remembered = std::mem::take(&mut self.remembered);
        }
    }
}

impl Heap {
    /// Young holders that moved are listed at their new place; those that did not are dead.
    fn follow_holders(&mut self) {
        let holders = std::mem::take(&mut self.young_holders);
        let mut released = 0;
        for holder in holders {
            // SAFETY: from-space is still there.
            unsafe {
                match forwarding(holder) {
                    Some(moved) => self.register_holder(moved),
                    None => released += crate::holders::release(holder),
                }
            }
        }
        self.discharge_holders(released);
    }

    fn follow_identities(&mut self) {
        for address in self.identities.take_young() {
            let object = std::ptr::with_exposed_provenance_mut::<Header>(address);
            // SAFETY: from-space is still there, and only young objects are listed.
            unsafe {
                match forwarding(object) {
                    Some(moved) => {
                        self.identities.moved(address, moved.addr(), (*moved).flags & YOUNG != 0);
                    }
                    None if (*object).flags & YOUNG != 0 => self.identities.forget(address),
                    None => {}
                }
            }
        }
    }

    /// Large young objects were promoted in place or are dead.
    fn settle_large(&mut self) {
        for chunk in std::mem::take(&mut self.nursery.large) {
            let object = std::ptr::with_exposed_provenance_mut::<Header>(chunk.start);
            // SAFETY: the object is complete.
            unsafe {
                if (*object).flags & YOUNG == 0 {
                    let keep = (*object).flags;
                    self.adopt_large(chunk);
                    (*object).flags = keep;
                } else {
                    if self.config.stress {
                        object.cast::<u8>().write_bytes(POISON, chunk.bytes);
                    }
                    self.free_chunk(chunk);
                }
            }
        }
    }

    /// Keeps full-sized chunks for the next cycle and frees the rest.
    fn free_from_space(&mut self, chunks: Vec<Chunk>, survivors: Vec<FilledChunk>) {
        let all = chunks.into_iter().chain(survivors.into_iter().map(|filled| filled.chunk));
        let mut kept: usize = self.nursery.spare.iter().map(|chunk| chunk.bytes).sum();
        for chunk in all {
            if self.config.stress {
                let start = std::ptr::with_exposed_provenance_mut::<u8>(chunk.start);
                // SAFETY: every live object has moved out of the chunk.
                unsafe { start.write_bytes(POISON, chunk.bytes) };
            }
            let full_sized = chunk.bytes == CHUNK_BYTES_MAX;
            let room = self.charged < self.config.bytes_max / 2;
            if full_sized && room && kept <= self.nursery.target {
                kept += chunk.bytes;
                self.nursery.spare.push(chunk);
            } else {
                self.free_chunk(chunk);
            }
        }
    }
}
