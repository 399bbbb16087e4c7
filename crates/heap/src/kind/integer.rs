//! Integers that do not fit an immediate. `Heap::int` and `Heap::big_int` normalise: what fits 32 bits is
//! immediate, what fits 64 is boxed, the rest has limbs. So equal integers always have equal forms.
#![allow(unsafe_code)]

use dashu_int::{IBig, Sign, UBig};

use super::{Kind, Layout, handle, object_bytes};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct BoxedIntObject {
    header: Header,
    pub(crate) number: i64,
}
pub const BOXED_INT_OFFSET: usize = std::mem::offset_of!(BoxedIntObject, number);

/// `info` is the number of limbs, `aux` is 1 for a negative number.
#[repr(C)]
pub struct BigIntObject {
    header: Header,
    limbs: [u64; 0],
}

handle!(/** An Int past 32 bits. */ BoxedInt, BoxedIntObject, BoxedInt, as_boxed_int);
handle!(/** An Int past 64 bits. */ BigInt, BigIntObject, BigInt, as_big_int);

impl Layout for BoxedIntObject {
    unsafe fn size(_: *const Self) -> usize {
        16
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl Layout for BigIntObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(8 + 8 * unsafe { (*this).header.info } as usize)
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl BoxedInt {
    #[inline]
    pub fn get(self) -> i64 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).number }
    }
}

impl BigInt {
    /// Limbs, the lowest first.
    pub fn limbs(&self) -> &[u64] {
        // SAFETY: a handle is alive and `info` limbs follow the header.
        unsafe {
            let object = self.raw();
            let first = object.cast::<u64>().add(1);
            std::slice::from_raw_parts(first, (*object).header.info as usize)
        }
    }

    pub fn is_negative(self) -> bool {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.aux & 1 == 1 }
    }

    pub fn to_ibig(self) -> IBig {
        let magnitude = UBig::from_words(self.limbs());
        IBig::from_parts(if self.is_negative() { Sign::Negative } else { Sign::Positive }, magnitude)
    }
}

const _: () = assert!(dashu_int::Word::BITS == 64);

impl Value {
    /// True for an Int of any size.
    #[inline]
    pub fn is_int(self) -> bool {
        self.is_int32() || self.is_kind(Kind::BoxedInt) || self.is_kind(Kind::BigInt)
    }

    /// An Int that fits 64 bits.
    #[inline]
    pub fn as_int64(self) -> Option<i64> {
        match self.as_int32() {
            Some(small) => Some(small as i64),
            None => self.as_boxed_int().map(BoxedInt::get),
        }
    }

    /// An Int of any size as a library integer.
    pub fn to_ibig(self) -> Option<IBig> {
        match self.as_int64() {
            Some(number) => Some(IBig::from(number)),
            None => self.as_big_int().map(BigInt::to_ibig),
        }
    }
}

impl Heap {
    /// Whether the next Int of up to 64 bits takes the quick way into memory, so that nothing is wanted behind it.
    #[inline(always)]
    pub fn has_room_for_int(&self) -> bool {
        self.limit - self.cursor >= std::mem::size_of::<BoxedIntObject>()
    }

    /// An Int from 64 bits.
    #[inline]
    pub fn int(&mut self, number: i64) -> Result<Value, NeedGc> {
        if number as i32 as i64 == number { Ok(Value::int32(number as i32)) } else { self.boxed_int(number) }
    }

    #[inline]
    fn boxed_int(&mut self, number: i64) -> Result<Value, NeedGc> {
        let object = self.allocate(Kind::BoxedInt, 16, 0, 0)?.cast::<BoxedIntObject>();
        // SAFETY: just allocated with room for the number.
        unsafe { (*object).number = number };
        Ok(Value::object(object.cast()))
    }

    /// An Int of any size in its one form.
    pub fn big_int(&mut self, number: &IBig) -> Result<Value, Fault> {
        if let Ok(small) = i64::try_from(number) {
            return Ok(self.int(small)?);
        }
        let (sign, words) = number.as_sign_words();
        let limbs = words.len();
        if limbs > u32::MAX as usize {
            return Err(Fault::TooLarge);
        }
        let negative = (sign == Sign::Negative) as u16;
        let object = self.allocate(Kind::BigInt, object_bytes(8 + 8 * limbs), negative, limbs as u32)?;
        // SAFETY: just allocated with room for the limbs.
        unsafe {
            std::ptr::copy_nonoverlapping(words.as_ptr(), object.cast::<u64>().add(1), limbs);
        }
        Ok(Value::object(object))
    }
}
