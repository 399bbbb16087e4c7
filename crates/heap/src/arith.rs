//! Arithmetic on numbers: the complete, slow form of each operator, for Ints of any size and Floats.
//!
//! Results are demoted to the smallest form. The size of a result is checked before it is computed: no Int has
//! more than `BITS_MAX` bits, and what the heap has no room for is refused first.

use std::cmp::Ordering;

use dashu_int::IBig;
use dashu_int::ops::{BitTest, DivRem, UnsignedAbs};

use crate::fault::Fault;
use crate::heap::Heap;
use crate::int::{big_to_f64, limbs_to_f64};
use crate::value::Value;

/// One operation on the largest Ints stays below a second.
pub const BITS_MAX: usize = 1 << 26;

/// A number as the operators see it.
enum Number {
    Small(i64),
    Big(IBig),
    Float(f64),
}

fn number(value: Value) -> Result<Number, Fault> {
    if let Some(small) = value.as_int64() {
        Ok(Number::Small(small))
    } else if let Some(float) = value.as_float() {
        Ok(Number::Float(float))
    } else {
        value.as_big_int().map(|big| Number::Big(big.to_ibig())).ok_or(Fault::WrongType)
    }
}

impl Number {
    fn to_float(&self) -> f64 {
        match self {
            Number::Small(small) => *small as f64,
            Number::Float(float) => *float,
            Number::Big(big) => ibig_to_f64(big),
        }
    }

    fn is_float(&self) -> bool {
        matches!(self, Number::Float(_))
    }

    /// Only for Ints.
    fn into_big(self) -> IBig {
        match self {
            Number::Small(small) => IBig::from(small),
            Number::Big(big) => big,
            Number::Float(_) => unreachable!("invariant: floats are handled before"),
        }
    }
}

/// The double nearest to an integer.
pub fn ibig_to_f64(big: &IBig) -> f64 {
    let (sign, words) = big.as_sign_words();
    limbs_to_f64(words, sign == dashu_int::Sign::Negative)
}

/// An Int or Float as a double (rounded to nearest), `None` for anything else.
pub fn to_f64(value: Value) -> Option<f64> {
    if let Some(float) = value.as_float() {
        return Some(float);
    }
    match value.as_int64() {
        Some(small) => Some(small as f64),
        None => value.as_big_int().map(big_to_f64),
    }
}

fn bits_of(big: &IBig) -> usize {
    big.unsigned_abs().bit_len()
}

/// Gives a large result its value form.
fn finish(heap: &mut Heap, result: &IBig) -> Result<Value, Fault> {
    if bits_of(result) > BITS_MAX { Err(Fault::TooLarge) } else { heap.big_int(result) }
}

/// Refuses results of more than `bits` before they are computed.
fn check_bits(heap: &Heap, bits: usize) -> Result<(), Fault> {
    if bits > BITS_MAX + 64 {
        return Err(Fault::TooLarge);
    }
    Ok(heap.check_room(bits / 8)?)
}

