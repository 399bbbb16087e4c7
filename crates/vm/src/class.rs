//! Classes as the VM uses them: method tables, fields, statics, constructors; and the lookup of methods.
//!
//! A class is closed when it is defined, so a method found once is found for ever: that is what lets inline
//! caches hold class ids. Methods that builtin classes have from the library load one by one, each when it is first
//! looked for.

use std::sync::atomic::AtomicU64;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use bytecode::function_flag;
use heap::{ClassId, FIRST_USER_CLASS, Kind, Value};
use rustc_hash::FxHashMap;

use crate::builtins::BuiltinEntry;
use crate::code::Entry;
use crate::state::State;
use crate::vm::{ModuleId, VmInner};

/// A method as it is called: a frozen function or builtin.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub value: Value,
    pub is_static: bool,
    /// The class that defines it.
    pub owner: u32,
}

impl Method {
    pub(crate) fn entry(&self) -> Option<&'static Entry> {
        entry_of(self.value)
    }

    pub(crate) fn builtin(&self) -> Option<&'static BuiltinEntry> {
        builtin_of(self.value)
    }

    /// Reading the field calls it.
    pub fn is_getter(&self) -> bool {
        match (self.entry(), self.builtin()) {
            (Some(entry), _) => entry.code.has(function_flag::GETTER),
            (None, Some(builtin)) => builtin.row.facts & crate::builtin_fact::GETTER != 0,
            (None, None) => false,
        }
    }
}

/// The linked function of a function or closure value.
#[inline]
pub fn entry_of(value: Value) -> Option<&'static Entry> {
    match value.kind()? {
        Kind::Function => Some(Entry::from_word(value.as_function()?.code())),
        Kind::Closure => Some(Entry::from_word(value.as_closure()?.code())),
        _ => None,
    }
}

/// The name of a builtin value.
pub fn builtin_name(value: Value) -> Option<&'static str> {
    builtin_of(value).map(|builtin| builtin.row.name)
}

/// The builtin of a builtin value.
#[inline]
pub(crate) fn builtin_of(value: Value) -> Option<&'static BuiltinEntry> {
    Some(BuiltinEntry::from_word(value.as_builtin()?.code()))
}

/// A field of objects of a class.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub set_once: bool,
}

/// What the VM knows of a class beyond its descriptor.
pub struct ClassInfo {
    pub id: u32,
    pub kind: bytecode::ClassKind,
    pub module: Option<ModuleId>,
    /// The class as a frozen value; for a singleton record, the record is in `singleton`.
    pub value: Value,
    pub singleton: Option<Value>,
    /// All fields, inherited ones first.
    pub fields: Vec<Field>,
    methods: RwLock<FxHashMap<u32, Method>>,
    /// Set once the methods that rows give a builtin class are among them.
    rows_added: OnceLock<()>,
    pub statics: Vec<(String, AtomicU64)>,
    pub(crate) constructor: Option<&'static Entry>,
    /// Symbols of the methods that the library was asked for, of a builtin class; whether it has answered.
    library_asked: RwLock<FxHashMap<u32, bool>>,
}

impl ClassInfo {
    pub(crate) fn new(id: u32, kind: bytecode::ClassKind, value: Value) -> ClassInfo {
        ClassInfo {
            id,
            kind,
            module: None,
            value,
            singleton: None,
            fields: Vec::new(),
            methods: RwLock::default(),
            rows_added: OnceLock::new(),
            statics: Vec::new(),
            constructor: None,
            library_asked: RwLock::default(),
        }
    }

    fn read_methods(&self, vm: &VmInner) -> RwLockReadGuard<'_, FxHashMap<u32, Method>> {
        self.rows_added.get_or_init(|| {
            let rows = vm.row_methods(self);
            self.methods.write().unwrap_or_else(PoisonError::into_inner).extend(rows);
        });
        self.methods.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn own_method(&self, vm: &VmInner, symbol: u32) -> Option<Method> {
        self.read_methods(vm).get(&symbol).copied()
    }

    pub(crate) fn symbols_of_methods(&self, vm: &VmInner) -> Vec<u32> {
        self.read_methods(vm).keys().copied().collect()
    }

    pub(crate) fn add_method(&self, symbol: u32, method: Method) {
        self.methods.write().unwrap_or_else(PoisonError::into_inner).insert(symbol, method);
    }

    pub(crate) fn static_slot(&self, name: &str) -> Option<&AtomicU64> {
        self.statics.iter().find(|(own, _)| own == name).map(|(_, slot)| slot)
    }

    /// What the library was asked about a method: nothing, not answered yet, answered.
    fn library_asked(&self, symbol: u32) -> Option<bool> {
        self.library_asked.read().unwrap_or_else(PoisonError::into_inner).get(&symbol).copied()
    }

