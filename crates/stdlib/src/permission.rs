//! Whether the running process may do what a builtin is about to do, and doing it where that may block.
//!
//! Paths are looked up on the thread that then uses them: what was permitted is what is used, links resolved.

use std::io;
use std::path::PathBuf;

use runtime::whole_path;
use vm::{Access, Cx, Exit};

use crate::convert::quoted;

fn refused(cx: &mut Cx, what: &str, name: &str, kind: &str) -> Exit {
    let hint = format!("it needs the permission `{kind}`");
    cx.permission_error(&format!("{what} {} is not permitted; {hint}", quoted(name)))
}

/// What a builtin does with a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    Write,
    /// Writes the entry itself: a link is not followed.
    WriteEntry,
}

/// A path that somebody wants to use.
pub(crate) struct Wanted {
    path: String,
    access: Access,
    with: Use,
}

/// Why nothing came of it.
pub(crate) enum Problem {
    Refused(String, Use),
    System(io::Error),
    /// It holds so many bytes, for which there is no room.
    Large(usize),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem::System(error)
    }
}

impl Wanted {
    pub(crate) fn new(cx: &Cx, path: &str, with: Use) -> Wanted {
        let permissions = cx.permissions();
        let access = if with == Use::Read { &permissions.read } else { &permissions.write };
        Wanted { path: path.to_string(), access: access.clone(), with }
    }

    /// The path to use, if that is permitted.
    pub(crate) fn place(&self) -> Result<PathBuf, Problem> {
        let path = PathBuf::from(&self.path);
        if self.access == Access::All {
            return Ok(path);
        }
        let kind = if self.with == Use::Read { "read" } else { "write" };
        let whole = match (self.with, path.parent(), path.file_name()) {
            (Use::WriteEntry, Some(folder), Some(name)) => {
                let folder = if folder.as_os_str().is_empty() { ".".as_ref() } else { folder };
                whole_path(folder).map(|folder| folder.join(name))
            }
            _ => whole_path(&path),
        };
        let allowed = whole.filter(|whole| self.access.allows(&whole.to_string_lossy(), kind));
        allowed.ok_or_else(|| Problem::Refused(self.path.clone(), self.with))
    }
}

/// Asks the system something that may take long: only the running process waits.
pub(crate) fn ask<T: Send + 'static>(
    cx: &mut Cx,
    what: &str,
    path: &str,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Exit> {
    match runtime::blocking(cx, work)? {
        Ok(made) => Ok(made),
        Err(Problem::System(error)) => Err(crate::io::failed(cx, what, path, &error)),
        Err(Problem::Refused(path, Use::Read)) => Err(refused(cx, "reading", &path, "read")),
        Err(Problem::Refused(path, Use::Write | Use::WriteEntry)) => {
            Err(refused(cx, "writing", &path, "write"))
        }
        Err(Problem::Large(bytes)) => match cx.heap.check_room(bytes) {
            Ok(()) => Err(Exit::More),
            Err(need) => Err(need.into()),
        },
    }
}

pub fn may_know(cx: &mut Cx, variable: &str) -> Result<(), Exit> {
    if cx.permissions().env.allows(variable, "env") {
        return Ok(());
    }
    Err(refused(cx, "the variable", variable, "env"))
}
