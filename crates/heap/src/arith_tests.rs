//! Arithmetic against what i128 and exact reasoning say.

use std::sync::Arc;

use super::*;
use crate::heap::HeapConfig;
use crate::print::write_repr;
use crate::shared::Shared;

fn heap() -> Heap {
    Heap::new(HeapConfig::default(), Arc::new(Shared::new(1, usize::MAX)))
}

fn text(heap: &mut Heap, value: Value) -> String {
    let mut out = String::new();
    write_repr(heap, value, &mut out).unwrap();
    out
}

/// Numbers at the edges of each form.
fn samples() -> Vec<i64> {
    let mut all = vec![0, 1, -1, 2, -2, 3, 7, -7, 63, 64, 65, 1000, i64::MAX, i64::MIN, i64::MIN + 1];
    all.extend([
        i32::MAX as i64,
        i32::MIN as i64,
        i32::MAX as i64 + 1,
        i32::MIN as i64 - 1,
        1 << 53,
        1 << 62,
    ]);
    all
}

#[test]
fn small_operators_agree_with_wide_ones() {
    let mut heap = heap();
    for left in samples() {
        for right in samples() {
            let (a, b) = (heap.int(left).unwrap(), heap.int(right).unwrap());
            let (wide_left, wide_right) = (left as i128, right as i128);
            let expect = |heap: &mut Heap, got: Result<Value, Fault>, wide: i128| {
                let got = got.unwrap();
                assert_eq!(text(heap, got), wide.to_string(), "{left} and {right}");
            };
            let sum = add(&mut heap, a, b);
            expect(&mut heap, sum, wide_left + wide_right);
            let difference = subtract(&mut heap, a, b);
            expect(&mut heap, difference, wide_left - wide_right);
            let product = multiply(&mut heap, a, b);
            expect(&mut heap, product, wide_left * wide_right);
            for (got, wide) in [
                (bit_and(&mut heap, a, b), left & right),
                (bit_or(&mut heap, a, b), left | right),
                (bit_xor(&mut heap, a, b), left ^ right),
            ] {
                expect(&mut heap, got, wide as i128);
            }
            if right == 0 {
                assert_eq!(floor_divide(&mut heap, a, b), Err(Fault::ZeroDivision));
                assert_eq!(modulo(&mut heap, a, b), Err(Fault::ZeroDivision));
                continue;
            }
            let floor = wide_left.div_euclid(wide_right)
                - (wide_right < 0 && wide_left.rem_euclid(wide_right) != 0) as i128;
            let whole = floor_divide(&mut heap, a, b);
            expect(&mut heap, whole, floor);
            let rest = modulo(&mut heap, a, b);
            expect(&mut heap, rest, wide_left - floor * wide_right);
        }
    }
}

#[test]
fn large_results_promote_and_demote() {
    let mut heap = heap();
    let two = Value::int32(2);
    let big = power(&mut heap, two, Value::int32(100)).unwrap();
    assert_eq!(text(&mut heap, big), "1267650600228229401496703205376");
    let back = shift_right(&mut heap, big, Value::int32(99)).unwrap();
    assert_eq!(back, two);
    let negative = negate(&mut heap, big).unwrap();
    let down = shift_right(&mut heap, negative, Value::int32(200)).unwrap();
    assert_eq!(down, Value::int32(-1));
    let sum = add(&mut heap, big, negative).unwrap();
    assert_eq!(sum, Value::int32(0));
    let mask = bit_and(&mut heap, negative, Value::int32(-1)).unwrap();
    assert_eq!(text(&mut heap, mask), text(&mut heap, negative));
    let inverted = bit_not(&mut heap, big).unwrap();
    assert_eq!(text(&mut heap, inverted), "-1267650600228229401496703205377");
    let floor = floor_divide(&mut heap, negative, Value::int32(3)).unwrap();
    assert_eq!(text(&mut heap, floor), "-422550200076076467165567735126");
    let rest = modulo(&mut heap, negative, Value::int32(3)).unwrap();
    assert_eq!(rest, Value::int32(2));
}

