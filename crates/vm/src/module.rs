//! Modules as they were linked: slots, exports, tests. And modules that consist of builtins.

use std::sync::atomic::AtomicU64;

use heap::{Kind, Value, class_id_of};
use rustc_hash::FxHashMap;

use crate::builtin::builtin_fact;
use crate::class::builtin_of;
use crate::code::Entry;
use crate::link::load_slot;
use crate::vm::{ModuleId, VmInner};

/// What an export is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Member {
    Value(Value),
    /// A slot, which has its value once the module has run.
    Slot(usize),
    /// Everything whose name starts with this one and a dot.
    Nested,
}

/// A linked module.
pub struct Module {
    pub id: ModuleId,
    pub name: String,
    pub path: String,
    pub slot_names: Vec<String>,
    pub(crate) slots: &'static [AtomicU64],
    pub(crate) exports: FxHashMap<String, Member>,
    pub(crate) entry: Option<&'static Entry>,
    pub(crate) tests: Vec<(String, Value)>,
    pub(crate) benches: Vec<(String, Value)>,
    /// The module as a value.
    pub value: Value,
}

impl Module {
    /// The value of an export; `None` when there is none, or it has no value yet.
    pub fn export(&self, name: &str) -> Option<Value> {
        match self.exports.get(name)? {
            Member::Value(value) => Some(*value),
            Member::Slot(slot) => {
                let value = load_slot(&self.slots[*slot]);
                (!value.is_undef()).then_some(value)
            }
            Member::Nested => None,
        }
    }
}

impl VmInner {
    /// A member of a module value: an export, or a module inside it. The name of a module value is the dotted
    /// path of what it stands for in its file.
    pub(crate) fn module_member(&self, module: Value, name: &str) -> Option<Value> {
        let module = module.as_module()?;
        let prefix = module.extra();
        let linked = self.try_module(ModuleId(module.id()))?;
        let full = match prefix.as_str() {
            Some(prefix) => format!("{prefix}.{name}"),
            None => name.to_string(),
        };
        match linked.exports.get(&full)? {
            Member::Nested => self.nested_module(&linked, &full),
            _ => linked.export(&full),
        }
    }

    /// `Class.name`: a static field, a static method, a class inside it.
    pub(crate) fn class_member(&self, class: Value, name: &str) -> Option<Value> {
        let id = class
            .as_class()
            .map(|class| class.class_id())
            .or_else(|| class.as_trait().map(|it| it.class_id()))?;
        let mut next = Some(id);
        let symbol = self.shared.symbols.find(name);
        while let Some(id) = next {
            let info = self.class(id)?;
            if let Some(slot) = info.static_slot(name) {
                let value = load_slot(slot);
                return (!value.is_undef()).then_some(value);
            }
            if let Some(method) = symbol.and_then(|symbol| self.method_of_class(id, symbol)) {
                return Some(method.value);
            }
            next = self.shared.classes.get(id)?.superclass();
        }
        debug_assert!(class.is_kind(Kind::Class) || class.is_kind(Kind::Trait), "{}", class_id_of(class));
        None
    }

    /// The value that a builtin stands for under a module's name: constants are computed once, here.
    pub(crate) fn builtin_member(&self, value: Value) -> Value {
        match builtin_of(value) {
            Some(builtin) if builtin.row.facts & builtin_fact::GETTER != 0 => {
                self.evaluate_constant(builtin).unwrap_or(value)
            }
            _ => value,
        }
    }
}
