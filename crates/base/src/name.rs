//! Names: identifiers, keys and other short texts that are copied far more often than they are made.
//!
//! Invariant: two names are equal exactly when their texts are, whether or not they share storage.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A shared immutable text. Cloning costs one counter; equality is by text, by pointer first.
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    pub fn new(text: &str) -> Name {
        Name(Arc::from(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shared text itself, for places that keep it on.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Whether the name starts with an upper-case letter, as the names of types do.
    pub fn is_upper(&self) -> bool {
        self.0.chars().next().is_some_and(char::is_uppercase)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

// The hash is the text's own, so that a map keyed by names can be asked with a plain `&str`.
impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::new(text)
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name(Arc::from(text))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes equal names share one storage while one text is read.
#[derive(Default)]
pub struct Interner {
    names: HashSet<Name>,
}

impl Interner {
    pub fn new() -> Interner {
        Interner::default()
    }

    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::new(text);
        self.names.insert(name.clone());
        name
    }

    /// Whether a text was interned before.
    pub fn contains(&self, text: &str) -> bool {
        self.names.contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interned_names_share_and_equal_names_need_not() {
        let mut interner = Interner::new();
        let first = interner.intern("total");
        let second = interner.intern("total");
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_eq!(first, Name::new("total"));
        assert_ne!(first, interner.intern("totals"));
    }

    #[test]
    fn upper_case_is_about_the_first_letter() {
        assert!(Name::new("Äpfel").is_upper());
        assert!(!Name::new("_Private").is_upper());
        assert!(!Name::new("").is_upper());
    }
}
