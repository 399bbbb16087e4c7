//! Files and folders as a whole: what there is, making, moving, removing.

use std::fs;

use heap::Value;
use vm::{Cx, Exit};

use crate::io::failed;
use crate::permission::{Problem, Use, Wanted, ask, may_know};
use crate::rows::rows;

rows! {
    /// The names of what a folder holds, sorted; an IOError where it cannot be read.
    ///
    ///     import io
    ///     print(try io.list_folder("/no/such/folder") else "none") // expect: none
    "io.list_folder" "(path: String)" list_folder, ALLOCATES;
    /// Makes a folder, and those above it that are missing; nothing happens where it is there.
    ///
    ///     import io
    ///     print(try io.create_folder("/proc/no/such") else "failed") // expect: failed
    "io.create_folder" "(path: String)" create_folder, ALLOCATES;
    /// Removes a file or an empty folder; with `recursive: true` a folder with all it holds.
    ///
    ///     import io
    ///     print(try io.remove("/no/such/file") else "failed") // expect: failed
    "io.remove" "(path: String, recursive: Bool = false)" remove, ALLOCATES;
    /// Gives a file or folder another path, in place of what is there.
    ///
    ///     import io
    ///     print(try io.rename("/no/such/file", "/no/such/other") else "failed") // expect: failed
    "io.rename" "(from: String, to: String)" rename, ALLOCATES;
    /// Copies a file, in place of what is there.
    ///
    ///     import io
    ///     print(try io.copy("/no/such/file", "/no/such/other") else "failed") // expect: failed
    "io.copy" "(from: String, to: String)" copy, ALLOCATES;
    /// Whether there is a file of this path.
    ///
    ///     import io
    ///     print(io.file?("/"), io.file?("/no/such/file")) // expect: false false
    "io.file?" "(path: String)" is_file, ALLOCATES;
    /// Whether there is a folder of this path.
    ///
    ///     import io
    ///     print(io.folder?("/"), io.folder?("/no/such")) // expect: true false
    "io.folder?" "(path: String)" is_folder, ALLOCATES;
    /// How many bytes a file holds.
    ///
    ///     import io
    ///     print(try io.size("/no/such/file") else "none") // expect: none
    "io.size" "(path: String)" size, ALLOCATES;
    /// When a file was last written, in milliseconds since 1970.
    ///
    ///     import io
    ///     print(io.modified_ms("/") > 0) // expect: true
    "io.modified_ms" "(path: String)" modified_ms, ALLOCATES;
    /// The whole path of a file or folder that is there, links and `..` resolved.
    ///
    ///     import io
    ///     print(io.real_path("/")) // expect: /
    "io.real_path" "(path: String)" real_path, ALLOCATES;
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

/// What a name of a folder costs beside its text.
const ENTRY_BYTES: usize = 64;

fn list_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let names = match cx.take_kept::<Vec<String>>() {
        Some(names) => names,
        None => {
            let path = cx.str_of(&args[0], "the path")?;
            let (wanted, room) = (Wanted::new(cx, path, Use::Read), crate::io::room(cx));
            ask(cx, "list", path, move || names_of(&wanted, room))?
        }
    };
    let bytes = names.iter().map(|name| ENTRY_BYTES + name.len()).sum();
    if let Err(need) = cx.heap.check_room(bytes) {
        cx.keep(names);
        return Err(need.into());
    }
    cx.charge_ticks(names.len() as u64);
    let mut values = Vec::with_capacity(names.len());
    for name in &names {
        values.push(cx.string(name)?);
    }
    cx.list(&values)
}

fn names_of(wanted: &Wanted, room: usize) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    let mut bytes = 0;
    for entry in fs::read_dir(wanted.place()?)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        bytes += ENTRY_BYTES + name.len();
        if bytes > room {
            return Err(Problem::Large(bytes));
        }
        names.push(name);
    }
    names.sort_unstable();
    Ok(names)
}

fn create_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let wanted = Wanted::new(cx, path, Use::Write);
    ask(cx, "create", path, move || Ok(fs::create_dir_all(wanted.place()?)?))?;
    Ok(Value::NIL)
}

fn remove(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let is_recursive = Cx::optional(args[1]).map_or(Ok(false), |flag| cx.bool_of(flag, "recursive"))?;
    let wanted = Wanted::new(cx, path, Use::WriteEntry);
    ask(cx, "remove", path, move || {
        let place = wanted.place()?;
        let removed = match (fs::symlink_metadata(&place)?.is_dir(), is_recursive) {
            (true, true) => fs::remove_dir_all(place),
            (true, false) => fs::remove_dir(place),
            (false, _) => fs::remove_file(place),
        };
        Ok(removed?)
    })?;
    Ok(Value::NIL)
}

fn rename(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let from = cx.str_of(&args[0], "the path")?;
    let to = cx.str_of(&args[1], "the new path")?;
    let (old, new) = (Wanted::new(cx, from, Use::WriteEntry), Wanted::new(cx, to, Use::WriteEntry));
    ask(cx, "rename", from, move || Ok(fs::rename(old.place()?, new.place()?)?))?;
    Ok(Value::NIL)
}

fn copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let from = cx.str_of(&args[0], "the path")?;
    let to = cx.str_of(&args[1], "the new path")?;
    let (source, target) = (Wanted::new(cx, from, Use::Read), Wanted::new(cx, to, Use::Write));
    ask(cx, "copy", from, move || Ok(fs::copy(source.place()?, target.place()?)?))?;
    Ok(Value::NIL)
}

fn is_file(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let wanted = Wanted::new(cx, path, Use::Read);
    ask(cx, "look at", path, move || Ok(wanted.place()?.is_file())).map(Value::bool)
}

fn is_folder(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let wanted = Wanted::new(cx, path, Use::Read);
    ask(cx, "look at", path, move || Ok(wanted.place()?.is_dir())).map(Value::bool)
}

fn about(cx: &mut Cx, value: &Value) -> Result<fs::Metadata, Exit> {
    let path = cx.str_of(value, "the path")?;
    let wanted = Wanted::new(cx, path, Use::Read);
    ask(cx, "look at", path, move || Ok(fs::metadata(wanted.place()?)?))
}

fn size(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = about(cx, &args[0])?.len();
    cx.int(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn modified_ms(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let modified = about(cx, &args[0])?.modified();
    let modified = modified.map_err(|error| cx.io_error(&error.to_string()))?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    cx.int(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn real_path(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = cx.str_of(&args[0], "the path")?;
    let wanted = Wanted::new(cx, path, Use::Read);
    let real = ask(cx, "find", path, move || Ok(fs::canonicalize(wanted.place()?)?))?;
    cx.string(&real.to_string_lossy())
}

fn current_folder(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let wanted = Wanted::new(cx, ".", Use::Read);
    ask(cx, "find", ".", move || wanted.place())?;
    let folder = std::env::current_dir().map_err(|error| failed(cx, "find", ".", &error))?;
    cx.string(&folder.to_string_lossy())
}

fn temporary_folder(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    may_know(cx, "TMPDIR")?;
    cx.string(&std::env::temp_dir().to_string_lossy())
}
