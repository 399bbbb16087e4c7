//! The VM: what all its processes share. Linked code, classes, modules, builtins, and where output goes.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use heap::class::BUILTIN_CLASSES;
use heap::{AllocationFailure, ClassId, FIRST_USER_CLASS, Kind, Shared, Value, class_id_of};
use rustc_hash::FxHashMap;

use crate::builtins::{BuiltinEntry, Builtins, Rows};
use crate::class::{ClassInfo, Field, Method, builtin_of, is_iterable};
use crate::function_table::Functions;
use crate::link_lock::LinkLock;
use crate::loader::Loader;
use crate::module::Module;
use crate::native::Tier;
use crate::process::ProcessConfig;
use crate::trace::TraceFrame;
use crate::watch::Watcher;

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

/// Is given the frames of a running process at a safepoint, innermost first, as words that `Vm::frame` reads.
pub type Sampler = Box<dyn Fn(Vec<i64>) + Send + Sync>;

/// How a VM behaves.
pub struct VmConfig {
    pub output: Box<dyn Output>,
    /// Seeds hashing; `None` takes a random one.
    pub seed: Option<u64>,
    /// What all processes together may hold.
    pub memory_bytes_max: usize,
    /// An allocation that fails: for tests.
    pub allocation_failure: Option<AllocationFailure>,
    /// What makes machine code, if anything does.
    pub tier: Option<Box<dyn Tier>>,
    /// Who hears where processes stand that `signal::SAMPLE` was raised for.
    pub sampler: Option<Sampler>,
    /// Who is asked before every instruction; all of them run in the interpreter then.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// What the program was started with.
    pub arguments: Vec<String>,
    /// How the process is set up that runs the top level of an imported module: limits hold for it, too.
    pub loading: ProcessConfig,
    /// What the program around the VM wants builtins to find.
    pub embedder: Option<Box<dyn Any + Send + Sync>>,
}

impl Default for VmConfig {
    fn default() -> VmConfig {
        VmConfig {
            output: Box::new(MemoryOutput::default()),
            seed: None,
            memory_bytes_max: usize::MAX / 2,
            allocation_failure: None,
            tier: None,
            sampler: None,
            watcher: None,
            arguments: Vec::new(),
            loading: ProcessConfig::default(),
            embedder: None,
        }
    }
}

/// The shared part of all processes. Cheap to clone.
#[derive(Clone)]
pub struct Vm {
    pub(crate) inner: Arc<VmInner>,
}

/// The number of the next VM.
static VMS: AtomicU64 = AtomicU64::new(1);

