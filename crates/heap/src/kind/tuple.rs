//! Tuples: a fixed number of values, immutable.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle, object_bytes, slot_at};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

/// `info` is the length; the elements follow the header.
#[repr(C)]
pub struct TupleObject {
    header: Header,
    elements: [Value; 0],
}
pub const TUPLE_ELEMENTS_OFFSET: usize = std::mem::offset_of!(TupleObject, elements);

handle!(/** A fixed sequence. */ Tuple, TupleObject, Tuple, as_tuple);

impl Layout for TupleObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(8 + 8 * unsafe { (*this).header.info } as usize)
    }
    unsafe fn slots(this: *const Self) -> (usize, usize) {
        // SAFETY: a live object.
        (1, unsafe { (*this).header.info } as usize)
    }
}

impl Tuple {
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.info as usize }
    }

    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub fn get(self, index: usize) -> Option<Value> {
        self.elements().get(index).copied()
    }

    #[inline(always)]
    pub fn elements(&self) -> &[Value] {
        // SAFETY: `len` elements follow the header.
        unsafe { std::slice::from_raw_parts(slot_at(self.raw().cast(), 1), self.len()) }
    }
}

impl Value {
    /// The elements of a tuple or list, valid until it is changed or a safepoint is passed.
    #[inline]
    pub fn sequence_elements(&self) -> Option<&[Value]> {
        let elements: *const [Value] = match self.kind()? {
            Kind::Tuple => self.as_tuple()?.elements(),
            Kind::List => self.as_list()?.elements(),
            _ => return None,
        };
        // SAFETY: the elements lie in the heap, not in the handle, and live as long as the value does.
        Some(unsafe { &*elements })
    }
}

impl Heap {
    pub fn tuple(&mut self, elements: &[Value]) -> Result<Tuple, Fault> {
        let len = u32::try_from(elements.len()).map_err(|_| Fault::TooLarge)?;
        Ok(self.tuple_of_len(elements, len)?)
    }

    /// A pair, as map iteration gives them.
    pub fn pair(&mut self, first: Value, second: Value) -> Result<Tuple, NeedGc> {
        self.tuple_of_len(&[first, second], 2)
    }

    fn tuple_of_len(&mut self, elements: &[Value], len: u32) -> Result<Tuple, NeedGc> {
        let object = self.allocate(Kind::Tuple, object_bytes(8 + 8 * elements.len()), 0, len)?;
        // SAFETY: just allocated with room for the elements.
        unsafe {
            std::ptr::copy_nonoverlapping(elements.as_ptr(), slot_at(object, 1), elements.len());
            Ok(Tuple::from_object(object))
        }
    }
}
