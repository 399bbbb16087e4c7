//! Channels, and what `select` is made of.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use heap::{ClassId, Value};
use vm::{Cx, Exit, Limit, Wait};

use super::scopes::interrupt;
use super::{milliseconds_of, pid_of, rows};
use crate::channel::{Channel, Turn};
use crate::local::{here, local};
use crate::signal::Signal;
use crate::task::{Progress, Task};

rows! {
    /// A queue between processes that holds so many messages: who sends into a full one waits, and who receives from
    /// an empty one. It may be sent to other processes; it is closed when the process that made it ends.
    ///
    ///     let channel = Channel(2)
    ///     spawn { for n in 1..=3 { channel.send(n * n) }; channel.close() }
    ///     print(List(channel)) // expect: [1, 4, 9]
    "Channel.new" "(capacity: Int = 1)" new;
    /// Puts a copy of a message in, and waits while the channel is full. A closed one throws a ClosedError.
    ///
    ///     let channel = Channel(1)
    ///     channel.send("hello")
    ///     print(channel.recv()) // expect: hello
    "Channel.send" "(self, message)" send;
    /// Takes the oldest message, and waits while there is none. When the channel is closed and empty, a ClosedError is
    /// thrown.
    ///
    ///     let channel = Channel(1)
    ///     spawn { channel.send(5) }
    ///     print(channel.recv()) // expect: 5
    "Channel.recv" "(self)" receive;
    /// Ends the channel: nothing more can be sent, and what is in it can still be received.
    ///
    ///     let channel = Channel(1)
    ///     channel.close()
    ///     print(try channel.recv() else "closed") // expect: closed
    "Channel.close" "(self)" close;
    /// Whether the channel is closed.
    ///
    ///     print(Channel(1).closed?()) // expect: false
    "Channel.closed?" "(self)" is_closed;
    /// How many messages wait in it.
    ///
    ///     print(Channel(3).len()) // expect: 0
    "Channel.len" "(self)" len;
    /// Gives the channel to another process: it is closed when that one ends.
    ///
    ///     let channel = Channel(1)
    ///     channel.give(self())
    ///     print(channel.closed?()) // expect: false
    "Channel.give" "(self, process: Pid | Symbol)" give;
    #[doc = " Tries one arm of a `select`: 0 receives, 1 sends, 2 awaits. Unset when it has to wait."]
    "__select_try" "(kind, object, argument)" try_arm;
    #[doc = " When the `after` of a `select` is due, or nil."]
    "__select_start" "(after)" start;
    #[doc = " Waits until one of the arms may go on; unset when the time is over. An arm is (kind, object) in a list."]
    "__select_wait" "(deadline, arms)" wait;
    #[doc = " The place of the first task of a list that has ended; waits for it."]
    "__task_any" "(tasks)" any_task;
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let capacity = match Cx::optional(args[0]) {
        Some(capacity) => cx.count_of(capacity, "the capacity")?,
        None => 1,
    };
    if capacity == 0 {
        return Err(cx.value_error("the capacity of a channel is at least 1"));
    }
    let (runtime, own) = here(cx)?;
    let channel = Arc::new(Channel::new(&own, capacity));
    let handle = cx.heap.external(ClassId::Channel.id(), channel.clone(), Value::NIL)?;
    runtime.own_channel(local(cx)?, &channel);
    Ok(handle.value())
}

fn channel_of(cx: &mut Cx, value: Value) -> Result<Arc<Channel>, Exit> {
    let shared = value.as_external().map(|handle| handle.shared());
    let channel = shared.and_then(|object| (object as Arc<dyn std::any::Any + Send + Sync>).downcast().ok());
    channel.ok_or_else(|| cx.expected("the channel", "a Channel", value))
}

/// Nothing can be sent. Where that is because the process's own messages pass its limit, it ends.
fn closed(cx: &mut Cx) -> Exit {
    match local(cx) {
        Ok(own) if own.control.is_over.load(Relaxed) => Exit::Limit(Limit::Heap),
        _ => cx.closed_error("the channel is closed"),
    }
}

fn send(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let channel = channel_of(cx, args[0])?;
    let message = cx.heap.copy_message(args[1])?;
    cx.charge_ticks(1 + message.bytes() as u64 / 256);
    let (runtime, _) = here(cx)?;
    runtime.leave_channels(local(cx)?);
    match channel.send(&runtime, message) {
        Turn::Done(()) => Ok(Value::NIL),
        Turn::Closed => Err(closed(cx)),
        Turn::Waits => park(cx, channel, true),
    }
}

fn receive(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let channel = channel_of(cx, args[0])?;
    let (runtime, _) = here(cx)?;
    runtime.leave_channels(local(cx)?);
    match channel.receive(&runtime) {
        Turn::Done(message) => Ok(cx.heap.adopt(message)),
        Turn::Closed => Err(closed(cx)),
        Turn::Waits => park(cx, channel, false),
    }
}

