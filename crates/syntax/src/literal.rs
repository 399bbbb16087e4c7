//! What literals are worth: escapes, numbers, indents.
//!
//! Each function takes the spelling and gives the value, or says what is wrong and where in the spelling.

use std::ops::Range;

use crate::lexer::UNITS;

/// A mistake in a literal; the range is within the text that was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    pub range: Range<usize>,
    pub message: String,
    pub hint: Option<&'static str>,
}

impl Mistake {
    fn new(range: Range<usize>, message: impl Into<String>) -> Mistake {
        Mistake { range, message: message.into(), hint: None }
    }
}

/// An integer of any size.
#[derive(Debug, PartialEq)]
pub enum Number {
    Int(i64),
    /// Decimal digits.
    Big(String),
    Float(f64),
}

/// Which escapes a text may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    Text,
    Bytes,
}

/// The text that a piece of a string stands for.
pub fn unescape(source: &str) -> (String, Vec<Mistake>) {
    let mut bytes = Vec::with_capacity(source.len());
    let mistakes = unescape_into(source, Escapes::Text, &mut bytes);
    (String::from_utf8_lossy(&bytes).into_owned(), mistakes)
}

/// The bytes that the inside of `b"..."` stands for.
pub fn unescape_bytes(source: &str) -> (Vec<u8>, Vec<Mistake>) {
    let mut bytes = Vec::with_capacity(source.len());
    let mistakes = unescape_into(source, Escapes::Bytes, &mut bytes);
    (bytes, mistakes)
}

