//! Work that can only block: it runs on a thread of its own while its process waits and others go on.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use heap::Value;
use vm::{Cx, Exit};

use crate::io::attempt;
use crate::local::{local, of};

/// A result that is not there yet. Work cannot be taken back: when its process ends, nobody takes its result.
struct Job<T>(Arc<Mutex<Option<T>>>);

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
            let waker = local.waker();
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
    if found.is_err() {
        cx.keep(job);
    }
    found
}
