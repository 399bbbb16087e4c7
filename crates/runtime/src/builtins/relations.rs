//! Links, monitors, exit signals.

use heap::Value;
use vm::{Cx, Exit, Wait};

use super::{pid_of, rows, target_of};
use crate::local::{Local, here};
use crate::reason::Reason;
use crate::runtime::ExitVia;

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
    "link" "(process)" link;
    /// Takes a link back; no exit signal from it arrives afterwards.
    ///
    ///     let worker = spawn { receive { :stop => exit(:bad) } }
    ///     link(worker)
    ///     unlink(worker)
    ///     worker.send(:stop)
    ///     sleep(1)
    ///     print("alive") // expect: alive
    "unlink" "(process)" unlink;
    /// Watches a process: its end is told by one message `(:down, ref, :process, pid, reason)`.
    ///
    ///     let ref = monitor(spawn { exit(:done) })
    ///     receive { (:down, ^ref, :process, _, reason) => print(reason) } // expect: done
    "monitor" "(process)" monitor;
    /// Stops watching; with `flush: true` a message that came already is removed.
    ///
    ///     let ref = monitor(spawn { nil })
    ///     demonitor(ref, flush: true)
    ///     receive { m => print(m)
    ///     after 1 => print("nothing") } // expect: nothing
    "demonitor" "(ref, flush = false)" demonitor;
    /// Whether exit signals become messages `(:exit, from, reason)`; gives what it was before.
    ///
    ///     print(trap_exit(true), trap_exit(true)) // expect: false true
    "trap_exit" "(on)" trap_exit;
}

fn exit(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(reason) = Cx::optional(args[1]) else {
        let reason = match Cx::optional(args[0]) {
            Some(reason) => reason,
            None => cx.symbol("normal")?,
        };
        return Err(Exit::Terminate(reason));
    };
    let target = target_of(cx, args[0], "the process")?;
    let copy = Reason::from(cx.heap.copy_message(reason)?);
    let (runtime, own) = here(cx)?;
    let Some(control) = runtime.find(target) else { return Ok(Value::TRUE) };
    runtime.signal_exit(own.pid, &control, &copy, ExitVia::Call);
    if own.lock().exit.is_some() {
        // The signal was for this process, which never goes on.
        return Err(Exit::Park(Wait::Message { milliseconds: None }));
    }
    Ok(Value::TRUE)
}

fn link(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let pid = pid_of(cx, args[0], "the process")?;
    let (runtime, own) = here(cx)?;
    runtime.link(&own, pid);
    if own.lock().exit.is_some() {
        return Err(Exit::Park(Wait::Message { milliseconds: None }));
    }
    Ok(Value::TRUE)
}

fn unlink(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let pid = pid_of(cx, args[0], "the process")?;
    let (runtime, own) = here(cx)?;
    runtime.unlink(&own, pid);
    Ok(Value::TRUE)
}

fn monitor(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = target_of(cx, args[0], "the process")?;
    let (runtime, own) = here(cx)?;
    Ok(Value::reference(runtime.monitor(&own, target)))
}

fn demonitor(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(reference) = args[0].as_reference() else {
        return Err(cx.expected("the monitor", "a Ref", args[0]));
    };
    let flush = match Cx::optional(args[1]) {
        Some(flush) => cx.bool_of(flush, "flush")?,
        None => false,
    };
    let (runtime, own) = here(cx)?;
    runtime.demonitor(&own, reference);
    if flush {
        let down = runtime.symbols.down;
        let is_it = |value: Value| {
            value.as_tuple().is_some_and(|tuple| {
                tuple.len() == 5
                    && tuple.get(0) == Some(down)
                    && tuple.get(1).is_some_and(|value| value.as_reference() == Some(reference))
            })
        };
        own.lock().messages.retain(|message| !is_it(message.root()));
        if let Some((_, attachment)) = cx.attachment() {
            attachment.values.retain(|value| !is_it(*value));
            if let Some(local) = attachment.data.as_mut().and_then(|data| data.downcast_mut::<Local>()) {
                local.cursor = 0;
            }
        }
    }
    Ok(Value::TRUE)
}

fn trap_exit(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let traps = cx.bool_of(args[0], "trap_exit")?;
    let (_, own) = here(cx)?;
    Ok(Value::bool(std::mem::replace(&mut own.lock().traps_exits, traps)))
}
