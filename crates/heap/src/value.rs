//! The NaN-boxed 64-bit word that every Dunlin value is.
//!
//! ```text
//! below 0xFFF9_0000_0000_0000   a double as it is (one canonical NaN)
//! 0xFFF9 | 48-bit address        a heap object
//! 0xFFFA | payload               nil, false, true, Done, the undefined marker
//! 0xFFFB | scalar                a Char
//! 0xFFFC | id                    a Symbol
//! 0xFFFD | 48 bits               a Pid
//! 0xFFFE | 48 bits               a Ref
//! 0xFFFF_0000 | 32-bit payload   an Int that fits an i32
//! ```
//!
//! SAFETY contract of this module. A `Value` with the pointer tag holds the address of a live object of this
//! process' heap or of the frozen region, and **a `Value` outlives no safepoint**: whoever keeps one across a
//! collection must have shown it to the collector as a root. Allocation never collects, so between two
//! safepoints a value may be held and read freely. That is what lets the checked accessors be safe functions.
//! Two values with equal bits are the same value; the language's equality is `equal::equal`.
#![allow(unsafe_code)]

use crate::header::Header;
use crate::kind::Kind;

/// One Dunlin value.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value(u64);

/// The tags, as whole words with an empty payload. Native code pins these in registers.
pub const TAG_POINTER: u64 = 0xFFF9 << 48;
pub const TAG_SPECIAL: u64 = 0xFFFA << 48;
pub const TAG_CHAR: u64 = 0xFFFB << 48;
pub const TAG_SYMBOL: u64 = 0xFFFC << 48;
pub const TAG_PID: u64 = 0xFFFD << 48;
pub const TAG_REF: u64 = 0xFFFE << 48;
pub const TAG_INT: u64 = 0xFFFF << 48;
/// The low 48 bits.
pub const PAYLOAD: u64 = (1 << 48) - 1;
/// The bits of the only NaN that a `Value` may hold.
pub const CANONICAL_NAN: u64 = 0x7FF8 << 48;

impl Value {
    pub const NIL: Value = Value(TAG_SPECIAL);
    pub const FALSE: Value = Value(TAG_SPECIAL | 1);
    pub const TRUE: Value = Value(TAG_SPECIAL | 2);
    /// What an iterator gives when it is at its end.
    pub const DONE: Value = Value(TAG_SPECIAL | 3);
    /// A missing argument or an unset slot. Programs never see it.
    pub const UNDEF: Value = Value(TAG_SPECIAL | 4);

    /// The word itself.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Rebuilds a value from its word.
    ///
    /// # Safety
    /// `bits` must have come from `bits()` of a value that is still alive.
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    /// An Int that fits 32 bits. Larger ones go through `Heap::int`.
    #[inline(always)]
    pub const fn int32(number: i32) -> Value {
        Value(TAG_INT | number as u32 as u64)
    }

    #[inline(always)]
    pub const fn bool(truth: bool) -> Value {
        Value(TAG_SPECIAL | (1 + truth as u64))
    }

    /// A Float; every NaN becomes the canonical one.
    #[inline(always)]
    pub const fn float(number: f64) -> Value {
        if number.is_nan() { Value(CANONICAL_NAN) } else { Value(number.to_bits()) }
    }

    #[inline(always)]
    pub const fn char(scalar: char) -> Value {
        Value(TAG_CHAR | scalar as u64)
    }

    #[inline(always)]
    pub const fn symbol(id: u32) -> Value {
        Value(TAG_SYMBOL | id as u64)
    }

    /// A process identifier; only the low 48 bits are kept.
    #[inline(always)]
    pub const fn pid(id: u64) -> Value {
        Value(TAG_PID | (id & PAYLOAD))
    }

    /// A unique reference; only the low 48 bits are kept.
    #[inline(always)]
    pub const fn reference(id: u64) -> Value {
        Value(TAG_REF | (id & PAYLOAD))
    }

    #[inline(always)]
    pub(crate) fn object(object: *mut Header) -> Value {
        Value(TAG_POINTER | object.expose_provenance() as u64)
    }

    /// True for nil and false.
    #[inline(always)]
    pub const fn is_falsy(self) -> bool {
        (self.0 & !1) == TAG_SPECIAL
    }

