//! Builtin iterators: a source, one extra value, a position and the epoch of the source at the start.
//! `aux` is a tag of the library that made it.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct IteratorObject {
    header: Header,
    source: Value,
    extra: Value,
    position: u64,
    epoch: u64,
}
pub const ITERATOR_SOURCE_OFFSET: usize = std::mem::offset_of!(IteratorObject, source);
pub const ITERATOR_POSITION_OFFSET: usize = std::mem::offset_of!(IteratorObject, position);

handle!(/** State of a builtin iterator. */ Iterator, IteratorObject, Iterator, as_iterator);

impl Layout for IteratorObject {
    unsafe fn size(_: *const Self) -> usize {
        40
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 2)
    }
}

impl Iterator {
    #[inline]
    pub fn tag(self) -> u16 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.aux }
    }
    #[inline]
    pub fn source(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).source }
    }
    #[inline]
    pub fn extra(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).extra }
    }
    #[inline]
    pub fn position(self) -> u64 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).position }
    }
    #[inline]
    pub fn set_position(self, position: u64) {
        // SAFETY: a handle is alive; iterators are never frozen.
        unsafe { (*self.raw()).position = position };
    }
    #[inline]
    pub fn epoch(self) -> u64 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).epoch }
    }
    #[inline]
    pub fn set_epoch(self, epoch: u64) {
        // SAFETY: a handle is alive; iterators are never frozen.
        unsafe { (*self.raw()).epoch = epoch };
    }
}

impl Heap {
    pub fn iterator(&mut self, tag: u16, source: Value, extra: Value) -> Result<Iterator, NeedGc> {
        let object = self.allocate(Kind::Iterator, 40, tag, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let iterator = object.cast::<IteratorObject>();
            (*iterator).source = source;
            (*iterator).extra = extra;
            (*iterator).position = 0;
            (*iterator).epoch = 0;
            Ok(Iterator::from_object(object))
        }
    }

    /// Replaces the source.
    pub fn iterator_set_source(&mut self, iterator: Iterator, source: Value) -> Result<(), Fault> {
        // SAFETY: slot 1 is the source.
        unsafe { self.store(iterator.raw().cast(), 1, source) }
    }

    /// Replaces the extra value.
    pub fn iterator_set_extra(&mut self, iterator: Iterator, extra: Value) -> Result<(), Fault> {
        // SAFETY: slot 2 is the extra value.
        unsafe { self.store(iterator.raw().cast(), 2, extra) }
    }
}
