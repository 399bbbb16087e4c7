//! What a runtime asks of whoever schedules processes.

use std::sync::Arc;

use heap::Fragment;
use vm::ProcessConfig;

use crate::control::Control;
use crate::timers::{Event, Key};

/// A process before its first slice: `(function, arguments, script)` as a message.
pub struct Newborn {
    pub control: Arc<Control>,
    pub code: Fragment,
    pub config: ProcessConfig,
}

/// Decides who runs next, and keeps the time.
pub trait Host: Send + Sync {
    /// A new process, ready to run.
    fn start(&self, newborn: Newborn);
    /// A process that waited has news; its state says queued already.
    fn queue(&self, control: &Arc<Control>);
    /// Microseconds since the host began.
    fn now_us(&self) -> u64;
    fn add_timer(&self, time_us: u64, event: Event) -> Key;
    /// Takes back a `send_after`: microseconds that it had left.
    fn cancel_timer(&self, reference: u64) -> Option<u64>;
}
