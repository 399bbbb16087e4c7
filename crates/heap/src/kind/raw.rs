//! Storage without values: index tables, bytes of buffers, offset tables.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle, object_bytes};
use crate::fault::NeedGc;
use crate::header::Header;
use crate::heap::{Heap, LARGE_BYTES_MIN};

#[repr(C)]
pub struct RawObject {
    header: Header,
    capacity: u64,
}
pub const RAW_DATA_OFFSET: usize = 16;

handle!(/** Bytes without meaning to the collector. */ Raw, RawObject, Raw, as_raw);

impl Layout for RawObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(RAW_DATA_OFFSET + unsafe { (*this).capacity } as usize)
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl Raw {
    /// Room in bytes.
    #[inline(always)]
    pub(crate) fn capacity(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).capacity as usize }
    }

    #[inline(always)]
    pub(crate) fn data(self) -> *mut u8 {
        // SAFETY: the data follow the two words.
        unsafe { self.raw().cast::<u8>().add(RAW_DATA_OFFSET) }
    }
}

impl Heap {
    /// Storage of zero bytes.
    pub(crate) fn raw_new(&mut self, capacity: usize) -> Result<Raw, NeedGc> {
        let capacity = (capacity + 7) & !7;
        let bytes = object_bytes(RAW_DATA_OFFSET + capacity);
        let large = bytes > LARGE_BYTES_MIN;
        let object = if large {
            self.allocate_zeroed(Kind::Raw, bytes)?
        } else {
            self.allocate(Kind::Raw, bytes, 0, 0)?
        };
        // SAFETY: just allocated with that room.
        unsafe {
            (*object.cast::<RawObject>()).capacity = capacity as u64;
            if !large {
                object.cast::<u8>().add(RAW_DATA_OFFSET).write_bytes(0, capacity);
            }
            Ok(Raw::from_object(object))
        }
    }
}
