//! Standard input, files, and what the system tells a program.

use std::io::{BufRead, Read};

use heap::Value;
use vm::{Cx, Exit};

use crate::permission::{may_know, may_read, may_write};
use crate::rows::rows;
use crate::string_edit::owned;

rows! {
    /// The next line of the standard input without its line end, or nil at its end; `prompt` is written before.
    ///
    ///     let line = read_line()
    ///     print(line == nil || line is String) // expect: true
    "read_line" "(prompt = \"\")" read_line, ALLOCATES;
    /// All that is left of the standard input.
    ///
    ///     print(read_all() is String) // expect: true
    "read_all" "()" read_all, ALLOCATES;
    /// The whole text of a file; an IOError where it cannot be read or is not UTF-8.
    ///
    ///     import io
    ///     print(try io.read_file("/no/such/file") else "none") // expect: none
    "io.read_file" "(path)" read_file, ALLOCATES;
    /// The whole content of a file as Bytes.
    ///
    ///     import io
    ///     print(try io.read_bytes("/no/such/file") else "none") // expect: none
    "io.read_bytes" "(path)" read_bytes, ALLOCATES;
    /// Writes a String or Bytes to a file, in place of what it held.
    ///
    ///     import io
    ///     print(try io.write_file("/no/such/folder/file", "text") else "failed") // expect: failed
    "io.write_file" "(path, content)" write_file;
    /// Writes a String or Bytes to the end of a file.
    ///
    ///     import io
    ///     print(try io.append_file("/no/such/folder/file", "text") else "failed") // expect: failed
    "io.append_file" "(path, content)" append_file;
    /// Whether there is a file or folder of this path.
    ///
    ///     import io
    ///     print(io.exists?("/no/such/file")) // expect: false
    "io.exists?" "(path)" exists;
    /// The arguments that the program was started with.
    ///
    ///     import os
    ///     print(os.args() is List) // expect: true
    "os.args" "()" crate::support::arguments, ALLOCATES;
    /// A variable of the environment, or `default` where it is not set.
    ///
    ///     import os
    ///     print(os.env("NO_SUCH_VARIABLE", "none")) // expect: none
    "os.env" "(name, default = nil)" env, ALLOCATES;
    /// The name of the operating system.
    ///
    ///     import os
    ///     print(os.name().empty?()) // expect: false
    "os.name" "()" os_name, ALLOCATES;
}

/// No line and no file is read beyond this.
const READ_BYTES_MAX: u64 = 1 << 32;

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

/// The content of a file, read only where the heap has room for it.
fn content_of(cx: &mut Cx, path: &str) -> Result<Vec<u8>, Exit> {
    let size = std::fs::metadata(path).map_or(0, |about| about.len());
    if size > READ_BYTES_MAX {
        return Err(crate::prelude::TOO_LARGE);
    }
    cx.heap.check_room(size as usize)?;
    std::fs::read(path).map_err(|error| failed(cx, "read", path, &error))
}

fn read_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let content = content_of(cx, path)?;
    cx.charge_ticks(content.len() as u64 / 256);
    match String::from_utf8(content) {
        Ok(text) => owned(cx, text),
        Err(_) => Err(cx.io_error(&format!("{} is not UTF-8", crate::convert::quoted(path)))),
    }
}

fn read_bytes(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let content = content_of(cx, path)?;
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
    may_write(cx, path)?;
    let content = bytes_of(cx, &args[1])?;
    std::fs::write(path, content).map_err(|error| failed(cx, "write", path, &error))?;
    Ok(Value::NIL)
}

fn append_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_write(cx, path)?;
    let content = bytes_of(cx, &args[1])?;
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    opened
        .and_then(|mut file| std::io::Write::write_all(&mut file, content))
        .map_err(|error| failed(cx, "append to", path, &error))?;
    Ok(Value::NIL)
}

fn exists(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    Ok(Value::bool(std::path::Path::new(path).exists()))
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