#[test]
fn sizes_are_checked_before_computing() {
    let mut heap = heap();
    let huge = Value::int32(2_000_000_000);
    assert_eq!(power(&mut heap, Value::int32(3), huge), Err(Fault::TooLarge));
    assert_eq!(shift_left(&mut heap, Value::int32(1), huge), Err(Fault::TooLarge));
    assert_eq!(power(&mut heap, Value::int32(-1), huge), Ok(Value::int32(1)));
    assert_eq!(shift_left(&mut heap, Value::int32(1), Value::int32(-1)), Err(Fault::NegativeShift));
    assert_eq!(power(&mut heap, Value::int32(0), Value::int32(-1)), Err(Fault::ZeroDivision));
    assert_eq!(power(&mut heap, Value::int32(2), Value::int32(-1)), Ok(Value::float(0.5)));
    let config = HeapConfig { bytes_max: 64 * 1024, ..HeapConfig::default() };
    let mut small = Heap::new(config, Arc::new(Shared::new(1, usize::MAX)));
    let result = shift_left(&mut small, Value::int32(1), Value::int32(1 << 22));
    assert!(matches!(result, Err(Fault::NeedGc(_))), "{result:?}");
}

#[test]
fn division_rounds_once() {
    let mut heap = heap();
    let one = Value::int32(1);
    assert_eq!(divide(&mut heap, one, Value::int32(0)), Ok(Value::float(f64::INFINITY)));
    let left = heap.int((1 << 53) + 1).unwrap();
    let right = heap.int(3).unwrap();
    // 9007199254740993 / 3 = 3002399751580331 exactly.
    assert_eq!(divide(&mut heap, left, right), Ok(Value::float(3_002_399_751_580_331.0)));
    let a = power(&mut heap, Value::int32(10), Value::int32(400)).unwrap();
    let b = power(&mut heap, Value::int32(10), Value::int32(399)).unwrap();
    assert_eq!(divide(&mut heap, a, b), Ok(Value::float(10.0)));
    assert_eq!(divide(&mut heap, b, a), Ok(Value::float(0.1)));
    assert_eq!(to_f64(a), Some(f64::INFINITY));
}

#[test]
fn floats_floor_and_order_exactly() {
    assert_eq!(float_floor_divide(7.0, 2.0), 3.0);
    assert_eq!(float_floor_divide(-7.0, 2.0), -4.0);
    assert_eq!(float_modulo(-7.0, 2.0), 1.0);
    assert_eq!(float_modulo(7.0, -2.0), -1.0);
    assert!(float_modulo(1.0, 0.0).is_nan());
    let mut heap = heap();
    let above = heap.int((1 << 53) + 1).unwrap();
    let double = Value::float((1u64 << 53) as f64);
    assert_eq!(compare_numbers(above, double), Ok(Some(Ordering::Greater)));
    assert_eq!(compare_numbers(double, above), Ok(Some(Ordering::Less)));
    let max = heap.int(i64::MAX).unwrap();
    assert_eq!(compare_numbers(max, Value::float(9_223_372_036_854_775_808.0)), Ok(Some(Ordering::Less)));
    let big = power(&mut heap, Value::int32(2), Value::int32(70)).unwrap();
    assert_eq!(compare_numbers(big, Value::float(2f64.powi(70))), Ok(Some(Ordering::Equal)));
    assert_eq!(compare_numbers(big, Value::float(f64::INFINITY)), Ok(Some(Ordering::Less)));
    assert_eq!(compare_numbers(big, Value::float(f64::NAN)), Ok(None));
    assert_eq!(compare_numbers(Value::int32(1), Value::float(1.5)), Ok(Some(Ordering::Less)));
    assert_eq!(compare_numbers(Value::int32(-1), Value::float(-1.5)), Ok(Some(Ordering::Greater)));
}

#[test]
fn conversion_to_double_rounds_to_even() {
    let mut heap = heap();
    for shift in [10, 11, 12, 60, 64, 65, 128, 900] {
        for low in [0i64, 1, 2, 3, (1 << 10) - 1, 1 << 10, (1 << 10) + 1] {
            let base = heap.int((1 << 62) + low).unwrap();
            let value = shift_left(&mut heap, base, Value::int32(shift)).unwrap();
            let big = value.to_ibig().unwrap();
            let expected = big.to_f64().value();
            assert_eq!(to_f64(value), Some(expected), "{low} << {shift}");
        }
    }
}

#[test]
fn text_reads_back() {
    use crate::int::{ParseIntError, parse_int};
    let digits = "123456789012345678901234567890";
    assert_eq!(parse_int(digits, 10).unwrap().to_string(), digits);
    assert_eq!(parse_int("-1_000", 10).unwrap(), IBig::from(-1000));
    assert_eq!(parse_int("ff", 16).unwrap(), IBig::from(255));
    for bad in ["", "-", "12x", "_1", "1_", "1__2", "--1", "é"] {
        assert_eq!(parse_int(bad, 10), Err(ParseIntError::Malformed), "{bad}");
    }
}
