//! Pids and names.

use heap::Value;
use vm::{Cx, Exit};

use super::{pid_of, rows, symbol_of};

use crate::control::Body;
use crate::local::{Local, here, local, of, of_process};
use crate::names::NameProblem;

rows! {
    #[doc = " The Pid of the running process: what `self()` is compiled to."]
    "__self" "()" own_pid;
    /// Gives back all memory that the process does not need, when it waits next: for one that will wait for long.
    /// (A process that has waited for a second does so by itself.)
    ///
    ///     let sleeper = spawn {
    ///         hibernate()
    ///         receive { from => from.send("awake") }
    ///     }
    ///     sleeper.send(self())
    ///     receive { text => print(text) } // expect: awake
    "hibernate" "()" hibernate;
    /// Whether a process is alive.
    ///
    ///     print(alive?(self())) // expect: true
    "alive?" "(process: Pid | Symbol)" is_alive;
    /// Gives a process a name, which then stands wherever a Pid does.
    ///
    ///     register(:main, self())
    ///     :main.send(1)
    ///     receive { n => print(n, whereis(:main) == self()) } // expect: 1 true
    "register" "(name: Symbol, process: Pid | Symbol)" register;
    /// Frees a name; false when nobody had it.
    ///
    ///     register(:main, self())
    ///     print(unregister(:main), unregister(:main)) // expect: true false
    "unregister" "(name: Symbol)" unregister;
    /// The process with this name, or nil.
    ///
    ///     print(whereis(:nobody)) // expect: nil
    "whereis" "(name: Symbol)" whereis;
    /// What is known of a process: how many messages wait, its links, watchers and names, whether it waits and traps
    /// exits, its state, bytes of its heap, and reductions (calls and turns of loops so far); nil when it is dead.
    ///
    ///     print(process_info(self())["messages"]) // expect: 0
    "process_info" "(process: Pid | Symbol)" info;
}

fn own_pid(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Ok(Value::pid(local(cx)?.control.pid))
}

fn hibernate(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    local(cx)?.hibernates = true;
    Ok(Value::NIL)
}

fn is_alive(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = super::target_of(cx, args[0], "the process")?;
    let (runtime, _) = here(cx)?;
    Ok(Value::bool(runtime.find(target).is_some_and(|control| control.is_alive())))
}

fn register(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let pid = pid_of(cx, args[1], "the process")?;
    let (runtime, _) = here(cx)?;
    let given =
        runtime.table.get(pid).map_or(Err(NameProblem::Dead), |control| runtime.names.add(name, &control));
    match given {
        Ok(()) => Ok(Value::TRUE),
        Err(NameProblem::Dead) => Err(cx.value_error("a process that is dead cannot get a name")),
        Err(NameProblem::Taken) => Err(taken(cx, name)),
    }
}

pub fn taken(cx: &mut Cx, name: u32) -> Exit {
    let name = cx.shared().symbols.name(name).unwrap_or_default().to_string();
    cx.name_taken_error(&format!("the name :{name} is taken"))
}

fn unregister(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let (runtime, _) = here(cx)?;
    Ok(Value::bool(runtime.names.remove(name).is_some()))
}

fn whereis(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = symbol_of(cx, args[0], "the name")?;
    let (runtime, _) = here(cx)?;
    Ok(runtime.names.find(name).map_or(Value::NIL, Value::pid))
}

/// What the process itself knows.
struct Inside {
    links: Vec<Value>,
    watchers: Vec<Value>,
    traps_exits: bool,
    heap_bytes: usize,
    reductions: u64,
}

fn inside_of(local: &Local, heap_bytes: usize, reductions: u64) -> Inside {
    let known = local.relations();
    let links = known.into_iter().flat_map(|known| known.links.iter().copied());
    let watchers = known.into_iter().flat_map(|known| known.watchers.values().copied());
    Inside {
        links: links.map(Value::pid).collect(),
        watchers: watchers.map(Value::pid).collect(),
        traps_exits: local.traps_exits,
        heap_bytes,
        reductions,
    }
}

/// As `inside_of`, of another process; `None` while somebody runs it.
fn inside_of_other(control: &crate::control::Control) -> Option<Inside> {
    let mut body = control.try_body()?;
    match &mut *body {
        Body::Newborn(newborn) => Some(inside_of(&newborn.local, 0, 0)),
        Body::Living(process) => {
            let (bytes, reductions) = (process.heap.bytes_used(), process.reductions());
            of_process(process).map(|local| inside_of(local, bytes, reductions))
        }
        Body::Gone => Some(Inside {
            links: Vec::new(),
            watchers: Vec::new(),
            traps_exits: false,
            heap_bytes: 0,
            reductions: 0,
        }),
    }
}

fn info(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let target = super::target_of(cx, args[0], "the process")?;
    let (runtime, own) = here(cx)?;
    let Some(control) = runtime.find(target) else { return Ok(Value::NIL) };
    let inside = if control.pid == own.pid {
        let (bytes, reductions) = (cx.heap.bytes_used(), cx.reductions());
        of(cx).map(|local| inside_of(local, bytes, reductions))
    } else {
        inside_of_other(&control)
    };
    let Some(inside) = inside else {
        // It runs: it is asked to end its slice, and this call starts again.
        control.interrupt();
        return Err(Exit::More);
    };
    let count = |number: usize| Value::int32(number.min(i32::MAX as usize) as i32);
    let names: Vec<Value> = runtime.names.of(&control).into_iter().map(Value::symbol).collect();
    let state = if control.pid == own.pid {
        "running"
    } else if control.is_waiting() {
        "waiting"
    } else {
        "ready"
    };
    let map = cx.heap.map_new(9)?;
    let (links, watchers, names) = (cx.list(&inside.links)?, cx.list(&inside.watchers)?, cx.list(&names)?);
    let (state, reductions) = (cx.symbol(state)?, cx.int(inside.reductions as i64)?);
    for (name, value) in [
        ("messages", count(control.messages() as usize)),
        ("links", links),
        ("watchers", watchers),
        ("names", names),
        ("waits", Value::bool(control.is_waiting())),
        ("traps_exits", Value::bool(inside.traps_exits)),
        ("state", state),
        ("heap", count(inside.heap_bytes)),
        ("reductions", reductions),
    ] {
        let key = cx.string(name)?;
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(map.value())
}
