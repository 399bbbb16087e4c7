//! What actors are made of: requests with one answer, and the messages that only an actor's loop sees.
//!
//! The loop itself is Dunlin. A request is `(:call, caller, ref, method, arguments, named)`, one without an answer
//! `(:cast, method, arguments, named)`; the method is a function of the hidden class that holds the actor's state.

use heap::{ClassId, Value};
use vm::{Cx, Exit, Wait};

use super::{milliseconds_of, rows, target_of};
use crate::calls::Answer;
use crate::local::{ChildReport, Local, here, local, of, parts};
use crate::reason::Reason;
use crate::timers::Target;

rows! {
    #[doc = " Calls a method of an actor and waits for its answer: what a method of a handle is compiled to."]
    "__actor_call" "(handle, method, arguments, named)" call;
    #[doc = " Has an actor run a method, without waiting: what a `cast fn` of a handle is compiled to."]
    "__actor_cast" "(handle, method, arguments, named)" cast;
    #[doc = " Asks an actor to end with a reason."]
    "__actor_stop" "(target, reason)" stop;
    #[doc = " Makes a place for one answer."]
    "__call_open" "()" open;
    #[doc = " The end of a process answers the call too."]
    "__call_watch" "(reference, process)" watch;
    #[doc = " Waits for an answer."]
    "__call_wait" "(reference, timeout = nil)" wait;
    #[doc = " Answers a call; false when nobody waits for it any more."]
    "__call_answer" "(caller, reference, succeeded, value)" answer;
    #[doc = " The oldest message of all; the loop of an actor takes them one after the other."]
    "__actor_next" "()" next;
    #[doc = " Whether the message that was taken last is for the loop alone."]
    "__actor_took_internal" "()" took_internal;
    #[doc = " From here on exit signals come to the loop of the actor."]
    "__actor_defer_exits" "()" defer_exits;
    #[doc = " Reports the end of a child, with what its supervisor does."]
    "__report_child" "(child, reason, decision)" report_child;
    #[doc = " Milliseconds by the clock of processes, which is virtual in a seeded run."]
    "__now" "()" now;
    #[doc = " The reason of the own `exit` that is under way."]
    "__exit_reason" "()" exit_reason;
}

/// The Pid or name that the handle of an actor stands for.
pub fn pid_of_handle(cx: &Cx, value: Value) -> Option<Value> {
    let record = value.as_record()?;
    let class = cx.shared().classes.get(record.class_id())?;
    class.is_subclass_of(ClassId::Actor.id()).then(|| record.field(0)).flatten()
}

/// The time that a call of this handle may take.
fn timeout_of_handle(value: Value) -> Value {
    value.as_record().and_then(|record| record.field(1)).unwrap_or(Value::NIL)
}

fn call(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (runtime, own) = here(cx)?;
    let timeout = milliseconds_of(cx, timeout_of_handle(args[0]), "the timeout")?;
    let pending = of(cx).and_then(|local| local.rare.as_ref()?.call);
    let reference = match pending {
        Some(reference) => reference,
        None => {
            let target = target_of(cx, args[0], "the actor")?;
            let Some(called) = runtime.find(target) else { return Err(no_such_process(cx, target)) };
            if called.pid == own.pid {
                return Err(
                    cx.deadlock_error("an actor cannot call itself by its handle: it would wait for ever")
                );
            }
            cx.heap.check_room(512)?;
            let reference = runtime.open_call(local(cx)?);
            let symbols = [runtime.symbols.call, Value::pid(own.pid), Value::reference(reference)];
            let request = [symbols[0], symbols[1], symbols[2], args[1], args[2], args[3]];
            let message = cx.tuple(&request).and_then(|request| Ok(cx.heap.copy_message(request)?));
            let message = match message {
                Ok(message) => message,
                Err(exit) => {
                    runtime.close_call(local(cx)?, reference);
                    return Err(exit);
                }
            };
            cx.charge_ticks(1 + message.bytes() as u64 / 256);
            if !runtime.watch_call(local(cx)?, &called, reference) {
                runtime.close_call(local(cx)?, reference);
                return Err(no_such_process(cx, target));
            }
            runtime.deliver_internal(&called, message);
            reference
        }
    };
    wait_for(cx, reference, timeout)
}

