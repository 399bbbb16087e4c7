//! FloatArray and IntArray: numbers without boxes, of a fixed length, with element-wise operations.

use heap::{FloatArray, IntArray, Value};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// The number of elements.
    ///
    ///     print(FloatArray([1, 2]).len()) // expect: 2
    "FloatArray.len" "(self)" float_len, PURE;
    /// The sum of the elements.
    ///
    ///     print(FloatArray([1, 2.5]).sum()) // expect: 3.5
    "FloatArray.sum" "(self)" float_sum;
    /// The sum of the products of the elements of both.
    ///
    ///     print(FloatArray([1, 2]).dot(FloatArray([3, 4]))) // expect: 11.0
    "FloatArray.dot" "(self, other: FloatArray)" dot;
    /// A new array with the same elements.
    ///
    ///     print(FloatArray([1]).copy().len()) // expect: 1
    "FloatArray.copy" "(self)" float_copy, ALLOCATES;
    /// Puts a number in every position and gives the array back.
    ///
    ///     print(FloatArray(2).fill(1.5).sum()) // expect: 3.0
    "FloatArray.fill" "(self, value: Int | Float)" float_fill;
    /// Element by element, or each element and a number.
    ///
    ///     print((FloatArray([1, 2]) + FloatArray([3, 4])).sum(), (FloatArray([1, 2]) + 1)[0]) // expect: 10.0 2.0
    "FloatArray.+" "(self, other: Int | Float | FloatArray)" float_add, ALLOCATES;
    /// Element by element, or each element and a number.
    ///
    ///     print((FloatArray([1, 2]) - FloatArray([3, 5]))[1]) // expect: -3.0
    "FloatArray.-" "(self, other: Int | Float | FloatArray)" float_sub, ALLOCATES;
    /// Element by element, or each element and a number.
    ///
    ///     print((FloatArray([1, 2]) * 10).sum()) // expect: 30.0
    "FloatArray.*" "(self, other: Int | Float | FloatArray)" float_mul, ALLOCATES;
    /// Element by element, or each element and a number.
    ///
    ///     print((FloatArray([1, 2]) / 2)[0]) // expect: 0.5
    "FloatArray./" "(self, other: Int | Float | FloatArray)" float_div, ALLOCATES;
    /// Element by element, or each element and an Int; a ValueError where a result has more than 64 bits.
    ///
    ///     print((IntArray([1, 2]) + IntArray([3, 4])).sum()) // expect: 10
    "IntArray.+" "(self, other: Int | IntArray)" int_add, ALLOCATES;
    /// Element by element, or each element and an Int; a ValueError where a result has more than 64 bits.
    ///
    ///     print((IntArray([1, 2]) - 1).sum()) // expect: 1
    "IntArray.-" "(self, other: Int | IntArray)" int_sub, ALLOCATES;
    /// Element by element, or each element and an Int; a ValueError where a result has more than 64 bits.
    ///
    ///     print((IntArray([1, 2]) * 10).sum()) // expect: 30
    "IntArray.*" "(self, other: Int | IntArray)" int_mul, ALLOCATES;
    /// The number of elements.
    ///
    ///     print(IntArray([1, 2]).len()) // expect: 2
    "IntArray.len" "(self)" int_len, PURE;
    /// The sum of the elements.
    ///
    ///     print(IntArray([1, 2]).sum()) // expect: 3
    "IntArray.sum" "(self)" int_sum, ALLOCATES;
    /// A new array with the same elements.
    ///
    ///     print(IntArray([1]).copy().len()) // expect: 1
    "IntArray.copy" "(self)" int_copy, ALLOCATES;
    /// Puts an Int in every position and gives the array back.
    ///
    ///     print(IntArray(3).fill(2).sum()) // expect: 6
    "IntArray.fill" "(self, value: Int)" int_fill;
    #[doc = " A FloatArray of zeros."]
    "__float_zeros" "(len)" float_zeros, ALLOCATES;
    #[doc = " An IntArray of zeros."]
    "__int_zeros" "(len)" int_zeros, ALLOCATES;
    /// An array of that many zeros, or of the numbers of an iterable.
    ///
    ///     print(FloatArray(3).sum(), FloatArray([1, 2]).sum()) // expect: 0.0 3.0
    "FloatArray.new" "(source: Int | Iterable)" new_floats => "__float_array_from", STATIC, ALLOCATES;
    /// An array of that many zeros, or of the Ints of an iterable.
    ///
    ///     print(IntArray(3).sum(), IntArray([1, 2]).sum()) // expect: 0 3
    "IntArray.new" "(source: Int | Iterable)" new_ints => "__int_array_from", STATIC, ALLOCATES;
}

fn float_zeros(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let len = cx.count_of(args[0], "the length")?;
    Ok(cx.heap.float_array(len)?.value())
}

fn int_zeros(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let len = cx.count_of(args[0], "the length")?;
    Ok(cx.heap.int_array(len)?.value())
}

fn floats(cx: &mut Cx, value: Value, what: &str) -> Result<FloatArray, Exit> {
    value.as_float_array().ok_or_else(|| cx.expected(what, "a FloatArray", value))
}

fn ints(cx: &mut Cx, value: Value, what: &str) -> Result<IntArray, Exit> {
    value.as_int_array().ok_or_else(|| cx.expected(what, "an IntArray", value))
}

fn float_len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = floats(cx, args[0], "self")?;
    cx.int(array.elements().len() as i64)
}

