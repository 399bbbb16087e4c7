//! Who may still be inside machine code, so that retired code is freed when nobody is.
//!
//! A thread is inside from the start of a slice to its end; between slices no process holds an address of machine
//! code. Code is retired in two steps: first nobody can find it any more, then the epoch is advanced. Whoever is idle
//! then, or has started a slice in the new epoch, cannot have seen it.

use std::cell::RefCell;
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU64, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The threads that run slices of one VM.
pub struct Workers {
    id: u64,
    epoch: AtomicU64,
    known: Mutex<Vec<Arc<Worker>>>,
}

/// One thread.
#[derive(Default)]
struct Worker {
    /// The epoch in which its slice started; 0 outside slices.
    since: AtomicU64,
}

/// What a thread knows of itself in one VM.
struct Own {
    id: u64,
    worker: Arc<Worker>,
    /// Slices inside each other: linking runs the top level of modules.
    depth: u32,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static OWN: RefCell<Vec<Own>> = const { RefCell::new(Vec::new()) };
}

impl Workers {
    pub fn new() -> Workers {
        Workers { id: NEXT_ID.fetch_add(1, SeqCst), epoch: AtomicU64::new(1), known: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Worker>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread may look for machine code from now on.
    pub fn slice_starts(&self) {
        self.with_own(|own| {
            own.depth += 1;
            if own.depth == 1 {
                // What is found after the fence was not retired in an epoch before.
                own.worker.since.store(self.epoch.load(Relaxed), Relaxed);
                fence(SeqCst);
            }
        });
    }

    /// The calling thread is outside; whether it was inside no other slice.
    pub fn slice_ends(&self) -> bool {
        self.with_own(|own| {
            own.depth = own.depth.saturating_sub(1);
            if own.depth == 0 {
                // All that was read inside was read before.
                own.worker.since.store(0, Release);
            }
            own.depth == 0
        })
    }

    fn with_own<R>(&self, act: impl FnOnce(&mut Own) -> R) -> R {
        OWN.with_borrow_mut(|all| {
            let position = match all.iter().position(|own| own.id == self.id) {
                Some(position) => position,
                None => {
                    // Those of VMs that are gone.
                    all.retain(|own| own.depth > 0 || Arc::strong_count(&own.worker) > 1);
                    let worker = Arc::<Worker>::default();
                    let mut known = self.lock();
                    // Those of threads that are gone.
                    known.retain(|worker| Arc::strong_count(worker) > 1);
                    known.push(worker.clone());
                    all.push(Own { id: self.id, worker, depth: 0 });
                    all.len() - 1
                }
            };
            act(&mut all[position])
        })
    }

    /// Starts a new epoch, after something was made impossible to find.
    pub fn advance(&self) -> u64 {
        fence(SeqCst);
        self.epoch.fetch_add(1, SeqCst) + 1
    }

    /// Whether nobody is left who started before this epoch.
    pub fn are_past(&self, epoch: u64) -> bool {
        fence(SeqCst);
        self.lock().iter().all(|worker| {
            let since = worker.since.load(SeqCst);
            since == 0 || since >= epoch
        })
    }
}

impl Default for Workers {
    fn default() -> Workers {
        Workers::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_holds_what_was_retired_during_it() {
        let workers = Workers::new();
        workers.slice_starts();
        let epoch = workers.advance();
        assert!(!workers.are_past(epoch));
        workers.slice_starts();
        assert!(!workers.slice_ends(), "the outer one goes on");
        assert!(!workers.are_past(epoch));
        assert!(workers.slice_ends());
        assert!(workers.are_past(epoch));
        workers.slice_starts();
        assert!(workers.are_past(epoch), "it started afterwards");
        workers.slice_ends();
    }

    #[test]
    fn other_threads_count() {
        let workers = Arc::new(Workers::new());
        let (started, go_on) = (Arc::new(std::sync::Barrier::new(2)), Arc::new(std::sync::Barrier::new(2)));
        let other = std::thread::spawn({
            let (workers, started, go_on) = (workers.clone(), started.clone(), go_on.clone());
            move || {
                workers.slice_starts();
                started.wait();
                go_on.wait();
                workers.slice_ends();
            }
        });
        started.wait();
        let epoch = workers.advance();
        assert!(!workers.are_past(epoch));
        go_on.wait();
        other.join().expect("the other thread ends");
        assert!(workers.are_past(epoch));
    }
}
