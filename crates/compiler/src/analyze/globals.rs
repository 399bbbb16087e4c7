//! The names that the top level of a script declares, in order and by their text.

use std::collections::HashMap;

use base::Name;
use syntax::ast::Mark;

use super::Key;

/// A name declared by the statements of a script.
#[derive(Clone, Debug)]
pub struct Global {
    pub name: Name,
    pub mark: Mark,
    pub key: Key,
    pub mutable: bool,
}

#[derive(Debug, Default)]
pub struct Globals {
    rows: Vec<Global>,
    places: HashMap<Name, Vec<u32>>,
}

impl Globals {
    pub fn push(&mut self, global: Global) {
        self.places.entry(global.name.clone()).or_default().push(self.rows.len() as u32);
        self.rows.push(global);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Global> {
        self.rows.iter()
    }

    /// The first declaration of the name with this mark.
    pub fn find(&self, name: &str, mark: Mark) -> Option<&Global> {
        self.named(name).find(|global| global.mark == mark)
    }

    pub fn first(&self, name: &str) -> Option<&Global> {
        self.named(name).next()
    }

    /// How many declarations have the name.
    pub fn count(&self, name: &str) -> usize {
        self.places.get(name).map_or(0, Vec::len)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Global> {
        self.places.get(name).into_iter().flatten().map(|&place| &self.rows[place as usize])
    }
}
