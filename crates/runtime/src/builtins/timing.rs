//! Waiting for time to pass, and messages that come later.

use std::sync::atomic::Ordering::SeqCst;

use heap::Value;
use vm::{Cx, Exit, Wait};

use super::{rows, target_of};
use crate::held::ENTRY_BYTES;
use crate::local::{here, of};
use crate::timers::{Event, Target};

rows! {
    /// Waits so many milliseconds; other processes go on.
    ///
    ///     sleep(1ms)
    ///     print("later") // expect: later
    "sleep" "(milliseconds: Int | Float)" sleep;
    /// Sends a message after so many milliseconds; gives a Ref for `cancel_timer`.
    ///
    ///     send_after(1, self(), :tick)
    ///     receive { :tick => print("tick") } // expect: tick
    "send_after" "(milliseconds: Int | Float, target: Pid | Symbol, message)" send_after;
    /// Sends a message again and again, with so many milliseconds in between, as long as the process lives; gives a Ref
    /// for `cancel_timer`.
    ///
    ///     let timer = interval(1, self(), :tick)
    ///     for _ in 0..3 { receive { :tick => print("tick") } }
    ///     cancel_timer(timer)
    ///     // expect: tick
    ///     // expect: tick
    ///     // expect: tick
    "interval" "(milliseconds: Int | Float, target: Pid | Symbol, message)" interval;
    /// Takes back a message of `send_after`, or ends an `interval`: the milliseconds it had left, or nil when it was sent already.
    ///
    ///     let timer = send_after(1h, self(), :tick)
    ///     print(cancel_timer(timer) != nil, cancel_timer(timer)) // expect: true nil
    "cancel_timer" "(timer: Ref)" cancel_timer;
}

fn sleep(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let milliseconds = cx.count_of(args[0], "the time")? as u64;
    let (runtime, _) = here(cx)?;
    let now = runtime.host.now_us();
    let Some(local) = of(cx) else { return Ok(Value::NIL) };
    let end = local.deadline_us.unwrap_or_else(|| now.saturating_add(milliseconds.saturating_mul(1000)));
    if now >= end {
        local.deadline_us = None;
        return Ok(Value::NIL);
    }
    local.deadline_us = Some(end);
    super::scopes::interrupt(cx)?;
    Err(Exit::Park(Wait::Sleep { milliseconds: (end - now).div_ceil(1000) }))
}

fn send_after(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let milliseconds = cx.count_of(args[0], "the time")? as u64;
    start_timer(cx, args, milliseconds, None)
}

fn interval(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let milliseconds = cx.count_of(args[0], "the time")? as u64;
    if milliseconds == 0 {
        return Err(cx.value_error("the time between two messages is at least 1 ms"));
    }
    start_timer(cx, args, milliseconds, Some(milliseconds.saturating_mul(1000)))
}

fn start_timer(cx: &mut Cx, args: &[Value], milliseconds: u64, every_us: Option<u64>) -> Result<Value, Exit> {
    let to = target_of(cx, args[1], "the receiver")?;
    let message = cx.heap.copy_message(args[2])?;
    let (runtime, own) = here(cx)?;
    let reference = runtime.new_reference();
    let receiver = match to {
        Target::Pid(pid) => runtime.table.get(pid),
        Target::Name(_) => Some(own),
    };
    // Nothing is ever sent to the dead.
    let Some(receiver) = receiver else { return Ok(Value::reference(reference)) };
    let Some(held) = runtime.hold(&receiver, message.bytes() + ENTRY_BYTES) else {
        return Ok(Value::reference(reference));
    };
    if let Target::Pid(_) = to {
        receiver.has_timers.store(true, SeqCst);
    }
    let time = runtime.host.now_us().saturating_add(milliseconds.saturating_mul(1000));
    runtime.host.add_timer(time, Event::Send { reference, to, message, every_us, held: Some(held) });
    if let Target::Pid(pid) = to
        && !receiver.is_alive()
    {
        // It ended meanwhile, and may have looked before this timer was there.
        runtime.host.end_timers(pid);
    }
    Ok(Value::reference(reference))
}

fn cancel_timer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(reference) = args[0].as_reference() else {
        return Err(cx.expected("the timer", "a Ref", args[0]));
    };
    let (runtime, _) = here(cx)?;
    match runtime.host.cancel_timer(reference) {
        Some(left_us) => cx.int((left_us / 1000) as i64),
        None => Ok(Value::NIL),
    }
}
