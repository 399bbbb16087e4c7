//! The thread that optimises while programs go on.
//!
//! There is one for all VMs of a program, and none before something was found hot. It works off a short queue: what
//! does not fit is not lost, since a function that stays hot is recorded again.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs that wait; more are refused.
const JOBS_MAX: usize = 32;
/// Compilers recurse over what they compile.
const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_started: bool,
    is_busy: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { jobs: VecDeque::new(), is_started: false, is_busy: false });
static CHANGED: Condvar = Condvar::new();
/// How many jobs wait, for those who only look.
static WAITING: AtomicUsize = AtomicUsize::new(0);

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait(queue: MutexGuard<'static, Queue>) -> MutexGuard<'static, Queue> {
    CHANGED.wait(queue).unwrap_or_else(PoisonError::into_inner)
}

/// Whether nothing more is taken now.
pub fn is_full() -> bool {
    WAITING.load(Relaxed) >= JOBS_MAX
}

/// Has a job done later, unless too many wait or the system gives no thread.
pub fn run(job: impl FnOnce() + Send + 'static) {
    let mut queue = lock();
    if queue.jobs.len() >= JOBS_MAX {
        return;
    }
    if !queue.is_started {
        let thread = std::thread::Builder::new().name("dunlin-optimise".into()).stack_size(STACK_BYTES);
        if thread.spawn(work).is_err() {
            return;
        }
        queue.is_started = true;
    }
    queue.jobs.push_back(Box::new(job));
    WAITING.store(queue.jobs.len(), Relaxed);
    CHANGED.notify_all();
}

/// Waits until nothing is left to do.
pub fn wait_until_idle() {
    let mut queue = lock();
    while queue.is_busy || !queue.jobs.is_empty() {
        queue = wait(queue);
    }
}

fn work() {
    give_way();
    let mut queue = lock();
    loop {
        let Some(job) = queue.jobs.pop_front() else {
            queue = wait(queue);
            continue;
        };
        queue.is_busy = true;
        WAITING.store(queue.jobs.len(), Relaxed);
        drop(queue);
        // A compiler that fails leaves the program as it is; what the job was about counts as being compiled for ever.
        let _ = std::panic::catch_unwind(AssertUnwindSafe(job));
        queue = lock();
        queue.is_busy = false;
        CHANGED.notify_all();
    }
}

/// Where processors are few, programs come first.
fn give_way() {
    super::priority::lower();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[test]
    fn jobs_are_done_one_after_the_other_and_a_failing_one_ends_nothing() {
        let (at_once, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for number in 0..8 {
            let (at_once, done) = (at_once.clone(), done.clone());
            run(move || {
                assert_eq!(at_once.fetch_add(1, SeqCst), 0, "one thread");
                at_once.fetch_sub(1, SeqCst);
                done.fetch_add(1, SeqCst);
                assert!(number != 3, "this job fails");
            });
        }
        wait_until_idle();
        assert_eq!(done.load(SeqCst), 8);
    }
}
