//! Bytes (immutable; large ones are ranges of blobs) and buffers (growable).
#![allow(unsafe_code)]

use std::sync::Arc;

use super::raw::Raw;
use super::{Kind, Layout, handle, object_bytes};
use crate::blob::{BLOB_BYTES_MIN, Blob};
use crate::fault::{Fault, NeedGc};
use crate::header::{FROZEN, Header};
use crate::heap::Heap;
use crate::value::Value;

/// `info` caches the hash.
#[repr(C)]
pub struct BytesObject {
    header: Header,
    len: u64,
}
const BYTES_DATA_OFFSET: usize = 16;

#[repr(C)]
pub struct SharedBytesObject {
    header: Header,
    pub(crate) blob: *const Blob,
    offset: u64,
    len: u64,
}

#[repr(C)]
pub struct BufferObject {
    header: Header,
    /// A `Raw`, or nil while nothing was stored.
    storage: Value,
    len: u64,
}

handle!(/** Bytes in the object. */ FlatBytes, BytesObject, Bytes, as_flat_bytes);
handle!(/** A range of a blob. */ SharedBytes, SharedBytesObject, SharedBytes, as_shared_bytes);
handle!(/** Growable bytes. */ Buffer, BufferObject, Buffer, as_buffer);

impl Layout for BytesObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(BYTES_DATA_OFFSET + unsafe { (*this).len } as usize)
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl Layout for SharedBytesObject {
    unsafe fn size(_: *const Self) -> usize {
        32
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl Layout for BufferObject {
    unsafe fn size(_: *const Self) -> usize {
        24
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 1)
    }
}

impl SharedBytes {
    pub fn blob(self) -> Arc<Blob> {
        // SAFETY: the pointer is from `Arc::into_raw` and its reference is held by the handle.
        unsafe {
            Arc::increment_strong_count((*self.raw()).blob);
            Arc::from_raw((*self.raw()).blob)
        }
    }
}

impl Buffer {
    pub fn len(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).len as usize }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    fn storage(self) -> Option<Raw> {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).storage }.as_raw()
    }

    pub fn bytes(&self) -> &[u8] {
        match self.storage() {
            // SAFETY: the first `len` bytes are in the storage.
            Some(storage) => unsafe { std::slice::from_raw_parts(storage.data(), self.len()) },
            None => &[],
        }
    }

    fn check_mutable(self) -> Result<(), Fault> {
        // SAFETY: a handle is alive.
        if unsafe { (*self.raw()).header.has(FROZEN) } { Err(Fault::Frozen) } else { Ok(()) }
    }
}

impl Value {
    /// True for Bytes of either kind.
    #[inline]
    pub fn is_bytes(self) -> bool {
        self.is_kind(Kind::Bytes) || self.is_kind(Kind::SharedBytes)
    }

    /// The content of Bytes or of a Buffer.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self.kind()? {
            // SAFETY: the kind was just tested; `len` bytes follow the length.
            Kind::Bytes => unsafe {
                let object = self.pointer().cast::<BytesObject>();
                let data = object.cast::<u8>().add(BYTES_DATA_OFFSET);
                Some(std::slice::from_raw_parts(data, (*object).len as usize))
            },
            // SAFETY: the handle holds a reference to the blob, and the range lies in it.
            Kind::SharedBytes => unsafe {
                let object = self.pointer().cast::<SharedBytesObject>();
                let start = (*object).offset as usize;
                Some(&(&*(*object).blob).bytes()[start..start + (*object).len as usize])
            },
            Kind::Buffer => {
                let buffer = self.as_buffer()?;
                let content: *const [u8] = buffer.bytes();
                // SAFETY: the storage does not move before the next safepoint.
                Some(unsafe { &*content })
            }
            _ => None,
        }
    }
}

impl Heap {
    /// Immutable bytes.
    pub fn bytes(&mut self, content: &[u8]) -> Result<Value, NeedGc> {
        if content.len() > BLOB_BYTES_MIN {
            self.check_room(content.len())?;
            return self.shared_bytes(Arc::new(Blob::new(content.to_vec())), 0, content.len());
        }
        let object = self.allocate(Kind::Bytes, object_bytes(BYTES_DATA_OFFSET + content.len()), 0, 0)?;
        // SAFETY: just allocated with room for the bytes.
        unsafe {
            (*object.cast::<BytesObject>()).len = content.len() as u64;
            let data = object.cast::<u8>().add(BYTES_DATA_OFFSET);
            std::ptr::copy_nonoverlapping(content.as_ptr(), data, content.len());
        }
        Ok(Value::object(object))
    }

