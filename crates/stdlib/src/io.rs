//! Standard input, files, and what the system tells a program.

use std::fs;
use std::io::{BufRead, Read};

use heap::Value;
use vm::{Cx, Exit};

use crate::permission::{Problem, Use, Wanted, ask, may_know};
use crate::rows::rows;
use crate::string_edit::owned;

rows! {
    /// The next line of the standard input without its line end, or nil at its end; `prompt` is written before.
    ///
    ///     let line = read_line()
    ///     print(line == nil || line is String) // expect: true
    "read_line" "(prompt: String = \"\")" read_line, ALLOCATES;
    /// All that is left of the standard input.
    ///
    ///     print(read_all() is String) // expect: true
    "read_all" "()" read_all, ALLOCATES;
    /// The whole text of a file; an IOError where it cannot be read or is not UTF-8.
    ///
    ///     import io
    ///     print(try io.read_file("/no/such/file") else "none") // expect: none
    "io.read_file" "(path: String)" read_file, ALLOCATES;
    /// The whole content of a file as Bytes.
    ///
    ///     import io
    ///     print(try io.read_bytes("/no/such/file") else "none") // expect: none
    "io.read_bytes" "(path: String)" read_bytes, ALLOCATES;
    /// Writes a String or Bytes to a file, in place of what it held.
    ///
    ///     import io
    ///     print(try io.write_file("/no/such/folder/file", "text") else "failed") // expect: failed
    "io.write_file" "(path: String, content: String | Bytes | Buffer)" write_file, ALLOCATES;
    /// Writes a String or Bytes to the end of a file.
    ///
    ///     import io
    ///     print(try io.append_file("/no/such/folder/file", "text") else "failed") // expect: failed
    "io.append_file" "(path: String, content: String | Bytes | Buffer)" append_file, ALLOCATES;
    /// Whether there is a file or folder of this path.
    ///
    ///     import io
    ///     print(io.exists?("/no/such/file")) // expect: false
    "io.exists?" "(path: String)" exists, ALLOCATES;
    /// The arguments that the program was started with.
    ///
    ///     import os
    ///     print(os.args() is List) // expect: true
    "os.args" "()" crate::support::arguments, ALLOCATES;
    /// A variable of the environment, or `default` where it is not set.
    ///
    ///     import os
    ///     print(os.env("NO_SUCH_VARIABLE", "none")) // expect: none
    "os.env" "(name: String, default = nil)" env, ALLOCATES;
    /// The name of the operating system.
    ///
    ///     import os
    ///     print(os.name().empty?()) // expect: false
    "os.name" "()" os_name, ALLOCATES;
}

/// No line and no file is read beyond this.
const READ_BYTES_MAX: u64 = 1 << 32;
/// Of a file that does not say how long it is, as devices do not, this much is read at most.
const ENDLESS_BYTES_MAX: usize = 1 << 28;

/// An IOError of a failure of the system.
pub(crate) fn failed(cx: &mut Cx, what: &str, path: &str, error: &std::io::Error) -> Exit {
    cx.io_error(&format!("cannot {what} {}: {error}", crate::convert::quoted(path)))
}

/// A text that was read, as a value. Reading cannot be done again, so the text is kept where memory must be
/// reclaimed first and the call starts anew.
fn as_value(cx: &mut Cx, text: String) -> Result<Value, Exit> {
    match cx.heap.string(&text) {
        Ok(value) => Ok(value),
        Err(need) => {
            cx.keep(text);
            Err(need.into())
        }
    }
}

