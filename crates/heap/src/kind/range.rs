//! Ranges: two bounds, immutable. An absent bound is nil.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle};
use crate::fault::NeedGc;
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

/// `aux` is 1 when the end belongs to the range.
#[repr(C)]
pub struct RangeObject {
    header: Header,
    start: Value,
    end: Value,
}
pub const RANGE_START_OFFSET: usize = std::mem::offset_of!(RangeObject, start);
pub const RANGE_END_OFFSET: usize = std::mem::offset_of!(RangeObject, end);

handle!(/** Two bounds. */ Range, RangeObject, Range, as_range);

impl Layout for RangeObject {
    unsafe fn size(_: *const Self) -> usize {
        24
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 2)
    }
}

impl Range {
    #[inline]
    pub fn start(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).start }
    }

    #[inline]
    pub fn end(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).end }
    }

    /// True for `a..=b`.
    #[inline]
    pub fn is_inclusive(self) -> bool {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.aux & 1 == 1 }
    }
}

impl Heap {
    /// `start..end`; nil stands for an absent bound.
    pub fn range(&mut self, start: Value, end: Value) -> Result<Range, NeedGc> {
        self.range_of(start, end, 0)
    }

    /// `start..=end`.
    pub fn range_inclusive(&mut self, start: Value, end: Value) -> Result<Range, NeedGc> {
        self.range_of(start, end, 1)
    }

    fn range_of(&mut self, start: Value, end: Value, aux: u16) -> Result<Range, NeedGc> {
        let object = self.allocate(Kind::Range, 24, aux, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let range = object.cast::<RangeObject>();
            (*range).start = start;
            (*range).end = end;
            Ok(Range::from_object(object))
        }
    }
}