fn unescape_into(source: &str, escapes: Escapes, out: &mut Vec<u8>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let start = source.len() - rest.len() + at;
        match escape(&source[start..], escapes) {
            Ok((Escaped::Char(character), length)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &source[start + length..];
            }
            Ok((Escaped::Byte(byte), length)) => {
                out.push(byte);
                rest = &source[start + length..];
            }
            Err((length, message)) => {
                mistakes.push(Mistake {
                    range: start..start + length,
                    message,
                    hint: Some("the escapes are \\n \\t \\r \\0 \\e \\\\ \\\" \\' \\$ \\x7f \\u{e9}; raw text is written r\"...\""),
                });
                rest = &source[start + length..];
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    mistakes
}

enum Escaped {
    Char(char),
    Byte(u8),
}

/// Reads one escape at the start of a text: its value and length, or the length to skip and what is wrong.
fn escape(text: &str, escapes: Escapes) -> Result<(Escaped, usize), (usize, String)> {
    let Some(letter) = text[1..].chars().next() else {
        return Err((1, "an escape without its letter".into()));
    };
    let plain = |character| Ok((Escaped::Char(character), 2));
    match letter {
        'n' => plain('\n'),
        't' => plain('\t'),
        'r' => plain('\r'),
        '0' => plain('\0'),
        'e' => plain('\x1b'),
        '\\' | '"' | '\'' | '$' => plain(letter),
        'x' => {
            let digits = text.get(2..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            match value {
                Some(byte) if escapes == Escapes::Bytes || byte < 0x80 => Ok((Escaped::Byte(byte), 4)),
                Some(_) => Err((4, "in text, `\\x` goes up to 7f: write `\\u{...}`".into())),
                None => Err((2, "`\\x` needs two hexadecimal digits".into())),
            }
        }
        'u' => unicode_escape(text),
        other => Err((1 + other.len_utf8(), format!("unknown escape `\\{}`", other.escape_debug()))),
    }
}

fn unicode_escape(text: &str) -> Result<(Escaped, usize), (usize, String)> {
    let Some(close) =
        text.bytes().take(12).position(|byte| byte == b'}').filter(|_| text[2..].starts_with('{'))
    else {
        return Err((2, "`\\u` needs its number in braces: `\\u{e9}`".into()));
    };
    let digits = &text[3..close];
    let value = (1..=6).contains(&digits.len()).then(|| u32::from_str_radix(digits, 16).ok()).flatten();
    match value.and_then(char::from_u32) {
        Some(character) if !digits.starts_with('+') => Ok((Escaped::Char(character), close + 1)),
        _ => Err((close + 1, "this is no Unicode scalar value".into())),
    }
}

/// The character between the quotes of a character literal.
pub fn character(inside: &str) -> Result<char, Mistake> {
    let (text, mut mistakes) = unescape(inside);
    if !mistakes.is_empty() {
        return Err(mistakes.swap_remove(0));
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        (None, _) => Err(Mistake::new(0..0, "a character literal holds one character")),
        (Some(_), Some(_)) => {
            let mut mistake = Mistake::new(0..inside.len(), "a character literal holds one character");
            mistake.hint = Some("text of several characters is a string: \"ab\"");
            Err(mistake)
        }
    }
}

/// The value of a number, unit included. Mistakes of spelling were the lexer's to report: they give zero.
pub fn number(spelling: &str) -> Result<Number, Mistake> {
    let digits: String = spelling.chars().filter(|&character| character != '_').collect();
    let radix = match digits.as_bytes() {
        [b'0', b'x', ..] => 16,
        [b'0', b'o', ..] => 8,
        [b'0', b'b', ..] => 2,
        _ => 10,
    };
    if radix != 10 {
        let valid: String = digits[2..].chars().take_while(|digit| digit.is_digit(radix)).collect();
        return Ok(integer(&valid, radix));
    }
    let body_end = digits
        .char_indices()
        .find(|&(index, character)| {
            character.is_alphabetic()
                && !(matches!(character, 'e' | 'E')
                    && digits[index + 1..]
                        .starts_with(|next: char| next.is_ascii_digit() || matches!(next, '+' | '-')))
        })
        .map_or(digits.len(), |(index, _)| index);
    let (body, suffix) = digits.split_at(body_end);
    if let Some(&(_, unit)) = UNITS.iter().find(|(name, _)| *name == suffix) {
        return with_unit(body, unit).ok_or_else(|| {
            Mistake::new(
                0..spelling.len(),
                format!("`{spelling}` is not a whole number of the smallest unit"),
            )
        });
    }
    if body.contains(['.', 'e', 'E']) {
        return Ok(Number::Float(body.parse().unwrap_or(0.0)));
    }
    Ok(integer(body, 10))
}

/// A decimal times a unit, exactly.
fn with_unit(body: &str, unit: i64) -> Option<Number> {
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let fraction = fraction.trim_end_matches('0');
    let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let product = digits.checked_mul(i128::from(unit))?;
    (product % scale == 0).then_some(())?;
    i64::try_from(product / scale).ok().map(Number::Int)
}

fn integer(digits: &str, radix: u32) -> Number {
    if let Ok(value) = i64::from_str_radix(if digits.is_empty() { "0" } else { digits }, radix) {
        return Number::Int(value);
    }
    if radix == 10 {
        let trimmed = digits.trim_start_matches('0');
        return Number::Big(trimmed.to_string());
    }
    Number::Big(to_decimal(digits, radix))
}

/// Digits of another base as decimal digits. Quadratic in the length, which the parser bounds.
fn to_decimal(digits: &str, radix: u32) -> String {
    const GROUP: u64 = 1_000_000_000;
    let mut groups: Vec<u32> = vec![0];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(radix).unwrap_or(0));
        for group in &mut groups {
            let value = u64::from(*group) * u64::from(radix) + carry;
            *group = (value % GROUP) as u32;
            carry = value / GROUP;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let mut text = String::new();
    for (index, group) in groups.iter().rev().enumerate() {
        text.push_str(&if index == 0 { format!("{group}") } else { format!("{group:09}") });
    }
    text
}

/// Removes the common indent from the parts of a `"""` string; a hole between two parts counts as text.
///
/// A line break directly after the opening quotes is dropped, and so are the blanks before the closing ones
/// when these stand alone on their line. Line breaks become `\n`.
pub fn strip_indent(parts: &[&str]) -> Vec<String> {
    let normal: Vec<String> = parts.iter().map(|part| part.replace("\r\n", "\n")).collect();
    let opens_line = normal.first().is_some_and(|first| first.starts_with('\n'));
    let indent = common_indent(&normal);
    let last = normal.len().saturating_sub(1);
    let mut stripped = Vec::with_capacity(normal.len());
    for (index, part) in normal.iter().enumerate() {
        let mut out = String::with_capacity(part.len());
        for (line_index, line) in part.split('\n').enumerate() {
            if line_index == 0 {
                out.push_str(line);
                continue;
            }
            if !(index == 0 && line_index == 1 && opens_line) {
                out.push('\n');
            }
            let closing = index == last && line_index == part.matches('\n').count();
            let blank = line.trim_start_matches([' ', '\t']).is_empty();
            let cut = line.len().min(indent);
            // Blank lines may be shorter than the indent; the line of the closing quotes holds nothing.
            if !(blank && closing) {
                out.push_str(line.get(cut..).unwrap_or(""));
            }
        }
        stripped.push(out);
    }
    stripped
}

fn common_indent(parts: &[String]) -> usize {
    let mut indent = usize::MAX;
    for part in parts {
        let lines: Vec<&str> = part.split('\n').collect();
        for (line_index, line) in lines.iter().enumerate().skip(1) {
            let width = line.len() - line.trim_start_matches([' ', '\t']).len();
            let blank = width == line.len();
            let ends_part = line_index + 1 == lines.len();
            // A line that holds only blanks says nothing, unless a hole or the closing quotes follow.
            if !blank || ends_part {
                indent = indent.min(width);
            }
        }
    }
    if indent == usize::MAX { 0 } else { indent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_number(spelling: &str, expected: Number) {
        assert_eq!(number(spelling), Ok(expected), "{spelling}");
    }

    #[test]
    fn numbers() {
        check_number("1_000", Number::Int(1000));
        check_number("0xff", Number::Int(255));
        check_number("0b1010", Number::Int(10));
        check_number("1e9", Number::Float(1e9));
        check_number("1.5s", Number::Int(1500));
        check_number("2mb", Number::Int(2 << 20));
        check_number("9223372036854775808", Number::Big("9223372036854775808".into()));
        check_number("0xffffffffffffffffffff", Number::Big("1208925819614629174706175".into()));
        assert!(number("1.0001s").is_err());
        assert!(number("99999999999999999999d").is_err());
    }

    #[test]
    fn escapes() {
        let check = |source: &str, expected: &str| assert_eq!(unescape(source), (expected.into(), vec![]));
        check(r"a\n\u{1F600}\$\x41", "a\n\u{1F600}$A");
        assert_eq!(unescape(r"\q").1.len(), 1);
        assert_eq!(unescape(r"\u{110000}").1.len(), 1);
        assert_eq!(unescape_bytes(r"\xff\n").0, b"\xff\n");
        assert_eq!(unescape(r"\xff").1.len(), 1);
    }

    #[test]
    fn indents() {
        let check = |parts: &[&str], expected: &[&str]| assert_eq!(strip_indent(parts), expected);
        check(&["one line"], &["one line"]);
        check(&["\n    a\n      b\n    "], &["a\n  b\n"]);
        check(&["\n  a\n\n  b\n"], &["  a\n\n  b\n"]);
        check(&["\n  a ", " b\n  c"], &["a ", " b\nc"]);
        check(&["\n    ", "\n    "], &["", "\n"]);
    }
}
