//! Links, monitors, exit signals.

use heap::Value;
use vm::{Cx, Exit, Wait};

use super::{pid_of, rows, target_of};
use crate::local::{Local, here, local, parts};
use crate::reason::Reason;
use crate::signal::{ExitVia, Item, News, Signal};

rows! {
    /// Ends the process with a reason; `finally` and `defer` run, no `catch` sees it. With a Pid and a reason, sends an
    /// exit signal: `:normal` is ignored, `:kill` cannot be trapped, anything else ends a process that does not trap.
    /// An Int from 0 to 255 as the reason of the main process is the exit code of the command.
    ///
    ///     print("before") // expect: before
    ///     exit(:normal)
    "exit" "(reason = :normal, signal = nil)" exit;
    /// Links this process with another: when one ends with a reason other than `:normal`, so does the other.
    ///
    ///     trap_exit(true)
    ///     link(spawn { exit(:bored) })
    ///     receive { (:exit, _, reason) => print(reason) } // expect: bored
    "link" "(process: Pid | Symbol)" link;
    /// Takes a link back; no exit signal from it arrives afterwards.
    ///
    ///     let worker = spawn { receive { :stop => exit(:bad) } }
    ///     link(worker)
    ///     unlink(worker)
    ///     worker.send(:stop)
    ///     sleep(1)
    ///     print("alive") // expect: alive
    "unlink" "(process: Pid | Symbol)" unlink;
    /// Watches a process: its end is told by one message `(:down, ref, :process, pid, reason)`.
    ///
    ///     let worker = spawn { receive { :finish => exit(:done) } }
    ///     let ref = monitor(worker)
    ///     worker.send(:finish)
    ///     receive { (:down, ^ref, :process, _, reason) => print(reason) } // expect: done
    "monitor" "(process: Pid | Symbol)" monitor;
    /// Stops watching; with `flush: true` a message that came already is removed.
    ///
    ///     let ref = monitor(spawn { nil })
    ///     demonitor(ref, flush: true)
    ///     receive { m => print(m)
    ///     after 1 => print("nothing") } // expect: nothing
    "demonitor" "(ref: Ref, flush: Bool = false)" demonitor;
    /// Whether exit signals become messages `(:exit, from, reason)`; gives what it was before.
    ///
    ///     print(trap_exit(true), trap_exit(true)) // expect: false true
    "trap_exit" "(on: Bool)" trap_exit;
}

fn exit(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(reason) = Cx::optional(args[1]) else {
        let reason = match Cx::optional(args[0]) {
            Some(reason) => reason,
            None => cx.symbol("normal")?,
        };
        let kept = Reason::of(cx.heap, reason).ok();
        local(cx)?.rare_mut().exiting = kept;
        return Err(Exit::Terminate(reason));
    };
    let target = target_of(cx, args[0], "the process")?;
    let reason = Reason::of(cx.heap, reason)?;
    let local = local(cx)?;
    let (runtime, from) = (local.runtime.clone(), local.control.pid);
    let Some(control) = runtime.find(target) else { return Ok(Value::TRUE) };
    let _ = runtime.signal(&control, Signal::Exit { from, reason, via: ExitVia::Call });
    if control.pid == from {
        local.receive_signals();
    }
    end_or(local, Value::TRUE)
}

/// The value, unless a signal for the running process came of what it did: then it never goes on.
fn end_or(local: &Local, value: Value) -> Result<Value, Exit> {
    if local.exit.is_some() { Err(Exit::Park(Wait::Message { milliseconds: None })) } else { Ok(value) }
}

fn link(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let pid = pid_of(cx, args[0], "the process")?;
    let local = local(cx)?;
    local.runtime.clone().link(local, pid);
    end_or(local, Value::TRUE)
}

fn unlink(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let pid = pid_of(cx, args[0], "the process")?;
    let local = local(cx)?;
    local.runtime.clone().unlink(local, pid);
    Ok(Value::TRUE)
}

fn monitor(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = target_of(cx, args[0], "the process")?;
    let local = local(cx)?;
    Ok(Value::reference(local.runtime.clone().monitor(local, target)))
}

fn demonitor(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(reference) = args[0].as_reference() else {
        return Err(cx.expected("the monitor", "a Ref", args[0]));
    };
    let flush = match Cx::optional(args[1]) {
        Some(flush) => cx.bool_of(flush, "flush")?,
        None => false,
    };
    let local = local(cx)?;
    let runtime = local.runtime.clone();
    local.receive_signals();
    runtime.demonitor(local, reference);
    if flush {
        flush_down(cx, reference)?;
    }
    Ok(Value::TRUE)
}

/// Removes the news of an end that has come already.
fn flush_down(cx: &mut Cx, reference: u64) -> Result<(), Exit> {
    let (runtime, own) = here(cx)?;
    let down = runtime.symbols.down;
    let is_down = |value: Value| {
        value.as_tuple().is_some_and(|tuple| {
            tuple.len() == 5
                && tuple.get(0) == Some(down)
                && tuple.get(1).is_some_and(|value| value.as_reference() == Some(reference))
        })
    };
    let is_item = |item: &Item| match item {
        Item::Message(_) => false,
        Item::News(news) => matches!(&**news, News::Down { reference: own, .. } if *own == reference),
    };
    let Some((_, mut kept, local)) = parts(cx) else { return Ok(()) };
    local.line_up(&mut kept);
    let removed = local.mailbox.remove_where(kept.values, is_down, is_item);
    own.count_messages(-i32::try_from(removed).unwrap_or(0));
    Ok(())
}

fn trap_exit(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let traps = cx.bool_of(args[0], "trap_exit")?;
    Ok(Value::bool(std::mem::replace(&mut local(cx)?.traps_exits, traps)))
}