/// Waits for an answer; runs again whenever the process is woken.
fn wait_for(cx: &mut Cx, reference: u64, timeout: Option<u64>) -> Result<Value, Exit> {
    let (runtime, _) = here(cx)?;
    // Room for an error first: afterwards the answer is taken.
    cx.heap.check_room(512)?;
    let own = local(cx)?;
    if let Some(answer) = runtime.take_answer(own, reference) {
        runtime.demonitor(own, reference);
        forget_call(own);
        return result_of(cx, answer);
    }
    own.rare_mut().call = Some(reference);
    super::scopes::interrupt(cx)?;
    let own = local(cx)?;
    let now = runtime.host.now_us();
    let Some(timeout) = timeout else { return Err(Exit::Park(Wait::Message { milliseconds: None })) };
    let end = *own.deadline_us.get_or_insert_with(|| now.saturating_add(timeout.saturating_mul(1000)));
    if now >= end {
        forget_call(own);
        runtime.close_call(own, reference);
        return Err(cx.timeout_error(&format!("no answer came within {timeout} ms")));
    }
    Err(Exit::Park(Wait::Message { milliseconds: Some((end - now).div_ceil(1000)) }))
}

fn forget_call(own: &mut Local) {
    own.rare_mut().call = None;
    own.deadline_us = None;
}

fn result_of(cx: &mut Cx, answer: Answer) -> Result<Value, Exit> {
    match answer {
        Answer::Value(message) => Ok(cx.heap.adopt(message)),
        Answer::Error(message) => {
            let error = cx.heap.adopt(message);
            continue_trace(cx, error);
            Err(Exit::Raise(error))
        }
        Answer::Down(reason) => Err(down_error(cx, &reason)),
        Answer::Waits => Err(Exit::Internal("a call without an answer")),
    }
}

/// Lets the trace of an error from another process go on with the frames that it passes in this one.
pub fn continue_trace(cx: &mut Cx, error: Value) {
    let Some(instance) = error.as_instance() else { return };
    let trace = instance.field(vm::error::ERROR_TRACE).and_then(|trace| trace.as_int_array());
    let Some(trace) = trace.filter(|_| !error.is_frozen()) else { return };
    let mut words = trace.elements().to_vec();
    words.push(vm::error::TRACE_GOES_ON);
    // Without room for it the trace stays that of the other process.
    let Ok(array) = cx.heap.int_array(words.len()) else { return };
    if let Ok(elements) = cx.heap.int_array_mut(array) {
        elements.copy_from_slice(&words);
        let _ = cx.heap.instance_set(instance, vm::error::ERROR_TRACE, array.value());
    }
}

/// A DownError that says why; an error that was the reason becomes its cause.
pub fn down_error(cx: &mut Cx, reason: &Reason) -> Exit {
    let mut text = String::new();
    let _ = heap::write_structure(cx.heap, reason.value(), &mut text);
    let error = match cx.down_error(&format!("the process ended before it answered: {text}")) {
        Exit::Raise(error) => error,
        other => return other,
    };
    if vm::error::error_message(reason.value()).is_some()
        && let Ok(cause) = reason.copy_into(cx.heap)
        && let Some(instance) = error.as_instance()
    {
        // Without room for it the error says the same in its message.
        let _ = cx.heap.instance_set(instance, vm::error::ERROR_CAUSE, cause);
    }
    Exit::Raise(error)
}

fn no_such_process(cx: &mut Cx, target: Target) -> Exit {
    match target {
        Target::Pid(_) => cx.down_error("the process is dead: :noproc"),
        Target::Name(name) => {
            let name = cx.shared().symbols.name(name).unwrap_or_default().to_string();
            cx.down_error(&format!("no process is named :{name}: :noproc"))
        }
    }
}

