//! Class descriptors: what equality, hashing, printing, copying and `is` must know of a class. Classes are closed
//! at their definition, so a descriptor never changes; only the VM's slot for its method table is filled later.

use std::any::Any;
use std::sync::{Mutex, OnceLock};

use crate::append_table::AppendTable;
use crate::class::{BUILTIN_CLASSES, ClassId, FIRST_USER_CLASS};

/// Operations that a class, or one above it, defines itself.
pub mod overrides {
    pub const EQUAL: u16 = 1;
    pub const HASH: u16 = 2;
    pub const LESS: u16 = 4;
    pub const STR: u16 = 8;
    pub const REPR: u16 = 16;
    pub const ITER: u16 = 32;
    pub const CONTAINS: u16 = 64;
}

/// More classes than any honest program has.
pub const CLASSES_MAX: u32 = 1 << 20;

/// What a class definition says.
#[derive(Clone, Debug, Default)]
pub struct ClassDefinition {
    pub name: String,
    /// `None` only for traits and `Object`.
    pub superclass: Option<u32>,
    /// Traits it implements, those of its superclasses left out.
    pub traits: Vec<u32>,
    /// Names of all fields, inherited ones first.
    pub fields: Vec<String>,
    pub is_record: bool,
    pub is_trait: bool,
    pub is_actor: bool,
    /// Bits of `overrides` of this class itself; inherited bits are added.
    pub overrides: u16,
}

/// A class as all processes see it.
pub struct ClassDescriptor {
    pub id: u32,
    pub definition: ClassDefinition,
    /// Own and inherited override bits.
    pub overrides: u16,
    /// This class, its superclasses and all their traits, sorted.
    ancestors: Box<[u32]>,
    /// Filled by the VM: method table, class value, whatever it needs.
    extension: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl ClassDescriptor {
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    pub fn superclass(&self) -> Option<u32> {
        self.definition.superclass
    }

    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.definition.fields.iter().position(|field| field == name)
    }

    #[inline]
    pub fn overrides(&self, bits: u16) -> bool {
        self.overrides & bits != 0
    }

    /// True for the class itself, what it inherits from and the traits of all of these.
    pub fn is_subclass_of(&self, other: u32) -> bool {
        self.id == other || self.ancestors.binary_search(&other).is_ok()
    }

    /// Sets the VM's part; `false` when it was set before.
    pub fn set_extension(&self, extension: Box<dyn Any + Send + Sync>) -> bool {
        self.extension.set(extension).is_ok()
    }

    pub fn extension<T: 'static>(&self) -> Option<&T> {
        self.extension.get()?.downcast_ref()
    }
}

/// The table is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyClasses;

/// All classes of a VM, by id. Readers take no lock.
pub struct ClassTable {
    classes: AppendTable<ClassDescriptor>,
    next: Mutex<u32>,
}

impl ClassTable {
    pub(crate) fn new() -> ClassTable {
        let table = ClassTable { classes: AppendTable::new(), next: Mutex::new(FIRST_USER_CLASS) };
        // Superclasses first: `Object`, then what stands right below it, then the rest.
        for depth in 0..3 {
            for &(name, id, superclass) in BUILTIN_CLASSES {
                let top = id == ClassId::Object;
                let level = if top { 0 } else { 1 + (superclass != ClassId::Object) as u32 };
                if level == depth {
                    let definition = ClassDefinition {
                        name: name.to_string(),
                        superclass: (!top).then_some(superclass.id()),
                        is_trait: matches!(id, ClassId::Number | ClassId::Iterable | ClassId::Callable),
                        is_record: false,
                        fields: builtin_fields(id, superclass),
                        ..ClassDefinition::default()
                    };
                    table.put(id.id(), definition);
                }
            }
        }
        table
    }

    fn put(&self, id: u32, definition: ClassDefinition) {
        let mut ancestors = vec![id];
        let mut overrides = definition.overrides;
        let above = definition.superclass.into_iter().chain(definition.traits.iter().copied());
        for other in above.filter_map(|other| self.get(other)) {
            ancestors.extend_from_slice(&other.ancestors);
            overrides |= other.overrides;
        }
        ancestors.sort_unstable();
        ancestors.dedup();
        let extension = OnceLock::new();
        let ancestors = ancestors.into_boxed_slice();
        self.classes.set(id as usize, ClassDescriptor { id, definition, overrides, ancestors, extension });
    }

    /// Adds a class. Its superclass and traits must be in the table.
    pub fn define(&self, definition: ClassDefinition) -> Result<u32, TooManyClasses> {
        let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *next >= CLASSES_MAX {
            return Err(TooManyClasses);
        }
        let id = *next;
        *next += 1;
        self.put(id, definition);
        Ok(id)
    }

    #[inline]
    pub fn get(&self, id: u32) -> Option<&ClassDescriptor> {
        self.classes.get(id as usize)
    }

    /// The name of a class, for messages.
    pub fn name(&self, id: u32) -> &str {
        self.get(id).map_or("?", ClassDescriptor::name)
    }
}

/// Errors are instances with these three fields; subclasses add theirs behind them.
fn builtin_fields(id: ClassId, superclass: ClassId) -> Vec<String> {
    if id == ClassId::Error || superclass == ClassId::Error {
        ["message", "cause", "trace"].map(String::from).to_vec()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_and_user_classes_inherit() {
        let table = ClassTable::new();
        let error = ClassId::KeyError.id();
        assert!(table.get(error).unwrap().is_subclass_of(ClassId::Error.id()));
        assert!(table.get(error).unwrap().is_subclass_of(ClassId::Object.id()));
        assert_eq!(table.get(error).unwrap().field_index("cause"), Some(1));
        let user = table
            .define(ClassDefinition {
                name: "Point".into(),
                superclass: Some(ClassId::Object.id()),
                fields: vec!["x".into(), "y".into()],
                overrides: overrides::EQUAL,
                ..ClassDefinition::default()
            })
            .unwrap();
        assert_eq!(user, FIRST_USER_CLASS);
        let sub = table
            .define(ClassDefinition {
                name: "Dot".into(),
                superclass: Some(user),
                traits: vec![ClassId::Iterable.id()],
                ..ClassDefinition::default()
            })
            .unwrap();
        let sub = table.get(sub).unwrap();
        assert!(sub.overrides(overrides::EQUAL) && sub.is_subclass_of(user));
        assert!(sub.is_subclass_of(ClassId::Iterable.id()) && !sub.is_subclass_of(error));
    }
}
