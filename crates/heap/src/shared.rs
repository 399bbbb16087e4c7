//! What all processes of one VM share: symbols, classes, the frozen region, the hash seed, the memory count.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::classes::ClassTable;
use crate::failure::{AllocationFailure, FailurePlan};
use crate::frozen::FrozenRegion;
use crate::hash::Seed;
use crate::symbols::SymbolTable;

/// One per VM, behind an `Arc`.
pub struct Shared {
    pub symbols: SymbolTable,
    pub classes: ClassTable,
    pub(crate) frozen: FrozenRegion,
    seed: Seed,
    memory_used: AtomicUsize,
    memory_max: usize,
    pub(crate) failure: Option<FailurePlan>,
}

impl Shared {
    /// A VM whose heaps together may take `memory_max` bytes, hashing with `seed`.
    pub fn new(seed: u64, memory_max: usize) -> Shared {
        Shared {
            symbols: SymbolTable::new(),
            classes: ClassTable::new(),
            frozen: FrozenRegion::new(),
            seed: Seed::from_number(seed),
            memory_used: AtomicUsize::new(0),
            memory_max,
            failure: None,
        }
    }

    /// The same, and one allocation fails: for tests.
    pub fn failing(self, failure: Option<AllocationFailure>) -> Shared {
        Shared { failure: failure.map(FailurePlan::new), ..self }
    }

    /// A seed that differs from run to run, for programs that do not ask for a reproducible one.
    pub fn random_seed() -> u64 {
        use std::hash::{BuildHasher, Hasher};
        std::collections::hash_map::RandomState::new().build_hasher().finish()
    }

    #[inline]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Bytes that all heaps and the frozen region hold.
    pub fn memory_used(&self) -> usize {
        self.memory_used.load(Ordering::Relaxed) + self.frozen.bytes()
    }

    /// Counts memory in; `false` when the VM's limit would be passed.
    pub(crate) fn take_memory(&self, bytes: usize) -> bool {
        let used = self.memory_used.fetch_add(bytes, Ordering::Relaxed);
        if used.saturating_add(bytes) > self.memory_max {
            self.memory_used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// True when `bytes` more fit the VM's limit.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.memory_used().saturating_add(bytes) <= self.memory_max
    }

    /// Counts memory in without a test: what the collector needs to finish.
    pub(crate) fn force_memory(&self, bytes: usize) {
        self.memory_used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn give_memory(&self, bytes: usize) {
        self.memory_used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
