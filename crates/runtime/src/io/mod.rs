//! Waiting for the world outside without keeping a worker from others.
//!
//! A builtin tries what it wants at once. Where that would block, it leaves its process's waker with whoever knows when
//! to go on, and parks; the builtin then runs again from its start. Sockets wait in a reactor on a thread of its own,
//! work that can only block runs on a bounded pool of threads. Neither exists before it is needed.

mod blocking;
pub mod http;
mod patient;
mod pipe;
mod place;
pub mod program;
mod reactor;
pub mod socket;
pub mod tls;
mod waiters;

use std::sync::Arc;
use std::task::Poll;

use heap::Value;
use vm::{Cx, Exit, Wait};

use crate::builtins::{interrupt, milliseconds_of};
use crate::local::{Local, local};

pub use blocking::blocking;
pub(crate) use blocking::eventually;
pub use place::whole_path;
pub(crate) use reactor::Reactor;
pub(crate) use waiters::Waiter;

impl Local {
    /// What wakes this process.
    fn waiter(&mut self) -> Arc<Waiter> {
        let make =
            || Arc::new(Waiter { runtime: Arc::downgrade(&self.runtime), control: self.control.clone() });
        self.waiter.get_or_insert_with(make).clone()
    }

    /// Notes that what the process waits for is no deadlock.
    fn go_outside(&mut self) {
        if !self.is_outside {
            self.is_outside = true;
            self.runtime.host.outside(true);
        }
    }

    /// The process runs again.
    pub fn come_inside(&mut self) {
        if self.is_outside {
            self.is_outside = false;
            self.runtime.host.outside(false);
        }
    }
}

/// Tries something that the outside world decides. When it is not ready the process waits, no longer than `timeout`.
pub(crate) fn attempt<T>(
    cx: &mut Cx,
    timeout: Value,
    poll: impl FnOnce(&Arc<Waiter>) -> Poll<T>,
) -> Result<T, Exit> {
    let waiter = local(cx)?.waiter();
    match poll(&waiter) {
        Poll::Ready(found) => {
            local(cx)?.deadline_us = None;
            Ok(found)
        }
        Poll::Pending => Err(wait(cx, timeout)?),
    }
}

/// How the running builtin waits for its waker; a TimeoutError once the time is over.
fn wait(cx: &mut Cx, timeout: Value) -> Result<Exit, Exit> {
    let timeout = milliseconds_of(cx, timeout, "the timeout")?;
    let local = local(cx)?;
    let milliseconds = match timeout {
        None => None,
        Some(timeout) => {
            let now = local.runtime.host.now_us();
            let after = || now.saturating_add(timeout.saturating_mul(1000));
            let end = *local.deadline_us.get_or_insert_with(after);
            if now >= end {
                local.deadline_us = None;
                return Err(cx.timeout_error(&format!("nothing came within {timeout} ms")));
            }
            Some((end - now).div_ceil(1000))
        }
    };
    if let Err(interrupted) = interrupt(cx) {
        crate::local::local(cx)?.deadline_us = None;
        return Err(interrupted);
    }
    crate::local::local(cx)?.go_outside();
    Ok(Exit::Park(Wait::Message { milliseconds }))
}
