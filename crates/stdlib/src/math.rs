//! The module `math`.

use heap::Value;
use vm::{Cx, Exit};

use crate::number::{big, whole};
use crate::rows::rows;

rows! {
    /// The square root; NaN of a negative number.
    ///
    ///     import math
    ///     print(math.sqrt(2.25)) // expect: 1.5
    "math.sqrt" "(x: Int | Float)" sqrt, PURE;
    /// The cube root.
    ///
    ///     import math
    ///     print(math.cbrt(27)) // expect: 3.0
    "math.cbrt" "(x: Int | Float)" cbrt, PURE;
    /// e to the power x.
    ///
    ///     import math
    ///     print(math.exp(0)) // expect: 1.0
    "math.exp" "(x: Int | Float)" exp, PURE;
    /// The natural logarithm, or the one to a base.
    ///
    ///     import math
    ///     print(math.log(1), math.log(8, 2)) // expect: 0.0 3.0
    "math.log" "(x: Int | Float, base: Int | Float = nil)" log, PURE;
    /// The logarithm to base 2.
    ///
    ///     import math
    ///     print(math.log2(8)) // expect: 3.0
    "math.log2" "(x: Int | Float)" log2, PURE;
    /// The logarithm to base 10.
    ///
    ///     import math
    ///     print(math.log10(1000)) // expect: 3.0
    "math.log10" "(x: Int | Float)" log10, PURE;
    /// The sine of an angle in radians.
    ///
    ///     import math
    ///     print(math.sin(0)) // expect: 0.0
    "math.sin" "(x: Int | Float)" sin, PURE;
    /// The cosine of an angle in radians.
    ///
    ///     import math
    ///     print(math.cos(0)) // expect: 1.0
    "math.cos" "(x: Int | Float)" cos, PURE;
    /// The tangent of an angle in radians.
    ///
    ///     import math
    ///     print(math.tan(0)) // expect: 0.0
    "math.tan" "(x: Int | Float)" tan, PURE;
    /// The angle in radians that has this sine.
    ///
    ///     import math
    ///     print(math.asin(0)) // expect: 0.0
    "math.asin" "(x: Int | Float)" asin, PURE;
    /// The angle in radians that has this cosine.
    ///
    ///     import math
    ///     print(math.acos(1)) // expect: 0.0
    "math.acos" "(x: Int | Float)" acos, PURE;
    /// The angle in radians that has this tangent.
    ///
    ///     import math
    ///     print(math.atan(0)) // expect: 0.0
    "math.atan" "(x: Int | Float)" atan, PURE;
    /// The angle of the point (x, y), in radians.
    ///
    ///     import math
    ///     print(math.atan2(0, 1)) // expect: 0.0
    "math.atan2" "(y: Int | Float, x: Int | Float)" atan2, PURE;
    /// The hyperbolic sine.
    ///
    ///     import math
    ///     print(math.sinh(0)) // expect: 0.0
    "math.sinh" "(x: Int | Float)" sinh, PURE;
    /// The hyperbolic cosine.
    ///
    ///     import math
    ///     print(math.cosh(0)) // expect: 1.0
    "math.cosh" "(x: Int | Float)" cosh, PURE;
    /// The hyperbolic tangent.
    ///
    ///     import math
    ///     print(math.tanh(0)) // expect: 0.0
    "math.tanh" "(x: Int | Float)" tanh, PURE;
    /// The length of the hypotenuse: the square root of x * x + y * y, without overflow on the way.
    ///
    ///     import math
    ///     print(math.hypot(3, 4)) // expect: 5.0
    "math.hypot" "(x: Int | Float, y: Int | Float)" hypot, PURE;
    /// The largest Int that is not larger.
    ///
    ///     import math
    ///     print(math.floor(2.7)) // expect: 2
    "math.floor" "(x: Int | Float)" floor, PURE, ALLOCATES;
    /// The smallest Int that is not smaller.
    ///
    ///     import math
    ///     print(math.ceil(2.2)) // expect: 3
    "math.ceil" "(x: Int | Float)" ceil, PURE, ALLOCATES;
    /// The nearest Int, halves away from zero.
    ///
    ///     import math
    ///     print(math.round(2.5)) // expect: 3
    "math.round" "(x: Int | Float)" round, PURE, ALLOCATES;
    /// The Int before the point.
    ///
    ///     import math
    ///     print(math.trunc(-2.7)) // expect: -2
    "math.trunc" "(x: Int | Float)" trunc, PURE, ALLOCATES;
    /// x to the power y, as a Float.
    ///
    ///     import math
    ///     print(math.pow(2, 10)) // expect: 1024.0
    "math.pow" "(x: Int | Float, y: Int | Float)" pow, PURE;
    /// The greatest common divisor, never negative.
    ///
    ///     import math
    ///     print(math.gcd(12, 18)) // expect: 6
    "math.gcd" "(a: Int, b: Int)" gcd, PURE, ALLOCATES;
    /// The least common multiple, never negative.
    ///
    ///     import math
    ///     print(math.lcm(4, 6)) // expect: 12
    "math.lcm" "(a: Int, b: Int)" lcm, PURE, ALLOCATES;
    /// The largest Int whose square is not larger; a ValueError of a negative number.
    ///
    ///     import math
    ///     print(math.isqrt(17)) // expect: 4
    "math.isqrt" "(n: Int)" isqrt, PURE, ALLOCATES;
    /// The product of the Ints from 1 to n.
    ///
    ///     import math
    ///     print(math.factorial(5)) // expect: 120
    "math.factorial" "(n: Int)" factorial, PURE, ALLOCATES;
    /// An angle in radians, in degrees.
    ///
    ///     import math
    ///     print(math.degrees(math.pi)) // expect: 180.0
    "math.degrees" "(x: Int | Float)" degrees, PURE;
    /// An angle in degrees, in radians.
    ///
    ///     import math
    ///     print(math.radians(180) == math.pi) // expect: true
    "math.radians" "(x: Int | Float)" radians, PURE;
    /// The ratio of a circle's circumference to its diameter.
    ///
    ///     import math
    ///     print(math.pi) // expect: 3.141592653589793
    "math.pi" "()" pi, PURE, GETTER;
    /// Twice pi.
    ///
    ///     import math
    ///     print(math.tau) // expect: 6.283185307179586
    "math.tau" "()" tau, PURE, GETTER;
    /// The base of the natural logarithm.
    ///
    ///     import math
    ///     print(math.e) // expect: 2.718281828459045
    "math.e" "()" e, PURE, GETTER;
    /// Positive infinity.
    ///
    ///     import math
    ///     print(math.inf) // expect: inf
    "math.inf" "()" inf, PURE, GETTER;
    /// The Float that is not a number.
    ///
    ///     import math
    ///     print(math.nan) // expect: nan
    "math.nan" "()" nan, PURE, GETTER;
}

