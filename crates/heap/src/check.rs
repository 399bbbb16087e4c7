//! The heap checker: walks everything that is reachable and verifies what the collector relies on.
//!
//! - Every object is exactly one of young, old, frozen; sizes are plausible; nothing is poisoned or forwarded.
//! - No old object refers to a young one unless it is remembered or the card is listed.
//! - `BARRIER` is clear in exactly the remembered objects.
//! - Frozen objects refer to frozen ones only.
//! - Outside marking and sweeping no reachable object is marked; when marking ends, every reachable old one is.
#![allow(unsafe_code)]

use hashbrown::HashSet;

use crate::header::{BARRIER, CARDED, FROZEN, Header, MARK, OLD, YOUNG};
use crate::heap::Heap;
use crate::kind::array::{CARD_CLEAN, CARD_SLOTS};
use crate::kind::{KINDS, Kind, size_of_object, slot_at, slots_of_object};
use crate::old::Phase;
use crate::roots::{RootScope, Roots};
use crate::value::Value;

/// Parts of the barrier that tests switch off, to see that the checker notices.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    Nothing,
    NoRemembering,
    NoCards,
    NoSnapshot,
}

/// What is wrong with a heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapDefect(pub String);

/// What a walk verifies besides the structure.
#[derive(Clone, Copy, PartialEq)]
enum Marks {
    /// Nothing, or their absence when idle.
    AsPhase,
    /// Every old object is marked.
    Complete,
}

struct Checker<'h> {
    heap: &'h Heap,
    remembered: HashSet<usize>,
    cards: HashSet<(usize, u32)>,
    seen: HashSet<usize>,
    pending: Vec<*mut Header>,
    marks: Marks,
}

impl Heap {
    /// Verifies the heap between collections.
    pub fn check<R: Roots>(&self, roots: &mut R) -> Result<(), HeapDefect> {
        self.walk(roots, Marks::AsPhase)
    }

    pub(crate) fn check_or_panic<R: Roots>(&self, roots: &mut R) {
        if let Err(HeapDefect(text)) = self.check(roots) {
            panic!("invariant: the heap is sound after a collection: {text}");
        }
    }

    /// Verifies that marking found everything.
    pub(crate) fn check_marks_or_panic<R: Roots>(&self, roots: &mut R) {
        if let Err(HeapDefect(text)) = self.walk(roots, Marks::Complete) {
            panic!("invariant: marking finds all that is reachable: {text}");
        }
    }

    fn walk<R: Roots>(&self, roots: &mut R, marks: Marks) -> Result<(), HeapDefect> {
        let mut checker = Checker {
            heap: self,
            remembered: HashSet::new(),
            cards: HashSet::new(),
            seen: HashSet::new(),
            pending: Vec::new(),
            marks,
        };
        if let Some(old) = &self.old {
            checker.remembered.extend(old.remembered.iter().map(|object| object.addr()));
            checker.cards.extend(old.cards.iter().map(|(array, card)| (array.addr(), *card)));
        }
        roots.visit(RootScope::All, &mut |value| checker.reach(*value));
        while let Some(object) = checker.pending.pop() {
            checker.object(object)?;
        }
        Ok(())
    }
}

fn defect(text: String) -> Result<(), HeapDefect> {
    Err(HeapDefect(text))
}

impl Checker<'_> {
    fn reach(&mut self, value: Value) {
        if value.is_object() && self.seen.insert(value.pointer().addr()) {
            self.pending.push(value.pointer());
        }
    }

    fn object(&mut self, object: *mut Header) -> Result<(), HeapDefect> {
        // SAFETY: the word is read even when it is no header: finding that out is the point. A freed chunk would
        // fault, which is a finding as well.
        let header = unsafe { *object };
        let kind_byte = header.kind_byte();
        if kind_byte == 0 || kind_byte as usize > KINDS.len() {
            return defect(format!("{object:?} is no object: header {header:?}"));
        }
        let kind = header.kind();
        let generations = [YOUNG, OLD, FROZEN].iter().filter(|&&flag| header.has(flag)).count();
        if generations != 1 {
            return defect(format!("{kind:?} {object:?} has flags {:#010b}", header.flags));
        }
        self.barrier_state(object, header, kind)?;
        self.mark_state(object, header, kind)?;
        // SAFETY: the header was verified.
        unsafe {
            if size_of_object(object) < 16 {
                return defect(format!("{kind:?} {object:?} is too small"));
            }
            let (first, count) = slots_of_object(object);
            for index in first..first + count {
                let value = *slot_at(object, index);
                if value.is_object() {
                    self.edge(object, header, index - first, value)?;
                    self.reach(value);
                }
            }
        }
        Ok(())
    }

    fn barrier_state(&self, object: *mut Header, header: Header, kind: Kind) -> Result<(), HeapDefect> {
        if !header.has(OLD) {
            return if header.has(BARRIER) {
                defect(format!("{kind:?} {object:?} is not old and has a barrier"))
            } else {
                Ok(())
            };
        }
        let remembered = self.remembered.contains(&object.addr());
        if header.has(BARRIER) == remembered {
            return defect(format!(
                "{kind:?} {object:?}: remembered {remembered}, flags {:#010b}",
                header.flags
            ));
        }
        Ok(())
    }

    fn mark_state(&self, object: *mut Header, header: Header, kind: Kind) -> Result<(), HeapDefect> {
        let phase = self.heap.old.as_ref().map_or(Phase::Idle, |old| old.phase);
        if self.marks == Marks::Complete {
            if header.has(OLD) && !header.has(MARK) {
                return defect(format!("{kind:?} {object:?} is reachable and not marked"));
            }
        } else if phase == Phase::Idle && header.has(MARK) {
            return defect(format!("{kind:?} {object:?} is marked and nobody marks"));
        }
        Ok(())
    }

    /// Verifies a reference from slot `slot` of an object.
    fn edge(&self, object: *mut Header, header: Header, slot: usize, to: Value) -> Result<(), HeapDefect> {
        let kind = header.kind();
        // SAFETY: as in `object`.
        let target = unsafe { *to.pointer() };
        if header.has(FROZEN) && !target.has(FROZEN) {
            return defect(format!("frozen {kind:?} {object:?} refers to a {:?}", target.kind_byte()));
        }
        if !header.has(OLD) || !target.has(YOUNG) {
            return Ok(());
        }
        let known = if header.has(CARDED) {
            let card = (slot / CARD_SLOTS) as u32;
            let Some(array) = Value::object(object).as_array() else {
                return defect(format!("{kind:?} {object:?} has cards"));
            };
            // SAFETY: the slot's card exists.
            let state = unsafe { *array.card(card as usize) };
            state != CARD_CLEAN && self.cards.contains(&(object.addr(), card))
        } else {
            self.remembered.contains(&object.addr())
        };
        if known {
            Ok(())
        } else {
            defect(format!(
                "old {kind:?} {object:?} refers to a young object at slot {slot} and nobody knows"
            ))
        }
    }
}
