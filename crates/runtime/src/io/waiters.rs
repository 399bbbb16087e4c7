//! Processes that wait for one side of a socket. The system's side keeps one waker only, so it gets one that wakes all
//! of them; each then looks again.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Wake, Waker};

use crate::control::Control;
use crate::runtime::Runtime;

/// Wakes a process from a thread that runs none.
pub struct Waiter {
    pub runtime: Weak<Runtime>,
    pub control: Arc<Control>,
}

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(runtime) = self.runtime.upgrade() {
            runtime.wake(&self.control);
        }
    }
}

/// Each process stands here once, though it may have gone on with something else: it is woken in vain then.
#[derive(Default)]
pub struct Waiters(Mutex<Vec<Arc<Waiter>>>);

impl Waiters {
    /// Notes who waits, and gives the waker for whom it waits for.
    pub fn enter(self: &Arc<Self>, waiter: &Arc<Waiter>) -> Waker {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(|known| Arc::ptr_eq(known, waiter)) {
            if waiting.len() == waiting.capacity() {
                waiting.retain(|known| known.control.is_alive());
            }
            waiting.push(waiter.clone());
        }
        drop(waiting);
        Waker::from(self.clone())
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.iter().for_each(Wake::wake_by_ref);
    }
}
