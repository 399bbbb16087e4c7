//! Methods of Int and Float.

use heap::Value;
use vm::{Cx, Exit};

use crate::compare::sorts_before;
use crate::rows::rows;

rows! {
    /// The value without its sign.
    ///
    ///     print((-5).abs(), 5.abs()) // expect: 5 5
    "Int.abs" "(self)" abs, PURE, ALLOCATES;
    /// The value without its sign.
    ///
    ///     print((-2.5).abs()) // expect: 2.5
    "Float.abs" "(self)" abs, PURE;
    /// -1, 0 or 1 as the number is negative, zero or positive.
    ///
    ///     print((-5).sign(), 0.sign()) // expect: -1 0
    "Int.sign" "(self)" sign, PURE;
    /// -1, 0 or 1 as the number is negative, zero or positive.
    ///
    ///     print((2.5).sign()) // expect: 1
    "Float.sign" "(self)" sign, PURE;
    /// The smaller of two numbers; NaN only where both are.
    ///
    ///     print(3.min(5)) // expect: 3
    "Int.min" "(self, other)" min => "__less_of_two", PURE;
    /// The smaller of two numbers; NaN only where both are.
    ///
    ///     print((0.5).min(2)) // expect: 0.5
    "Float.min" "(self, other)" min => "__less_of_two", PURE;
    /// The larger of two numbers; NaN where one of them is.
    ///
    ///     print(3.max(5)) // expect: 5
    "Int.max" "(self, other)" max => "__more_of_two", PURE;
    /// The larger of two numbers; NaN where one of them is.
    ///
    ///     print((0.5).max(2)) // expect: 2
    "Float.max" "(self, other)" max => "__more_of_two", PURE;
    /// The number, or the bound that it passes.
    ///
    ///     print(15.clamp(0, 10)) // expect: 10
    "Int.clamp" "(self, low: Int | Float, high: Int | Float)" clamp, PURE;
    /// The number, or the bound that it passes.
    ///
    ///     print((-0.5).clamp(0, 1)) // expect: 0
    "Float.clamp" "(self, low: Int | Float, high: Int | Float)" clamp, PURE;
    /// The number itself.
    ///
    ///     print(7.floor()) // expect: 7
    "Int.floor" "(self)" itself, PURE;
    /// The number itself.
    ///
    ///     print(7.ceil()) // expect: 7
    "Int.ceil" "(self)" itself, PURE;
    /// The number itself.
    ///
    ///     print(7.round()) // expect: 7
    "Int.round" "(self)" itself, PURE;
    /// The number itself.
    ///
    ///     print(7.trunc()) // expect: 7
    "Int.trunc" "(self)" itself, PURE;
    /// The largest Int that is not larger.
    ///
    ///     print((2.7).floor(), (-2.5).floor()) // expect: 2 -3
    "Float.floor" "(self)" floor, PURE, ALLOCATES;
    /// The smallest Int that is not smaller.
    ///
    ///     print((2.2).ceil()) // expect: 3
    "Float.ceil" "(self)" ceil, PURE, ALLOCATES;
    /// The nearest Int, halves away from zero; with a number of digits a Float with so many behind the point.
    ///
    ///     print((2.5).round(), (3.14159).round(2)) // expect: 3 3.14
    "Float.round" "(self, digits: Int = nil)" round, PURE, ALLOCATES;
    /// The Int before the point.
    ///
    ///     print((-2.7).trunc()) // expect: -2
    "Float.trunc" "(self)" trunc, PURE, ALLOCATES;
    /// What stands behind the point.
    ///
    ///     print((2.5).fraction()) // expect: 0.5
    "Float.fraction" "(self)" fraction, PURE;
    /// Whether the Float is not a number.
    ///
    ///     print(nan.nan?(), (1.0).nan?()) // expect: true false
    "Float.nan?" "(self)" is_nan, PURE;
    /// Whether the Float is positive or negative infinity.
    ///
    ///     print(inf.infinite?()) // expect: true
    "Float.infinite?" "(self)" is_infinite, PURE;
    /// Whether the Float is neither infinite nor NaN.
    ///
    ///     print((1.5).finite?(), inf.finite?()) // expect: true false
    "Float.finite?" "(self)" is_finite, PURE;
    /// Whether the Int can be divided by two.
    ///
    ///     print(4.even?(), 5.even?()) // expect: true false
    "Int.even?" "(self)" is_even, PURE;
    /// Whether the Int cannot be divided by two.
    ///
    ///     print(4.odd?(), 5.odd?()) // expect: false true
    "Int.odd?" "(self)" is_odd, PURE;
    /// The digits in a base from 2 to 36.
    ///
    ///     print(255.to_base(16), (-5).to_base(2)) // expect: ff -101
    "Int.to_base" "(self, base: Int)" to_base, PURE, ALLOCATES;
    /// How many bits the value without its sign has.
    ///
    ///     print(255.bit_length(), 0.bit_length()) // expect: 8 0
    "Int.bit_length" "(self)" bit_length, PURE;
    /// How many bits of the value without its sign are 1.
    ///
    ///     print(255.bit_count()) // expect: 8
    "Int.bit_count" "(self)" bit_count, PURE;
    /// The character with this number in Unicode.
    ///
    ///     print(97.char()) // expect: a
    "Int.char" "(self)" crate::convert::char_of_code, PURE;
    /// The quotient and the remainder of a floored division.
    ///
    ///     print(7.divmod(2), (-7).divmod(2)) // expect: (3, 1) (-4, 1)
    "Int.divmod" "(self, other: Int | Float)" divmod, PURE, ALLOCATES;
}

