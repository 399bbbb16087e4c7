//! Integers of any size: exact comparison with doubles, conversion.

use std::cmp::Ordering;

use dashu_int::{IBig, UBig};

use crate::kind::integer::BigInt;
use crate::value::Value;

/// The double nearest to a large integer (ties to even); infinite when it is too large.
pub fn big_to_f64(big: BigInt) -> f64 {
    limbs_to_f64(big.limbs(), big.is_negative())
}

pub(crate) fn limbs_to_f64(limbs: &[u64], negative: bool) -> f64 {
    let Some(&top) = limbs.last() else { return 0.0 };
    let zeros = top.leading_zeros();
    let bits = limbs.len() * 64 - zeros as usize;
    // The leading 64 bits, and whether anything below them is not zero.
    let below = if limbs.len() > 1 { limbs[limbs.len() - 2] } else { 0 };
    let mantissa = if zeros == 0 { top } else { top << zeros | below >> (64 - zeros) };
    let mut sticky = zeros != 0 && below << zeros != 0 || zeros == 0 && below != 0;
    sticky |= limbs.len() > 2 && limbs[..limbs.len() - 2].iter().any(|&limb| limb != 0);
    // 64 bits to 53: keep a sticky bit, and let the conversion round to even.
    let rounded = (mantissa | sticky as u64) as f64;
    let exponent = bits as i64 - 64;
    let magnitude = if bits > 1025 { f64::INFINITY } else { scale(rounded, exponent) };
    if negative { -magnitude } else { magnitude }
}

/// `number * 2^exponent` for exponents that do not underflow.
fn scale(number: f64, exponent: i64) -> f64 {
    let half = exponent / 2;
    number * 2f64.powi(half as i32) * 2f64.powi((exponent - half) as i32)
}

/// The integer that a finite double without fraction is.
pub(crate) fn big_from_f64(number: f64) -> Option<IBig> {
    if !number.is_finite() || number.trunc() != number {
        return None;
    }
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i64 - 1075;
    let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
    if number == 0.0 {
        return Some(IBig::ZERO);
    }
    let magnitude = if exponent >= 0 {
        UBig::from(mantissa) << exponent as usize
    } else {
        UBig::from(mantissa >> (-exponent).min(63))
    };
    let integer = IBig::from(magnitude);
    Some(if number < 0.0 { -integer } else { integer })
}

/// Compares an Int of any size with a double by mathematical value; `None` for NaN or when it is no Int.
pub fn compare_int_float(integer: Value, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if let Some(small) = integer.as_int64() {
        return compare_i64_f64(small, float);
    }
    let big = integer.as_big_int()?;
    if float.is_infinite() || float.abs() < 9.0e18 {
        let above = if float.is_infinite() { float < 0.0 } else { !big.is_negative() };
        return Some(if above { Ordering::Greater } else { Ordering::Less });
    }
    // Doubles of this size have no fraction.
    big_from_f64(float).map(|other| big.to_ibig().cmp(&other))
}

fn compare_i64_f64(integer: i64, float: f64) -> Option<Ordering> {
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    let order = integer.cmp(&(whole as i64));
    if order != Ordering::Equal {
        return Some(order);
    }
    0.0f64.partial_cmp(&(float - whole))
}
