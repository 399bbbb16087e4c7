//! Storage of lists, maps and sets: a run of slots that programs never see as a value of its own.
//!
//! An array above `CARD_BYTES_MIN` is born in the large-object space, old, with one card byte for each 64 slots
//! behind them. `BARRIER` is then always set, and a store looks at the slot's card as well: see `barrier`.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle};
use crate::fault::{Fault, NeedGc};
use crate::header::{BARRIER, CARDED, FROZEN, Header};
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct ArrayObject {
    pub(crate) header: Header,
    pub(crate) capacity: u64,
    slots: [Value; 0],
}
pub const ARRAY_CAPACITY_OFFSET: usize = std::mem::offset_of!(ArrayObject, capacity);
pub const ARRAY_SLOTS_OFFSET: usize = std::mem::offset_of!(ArrayObject, slots);

/// Slots of one card.
pub const CARD_SLOTS: usize = 16;
/// Arrays of at least this many bytes have cards.
pub(crate) const CARD_BYTES_MIN: usize = 64 * 1024;
/// No young pointers behind this card.
pub const CARD_CLEAN: u8 = 0;
/// Young pointers seen at the last collection; recorded, but a store must still report to the marker.
pub const CARD_YOUNG: u8 = 1;
/// Recorded and, while marking, scanned: stores need no more work until the next collection.
pub const CARD_DONE: u8 = 2;

handle!(/** A run of slots. */ Array, ArrayObject, Array, as_array);

/// Bytes of an array object without cards.
pub(crate) const fn array_bytes(capacity: usize) -> usize {
    16 + capacity * 8
}

impl Layout for ArrayObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        unsafe {
            let capacity = (*this).capacity as usize;
            let cards = if (*this).header.has(CARDED) { capacity.div_ceil(CARD_SLOTS) } else { 0 };
            array_bytes(capacity) + ((cards + 7) & !7)
        }
    }
    unsafe fn slots(this: *const Self) -> (usize, usize) {
        // SAFETY: a live object.
        (2, unsafe { (*this).capacity } as usize)
    }
}

impl Array {
    #[inline(always)]
    pub fn capacity(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).capacity as usize }
    }

    #[inline(always)]
    pub(crate) fn slot(self, index: usize) -> *mut Value {
        debug_assert!(index < self.capacity());
        // SAFETY: callers keep the index below the capacity.
        unsafe { self.raw().cast::<Value>().add(2 + index) }
    }

    #[inline(always)]
    pub(crate) fn get(self, index: usize) -> Value {
        // SAFETY: as for `slot`; slots are initialised at allocation.
        unsafe { *self.slot(index) }
    }

    #[inline(always)]
    pub(crate) fn flags(self) -> u8 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.flags }
    }

    /// The card bytes of a carded array.
    #[inline(always)]
    pub(crate) fn card(self, card: usize) -> *mut u8 {
        debug_assert!(self.flags() & CARDED != 0);
        // SAFETY: a carded array has a card byte for each 64 slots behind the last slot.
        unsafe { self.raw().cast::<u8>().add(array_bytes(self.capacity()) + card) }
    }
}

impl Heap {
    /// A new array. Its slots are undefined values, or zero words in one with cards: owners read none that they have
    /// not filled.
    pub(crate) fn array_new(&mut self, capacity: usize) -> Result<Array, NeedGc> {
        let bytes = array_bytes(capacity);
        let carded = bytes >= CARD_BYTES_MIN;
        let object = if carded {
            self.allocate_carded_array(bytes + ((capacity.div_ceil(CARD_SLOTS) + 7) & !7))?
        } else {
            self.allocate(Kind::Array, bytes, 0, 0)?
        };
        // SAFETY: just allocated with room for `capacity` slots.
        unsafe {
            (*object.cast::<ArrayObject>()).capacity = capacity as u64;
            if !carded {
                let first = object.cast::<Value>().add(2);
                for index in 0..capacity {
                    first.add(index).write(Value::UNDEF);
                }
            }
            Ok(Array::from_object(object))
        }
    }

    /// Stores into an array, with its barrier. The index must be below the capacity.
    #[inline(always)]
    pub(crate) fn array_store(&mut self, array: Array, index: usize, value: Value) -> Result<(), Fault> {
        let flags = array.flags();
        if flags & (BARRIER | FROZEN) != 0 {
            self.array_barrier(array, index)?;
        }
        // SAFETY: the index is in range (caller) and the barrier was passed.
        unsafe { *array.slot(index) = value };
        Ok(())
    }
}
