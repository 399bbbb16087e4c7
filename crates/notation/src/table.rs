//! The front ends of an engine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::{FrontEnd, SupportModule, part};

/// The front ends of an engine, in the order in which they were added. The first that fits is taken.
#[derive(Clone, Default)]
pub struct FrontEnds(Vec<Arc<dyn FrontEnd>>);

impl FrontEnds {
    pub fn new() -> FrontEnds {
        FrontEnds::default()
    }

    pub fn add(&mut self, front_end: Arc<dyn FrontEnd>) {
        self.0.push(front_end);
    }

    /// The front end that a file belongs to by its ending.
    pub fn of_path(&self, path: &str) -> Option<Arc<dyn FrontEnd>> {
        let ending = Path::new(path).extension()?.to_str()?;
        self.0.iter().find(|front_end| front_end.endings().contains(&ending)).cloned()
    }

    pub fn named(&self, name: &str) -> Option<Arc<dyn FrontEnd>> {
        self.0.iter().find(|front_end| front_end.name() == name).cloned()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|front_end| front_end.name()).collect()
    }

    /// The text of the support module that an import writes; `path?a,b` is the part of it that these names need.
    pub fn support(&self, path: &str) -> Option<String> {
        let (path, names) = path.split_once('?').map_or((path, None), |(path, names)| (path, Some(names)));
        let module = self.module(path)?;
        Some(match names {
            Some(names) => part::needed(module.text, &names.split(',').collect()),
            None => module.text.to_string(),
        })
    }

    /// The path of the part of a support module that some names need.
    pub fn part_of_support(&self, path: &str, names: &BTreeSet<String>) -> Option<String> {
        self.module(path)?;
        Some(format!("{path}?{}", names.iter().map(String::as_str).collect::<Vec<_>>().join(",")))
    }

    fn module(&self, path: &str) -> Option<SupportModule> {
        let mut all = self.0.iter().flat_map(|front_end| front_end.support());
        all.find(|module| module.path == path).copied()
    }
}

impl std::fmt::Debug for FrontEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
