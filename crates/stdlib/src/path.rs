//! The module `path`: paths as texts, without looking at the disk.

use std::path::{Component, Path, PathBuf};

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// Parts put together to one path; a part that starts with `/` starts anew.
    ///
    ///     import path
    ///     print(path.join("notes", "2024", "a.txt"), path.join("a", "/b")) // expect: notes/2024/a.txt /b
    "path.join" "(first: String, ...others)" join, ALLOCATES;
    /// The last part of a path, or nil where there is none.
    ///
    ///     import path
    ///     print(path.name("notes/a.txt"), path.name("/")) // expect: a.txt nil
    "path.name" "(path: String)" name, ALLOCATES;
    /// The last part without its extension, or nil.
    ///
    ///     import path
    ///     print(path.stem("notes/a.tar.gz"), path.stem(".profile")) // expect: a.tar .profile
    "path.stem" "(path: String)" stem, ALLOCATES;
    /// What follows the last point of the last part, or nil.
    ///
    ///     import path
    ///     print(path.extension("a.txt"), path.extension("a")) // expect: txt nil
    "path.extension" "(path: String)" extension, ALLOCATES;
    /// The path without its last part, or nil where nothing is left.
    ///
    ///     import path
    ///     print(path.parent("notes/a.txt"), path.parent("/")) // expect: notes nil
    "path.parent" "(path: String)" parent, ALLOCATES;
    /// The parts of a path.
    ///
    ///     import path
    ///     print(path.parts("/a/b.txt")) // expect: ["/", "a", "b.txt"]
    "path.parts" "(path: String)" parts, ALLOCATES;
    /// The path without `.`, without `..` where a part before it can go, and without doubled slashes.
    ///
    ///     import path
    ///     print(path.clean("a/./b/../c//d"), path.clean("../x")) // expect: a/c/d ../x
    "path.clean" "(path: String)" clean, ALLOCATES;
    /// Whether a path starts at the root.
    ///
    ///     import path
    ///     print(path.absolute?("/a"), path.absolute?("a")) // expect: true false
    "path.absolute?" "(path: String)" is_absolute;
    /// The path with another extension.
    ///
    ///     import path
    ///     print(path.with_extension("a.txt", "md")) // expect: a.md
    "path.with_extension" "(path: String, extension: String)" with_extension, ALLOCATES;
}

fn some_text(cx: &mut Cx, text: Option<&std::ffi::OsStr>) -> Result<Value, Exit> {
    text.map_or(Ok(Value::NIL), |text| cx.string(&text.to_string_lossy()))
}

fn join(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut path = PathBuf::from(cx.str_of(&args[0], "the first part")?);
    for part in &args[1..] {
        path.push(cx.str_of(part, "a part")?);
        cx.charge_ticks(1);
    }
    cx.string(&path.to_string_lossy())
}

fn name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    some_text(cx, path.file_name())
}

fn stem(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    some_text(cx, path.file_stem())
}

fn extension(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    some_text(cx, path.extension())
}

fn parent(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    some_text(cx, path.parent().filter(|parent| *parent != Path::new("")).map(Path::as_os_str))
}

fn parts(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    let mut values = Vec::new();
    for part in path.components() {
        values.push(cx.string(&part.as_os_str().to_string_lossy())?);
        cx.charge_ticks(1);
    }
    cx.list(&values)
}

fn clean(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    let mut clean = PathBuf::new();
    for part in path.components() {
        let can_go_up = matches!(clean.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if can_go_up => _ = clean.pop(),
            Component::ParentDir if clean.has_root() => {}
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                clean.push(part);
            }
        }
    }
    let text = clean.to_string_lossy();
    cx.string(if text.is_empty() { "." } else { &text })
}

fn is_absolute(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(Path::new(cx.str_of(&args[0], "the path")?).is_absolute()))
}

fn with_extension(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let path = Path::new(cx.str_of(&args[0], "the path")?);
    let extension = cx.str_of(&args[1], "the extension")?;
    if extension.contains('/') {
        return Err(cx.value_error("an extension has no `/`"));
    }
    cx.string(&path.with_extension(extension).to_string_lossy())
}
