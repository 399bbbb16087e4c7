//! Conversions: `int`, `float`, `char`, `symbol`, `str`, `repr`, and format specs.

use std::fmt::Write as _;

use heap::Value;
use vm::{Cx, Exit};

use crate::format_spec::Spec;
use crate::rows::rows;

rows! {
    /// The Int that a Float is without its fraction, or that a String spells in a base.
    ///
    ///     print(int(2.9), int("-7"), int("ff", 16)) // expect: 2 -7 255
    "int" "(value: Int | Float | String, base: Int = 10)" int, PURE, ALLOCATES;
    /// The Float that an Int is, or that a String spells.
    ///
    ///     print(float(3), float("1e3")) // expect: 3.0 1000.0
    "float" "(value: Int | Float | String)" float, PURE;
    /// The character with a number in Unicode, or the only character of a String.
    ///
    ///     print(char(97), char("b")) // expect: a b
    "char" "(value: Int | String | Char)" char_of_code, PURE;
    /// The symbol of this name; a ValueError where no code has it.
    ///
    ///     print(symbol("ok") == :ok) // expect: true
    "symbol" "(name: String | Symbol)" symbol;
    /// The text of a value for people.
    ///
    ///     print(str("a") + str(1)) // expect: a1
    "str" "(value)" str_row => "__str", ALLOCATES;
    /// The text of a value for programmers, as code where that is possible.
    ///
    ///     print(repr("a"), repr('b')) // expect: "a" 'b'
    "repr" "(value)" repr_row => "__repr", ALLOCATES;
    /// The text of the value for people.
    ///
    ///     print(12.str() + "!") // expect: 12!
    "Object.str" "(self)" str_row => "__str", ALLOCATES;
    /// The text of the value for programmers, as code where that is possible.
    ///
    ///     print("a".repr()) // expect: "a"
    "Object.repr" "(self)" repr_row => "__repr", ALLOCATES;
    #[doc = " A value without its own `str` laid out by a format spec."]
    "__lay_out" "(value, spec)" format, ALLOCATES;
    #[doc = " A value laid out by a format spec: what `${x:>8.2f}` runs."]
    "__format" "(value, spec)" format => "__format_slow", ALLOCATES;
}

/// Appends the text of a value for people; declines where its class has its own.
pub(crate) fn push_text(cx: &mut Cx, out: &mut String, value: Value) -> Result<(), Exit> {
    if let Some(text) = value.as_str() {
        out.push_str(text);
        return Ok(());
    }
    if let Some(number) = value.as_int64() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{number}");
        return Ok(());
    }
    Ok(heap::write_str(cx.heap, value, out)?)
}

/// Appends the text of a value for programmers; declines where a class has its own.
pub(crate) fn push_repr(cx: &mut Cx, out: &mut String, value: Value) -> Result<(), Exit> {
    Ok(heap::write_repr(cx.heap, value, out)?)
}

/// The text of a value as a String.
pub(crate) fn text(cx: &mut Cx, value: Value) -> Result<Value, Exit> {
    if value.is_string() {
        return Ok(value);
    }
    let mut out = String::new();
    push_text(cx, &mut out, value)?;
    crate::string_edit::owned(cx, out)
}

pub(crate) use heap::print::float_text;

fn str_row(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    text(cx, args[0])
}

fn repr_row(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut out = String::new();
    push_repr(cx, &mut out, args[0])?;
    crate::string_edit::owned(cx, out)
}

fn int(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let value = args[0];
    let base = match Cx::optional(args[1]) {
        Some(base) => cx.int_of(base, "the base")?,
        None => 10,
    };
    if value.is_int() {
        return Ok(value);
    }
    if let Some(number) = value.as_float() {
        return crate::number::whole(cx, number.trunc());
    }
    if !value.is_string() {
        return Err(cx.expected("what int() reads", "a number or a String", value));
    }
    if !(2..=36).contains(&base) {
        return Err(cx.value_error(&format!("the base must be from 2 to 36, got {base}")));
    }
    let text = cx.str_of(&value, "the number")?;
    match int_of_text(text, base as u32) {
        Some(Spelled::Small(number)) => cx.int(number),
        Some(Spelled::Large(number)) => {
            cx.charge_ticks((text.len() as u64 / 64).saturating_pow(2));
            Ok(cx.heap.big_int(&number)?)
        }
        None => Err(cx.value_error(&format!("{} is no Int", quoted(text)))),
    }
}

/// An Int that was read from text.
pub(crate) enum Spelled {
    Small(i64),
    Large(dashu_int::IBig),
}

/// No number with more digits is read: one conversion stays well below a second.
const DIGITS_MAX: usize = 1_000_000;

