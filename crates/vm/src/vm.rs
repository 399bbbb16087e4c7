//! The VM: what all its processes share. Linked code, classes, modules, builtins, and where output goes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use heap::class::BUILTIN_CLASSES;
use heap::{ClassId, Kind, Shared, Value, class_id_of};

use crate::builtin::{BuiltinRow, Signature};
use crate::class::{ClassInfo, Field, Method, builtin_of, is_iterable};
use crate::code::ARITY_COMPLEX;
use crate::function_table::FunctionTable;
use crate::link_lock::LinkLock;
use crate::loader::Loader;
use crate::module::Module;
use crate::native::Tier;
use crate::process::ProcessConfig;

/// A module that was linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// Where a program's output goes. Called from whichever thread runs the process.
pub trait Output: Send + Sync {
    fn write(&self, text: &str);
    /// Called before the VM waits or ends, and when the program asks for it.
    fn flush(&self);
}

/// Output that is kept in memory, for tests and embedders.
#[derive(Default)]
pub struct MemoryOutput(std::sync::Mutex<String>);

impl MemoryOutput {
    /// What was written so far, leaving nothing.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Output for MemoryOutput {
    fn write(&self, text: &str) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_str(text);
    }
    fn flush(&self) {}
}

impl<O: Output + ?Sized> Output for Arc<O> {
    fn write(&self, text: &str) {
        (**self).write(text);
    }
    fn flush(&self) {
        (**self).flush();
    }
}

/// How a VM behaves.
pub struct VmConfig {
    pub output: Box<dyn Output>,
    /// Seeds hashing; `None` takes a random one.
    pub seed: Option<u64>,
    /// What all processes together may hold.
    pub memory_bytes_max: usize,
    /// What makes machine code, if anything does.
    pub tier: Option<Box<dyn Tier>>,
    /// What the program was started with.
    pub arguments: Vec<String>,
    /// How the process is set up that runs the top level of an imported module: limits hold for it, too.
    pub loading: ProcessConfig,
}

impl Default for VmConfig {
    fn default() -> VmConfig {
        VmConfig {
            output: Box::new(MemoryOutput::default()),
            seed: None,
            memory_bytes_max: usize::MAX / 2,
            tier: None,
            arguments: Vec::new(),
            loading: ProcessConfig::default(),
        }
    }
}

/// A builtin as it is called: its row and what its signature says.
pub struct BuiltinEntry {
    pub row: &'static BuiltinRow,
    pub signature: Signature,
    /// The number of arguments that fits without any work, or `ARITY_COMPLEX`.
    pub arity: u32,
    /// Its place among all builtins.
    pub id: u32,
}

impl BuiltinEntry {
    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> &'static BuiltinEntry {
        // SAFETY: code words of builtin values are addresses of entries, which are never freed.
        #[allow(unsafe_code)]
        unsafe {
            &*std::ptr::with_exposed_provenance::<BuiltinEntry>(word as usize)
        }
    }
}

/// The shared part of all processes. Cheap to clone.
#[derive(Clone)]
pub struct Vm {
    pub(crate) inner: Arc<VmInner>,
}

/// What is behind a `Vm`.
pub struct VmInner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: VmConfig,
    pub(crate) loader: Box<dyn Loader>,
    /// Every builtin by its full name, as a frozen value whose code word is the address of its `BuiltinEntry`.
    pub(crate) builtins: HashMap<&'static str, Value>,
    builtin_entries: Vec<&'static BuiltinEntry>,
    pub(crate) functions: FunctionTable,
    pub(crate) linked: RwLock<Linked>,
    pub(crate) link_lock: LinkLock,
    /// This VM, for code that needs a `Vm` to start a process.
    pub(crate) own: OnceLock<Weak<VmInner>>,
    pub(crate) equality: OnceLock<Option<u32>>,
    next_process: AtomicU64,
}

