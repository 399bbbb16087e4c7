//! Whether the running process may do what a builtin is about to do.

use std::path::{Path, PathBuf};

use vm::{Access, Cx, Exit};

use crate::convert::quoted;

fn refused(cx: &mut Cx, what: &str, name: &str, kind: &str) -> Exit {
    let hint = format!("it needs the permission `{kind}`");
    cx.permission_error(&format!("{what} {} is not permitted; {hint}", quoted(name)))
}

/// The whole path, links resolved as far as it exists. `None` where that cannot be said.
fn whole(path: &str) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut missing = Vec::new();
    let mut known: &Path = &path;
    loop {
        if let Ok(mut real) = known.canonicalize() {
            real.extend(missing.iter().rev());
            return Some(real);
        }
        // A name that is not there, or a link that leads nowhere: the latter must not be followed by what comes.
        if known.is_symlink() {
            return None;
        }
        missing.push(known.file_name()?);
        known = known.parent()?;
    }
}

pub fn may_read(cx: &mut Cx, path: &str) -> Result<(), Exit> {
    may_reach(cx, path, "reading", "read")
}

pub fn may_write(cx: &mut Cx, path: &str) -> Result<(), Exit> {
    may_reach(cx, path, "writing", "write")
}

fn may_reach(cx: &mut Cx, path: &str, what: &str, kind: &str) -> Result<(), Exit> {
    let permissions = cx.permissions();
    let access = if kind == "read" { &permissions.read } else { &permissions.write };
    if *access == Access::All {
        return Ok(());
    }
    let allowed = whole(path).is_some_and(|path| access.allows(&path.to_string_lossy(), kind));
    if allowed { Ok(()) } else { Err(refused(cx, what, path, kind)) }
}

pub fn may_know(cx: &mut Cx, variable: &str) -> Result<(), Exit> {
    if cx.permissions().env.allows(variable, "env") {
        return Ok(());
    }
    Err(refused(cx, "the variable", variable, "env"))
}
