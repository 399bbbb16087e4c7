//! Scopes: tasks that end before the block that started them does.
//!
//! Every task that a process starts belongs to its innermost open scope. A failure, or the end of the scope's time,
//! interrupts the process at its next wait; at the end of the block the scope waits until all of its tasks have ended.

use std::sync::Arc;

use heap::Fragment;

use crate::reason::Reason;
use crate::task::{Progress, Task};

/// What a task of a scope failed with.
pub enum Failure {
    /// The error that it threw.
    Error(Fragment),
    /// It ended otherwise.
    Down(Reason),
}

#[derive(Default)]
pub struct Scope {
    pub tasks: Vec<Arc<Task>>,
    pub deadline_us: Option<u64>,
    /// Its tasks were told to end: what becomes of them now is no failure.
    pub cancelled: bool,
    pub failures: Vec<Failure>,
}

impl Scope {
    /// The failure of a task that nobody has seen yet.
    pub fn take_failure(&mut self) -> Option<Failure> {
        for task in &self.tasks {
            let mut progress = task.lock();
            match std::mem::replace(&mut *progress, Progress::Taken) {
                Progress::Failed(error) => return Some(Failure::Error(error)),
                Progress::Down(reason) => return Some(Failure::Down(reason)),
                other => *progress = other,
            }
        }
        None
    }

    /// Whether some task has not ended.
    pub fn is_busy(&self) -> bool {
        self.tasks.iter().any(|task| matches!(&*task.lock(), Progress::Running))
    }
}