/// Waits for a channel; the builtin runs again when it may be its turn.
fn park(cx: &mut Cx, channel: Arc<Channel>, sends: bool) -> Result<Value, Exit> {
    interrupt(cx)?;
    let (runtime, own) = here(cx)?;
    runtime.enter_channel(local(cx)?, channel.clone(), sends);
    if channel.is_ready(sends) {
        // It changed meanwhile; whoever changed it may not have seen this process.
        runtime.wake(&own);
    }
    Err(Exit::Park(Wait::Message { milliseconds: None }))
}

fn close(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let channel = channel_of(cx, args[0])?;
    let (runtime, _) = here(cx)?;
    channel.close(&runtime);
    Ok(Value::NIL)
}

fn is_closed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(channel_of(cx, args[0])?.is_closed()))
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let len = channel_of(cx, args[0])?.len();
    cx.int(len as i64)
}

fn give(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let channel = channel_of(cx, args[0])?;
    let pid = pid_of(cx, args[1], "the process")?;
    let (runtime, own) = here(cx)?;
    if !channel.is_owned_by(&own) {
        return Err(cx.owner_error("only the process that owns a channel can give it away"));
    }
    local(cx)?.rare_mut().channels.retain(|known| !std::ptr::eq(known.as_ptr(), &*channel));
    let own_signal = Signal::Own(channel.clone());
    let taken = runtime.table.get(pid).is_some_and(|control| {
        channel.set_owner(&runtime, &control);
        runtime.signal(&control, own_signal).is_ok()
    });
    if !taken {
        channel.close(&runtime);
    }
    Ok(Value::NIL)
}

// `select`.

fn try_arm(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (runtime, _) = here(cx)?;
    match args[0].as_int64() {
        Some(0) => {
            let channel = channel_of(cx, args[1])?;
            match channel.receive(&runtime) {
                Turn::Done(message) => Ok(cx.heap.adopt(message)),
                Turn::Closed => Err(closed(cx)),
                Turn::Waits => Ok(Value::UNDEF),
            }
        }
        Some(1) => {
            let channel = channel_of(cx, args[1])?;
            let message = cx.heap.copy_message(args[2])?;
            match channel.send(&runtime, message) {
                Turn::Done(()) => Ok(Value::NIL),
                Turn::Closed => Err(closed(cx)),
                Turn::Waits => Ok(Value::UNDEF),
            }
        }
        _ if is_running(cx, args[1])? => Ok(Value::UNDEF),
        _ => super::tasks::wait(cx, &[args[1], Value::NIL]),
    }
}

fn is_running(cx: &mut Cx, value: Value) -> Result<bool, Exit> {
    let Some(handle) = value.as_external() else {
        return Err(cx.expected("what is awaited", "a Task", value));
    };
    let running = handle.downcast::<Task>().map(|task| matches!(&*task.lock(), Progress::Running));
    running.ok_or_else(|| cx.expected("what is awaited", "a Task", value))
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let after = milliseconds_of(cx, args[0], "the time after `after`")?;
    let (runtime, _) = here(cx)?;
    match after {
        Some(ms) => cx.int(runtime.host.now_us().saturating_add(ms.saturating_mul(1000)) as i64),
        None => Ok(Value::NIL),
    }
}

fn wait(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let deadline = args[0].as_int64().map(|time| time as u64);
    let arms = cx.list_of(args[1], "the arms")?.elements().to_vec();
    let (runtime, _) = here(cx)?;
    let own = local(cx)?;
    let left = deadline.map(|end| end.saturating_sub(runtime.host.now_us()));
    if std::mem::replace(&mut own.rare_mut().selecting, false) {
        runtime.leave_channels(own);
        return Ok(if left == Some(0) { Value::UNDEF } else { Value::TRUE });
    }
    if left == Some(0) {
        return Ok(Value::UNDEF);
    }
    interrupt(cx)?;
    let mut is_ready = false;
    for &[kind, target] in arms.as_chunks().0 {
        let kind = kind.as_int64();
        if kind == Some(2) {
            is_ready |= !is_running(cx, target)?;
        } else {
            let channel = channel_of(cx, target)?;
            runtime.enter_channel(local(cx)?, channel.clone(), kind == Some(1));
            is_ready |= channel.is_ready(kind == Some(1));
        }
    }
    let own = local(cx)?;
    if is_ready {
        runtime.leave_channels(own);
        return Ok(Value::TRUE);
    }
    own.rare_mut().selecting = true;
    Err(Exit::Park(Wait::Message { milliseconds: left.map(|left| left.div_ceil(1000)) }))
}

fn any_task(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let tasks = cx.list_of(args[0], "the tasks")?.elements().to_vec();
    for (place, &task) in tasks.iter().enumerate() {
        if !is_running(cx, task)? {
            return cx.int(place as i64);
        }
    }
    interrupt(cx)?;
    Err(Exit::Park(Wait::Message { milliseconds: None }))
}
