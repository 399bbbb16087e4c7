//! What lies outside a process's heap and is there for it alone: messages in its channels, and those that timers will
//! send it. It counts towards the limit of the heap, together with the messages that wait in its mailbox.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use vm::Limit;

use crate::control::Control;
use crate::runtime::Runtime;
use crate::signal::Signal;

/// What a message costs beside its content, in a channel or with its timer.
pub const ENTRY_BYTES: usize = 96;

/// So many bytes are held for a process, until this is dropped.
pub struct Held {
    holder: Arc<Control>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.holder.bytes.fetch_sub(self.bytes, Relaxed);
    }
}

impl Runtime {
    /// Holds bytes for a process; nothing when that is more than it may have, and its end.
    pub(crate) fn hold(&self, holder: &Arc<Control>, bytes: usize) -> Option<Held> {
        let held = holder.bytes.fetch_add(bytes, Relaxed) + bytes;
        let guard = Held { holder: holder.clone(), bytes };
        if held <= holder.limits.bytes_max {
            return Some(guard);
        }
        if !holder.is_over.swap(true, Relaxed) {
            let _ = self.signal(holder, Signal::Limit(Limit::Heap));
        }
        None
    }
}
