//! Pids and names.

use heap::Value;
use vm::{Cx, Exit};

use super::{pid_of, rows, symbol_of};
use crate::local::here;

rows! {
    #[doc = " The Pid of the running process: what `self()` is compiled to."]
    "__self" "()" own_pid;
    /// Whether a process is alive.
    ///
    ///     print(alive?(self())) // expect: true
    "alive?" "(process)" is_alive;
    /// Gives a process a name, which then stands wherever a Pid does.
    ///
    ///     register(:main, self())
    ///     :main.send(1)
    ///     receive { n => print(n, whereis(:main) == self()) } // expect: 1 true
    "register" "(name, process)" register;
    /// Frees a name; false when nobody had it.
    ///
    ///     register(:main, self())
    ///     print(unregister(:main), unregister(:main)) // expect: true false
    "unregister" "(name)" unregister;
    /// The process with this name, or nil.
    ///
    ///     print(whereis(:nobody)) // expect: nil
    "whereis" "(name)" whereis;
    /// What is known of a process: messages, links, watchers, names, whether it waits and traps exits; nil when it
    /// is dead.
    ///
    ///     print(process_info(self())["messages"]) // expect: 0
    "process_info" "(process)" info;
}

fn own_pid(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let (_, own) = here(cx)?;
    Ok(Value::pid(own.pid))
}

fn is_alive(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = super::target_of(cx, args[0], "the process")?;
    let (runtime, _) = here(cx)?;
    let alive = runtime.find(target).is_some_and(|control| {
        let inner = control.lock();
        inner.alive && inner.exit.is_none()
    });
    Ok(Value::bool(alive))
}

fn register(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let pid = pid_of(cx, args[1], "the process")?;
    let (runtime, _) = here(cx)?;
    let Some(control) = runtime.table.get(pid) else {
        return Err(cx.value_error("a process that is dead cannot get a name"));
    };
    if !runtime.names.add(name, pid) {
        let name = cx.shared().symbols.name(name).unwrap_or_default().to_string();
        return Err(cx.name_taken_error(&format!("the name :{name} is taken")));
    }
    control.lock().names.push(name);
    Ok(Value::TRUE)
}

fn unregister(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let (runtime, _) = here(cx)?;
    let Some(pid) = runtime.names.remove(name) else { return Ok(Value::FALSE) };
    if let Some(control) = runtime.table.get(pid) {
        control.lock().names.retain(|known| *known != name);
    }
    Ok(Value::TRUE)
}

fn whereis(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let (runtime, _) = here(cx)?;
    Ok(runtime.names.find(name).map_or(Value::NIL, Value::pid))
}

fn info(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = super::target_of(cx, args[0], "the process")?;
    let (runtime, _) = here(cx)?;
    let Some(control) = runtime.find(target) else { return Ok(Value::NIL) };
    let inner = control.lock();
    let links: Vec<Value> = inner.links.iter().copied().map(Value::pid).collect();
    let watchers: Vec<Value> = inner.watchers.values().copied().map(Value::pid).collect();
    let names: Vec<Value> = inner.names.iter().copied().map(Value::symbol).collect();
    let messages = Value::int32((inner.messages.len() + inner.seen).min(i32::MAX as usize) as i32);
    let traps = Value::bool(inner.traps_exits);
    drop(inner);
    let waits = Value::bool(control.is_waiting());
    let map = cx.heap.map_new(6)?;
    let (links, watchers, names) = (cx.list(&links)?, cx.list(&watchers)?, cx.list(&names)?);
    for (name, value) in [
        ("messages", messages),
        ("links", links),
        ("watchers", watchers),
        ("names", names),
        ("waits", waits),
        ("traps_exits", traps),
    ] {
        let key = cx.string(name)?;
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(map.value())
}
