//! Why a process ended: a value that belongs to no heap, so that any number of others can be told.

use std::sync::Arc;

use heap::{Fault, Fragment, Heap, HeapConfig, Shared, Value};

/// A reason. Cheap to clone.
#[derive(Clone)]
pub enum Reason {
    /// Of no heap, or frozen.
    Shared(Value),
    Copied(Arc<Fragment>),
}

/// Makes a message in a heap of its own. `None` when memory has run out.
pub fn message(
    shared: &Arc<Shared>,
    make: impl FnOnce(&mut Heap) -> Result<Value, Fault>,
) -> Option<Fragment> {
    let mut scratch = Heap::new(HeapConfig::default(), shared.clone());
    let value = make(&mut scratch).ok()?;
    scratch.copy_message(value).ok()
}

impl Reason {
    /// A copy of a value out of its heap.
    pub fn of(heap: &mut Heap, value: Value) -> Result<Reason, Fault> {
        if value.is_frozen() {
            return Ok(Reason::Shared(value));
        }
        heap.copy_message(value).map(Reason::from)
    }

    /// A reason of symbols: `(:limit, :heap)`. `None` when memory has run out.
    pub fn of_symbols(shared: &Arc<Shared>, symbols: &[Value]) -> Option<Reason> {
        let made = message(shared, |heap| Ok(heap.tuple(symbols)?.value()));
        made.map(Reason::from)
    }

    /// The value, to compare or to copy. It must not be stored in a heap that may collect.
    pub fn value(&self) -> Value {
        match self {
            Reason::Shared(value) => *value,
            Reason::Copied(fragment) => fragment.root(),
        }
    }

    /// The reason as a value of this heap.
    pub fn copy_into(&self, heap: &mut Heap) -> Result<Value, Fault> {
        match self {
            Reason::Shared(value) => Ok(*value),
            Reason::Copied(fragment) => {
                let copy = heap.copy_message(fragment.root())?;
                Ok(heap.adopt(copy))
            }
        }
    }
}

impl From<Fragment> for Reason {
    fn from(fragment: Fragment) -> Reason {
        Reason::Copied(Arc::new(fragment))
    }
}