/// An Int of any size.
pub(crate) fn big(cx: &mut Cx, value: Value, what: &str) -> Result<dashu_int::IBig, Exit> {
    value.to_ibig().ok_or_else(|| cx.expected(what, "an Int", value))
}

fn float(cx: &mut Cx, args: &[Value]) -> Result<f64, Exit> {
    args[0].as_float().ok_or_else(|| cx.expected("self", "a Float", args[0]))
}

fn itself(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_int() { Ok(args[0]) } else { Err(cx.expected("self", "an Int", args[0])) }
}

pub(crate) fn abs(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if let Some(number) = args[0].as_float() {
        return Ok(Value::float(number.abs()));
    }
    if let Some(size) = args[0].as_int64().and_then(i64::checked_abs) {
        return cx.int(size);
    }
    let (_, magnitude) = big(cx, args[0], "self")?.into_parts();
    Ok(cx.heap.big_int(&magnitude.into())?)
}

fn sign(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.number_of(args[0], "self")?;
    Ok(Value::int32(if number > 0.0 { 1 } else { -i32::from(number < 0.0) }))
}

fn min(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(if sorts_before(cx, args[1], args[0])? { args[1] } else { args[0] })
}

fn max(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(if sorts_before(cx, args[0], args[1])? { args[1] } else { args[0] })
}

fn clamp(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    cx.number_of(args[1], "the lower bound")?;
    cx.number_of(args[2], "the upper bound")?;
    if sorts_before(cx, args[2], args[1])? {
        return Err(cx.value_error("the lower bound is above the upper one"));
    }
    if sorts_before(cx, args[0], args[1])? {
        return Ok(args[1]);
    }
    Ok(if sorts_before(cx, args[2], args[0])? { args[2] } else { args[0] })
}

/// The Int that a Float without fraction is; NaN and infinities are ValueErrors.
pub(crate) fn whole(cx: &mut Cx, number: f64) -> Result<Value, Exit> {
    if number.abs() < 9.0e18 {
        return cx.int(number as i64);
    }
    match heap::int::big_from_f64(number) {
        Some(big) => Ok(cx.heap.big_int(&big)?),
        None => Err(cx.value_error(&format!("{} is no Int", crate::convert::float_text(number)))),
    }
}

fn floor(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = float(cx, args)?.floor();
    whole(cx, number)
}

fn ceil(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = float(cx, args)?.ceil();
    whole(cx, number)
}

fn trunc(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = float(cx, args)?.trunc();
    whole(cx, number)
}

fn round(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = float(cx, args)?;
    let Some(digits) = crate::argument::some_int(cx, args[1], "the number of digits")? else {
        return whole(cx, number.round());
    };
    if !(0..=300).contains(&digits) {
        return Err(cx.value_error(&format!("the number of digits must be from 0 to 300, got {digits}")));
    }
    if !number.is_finite() {
        return Ok(args[0]);
    }
    // The decimal text is exact, so the last digit is decided by the number itself and not by a rounded product.
    let text = format!("{:.*}", digits as usize, number);
    Ok(Value::float(text.parse().unwrap_or(number)))
}

fn fraction(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::float(float(cx, args)?.fract()))
}

fn is_nan(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(float(cx, args)?.is_nan()))
}

fn is_infinite(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(float(cx, args)?.is_infinite()))
}

fn is_finite(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(float(cx, args)?.is_finite()))
}

fn lowest_bit(cx: &mut Cx, args: &[Value]) -> Result<bool, Exit> {
    if let Some(number) = args[0].as_int64() {
        return Ok(number & 1 == 1);
    }
    match args[0].as_big_int() {
        Some(number) => Ok(number.limbs().first().is_some_and(|limb| limb & 1 == 1)),
        None => Err(cx.expected("self", "an Int", args[0])),
    }
}

fn is_even(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(!lowest_bit(cx, args)?))
}

fn is_odd(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(lowest_bit(cx, args)?))
}

fn to_base(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = big(cx, args[0], "self")?;
    let base = cx.int_of(args[1], "the base")?;
    if !(2..=36).contains(&base) {
        return Err(cx.value_error(&format!("the base must be from 2 to 36, got {base}")));
    }
    let text = number.in_radix(base as u32).to_string();
    crate::string_edit::owned(cx, text)
}

fn bit_length(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    use dashu_int::ops::BitTest;
    let (_, magnitude) = big(cx, args[0], "self")?.into_parts();
    cx.int(magnitude.bit_len() as i64)
}

fn bit_count(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (_, magnitude) = big(cx, args[0], "self")?.into_parts();
    cx.int(magnitude.as_words().iter().map(|word| i64::from(word.count_ones())).sum())
}

fn divmod(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if !args[1].is_int() && !args[1].is_float() {
        return Err(cx.expected("the divisor", "a number", args[1]));
    }
    let quotient = heap::arith::floor_divide(cx.heap, args[0], args[1])?;
    let rest = heap::arith::modulo(cx.heap, args[0], args[1])?;
    cx.tuple(&[quotient, rest])
}
