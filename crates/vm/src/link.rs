//! Linking: from a unit to functions, classes and modules that can run.
//!
//! The order is what makes it work without patching: imports are complete first; ids and addresses of all functions
//! are reserved, so that constants may refer to functions whose code is not there yet; classes come before
//! constants, since constants are classes, too; then each function gets its profile, and last the class tables are
//! filled. Nobody sees any of it before the module is in the table.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use bytecode::{ClassDef, ClassKind, ClassRef, ExportItem, FunctionDef, Unit, function_flag};
use heap::class::BUILTIN_CLASSES;
use heap::{ClassDefinition, ClassId, Heap, HeapConfig, Kind, Value, overrides};
use rustc_hash::FxHashMap;

use crate::class::{ClassInfo, Field, Method};
use crate::code::{Code, Entry, Profile, Prototype};
use crate::function_table::Functions;
use crate::loader::LinkError;
use crate::module::{Member, Module};
use crate::vm::{ModuleId, Vm, VmInner};

/// The state of linking one unit.
pub(crate) struct Linker<'a> {
    pub vm: &'a VmInner,
    pub heap: Heap,
    pub unit: &'a Unit,
    pub module: ModuleId,
    /// One for each import of the unit.
    pub imports: Vec<Imported>,
    first_function: usize,
    pub function_values: Vec<Value>,
    /// Class ids of the unit's classes; an extension has the id of the class that it extends.
    pub class_ids: Vec<u32>,
    pub class_values: Vec<Value>,
    slots: &'static [AtomicU64],
}

/// What a path of the unit leads to.
#[derive(Clone)]
pub(crate) enum Imported {
    Module(Arc<Module>),
    /// A module that consists of builtins.
    Builtin(String),
}

impl Vm {
    /// Links a unit, after loading and running what it imports. Its own top level is not run.
    pub fn link(&self, unit: Unit) -> Result<ModuleId, LinkError> {
        let unit = bytecode::validate(unit).map_err(|error| LinkError::Invalid(error.to_string()))?;
        self.inner.link_validated(&unit, None)
    }

    /// The module's top level, as a function without parameters.
    pub fn entry(&self, module: ModuleId) -> Option<Value> {
        self.inner.try_module(module)?.entry.map(|entry| entry.function)
    }

    /// What a module exports under a name.
    pub fn export(&self, module: ModuleId, name: &str) -> Option<Value> {
        self.inner.try_module(module)?.export(name)
    }

    /// The tests of a module: names, and functions without parameters.
    pub fn tests(&self, module: ModuleId) -> Vec<(String, Value)> {
        self.inner.try_module(module).map(|module| module.tests.clone()).unwrap_or_default()
    }

    /// The benches of a module, as `tests`.
    pub fn benches(&self, module: ModuleId) -> Vec<(String, Value)> {
        self.inner.try_module(module).map(|module| module.benches.clone()).unwrap_or_default()
    }
}

impl VmInner {
    pub(crate) fn link_validated(&self, unit: &Unit, path: Option<&str>) -> Result<ModuleId, LinkError> {
        let imports = unit
            .imports
            .iter()
            .map(|import| self.import(&import.path, &unit.path))
            .collect::<Result<_, _>>()?;
        let first_function =
            self.functions.reserve(unit.functions.len()).ok_or(LinkError::TooMany("functions"))?;
        let module = self.reserve_module(unit, path);
        let slots = self
            .functions
            .keep_slots(unit.slots.iter().map(|_| AtomicU64::new(Value::UNDEF.bits())).collect());
        let mut linker = Linker {
            vm: self,
            heap: Heap::new(HeapConfig::default(), self.shared.clone()),
            unit,
            module,
            imports,
            first_function,
            function_values: Vec::new(),
            class_ids: Vec::new(),
            class_values: Vec::new(),
            slots,
        };
        linker.make_function_values()?;
        linker.define_classes()?;
        let owners = linker.owners();
        let entries: Vec<&'static Entry> = (0..unit.functions.len())
            .map(|index| linker.function(index, owners.get(&(index as u32)).copied()))
            .collect::<Result<_, _>>()?;
        linker.fill_classes(&entries)?;
        linker.publish(&entries)
    }

