//! Loading modules and library units, each once, and running their top levels.

use std::sync::Arc;

use bytecode::Unit;
use heap::{Heap, HeapConfig, Value};

use crate::builtins::BuiltinEntry;
use crate::class::builtin_of;
use crate::cx::Cx;
use crate::link::Imported;
use crate::loader::LinkError;
use crate::module::{Member, Module};
use crate::process::{Outcome, Process};
use crate::vm::{ModuleId, Vm, VmInner};

impl VmInner {
    /// The module that `path`, as written in `from`, means; loaded and run when it is new.
    pub(crate) fn import(&self, path: &str, from: &str) -> Result<Imported, LinkError> {
        if self.is_builtin_module(path) {
            return Ok(Imported::Builtin(path.to_string()));
        }
        let _linking = self.link_lock.enter();
        let unit = self
            .loader
            .module(path, from)
            .map_err(|error| LinkError::Load { path: path.to_string(), error })?;
        let place = unit.path.clone();
        {
            let mut linked = self.write_linked();
            if let Some(position) = linked.loading.iter().position(|loading| *loading == place) {
                let mut cycle = linked.loading[position..].to_vec();
                cycle.push(place);
                return Err(LinkError::Cycle(cycle));
            }
            if let Some(&id) = linked.by_path.get(&place) {
                return Ok(Imported::Module(linked.modules[id.0 as usize].clone()));
            }
            linked.loading.push(place.clone());
        }
        let result = self.load(unit, &place);
        self.write_linked().loading.retain(|loading| *loading != place);
        result.map(Imported::Module)
    }

    fn load(&self, unit: Unit, place: &str) -> Result<Arc<Module>, LinkError> {
        let unit = bytecode::validate(unit).map_err(|error| LinkError::Invalid(error.to_string()))?;
        let id = self.link_validated(&unit, Some(place))?;
        self.run_top_level(id)?;
        Ok(self.module(id))
    }

    /// Runs a module's top level in a process of its own; what it leaves are frozen slots.
    fn run_top_level(&self, id: ModuleId) -> Result<(), LinkError> {
        let module = self.module(id);
        let Some(entry) = module.entry else { return Ok(()) };
        let vm = self.handle().ok_or(LinkError::TooMany("VMs that end while they load"))?;
        let mut process = Process::new(&vm, self.config.loading.clone());
        let failed = |reason: String| LinkError::Ended { module: module.name.clone(), reason };
        process.start(entry.function, &[]).map_err(|reason| failed(reason.to_string()))?;
        let outcome = loop {
            match process.run() {
                Outcome::Suspended => {}
                outcome => break outcome,
            }
        };
        match outcome {
            Outcome::Done(_) => Ok(()),
            Outcome::Limit(limit) => Err(LinkError::Limit { limit, trace: process.limit_trace() }),
            Outcome::Raised(error) => {
                let report = Box::new(process.report(error));
                Err(LinkError::Raised { module: module.name.clone(), report })
            }
            other => Err(failed(format!("{other:?}"))),
        }
    }

    fn is_builtin_module(&self, path: &str) -> bool {
        path.starts_with(|first: char| first.is_ascii_lowercase()) && self.is_owner_of_builtins(path)
    }

    /// A module of builtins as a value.
    pub(crate) fn builtin_module(&self, name: &str) -> Result<Value, LinkError> {
        let place = format!("<{name}>");
        let _linking = self.link_lock.enter();
        if let Some(&id) = self.read_linked().by_path.get(&place) {
            return Ok(self.module(id).value);
        }
        let members = self.builtin_members(name).into_iter();
        let exports = members
            .map(|(member, value)| (member.to_string(), Member::Value(self.builtin_member(value))))
            .collect();
        let unit = Unit { name: name.to_string(), path: place.clone(), ..Unit::default() };
        let id = self.link_validated(&unit, Some(&place))?;
        let module = self.module(id);
        let filled = Module {
            id,
            name: module.name.clone(),
            path: place,
            slot_names: Vec::new(),
            slots: &[],
            exports,
            entry: None,
            tests: Vec::new(),
            benches: Vec::new(),
            value: module.value,
        };
        self.write_linked().modules[id.0 as usize] = Arc::new(filled);
        Ok(module.value)
    }

