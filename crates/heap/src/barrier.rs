//! The write barrier's slow paths, and bulk stores into arrays.
#![allow(unsafe_code)]

use crate::fault::{Fault, NeedGc};
use crate::header::{BARRIER, CARDED, FROZEN, Header};
use crate::heap::Heap;
use crate::kind::array::{Array, CARD_DONE, CARD_SLOTS};
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
        }
        Ok(())
    }

    /// As `barrier`, for slot `index` of an array.
    #[inline]
    pub(crate) fn array_barrier(&mut self, array: Array, index: usize) -> Result<(), Fault> {
        if array.flags() & CARDED != 0 && array.flags() & FROZEN == 0 {
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

    #[cold]
    #[inline(never)]
    fn card_barrier(&mut self, array: Array, card: usize) {
        // SAFETY: the card exists.
        unsafe { *array.card(card) = CARD_DONE };
    }

    /// Fills slots of an array that was allocated since the last safepoint.
    pub(crate) fn array_fill_new(&mut self, array: Array, start: usize, values: &[Value]) {
        assert!(start + values.len() <= array.capacity(), "invariant: the array has room");
        if values.is_empty() {
            return;
        }
        if array.flags() & CARDED != 0 {
            for card in start / CARD_SLOTS..=(start + values.len() - 1) / CARD_SLOTS {
                self.card_barrier(array, card);
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

    /// A new array of `capacity` slots that starts with the first `len` slots of `old`.
    pub(crate) fn array_grow(
        &mut self,
        old: Option<Array>,
        len: usize,
        capacity: usize,
    ) -> Result<Array, NeedGc> {
        let grown = self.array_new(capacity)?;
        if let Some(old) = old
            && len > 0
        {
            // SAFETY: the first `len` slots of `old` are initialised.
            let values = unsafe { std::slice::from_raw_parts(old.slot(0), len) };
            self.array_fill_new(grown, 0, values);
        }
        Ok(grown)
    }
}