macro_rules! ring_operator {
    ($(#[$doc:meta])* $name:ident, $checked:ident, $operator:tt, $bits:expr) => {
        $(#[$doc])*
        #[inline]
        pub fn $name(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
            if let (Some(left), Some(right)) = (left.as_int32(), right.as_int32()) {
                return Ok(heap.int(left as i64 $operator right as i64)?);
            }
            if let (Some(left), Some(right)) = (left.as_float(), right.as_float()) {
                return Ok(Value::float(left $operator right));
            }
            if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64())
                && let Some(result) = left.$checked(right)
            {
                return Ok(heap.int(result)?);
            }
            match (number(left)?, number(right)?) {
                (Number::Small(left), Number::Small(right)) => match left.$checked(right) {
                    Some(result) => Ok(heap.int(result)?),
                    None => finish(heap, &(IBig::from(left) $operator IBig::from(right))),
                },
                (left, right) if left.is_float() || right.is_float() => {
                    Ok(Value::float(left.to_float() $operator right.to_float()))
                }
                (left, right) => {
                    let (left, right) = (left.into_big(), right.into_big());
                    let bits: fn(usize, usize) -> usize = $bits;
                    check_bits(heap, bits(bits_of(&left), bits_of(&right)))?;
                    finish(heap, &(left $operator right))
                }
            }
        }
    };
}
ring_operator!(/** `left + right` on numbers. */ add, checked_add, +, |left, right| left.max(right) + 1);
ring_operator!(/** `left - right` on numbers. */ subtract, checked_sub, -, |left, right| left.max(right) + 1);
ring_operator!(/** `left * right` on numbers. */ multiply, checked_mul, *, |left, right| left + right);

/// `left / right`: always a Float, correctly rounded for Ints.
pub fn divide(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    let _ = heap;
    let (left, right) = (number(left)?, number(right)?);
    if left.is_float() || right.is_float() {
        return Ok(Value::float(left.to_float() / right.to_float()));
    }
    if let (Number::Small(left), Number::Small(right)) = (&left, &right) {
        // Both are exact doubles, so one rounding happens.
        if left.unsigned_abs() <= 1 << 53 && right.unsigned_abs() <= 1 << 53 {
            return Ok(Value::float(*left as f64 / *right as f64));
        }
    }
    Ok(Value::float(quotient(&left.into_big(), &right.into_big())))
}

/// The double nearest to the quotient of two integers.
fn quotient(left: &IBig, right: &IBig) -> f64 {
    if *right == IBig::ZERO {
        return ibig_to_f64(left) / 0.0;
    }
    if *left == IBig::ZERO {
        return 0.0;
    }
    let negative = (*left < IBig::ZERO) != (*right < IBig::ZERO);
    let (above, below) = (left.unsigned_abs(), right.unsigned_abs());
    // Scale so that the integer quotient has at least 66 bits; the rest only matters as "not zero".
    let shift = below.bit_len() as i64 - above.bit_len() as i64 + 66;
    let (above, below) =
        if shift >= 0 { (above << shift as usize, below) } else { (above, below << (-shift) as usize) };
    let (whole, rest) = (&above).div_rem(&below);
    let sticky = if rest.is_zero() { whole } else { (whole << 1usize) | dashu_int::UBig::ONE };
    let shift = shift + !rest.is_zero() as i64;
    let magnitude = ibig_to_f64(&IBig::from(sticky));
    // Two factors, so that neither overflows before the product does.
    let half = -shift / 2;
    let scaled = if shift > 2200 { 0.0 } else { magnitude * exp2(half) * exp2(-shift - half) };
    if negative { -scaled } else { scaled }
}

fn exp2(exponent: i64) -> f64 {
    2f64.powi(exponent.clamp(-4000, 4000) as i32)
}

/// `left ~/ right`: rounds down.
#[inline]
pub fn floor_divide(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64())
        && left >= 0
        && right > 0
    {
        return Ok(heap.int(left / right)?);
    }
    floor_divide_slow(heap, left, right)
}

fn floor_divide_slow(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    match (number(left)?, number(right)?) {
        (Number::Small(_), Number::Small(0)) => Err(Fault::ZeroDivision),
        (Number::Small(left), Number::Small(right)) => match left.checked_div(right) {
            Some(whole) => {
                let inexact = left % right != 0 && (left < 0) != (right < 0);
                Ok(heap.int(whole - inexact as i64)?)
            }
            None => finish(heap, &-IBig::from(left)),
        },
        (left, right) if left.is_float() || right.is_float() => {
            Ok(Value::float(float_floor_divide(left.to_float(), right.to_float())))
        }
        (left, right) => Ok(finish(heap, &floor_div_rem(left.into_big(), right.into_big())?.0)?),
    }
}

/// `left % right`: has the sign of `right`.
#[inline]
pub fn modulo(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64())
        && left >= 0
        && right > 0
    {
        // A power of two is by far the most common large modulus.
        let rest = if right & (right - 1) == 0 { left & (right - 1) } else { left % right };
        return Ok(heap.int(rest)?);
    }
    modulo_slow(heap, left, right)
}