/// What is behind a `Vm`.
pub struct VmInner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: VmConfig,
    pub(crate) loader: Box<dyn Loader>,
    pub(crate) builtins: Builtins,
    /// Counts the VMs of the program, from 1.
    pub(crate) number: u64,
    pub(crate) functions: Functions,
    pub(crate) linked: RwLock<Linked>,
    pub(crate) link_lock: LinkLock,
    /// This VM, for code that needs a `Vm` to start a process.
    pub(crate) own: OnceLock<Weak<VmInner>>,
    pub(crate) equality: OnceLock<Option<u32>>,
    next_process: AtomicU64,
    /// Instructions that processes which count them have run.
    pub(crate) instructions: AtomicU64,
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
    /// A VM with these builtins.
    pub fn new(config: VmConfig, rows: Rows, loader: Box<dyn Loader>) -> Vm {
        let seed = config.seed.unwrap_or_else(Shared::random_seed);
        let shared = Shared::new(seed, config.memory_bytes_max).failing(config.allocation_failure);
        let shared = Arc::new(shared);
        let inner = VmInner {
            shared,
            config,
            loader,
            builtins: Builtins::new(rows),
            number: VMS.fetch_add(1, Relaxed),
            functions: Functions::default(),
            linked: RwLock::default(),
            link_lock: LinkLock::default(),
            own: OnceLock::new(),
            equality: OnceLock::new(),
            next_process: AtomicU64::new(1),
            instructions: AtomicU64::new(0),
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

    /// What the program around the VM left for builtins, if it is of this type.
    pub fn embedder<T: 'static>(&self) -> Option<&T> {
        self.inner.config.embedder.as_deref().and_then(|given| given.downcast_ref::<T>())
    }

    pub fn loader(&self) -> &dyn Loader {
        &*self.inner.loader
    }

    /// The symbol of a name from loaded code; `None` when the table is full.
    pub fn intern(&self, name: &str) -> Option<u32> {
        self.inner.intern(name)
    }

    /// Where a module comes from.
    pub fn module_path(&self, id: ModuleId) -> String {
        self.inner.module(id).path.clone()
    }

    /// The name of a value's class, for messages.
    pub fn class_name_of(&self, value: Value) -> String {
        self.inner.class_name_of(value)
    }

    /// The builtin of this full name, as a value.
    pub fn builtin(&self, name: &str) -> Option<Value> {
        self.inner.builtin(name)
    }

    /// The class value of a builtin class.
    pub fn builtin_class(&self, class: ClassId) -> Value {
        self.inner.class(class.id()).map_or(Value::NIL, |class| class.value)
    }

    /// Instructions that processes which count them have run. Joined pairs count as one.
    pub fn instructions(&self) -> u64 {
        self.inner.instructions.load(Relaxed)
    }

    /// What a word stands for that a sampler was given.
    pub fn frame(&self, word: i64) -> Option<TraceFrame> {
        self.inner.trace_frame(word)
    }

    /// Tells this VM from all others of the program.
    pub fn number(&self) -> u64 {
        self.inner.number
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
        self.builtins.entry(id)
    }

    /// The builtin of this full name, as a frozen value.
    pub(crate) fn builtin(&self, name: &str) -> Option<Value> {
        self.builtins.value(&self.shared, name)
    }

    /// The builtins of a module by their names in it; empty when there is no such module.
    pub(crate) fn builtin_members(&self, owner: &str) -> Vec<(&'static str, Value)> {
        let members = self.builtins.members(owner);
        members.filter_map(|(id, name)| Some((name, self.builtins.value_of(&self.shared, id)?))).collect()
    }

    pub(crate) fn is_owner_of_builtins(&self, owner: &str) -> bool {
        self.builtins.members(owner).next().is_some()
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
            names.extend(self.loader.library_methods(self.shared.classes.name(id)));
            let symbols = class.symbols_of_methods(self);
            names.extend(
                symbols.iter().filter_map(|&symbol| self.shared.symbols.name(symbol)).map(str::to_string),
            );
            next = self.shared.classes.get(id).and_then(|class| class.superclass());
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The builtin classes. They get the methods that rows give them when one is looked for.
    fn define_builtin_classes(&self) {
        for &(_, id, _) in BUILTIN_CLASSES {
            let Some(descriptor) = self.shared.classes.get(id.id()) else { continue };
            let kind = if descriptor.definition.is_trait { Kind::Trait } else { Kind::Class };
            let value = self
                .shared
                .frozen_class(kind, id.id(), &[])
                .expect("invariant: a new VM has memory for its classes");
            let mut info = ClassInfo::new(id.id(), bytecode::ClassKind::Class, value);
            let fields = descriptor.definition.fields.iter();
            info.fields = fields.map(|name| Field { name: name.clone(), set_once: false }).collect();
            descriptor.set_extension(Box::new(info));
        }
    }

    /// The methods that rows give a builtin class, by symbol.
    pub(crate) fn row_methods(&self, class: &ClassInfo) -> FxHashMap<u32, Method> {
        let mut methods = FxHashMap::default();
        if class.id >= FIRST_USER_CLASS {
            return methods;
        }
        for (id, name) in self.builtins.members(self.shared.classes.name(class.id)) {
            let (Some(symbol), Some(entry), Some(value)) =
                (self.intern(name), self.builtins.entry(id), self.builtins.value_of(&self.shared, id))
            else {
                continue;
            };
            methods.insert(symbol, Method { value, is_static: entry.row.is_static(), owner: class.id });
        }
        methods
    }
}