    #[inline(always)]
    pub const fn is_truthy(self) -> bool {
        !self.is_falsy()
    }

    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == TAG_SPECIAL
    }

    #[inline(always)]
    pub const fn is_undef(self) -> bool {
        self.0 == Self::UNDEF.0
    }

    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 == Self::FALSE.0 || self.0 == Self::TRUE.0
    }

    /// True for an Int in immediate form; boxed and big ones are objects, see `is_int`.
    #[inline(always)]
    pub const fn is_int32(self) -> bool {
        self.0 >= TAG_INT
    }

    /// True when both are immediate Ints: one test for the pair.
    #[inline(always)]
    pub const fn both_int32(left: Value, right: Value) -> bool {
        (left.0 & right.0) >= TAG_INT
    }

    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0 < TAG_POINTER
    }

    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0 >> 48 == 0xFFF9
    }

    #[inline(always)]
    pub const fn is_char(self) -> bool {
        self.0 >> 48 == 0xFFFB
    }

    #[inline(always)]
    pub const fn is_symbol(self) -> bool {
        self.0 >> 48 == 0xFFFC
    }

    #[inline(always)]
    pub const fn is_pid(self) -> bool {
        self.0 >> 48 == 0xFFFD
    }

    #[inline(always)]
    pub const fn is_reference(self) -> bool {
        self.0 >> 48 == 0xFFFE
    }

    #[inline(always)]
    pub const fn as_int32(self) -> Option<i32> {
        if self.is_int32() { Some(self.0 as u32 as i32) } else { None }
    }

    /// The payload of an immediate Int without a test; meaningless for anything else.
    #[inline(always)]
    pub const fn int32_payload(self) -> i32 {
        self.0 as u32 as i32
    }

    #[inline(always)]
    pub const fn as_float(self) -> Option<f64> {
        if self.is_float() { Some(f64::from_bits(self.0)) } else { None }
    }

    /// The word read as a double without a test; meaningless for anything else.
    #[inline(always)]
    pub const fn float_payload(self) -> f64 {
        f64::from_bits(self.0)
    }

    #[inline(always)]
    pub const fn as_bool(self) -> Option<bool> {
        if self.is_bool() { Some(self.0 == Self::TRUE.0) } else { None }
    }

    #[inline(always)]
    pub const fn as_char(self) -> Option<char> {
        if self.is_char() { char::from_u32(self.0 as u32) } else { None }
    }

    #[inline(always)]
    pub const fn as_symbol(self) -> Option<u32> {
        if self.is_symbol() { Some(self.0 as u32) } else { None }
    }

    #[inline(always)]
    pub const fn as_pid(self) -> Option<u64> {
        if self.is_pid() { Some(self.0 & PAYLOAD) } else { None }
    }

    #[inline(always)]
    pub const fn as_reference(self) -> Option<u64> {
        if self.is_reference() { Some(self.0 & PAYLOAD) } else { None }
    }

    /// The object behind a pointer value. Only call it after `is_object`.
    #[inline(always)]
    pub(crate) fn pointer(self) -> *mut Header {
        debug_assert!(self.is_object());
        std::ptr::with_exposed_provenance_mut((self.0 & PAYLOAD) as usize)
    }

    /// The address of the object behind this value, for native code and identity tables.
    #[inline(always)]
    pub fn object_address(self) -> Option<usize> {
        if self.is_object() { Some((self.0 & PAYLOAD) as usize) } else { None }
    }

    /// The header of a heap object, copied.
    #[inline(always)]
    pub fn header(self) -> Option<Header> {
        // SAFETY: a pointer value is the address of a live object (module contract).
        if self.is_object() { Some(unsafe { *self.pointer() }) } else { None }
    }

    /// The kind of a heap object; `None` for immediates.
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        if self.is_object() {
            // SAFETY: a pointer value is the address of a live object (module contract).
            Some(unsafe { (*self.pointer()).kind() })
        } else {
            None
        }
    }

    #[inline(always)]
    pub fn is_kind(self, kind: Kind) -> bool {
        // SAFETY: a pointer value is the address of a live object (module contract).
        self.is_object() && unsafe { (*self.pointer()).kind_byte() == kind as u8 }
    }

    /// True when the value can never change: an immediate or an object of the frozen region.
    #[inline]
    pub fn is_frozen(self) -> bool {
        match self.header() {
            Some(header) => header.is_frozen(),
            None => true,
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(number) = self.as_int32() {
            write!(formatter, "{number}")
        } else if let Some(number) = self.as_float() {
            write!(formatter, "{number:?}")
        } else {
            write!(formatter, "Value({:#018x})", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_do_not_overlap() {
        let all = [
            Value::NIL,
            Value::TRUE,
            Value::FALSE,
            Value::DONE,
            Value::UNDEF,
            Value::int32(-1),
            Value::int32(0),
            Value::float(f64::NEG_INFINITY),
            Value::float(-f64::NAN),
            Value::char('\u{10FFFF}'),
            Value::symbol(u32::MAX),
            Value::pid(u64::MAX),
            Value::reference(u64::MAX),
        ];
        for value in all {
            let claims = [
                value.0 >> 48 == 0xFFFA,
                value.is_int32(),
                value.is_float(),
                value.is_object(),
                value.is_char(),
                value.is_symbol(),
                value.is_pid(),
                value.is_reference(),
            ];
            assert_eq!(claims.iter().filter(|claim| **claim).count(), 1, "{value:?}");
        }
        assert!(Value::NIL.is_falsy() && Value::FALSE.is_falsy());
        assert!(!Value::TRUE.is_falsy() && !Value::DONE.is_falsy() && !Value::int32(0).is_falsy());
        assert_eq!(Value::int32(i32::MIN).as_int32(), Some(i32::MIN));
        assert!(Value::both_int32(Value::int32(-5), Value::int32(7)));
        assert!(!Value::both_int32(Value::int32(-5), Value::NIL));
    }
}
