//! Handles of Rust objects (regexes, sockets, host values). `info` is the class id; `extra` is one value for the
//! library that owns the kind.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Kind, Layout, handle};
use crate::blob::ExternalObject;
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct ExternalObjectCell {
    header: Header,
    extra: Value,
    /// From `Arc::into_raw`; the reference is given back by the side list.
    object: *const dyn ExternalObject,
}

handle!(/** A handle of a Rust object. */ External, ExternalObjectCell, External, as_external);

impl Layout for ExternalObjectCell {
    unsafe fn size(_: *const Self) -> usize {
        32
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 1)
    }
}

impl External {
    pub fn class_id(self) -> u32 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.info }
    }

    pub fn extra(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).extra }
    }

    /// The Rust object.
    pub fn object(&self) -> &dyn ExternalObject {
        // SAFETY: the handle owns a reference as long as it is alive.
        unsafe { &*(*self.raw()).object }
    }

    /// One more reference to the Rust object.
    pub fn shared(self) -> Arc<dyn ExternalObject> {
        // SAFETY: the pointer is from `Arc::into_raw` and its reference is held by the handle.
        unsafe {
            let object = (*self.raw()).object;
            Arc::increment_strong_count(object);
            Arc::from_raw(object)
        }
    }

    /// The Rust object as `T`.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        self.object().as_any().downcast_ref::<T>()
    }
}

impl Heap {
    /// A handle of `object`, charged to this heap until the handle dies.
    pub fn external(
        &mut self,
        class_id: u32,
        object: Arc<dyn ExternalObject>,
        extra: Value,
    ) -> Result<External, NeedGc> {
        let charge = object.charge();
        let cell = self.allocate_holder(Kind::External, 32, 0, class_id, charge)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let layout = cell.cast::<ExternalObjectCell>();
            (*layout).extra = extra;
            (*layout).object = Arc::into_raw(object);
            self.register_holder(cell);
            Ok(External::from_object(cell))
        }
    }

    pub fn external_set_extra(&mut self, external: External, extra: Value) -> Result<(), Fault> {
        // SAFETY: slot 1 is the extra value.
        unsafe { self.store(external.raw().cast(), 1, extra) }
    }
}

/// Gives back the reference of a dead handle; returns the bytes it was charged with.
pub(crate) unsafe fn release(cell: *mut Header) -> usize {
    // SAFETY: the caller gives a dead handle whose reference was not given back yet.
    unsafe {
        let object = Arc::from_raw((*cell.cast::<ExternalObjectCell>()).object);
        object.charge()
    }
}
