//! Char and Symbol.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// The number of the character in Unicode.
    ///
    ///     print('a'.code(), '€'.code()) // expect: 97 8364
    "Char.code" "(self)" code, PURE;
    /// Whether the character is a letter.
    ///
    ///     print('é'.letter?(), '1'.letter?()) // expect: true false
    "Char.letter?" "(self)" is_letter, PURE;
    /// Whether the character is one of 0 to 9.
    ///
    ///     print('7'.digit?(), 'x'.digit?()) // expect: true false
    "Char.digit?" "(self)" is_digit, PURE;
    /// Whether the character is a letter or a digit.
    ///
    ///     print('x'.alphanumeric?(), '-'.alphanumeric?()) // expect: true false
    "Char.alphanumeric?" "(self)" is_alphanumeric, PURE;
    /// Whether the character is white space.
    ///
    ///     print(' '.space?(), '\n'.space?(), 'x'.space?()) // expect: true true false
    "Char.space?" "(self)" is_space, PURE;
    /// Whether the character is an upper-case letter.
    ///
    ///     print('A'.upper?(), 'a'.upper?()) // expect: true false
    "Char.upper?" "(self)" is_upper, PURE;
    /// Whether the character is a lower-case letter.
    ///
    ///     print('A'.lower?(), 'a'.lower?()) // expect: false true
    "Char.lower?" "(self)" is_lower, PURE;
    /// Whether the character is punctuation of ASCII.
    ///
    ///     print('!'.punctuation?(), 'a'.punctuation?()) // expect: true false
    "Char.punctuation?" "(self)" is_punctuation, PURE;
    /// The character in upper case, where that is one character.
    ///
    ///     print('a'.upper(), 'ß'.upper()) // expect: A ß
    "Char.upper" "(self)" upper, PURE;
    /// The character in lower case, where that is one character.
    ///
    ///     print('A'.lower()) // expect: a
    "Char.lower" "(self)" lower, PURE;
    /// The value as a digit of the radix, or nil.
    ///
    ///     print('7'.digit(), 'f'.digit(16), 'x'.digit()) // expect: 7 15 nil
    "Char.digit" "(self, radix: Int = 10)" digit, PURE;
    /// The name as a string.
    ///
    ///     print(:ok.name() + "!") // expect: ok!
    "Symbol.name" "(self)" symbol_name, ALLOCATES;
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<char, Exit> {
    cx.char_of(args[0], "self")
}

fn code(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let letter = this(cx, args)?;
    cx.int(i64::from(u32::from(letter)))
}

macro_rules! char_tests {
    ($($name:ident $test:expr;)*) => {$(
        fn $name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
            let test: fn(char) -> bool = $test;
            Ok(Value::bool(test(this(cx, args)?)))
        }
    )*};
}
char_tests! {
    is_letter |c| c.is_alphabetic();
    is_digit |c| c.is_ascii_digit();
    is_alphanumeric |c| c.is_alphanumeric();
    is_space |c| c.is_whitespace();
    is_upper |c| c.is_uppercase();
    is_lower |c| c.is_lowercase();
    is_punctuation |c| c.is_ascii_punctuation();
}

/// The one character that a case mapping gives, or the same where it gives several.
fn single(mut mapped: impl Iterator<Item = char>, letter: char) -> Value {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => Value::char(one),
        _ => Value::char(letter),
    }
}

fn upper(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let letter = this(cx, args)?;
    Ok(single(letter.to_uppercase(), letter))
}

fn lower(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let letter = this(cx, args)?;
    Ok(single(letter.to_lowercase(), letter))
}

fn digit(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let letter = this(cx, args)?;
    let radix = match Cx::optional(args[1]) {
        Some(radix) => cx.int_of(radix, "the radix")?,
        None => 10,
    };
    if !(2..=36).contains(&radix) {
        return Err(cx.value_error(&format!("the radix must be from 2 to 36, got {radix}")));
    }
    Ok(letter.to_digit(radix as u32).map_or(Value::NIL, |digit| Value::int32(digit as i32)))
}

fn symbol_name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match args[0].as_symbol() {
        Some(_) => crate::convert::text(cx, args[0]),
        None => Err(cx.expected("self", "a Symbol", args[0])),
    }
}
