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
pub fn big_from_f64(number: f64) -> Option<IBig> {
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

/// Digits that one conversion of a text to an Int may have: the cost grows faster than the length.
pub const DIGITS_MAX: usize = 1_000_000;

/// Why a text is no Int.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseIntError {
    Malformed,
    TooLong,
}

/// Reads an Int: an optional sign, then digits of `radix` (2 to 36) with single `_` between digits.
pub fn parse_int(text: &str, radix: u32) -> Result<IBig, ParseIntError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let bytes = digits.as_bytes();
    let digit = |byte: u8| (byte as char).is_digit(radix);
    for (position, &byte) in bytes.iter().enumerate() {
        let separator = byte == b'_'
            && position > 0
            && digit(bytes[position - 1])
            && bytes.get(position + 1).is_some_and(|&next| digit(next));
        if !digit(byte) && !separator {
            return Err(ParseIntError::Malformed);
        }
    }
    if bytes.is_empty() {
        return Err(ParseIntError::Malformed);
    }
    if bytes.len() > DIGITS_MAX {
        return Err(ParseIntError::TooLong);
    }
    let plain: String = digits.chars().filter(|&character| character != '_').collect();
    let magnitude = match i64::from_str_radix(&plain, radix) {
        Ok(small) => IBig::from(small),
        Err(_) => {
            let magnitude = UBig::from_str_radix(&plain, radix).map_err(|_| ParseIntError::Malformed)?;
            IBig::from(magnitude)
        }
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// The digits of an Int in a radix from 2 to 36, lower case.
pub fn int_text(integer: Value, radix: u32) -> Option<String> {
    match integer.as_int64() {
        Some(small) if radix == 10 => Some(small.to_string()),
        _ => integer.to_ibig().map(|big| big.in_radix(radix).to_string()),
    }
}

/// The Int that a double truncates to; `None` for NaN and infinities.
pub fn truncate(float: f64) -> Option<IBig> {
    big_from_f64(float.trunc())
}
