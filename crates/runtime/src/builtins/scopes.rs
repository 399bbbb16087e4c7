//! What `scope` is made of; how several failures become one error is Dunlin.

use heap::Value;
use vm::{Cx, Exit, Wait};

use super::actors::{continue_trace, down_error};
use super::{milliseconds_of, rows};
use crate::control::Control;
use crate::local::{here, local, of};
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::scope::{Failure, Scope};
use crate::signal::{ExitVia, Signal};
use crate::timers::Event;

rows! {
    #[doc = " Opens a scope; the options are a Map or nil."]
    "__scope_open" "(options)" open;
    #[doc = " Ends the innermost scope: waits for its tasks and gives the errors there were. After an error of the block"]
    #[doc = " they are cancelled first."]
    "__scope_finish" "(error)" finish;
}

fn open(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut deadline_us = None;
    if let Some(options) = args[0].as_map() {
        for (key, value) in options.iter() {
            let name = key.as_str().unwrap_or_default().to_string();
            if name != "timeout" {
                return Err(cx.argument_error(&format!("scope has no option `{name}`: there is timeout")));
            }
            let timeout = milliseconds_of(cx, value, "the timeout")?;
            let (runtime, own) = here(cx)?;
            let end = |ms: u64| runtime.host.now_us().saturating_add(ms.saturating_mul(1000));
            deadline_us = timeout.map(end);
            if let Some(time) = deadline_us {
                runtime.host.add_timer(time, Event::Wake(own));
            }
        }
    }
    local(cx)?.rare_mut().scopes.push(Scope { deadline_us, ..Scope::default() });
    Ok(Value::NIL)
}

/// Throws what interrupts a process that is about to wait: the failure of a task of an open scope, or its deadline.
pub fn interrupt(cx: &mut Cx) -> Result<(), Exit> {
    let Some(local) = of(cx) else { return Ok(()) };
    let Some(rare) = local.rare.as_mut().filter(|rare| !rare.scopes.is_empty()) else { return Ok(()) };
    let now = local.runtime.host.now_us();
    let open = rare.scopes.iter_mut().filter(|scope| !scope.cancelled);
    let mut found = None;
    let mut is_late = false;
    for scope in open {
        found = scope.take_failure();
        is_late = scope.deadline_us.is_some_and(|end| now >= end);
        if is_late {
            scope.deadline_us = None;
        }
        if found.is_some() || is_late {
            break;
        }
    }
    let exit = match found {
        Some(failure) => Exit::Raise(error_of(cx, failure)?),
        None if is_late => cx.timeout_error("the scope took too long"),
        None => return Ok(()),
    };
    abandon_waits(cx);
    Err(exit)
}

/// The builtin that waited does not run again.
fn abandon_waits(cx: &mut Cx) {
    let Some(own) = of(cx) else { return };
    let runtime = own.runtime.clone();
    runtime.leave_channels(own);
    own.deadline_us = None;
    let rare = own.rare_mut();
    rare.selecting = false;
    if let Some(reference) = rare.call.take() {
        runtime.close_call(own, reference);
    }
}

fn error_of(cx: &mut Cx, failure: Failure) -> Result<Value, Exit> {
    match failure {
        Failure::Error(message) => {
            let error = cx.heap.adopt(message);
            continue_trace(cx, error);
            Ok(error)
        }
        Failure::Down(reason) => match down_error(cx, &reason) {
            Exit::Raise(error) => Ok(error),
            other => Err(other),
        },
    }
}

fn finish(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    // Room for the errors first: afterwards the scope is gone.
    cx.heap.check_room(4096)?;
    let (runtime, own) = here(cx)?;
    let now = runtime.host.now_us();
    let local = local(cx)?;
    let rare = local.rare_mut();
    let is_exiting = rare.exiting.is_some();
    // Only a unit that somebody wrote by hand ends a scope that it has not begun.
    let Some(scope) = rare.scopes.last_mut() else { return Err(cx.value_error("no scope is open")) };
    if !scope.cancelled {
        while let Some(failure) = scope.take_failure() {
            scope.failures.push(failure);
        }
    }
    let is_late = scope.deadline_us.is_some_and(|end| now >= end);
    let fails = !args[0].is_nil() || is_exiting || is_late || !scope.failures.is_empty();
    if fails && !std::mem::replace(&mut scope.cancelled, true) {
        cancel(&runtime, &own, scope);
    }
    if scope.is_busy() {
        return Err(Exit::Park(Wait::Message { milliseconds: None }));
    }
    let Some(scope) = rare.scopes.pop() else { return Err(Exit::Internal("no scope is open")) };
    if let Some(known) = local.known_relations() {
        known.tasks.retain(|pid, _| !scope.tasks.iter().any(|task| task.pid() == *pid));
    }
    let errors = cx.heap.list_new(scope.failures.len() + 1)?;
    if !args[0].is_nil() {
        cx.heap.list_push(errors, args[0])?;
    } else if is_late && scope.failures.is_empty() {
        let Exit::Raise(late) = cx.timeout_error("the scope took too long") else {
            return Err(Exit::Internal("an error that is none"));
        };
        cx.heap.list_push(errors, late)?;
    }
    for failure in scope.failures {
        let error = error_of(cx, failure)?;
        cx.heap.list_push(errors, error)?;
    }
    Ok(errors.value())
}

fn cancel(runtime: &Runtime, own: &Control, scope: &Scope) {
    for task in &scope.tasks {
        let reason = Reason::Shared(runtime.symbols.kill);
        runtime.tell(task.pid(), Signal::Exit { from: own.pid, reason, via: ExitVia::Call });
    }
}