macro_rules! of_one_number {
    ($($name:ident $function:expr;)*) => {$(
        fn $name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
            let function: fn(f64) -> f64 = $function;
            Ok(Value::float(function(cx.number_of(args[0], "the number")?)))
        }
    )*};
}
of_one_number! {
    sqrt f64::sqrt;
    cbrt f64::cbrt;
    exp f64::exp;
    log2 f64::log2;
    log10 f64::log10;
    sin f64::sin;
    cos f64::cos;
    tan f64::tan;
    asin f64::asin;
    acos f64::acos;
    atan f64::atan;
    sinh f64::sinh;
    cosh f64::cosh;
    tanh f64::tanh;
    degrees f64::to_degrees;
    radians f64::to_radians;
}

macro_rules! of_two_numbers {
    ($($name:ident $function:expr;)*) => {$(
        fn $name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
            let function: fn(f64, f64) -> f64 = $function;
            let first = cx.number_of(args[0], "the first number")?;
            Ok(Value::float(function(first, cx.number_of(args[1], "the second number")?)))
        }
    )*};
}
of_two_numbers! {
    atan2 f64::atan2;
    hypot f64::hypot;
    pow f64::powf;
}

macro_rules! constants {
    ($($name:ident $value:expr;)*) => {$(
        fn $name(_: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
            Ok(Value::float($value))
        }
    )*};
}
constants! {
    pi std::f64::consts::PI;
    tau std::f64::consts::TAU;
    e std::f64::consts::E;
    inf f64::INFINITY;
    nan f64::NAN;
}

macro_rules! to_whole {
    ($($name:ident $function:expr;)*) => {$(
        fn $name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
            if args[0].is_int() {
                return Ok(args[0]);
            }
            let function: fn(f64) -> f64 = $function;
            let number = function(cx.number_of(args[0], "the number")?);
            whole(cx, number)
        }
    )*};
}
to_whole! {
    floor f64::floor;
    ceil f64::ceil;
    round f64::round;
    trunc f64::trunc;
}

fn log(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.number_of(args[0], "the number")?;
    if !crate::argument::is_given(args[1]) {
        return Ok(Value::float(number.ln()));
    }
    let base = cx.number_of(args[1], "the base")?;
    Ok(Value::float(match base {
        2.0 => number.log2(),
        10.0 => number.log10(),
        base => number.ln() / base.ln(),
    }))
}

fn gcd(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    use dashu_int::ops::Gcd;
    let zero = dashu_int::IBig::ZERO;
    let (a, b) = (big(cx, args[0], "the first number")?, big(cx, args[1], "the second number")?);
    if a == zero && b == zero {
        return Ok(Value::int32(0));
    }
    Ok(cx.heap.big_int(&a.gcd(&b).into())?)
}

fn lcm(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    use dashu_int::ops::Gcd;
    let zero = dashu_int::IBig::ZERO;
    let (a, b) = (big(cx, args[0], "the first number")?, big(cx, args[1], "the second number")?);
    if a == zero || b == zero {
        return Ok(Value::int32(0));
    }
    let divisor: dashu_int::IBig = (&a).gcd(&b).into();
    let (_, magnitude) = (a / divisor * b).into_parts();
    Ok(cx.heap.big_int(&magnitude.into())?)
}

fn isqrt(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    use dashu_int::ops::SquareRoot;
    let number = big(cx, args[0], "the number")?;
    let (sign, magnitude) = number.into_parts();
    if sign == dashu_int::Sign::Negative {
        return Err(cx.value_error("isqrt of a negative number"));
    }
    Ok(cx.heap.big_int(&magnitude.sqrt().into())?)
}

/// One call stays well below a second up to here.
const FACTORIAL_MAX: usize = 20_000;

fn factorial(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.count_of(args[0], "the number")?;
    if number > FACTORIAL_MAX {
        return Err(crate::prelude::TOO_LARGE);
    }
    cx.charge_ticks(number as u64);
    let mut product = dashu_int::IBig::ONE;
    for factor in 2..=number {
        product *= factor;
    }
    Ok(cx.heap.big_int(&product)?)
}
