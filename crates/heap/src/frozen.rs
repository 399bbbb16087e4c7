//! The frozen region: immutable objects that all processes of a VM share. Append-only, never moved, never freed
//! before the VM ends. An object is complete and all it refers to is frozen before anyone sees it.
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fault::NeedGc;
use crate::header::{FROZEN, Header};
use crate::kind::fields::FIELDS_MAX;
use crate::kind::{Kind, object_bytes, slot_at};
use crate::shared::Shared;
use crate::value::{PAYLOAD, Value};

const CHUNK_BYTES: usize = 64 * 1024;

pub(crate) struct FrozenRegion {
    state: Mutex<FrozenState>,
    bytes: AtomicUsize,
}

struct FrozenState {
    cursor: usize,
    limit: usize,
    chunks: Vec<(*mut u8, Layout)>,
    /// Handles whose references are given back when the region goes.
    holders: Vec<*mut Header>,
}

// SAFETY: the raw pointers are owned by the region and only used under its lock or in `drop`.
unsafe impl Send for FrozenState {}

impl FrozenRegion {
    pub(crate) fn new() -> FrozenRegion {
        let state = FrozenState { cursor: 0, limit: 0, chunks: Vec::new(), holders: Vec::new() };
        FrozenRegion { state: Mutex::new(state), bytes: AtomicUsize::new(0) }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Room for one object; `None` when the system has no memory.
    pub(crate) fn allocate(&self, bytes: usize) -> Option<*mut Header> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.limit - state.cursor < bytes {
            let chunk_bytes = bytes.max(CHUNK_BYTES);
            let layout = Layout::from_size_align(chunk_bytes, 16).ok()?;
            // SAFETY: the layout is not empty.
            let chunk = unsafe { std::alloc::alloc(layout) };
            if chunk.is_null() {
                return None;
            }
            state.chunks.push((chunk, layout));
            state.cursor = chunk.expose_provenance();
            state.limit = state.cursor + chunk_bytes;
            self.bytes.fetch_add(chunk_bytes, Ordering::Relaxed);
        }
        let object = std::ptr::with_exposed_provenance_mut(state.cursor);
        state.cursor += bytes;
        Some(object)
    }

    pub(crate) fn register_holder(&self, holder: *mut Header) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.holders.push(holder);
    }
}

impl Drop for FrozenRegion {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        for &holder in &state.holders {
            // SAFETY: the handle is complete, and nobody uses the region any more.
            unsafe { crate::holders::release(holder) };
        }
        for &(chunk, layout) in &state.chunks {
            // SAFETY: allocated with this layout.
            unsafe { std::alloc::dealloc(chunk, layout) };
        }
    }
}

impl Shared {
    fn frozen_object(&self, kind: Kind, bytes: usize, aux: u16, info: u32) -> Result<*mut Header, NeedGc> {
        let object = self.frozen.allocate(bytes).ok_or(NeedGc { bytes })?;
        // SAFETY: the region gave room for the object, and nobody else knows it yet.
        unsafe { object.write(Header::new(kind, FROZEN, aux, info)) };
        Ok(object)
    }

    /// A callable for all processes. `slots` must be frozen. See `kind::callable` for what they mean.
    pub fn frozen_callable(
        &self,
        kind: Kind,
        code: u64,
        info: u32,
        slots: &[Value],
    ) -> Result<Value, NeedGc> {
        assert!(matches!(kind, Kind::Function | Kind::Closure | Kind::Builtin | Kind::BoundMethod));
        assert!(code <= PAYLOAD && slots.len() <= u16::MAX as usize, "invariant: limited by the compiler");
        assert!(slots.iter().all(|slot| slot.is_frozen()), "invariant: frozen objects refer to frozen ones");
        let object =
            self.frozen_object(kind, object_bytes(16 + 8 * slots.len()), slots.len() as u16, info)?;
        // SAFETY: just allocated with room for the code word and the slots.
        unsafe {
            *object.cast::<u64>().add(1) = code;
            std::ptr::copy_nonoverlapping(slots.as_ptr(), slot_at(object, 2), slots.len());
        }
        Ok(Value::object(object))
    }

    /// A class or trait value for all processes; `statics` must be frozen.
    pub fn frozen_class(&self, kind: Kind, class_id: u32, statics: &[Value]) -> Result<Value, NeedGc> {
        assert!(matches!(kind, Kind::Class | Kind::Trait) && statics.len() <= FIELDS_MAX);
        assert!(
            statics.iter().all(|slot| slot.is_frozen()),
            "invariant: frozen objects refer to frozen ones"
        );
        let bytes = object_bytes(8 + 8 * statics.len());
        let object = self.frozen_object(kind, bytes, statics.len() as u16, class_id)?;
        // SAFETY: just allocated with room for the fields.
        unsafe { std::ptr::copy_nonoverlapping(statics.as_ptr(), slot_at(object, 1), statics.len()) };
        Ok(Value::object(object))
    }
}

/// True for kinds that hold a reference outside the heap.
pub(crate) fn is_holder(kind: Kind) -> bool {
    matches!(kind, Kind::External | Kind::SharedText | Kind::SharedBytes)
}