fn read_line(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some(text) = cx.take_kept::<String>() {
        return as_value(cx, text);
    }
    let prompt = match Cx::optional(args[0]) {
        Some(prompt) => cx.str_of(&prompt, "the prompt")?.to_string(),
        None => String::new(),
    };
    let vm = cx.vm().clone();
    let read = runtime::blocking(cx, move || {
        // Here, so that it is shown once, however often the call starts again.
        vm.output().write(&prompt);
        vm.output().flush();
        let mut line = Vec::new();
        std::io::stdin().lock().take(READ_BYTES_MAX).read_until(b'\n', &mut line).map(|_| line)
    })?;
    let mut line = match read {
        Ok(line) => line,
        Err(error) => return Err(failed(cx, "read from", "standard input", &error)),
    };
    if line.is_empty() {
        return Ok(Value::NIL);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match String::from_utf8(line) {
        Ok(text) => as_value(cx, text),
        Err(_) => Err(cx.io_error("the line is not UTF-8")),
    }
}

fn read_all(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    if let Some(text) = cx.take_kept::<String>() {
        return as_value(cx, text);
    }
    let read = runtime::blocking(cx, || {
        let mut text = String::new();
        std::io::stdin().lock().take(READ_BYTES_MAX).read_to_string(&mut text).map(|_| text)
    })?;
    match read {
        Ok(text) => as_value(cx, text),
        Err(error) => Err(failed(cx, "read from", "standard input", &error)),
    }
}

/// How many bytes the heap has room for.
pub(crate) fn room(cx: &Cx) -> usize {
    cx.heap.config().bytes_max.saturating_sub(cx.heap.bytes_used())
}

/// The content of a file. What says no length, such as a device, is read so far at most.
fn content_of(wanted: &Wanted, room: usize) -> Result<Vec<u8>, Problem> {
    let mut file = fs::File::open(wanted.place()?)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let limit = room.min(size.max(ENDLESS_BYTES_MAX)).min(READ_BYTES_MAX as usize);
    if size > limit {
        return Err(Problem::Large(size));
    }
    let mut content = Vec::with_capacity(size);
    Read::by_ref(&mut file).take(limit as u64).read_to_end(&mut content)?;
    if content.len() == limit && file.read(&mut [0])? > 0 {
        return Err(Problem::Large(if limit == room { limit + 1 } else { usize::MAX / 2 }));
    }
    Ok(content)
}

/// Content that was read already, where memory must be reclaimed before it becomes a value.
struct Content(Vec<u8>);

fn take_content(cx: &mut Cx, args: &[Value]) -> Result<Vec<u8>, Exit> {
    let content = match cx.take_kept::<Content>() {
        Some(Content(content)) => content,
        None => {
            let path = cx.str_of(&args[0], "the path")?;
            let (wanted, room) = (Wanted::new(cx, path, Use::Read), room(cx));
            ask(cx, "read", path, move || content_of(&wanted, room))?
        }
    };
    if let Err(need) = cx.heap.check_room(content.len() + 64) {
        cx.keep(Content(content));
        return Err(need.into());
    }
    Ok(content)
}

fn read_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = take_content(cx, args)?;
    cx.charge_ticks(content.len() as u64 / 256);
    match String::from_utf8(content) {
        Ok(text) => owned(cx, text),
        Err(_) => {
            let path = cx.str_of(&args[0], "the path")?;
            Err(cx.io_error(&format!("{} is not UTF-8", crate::convert::quoted(path))))
        }
    }
}

fn read_bytes(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = take_content(cx, args)?;
    Ok(cx.heap.bytes_owned(content)?)
}

/// What a file is to hold: the bytes of a String, Bytes or Buffer.
fn bytes_of<'v>(cx: &mut Cx, value: &'v Value) -> Result<&'v [u8], Exit> {
    if value.is_string() {
        return Ok(cx.str_of(value, "the content")?.as_bytes());
    }
    value.as_bytes().ok_or_else(|| cx.expected("the content", "a String or Bytes", *value))
}

fn write_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let content = bytes_of(cx, &args[1])?.to_vec();
    let wanted = Wanted::new(cx, path, Use::Write);
    ask(cx, "write", path, move || Ok(fs::write(wanted.place()?, content)?))?;
    Ok(Value::NIL)
}

fn append_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let content = bytes_of(cx, &args[1])?.to_vec();
    let wanted = Wanted::new(cx, path, Use::Write);
    ask(cx, "append to", path, move || {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(wanted.place()?)?;
        Ok(std::io::Write::write_all(&mut file, &content)?)
    })?;
    Ok(Value::NIL)
}

fn exists(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let wanted = Wanted::new(cx, path, Use::Read);
    ask(cx, "look at", path, move || Ok(wanted.place()?.exists())).map(Value::bool)
}

fn env(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = cx.str_of(&args[0], "the name")?;
    // The system panics on names that cannot be set; such a variable does not exist.
    may_know(cx, name)?;
    let plausible = !name.is_empty() && !name.contains(['=', '\0']);
    match if plausible { std::env::var(name).ok() } else { None } {
        Some(text) => owned(cx, text),
        None => Ok(Cx::optional(args[1]).unwrap_or(Value::NIL)),
    }
}

fn os_name(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    cx.string(std::env::consts::OS)
}
