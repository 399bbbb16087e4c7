//! Interned names. Ids are dense, names never go away, readers take no lock.

use std::sync::Mutex;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::append_table::AppendTable;

/// More symbols than any honest program has.
pub const SYMBOLS_MAX: u32 = 1 << 20;

pub struct SymbolTable {
    names: AppendTable<Box<str>>,
    ids: Mutex<HashTable<u32>>,
}

/// The table is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySymbols;

fn hash(name: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl SymbolTable {
    pub(crate) fn new() -> SymbolTable {
        SymbolTable { names: AppendTable::new(), ids: Mutex::new(HashTable::new()) }
    }

    fn ids(&self) -> std::sync::MutexGuard<'_, HashTable<u32>> {
        self.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The id of a name, made when it is new. Only for names from loaded code.
    pub fn intern(&self, name: &str) -> Result<u32, TooManySymbols> {
        let mut ids = self.ids();
        if let Some(&id) =
            ids.find(hash(name), |&id| self.names.get(id as usize).is_some_and(|n| **n == *name))
        {
            return Ok(id);
        }
        let id = ids.len() as u32;
        if id >= SYMBOLS_MAX {
            return Err(TooManySymbols);
        }
        self.names.set(id as usize, name.into());
        ids.insert_unique(hash(name), id, |&other| hash(self.names.get(other as usize).map_or("", |n| n)));
        Ok(id)
    }

    /// The id of a name that exists. For names from data.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.ids().find(hash(name), |&id| self.names.get(id as usize).is_some_and(|n| **n == *name)).copied()
    }

    /// The name of a symbol; `None` for an id that was never given out.
    #[inline]
    pub fn name(&self, id: u32) -> Option<&str> {
        self.names.get(id as usize).map(|name| &**name)
    }

    pub fn len(&self) -> usize {
        self.ids().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_symbol() {
        let table = SymbolTable::new();
        let ok = table.intern("ok").unwrap();
        let error = table.intern("error").unwrap();
        assert_ne!(ok, error);
        assert_eq!(table.intern("ok"), Ok(ok));
        assert_eq!(table.find("ok"), Some(ok));
        assert_eq!(table.find("absent"), None);
        assert_eq!(table.name(error), Some("error"));
        assert_eq!(table.name(99), None);
        assert_eq!(table.len(), 2);
    }
}