/// What linking adds to.
#[derive(Default)]
pub(crate) struct Linked {
    pub modules: Vec<Arc<Module>>,
    /// By the path that the module was loaded from.
    pub by_path: HashMap<String, ModuleId>,
    /// Modules that are being loaded, outermost first.
    pub loading: Vec<String>,
    /// Functions of the library by name; `None` when the library has no such function.
    pub library: HashMap<String, Option<Value>>,
    /// Frozen strings that field accesses use as keys of maps.
    pub key_strings: HashMap<String, Value>,
    /// Values of modules inside modules.
    pub nested: HashMap<(ModuleId, String), Value>,
}

impl Vm {
    /// A VM with these builtins. The rows are part of the program, so a malformed one is a defect and panics.
    pub fn new(config: VmConfig, rows: &'static [&'static [BuiltinRow]], loader: Box<dyn Loader>) -> Vm {
        let seed = config.seed.unwrap_or_else(Shared::random_seed);
        let shared = Arc::new(Shared::new(seed, config.memory_bytes_max));
        let all = || rows.iter().chain(crate::intrinsic::ROWS).copied().flatten();
        let entries: Vec<_> = all().enumerate().map(|(id, row)| builtin_entry(row, id as u32)).collect();
        let builtins = entries.iter().map(|entry| (entry.row.name, builtin_value(&shared, entry))).collect();
        let inner = VmInner {
            shared,
            config,
            loader,
            builtins,
            builtin_entries: entries,
            functions: FunctionTable::new(),
            linked: RwLock::default(),
            link_lock: LinkLock::default(),
            own: OnceLock::new(),
            equality: OnceLock::new(),
            next_process: AtomicU64::new(1),
        };
        inner.define_builtin_classes();
        let inner = Arc::new(inner);
        let set = inner.own.set(Arc::downgrade(&inner));
        debug_assert!(set.is_ok(), "set once");
        Vm { inner }
    }

    pub fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    pub(crate) fn shared_arc(&self) -> Arc<Shared> {
        self.inner.shared.clone()
    }

    pub fn output(&self) -> &dyn Output {
        &*self.inner.config.output
    }

    /// What the program was started with.
    pub fn arguments(&self) -> &[String] {
        &self.inner.config.arguments
    }

    pub fn loader(&self) -> &dyn Loader {
        &*self.inner.loader
    }

    /// The symbol of a name from loaded code; `None` when the table is full.
    pub fn intern(&self, name: &str) -> Option<u32> {
        self.inner.intern(name)
    }

    /// The name of a value's class, for messages.
    pub fn class_name_of(&self, value: Value) -> String {
        self.inner.class_name_of(value)
    }

    /// The builtin of this full name, as a value.
    pub fn builtin(&self, name: &str) -> Option<Value> {
        self.inner.builtins.get(name).copied()
    }

    /// The class value of a builtin class.
    pub fn builtin_class(&self, class: ClassId) -> Value {
        self.inner.class(class.id()).map_or(Value::NIL, |class| class.value)
    }

    pub(crate) fn next_process_id(&self) -> u64 {
        self.inner.next_process.fetch_add(1, Relaxed)
    }
}

impl VmInner {
    pub(crate) fn tier(&self) -> Option<&dyn Tier> {
        self.config.tier.as_deref()
    }

    pub(crate) fn intern(&self, name: &str) -> Option<u32> {
        self.shared.symbols.intern(name).ok()
    }

    /// The symbol of `==`, which is asked for all the time.
    pub(crate) fn equality_symbol(&self) -> Option<u32> {
        *self.equality.get_or_init(|| self.intern("=="))
    }

    pub(crate) fn class_name_of(&self, value: Value) -> String {
        self.shared.classes.name(class_id_of(value)).to_string()
    }

    /// The class of this number, as a value.
    pub(crate) fn class_value(&self, id: u32) -> Value {
        self.class(id).map_or(Value::NIL, |class| class.value)
    }

