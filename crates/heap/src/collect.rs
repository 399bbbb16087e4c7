//! Collection: what is done at a safepoint, and in which order.
//!
//! A poll empties the nursery, then does one step of what the old space is at: starting to mark when it has grown
//! past its trigger, marking, or sweeping. Steps are bounded by work, not by time, so that runs repeat exactly. A
//! full collection does everything to the end.
#![allow(unsafe_code)]

use std::time::Instant;

use crate::heap::{Bulk, CollectorKind, Heap};
use crate::nursery::NURSERY_BYTES_MIN;
use crate::old::Phase;
use crate::roots::{Request, Roots};

pub(crate) mod mark;
pub(crate) mod minor;

/// Bytes copied by a minor collection that takes about half a millisecond, and what a card costs beside them.
const WORK_BYTES_MAX: usize = 320 * 1024;
const CARD_WORK_BYTES: usize = 192;
/// Slots marked by one step, at least and at most. The upper bound keeps a pause near a millisecond.
const MARK_SLOTS_MIN: usize = 24 * 1024;
const MARK_SLOTS_MAX: usize = 96 * 1024;
/// Slots marked for each byte promoted since the last step: marking must outrun allocation.
const MARK_SLOTS_PER_BYTE: usize = 1;
/// Bytes born old that one step makes good.
const DEBT_BYTES_PER_STEP: usize = 512 * 1024;
/// Cells swept by one step.
const SWEEP_CELLS: usize = 16 * 1024;

/// A collector: how a heap is polled and how it is emptied of garbage.
trait Collector {
    fn poll<R: Roots>(heap: &mut Heap, roots: &mut R) -> Scanned;
    fn full<R: Roots>(heap: &mut Heap, roots: &mut R);
}

/// Whether a collection looked at the roots that may hold young objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    Roots,
    Nothing,
}

struct Generational;
struct MarkSweep;
struct Never;

impl Collector for Generational {
    fn poll<R: Roots>(heap: &mut Heap, roots: &mut R) -> Scanned {
        let scanned = if is_step_alone(heap) { Scanned::Nothing } else { Scanned::Roots };
        let promoted = if scanned == Scanned::Roots { run_minor(heap, roots) } else { 0 };
        let debt = heap.old.as_ref().map_or(0, |old| old.debt);
        old_step(heap, roots, promoted.saturating_add(debt));
        scanned
    }

    fn full<R: Roots>(heap: &mut Heap, roots: &mut R) {
        run_minor(heap, roots);
        run_major(heap, roots);
        heap.trim();
    }
}

impl Collector for MarkSweep {
    fn poll<R: Roots>(heap: &mut Heap, roots: &mut R) -> Scanned {
        let allocated = heap.nursery.large_bytes;
        // There is nothing young: this only arms the barriers again.
        minor::collect(heap, roots);
        old_step(heap, roots, allocated);
        Scanned::Roots
    }

    fn full<R: Roots>(heap: &mut Heap, roots: &mut R) {
        minor::collect(heap, roots);
        run_major(heap, roots);
    }
}

impl Collector for Never {
    fn poll<R: Roots>(_: &mut Heap, _: &mut R) -> Scanned {
        Scanned::Nothing
    }
    fn full<R: Roots>(_: &mut Heap, _: &mut R) {}
}

impl Heap {
    /// Empties the nursery into the old space, and has the call that is started again make everything old. Only at a
    /// safepoint.
    pub fn begin_bulk<R: Roots>(&mut self, roots: &mut R) -> Scanned {
        self.bulk = Bulk::Running;
        self.collect(roots, Request::Poll)
    }

    /// Collects. Only at a safepoint: every value that `roots` does not show is invalid afterwards.
    pub fn collect<R: Roots>(&mut self, roots: &mut R, request: Request) -> Scanned {
        let start = Instant::now();
        let scanned = match (self.config.collector, request) {
            (CollectorKind::Generational, Request::Poll) => Generational::poll(self, roots),
            (CollectorKind::Generational, Request::Full) => full::<Generational, R>(self, roots),
            (CollectorKind::MarkSweep, Request::Poll) => MarkSweep::poll(self, roots),
            (CollectorKind::MarkSweep, Request::Full) => full::<MarkSweep, R>(self, roots),
            (CollectorKind::None, Request::Poll) => Never::poll(self, roots),
            (CollectorKind::None, Request::Full) => full::<Never, R>(self, roots),
        };
        self.wants_gc = self.config.collector == CollectorKind::Generational && pay_debt(self);
        let elapsed = start.elapsed();
        self.stats_mut().record_pause(elapsed);
        if self.config.checked {
            self.check_or_panic(roots);
        }
        scanned
    }
}

fn full<C: Collector, R: Roots>(heap: &mut Heap, roots: &mut R) -> Scanned {
    C::full(heap, roots);
    Scanned::Roots
}

/// An old space of more bytes is not collected only because its process waits: that would take long.
const IDLE_OLD_BYTES_MAX: usize = 16 << 20;

