//! Work elsewhere, while its process waits and others go on: what can only block runs on a thread of its own, what
//! waits for sockets on the reactor's.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use heap::Value;
use tokio::task::AbortHandle;
use vm::{Cx, Exit};

use crate::io::attempt;
use crate::local::{local, of};

/// A result that is not there yet. Work cannot be taken back: when its process ends, nobody takes its result.
struct Job<T>(Arc<Mutex<Option<T>>>);

/// Work of the reactor that is not done. It is given up when nobody waits for it any more.
struct Future<T>(Arc<Mutex<Option<T>>>, AbortHandle);

impl<T> Drop for Future<T> {
    fn drop(&mut self) {
        self.1.abort();
    }
}

/// Has the reactor do something, and gives its result when it is there. As with `blocking`, the builtin runs again
/// until then.
pub(crate) fn eventually<T, F>(cx: &mut Cx, timeout: Value, make: impl FnOnce() -> F) -> Result<T, Exit>
where
    T: Send + 'static,
    F: std::future::Future<Output = T> + Send + 'static,
{
    let future = match cx.take_kept::<Future<T>>() {
        Some(future) => future,
        None => {
            let local = local(cx)?;
            let (runtime, waker) = (local.runtime.clone(), Waker::from(local.waiter()));
            let handle = match runtime.reactor.handle() {
                Ok(handle) => handle,
                Err(error) => return Err(cx.io_error(&error.to_string())),
            };
            let (work, place) = (make(), Arc::new(Mutex::new(None)));
            let result = place.clone();
            let task = handle.spawn(async move {
                let made = work.await;
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
                waker.wake();
            });
            Future(result, task.abort_handle())
        }
    };
    let found =
        attempt(cx, timeout, |_| match future.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(made) => Poll::Ready(made),
            None => Poll::Pending,
        });
    if let Err(Exit::Park(_)) = found {
        cx.keep(future);
    }
    found
}

/// Does something that blocks, and gives its result when it is done. The builtin runs again until then, so what comes
/// before the call happens each time. A process that is alone, or in virtual time, just blocks.
pub fn blocking<T: Send + 'static>(
    cx: &mut Cx,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Exit> {
    let is_alone =
        of(cx).is_none_or(|local| local.runtime.table.len() == 1 || local.runtime.host.is_simulated());
    let job = match cx.take_kept::<Job<T>>() {
        Some(job) => job,
        None if is_alone => return Ok(work()),
        None => {
            let job = Job(Arc::default());
            let result = job.0.clone();
            let local = local(cx)?;
            let waker = Waker::from(local.waiter());
            let Ok(handle) = local.runtime.reactor.handle() else { return Ok(work()) };
            handle.spawn_blocking(move || {
                let made = work();
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
                waker.wake();
            });
            job
        }
    };
    let result = job.0.clone();
    let found =
        attempt(cx, Value::NIL, |_| match result.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(made) => Poll::Ready(made),
            None => Poll::Pending,
        });
    if let Err(Exit::Park(_)) = found {
        cx.keep(job);
    }
    found
}
