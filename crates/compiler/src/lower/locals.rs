//! The names that a function being lowered can see, innermost last, found by their text.
//!
//! Invariant: `places` holds, for each name, the indexes of its rows in ascending order, and nothing else.

use std::collections::HashMap;

use base::Name;
use syntax::ast::Mark;

use super::scope::Local;

#[derive(Default)]
pub struct Locals {
    rows: Vec<Local>,
    places: HashMap<Name, Vec<u32>>,
}

impl Locals {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn push(&mut self, local: Local) {
        self.places.entry(local.name.clone()).or_default().push(self.rows.len() as u32);
        self.rows.push(local);
    }

    pub fn extend(&mut self, locals: impl IntoIterator<Item = Local>) {
        locals.into_iter().for_each(|local| self.push(local));
    }

    /// Takes the rows from `start` on away.
    pub fn split_off(&mut self, start: usize) -> Vec<Local> {
        let taken = self.rows.split_off(start.min(self.rows.len()));
        for local in taken.iter().rev() {
            if let Some(places) = self.places.get_mut(&local.name) {
                places.pop();
                if places.is_empty() {
                    self.places.remove(&local.name);
                }
            }
        }
        taken
    }

    /// The innermost row with this name that also meets the condition.
    pub fn find(&self, name: &Name, wanted: impl Fn(&Local) -> bool) -> Option<usize> {
        let places = self.places.get(name)?;
        places.iter().rev().map(|&place| place as usize).find(|&place| wanted(&self.rows[place]))
    }

    pub fn find_marked(&self, name: &Name, mark: Mark) -> Option<usize> {
        self.find(name, |local| local.mark == mark)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Local> {
        self.rows.iter()
    }

    pub fn last_mut(&mut self) -> Option<&mut Local> {
        self.rows.last_mut()
    }
}

impl std::ops::Index<usize> for Locals {
    type Output = Local;

    fn index(&self, index: usize) -> &Local {
        &self.rows[index]
    }
}

impl std::ops::IndexMut<usize> for Locals {
    fn index_mut(&mut self, index: usize) -> &mut Local {
        &mut self.rows[index]
    }
}
