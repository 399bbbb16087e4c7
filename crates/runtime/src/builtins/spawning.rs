//! Starting processes.

use std::sync::Arc;
use std::time::Duration;

use heap::{Fault, Fragment, Value};
use smallvec::SmallVec;
use vm::{Access, Cx, Exit, Permissions, Process, ProcessConfig};

use super::processes::taken;
use super::{rows, symbol_of};
use crate::control::{Body, Control, MailboxLimits, Newborn, Overflow};
use crate::io::whole_path;
use crate::local::{Local, here, local};
use crate::runtime::Runtime;
use crate::task::Task;
use crate::timers::Event;

rows! {
    #[doc = " Starts a process: what `spawn` is compiled to. The options are a Map or nil."]
    "__spawn" "(function, arguments, options)" spawn;
}

/// What the options of a spawn say.
struct Options {
    link: bool,
    monitor: bool,
    name: Option<u32>,
    /// A supervisor reports its end, together with what it decides.
    supervised: bool,
    config: Arc<ProcessConfig>,
    mailbox: MailboxLimits,
    wall_ms: Option<u64>,
}

/// What a new process costs whoever starts it: so one that only starts others has its slice end in time.
const SPAWN_TICKS: u64 = 20;

fn spawn(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let runtime = local(cx)?.runtime.clone();
    let options = read_options(cx, &runtime, args[2])?;
    let code = code_message(cx, args[0], args[1])?;
    cx.charge_ticks(SPAWN_TICKS);
    let control = new_control(cx, &runtime, None, options.mailbox)?;
    if let Some(name) = options.name
        && runtime.names.add(name, &control).is_err()
    {
        runtime.table.remove(control.pid);
        return Err(taken(cx, name));
    }
    let mut child = Box::new(Local::new(&runtime, &control));
    if options.supervised {
        child.rare_mut().supervised = true;
    }
    if let Some(wall) = options.wall_ms {
        let time = runtime.host.now_us().saturating_add(wall.saturating_mul(1000));
        child.rare_mut().wall = Some(runtime.host.add_timer(time, Event::Expire { pid: control.pid }));
    }
    let own = local(cx)?;
    let (pid, parent) = (control.pid, own.control.pid);
    if options.link {
        own.relations_mut().links.insert(pid);
        own.mind_relations();
        child.relations_mut().links.insert(parent);
    }
    if options.monitor {
        let reference = runtime.new_reference();
        own.relations_mut().watching.insert(reference, pid);
        own.mind_relations();
        child.relations_mut().watchers.insert(reference, parent);
    }
    begin(&runtime, control, Newborn { code, config: options.config, local: child });
    Ok(Value::pid(pid))
}

/// Hands a process to the host.
fn begin(runtime: &Runtime, control: Arc<Control>, newborn: Newborn) {
    *control.body() = Body::Newborn(Box::new(newborn));
    control.set_queued();
    runtime.host.start(control);
}

/// A process that computes a task.
pub fn start_task(cx: &mut Cx, function: Value, arguments: Value) -> Result<Arc<Task>, Exit> {
    let (runtime, own) = here(cx)?;
    let code = code_message(cx, function, arguments)?;
    cx.charge_ticks(SPAWN_TICKS);
    let task = Arc::new(Task::new(own.pid));
    let control = new_control(cx, &runtime, Some(task.clone()), MailboxLimits::of(&runtime.config.limits))?;
    task.set_pid(control.pid);
    let local = local(cx)?;
    local.relations_mut().tasks.insert(control.pid, task.clone());
    local.mind_relations();
    if let Some(scope) = local.rare.as_mut().and_then(|rare| rare.scopes.last_mut()) {
        scope.tasks.push(task.clone());
    }
    let child = Box::new(Local::new(&runtime, &control));
    let config = inherited(cx, &runtime);
    begin(&runtime, control, Newborn { code, config, local: child });
    Ok(task)
}

fn new_control(
    cx: &mut Cx,
    runtime: &Runtime,
    task: Option<Arc<Task>>,
    limits: MailboxLimits,
) -> Result<Arc<Control>, Exit> {
    match runtime.table.add(|pid| Control::new(pid, task, limits)) {
        Some(control) => Ok(control),
        None => Err(cx.value_error("there are too many processes")),
    }
}