fn cast(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (runtime, _) = here(cx)?;
    let request = [runtime.symbols.cast, args[1], args[2], args[3]];
    send_internal(cx, args[0], &request)?;
    Ok(Value::NIL)
}

fn stop(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (runtime, _) = here(cx)?;
    let request = [runtime.symbols.stop, args[1]];
    send_internal(cx, args[0], &request)?;
    Ok(Value::NIL)
}

fn send_internal(cx: &mut Cx, target: Value, request: &[Value]) -> Result<(), Exit> {
    let target = target_of(cx, target, "the actor")?;
    let request = cx.tuple(request)?;
    let message = cx.heap.copy_message(request)?;
    cx.charge_ticks(1 + message.bytes() as u64 / 256);
    let (runtime, _) = here(cx)?;
    if let Some(control) = runtime.find(target) {
        runtime.deliver_internal(&control, message);
    }
    Ok(())
}

fn open(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let own = local(cx)?;
    Ok(Value::reference(own.runtime.clone().open_call(own)))
}

fn reference_of(cx: &mut Cx, value: Value) -> Result<u64, Exit> {
    value.as_reference().ok_or_else(|| cx.expected("the call", "a Ref", value))
}

fn watch(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let reference = reference_of(cx, args[0])?;
    let target = target_of(cx, args[1], "the process")?;
    let (runtime, _) = here(cx)?;
    let own = local(cx)?;
    let watched = runtime.find(target).is_some_and(|called| runtime.watch_call(own, &called, reference));
    // It may have answered before it ended, so what has arrived comes first.
    own.receive_signals();
    let answers = own.rare.as_mut().map(|rare| &mut rare.answers);
    if let Some(place @ Answer::Waits) = answers.and_then(|answers| answers.get_mut(&reference))
        && !watched
    {
        *place = Answer::Down(Reason::Shared(runtime.symbols.noproc));
    }
    Ok(Value::NIL)
}

fn wait(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let reference = reference_of(cx, args[0])?;
    let timeout = milliseconds_of(cx, args[1], "the timeout")?;
    wait_for(cx, reference, timeout)
}

fn answer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(caller) = args[0].as_pid() else { return Err(cx.expected("the caller", "a Pid", args[0])) };
    let reference = reference_of(cx, args[1])?;
    let message = cx.heap.copy_message(args[3])?;
    cx.charge_ticks(1 + message.bytes() as u64 / 256);
    let (runtime, _) = here(cx)?;
    let answer = if args[2] == Value::TRUE { Answer::Value(message) } else { Answer::Error(message) };
    Ok(Value::bool(runtime.answer(local(cx)?, caller, reference, answer)))
}

fn next(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let Some((heap, mut kept, local)) = parts(cx) else {
        return Err(cx.deadlock_error("there are no actors while a module is loaded"));
    };
    match local.take_oldest(heap, &mut kept)? {
        Some((message, internal)) => {
            local.rare_mut().took_internal = internal;
            Ok(message)
        }
        None => Err(Exit::Park(Wait::Message { milliseconds: None })),
    }
}

fn took_internal(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let took = of(cx).and_then(|local| local.rare.as_ref()).is_some_and(|rare| rare.took_internal);
    Ok(Value::bool(took))
}

fn defer_exits(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    local(cx)?.rare_mut().defers_exits = true;
    Ok(Value::NIL)
}

fn report_child(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let child = cx.str_of(&args[0], "the child")?.to_string();
    let decision = cx.str_of(&args[2], "the decision")?.to_string();
    let reason = Reason::of(cx.heap, args[1])?;
    local(cx)?.rare_mut().reports.push(ChildReport { child, reason, decision });
    Ok(Value::NIL)
}

fn now(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let (runtime, _) = here(cx)?;
    cx.int((runtime.host.now_us() / 1000) as i64)
}

fn exit_reason(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    match of(cx).and_then(|local| local.rare.as_ref()?.exiting.clone()) {
        Some(reason) => Ok(reason.copy_into(cx.heap)?),
        None => Ok(Value::NIL),
    }
}