    /// A module inside a module, as a value: the same module with a prefix.
    pub(crate) fn nested_module(&self, module: &Module, prefix: &str) -> Option<Value> {
        let key = (module.id, prefix.to_string());
        if let Some(&value) = self.read_linked().nested.get(&key) {
            return Some(value);
        }
        let mut heap = Heap::new(HeapConfig::default(), self.shared.clone());
        let name = heap.string(&module.name).ok()?;
        let text = heap.string(prefix).ok()?;
        let value = heap.module(module.id.0, name, Value::NIL, text).ok()?.value();
        let value = heap.freeze(value).ok()?;
        self.write_linked().nested.insert(key, value);
        Some(value)
    }

    /// An export that is itself a module inside the module.
    pub(crate) fn module_path_member(&self, module: &Module, name: &str) -> Option<Value> {
        match module.exports.get(name)? {
            Member::Nested => self.nested_module(module, name),
            _ => None,
        }
    }

    /// A function of the library, by the name that a unit exports it under.
    pub(crate) fn library_function(&self, name: &str) -> Option<Value> {
        // `None` may mean that a thread is loading it just now.
        if let Some(Some(known)) = self.read_linked().library.get(name) {
            return Some(*known);
        }
        if let Some(value) = self.builtin(name) {
            return Some(value);
        }
        let _linking = self.link_lock.enter();
        // Another thread may have loaded it meanwhile.
        if let Some(known) = self.read_linked().library.get(name) {
            return *known;
        }
        // So that a unit that needs itself finds nothing instead of loading for ever.
        self.write_linked().library.insert(name.to_string(), None);
        let unit = self.loader.library_name(name)?;
        let exports: Vec<String> = unit.exports.iter().map(|export| export.name.clone()).collect();
        let module = self.load_library(unit).ok()?;
        let mut linked = self.write_linked();
        for export in exports {
            let value = module.export(&export);
            linked.library.insert(export, value);
        }
        linked.library.get(name).copied().flatten()
    }

    /// Loads a method of a builtin class from the library. That there is none is no error.
    pub(crate) fn load_library_method(&self, id: u32, method: &str) {
        let class = self.shared.classes.name(id);
        if let Some(unit) = self.loader.library_method(class, method)
            && let Err(error) = self.load_library(unit)
        {
            // A library that does not link is a defect of the build; programs see a missing method.
            debug_assert!(false, "library method {class}.{method}: {error}");
        }
    }

    fn load_library(&self, unit: Unit) -> Result<Arc<Module>, LinkError> {
        let place = format!("<library {}>", unit.name);
        let known = self.read_linked().by_path.get(&place).copied();
        match known {
            Some(id) => Ok(self.module(id)),
            None => self.load(unit, &place),
        }
    }

    /// The frozen string that a field access of this name uses as key of a map.
    pub(crate) fn key_string(&self, name: &str) -> Value {
        if let Some(&value) = self.read_linked().key_strings.get(name) {
            return value;
        }
        let mut heap = Heap::new(HeapConfig::default(), self.shared.clone());
        let value = heap.string(name).map_or(Value::NIL, |text| heap.freeze(text).unwrap_or(Value::NIL));
        self.write_linked().key_strings.insert(name.to_string(), value);
        value
    }

    /// Runs a builtin outside any process, for constants; the result is frozen.
    pub(crate) fn evaluate(&self, builtin: Value, args: &[Value]) -> Option<Value> {
        let vm = self.handle()?;
        let entry = builtin_of(builtin)?;
        let mut heap = Heap::new(HeapConfig::default(), self.shared.clone());
        let mut kept = None;
        let value = {
            let mut cx = Cx::new(&mut heap, &vm, 0, &mut kept);
            (entry.row.run)(&mut cx, args).ok()?
        };
        heap.freeze(value).ok()
    }

    pub(crate) fn evaluate_constant(&self, builtin: &'static BuiltinEntry) -> Option<Value> {
        if !builtin.signature.params.is_empty() {
            return None;
        }
        self.evaluate(self.builtin(builtin.row.name)?, &[])
    }

    /// This VM as others hold it.
    fn handle(&self) -> Option<Vm> {
        self.own.get()?.upgrade().map(|inner| Vm { inner })
    }
}
