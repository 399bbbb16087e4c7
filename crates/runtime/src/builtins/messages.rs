//! Sending and receiving.
//!
//! `receive` is compiled to a loop: start, then peek at one message after the other until an arm takes one. Messages
//! that were looked at and left are values of the process's heap, kept alive by its attachment; those it has not
//! looked at yet belong to no heap. A `receive` inside a guard of another begins anew; the outer one then looks at all
//! messages behind its own, whatever their tags.

use heap::Value;
use vm::{Cx, Exit, Wait};

use super::scopes::interrupt;
use super::{milliseconds_of, rows, target_of};
use crate::local::{Awaits, of, parts};
use crate::timers::Target;
use crate::waiting::Tag;

rows! {
    /// Sends a copy of a message to a process or a name; false when nobody has the name.
    ///
    ///     send(self(), :hello)
    ///     receive { :hello => print("got it") } // expect: got it
    "send" "(target: Pid | Symbol, message)" send;
    /// Sends a copy of a message to the process. It never waits and never fails, even when the process is dead.
    ///
    ///     self().send(1)
    ///     receive { n => print(n) } // expect: 1
    "Pid.send" "(self, message)" send;
    /// Sends a copy of a message to the process with this name; false when nobody has it.
    ///
    ///     print(:nobody.send(1)) // expect: false
    "Symbol.send" "(self, message)" send;
    #[doc = " Begins a `receive`: the moment when its `after` is due, or nil. The tags are two values an arm, or nil."]
    "__receive_start" "(after, tags)" start;
    #[doc = " Begins a `receive` without `after`, and gives its first message; the tags are as above."]
    "__receive_first" "(tags)" first;
    #[doc = " Takes the next message, for a `receive` that takes any and has no `after`."]
    "__receive_any" "()" any;
    #[doc = " The next message that the running `receive` has not looked at, or unset when its time is over."]
    "__receive_peek" "(deadline)" peek;
    #[doc = " Takes the message that an arm matched out of the mailbox."]
    "__receive_take" "(message)" take;
    #[doc = " Leaves a message that no arm matched where it is."]
    "__receive_skip" "(message)" skip;
}

/// What a message costs its sender, whatever its size.
const SEND_TICKS: u64 = 4;

fn send(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = match args[0].as_pid() {
        Some(pid) => Target::Pid(pid),
        None => target_of(cx, args[0], "the receiver")?,
    };
    let Some((heap, _, local)) = parts(cx) else {
        return Err(cx.deadlock_error("processes are not at hand while a module is loaded"));
    };
    let Some(control) = local.take_receiver(target) else {
        // Whether a value can be sent does not depend on who is alive.
        let bytes = heap.copy_message(args[1])?.bytes();
        cx.charge_ticks(SEND_TICKS + bytes as u64 / 256);
        return Ok(Value::bool(matches!(target, Target::Pid(_))));
    };
    if local.runtime.must_wait(&local.control, &control) {
        interrupt(cx)?;
        return Err(Exit::Park(Wait::Message { milliseconds: None }));
    }
    let mut ticks = SEND_TICKS;
    if !local.runtime.hand_over(&control, args[1]) {
        let message = heap.copy_message(args[1])?;
        ticks += message.bytes() as u64 / 256;
        local.runtime.deliver(&control, message);
    }
    local.keep_receiver(control);
    cx.charge_ticks(ticks);
    Ok(Value::TRUE)
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let after = milliseconds_of(cx, args[0], "the time after `after`")?;
    let Some(local) = of(cx) else { return Ok(Value::NIL) };
    local.mailbox.begin(wanted_tags(args[1]));
    match after {
        Some(milliseconds) => {
            let now = local.runtime.host.now_us();
            cx.int(now.saturating_add(milliseconds.saturating_mul(1000)) as i64)
        }
        None => Ok(Value::NIL),
    }
}

/// The tags that the arms of a `receive` want. Each arm gives two values: one for a pattern that begins with a symbol,
/// one for what it pins; a pinned Ref says more. An arm that gives neither matches messages of any tag.
/// (Where all arms have symbols alone, these are a tuple.)
fn wanted_tags(arms: Value) -> Vec<Tag> {
    if let Some(symbols) = arms.as_tuple() {
        return symbols.elements().iter().filter_map(|symbol| symbol.as_symbol().map(Tag::Symbol)).collect();
    }
    let Some(arms) = arms.as_list() else { return Vec::new() };
    let mut tags = Vec::new();
    for arm in arms.elements().chunks(2) {
        let reference = arm.get(1).and_then(|pinned| pinned.as_reference()).map(Tag::Reference);
        match reference.or_else(|| arm[0].as_symbol().map(Tag::Symbol)) {
            Some(tag) => tags.push(tag),
            None => return Vec::new(),
        }
    }
    tags
}

fn peek(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let deadline = args[0].as_int64().map(|time| time as u64);
    let Some((heap, mut kept, local)) = parts(cx) else { return Err(no_mailbox(cx)) };
    if let Some(message) = local.peek(heap, &mut kept)? {
        return Ok(message);
    }
    if local.exit.is_some() {
        return Err(Exit::Park(Wait::Message { milliseconds: None }));
    }
    let left = deadline.map(|deadline| deadline.saturating_sub(local.runtime.host.now_us()));
    if left == Some(0) {
        local.mailbox.finish();
        return Ok(Value::UNDEF);
    }
    interrupt(cx)?;
    Err(Exit::Park(Wait::Message { milliseconds: left.map(|left| left.div_ceil(1000)) }))
}

/// As `start` and `peek` in one, without an end of the time.
fn first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some((heap, mut kept, local)) = parts(cx) else { return Err(no_mailbox(cx)) };
    if args[0].is_nil() {
        local.mailbox.begin_any();
    } else {
        local.mailbox.begin(wanted_tags(args[0]));
    }
    if let Some(message) = local.peek(heap, &mut kept)? {
        return Ok(message);
    }
    local.awaits = Awaits::Look;
    if local.rare.is_some() && local.exit.is_none() {
        interrupt(cx)?;
    }
    Err(Exit::Park(Wait::Message { milliseconds: None }))
}

fn any(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let Some((heap, mut kept, local)) = parts(cx) else { return Err(no_mailbox(cx)) };
    if let Some(message) = local.take_any(heap, &mut kept)? {
        return Ok(message);
    }
    local.awaits = Awaits::Any;
    if local.rare.is_some() && local.exit.is_none() {
        interrupt(cx)?;
    }
    Err(Exit::Park(Wait::Message { milliseconds: None }))
}

#[cold]
fn no_mailbox(cx: &mut Cx) -> Exit {
    cx.deadlock_error("nothing can be received while a module is loaded")
}

fn take(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some((_, mut kept, local)) = parts(cx) {
        local.take(args[0], &mut kept);
    }
    Ok(Value::NIL)
}

fn skip(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some((_, mut kept, local)) = parts(cx) {
        local.skip(args[0], &mut kept);
    }
    Ok(Value::NIL)
}
