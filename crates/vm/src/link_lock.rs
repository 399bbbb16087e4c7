//! One thread links at a time. Linking runs code of the library, which may need more of the library, so the thread
//! that has the lock may take it again; others wait until all of it is there.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{ThreadId, current};

#[derive(Default)]
pub(crate) struct LinkLock {
    holder: Mutex<Option<(ThreadId, usize)>>,
    released: Condvar,
}

/// The lock is held as long as this lives.
pub(crate) struct Linking<'a>(&'a LinkLock);

impl LinkLock {
    fn lock(&self) -> MutexGuard<'_, Option<(ThreadId, usize)>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enter(&self) -> Linking<'_> {
        let own = current().id();
        let mut holder = self.lock();
        loop {
            match &mut *holder {
                None => {
                    *holder = Some((own, 1));
                    return Linking(self);
                }
                Some((thread, depth)) if *thread == own => {
                    *depth += 1;
                    return Linking(self);
                }
                Some(_) => holder = self.released.wait(holder).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Drop for Linking<'_> {
    fn drop(&mut self) {
        let mut holder = self.0.lock();
        let left = holder.as_ref().map_or(0, |(_, depth)| depth - 1);
        match &mut *holder {
            Some((_, depth)) if left > 0 => *depth = left,
            other => {
                *other = None;
                self.0.released.notify_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_enters_again_and_others_wait() {
        let lock = LinkLock::default();
        let outer = lock.enter();
        drop(lock.enter());
        std::thread::scope(|scope| {
            let other = scope.spawn(|| drop(lock.enter()));
            assert!(!other.is_finished());
            drop(outer);
            assert!(other.join().is_ok());
        });
        drop(lock.enter());
    }
}
