//! Arrays of unboxed numbers: fixed length, mutable elements, no values inside.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle};
use crate::fault::Fault;
use crate::header::Header;
use crate::heap::Heap;

#[repr(C)]
pub struct NumbersObject {
    header: Header,
    len: u64,
}
pub const NUMBERS_DATA_OFFSET: usize = 16;

handle!(/** Unboxed doubles. */ FloatArray, NumbersObject, FloatArray, as_float_array);
handle!(/** Unboxed 64-bit integers. */ IntArray, NumbersObject, IntArray, as_int_array);

impl Layout for NumbersObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        NUMBERS_DATA_OFFSET + 8 * unsafe { (*this).len } as usize
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

macro_rules! numbers_access {
    ($name:ident, $element:ty, $kind:ident, $new:ident, $change:ident) => {
        impl $name {
            #[inline]
            pub fn elements(&self) -> &[$element] {
                // SAFETY: `len` numbers follow the length; every bit pattern is a number.
                unsafe {
                    let data = self.raw().cast::<u8>().add(NUMBERS_DATA_OFFSET).cast::<$element>();
                    std::slice::from_raw_parts(data, (*self.raw()).len as usize)
                }
            }
        }

        impl Heap {
            /// An array of `len` zeros.
            pub fn $new(&mut self, len: usize) -> Result<$name, Fault> {
                if len > 1 << 40 {
                    return Err(Fault::TooLarge);
                }
                let object = self.allocate(Kind::$kind, NUMBERS_DATA_OFFSET + 8 * len, 0, 0)?;
                // SAFETY: just allocated with room for the numbers.
                unsafe {
                    (*object.cast::<NumbersObject>()).len = len as u64;
                    object.cast::<u8>().add(NUMBERS_DATA_OFFSET).write_bytes(0, 8 * len);
                    Ok($name::from_object(object))
                }
            }

            /// The elements for writing; frozen arrays refuse.
            pub fn $change(&mut self, array: $name) -> Result<&mut [$element], Fault> {
                // SAFETY: `len` numbers follow the length, and the heap is borrowed while they are written.
                unsafe {
                    if (*array.raw()).header.is_frozen() {
                        return Err(Fault::Frozen);
                    }
                    let data = array.raw().cast::<u8>().add(NUMBERS_DATA_OFFSET).cast::<$element>();
                    Ok(std::slice::from_raw_parts_mut(data, (*array.raw()).len as usize))
                }
            }
        }
    };
}
numbers_access!(FloatArray, f64, FloatArray, float_array, float_array_mut);
numbers_access!(IntArray, i64, IntArray, int_array, int_array_mut);
