//! Other programs.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

use heap::Value;
use vm::{Cx, Exit};

use super::rows;
use super::sockets::{register, with_socket};
use crate::io::blocking;
use crate::io::program::Program;
use crate::io::socket::Kind;

rows! {
    /// Runs a program to its end, with a List of arguments and a text for its standard input. Gives a Map: `status` (nil
    /// when a signal ended it), `out` and `err` as Bytes. Only the process that calls it waits.
    ///
    ///     import process
    ///     let result = process.run("echo", ["hello"])
    ///     print(result["status"], result["out"]) // expect: 0 b"hello\n"
    "process.run" "(program, arguments = nil, input = \"\")" run;
    /// Starts a program and gives a Socket: `write` goes to its standard input, `read`, `read_line` and `read_until` take its
    /// standard output. It is killed when it is closed, or nobody has it any more.
    ///
    ///     import process
    ///     let sorter = process.start("sort", ["-r"])
    ///     sorter.write("one\ntwo\n")
    ///     sorter.finish()
    ///     print(sorter.read_line(), sorter.read_line(), sorter.wait()) // expect: two one 0
    "process.start" "(program, arguments = nil)" start;
    /// Tells a program of `process.start` that no more input comes; false when it was told before.
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
    "Socket.wait" "(self, timeout = nil)" wait;
}

/// The name of a program that may be started, and its arguments.
fn command_of(cx: &mut Cx, args: &[Value]) -> Result<(String, Vec<String>), Exit> {
    let program = cx.str_of(&args[0], "the program")?.to_string();
    if !cx.permissions().run.allows(&program, "run") {
        let message = format!("starting `{program}` is not permitted; it needs the permission `run`");
        return Err(cx.permission_error(&message));
    }
    let mut arguments = Vec::new();
    if let Some(list) = Cx::optional(args[1]).filter(|list| !list.is_nil()) {
        for element in cx.list_of(list, "the arguments")?.elements() {
            arguments.push(cx.str_of(element, "an argument")?.to_string());
        }
    }
    Ok((program, arguments))
}

fn start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (program, arguments) = command_of(cx, args)?;
    cx.heap.check_room(2048)?;
    register(cx, || Ok(Kind::Program(Box::new(Program::start(&program, &arguments)?))))
}

fn finish(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    with_socket(cx, &args[0], Value::NIL, |socket, _| socket.poll_finish()).map(Value::bool)
}

fn wait(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let status = with_socket(cx, &args[0], args[1], |socket, context| socket.poll_wait(context))?;
    Ok(status.map_or(Value::NIL, Value::int32))
}

fn run(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some(output) = cx.take_kept::<Output>() {
        return result_or_keep(cx, output);
    }
    let (program, arguments) = command_of(cx, args)?;
    let input = match Cx::optional(args[2]) {
        Some(input) if input.is_string() => cx.str_of(&input, "the input")?.as_bytes().to_vec(),
        Some(input) => {
            input.as_bytes().ok_or_else(|| cx.expected("the input", "a String or Bytes", input))?.to_vec()
        }
        None => Vec::new(),
    };
    let ended = blocking(cx, {
        let program = program.clone();
        move || run_to_end(&program, &arguments, input)
    })?;
    match ended {
        Ok(output) => result_or_keep(cx, output),
        Err(error) => Err(cx.io_error(&format!("cannot run `{program}`: {error}"))),
    }
}

fn run_to_end(program: &str, arguments: &[String], input: Vec<u8>) -> io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    // From a thread of its own, since the program may write much before it reads.
    let writer = std::thread::spawn(move || {
        // A program need not read what it is given.
        let _ = stdin.map(|mut stdin| stdin.write_all(&input));
    });
    let output = child.wait_with_output();
    let _ = writer.join();
    output
}

/// The program is not run again where memory must be reclaimed first.
fn result_or_keep(cx: &mut Cx, output: Output) -> Result<Value, Exit> {
    let result = result_of(cx, &output);
    if let Err(Exit::NeedGc(_)) = result {
        cx.keep(output);
    }
    result
}

fn result_of(cx: &mut Cx, output: &Output) -> Result<Value, Exit> {
    let status = output.status.code().map_or(Value::NIL, Value::int32);
    let map = cx.heap.map_new(3)?;
    let (out, err) = (cx.heap.bytes(&output.stdout)?, cx.heap.bytes(&output.stderr)?);
    for (name, value) in [("status", status), ("out", out), ("err", err)] {
        let key = cx.string(name)?;
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(map.value())
}
