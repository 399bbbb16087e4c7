//! One process' heap.
//!
//! Invariants.
//! - Nothing is allocated before the first object; the nursery then grows by doubling chunks.
//! - **Allocation never collects.** When the nursery's share is used up, another chunk is taken and `wants_gc` is
//!   raised; the VM collects at its next safepoint. Only the byte limit makes allocation fail.
//! - The generation of an object stands in its header. A chunk of any origin may hold young objects.
//! - `charged` counts every chunk, block, large object and outside reference of this heap.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use crate::fault::{Fault, NeedGc};
use crate::hash::Seed;
use crate::header::{BARRIER, FROZEN, HASHED, Header, YOUNG};
use crate::identity::IdentityTable;
use crate::kind::{Kind, slot_at};
use crate::nursery::Nursery;
use crate::old::OldSpace;
use crate::shared::Shared;
use crate::stats::GcStats;
use crate::value::Value;

/// Objects above this size are allocated on their own.
pub const LARGE_BYTES_MIN: usize = 8 * 1024;

/// References outside the heap do not start a marking cycle below this size.
const OUTSIDE_TRIGGER_MIN: usize = 16 * 1024 * 1024;

/// Units of work, of 10 ns to 100 ns, between two looks at the clock.
const WORK_BETWEEN_CLOCKS: u32 = 1 << 14;

/// Which collector a heap uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectorKind {
    /// Copying nursery, incremental mark-sweep old space.
    Generational,
    /// Everything is born old; incremental mark-sweep.
    MarkSweep,
    /// Never collects.
    None,
}

/// How a heap behaves.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    pub collector: CollectorKind,
    /// Hard limit of this heap.
    pub bytes_max: usize,
    /// What the nursery grows to before it is collected.
    pub nursery_bytes_max: usize,
    /// Collect whenever asked, and poison what was moved away from.
    pub stress: bool,
    /// Verify the heap after each collection.
    pub checked: bool,
}

impl Default for HeapConfig {
    fn default() -> HeapConfig {
        HeapConfig {
            collector: CollectorKind::Generational,
            bytes_max: usize::MAX / 2,
            nursery_bytes_max: 1024 * 1024,
            stress: false,
            checked: false,
        }
    }
}

impl HeapConfig {
    /// For values that live as long as one piece of work, which ends before they need collecting.
    pub fn scratch() -> HeapConfig {
        HeapConfig { collector: CollectorKind::None, ..HeapConfig::default() }
    }
}

/// One call that makes very much makes it old: copying it all out of the nursery would be one long pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    /// What runs cannot be started again.
    Impossible,
    /// Allocation may fail, so that the call starts again with everything born old.
    Possible,
    /// It has failed for that reason.
    Wanted,
    /// Nothing is young, and what is allocated is born old.
    Running,
}

/// The heap of one process.
#[repr(C)]
pub struct Heap {
    /// Next free byte of the current chunk, and its end. Native code allocates by these two.
    pub(crate) cursor: usize,
    pub(crate) limit: usize,
    /// The VM should collect at its next safepoint.
    pub(crate) wants_gc: bool,
    pub(crate) bulk: Bulk,
    /// Every allocation of this heap fails from now on: for tests.
    is_starved: Cell<bool>,
    pub(crate) config: HeapConfig,
    pub(crate) charged: usize,
    pub(crate) nursery: Nursery,
    pub(crate) old: Option<Box<OldSpace>>,
    pub(crate) young_holders: Vec<*mut Header>,
    pub(crate) old_holders: Vec<*mut Header>,
    pub(crate) identities: IdentityTable,
    pub(crate) stats: Option<Box<GcStats>>,
    /// Bytes that holders are charged with, and how many of them the last cycle left.
    pub(crate) outside: usize,
    pub(crate) outside_live: usize,
    pub(crate) shared: Arc<Shared>,
    /// When long work in Rust stops, and how much is left until the clock is read again.
    deadline: Option<Instant>,
    work_left: u32,
    #[cfg(test)]
    pub(crate) sabotage: crate::check::Sabotage,
}