    /// Immutable bytes from an owned vector; large ones are not copied.
    pub fn bytes_owned(&mut self, content: Vec<u8>) -> Result<Value, NeedGc> {
        if content.len() <= BLOB_BYTES_MIN {
            return self.bytes(&content);
        }
        let len = content.len();
        self.shared_bytes(Arc::new(Blob::new(content)), 0, len)
    }

    /// A range of a blob as Bytes.
    pub fn shared_bytes(&mut self, blob: Arc<Blob>, offset: usize, len: usize) -> Result<Value, NeedGc> {
        assert!(offset + len <= blob.bytes().len(), "invariant: the range lies in the blob");
        let object = self.allocate_holder(Kind::SharedBytes, 32, 0, 0, blob.charge())?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let bytes = object.cast::<SharedBytesObject>();
            (*bytes).blob = Arc::into_raw(blob);
            (*bytes).offset = offset as u64;
            (*bytes).len = len as u64;
            self.register_holder(object);
        }
        Ok(Value::object(object))
    }

    /// The bytes from `start` up to `end`, which must lie in `source`.
    pub fn bytes_slice(&mut self, source: Value, start: usize, end: usize) -> Result<Value, NeedGc> {
        if end - start > BLOB_BYTES_MIN
            && let Some(shared) = source.as_shared_bytes()
        {
            // SAFETY: a handle is alive.
            let offset = unsafe { (*shared.raw()).offset } as usize;
            return self.shared_bytes(shared.blob(), offset + start, end - start);
        }
        self.bytes(&source.as_bytes().unwrap_or(&[])[start..end])
    }

    /// An empty buffer with room for `capacity` bytes.
    pub fn buffer(&mut self, capacity: usize) -> Result<Buffer, NeedGc> {
        let storage = if capacity == 0 { Value::NIL } else { self.raw_new(capacity)?.value() };
        let object = self.allocate(Kind::Buffer, 24, 0, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let buffer = object.cast::<BufferObject>();
            (*buffer).storage = storage;
            (*buffer).len = 0;
            Ok(Buffer::from_object(object))
        }
    }

    /// Makes room for `extra` more bytes.
    pub fn buffer_reserve(&mut self, buffer: Buffer, extra: usize) -> Result<(), Fault> {
        buffer.check_mutable()?;
        let needed = buffer.len().checked_add(extra).filter(|&len| len < 1 << 44).ok_or(Fault::TooLarge)?;
        let capacity = buffer.storage().map_or(0, Raw::capacity);
        if needed <= capacity {
            return Ok(());
        }
        let storage = self.raw_new(needed.max(capacity * 2).max(32))?;
        let content = buffer.bytes();
        // SAFETY: the new storage is larger than the content; slot 1 is the storage.
        unsafe {
            std::ptr::copy_nonoverlapping(content.as_ptr(), storage.data(), content.len());
            self.store(buffer.raw().cast(), 1, storage.value())
        }
    }

    /// Appends bytes.
    pub fn buffer_extend(&mut self, buffer: Buffer, content: &[u8]) -> Result<(), Fault> {
        self.buffer_reserve(buffer, content.len())?;
        if let Some(storage) = buffer.storage() {
            // SAFETY: there is room now; `copy` because the content may be the buffer's own.
            unsafe {
                std::ptr::copy(content.as_ptr(), storage.data().add(buffer.len()), content.len());
                (*buffer.raw()).len += content.len() as u64;
            }
        }
        Ok(())
    }

    /// Replaces one byte; `Ok(false)` when the index is out of range.
    pub fn buffer_set(&mut self, buffer: Buffer, index: usize, byte: u8) -> Result<bool, Fault> {
        buffer.check_mutable()?;
        match buffer.storage() {
            Some(storage) if index < buffer.len() => {
                // SAFETY: the index is below the length.
                unsafe { *storage.data().add(index) = byte };
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Makes the buffer shorter.
    pub fn buffer_truncate(&mut self, buffer: Buffer, len: usize) -> Result<(), Fault> {
        buffer.check_mutable()?;
        // SAFETY: a handle is alive; shrinking only.
        unsafe { (*buffer.raw()).len = (*buffer.raw()).len.min(len as u64) };
        Ok(())
    }
}
