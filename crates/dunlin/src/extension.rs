//! Native extensions: functions from a shared library that `import native "./geometry.so"` names.
//!
//! As the module `host`, an extension becomes Dunlin source: each function a call of `__extension` with its number among
//! all functions that the engine has loaded. What reads the library is given by whoever makes the engine, since it cannot
//! be checked: this crate has no unsafe code. A library is loaded when the import is compiled, and never unloaded.

use std::path::Path;
use std::sync::Arc;

use compiler::ImportError;
use stdlib::ExtensionFunctions;
use vm::Permissions;

use crate::host::{Call, declared, lent};
use crate::modules::{Compiled, Modules};
use crate::place;

/// What a library registered: heads as Dunlin writes them, `add(a, b = 1)`, and functions.
#[derive(Default)]
pub struct Extension {
    pub functions: Vec<(String, Call)>,
}

/// Loads shared libraries.
pub trait ExtensionLoader: Send + Sync + std::fmt::Debug {
    /// The extension in the file at this path; the error says for people why there is none.
    fn load(&self, path: &str) -> Result<Extension, String>;
}

/// What an engine knows of extensions.
#[derive(Clone, Default)]
pub(crate) struct Extensions {
    pub loader: Option<Arc<dyn ExtensionLoader>>,
    pub permissions: Permissions,
    /// The functions of all libraries so far; VMs of the engine share them.
    pub functions: ExtensionFunctions,
}

impl Extensions {
    /// The module that an extension is, as source.
    fn load(&self, path: &str) -> Result<String, String> {
        let whole =
            std::fs::canonicalize(path).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
        let whole = whole.to_string_lossy();
        if !self.permissions.ffi.allows(&whole, "ffi") {
            return Err(format!(
                "loading `{path}` is not permitted; it needs the permission `ffi` (--allow-ffi={path})"
            ));
        }
        let loader = self.loader.as_ref().ok_or("this program loads no extensions")?;
        let mut source = String::new();
        for (head, call) in loader.load(&whole)?.functions {
            let number = self.functions.add(lent(call));
            let line = declared(&head, &format!("__extension({number}, "));
            source.push_str(&line.ok_or_else(|| format!("`{path}` registers `{head}`, which is no head"))?);
        }
        Ok(source)
    }
}

impl Modules {
    /// The module of a shared library, `path` as written in the file `from`.
    pub(crate) fn import_native(&mut self, path: &str, from: &str) -> Result<Arc<Compiled>, ImportError> {
        let file = place::resolve_as_is(path, from);
        let key = format!("{}{file}", compiler::NATIVE_PREFIX);
        if let Some(compiled) = self.known(&key) {
            return Ok(compiled);
        }
        // A bare name would be looked for in the system's folders.
        let file = if Path::new(&file).components().count() == 1 { format!("./{file}") } else { file };
        let source = self.extensions.load(&file).map_err(ImportError::Refused)?;
        self.import_text(key, source)
    }
}
