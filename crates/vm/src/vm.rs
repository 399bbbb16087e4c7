//! The VM: what all its processes share. Linked code, classes, modules, builtins, and where output goes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use heap::{Kind, Shared, Value, class_id_of};

use crate::builtin::{BuiltinRow, Signature};
use crate::loader::Loader;

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
}

impl Default for VmConfig {
    fn default() -> VmConfig {
        VmConfig { output: Box::new(MemoryOutput::default()), seed: None, memory_bytes_max: usize::MAX / 2 }
    }
}

/// A builtin as it is called: its row and what its signature says.
pub struct BuiltinEntry {
    pub row: &'static BuiltinRow,
    pub signature: Signature,
    /// The number of arguments that fits without any work, or `ARITY_COMPLEX`.
    pub arity: u32,
}

/// The shared part of all processes. Cheap to clone.
#[derive(Clone)]
pub struct Vm {
    inner: Arc<VmInner>,
}

/// What is behind a `Vm`.
pub struct VmInner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: VmConfig,
    pub(crate) loader: Box<dyn Loader>,
    /// Every builtin by its full name, as a frozen value whose code word is the address of its `BuiltinEntry`.
    pub(crate) builtins: HashMap<&'static str, Value>,
    next_process: AtomicU64,
}

impl Vm {
    /// A VM with these builtins. The rows are part of the program, so a malformed one is a defect and panics.
    pub fn new(config: VmConfig, rows: &'static [&'static [BuiltinRow]], loader: Box<dyn Loader>) -> Vm {
        let seed = config.seed.unwrap_or_else(Shared::random_seed);
        let shared = Arc::new(Shared::new(seed, config.memory_bytes_max));
        let builtins =
            rows.iter().copied().flatten().map(|row| (row.name, builtin_value(&shared, row))).collect();
        let inner = VmInner { shared, config, loader, builtins, next_process: AtomicU64::new(1) };
        Vm { inner: Arc::new(inner) }
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

    pub fn loader(&self) -> &dyn Loader {
        &*self.inner.loader
    }

    /// The symbol of a name from loaded code; `None` when the table is full.
    pub fn intern(&self, name: &str) -> Option<u32> {
        self.inner.shared.symbols.intern(name).ok()
    }

    /// The name of a value's class, for messages.
    pub fn class_name_of(&self, value: Value) -> String {
        self.inner.shared.classes.name(class_id_of(value)).to_string()
    }

    /// The builtin of this full name, as a value.
    pub fn builtin(&self, name: &str) -> Option<Value> {
        self.inner.builtins.get(name).copied()
    }

    pub(crate) fn next_process_id(&self) -> u64 {
        self.inner.next_process.fetch_add(1, Relaxed)
    }
}

fn builtin_value(shared: &Shared, row: &'static BuiltinRow) -> Value {
    let signature = Signature::parse(row.signature)
        .unwrap_or_else(|| panic!("the builtin `{}` has a malformed signature", row.name));
    let arity = if signature.rest { crate::code::ARITY_COMPLEX } else { signature.params.len() as u32 };
    let entry: &'static BuiltinEntry = Box::leak(Box::new(BuiltinEntry { row, signature, arity }));
    let code = std::ptr::from_ref(entry).expose_provenance() as u64;
    shared
        .frozen_callable(Kind::Builtin, code, arity, &[Value::NIL])
        .expect("invariant: a new VM has memory for its builtins")
}
