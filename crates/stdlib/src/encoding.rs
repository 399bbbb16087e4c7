//! The module `encoding`: bytes as text that travels anywhere, and back.

use heap::Value;
use vm::{Cx, Exit};

use crate::bytes::content_of;
use crate::rows::rows;

rows! {
    /// Bytes, or the UTF-8 of a String, as Base64.
    ///
    ///     import encoding
    ///     print(encoding.base64("dunlin"), encoding.base64(b"\xff")) // expect: ZHVubGlu /w==
    "encoding.base64" "(content: String | Bytes | Buffer | List)" base64, ALLOCATES;
    /// The Bytes that a Base64 text stands for, in the common alphabet or the one for addresses (`-` and `_`), with or
    /// without `=` at its end; a ValueError where it is none.
    ///
    ///     import encoding
    ///     print(encoding.from_base64("ZHVubGlu").decode()) // expect: dunlin
    "encoding.from_base64" "(text: String)" from_base64, ALLOCATES;
    /// Bytes, or the UTF-8 of a String, as lower-case hexadecimal text.
    ///
    ///     import encoding
    ///     print(encoding.hex("hi")) // expect: 6869
    "encoding.hex" "(content: String | Bytes | Buffer | List)" hex, ALLOCATES;
    /// The Bytes that a hexadecimal text stands for; a ValueError where it is none.
    ///
    ///     import encoding
    ///     print(encoding.from_hex("6869").decode()) // expect: hi
    "encoding.from_hex" "(text: String)" from_hex, ALLOCATES;
    /// A text as part of an address: all but letters, digits and `-_.~` as `%` and two digits.
    ///
    ///     import encoding
    ///     print(encoding.percent("tea & scones")) // expect: tea%20%26%20scones
    "encoding.percent" "(text: String)" percent, ALLOCATES;
    /// The text that a part of an address stands for; a ValueError where it is none.
    ///
    ///     import encoding
    ///     print(encoding.from_percent("tea%20%26%20scones")) // expect: tea & scones
    "encoding.from_percent" "(text: String)" from_percent, ALLOCATES;
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";
/// So many bytes of content are coded for one tick.
const BYTES_PER_TICK: u64 = 64;

/// The content, once there is room for the result and the work is charged.
fn content(cx: &mut Cx, value: Value, result_bytes: impl Fn(usize) -> usize) -> Result<Vec<u8>, Exit> {
    let content = content_of(cx, value)?;
    cx.heap.check_room(result_bytes(content.len()))?;
    cx.charge_ticks(content.len() as u64 / BYTES_PER_TICK);
    Ok(content)
}

fn text<'v>(cx: &mut Cx, value: &'v Value) -> Result<&'v str, Exit> {
    let text = cx.str_of(value, "the text")?;
    cx.heap.check_room(text.len())?;
    cx.charge_ticks(text.len() as u64 / BYTES_PER_TICK);
    Ok(text)
}

fn base64(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content(cx, args[0], |len| len.div_ceil(3) * 4)?;
    let mut out = String::with_capacity(content.len().div_ceil(3) * 4);
    for group in content.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = BASE64[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    cx.string(&out)
}

fn base64_digit(letter: u8) -> Option<u32> {
    Some(match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// What a Base64 text stands for, or the position of what does not fit.
fn base64_bytes(text: &str) -> Result<Vec<u8>, usize> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    if body.len() % 4 == 1 || padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return Err(body.len());
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for (index, group) in body.as_bytes().chunks(4).enumerate() {
        let mut bits = 0;
        for place in 0..4 {
            let letter = group.get(place).copied().unwrap_or(b'A');
            bits = bits << 6 | base64_digit(letter).ok_or(index * 4 + place)?;
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Ok(out)
}

fn from_base64(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match base64_bytes(text(cx, &args[0])?) {
        Ok(bytes) => Ok(cx.heap.bytes_owned(bytes)?),
        Err(at) => Err(cx.value_error(&format!("no Base64: byte {at} does not fit"))),
    }
}

fn hex(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content(cx, args[0], |len| len * 2)?;
    cx.string(&hex_text(&content))
}

/// Two digits for each byte.
pub(crate) fn hex_text(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(HEX[digit as usize]))
        .collect()
}

fn hex_digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).map(|digit| digit as u8)
}

fn from_hex(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = text(cx, &args[0])?.as_bytes();
    let mut out = Vec::with_capacity(text.len() / 2);
    for (index, pair) in text.chunks(2).enumerate() {
        let digit = |place: usize| pair.get(place).copied().and_then(hex_digit);
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(cx.value_error(&format!("no hexadecimal text: byte {} does not fit", index * 2)));
        };
        out.push(high << 4 | low);
    }
    Ok(cx.heap.bytes_owned(out)?)
}

fn percent(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = text(cx, &args[0])?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let [high, low] =
                [byte >> 4, byte & 15].map(|digit| char::from(HEX[digit as usize]).to_ascii_uppercase());
            out.extend(['%', high, low]);
        }
    }
    cx.string(&out)
}

fn from_percent(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = text(cx, &args[0])?.as_bytes();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digit = |place: usize| text.get(at + place).copied().and_then(hex_digit);
        match (text[at], digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => out.push(high << 4 | low),
            (b'%', ..) => {
                return Err(
                    cx.value_error(&format!("`%` at byte {at} is not followed by two hexadecimal digits"))
                );
            }
            (byte, ..) => out.push(byte),
        }
        at += if text[at] == b'%' { 3 } else { 1 };
    }
    match String::from_utf8(out) {
        Ok(text) => cx.string(&text),
        Err(_) => Err(cx.value_error("what the text stands for is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_read_back() {
        assert_eq!(base64_bytes(""), Ok(vec![]));
        assert_eq!(base64_bytes("/w=="), Ok(vec![255]));
        assert_eq!(base64_bytes("_w"), Ok(vec![255]));
        assert_eq!(base64_bytes("YWI="), Ok(b"ab".to_vec()));
        assert_eq!(base64_bytes("YWJj"), Ok(b"abc".to_vec()));
        for wrong in ["Y", "YWI=x", "Y===", "YW J", "====", "YWI=="] {
            assert!(base64_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