    fn reserve_module(&self, unit: &Unit, path: Option<&str>) -> ModuleId {
        let mut linked = self.write_linked();
        let id = ModuleId(linked.modules.len() as u32);
        // Holds the place; nobody can name the module before it is published.
        let placeholder = Module {
            id,
            name: unit.name.clone(),
            path: unit.path.clone(),
            slot_names: Vec::new(),
            slots: &[],
            exports: FxHashMap::default(),
            entry: None,
            tests: Vec::new(),
            benches: Vec::new(),
            value: Value::NIL,
        };
        linked.modules.push(Arc::new(placeholder));
        if let Some(path) = path {
            linked.by_path.insert(path.to_string(), id);
        }
        id
    }
}

fn too_many_symbols() -> LinkError {
    LinkError::TooMany("symbols")
}

fn no_memory() -> LinkError {
    LinkError::TooMany("constants for the memory it may use")
}

impl Linker<'_> {
    pub fn symbol(&self, name: &str) -> Result<u32, LinkError> {
        self.vm.intern(name).ok_or_else(too_many_symbols)
    }

    pub fn frozen(&mut self, value: Result<Value, heap::NeedGc>) -> Result<Value, LinkError> {
        let value = value.map_err(|_| no_memory())?;
        self.heap.freeze(value).map_err(|_| no_memory())
    }

    fn make_function_values(&mut self) -> Result<(), LinkError> {
        for (index, function) in self.unit.functions.iter().enumerate() {
            let code = Functions::address(self.first_function + index);
            let name = Value::symbol(self.symbol(&function.name)?);
            let value = self
                .vm
                .shared
                .frozen_callable(Kind::Function, code, arity(function), &[name])
                .map_err(|_| no_memory())?;
            self.function_values.push(value);
        }
        Ok(())
    }

    // Classes.

    fn define_classes(&mut self) -> Result<(), LinkError> {
        for definition in &self.unit.classes {
            let (id, value) = match definition.kind {
                ClassKind::Extension => {
                    let id = builtin_class(&definition.name)?;
                    (id, self.vm.class(id).map_or(Value::NIL, |class| class.value))
                }
                ClassKind::Class | ClassKind::Record | ClassKind::Trait | ClassKind::Actor => {
                    self.define_class(definition)?
                }
            };
            self.class_ids.push(id);
            self.class_values.push(value);
        }
        Ok(())
    }

    fn define_class(&mut self, definition: &ClassDef) -> Result<(u32, Value), LinkError> {
        let is_trait = definition.kind == ClassKind::Trait;
        let superclass = match &definition.superclass {
            Some(superclass) => Some(self.class_id(superclass)?),
            None => (!is_trait).then_some(ClassId::Object.id()),
        };
        let traits =
            definition.traits.iter().map(|each| self.class_id(each)).collect::<Result<Vec<_>, _>>()?;
        let inherited = superclass.and_then(|id| self.vm.class(id)).map(|class| class.fields.clone());
        let mut fields: Vec<Field> = inherited.unwrap_or_default();
        fields.extend(
            definition
                .fields
                .iter()
                .map(|field| Field { name: field.name.clone(), set_once: field.set_once }),
        );
        if fields.len() > heap::kind::fields::FIELDS_MAX {
            return Err(LinkError::TooMany("fields in one class"));
        }
        let shape = ClassDefinition {
            name: definition.name.clone(),
            superclass,
            traits,
            fields: fields.iter().map(|field| field.name.clone()).collect(),
            // What programs hold of an actor is a handle, which never changes.
            is_record: matches!(definition.kind, ClassKind::Record | ClassKind::Actor),
            is_trait,
            is_actor: definition.kind == ClassKind::Actor,
            overrides: override_bits(definition),
        };
        let shared = &self.vm.shared;
        let id = shared.classes.define(shape).map_err(|_| LinkError::TooMany("classes"))?;
        let kind = if is_trait { Kind::Trait } else { Kind::Class };
        let value = shared.frozen_class(kind, id, &[]).map_err(|_| no_memory())?;
        let mut info = ClassInfo::new(id, definition.kind, value);
        info.module = Some(self.module);
        info.fields = fields;
        info.statics = definition
            .statics
            .iter()
            .map(|name| (name.clone(), AtomicU64::new(Value::UNDEF.bits())))
            .collect();
        info.constructor = match definition.constructor {
            Some(index) => Some(Entry::from_word(Functions::address(self.first_function + index as usize))),
            None => superclass.and_then(|id| self.vm.class(id)).and_then(|class| class.constructor),
        };
        let value = if definition.singleton {
            let record = self.heap.record(id, &[]).map(|record| record.value());
            let singleton = self.frozen(record)?;
            info.singleton = Some(singleton);
            singleton
        } else {
            value
        };
        if let Some(descriptor) = shared.classes.get(id) {
            descriptor.set_extension(Box::new(info));
        }
        Ok((id, value))
    }

    /// The id of a class that the unit names.
    pub fn class_id(&self, class: &ClassRef) -> Result<u32, LinkError> {
        match class {
            ClassRef::Local(index) => self
                .class_ids
                .get(*index as usize)
                .copied()
                .ok_or_else(|| LinkError::BadClass("a class is used before it is defined".into())),
            ClassRef::Builtin(name) => builtin_class(name),
            ClassRef::Import { import, name } => {
                let value = self.imported(*import, name)?;
                let id = value.as_class().map(|class| class.class_id());
                let id = id.or_else(|| value.as_trait().map(|class| class.class_id()));
                id.or_else(|| value.as_record().map(|record| record.class_id()))
                    .ok_or_else(|| LinkError::BadClass(format!("`{name}` is no class")))
            }
        }
    }

    /// The class that each method belongs to, by function.
    fn owners(&self) -> FxHashMap<u32, u32> {
        let mut owners = FxHashMap::default();
        for (definition, &id) in self.unit.classes.iter().zip(&self.class_ids) {
            let methods = definition.methods.iter().filter_map(|method| method.function);
            for function in methods.chain(definition.constructor) {
                owners.insert(function, id);
            }
        }
        owners
    }

    fn fill_classes(&mut self, entries: &[&'static Entry]) -> Result<(), LinkError> {
        for (definition, &id) in self.unit.classes.iter().zip(&self.class_ids) {
            let Some(class) = self.vm.class(id) else { continue };
            for method in &definition.methods {
                let Some(function) = method.function else { continue };
                let symbol = self.symbol(&method.name)?;
                let value = entries[function as usize].function;
                class.add_method(symbol, Method { value, is_static: method.is_static, owner: id });
            }
        }
        Ok(())
    }

    // Functions.

    fn function(&mut self, index: usize, owner: Option<u32>) -> Result<&'static Entry, LinkError> {
        let definition = &self.unit.functions[index];
        let mut types = Vec::new();
        let constants = definition
            .constants
            .iter()
            .map(|constant| self.constant(constant, &mut types))
            .collect::<Result<Vec<_>, _>>()?;
        let prototypes = definition
            .prototypes
            .iter()
            .map(|prototype| Prototype {
                entry: Entry::from_word(Functions::address(
                    self.first_function + prototype.function as usize,
                )),
                captures: prototype.captures.clone().into_boxed_slice(),
            })
            .collect();
        let (words, liveness) = crate::fuse::fuse(definition);
        let code = self.vm.functions.keep_code(Code {
            name: definition.name.clone(),
            module: self.module,
            owner,
            params: definition.params.clone().into_boxed_slice(),
            flags: definition.flags,
            registers: definition.registers,
            captures: definition.captures,
            words: words.into_iter().map(AtomicU32::new).collect(),
            prototypes,
            handlers: definition.handlers.clone().into_boxed_slice(),
            shapes: definition.shapes.clone().into_boxed_slice(),
            types: types.into_boxed_slice(),
            lines: definition.lines.clone().into_boxed_slice(),
            variables: definition.variables.clone().into_boxed_slice(),
            span: definition.span,
            doc: definition.doc.clone(),
            liveness: liveness
                .map_or_else(OnceLock::new, |liveness| OnceLock::from(Some(Box::new(liveness)))),
        });
        let profile = Profile::allocate(&constants, usize::from(definition.caches), &self.vm.functions);
        let id = self.first_function + index;
        let entry = Functions::set(
            id,
            Entry {
                start: Entry::start_of(code),
                profile,
                function: self.function_values[index],
                frame_bytes: u32::from(definition.registers.max(definition.params.len() as u16)) * 8,
                arity: arity(definition),
                code,
                slots: self.slots.as_ptr(),
                id: id as u32,
                native: Default::default(),
            },
        );
        profile.set_entry(entry);
        Ok(entry)
    }

    // The module.

    fn publish(mut self, entries: &[&'static Entry]) -> Result<ModuleId, LinkError> {
        let mut exports = FxHashMap::default();
        for export in &self.unit.exports {
            let member = match export.item {
                ExportItem::Function(index) => Member::Value(entries[index as usize].function),
                ExportItem::Class(index) => Member::Value(self.class_values[index as usize]),
                ExportItem::Slot(index) => Member::Slot(index as usize),
                ExportItem::Module => Member::Nested,
            };
            exports.insert(export.name.clone(), member);
        }
        let name = self.heap.string(&self.unit.name);
        let name = self.frozen(name)?;
        let value =
            self.heap.module(self.module.0, name, Value::NIL, Value::NIL).map(|module| module.value());
        let value = self.frozen(value)?;
        let blocks = |rows: &[(String, u32)]| {
            rows.iter().map(|(name, index)| (name.clone(), entries[*index as usize].function)).collect()
        };
        let (tests, benches) = (blocks(&self.unit.tests), blocks(&self.unit.benches));
        let module = Module {
            id: self.module,
            name: self.unit.name.clone(),
            path: self.unit.path.clone(),
            slot_names: self.unit.slots.clone(),
            slots: self.slots,
            exports,
            entry: entries.get(self.unit.entry as usize).copied(),
            tests,
            benches,
            value,
        };
        self.vm.write_linked().modules[self.module.0 as usize] = Arc::new(module);
        Ok(self.module)
    }
}

