//! Allocations that fail on purpose: how tests see that every allocation may.
//!
//! While a VM has such a plan each object gets a chunk of its own, so that "allocation" means each object, large
//! array and memory outside the heap. What fails is one heap: the others of the VM go on.

use std::sync::atomic::{AtomicU64, Ordering};

/// Which allocation of a VM fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationFailure {
    /// The first is 1.
    pub number: u64,
    pub then: AfterFailure,
}

/// What happens to the allocations behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// They succeed: what failed is collected for and done again.
    Succeed,
    /// All of the same heap fail, so its process ends.
    Fail,
}

/// The plan and where it stands.
pub(crate) struct FailurePlan {
    failure: AllocationFailure,
    seen: AtomicU64,
}

impl FailurePlan {
    pub(crate) fn new(failure: AllocationFailure) -> FailurePlan {
        FailurePlan { failure, seen: AtomicU64::new(0) }
    }

    /// Counts an allocation; true when it is the one that fails.
    pub(crate) fn is_due(&self) -> bool {
        self.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.failure.number
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.failure.then == AfterFailure::Fail
    }
}
