//! The front ends of an engine.

use std::path::Path;
use std::sync::Arc;

use crate::{FrontEnd, SupportModule};

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

    /// The support module that an import writes.
    pub fn support(&self, path: &str) -> Option<SupportModule> {
        let mut all = self.0.iter().flat_map(|front_end| front_end.support());
        all.find(|module| module.path == path).copied()
    }
}

impl std::fmt::Debug for FrontEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