pub const HEAP_CURSOR_OFFSET: usize = std::mem::offset_of!(Heap, cursor);
pub const HEAP_LIMIT_OFFSET: usize = std::mem::offset_of!(Heap, limit);
pub const HEAP_WANTS_GC_OFFSET: usize = std::mem::offset_of!(Heap, wants_gc);

// SAFETY: the raw pointers are to memory that this heap owns; a heap moves between threads as a whole, with its
// process.
unsafe impl Send for Heap {}

impl Heap {
    /// A heap that holds nothing yet.
    pub fn new(config: HeapConfig, shared: Arc<Shared>) -> Heap {
        Heap {
            cursor: 0,
            limit: 0,
            wants_gc: false,
            bulk: Bulk::Impossible,
            is_starved: Cell::new(false),
            config,
            charged: 0,
            nursery: Nursery::new(),
            old: None,
            young_holders: Vec::new(),
            old_holders: Vec::new(),
            identities: IdentityTable::default(),
            stats: None,
            outside: 0,
            outside_live: 0,
            shared,
            deadline: None,
            work_left: WORK_BETWEEN_CLOCKS,
            #[cfg(test)]
            sabotage: crate::check::Sabotage::Nothing,
        }
    }

    #[inline(always)]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    #[inline(always)]
    pub(crate) fn seed(&self) -> Seed {
        self.shared.seed()
    }

    pub fn config(&self) -> &HeapConfig {
        &self.config
    }

    /// True when the VM should collect at its next safepoint.
    #[inline(always)]
    pub fn wants_gc(&self) -> bool {
        self.wants_gc
    }

    /// A call begins, or goes on after a collection, that may be started again until it has an effect.
    #[inline]
    pub fn begin_call(&mut self) {
        if self.bulk == Bulk::Impossible {
            self.bulk = Bulk::Possible;
        }
    }

    /// The call is over; `restarts` when it failed because memory is to be collected first.
    #[inline]
    pub fn end_call(&mut self, restarts: bool) {
        if !restarts {
            self.bulk = Bulk::Impossible;
        }
    }

    /// Whether the call that has just failed for want of memory makes very much at once.
    pub fn wants_bulk(&self) -> bool {
        self.bulk == Bulk::Wanted
    }

    /// Whether new objects are born old. Nothing may be young then, because they are filled without barrier.
    #[inline]
    pub(crate) fn births_old(&self) -> bool {
        self.bulk == Bulk::Running || self.config.collector == CollectorKind::MarkSweep
    }

    /// Bytes that this heap holds, references outside included.
    pub fn bytes_used(&self) -> usize {
        self.charged
    }

    /// Room for an object of `bytes` (a multiple of 8, at least 16) with its header written. The caller fills
    /// it before anything else looks at it.
    #[inline(always)]
    pub(crate) fn allocate(
        &mut self,
        kind: Kind,
        bytes: usize,
        aux: u16,
        info: u32,
    ) -> Result<*mut Header, NeedGc> {
        debug_assert!(bytes.is_multiple_of(8) && bytes >= 16);
        if bytes <= self.limit - self.cursor && bytes <= LARGE_BYTES_MIN {
            let object = std::ptr::with_exposed_provenance_mut::<Header>(self.cursor);
            self.cursor += bytes;
            // SAFETY: the chunk has room for the object.
            unsafe { object.write(Header::new(kind, YOUNG, aux, info)) };
            return Ok(object);
        }
        let object = self.allocate_slow(bytes)?;
        // SAFETY: as above; the flags of the place were chosen by the allocator.
        unsafe {
            let flags = (*object).flags;
            object.write(Header::new(kind, flags, aux, info));
        }
        Ok(object)
    }

    /// Stores into slot `index` (in words from the header) with the write barrier.
    ///
    /// # Safety
    /// `object` is alive and slot `index` is one of its value slots.
    #[inline(always)]
    pub(crate) unsafe fn store(
        &mut self,
        object: *mut Header,
        index: usize,
        value: Value,
    ) -> Result<(), Fault> {
        // SAFETY: the caller's contract.
        unsafe {
            if (*object).flags & (BARRIER | FROZEN) != 0 {
                self.barrier(object)?;
            }
            *slot_at(object, index) = value;
        }
        Ok(())
    }

