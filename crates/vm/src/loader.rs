//! Where code comes from. The VM does not know the compiler, so whoever wires both gives it a loader.

use bytecode::Unit;

use crate::exit::Limit;
use crate::trace::{ErrorReport, TraceFrame};

/// Finds and compiles code by name.
pub trait Loader: Send + Sync {
    /// The library unit that adds this method to a builtin class (its class is of kind `Extension`). Asked once, at
    /// the first lookup: a program pays for the methods that it calls.
    fn library_method(&self, class: &str, method: &str) -> Option<Unit>;

    /// The names of the methods that `library_method` has for a class, for hints.
    fn library_methods(&self, _class: &str) -> Vec<String> {
        Vec::new()
    }

    /// The library unit that exports this prelude function or slow path. Asked once.
    fn library_name(&self, name: &str) -> Option<Unit>;

    /// The module that `path`, as written in `from`, means.
    fn module(&self, path: &str, from: &str) -> Result<Unit, LoadError>;

    /// Line and column, counted from 1, of a byte offset in the source that was read from `path`. Only those who
    /// keep sources know; traces without it have no lines.
    fn position(&self, _path: &str, _offset: u32) -> Option<(u32, u32)> {
        None
    }
}

/// Why a module was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// There is no such module; the text says where was looked.
    NotFound(String),
    /// It does not compile; the rendered diagnostics.
    Compile(String),
    /// It could not be read.
    Io(String),
}

/// Why a unit could not be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    Load {
        path: String,
        error: LoadError,
    },
    /// The validator refuses it.
    Invalid(String),
    /// Modules that import each other, in order, the first one repeated at the end.
    Cycle(Vec<String>),
    /// A name that the other module does not export.
    NoExport {
        module: String,
        name: String,
    },
    /// A builtin that does not exist.
    NoBuiltin(String),
    /// A class that is no class, or cannot be used so.
    BadClass(String),
    /// The top level of an imported module threw an error.
    Raised {
        module: String,
        report: Box<ErrorReport>,
    },
    /// The top level of an imported module passed a limit.
    Limit {
        limit: Limit,
        trace: Vec<TraceFrame>,
    },
    /// The top level of an imported module ended in another way than by an error.
    Ended {
        module: String,
        reason: String,
    },
    /// Too much of something: functions, classes, symbols, memory.
    TooMany(&'static str),
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LinkError::Load { path, error: LoadError::NotFound(tried) } => {
                write!(f, "there is no module `{path}` ({tried})")
            }
            LinkError::Load { error: LoadError::Compile(report), .. } => write!(f, "{report}"),
            LinkError::Load { path, error: LoadError::Io(reason) } => {
                write!(f, "module `{path}` cannot be read: {reason}")
            }
            LinkError::Invalid(reason) => write!(f, "{reason}"),
            LinkError::Cycle(path) => write!(f, "modules import each other: {}", path.join(" -> ")),
            LinkError::NoExport { module, name } => write!(f, "module `{module}` exports no `{name}`"),
            LinkError::NoBuiltin(name) => write!(f, "there is no builtin `{name}`"),
            LinkError::BadClass(text) => write!(f, "{text}"),
            LinkError::Raised { module, report } => write!(f, "module `{module}` failed to load: {report}"),
            LinkError::Limit { limit, .. } => {
                write!(f, "a module passed the {} limit while it was loaded", limit.name())
            }
            LinkError::Ended { module, reason } => write!(f, "module `{module}` failed to load: {reason}"),
            LinkError::TooMany(what) => write!(f, "the program has too many {what}"),
        }
    }
}

impl std::error::Error for LinkError {}