fn modulo_slow(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    match (number(left)?, number(right)?) {
        (Number::Small(_), Number::Small(0)) => Err(Fault::ZeroDivision),
        (Number::Small(left), Number::Small(right)) => {
            let rest = left.wrapping_rem(right);
            let adjust = rest != 0 && (rest < 0) != (right < 0);
            Ok(heap.int(if adjust { rest + right } else { rest })?)
        }
        (left, right) if left.is_float() || right.is_float() => {
            Ok(Value::float(float_modulo(left.to_float(), right.to_float())))
        }
        (left, right) => Ok(finish(heap, &floor_div_rem(left.into_big(), right.into_big())?.1)?),
    }
}

fn floor_div_rem(left: IBig, right: IBig) -> Result<(IBig, IBig), Fault> {
    if right == IBig::ZERO {
        return Err(Fault::ZeroDivision);
    }
    let (whole, rest) = (&left).div_rem(&right);
    if rest != IBig::ZERO && (rest < IBig::ZERO) != (right < IBig::ZERO) {
        Ok((whole - IBig::ONE, rest + right))
    } else {
        Ok((whole, rest))
    }
}

/// `~/` on doubles.
pub fn float_floor_divide(left: f64, right: f64) -> f64 {
    if right == 0.0 || !left.is_finite() || !right.is_finite() {
        return (left / right).floor();
    }
    // `left / right` may round up to the next integer; the remainder tells the truth.
    let whole = ((left - float_modulo(left, right)) / right).round();
    if whole == 0.0 { 0f64.copysign(left / right) } else { whole }
}

/// `%` on doubles.
pub fn float_modulo(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest == 0.0 {
        0f64.copysign(right)
    } else if (rest < 0.0) != (right < 0.0) {
        rest + right
    } else {
        rest
    }
}

/// `left ** right`: exact on Ints with an exponent that is not negative, else a Float.
pub fn power(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    let (base, exponent) = (number(left)?, number(right)?);
    if base.is_float() || exponent.is_float() {
        return Ok(Value::float(base.to_float().powf(exponent.to_float())));
    }
    let zero = matches!(base, Number::Small(0));
    let negative = match &exponent {
        Number::Small(small) => *small < 0,
        Number::Big(big) => *big < IBig::ZERO,
        Number::Float(_) => false,
    };
    if negative {
        return if zero {
            Err(Fault::ZeroDivision)
        } else {
            Ok(Value::float(base.to_float().powf(exponent.to_float())))
        };
    }
    match (&base, &exponent) {
        (_, Number::Small(0)) => Ok(Value::int32(1)),
        (Number::Small(small @ (0 | 1)), _) => Ok(Value::int32(*small as i32)),
        (Number::Small(-1), Number::Small(exponent)) => {
            Ok(Value::int32(if exponent % 2 == 0 { 1 } else { -1 }))
        }
        (Number::Small(small), Number::Small(exponent)) if *exponent <= 64 => {
            match small.checked_pow(*exponent as u32) {
                Some(result) => Ok(heap.int(result)?),
                None => big_power(heap, IBig::from(*small), *exponent),
            }
        }
        (_, Number::Small(exponent)) => big_power(heap, base_of(&base), *exponent),
        (Number::Small(-1), Number::Big(exponent)) => {
            let even = !exponent.unsigned_abs().bit(0);
            Ok(Value::int32(if even { 1 } else { -1 }))
        }
        _ => Err(Fault::TooLarge),
    }
}

fn base_of(base: &Number) -> IBig {
    match base {
        Number::Small(small) => IBig::from(*small),
        Number::Big(big) => big.clone(),
        Number::Float(_) => unreachable!("invariant: floats are handled before"),
    }
}

fn big_power(heap: &mut Heap, base: IBig, exponent: i64) -> Result<Value, Fault> {
    // A base of n bits is at least 2^(n-1).
    let low_bits = (bits_of(&base) as i64 - 1).checked_mul(exponent).ok_or(Fault::TooLarge)?;
    check_bits(heap, low_bits as usize)?;
    finish(heap, &base.pow(exponent as usize))
}