/// Digits with an optional sign; nothing else, no blanks and no underscores.
pub(crate) fn int_of_text(text: &str, base: u32) -> Option<Spelled> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    if let Ok(number) = i64::from_str_radix(text, base) {
        return Some(Spelled::Small(number));
    }
    dashu_int::IBig::from_str_radix(text, base).ok().map(Spelled::Large)
}

/// A text in quotes for a message, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short:?}...") } else { format!("{short:?}") }
}

fn float(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let value = args[0];
    if !value.is_string() {
        return Ok(Value::float(cx.number_of(value, "what float() reads")?));
    }
    let text = cx.str_of(&value, "the number")?;
    // Rust reads words such as "infinity" too; only the spellings that `str` writes are taken.
    let spelled =
        text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE_".contains(&byte)) && !text.contains('_');
    let number = match text {
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        text if spelled => text.parse().ok(),
        _ => None,
    };
    number.map(Value::float).ok_or_else(|| cx.value_error(&format!("{} is no Float", quoted(text))))
}

pub(crate) fn char_of_code(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let value = args[0];
    if value.is_char() {
        return Ok(value);
    }
    if value.is_string() {
        let text = cx.str_of(&value, "the text")?;
        let mut chars = text.chars();
        return match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(Value::char(only)),
            _ => Err(cx.value_error(&format!("{} is not one character", quoted(text)))),
        };
    }
    let code = cx.int_of(value, "the number of a character")?;
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(letter) => Ok(Value::char(letter)),
        None => Err(cx.value_error(&format!("no character has the number {code}"))),
    }
}

fn symbol(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_symbol() {
        return Ok(args[0]);
    }
    let name = cx.str_of(&args[0], "the name")?;
    match cx.shared().symbols.find(name) {
        Some(id) => Ok(Value::symbol(id)),
        None => Err(cx.value_error(&format!("there is no symbol {}", quoted(name)))),
    }
}

fn format(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[1], "the format spec")?;
    let spec = Spec::parse(text).map_err(|message| cx.value_error(&message))?;
    let laid_out = match formatted(cx, &spec, args[0])? {
        Ok(laid_out) => laid_out,
        Err(message) => return Err(cx.value_error(&message)),
    };
    crate::string_edit::owned(cx, laid_out)
}

/// The laid-out text, or a sentence about why this value does not fit the spec.
fn formatted(cx: &mut Cx, spec: &Spec, value: Value) -> Result<Result<String, String>, Exit> {
    if let Some(number) = value.as_float() {
        return Ok(if spec.kind.is_some_and(|kind| "bcdoxXs".contains(kind)) {
            Err(format!("the format kind {:?} is not for a Float", spec.kind.unwrap_or(' ')))
        } else {
            Ok(spec.lay_out_float(number))
        });
    }
    if value.is_int() {
        return formatted_int(cx, spec, value).map(Ok);
    }
    let mut out = String::new();
    push_text(cx, &mut out, value)?;
    Ok(spec.lay_out_text(&out))
}

fn formatted_int(cx: &mut Cx, spec: &Spec, value: Value) -> Result<String, Exit> {
    if spec.kind.is_some_and(|kind| "eEfFgG%".contains(kind)) || spec.precision.is_some() {
        return Ok(spec.lay_out_float(cx.number_of(value, "the number")?));
    }
    if spec.kind == Some('c') {
        let letter = char_of_code(cx, &[value])?.as_char().unwrap_or('\u{FFFD}');
        let plain = Spec { kind: None, ..*spec };
        return Ok(plain.lay_out_text(&letter.to_string()).unwrap_or_default());
    }
    let (radix, prefix, group) = match spec.kind {
        Some('x' | 'X') => (16, "0x", 4),
        Some('b') => (2, "0b", 4),
        Some('o') => (8, "0o", 4),
        Some(_) | None => (10, "", 3),
    };
    let number = crate::number::big(cx, value, "the number")?;
    let (sign, magnitude) = number.into_parts();
    let digits = magnitude.in_radix(radix).to_string();
    let digits = if spec.kind == Some('X') { digits.to_uppercase() } else { digits };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(spec.lay_out_number(sign == dashu_int::Sign::Negative, prefix, &digits, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, base: u32) -> Option<String> {
        int_of_text(text, base).map(|spelled| match spelled {
            Spelled::Small(number) => number.to_string(),
            Spelled::Large(number) => number.to_string(),
        })
    }

    #[test]
    fn ints_are_read_strictly() {
        assert_eq!(read("42", 10).as_deref(), Some("42"));
        assert_eq!(read("-ff", 16).as_deref(), Some("-255"));
        let large = "123456789012345678901234567890";
        assert_eq!(read(large, 10).as_deref(), Some(large));
        for bad in ["", "-", "+", "12x", " 1", "1_0", "--1", "1.0", "0x10"] {
            assert_eq!(read(bad, 10), None, "{bad:?}");
        }
    }
}