/// The function, the script's variables and the arguments as one message: flat where they are.
fn code_message(cx: &mut Cx, function: Value, arguments: Value) -> Result<Fragment, Exit> {
    let Some(arguments) = arguments.sequence_elements() else {
        return Err(cx.expected("the arguments", "a List or a Tuple", arguments));
    };
    if let Err(problem) = Process::can_start(function, arguments.len()) {
        return Err(cx.argument_error(&format!("cannot spawn this: {problem}")));
    }
    let script = cx.script_values();
    let mut parts = SmallVec::<[Value; 8]>::from_slice(&[function, script]);
    parts.extend_from_slice(arguments);
    let with_script = cx.tuple(&parts)?;
    match cx.heap.copy_message(with_script) {
        Ok(fragment) => Ok(fragment),
        // A variable that cannot be sent is missing in the process, which fails only if it is used there.
        Err(Fault::Unsendable(_)) if !script.is_nil() => {
            parts[1] = Value::NIL;
            let alone = cx.tuple(&parts)?;
            Ok(cx.heap.copy_message(alone)?)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn read_options(cx: &mut Cx, runtime: &Runtime, options: Value) -> Result<Options, Exit> {
    let mut read = Options {
        link: false,
        monitor: false,
        name: None,
        supervised: false,
        config: inherited(cx, runtime),
        mailbox: MailboxLimits::of(&runtime.config.limits),
        wall_ms: None,
    };
    let Some(map) = options.as_map() else { return Ok(read) };
    for (key, value) in map.iter() {
        match key.as_str() {
            Some("link") => read.link = cx.bool_of(value, "link")?,
            Some("monitor") => read.monitor = cx.bool_of(value, "monitor")?,
            Some("supervised") => read.supervised = cx.bool_of(value, "supervised")?,
            Some("name") => read.name = Some(symbol_of(cx, value, "the name")?),
            Some("limits") => read_limits(cx, &mut read, value)?,
            Some("permissions") => read_permissions(cx, &mut read, value)?,
            other => {
                let name = other.unwrap_or_default();
                let message = format!(
                    "spawn has no option `{name}`: there are link, monitor, name, limits, permissions"
                );
                return Err(cx.argument_error(&message));
            }
        }
    }
    Ok(read)
}

/// What a full mailbox does.
fn overflow_of(cx: &mut Cx, value: Value) -> Result<Overflow, Exit> {
    let name = value.as_symbol().and_then(|symbol| cx.shared().symbols.name(symbol));
    Ok(match name {
        Some("kill") => Overflow::Kill,
        Some("drop_new") => Overflow::DropNew,
        Some("drop_old") => Overflow::DropOld,
        Some("block") => Overflow::Block,
        _ => return Err(cx.argument_error("overflow is one of :kill, :drop_new, :drop_old, :block")),
    })
}

fn read_limits(cx: &mut Cx, options: &mut Options, limits: Value) -> Result<(), Exit> {
    let Some(map) = limits.as_map() else { return Err(cx.expected("limits", "a Map", limits)) };
    for (key, value) in map.iter() {
        match key.as_str() {
            Some("heap") => {
                let bytes = cx.count_of(value, "the heap limit")?;
                Arc::make_mut(&mut options.config).limits.heap_bytes_max = bytes;
                options.mailbox.bytes_max = bytes;
            }
            Some("time") => {
                let milliseconds = cx.count_of(value, "the time limit")?;
                Arc::make_mut(&mut options.config).limits.time_max =
                    Some(Duration::from_millis(milliseconds as u64));
            }
            Some("wall") => options.wall_ms = Some(cx.count_of(value, "the wall limit")? as u64),
            Some("stack") => {
                Arc::make_mut(&mut options.config).limits.frames_max =
                    cx.count_of(value, "the stack limit")?.max(1)
            }
            Some("overflow") => options.mailbox.overflow = overflow_of(cx, value)?,
            Some("mailbox") => {
                let count = cx.count_of(value, "the mailbox limit")?;
                options.mailbox.messages_max = u32::try_from(count).unwrap_or(u32::MAX);
            }
            other => {
                let name = other.unwrap_or_default();
                let message = format!(
                    "there is no limit `{name}`: there are heap, time, wall, stack, mailbox, overflow"
                );
                return Err(cx.argument_error(&message));
            }
        }
    }
    Ok(())
}

/// What a process starts with: what all start with, with the permissions of whoever starts it.
fn inherited(cx: &Cx, runtime: &Runtime) -> Arc<ProcessConfig> {
    let mut config = runtime.config.clone();
    if !std::ptr::eq(&config.permissions, cx.permissions()) && config.permissions != *cx.permissions() {
        Arc::make_mut(&mut config).permissions = cx.permissions().clone();
    }
    config
}

/// Paths are kept as they stand on the disk, which is how they are compared.
fn permitted_name(kind: &str, text: &str) -> String {
    let path = matches!(kind, "read" | "write" | "ffi").then(|| whole_path(text.as_ref())).flatten();
    path.map_or_else(|| text.to_string(), |path| path.to_string_lossy().into_owned())
}

/// `permissions: {read: ["/tmp"], net: true}`: what is not named is not permitted, and nothing can be had that the
/// process has not itself.
fn read_permissions(cx: &mut Cx, options: &mut Options, wanted: Value) -> Result<(), Exit> {
    let Some(map) = wanted.as_map() else { return Err(cx.expected("permissions", "a Map", wanted)) };
    let mut permissions = Permissions::none();
    for (key, value) in map.iter() {
        let name = key.as_str().unwrap_or_default();
        let Some(access) = permissions.kind_mut(name) else {
            let kinds = Permissions::KINDS.join(", ");
            return Err(cx.argument_error(&format!("there is no permission `{name}`: there are {kinds}")));
        };
        *access = match value.as_bool() {
            Some(true) => Access::All,
            Some(false) => Access::Only(Vec::new()),
            None => {
                let list = cx.list_of(value, "a permission")?;
                let mut names = Vec::new();
                for element in list.elements() {
                    let text = cx.str_of(element, "what is permitted")?;
                    names.push(permitted_name(name, text));
                }
                Access::Only(names)
            }
        };
    }
    if let Some(kind) = permissions.more_than(cx.permissions()) {
        let message =
            format!("a process cannot give more than it has: its own permission `{kind}` is narrower");
        return Err(cx.permission_error(&message));
    }
    Arc::make_mut(&mut options.config).permissions = permissions;
    Ok(())
}