/// `left << right` for an Int amount that is not negative.
pub fn shift_left(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    let amount = shift_amount(left, right)?;
    if left.as_int32() == Some(0) {
        return Ok(left);
    }
    let amount = amount.filter(|&amount| amount <= BITS_MAX as u64).ok_or(Fault::TooLarge)? as usize;
    if let Some(small) = left.as_int32().filter(|_| amount < 32) {
        return Ok(heap.int((small as i64) << amount)?);
    }
    let big = left.to_ibig().ok_or(Fault::WrongType)?;
    check_bits(heap, bits_of(&big) + amount)?;
    finish(heap, &(big << amount))
}

/// `left >> right`: rounds down.
pub fn shift_right(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
    let amount = shift_amount(left, right)?;
    let amount = amount.map_or(usize::MAX, |amount| amount as usize);
    if let Some(small) = left.as_int64() {
        return Ok(heap.int(small >> amount.min(63))?);
    }
    let big = left.to_ibig().ok_or(Fault::WrongType)?;
    if amount >= bits_of(&big) {
        return Ok(Value::int32(if big < IBig::ZERO { -1 } else { 0 }));
    }
    finish(heap, &(big >> amount))
}

/// The amount of a shift; `None` when it does not fit.
fn shift_amount(left: Value, right: Value) -> Result<Option<u64>, Fault> {
    if !left.is_int() || !right.is_int() {
        return Err(Fault::WrongType);
    }
    match right.as_int64() {
        Some(amount) if amount < 0 => Err(Fault::NegativeShift),
        Some(amount) => Ok(Some(amount as u64)),
        None if right.as_big_int().is_some_and(|big| big.is_negative()) => Err(Fault::NegativeShift),
        None => Ok(None),
    }
}

macro_rules! bit_operator {
    ($(#[$doc:meta])* $name:ident, $operator:tt) => {
        $(#[$doc])*
        pub fn $name(heap: &mut Heap, left: Value, right: Value) -> Result<Value, Fault> {
            if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64()) {
                return Ok(heap.int(left $operator right)?);
            }
            let left = left.to_ibig().ok_or(Fault::WrongType)?;
            let right = right.to_ibig().ok_or(Fault::WrongType)?;
            finish(heap, &(left $operator right))
        }
    };
}
bit_operator!(/** `left & right` in two's complement. */ bit_and, &);
bit_operator!(/** `left | right` in two's complement. */ bit_or, |);
bit_operator!(/** `left ^ right` in two's complement. */ bit_xor, ^);

/// `~value`.
pub fn bit_not(heap: &mut Heap, value: Value) -> Result<Value, Fault> {
    match value.as_int64() {
        Some(small) => Ok(heap.int(!small)?),
        None => finish(heap, &!value.to_ibig().ok_or(Fault::WrongType)?),
    }
}

/// `-value`.
pub fn negate(heap: &mut Heap, value: Value) -> Result<Value, Fault> {
    match number(value)? {
        Number::Float(float) => Ok(Value::float(-float)),
        Number::Small(small) => match small.checked_neg() {
            Some(result) => Ok(heap.int(result)?),
            None => finish(heap, &-IBig::from(small)),
        },
        Number::Big(big) => finish(heap, &-big),
    }
}

/// Order of two numbers by mathematical value; `None` when one is NaN, an error when one is no number.
pub fn compare_numbers(left: Value, right: Value) -> Result<Option<Ordering>, Fault> {
    if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64()) {
        return Ok(Some(left.cmp(&right)));
    }
    match (left.as_float(), right.as_float()) {
        (Some(left), Some(right)) => Ok(left.partial_cmp(&right)),
        (Some(left), None) if right.is_int() => {
            Ok(crate::int::compare_int_float(right, left).map(Ordering::reverse))
        }
        (None, Some(right)) if left.is_int() => Ok(crate::int::compare_int_float(left, right)),
        (None, None) => {
            let left = left.to_ibig().ok_or(Fault::WrongType)?;
            Ok(Some(left.cmp(&right.to_ibig().ok_or(Fault::WrongType)?)))
        }
        _ => Err(Fault::WrongType),
    }
}

#[cfg(test)]
#[path = "arith_tests.rs"]
mod tests;
