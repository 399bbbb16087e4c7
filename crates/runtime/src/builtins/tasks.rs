//! `async` and `await`.

use heap::{ClassId, External, Value};
use vm::{Cx, Exit, Wait};

use super::spawning::start_task;
use super::{milliseconds_of, rows};
use crate::local::{here, of};
use crate::reason::Reason;
use crate::signal::{ExitVia, Signal};
use crate::task::{Progress, Task};

rows! {
    #[doc = " Starts a task: what `async` is compiled to."]
    "__async" "(function, arguments)" start;
    #[doc = " The value of a task: what `await` is compiled to."]
    "__await" "(task, timeout = nil)" wait;
    /// The value of a task, or its error thrown here. When the time is over first, a TimeoutError is thrown and the
    /// task lives on.
    ///
    ///     let task = async { 6 * 7 }
    ///     print(task.await(timeout: 5s)) // expect: 42
    "Task.await" "(self, timeout: Int | Float = nil)" wait;
    /// Ends a task; awaiting it then throws a DownError.
    ///
    ///     let task = async { sleep(1h) }
    ///     task.cancel()
    ///     print(try await task else "cancelled") // expect: cancelled
    "Task.cancel" "(self)" cancel;
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    // Room for the handle first: afterwards the process is there.
    cx.heap.check_room(256)?;
    let task = start_task(cx, args[0], args[1])?;
    let handle = cx.heap.external(ClassId::Task.id(), task, Value::NIL)?;
    Ok(handle.value())
}

pub fn wait(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(handle) = args[0].as_external().filter(|handle| handle.downcast::<Task>().is_some()) else {
        return Err(cx.expected("what is awaited", "a Task", args[0]));
    };
    if let Some(known) = known_result(handle) {
        return known;
    }
    let timeout = milliseconds_of(cx, args[1], "the timeout")?;
    let (runtime, own) = here(cx)?;
    let Some(task) = handle.downcast::<Task>() else { return Err(Exit::Internal("a handle of no task")) };
    if task.owner != own.pid {
        return Err(cx.owner_error("only the process that started a task can await it"));
    }
    // The result is kept in the handle as (success, value); its room is made first.
    cx.heap.check_room(256)?;
    let progress = {
        let mut progress = task.lock();
        match &*progress {
            Progress::Running => None,
            _ => Some(std::mem::replace(&mut *progress, Progress::Taken)),
        }
    };
    if let Some(progress) = progress {
        if let Some(local) = of(cx) {
            local.deadline_us = None;
            local.known_relations().map(|known| known.tasks.remove(&task.pid()));
        }
        return keep_result(cx, handle, progress);
    }
    super::scopes::interrupt(cx)?;
    let now = runtime.host.now_us();
    let Some(local) = of(cx) else { return Err(Exit::Internal("a task without a process")) };
    let Some(timeout) = timeout else { return Err(Exit::Park(Wait::Message { milliseconds: None })) };
    let end = *local.deadline_us.get_or_insert_with(|| now.saturating_add(timeout.saturating_mul(1000)));
    if now >= end {
        local.deadline_us = None;
        return Err(cx.timeout_error(&format!("the task took longer than {timeout} ms")));
    }
    Err(Exit::Park(Wait::Message { milliseconds: Some((end - now).div_ceil(1000)) }))
}

/// What an earlier `await` found.
fn known_result(handle: External) -> Option<Result<Value, Exit>> {
    let kept = handle.extra().as_tuple()?;
    let value = kept.get(1)?;
    Some(if kept.get(0) == Some(Value::TRUE) { Ok(value) } else { Err(Exit::Raise(value)) })
}

fn keep_result(cx: &mut Cx, handle: External, progress: Progress) -> Result<Value, Exit> {
    let (is_done, value) = match progress {
        Progress::Done(fragment) => (true, cx.heap.adopt(fragment)),
        Progress::Failed(fragment) => {
            let error = cx.heap.adopt(fragment);
            super::actors::continue_trace(cx, error);
            (false, error)
        }
        Progress::Down(reason) => {
            let mut text = String::new();
            let _ = heap::write_structure(cx.heap, reason.value(), &mut text);
            match cx.down_error(&format!("the task ended before it was done: {text}")) {
                Exit::Raise(error) => (false, error),
                other => return Err(other),
            }
        }
        Progress::Running | Progress::Taken => return Err(Exit::Internal("a task without a result")),
    };
    let kept = cx.tuple(&[Value::bool(is_done), value])?;
    cx.heap.external_set_extra(handle, kept)?;
    if is_done { Ok(value) } else { Err(Exit::Raise(value)) }
}

fn cancel(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(pid) = args[0].as_external().and_then(|handle| handle.downcast::<Task>().map(Task::pid)) else {
        return Err(cx.expected("what is cancelled", "a Task", args[0]));
    };
    let (runtime, own) = here(cx)?;
    let reason = Reason::Shared(runtime.symbols.kill);
    runtime.tell(pid, Signal::Exit { from: own.pid, reason, via: ExitVia::Call });
    Ok(Value::NIL)
}
