//! The write barrier's slow paths, and bulk stores into arrays.
//!
//! The fast path tests `BARRIER | FROZEN` of the object, before the store and whatever the value. Young objects
//! never have the bits. An old object has `BARRIER` unless it is in the remembered set already (and, while marking,
//! scanned): so there is at most one slow path for an object between two minor collections. While marking, the slow
//! path scans the object as it is *before* the store: what was reachable when marking began will be marked, and no
//! stack is looked at again at the end.
//!
//! Carded arrays keep `BARRIER` for ever and have the same two states, and a third, for each 64 slots.
#![allow(unsafe_code)]

use crate::collect::mark;
use crate::fault::{Fault, NeedGc};
use crate::header::{BARRIER, CARDED, FROZEN, Header, MARK, OLD};
use crate::heap::Heap;
use crate::kind::array::{Array, CARD_CLEAN, CARD_DONE, CARD_SLOTS};
use crate::old::{GREY, Phase};
use crate::value::Value;

impl Heap {
    /// A store into an object with `BARRIER` or `FROZEN` set is about to happen.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn barrier(&mut self, object: *mut Header) -> Result<(), Fault> {
        // SAFETY: the caller gives a live object.
        unsafe {
            if (*object).has(FROZEN) {
                return Err(Fault::Frozen);
            }
            let remembers = self.remembers();
            let snapshots = self.snapshots();
            let old = self.old_space();
            let scanned = (*object).flags & (MARK | GREY) == MARK;
            if old.phase == Phase::Marking && !scanned && snapshots {
                mark::scan_now(old, object);
            }
            if remembers {
                old.remembered.push(object);
            }
            (*object).flags &= !BARRIER;
        }
        Ok(())
    }

    /// As `barrier`, for slot `index` of an array.
    #[inline]
    pub(crate) fn array_barrier(&mut self, array: Array, index: usize) -> Result<(), Fault> {
        if array.flags() & (CARDED | FROZEN) == CARDED {
            let card = array.card(index / CARD_SLOTS);
            // SAFETY: the card exists.
            if unsafe { *card } != CARD_DONE {
                self.card_barrier(array, index / CARD_SLOTS);
            }
            return Ok(());
        }
        // SAFETY: a handle is alive.
        unsafe { self.barrier(array.raw().cast()) }
    }

    /// A store into a card that is not done is about to happen.
    #[cold]
    #[inline(never)]
    fn card_barrier(&mut self, array: Array, card: usize) {
        let remembers_cards = self.remembers_cards();
        let snapshots = self.snapshots();
        let old = self.old_space();
        if old.phase == Phase::Marking && snapshots {
            let start = card * CARD_SLOTS;
            for index in start..(start + CARD_SLOTS).min(array.capacity()) {
                mark::mark_value(old, array.get(index));
            }
        }
        // SAFETY: the card exists.
        unsafe {
            // A card that is young already is in the list.
            if *array.card(card) == CARD_CLEAN && remembers_cards {
                old.cards.push((array.raw().cast(), card as u32));
            }
            *array.card(card) = CARD_DONE;
        }
    }

    /// Fills slots of an array that was allocated since the last safepoint.
    pub(crate) fn array_fill_new(&mut self, array: Array, start: usize, values: &[Value]) {
        assert!(start + values.len() <= array.capacity(), "invariant: the array has room");
        if values.is_empty() {
            return;
        }
        if array.flags() & CARDED != 0 && !self.births_old() {
            for card in start / CARD_SLOTS..=(start + values.len() - 1) / CARD_SLOTS {
                let part = card * CARD_SLOTS..(card + 1) * CARD_SLOTS;
                let from = part.start.max(start) - start;
                let to = (part.end - start).min(values.len());
                if values[from..to].iter().any(|value| value.is_object()) {
                    self.card_barrier(array, card);
                }
            }
        }
        // SAFETY: the slots are in range and the barrier was passed.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), array.slot(start), values.len()) };
    }

    /// Moves `count` slots inside an array.
    pub(crate) fn array_move(
        &mut self,
        array: Array,
        from: usize,
        to: usize,
        count: usize,
    ) -> Result<(), Fault> {
        if count == 0 {
            return Ok(());
        }
        assert!(from.max(to) + count <= array.capacity(), "invariant: the slots lie in the array");
        if array.flags() & (BARRIER | FROZEN) != 0 {
            if array.flags() & CARDED != 0 {
                for card in to / CARD_SLOTS..=(to + count - 1) / CARD_SLOTS {
                    self.array_barrier(array, card * CARD_SLOTS)?;
                }
            } else {
                self.array_barrier(array, to)?;
            }
        }
        // SAFETY: the slots are in range and the barrier was passed; `copy` allows overlap.
        unsafe { std::ptr::copy(array.slot(from), array.slot(to), count) };
        Ok(())
    }

    /// A new array of `capacity` slots that starts with the first `len` slots of `old`, which its owner gives up.
    pub(crate) fn array_grow(
        &mut self,
        old: Option<Array>,
        len: usize,
        capacity: usize,
    ) -> Result<Array, NeedGc> {
        let grown = self.array_new(capacity)?;
        let Some(old) = old.filter(|_| len > 0) else { return Ok(grown) };
        if grown.flags() & CARDED != 0 && old.flags() & CARDED != 0 {
            for card in 0..len.div_ceil(CARD_SLOTS) {
                // SAFETY: both arrays have this card. A clean card holds no pointer to a young object.
                if unsafe { *old.card(card) } != CARD_CLEAN {
                    self.card_barrier(grown, card);
                }
            }
            // SAFETY: both arrays have at least `len` slots.
            unsafe { std::ptr::copy_nonoverlapping(old.slot(0), grown.slot(0), len) };
        } else {
            // SAFETY: the first `len` slots of `old` are initialised.
            let values = unsafe { std::slice::from_raw_parts(old.slot(0), len) };
            self.array_fill_new(grown, 0, values);
        }
        Ok(grown)
    }

    /// Gives back a carded array that its one owner has replaced by `grown`, which holds the same values. Left to the
    /// sweep, freeing hundreds of megabytes would be a pause of its own.
    pub(crate) fn array_retire(&mut self, array: Array, grown: Array) {
        if array.flags() & CARDED == 0 {
            return;
        }
        let poison = self.config.stress;
        let old = self.old_space();
        if old.phase == Phase::Marking {
            // What was to be scanned there is scanned in the new place.
            let retired: *mut Header = array.raw().cast();
            old.mark_stack.retain(|&(object, _)| object != retired);
            let object: *mut Header = grown.raw().cast();
            // SAFETY: a handle is alive.
            unsafe {
                if (*object).flags & (OLD | GREY) == OLD {
                    (*object).flags |= MARK | GREY;
                    old.mark_stack.push((object, 0));
                }
            }
        }
        if let Some(chunk) = old.take_large(array.raw().cast()) {
            if poison {
                // SAFETY: nothing refers to the array any more.
                unsafe { array.raw().cast::<u8>().write_bytes(crate::old::POISON, chunk.bytes) };
            }
            self.free_chunk(chunk);
        }
    }

    #[inline(always)]
    fn remembers(&self) -> bool {
        #[cfg(test)]
        return self.sabotage != crate::check::Sabotage::NoRemembering;
        #[cfg(not(test))]
        true
    }

    #[inline(always)]
    fn remembers_cards(&self) -> bool {
        #[cfg(test)]
        return self.sabotage != crate::check::Sabotage::NoCards;
        #[cfg(not(test))]
        true
    }

    #[inline(always)]
    fn snapshots(&self) -> bool {
        #[cfg(test)]
        return self.sabotage != crate::check::Sabotage::NoSnapshot;
        #[cfg(not(test))]
        true
    }
}
