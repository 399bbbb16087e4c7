//! Incremental marking of the old space: a snapshot of what is reachable when it starts.
#![allow(unsafe_code)]

use super::minor::Minor;
use crate::header::{BARRIER, CARDED, Header, MARK, OLD};
use crate::heap::Heap;
use crate::kind::array::{Array, CARD_SLOTS, CARD_YOUNG};
use crate::kind::{slot_at, slots_of_object};
use crate::old::{GREY, OldSpace, Phase, for_each_packed};
use crate::roots::{RootScope, Roots};
use crate::value::Value;

/// Slots of a large object that are scanned in one go.
const SLICE_SLOTS: usize = 1024;
/// What visiting an object costs besides its slots, in slots.
const OBJECT_COST: usize = 8;

/// Makes an old object grey if it is white.
#[inline(always)]
pub(crate) fn mark_value(old: &mut OldSpace, value: Value) {
    if !value.is_object() {
        return;
    }
    let object = value.pointer();
    // SAFETY: values that the collector meets are alive.
    unsafe {
        if (*object).flags & (OLD | MARK) == OLD {
            (*object).flags |= MARK | GREY;
            old.mark_stack.push((object, 0));
        }
    }
}

/// Scans an object that is not black yet, because it is about to change.
pub(crate) unsafe fn scan_now(old: &mut OldSpace, object: *mut Header) {
    // SAFETY: the caller gives a live old object.
    unsafe {
        (*object).flags = (*object).flags & !GREY | MARK;
        let (first, count) = slots_of_object(object);
        for index in first..first + count {
            mark_value(old, *slot_at(object, index));
        }
    }
}

/// Starts a cycle. The nursery was just collected: the young objects are the survivors.
pub(crate) fn start<R: Roots>(heap: &mut Heap, roots: &mut R) {
    heap.old_space();
    let Some(mut old) = heap.old.take() else { unreachable!("invariant: made above") };
    old.phase = Phase::Marking;
    roots.visit(RootScope::All, &mut |value| mark_value(&mut old, *value));
    for filled in &heap.nursery.survivors {
        for_each_packed(filled, |object| {
            // SAFETY: survivors are complete.
            unsafe {
                let (first, count) = slots_of_object(object);
                for index in first..first + count {
                    mark_value(&mut old, *slot_at(object, index));
                }
            }
        });
    }
    let remembered = std::mem::take(&mut old.remembered);
    for &object in &remembered {
        // SAFETY: remembered objects are alive or at least complete until the next sweep. Their barrier is off, so
        // they must be black from the start.
        unsafe { scan_now(&mut old, object) };
    }
    old.remembered = remembered;
    heap.old = Some(old);
}

/// Marks for about `budget` slots; true when nothing grey is left.
pub(crate) fn step(old: &mut OldSpace, budget: usize) -> bool {
    let mut left = budget as isize;
    while let Some((object, from)) = old.mark_stack.pop() {
        // SAFETY: objects on the stack are alive: nothing is swept while marking.
        unsafe {
            if (*object).flags & GREY == 0 {
                // A store came first and had it scanned.
                continue;
            }
            let (first, count) = slots_of_object(object);
            let to = count.min(from + SLICE_SLOTS);
            if to < count {
                old.mark_stack.push((object, to));
            } else {
                (*object).flags &= !GREY;
            }
            for index in first + from..first + to {
                mark_value(old, *slot_at(object, index));
            }
            left -= (to - from + OBJECT_COST) as isize;
        }
        if left <= 0 {
            return old.mark_stack.is_empty();
        }
    }
    true
}

/// Ends marking: what has no mark is dead. Gives back what dead holders refer to and forgets dead remembered objects.
pub(crate) fn finish(heap: &mut Heap) {
    let Some(old) = heap.old.as_mut() else { return };
    // SAFETY: nothing was swept yet, so all listed objects are still there.
    unsafe {
        old.remembered.retain(|&object| (*object).flags & MARK != 0);
        old.cards.retain(|&(array, _)| (*array).flags & MARK != 0);
        let mut released = 0;
        heap.old_holders.retain(|&holder| {
            let alive = (*holder).flags & MARK != 0;
            if !alive {
                released += crate::holders::release(holder);
            }
            alive
        });
        old.start_sweep();
        heap.discharge_holders(released);
    }
}

/// Scans an object that was just promoted; while marking it is black, and what it refers to was in the snapshot or is
/// newer.
#[inline]
pub(crate) unsafe fn scan_promoted(minor: &mut Minor, object: *mut Header) {
    // SAFETY: the caller gives a complete object.
    unsafe {
        if (*object).flags & CARDED != 0 {
            scan_promoted_cards(minor, object);
        } else if minor.scan(object) {
            (*object).flags &= !BARRIER;
            minor.remembered.push(object);
        }
    }
}

/// The same for an array with cards, which came with a message.
#[cold]
unsafe fn scan_promoted_cards(minor: &mut Minor, object: *mut Header) {
    // SAFETY: the caller gives a complete array with cards.
    unsafe {
        let array = Array::from_object(object);
        for index in 0..array.capacity() {
            if minor.forward(&mut *array.slot(index)) {
                let card = array.card(index / CARD_SLOTS);
                if *card != CARD_YOUNG {
                    *card = CARD_YOUNG;
                    minor.new_cards.push((object, (index / CARD_SLOTS) as u32));
                }
            }
        }
    }
}
