//! Files and folders as a whole: what there is, making, moving, removing.

use std::fs;
use std::path::Path;

use heap::Value;
use vm::{Cx, Exit};

use crate::io::failed;
use crate::permission::{may_read, may_write};
use crate::rows::rows;

rows! {
    /// The names of what a folder holds, sorted; an IOError where it cannot be read.
    ///
    ///     import io
    ///     print(try io.list_folder("/no/such/folder") else "none") // expect: none
    "io.list_folder" "(path)" list_folder, ALLOCATES;
    /// Makes a folder, and those above it that are missing; nothing happens where it is there.
    ///
    ///     import io
    ///     print(try io.create_folder("/proc/no/such") else "failed") // expect: failed
    "io.create_folder" "(path)" create_folder;
    /// Removes a file or an empty folder; with `recursive: true` a folder with all it holds.
    ///
    ///     import io
    ///     print(try io.remove("/no/such/file") else "failed") // expect: failed
    "io.remove" "(path, recursive = false)" remove;
    /// Gives a file or folder another path, in place of what is there.
    ///
    ///     import io
    ///     print(try io.rename("/no/such/file", "/no/such/other") else "failed") // expect: failed
    "io.rename" "(from, to)" rename;
    /// Copies a file, in place of what is there.
    ///
    ///     import io
    ///     print(try io.copy("/no/such/file", "/no/such/other") else "failed") // expect: failed
    "io.copy" "(from, to)" copy;
    /// Whether there is a file of this path.
    ///
    ///     import io
    ///     print(io.file?("/"), io.file?("/no/such/file")) // expect: false false
    "io.file?" "(path)" is_file;
    /// Whether there is a folder of this path.
    ///
    ///     import io
    ///     print(io.folder?("/"), io.folder?("/no/such")) // expect: true false
    "io.folder?" "(path)" is_folder;
    /// How many bytes a file holds.
    ///
    ///     import io
    ///     print(try io.size("/no/such/file") else "none") // expect: none
    "io.size" "(path)" size, ALLOCATES;
    /// When a file was last written, in milliseconds since 1970.
    ///
    ///     import io
    ///     print(io.modified_ms("/") > 0) // expect: true
    "io.modified_ms" "(path)" modified_ms, ALLOCATES;
    /// The whole path of a file or folder that is there, links and `..` resolved.
    ///
    ///     import io
    ///     print(io.real_path("/")) // expect: /
    "io.real_path" "(path)" real_path, ALLOCATES;
    /// The folder that relative paths start from.
    ///
    ///     import io
    ///     print(io.folder?(io.current_folder())) // expect: true
    "io.current_folder" "()" current_folder, ALLOCATES;
    /// The folder for files that nobody needs tomorrow.
    ///
    ///     import io
    ///     print(io.folder?(io.temporary_folder())) // expect: true
    "io.temporary_folder" "()" temporary_folder, ALLOCATES;
}

/// More entries than a folder that a person looks at has.
const ENTRIES_MAX: usize = 1 << 24;

fn list_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let entries = fs::read_dir(path).map_err(|error| failed(cx, "list", path, &error))?;
    let mut names = Vec::new();
    for entry in entries.take(ENTRIES_MAX) {
        let entry = entry.map_err(|error| failed(cx, "list", path, &error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
        cx.charge_ticks(1);
    }
    names.sort_unstable();
    let mut values = Vec::with_capacity(names.len());
    for name in &names {
        values.push(cx.string(name)?);
    }
    cx.list(&values)
}

fn create_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_write(cx, path)?;
    fs::create_dir_all(path).map_err(|error| failed(cx, "create", path, &error))?;
    Ok(Value::NIL)
}

fn remove(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_write(cx, path)?;
    let is_recursive = Cx::optional(args[1]).map_or(Ok(false), |flag| cx.bool_of(flag, "recursive"))?;
    let about = fs::symlink_metadata(path).map_err(|error| failed(cx, "remove", path, &error))?;
    let removed = match (about.is_dir(), is_recursive) {
        (true, true) => fs::remove_dir_all(path),
        (true, false) => fs::remove_dir(path),
        (false, _) => fs::remove_file(path),
    };
    removed.map_err(|error| failed(cx, "remove", path, &error))?;
    Ok(Value::NIL)
}

fn rename(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let from = cx.str_of(&args[0], "the path")?;
    let to = cx.str_of(&args[1], "the new path")?;
    may_write(cx, from)?;
    may_write(cx, to)?;
    fs::rename(from, to).map_err(|error| failed(cx, "rename", from, &error))?;
    Ok(Value::NIL)
}

fn copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let from = cx.str_of(&args[0], "the path")?;
    let to = cx.str_of(&args[1], "the new path")?;
    may_read(cx, from)?;
    may_write(cx, to)?;
    fs::copy(from, to).map_err(|error| failed(cx, "copy", from, &error))?;
    Ok(Value::NIL)
}

fn is_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    Ok(Value::bool(Path::new(path).is_file()))
}

fn is_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    Ok(Value::bool(Path::new(path).is_dir()))
}

fn about(cx: &mut Cx, path: &str) -> Result<fs::Metadata, Exit> {
    fs::metadata(path).map_err(|error| failed(cx, "look at", path, &error))
}

fn size(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let bytes = about(cx, path)?.len();
    cx.int(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn modified_ms(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let modified = about(cx, path)?.modified().map_err(|error| failed(cx, "look at", path, &error))?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    cx.int(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn real_path(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    may_read(cx, path)?;
    let real = fs::canonicalize(path).map_err(|error| failed(cx, "find", path, &error))?;
    cx.string(&real.to_string_lossy())
}

fn current_folder(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let folder = std::env::current_dir().map_err(|error| failed(cx, "find", ".", &error))?;
    cx.string(&folder.to_string_lossy())
}

fn temporary_folder(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    cx.string(&std::env::temp_dir().to_string_lossy())
}
