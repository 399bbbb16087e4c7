//! The names that are visible at a place of the walk, innermost last.

use std::collections::HashMap;

use base::Name;
use syntax::ast::Mark;

use super::Key;

#[derive(Default)]
pub struct NameStack {
    /// The name of each row, to take it away again.
    order: Vec<Name>,
    rows: HashMap<Name, Vec<(Mark, Key)>>,
}

impl NameStack {
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn push(&mut self, name: &Name, mark: Mark, key: Key) {
        self.order.push(name.clone());
        self.rows.entry(name.clone()).or_default().push((mark, key));
    }

    pub fn truncate(&mut self, length: usize) {
        while self.order.len() > length {
            let Some(name) = self.order.pop() else { return };
            if let Some(rows) = self.rows.get_mut(&name) {
                rows.pop();
                if rows.is_empty() {
                    self.rows.remove(&name);
                }
            }
        }
    }

    pub fn find(&self, name: &Name, mark: Mark) -> Option<Key> {
        let rows = self.rows.get(name)?;
        rows.iter().rev().find(|(known, _)| *known == mark).map(|(_, key)| *key)
    }
}
