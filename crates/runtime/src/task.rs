//! A task: a process whose result somebody awaits.
//!
//! A failure is kept here until it is awaited; the owner gets no exit signal. When the owner ends, its tasks end.

use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use heap::{ExternalObject, Fragment};

use crate::reason::Reason;

/// How far a task has come.
pub enum Progress {
    Running,
    /// The result.
    Done(Fragment),
    /// The error that it threw.
    Failed(Fragment),
    /// It ended without either.
    Down(Reason),
    /// The owner has it.
    Taken,
}

pub struct Task {
    /// The process that may await it.
    pub owner: u64,
    progress: Mutex<Progress>,
    pid: std::sync::OnceLock<u64>,
}

impl Task {
    pub fn new(owner: u64) -> Task {
        Task { owner, progress: Mutex::new(Progress::Running), pid: std::sync::OnceLock::new() }
    }

    pub fn set_pid(&self, pid: u64) {
        // A task starts one process.
        let _ = self.pid.set(pid);
    }

    pub fn pid(&self) -> u64 {
        self.pid.get().copied().unwrap_or_default()
    }

    pub fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It threw an error that nobody has seen yet.
    pub fn has_failed(&self) -> bool {
        matches!(*self.lock(), Progress::Failed(_))
    }

    /// The error of a task that failed and was not awaited.
    pub fn take_failure(&self) -> Option<Fragment> {
        let mut progress = self.lock();
        match std::mem::replace(&mut *progress, Progress::Taken) {
            Progress::Failed(fragment) => Some(fragment),
            other => {
                *progress = other;
                None
            }
        }
    }
}

impl ExternalObject for Task {
    fn describe(&self) -> String {
        let state = match &*self.lock() {
            Progress::Running => "running",
            Progress::Done(_) | Progress::Taken => "done",
            Progress::Failed(_) | Progress::Down(_) => "failed",
        };
        format!("task {} {state}", self.pid())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
