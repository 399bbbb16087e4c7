//! What a process knows of itself as a process: kept in its attachment, reached by builtins.

use std::sync::Arc;

use vm::{Cx, Exit, Process};

use crate::control::Control;
use crate::runtime::Runtime;

pub struct Local {
    pub runtime: Arc<Runtime>,
    pub control: Arc<Control>,
    /// Where in the messages it has seen the running `receive` looks next.
    pub cursor: usize,
    /// When the wait of the running builtin ends, in microseconds. Set when it parks first, cleared when it is over.
    pub deadline_us: Option<u64>,
}

/// Makes a process known to a runtime.
pub fn attach(process: &mut Process, runtime: &Arc<Runtime>, control: &Arc<Control>) {
    control.set_signals(process.signals());
    let (runtime, control) = (runtime.clone(), control.clone());
    process.attachment.data = Some(Box::new(Local { runtime, control, cursor: 0, deadline_us: None }));
}

/// The process's own data; none where it was made without a runtime.
pub fn of_process(process: &mut Process) -> Option<&mut Local> {
    process.attachment.data.as_mut()?.downcast_mut()
}

/// The running process's data.
pub fn of<'c>(cx: &'c mut Cx) -> Option<&'c mut Local> {
    cx.attachment()?.1.data.as_mut()?.downcast_mut()
}

/// The runtime and the running process.
pub fn here(cx: &mut Cx) -> Result<(Arc<Runtime>, Arc<Control>), Exit> {
    match of(cx) {
        Some(local) => Ok((local.runtime.clone(), local.control.clone())),
        None => Err(cx.deadlock_error("processes are not at hand while a module is loaded")),
    }
}