    /// As `store`, for objects that are never frozen.
    ///
    /// # Safety
    /// As for `store`.
    pub(crate) unsafe fn store_unfrozen(&mut self, object: *mut Header, index: usize, value: Value) {
        // SAFETY: the caller's contract.
        let stored = unsafe { self.store(object, index, value) };
        debug_assert!(stored.is_ok(), "this kind is never frozen");
    }

    /// From when on `work` fails.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Counts work that one call may do much of, and fails when the time of the process is over. Loops over values
    /// call it, so that a time limit ends them, too. What is half done then is thrown away with the process.
    #[inline]
    pub fn work(&mut self, units: usize) -> Result<(), Fault> {
        match u32::try_from(units).ok().and_then(|units| self.work_left.checked_sub(units)) {
            Some(left) => {
                self.work_left = left;
                Ok(())
            }
            None => self.look_at_clock(),
        }
    }

    #[cold]
    fn look_at_clock(&mut self) -> Result<(), Fault> {
        self.work_left = WORK_BETWEEN_CLOCKS;
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => Err(Fault::Overdue),
            Some(_) | None => Ok(()),
        }
    }

    /// Counts `bytes` of memory outside the heap; `discharge` gives them back.
    pub fn charge(&mut self, bytes: usize) -> Result<(), NeedGc> {
        self.check_room(bytes)?;
        if !self.shared.take_memory(bytes) {
            return Err(NeedGc { bytes });
        }
        self.charged += bytes;
        Ok(())
    }

    /// Gives back what `charge` counted.
    pub fn discharge(&mut self, bytes: usize) {
        self.charged -= bytes;
        self.shared.give_memory(bytes);
    }

    /// Fails when `bytes` more would pass the limit of this heap.
    #[inline]
    pub fn check_room(&self, bytes: usize) -> Result<(), NeedGc> {
        let fails = self.shared.failure.is_some() && self.fails_by_plan();
        if self.config.bytes_max.saturating_sub(self.charged) >= bytes && !fails {
            Ok(())
        } else {
            Err(NeedGc { bytes })
        }
    }

    #[cold]
    fn fails_by_plan(&self) -> bool {
        let Some(plan) = &self.shared.failure else { return false };
        if self.config.collector == CollectorKind::None {
            // What is done with such a heap cannot collect and start again.
            return false;
        }
        let is_due = plan.is_due();
        if is_due && plan.goes_on() {
            self.is_starved.set(true);
        }
        is_due || self.is_starved.get()
    }

    /// What the collector did so far.
    pub fn stats(&self) -> GcStats {
        self.stats.as_deref().cloned().unwrap_or_default()
    }

    pub(crate) fn stats_mut(&mut self) -> &mut GcStats {
        self.stats.get_or_insert_default()
    }

    /// Bytes that holders of this heap refer to outside it.
    pub(crate) fn outside_bytes(&self) -> usize {
        self.outside
    }

    /// Marking starts when outside bytes pass this.
    pub(crate) fn outside_trigger(&self) -> usize {
        (self.outside_live * 2).max(OUTSIDE_TRIGGER_MIN).min(self.config.bytes_max / 2)
    }

    /// A number that stays with an object for its life: the identity hash. The value is a pointer.
    pub fn identity(&mut self, value: Value) -> u64 {
        if value.is_frozen() {
            return value.bits();
        }
        let object = value.pointer();
        // SAFETY: a pointer value is alive and not frozen, so only this process sees it.
        unsafe { (*object).flags |= HASHED };
        // SAFETY: as above.
        let young = unsafe { (*object).has(YOUNG) };
        self.identities.serial(object, young)
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for index in 0..self.young_holders.len() + self.old_holders.len() {
            let young = self.young_holders.len();
            let holder =
                if index < young { self.young_holders[index] } else { self.old_holders[index - young] };
            // SAFETY: holders in the lists are complete and own their reference.
            unsafe { crate::holders::release(holder) };
        }
        self.shared.give_memory(self.charged);
    }
}

// What an idle process costs starts here.
const _: () = assert!(std::mem::size_of::<Heap>() <= 448);
