//! The reactor: one thread that waits for sockets, and a bounded pool of threads for work that blocks.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use super::http::Idle;

/// Threads for work that blocks; more of it waits.
const BLOCKING_THREADS_MAX: usize = 64;

#[derive(Default)]
pub struct Reactor {
    runtime: OnceLock<Result<Runtime, io::ErrorKind>>,
    /// Connections of HTTP that wait for their next request.
    pub idle: Idle,
}

impl Reactor {
    /// Started by whoever needs it first.
    pub fn handle(&self) -> io::Result<&Handle> {
        let made = self.runtime.get_or_init(|| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).max_blocking_threads(BLOCKING_THREADS_MAX).thread_name("dunlin-io");
            builder.enable_all().build().map_err(|error| error.kind())
        });
        made.as_ref().map(Runtime::handle).map_err(|kind| io::Error::from(*kind))
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        if let Some(Ok(runtime)) = self.runtime.take() {
            // The last user may be one of its own threads, which cannot wait for itself.
            runtime.shutdown_background();
        }
    }
}