    fn set_library_asked(&self, symbol: u32, is_answered: bool) {
        self.library_asked.write().unwrap_or_else(PoisonError::into_inner).insert(symbol, is_answered);
    }
}

/// Builtin classes that can be iterated: they share the methods of `Iterable`.
const ITERABLE: [ClassId; 12] = [
    ClassId::List,
    ClassId::Tuple,
    ClassId::Range,
    ClassId::Map,
    ClassId::Set,
    ClassId::String,
    ClassId::Bytes,
    ClassId::Buffer,
    ClassId::Generator,
    ClassId::Iterator,
    ClassId::FloatArray,
    ClassId::IntArray,
];

/// Whether values of a builtin class have what the trait `Iterable` gives.
pub fn is_iterable(class_id: u32) -> bool {
    ITERABLE.iter().any(|class| class.id() == class_id)
}

impl VmInner {
    /// What the VM knows of a class. Every class has it from its definition on.
    pub(crate) fn class(&self, id: u32) -> Option<&ClassInfo> {
        self.shared.classes.get(id)?.extension::<ClassInfo>()
    }

    /// The method that objects of a class have under this name: own ones, then traits, then the superclass.
    pub(crate) fn find_method(&self, class_id: u32, symbol: u32) -> Option<Method> {
        let mut next = Some(class_id);
        // The chain of superclasses is short and ends, since a superclass is defined before its subclass.
        while let Some(id) = next {
            let descriptor = self.shared.classes.get(id)?;
            if let Some(method) = self.method_of_class(id, symbol) {
                return Some(method);
            }
            for &provider in &descriptor.definition.traits {
                if let Some(method) = self.find_method_of_trait(provider, symbol, 0) {
                    return Some(method);
                }
            }
            if is_iterable(id)
                && let Some(method) = self.method_of_class(ClassId::Iterable.id(), symbol)
            {
                return Some(method);
            }
            next = descriptor.superclass();
        }
        None
    }

    fn find_method_of_trait(&self, id: u32, symbol: u32, depth: usize) -> Option<Method> {
        const DEPTH_MAX: usize = 64;
        if let Some(method) = self.method_of_class(id, symbol) {
            return Some(method);
        }
        if depth == DEPTH_MAX {
            return None;
        }
        let descriptor = self.shared.classes.get(id)?;
        descriptor
            .definition
            .traits
            .iter()
            .find_map(|&above| self.find_method_of_trait(above, symbol, depth + 1))
    }

    /// A method that the class itself defines, asking the library at the first miss of a builtin class.
    pub(crate) fn method_of_class(&self, id: u32, symbol: u32) -> Option<Method> {
        let class = self.class(id)?;
        if let Some(method) = class.own_method(self, symbol) {
            return Some(method);
        }
        if id >= FIRST_USER_CLASS {
            return None;
        }
        if class.library_asked(symbol) != Some(true) {
            let name = self.shared.symbols.name(symbol)?;
            let _linking = self.link_lock.enter();
            // Asked, but not answered: this thread is linking the method, which needs itself.
            if class.library_asked(symbol).is_none() {
                class.set_library_asked(symbol, false);
                self.load_library_method(id, name);
                class.set_library_asked(symbol, true);
            }
        }
        class.own_method(self, symbol)
    }

    /// Whether a class is, or inherits from, another; builtin iterables are `Iterable`.
    pub(crate) fn is_subclass(&self, class_id: u32, other: u32) -> bool {
        if class_id == other {
            return true;
        }
        if other == ClassId::Iterable.id() && is_iterable(class_id) {
            return true;
        }
        if other == ClassId::Callable.id() {
            return class_id == ClassId::Function.id() || class_id == ClassId::Class.id();
        }
        self.shared.classes.get(class_id).is_some_and(|class| class.is_subclass_of(other))
    }
}

impl State {
    /// The method of a class, through the cache of this worker.
    pub(crate) fn find_method(&mut self, class_id: u32, symbol: u32) -> Option<Method> {
        let key = u64::from(class_id) << 32 | u64::from(symbol);
        let slot =
            (class_id.wrapping_mul(31).wrapping_add(symbol.wrapping_mul(7)) as usize) % self.methods.len();
        let (known, method) = self.methods[slot];
        if known == key {
            return method;
        }
        let method = self.vm().find_method(class_id, symbol);
        // That there is none is remembered of classes of programs, which are complete before they have objects; what
        // the library adds to builtin ones may come later.
        if method.is_some() || class_id >= FIRST_USER_CLASS {
            self.methods[slot] = (key, method);
        }
        method
    }
}