impl Heap {
    /// Collects for a process that has waited for long, and gives back what it does not need. As `collect`, but all
    /// roots are looked at.
    pub fn shrink<R: Roots>(&mut self, roots: &mut R) {
        match (self.config.collector, self.old.as_ref().map(|old| old.bytes)) {
            (CollectorKind::None, _) => {}
            (CollectorKind::Generational, None) => minor::pack(self, roots),
            (_, bytes) if bytes.unwrap_or(0) < IDLE_OLD_BYTES_MAX => {
                self.collect(roots, Request::Full);
            }
            _ => {}
        }
        self.trim();
        if self.config.checked {
            self.check_or_panic(roots);
        }
    }
}

/// Whether a poll leaves the nursery alone: with a debt polls follow each other quickly, and most find nothing in it that
/// is worth copying.
fn is_step_alone(heap: &Heap) -> bool {
    let owes = heap.old.as_ref().is_some_and(|old| old.debt > 0 && old.phase != Phase::Idle);
    owes && heap.bulk != Bulk::Running && heap.nursery_used() < NURSERY_BYTES_MIN / 4
}

/// What was born old is paid for by steps of marking and sweeping. Between two of them the program goes on for a little:
/// the heap asks for the next one at once. True while something is owed.
fn pay_debt(heap: &mut Heap) -> bool {
    let Some(old) = heap.old.as_mut() else { return false };
    let is_idle = old.phase == Phase::Idle;
    old.debt = if is_idle { 0 } else { old.debt.saturating_sub(DEBT_BYTES_PER_STEP) };
    old.debt > 0
}

/// A minor collection; gives the bytes that went to the old space.
fn run_minor<R: Roots>(heap: &mut Heap, roots: &mut R) -> usize {
    let start = Instant::now();
    let result = minor::collect(heap, roots);
    let elapsed = start.elapsed();
    resize_nursery(heap, &result);
    let stats = heap.stats_mut();
    stats.record_minor(elapsed);
    stats.nursery_bytes += result.nursery_bytes as u64;
    stats.survived_bytes += result.survived_bytes as u64;
    stats.promoted_bytes += result.promoted_bytes as u64;
    result.promoted_bytes
}

/// A nursery that is nearly empty after a collection may grow: its objects get more time to die. One that takes long to
/// collect must shrink: the same work is done in shorter pauses.
fn resize_nursery(heap: &mut Heap, result: &minor::MinorResult) {
    let work = result.survived_bytes + result.promoted_bytes + result.cards * CARD_WORK_BYTES;
    let target = heap.nursery.target;
    if work > WORK_BYTES_MAX {
        heap.nursery.target = (target / 2).max(NURSERY_BYTES_MIN);
    } else if work < WORK_BYTES_MAX / 4 && result.nursery_bytes >= target {
        heap.nursery.target = (target * 2).min(heap.config.nursery_bytes_max.max(NURSERY_BYTES_MIN));
    }
}

/// One bounded step of the old space.
fn old_step<R: Roots>(heap: &mut Heap, roots: &mut R, promoted: usize) {
    let stress = heap.config.stress;
    let outside = heap.outside_bytes();
    let Some(old) = heap.old.as_mut() else {
        if outside > heap.outside_trigger() {
            heap.old_space();
            mark::start(heap, roots);
        }
        return;
    };
    match old.phase {
        Phase::Idle => {
            if stress || old.bytes > old.trigger || outside > heap.outside_trigger() {
                mark::start(heap, roots);
                heap.stats_mut().major_count += 1;
            }
        }
        Phase::Marking => {
            let budget = (promoted * MARK_SLOTS_PER_BYTE).clamp(MARK_SLOTS_MIN, MARK_SLOTS_MAX);
            let budget = if stress { 64 } else { budget };
            if mark::step(old, budget) {
                finish_marking(heap, roots);
            }
        }
        Phase::Sweeping => {
            sweep(heap, if stress { 256 } else { SWEEP_CELLS });
        }
    }
}

fn finish_marking<R: Roots>(heap: &mut Heap, roots: &mut R) {
    if heap.config.checked {
        heap.check_marks_or_panic(roots);
    }
    mark::finish(heap);
}

/// Sweeps about that many cells; true when nothing is left to sweep.
fn sweep(heap: &mut Heap, cells: usize) -> bool {
    let poison = heap.config.stress;
    let mut freed = Vec::new();
    let done = match heap.old.as_mut() {
        Some(old) if old.phase == Phase::Sweeping => {
            old.sweep_step(cells, &mut heap.identities, poison, &mut freed)
        }
        _ => true,
    };
    for chunk in freed {
        heap.free_chunk(chunk);
    }
    if done {
        heap.outside_live = heap.outside_bytes();
    }
    done
}

/// Ends the cycle under way, then does a whole one.
fn run_major<R: Roots>(heap: &mut Heap, roots: &mut R) {
    heap.old_space();
    for _ in 0..2 {
        let phase = heap.old_space().phase;
        if phase == Phase::Idle {
            mark::start(heap, roots);
        }
        if heap.old_space().phase == Phase::Marking {
            mark::step(heap.old_space(), usize::MAX / 2);
            finish_marking(heap, roots);
        }
        while !sweep(heap, usize::MAX / 2) {}
        if phase == Phase::Idle {
            break;
        }
    }
    heap.stats_mut().full_count += 1;
}

#[cfg(test)]
#[path = "collect_tests.rs"]
mod tests;
