//! What the VM asks for while it links: modules by path, and units of the library.
//!
//! A program that was compiled here finds its modules among those compiled before. One that was read from a file names
//! modules by the paths they had where it was compiled; when nothing is there, they are looked for beside the file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytecode::Unit;
use compiler::{ImportError, Mode};
use vm::{LoadError, Loader};

use crate::modules::Modules;
use crate::place;

/// The modules of an engine, shared by the engine and the VM that asks for them.
#[derive(Clone)]
pub struct SharedModules(Arc<Mutex<Modules>>);

impl SharedModules {
    pub fn new(modules: Modules) -> SharedModules {
        SharedModules(Arc::new(Mutex::new(modules)))
    }

    /// A panic while the lock was held leaves at most a module uncompiled, so the lock is taken over.
    pub fn lock(&self) -> MutexGuard<'_, Modules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn library(&self, source: &stdlib::Source) -> Option<Unit> {
        let mut modules = self.lock();
        let path = library_path(&source.name);
        if !modules.is_plain() {
            return modules.compile(&path, source.text.clone(), Mode::Library);
        }
        let mut compiled = compiled_library();
        if let Some(unit) = compiled.get(&path) {
            return Some(unit.clone());
        }
        let unit = modules.compile(&path, source.text.clone(), Mode::Library);
        debug_assert!(unit.is_some(), "{}", modules.take_reports());
        compiled.insert(path, unit.clone()?);
        unit
    }
}

/// Units of the library that some engine has compiled in the usual way, by path: every VM of the program that needs
/// one again gets a copy.
fn compiled_library() -> MutexGuard<'static, HashMap<String, Unit>> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Unit>>> = LazyLock::new(Mutex::default);
    COMPILED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn library_path(name: &str) -> String {
    format!("<library>/{name}.dn")
}

/// The text of a unit of the library by its path.
pub fn library_text(path: &str) -> Option<String> {
    let name = path.strip_prefix("<library>/")?.strip_suffix(".dn")?;
    match name.split_once('.') {
        Some((class, method)) => stdlib::method_source(class, method).map(|source| source.text),
        None => stdlib::sources().into_iter().find(|source| source.name == name).map(|source| source.text),
    }
}

impl Loader for SharedModules {
    fn library_method(&self, class: &str, method: &str) -> Option<Unit> {
        self.library(&stdlib::method_source(class, method)?)
    }

    fn library_methods(&self, class: &str) -> Vec<String> {
        stdlib::method_names(class)
    }

    fn library_name(&self, name: &str) -> Option<Unit> {
        self.library(stdlib::function_source(name)?)
    }

    fn module(&self, path: &str, from: &str) -> Result<Unit, LoadError> {
        let mut modules = self.lock();
        let candidates = [path.to_string(), beside(path, from)];
        for candidate in candidates {
            match modules.import(&candidate, "") {
                Ok(compiled) => return Ok(compiled.unit.clone()),
                Err(ImportError::NotFound) => {}
                Err(ImportError::Cycle(cycle)) => {
                    return Err(LoadError::Compile(format!(
                        "modules import each other: {}",
                        cycle.join(" -> ")
                    )));
                }
                Err(ImportError::Refused(why)) => return Err(LoadError::Io(why)),
                Err(ImportError::Broken) => return Err(LoadError::Compile(modules.take_reports())),
            }
        }
        Err(LoadError::NotFound(format!("{path} was looked for as it is and beside {from}")))
    }

    fn position(&self, path: &str, offset: u32) -> Option<(u32, u32)> {
        let mut modules = self.lock();
        let file = modules.file(path)?;
        let position = modules.sources.position(file, offset);
        Some((position.line, position.column))
    }
}

/// A file of the same name in the folder of the file that imports it.
fn beside(path: &str, from: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default();
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    place::normalise(&folder.join(name))
}