    /// A value as messages name it by its class: `nil`, `an Int`, `a String`.
    pub(crate) fn kind_named(&self, value: Value) -> String {
        if value.is_nil() {
            return "nil".to_string();
        }
        let name = self.class_name_of(value);
        let article = if name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    pub(crate) fn builtin_id(&self, value: Value) -> u32 {
        builtin_of(value).map_or(u32::MAX, |builtin| builtin.id)
    }

    pub(crate) fn builtin_by_id(&self, id: u32) -> Option<&'static BuiltinEntry> {
        self.builtin_entries.get(id as usize).copied()
    }

    pub(crate) fn read_linked(&self) -> RwLockReadGuard<'_, Linked> {
        self.linked.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write_linked(&self) -> RwLockWriteGuard<'_, Linked> {
        self.linked.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn try_module(&self, id: ModuleId) -> Option<Arc<Module>> {
        self.read_linked().modules.get(id.0 as usize).cloned()
    }

    pub(crate) fn module(&self, id: ModuleId) -> Arc<Module> {
        self.try_module(id).expect("invariant: code belongs to a linked module")
    }

    /// Names of methods of a class and what it inherits from, for hints.
    pub(crate) fn method_names(&self, class_id: u32) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = Some(class_id);
        let mut shared = is_iterable(class_id).then_some(ClassId::Iterable.id());
        while let Some(id) = next.or_else(|| shared.take()) {
            let Some(class) = self.class(id) else { break };
            let methods = class.methods.read().unwrap_or_else(PoisonError::into_inner);
            names.extend(
                methods.keys().filter_map(|&symbol| self.shared.symbols.name(symbol)).map(str::to_string),
            );
            next = self.shared.classes.get(id).and_then(|class| class.superclass());
        }
        names.sort_unstable();
        names
    }

    /// The builtin classes, with the methods that rows give them.
    fn define_builtin_classes(&self) {
        let mut members: HashMap<&str, Vec<(&str, &BuiltinEntry)>> = HashMap::new();
        for &entry in &self.builtin_entries {
            if let (Some(owner), member) = entry.row.split_name() {
                members.entry(owner).or_default().push((member, entry));
            }
        }
        for &(name, id, _) in BUILTIN_CLASSES {
            let Some(descriptor) = self.shared.classes.get(id.id()) else { continue };
            let kind = if descriptor.definition.is_trait { Kind::Trait } else { Kind::Class };
            let value = self
                .shared
                .frozen_class(kind, id.id(), &[])
                .expect("invariant: a new VM has memory for its classes");
            let mut info = ClassInfo::new(id.id(), bytecode::ClassKind::Class, value);
            info.fields = descriptor
                .definition
                .fields
                .iter()
                .map(|name| Field { name: name.clone(), set_once: false })
                .collect();
            for &(member, entry) in members.get(name).into_iter().flatten() {
                if let Some(symbol) = self.intern(member) {
                    let value = self.builtins[entry.row.name];
                    let method = Method { value, is_static: entry.row.is_static(), owner: id.id() };
                    info.add_method(symbol, method);
                }
            }
            descriptor.set_extension(Box::new(info));
        }
    }
}

fn builtin_entry(row: &'static BuiltinRow, id: u32) -> &'static BuiltinEntry {
    let signature = Signature::parse(row.signature)
        .unwrap_or_else(|| panic!("the builtin `{}` has a malformed signature", row.name));
    let arity = if signature.rest { ARITY_COMPLEX } else { signature.params.len() as u32 };
    Box::leak(Box::new(BuiltinEntry { row, signature, arity, id }))
}

fn builtin_value(shared: &Shared, entry: &'static BuiltinEntry) -> Value {
    let code = std::ptr::from_ref(entry).expose_provenance() as u64;
    let name = entry.row.split_name().1;
    let name = shared.symbols.intern(name).map_or(Value::NIL, Value::symbol);
    shared
        .frozen_callable(Kind::Builtin, code, entry.arity, &[name])
        .expect("invariant: a new VM has memory for its builtins")
}
