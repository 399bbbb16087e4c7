//! The builtins of processes, one file a topic.
//!
//! A builtin that has to wait parks and runs again from its start when the process is woken, so it looks at the world
//! anew each time; what must survive is in `Local`.

mod actors;
mod channels;
mod groups;
mod http;
mod messages;
mod processes;
mod programs;
mod relations;
mod scopes;
mod sockets;
mod spawning;
mod tasks;
mod timing;

use heap::Value;
use vm::{BuiltinRow, Cx, Exit};

pub(crate) use scopes::interrupt;

use crate::local::here;
use crate::timers::Target;

pub const ROWS: &[&[BuiltinRow]] = &[
    actors::ROWS,
    channels::ROWS,
    groups::ROWS,
    http::ROWS,
    messages::ROWS,
    processes::ROWS,
    programs::ROWS,
    relations::ROWS,
    scopes::ROWS,
    sockets::ROWS,
    spawning::ROWS,
    tasks::ROWS,
    timing::ROWS,
];

/// Makes `pub const ROWS` of rows `/// doc` `"name" "signature" function;`. The documentation is the doc comment: a
/// sentence, then an indented example whose output stands in `// expect:` comments.
/// The Dunlin function behind `=>` is called instead when the row declines.
macro_rules! rows {
    ($( $(#[doc = $doc:literal])+ $name:literal $signature:literal $run:path $(=> $slow:literal)?; )*) => {
        /// The builtins of this topic.
        pub const ROWS: &[vm::BuiltinRow] = &[$(
            vm::BuiltinRow {
                name: $name,
                signature: $signature,
                doc: concat!($($doc, "\n"),+),
                facts: vm::builtin_fact::ALLOCATES,
                slow: $crate::builtins::rows!(@slow $($slow)?),
                run: $run,
            },
        )*];
    };
    (@slow) => { None };
    (@slow $slow:literal) => { Some($slow) };
}
pub(crate) use rows;

/// A Pid, a name, or what stands for one: the handle of an actor.
fn target_of(cx: &mut Cx, value: Value, what: &str) -> Result<Target, Exit> {
    let value = actors::pid_of_handle(cx, value).unwrap_or(value);
    match (value.as_pid(), value.as_symbol()) {
        (Some(pid), _) => Ok(Target::Pid(pid)),
        (None, Some(name)) => Ok(Target::Name(name)),
        (None, None) => Err(cx.expected(what, "a Pid or a name", value)),
    }
}

/// The Pid that a Pid or a name stands for.
fn pid_of(cx: &mut Cx, value: Value, what: &str) -> Result<u64, Exit> {
    match target_of(cx, value, what)? {
        Target::Pid(pid) => Ok(pid),
        Target::Name(name) => {
            let (runtime, _) = here(cx)?;
            match runtime.names.find(name) {
                Some(pid) => Ok(pid),
                None => {
                    let name = cx.shared().symbols.name(name).unwrap_or_default().to_string();
                    Err(cx.value_error(&format!("no process is named :{name}")))
                }
            }
        }
    }
}

fn symbol_of(cx: &mut Cx, value: Value, what: &str) -> Result<u32, Exit> {
    value.as_symbol().ok_or_else(|| cx.expected(what, "a Symbol", value))
}

/// Milliseconds; `None` is no end.
pub(crate) fn milliseconds_of(cx: &mut Cx, value: Value, what: &str) -> Result<Option<u64>, Exit> {
    if value.is_nil() || value.is_undef() {
        return Ok(None);
    }
    if value.as_symbol().is_some() && value == crate::local::local(cx)?.runtime.symbols.infinity {
        return Ok(None);
    }
    cx.count_of(value, what).map(|count| Some(count as u64))
}