/// The number of arguments that fits a function as they are, as `Entry::arity` has it.
fn arity(function: &FunctionDef) -> u32 {
    if function.flags & function_flag::REST != 0 {
        crate::code::ARITY_COMPLEX
    } else {
        function.params.len() as u32
    }
}

pub(crate) fn builtin_class(name: &str) -> Result<u32, LinkError> {
    BUILTIN_CLASSES
        .iter()
        .find(|(own, ..)| *own == name)
        .map(|(_, id, _)| id.id())
        .ok_or_else(|| LinkError::BadClass(format!("there is no builtin class `{name}`")))
}

/// Which operations a class defines itself, for equality, hashing and printing.
fn override_bits(definition: &ClassDef) -> u16 {
    const BITS: [(&str, u16); 7] = [
        ("==", overrides::EQUAL),
        ("hash", overrides::HASH),
        ("<", overrides::LESS),
        ("str", overrides::STR),
        ("repr", overrides::REPR),
        ("iter", overrides::ITER),
        ("contains", overrides::CONTAINS),
    ];
    let has =
        |name: &str| definition.methods.iter().any(|method| method.name == name && method.function.is_some());
    BITS.iter().filter(|(name, _)| has(name)).fold(0, |bits, (_, bit)| bits | bit)
}

/// Reads a slot that holds bits of a frozen value.
pub(crate) fn load_slot(slot: &AtomicU64) -> Value {
    // SAFETY: slots of modules and classes hold bits of frozen values alone, which are never freed.
    #[allow(unsafe_code)]
    unsafe {
        Value::from_bits(slot.load(Relaxed))
    }
}
