//! What the VM asks for while it links: modules by path, and units of the library.
//!
//! A program that was compiled here finds its modules among those compiled before. One that was read from a file names
//! modules by the paths they had where it was compiled; when nothing is there, they are looked for beside the file.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
        let path = format!("<library>/{}.dn", source.name);
        let unit = modules.compile(&path, source.text.clone(), Mode::Library);
        debug_assert!(unit.is_some(), "{}", modules.take_reports());
        unit
    }
}

impl Loader for SharedModules {
    fn library_class(&self, class: &str) -> Option<Unit> {
        self.library(stdlib::class_source(class)?)
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
