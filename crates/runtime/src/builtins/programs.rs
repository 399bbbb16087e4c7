//! Other programs.

use heap::Value;
use vm::{Cx, Exit, Limit};

use super::rows;
use super::sockets::{content_of, handle_of, register, with_socket};
use crate::io::eventually;
use crate::io::program::{Ended, Failure, Program, Start, run_to_end};
use crate::io::socket::Kind;

rows! {
    /// Runs a program to its end, with a List of arguments and a text for its standard input. Gives a Map: `status` (nil
    /// when a signal ended it), `out` and `err` as Bytes. Only the process that calls it waits; when that ends first, or
    /// the time is over, the program is killed. `folder` is where it runs.
    ///
    ///     import process
    ///     let result = process.run("echo", ["hello"])
    ///     print(result["status"], result["out"]) // expect: 0 b"hello\n"
    "process.run" "(program: String, arguments: List = nil, input: String | Bytes | Buffer = \"\", timeout: Int | Float = nil, folder: String = nil)" run;
    /// Starts a program and gives a Socket: `write` goes to its standard input, `read`, `read_line` and `read_until` take its
    /// standard output. It is killed when it is closed, or nobody has it any more. With `errors: true` its standard error
    /// is read by `errors()`, and otherwise goes where that of this program goes.
    ///
    ///     import process
    ///     let sorter = process.start("sort", ["-r"])
    ///     sorter.write("one\ntwo\n")
    ///     sorter.finish()
    ///     print(sorter.read_line(), sorter.read_line(), sorter.wait()) // expect: two one 0
    "process.start" "(program: String, arguments: List = nil, errors: Bool = false, folder: String = nil)" start;
    /// A Socket to read the standard error of a program from that was started with `errors: true`; nil when it was asked
    /// for before.
    ///
    ///     import process
    ///     let program = process.start("sh", ["-c", "echo broken >&2"], errors: true)
    ///     print(program.errors().read_line()) // expect: broken
    "Socket.errors" "(self)" errors;
    /// Tells the other side that no more comes: a program of `process.start` that its input is at its end, a connection
    /// that nothing will be written (it can still be read). False when it was told before.
    ///
    ///     import process
    ///     let cat = process.start("cat")
    ///     cat.finish()
    ///     print(cat.read()) // expect: nil
    "Socket.finish" "(self)" finish;
    /// Waits for the end of a program of `process.start`, and gives its status; nil when a signal ended it.
    ///
    ///     import process
    ///     print(process.start("false").wait()) // expect: 1
    "Socket.wait" "(self, timeout: Int | Float = nil)" wait;
}

/// The most that a program may write to its end.
const OUTPUT_BYTES_MAX: usize = 1 << 32;

/// A program that may be started, and its arguments.
fn start_of(cx: &mut Cx, args: &[Value], folder: Value) -> Result<Start, Exit> {
    let name = cx.str_of(&args[0], "the program")?.to_string();
    if !cx.permissions().run.allows(&name, "run") {
        let message = format!("starting `{name}` is not permitted; it needs the permission `run`");
        return Err(cx.permission_error(&message));
    }
    let mut arguments = Vec::new();
    if let Some(list) = Cx::optional(args[1]).filter(|list| !list.is_nil()) {
        for element in cx.list_of(list, "the arguments")?.elements() {
            arguments.push(cx.str_of(element, "an argument")?.to_string());
        }
    }
    let folder = match Cx::optional(folder).filter(|folder| !folder.is_nil()) {
        Some(folder) => Some(cx.str_of(&folder, "the folder")?.to_string()),
        None => None,
    };
    Ok(Start { name, arguments, folder })
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let wanted = start_of(cx, args, args[3])?;
    let takes_errors = Cx::optional(args[2]).map_or(Ok(false), |flag| cx.bool_of(flag, "errors"))?;
    cx.heap.check_room(2048)?;
    register(cx, || Ok(Kind::Program(Box::new(Program::start(&wanted, takes_errors)?))))
}

fn errors(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    cx.heap.check_room(2048)?;
    match with_socket(cx, &args[0], Value::NIL, |socket, _| socket.errors())? {
        Some(errors) => handle_of(cx, errors),
        None => Ok(Value::NIL),
    }
}

fn finish(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    with_socket(cx, &args[0], Value::NIL, |socket, _| socket.poll_finish()).map(Value::bool)
}

fn wait(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let status = with_socket(cx, &args[0], args[1], |socket, waiter| socket.poll_wait(waiter))?;
    Ok(status.map_or(Value::NIL, Value::int32))
}

fn run(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some(ended) = cx.take_kept::<Ended>() {
        return result_or_keep(cx, ended);
    }
    let wanted = start_of(cx, args, args[4])?;
    let name = wanted.name.clone();
    let input = match Cx::optional(args[2]) {
        Some(input) => content_of(cx, &input)?.to_vec(),
        None => Vec::new(),
    };
    let room = cx.heap.config().bytes_max.saturating_sub(cx.heap.bytes_used());
    let ended = eventually(cx, args[3], || run_to_end(wanted, input, room.min(OUTPUT_BYTES_MAX)))?;
    match ended {
        Ok(ended) => result_or_keep(cx, ended),
        Err(Failure::TooMuch) => Err(Exit::Limit(Limit::Heap)),
        Err(Failure::System(error)) => Err(cx.io_error(&format!("cannot run `{name}`: {error}"))),
    }
}

/// The program is not run again where memory must be reclaimed first.
fn result_or_keep(cx: &mut Cx, ended: Ended) -> Result<Value, Exit> {
    let result = result_of(cx, &ended);
    if let Err(Exit::NeedGc(_)) = result {
        cx.keep(ended);
    }
    result
}

fn result_of(cx: &mut Cx, ended: &Ended) -> Result<Value, Exit> {
    let map = cx.heap.map_new(3)?;
    let (out, err) = (cx.heap.bytes(&ended.out)?, cx.heap.bytes(&ended.err)?);
    for (name, value) in
        [("status", ended.status.map_or(Value::NIL, Value::int32)), ("out", out), ("err", err)]
    {
        let key = cx.string(name)?;
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(map.value())
}
