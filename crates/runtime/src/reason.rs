//! Why a process ended: a value that belongs to no heap, so that any number of others can be told.

use std::sync::Arc;

use heap::{Fault, Fragment, Heap, HeapConfig, Shared, Value};

/// A reason. Cheap to clone.
#[derive(Clone)]
pub struct Reason(Arc<Fragment>);

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
    /// A copy of a value out of its heap; `None` when it cannot leave it.
    pub fn of(heap: &mut Heap, value: Value) -> Option<Reason> {
        heap.copy_message(value).ok().map(Reason::from)
    }

    /// A reason of symbols alone: `:killed`, or `(:limit, :heap)`.
    pub fn of_symbols(shared: &Arc<Shared>, symbols: &[Value]) -> Option<Reason> {
        let made = message(shared, |heap| match symbols {
            [symbol] => Ok(*symbol),
            _ => heap.tuple(symbols).map(|tuple| tuple.value()),
        });
        made.map(Reason::from)
    }

    /// The value, to compare or to copy. It must not be stored in a heap that may collect.
    pub fn value(&self) -> Value {
        self.0.root()
    }

    /// `(parts..., reason)` as a message.
    pub fn message_with(&self, shared: &Arc<Shared>, parts: &[Value]) -> Option<Fragment> {
        message(shared, |heap| {
            // The scratch heap refers to the reason only until the copy is made, and never collects.
            let mut elements = parts.to_vec();
            elements.push(self.value());
            heap.tuple(&elements).map(|tuple| tuple.value())
        })
    }

    /// One more copy, as a message.
    pub fn fragment(&self, shared: &Arc<Shared>) -> Option<Fragment> {
        message(shared, |_| Ok(self.value()))
    }
}

impl From<Fragment> for Reason {
    fn from(fragment: Fragment) -> Reason {
        Reason(Arc::new(fragment))
    }
}