fn int_len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = ints(cx, args[0], "self")?;
    cx.int(array.elements().len() as i64)
}

fn float_sum(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = floats(cx, args[0], "self")?;
    cx.charge_ticks(array.elements().len() as u64 / 64);
    Ok(Value::float(array.elements().iter().sum()))
}

fn int_sum(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = ints(cx, args[0], "self")?;
    cx.charge_ticks(array.elements().len() as u64 / 64);
    let total: i128 = array.elements().iter().map(|&number| i128::from(number)).sum();
    Ok(cx.heap.big_int(&total.into())?)
}

fn both(cx: &mut Cx, args: &[Value]) -> Result<(FloatArray, FloatArray), Exit> {
    let (array, other) = (floats(cx, args[0], "self")?, floats(cx, args[1], "the other array")?);
    let (len, other_len) = (array.elements().len(), other.elements().len());
    if len != other_len {
        return Err(cx.value_error(&format!("the arrays have {len} and {other_len} elements")));
    }
    cx.charge_ticks(len as u64 / 64);
    Ok((array, other))
}

fn dot(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (array, other) = both(cx, args)?;
    Ok(Value::float(array.elements().iter().zip(other.elements()).map(|(a, b)| a * b).sum()))
}

fn float_array_of(cx: &mut Cx, numbers: &[f64]) -> Result<Value, Exit> {
    let array = cx.heap.float_array(numbers.len())?;
    cx.heap.float_array_mut(array)?.copy_from_slice(numbers);
    Ok(array.value())
}

fn int_array_of(cx: &mut Cx, numbers: &[i64]) -> Result<Value, Exit> {
    let array = cx.heap.int_array(numbers.len())?;
    cx.heap.int_array_mut(array)?.copy_from_slice(numbers);
    Ok(array.value())
}

/// A FloatArray of `operation` of each element and its partner: an element of the other array, or always one number.
fn float_wise(cx: &mut Cx, args: &[Value], operation: fn(f64, f64) -> f64) -> Result<Value, Exit> {
    if args[1].as_float_array().is_none() {
        let array = floats(cx, args[0], "self")?;
        let number = cx.number_of(args[1], "the other operand")?;
        let result: Vec<f64> = array.elements().iter().map(|&element| operation(element, number)).collect();
        return float_array_of(cx, &result);
    }
    let (array, other) = both(cx, args)?;
    let pairs = array.elements().iter().zip(other.elements());
    let result: Vec<f64> = pairs.map(|(&a, &b)| operation(a, b)).collect();
    float_array_of(cx, &result)
}

fn float_add(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    float_wise(cx, args, |a, b| a + b)
}

fn float_sub(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    float_wise(cx, args, |a, b| a - b)
}

fn float_mul(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    float_wise(cx, args, |a, b| a * b)
}

fn float_div(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    float_wise(cx, args, |a, b| a / b)
}

/// As `float_wise`, on Ints that must fit 64 bits.
fn int_wise(cx: &mut Cx, args: &[Value], operation: fn(i64, i64) -> Option<i64>) -> Result<Value, Exit> {
    let array = ints(cx, args[0], "self")?;
    let len = array.elements().len();
    let partners = match args[1].as_int_array() {
        Some(other) => other.elements().to_vec(),
        None => vec![cx.int_of(args[1], "the other operand")?; len],
    };
    if partners.len() != len {
        return Err(cx.value_error(&format!("the arrays have {len} and {} elements", partners.len())));
    }
    let pairs = array.elements().iter().zip(&partners);
    let result: Option<Vec<i64>> = pairs.map(|(&a, &b)| operation(a, b)).collect();
    match result {
        Some(result) => int_array_of(cx, &result),
        None => Err(cx.value_error("a result does not fit the 64 bits of an IntArray")),
    }
}

fn int_add(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    int_wise(cx, args, i64::checked_add)
}

fn int_sub(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    int_wise(cx, args, i64::checked_sub)
}

fn int_mul(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    int_wise(cx, args, i64::checked_mul)
}

fn float_copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = floats(cx, args[0], "self")?;
    float_array_of(cx, array.elements())
}

fn int_copy(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = ints(cx, args[0], "self")?;
    int_array_of(cx, array.elements())
}

fn float_fill(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = floats(cx, args[0], "self")?;
    let number = cx.number_of(args[1], "the value")?;
    cx.heap.float_array_mut(array)?.fill(number);
    Ok(args[0])
}

fn int_fill(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let array = ints(cx, args[0], "self")?;
    let number = cx.int_of(args[1], "the value")?;
    cx.heap.int_array_mut(array)?.fill(number);
    Ok(args[0])
}

fn new_floats(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_int() {
        return float_zeros(cx, args);
    }
    let list = args[0].as_list().ok_or(Exit::Decline)?;
    let mut numbers = Vec::with_capacity(list.len());
    for &element in list.elements() {
        numbers.push(cx.number_of(element, "an element of a FloatArray")?);
    }
    float_array_of(cx, &numbers)
}

fn new_ints(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_int() {
        return int_zeros(cx, args);
    }
    let list = args[0].as_list().ok_or(Exit::Decline)?;
    let mut numbers = Vec::with_capacity(list.len());
    for &element in list.elements() {
        numbers.push(cx.int_of(element, "an element of an IntArray")?);
    }
    int_array_of(cx, &numbers)
}
