//! Groups of processes.

use heap::Value;
use vm::{Cx, Exit};

use super::{pid_of, rows, symbol_of};
use crate::local::here;

rows! {
    /// Adds a process, or the running one, to a group; false when it is in it already. A process that ends leaves.
    ///
    ///     join_group(:workers)
    ///     print(group_members(:workers) == [self()]) // expect: true
    "join_group" "(group: Symbol | String, process: Pid | Symbol = nil)" join;
    /// Takes a process, or the running one, out of a group; false when it was not in it.
    ///
    ///     print(leave_group(:workers)) // expect: false
    "leave_group" "(group: Symbol | String, process: Pid | Symbol = nil)" leave;
    /// The Pids in a group, in the order in which they joined.
    ///
    ///     for pid in group_members(:workers) { pid.send(:work) }
    "group_members" "(group: Symbol | String)" members;
}

fn member_of(cx: &mut Cx, value: Value) -> Result<u64, Exit> {
    if value.is_nil() || value.is_undef() {
        let (_, own) = here(cx)?;
        return Ok(own.pid);
    }
    pid_of(cx, value, "the process")
}

fn join(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let group = symbol_of(cx, args[0], "the group")?;
    let pid = member_of(cx, args[1])?;
    let (runtime, _) = here(cx)?;
    let Some(control) = runtime.table.get(pid) else { return Ok(Value::FALSE) };
    Ok(Value::bool(runtime.groups.join(group, &control)))
}

fn leave(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let group = symbol_of(cx, args[0], "the group")?;
    let pid = member_of(cx, args[1])?;
    let (runtime, _) = here(cx)?;
    Ok(Value::bool(runtime.groups.leave(group, pid)))
}

fn members(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let group = symbol_of(cx, args[0], "the group")?;
    let (runtime, _) = here(cx)?;
    let pids: Vec<Value> = runtime.groups.members(group).into_iter().map(Value::pid).collect();
    cx.list(&pids)
}
