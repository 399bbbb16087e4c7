//! Sending and receiving.
//!
//! `receive` is compiled to a loop: start, then peek at one message after the other until an arm takes one. Messages
//! that were looked at and left are values of the process's heap, kept alive by its attachment; those it has not
//! looked at yet belong to no heap.

use std::sync::atomic::Ordering::Relaxed;

use heap::{Fault, Heap, Value};
use vm::{Cx, Exit, Wait};

use super::{milliseconds_of, rows, target_of};
use crate::local::{Local, local, of};
use crate::runtime::Runtime;
use crate::signal::Item;
use crate::timers::Target;

rows! {
    /// Sends a copy of a message to a process or a name; false when nobody has the name.
    ///
    ///     send(self(), :hello)
    ///     receive { :hello => print("got it") } // expect: got it
    "send" "(target, message)" send;
    /// Sends a copy of a message to the process. It never waits and never fails, even when the process is dead.
    ///
    ///     self().send(1)
    ///     receive { n => print(n) } // expect: 1
    "Pid.send" "(self, message)" send;
    /// Sends a copy of a message to the process with this name; false when nobody has it.
    ///
    ///     print(:nobody.send(1)) // expect: false
    "Symbol.send" "(self, message)" send;
    #[doc = " Begins a `receive`: the moment when its `after` is due, or nil."]
    "__receive_start" "(after)" start;
    #[doc = " The next message that the running `receive` has not looked at, or unset when its time is over."]
    "__receive_peek" "(deadline)" peek;
    #[doc = " Takes the message that an arm matched out of the mailbox."]
    "__receive_take" "(message)" take;
    #[doc = " Leaves a message that no arm matched where it is."]
    "__receive_skip" "(message)" skip;
}

fn send(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = target_of(cx, args[0], "the receiver")?;
    let message = cx.heap.copy_message(args[1])?;
    cx.charge_ticks(1 + message.bytes() as u64 / 256);
    let runtime = &local(cx)?.runtime;
    match runtime.find(target) {
        Some(control) => runtime.deliver(&control, message),
        None if matches!(target, Target::Name(_)) => return Ok(Value::FALSE),
        None => {}
    }
    Ok(Value::TRUE)
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let after = milliseconds_of(cx, args[0], "the time after `after`")?;
    let Some(local) = of(cx) else { return Ok(Value::NIL) };
    local.cursor = 0;
    match after {
        Some(milliseconds) => {
            let now = local.runtime.host.now_us();
            cx.int(now.saturating_add(milliseconds.saturating_mul(1000)) as i64)
        }
        None => Ok(Value::NIL),
    }
}

fn peek(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let deadline = args[0].as_int64().map(|time| time as u64);
    let Some((heap, attachment)) = cx.attachment() else {
        return Err(Exit::Internal("receive without a process"));
    };
    let Some(local) = attachment.data.as_mut().and_then(|data| data.downcast_mut::<Local>()) else {
        return Err(cx.deadlock_error("nothing can be received while a module is loaded"));
    };
    if let Some(&seen) = attachment.values.get(local.cursor) {
        return Ok(seen);
    }
    if local.inbox.is_empty() {
        local.receive_signals();
        if local.exit.is_some() {
            return Err(Exit::Park(Wait::Message { milliseconds: None }));
        }
    }
    if let Some(item) = local.inbox.pop_front() {
        let value = adopt(heap, local, item)?;
        attachment.values.push_back(value);
        return Ok(value);
    }
    let Some(deadline) = deadline else { return Err(Exit::Park(Wait::Message { milliseconds: None })) };
    let left = deadline.saturating_sub(local.runtime.host.now_us());
    if left == 0 {
        return Ok(Value::UNDEF);
    }
    Err(Exit::Park(Wait::Message { milliseconds: Some(left.div_ceil(1000)) }))
}

/// Takes what arrived into the heap. Where there is no room for it yet, it stays in the inbox.
fn adopt(heap: &mut Heap, local: &mut Local, item: Item) -> Result<Value, Exit> {
    let made = match &item {
        Item::Message(_) => None,
        Item::Exit { from, reason } => {
            let parts = [local.runtime.symbols.exit, Value::pid(*from)];
            Some(reason.copy_into(heap).and_then(|reason| tuple_with(heap, &parts, reason)))
        }
        Item::Down { reference, of, reason } => {
            let symbols = &local.runtime.symbols;
            let of = Runtime::value_of(*of);
            let parts = [symbols.down, Value::reference(*reference), symbols.process, of];
            Some(reason.copy_into(heap).and_then(|reason| tuple_with(heap, &parts, reason)))
        }
    };
    match (made, item) {
        (Some(Ok(value)), _) => Ok(value),
        (Some(Err(fault)), item) => {
            local.inbox.push_front(item);
            Err(fault.into())
        }
        (None, Item::Message(message)) => {
            if message.bytes() > 0 {
                local.control.bytes.fetch_sub(message.bytes(), Relaxed);
            }
            Ok(heap.adopt(message))
        }
        (None, Item::Exit { .. } | Item::Down { .. }) => Err(Exit::Internal("a signal without a message")),
    }
}

fn tuple_with(heap: &mut Heap, parts: &[Value], reason: Value) -> Result<Value, Fault> {
    let mut elements = [Value::NIL; 5];
    elements[..parts.len()].copy_from_slice(parts);
    elements[parts.len()] = reason;
    Ok(heap.tuple(&elements[..=parts.len()])?.value())
}

/// Where among the seen messages this one is. A guard that received messages itself may have moved it.
fn place_of(cx: &mut Cx, message: Value) -> Option<usize> {
    let (_, attachment) = cx.attachment()?;
    let cursor = attachment.data.as_ref()?.downcast_ref::<Local>()?.cursor;
    let is_message = |value: &Value| value.bits() == message.bits();
    if attachment.values.get(cursor).is_some_and(is_message) {
        return Some(cursor);
    }
    attachment.values.iter().position(is_message)
}

fn take(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let place = place_of(cx, args[0]);
    if let (Some(place), Some((_, attachment))) = (place, cx.attachment()) {
        attachment.values.remove(place);
        if let Some(local) = attachment.data.as_mut().and_then(|data| data.downcast_mut::<Local>()) {
            local.cursor = 0;
            local.control.messages.fetch_sub(1, Relaxed);
        }
    }
    Ok(Value::NIL)
}

fn skip(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let place = place_of(cx, args[0]);
    if let Some(local) = of(cx) {
        local.cursor = place.map_or(local.cursor, |place| place + 1);
    }
    Ok(Value::NIL)
}
