//! Bytes and Buffer.

use heap::{Buffer, Value};
use vm::{Cx, Exit};

use crate::argument::slice_bounds;
use crate::rows::rows;

rows! {
    /// Bytes of the Ints of a list, of the UTF-8 of a String, or of a Buffer.
    ///
    ///     print(Bytes([104, 105]), Bytes("hi")) // expect: b"hi" b"hi"
    "Bytes.new" "(content: String | Bytes | Buffer | List = nil)" new, STATIC, ALLOCATES;
    /// An empty buffer, or one that begins with some Bytes or the UTF-8 of a String.
    ///
    ///     print(Buffer("hi").bytes()) // expect: b"hi"
    "Buffer.new" "(content: String | Bytes | Buffer | List = nil)" new_buffer, STATIC, ALLOCATES;
    /// The number of bytes.
    ///
    ///     print(b"ab\xff".len()) // expect: 3
    "Bytes.len" "(self)" len, PURE;
    /// Whether there are no bytes.
    ///
    ///     print(b"".empty?()) // expect: true
    "Bytes.empty?" "(self)" is_empty, PURE;
    /// The bytes from `start` up to `end`; positions outside are cut.
    ///
    ///     print(b"abc".slice(1)) // expect: b"bc"
    "Bytes.slice" "(self, start: Int | Nil, end: Int = nil)" slice, ALLOCATES;
    /// The bytes of both.
    ///
    ///     print(b"a" + b"b") // expect: b"ab"
    "Bytes.+" "(self, other: Bytes)" concat, ALLOCATES;
    /// The text that these bytes are in UTF-8; a ValueError where they are none.
    ///
    ///     print(b"h\xc3\xa9".decode()) // expect: hé
    "Bytes.decode" "(self)" decode, ALLOCATES;
    /// The bytes as lower-case hexadecimal text.
    ///
    ///     print(b"\x01\xff".hex()) // expect: 01ff
    "Bytes.hex" "(self)" hex, ALLOCATES;
    /// The position of the first occurrence of some bytes, or nil.
    ///
    ///     print(b"hello".find(b"l")) // expect: 2
    "Bytes.find" "(self, part: Bytes | Buffer | Callable)" find => "__bytes_find";
    #[doc = " The position of some bytes, as `find` gives it."]
    "__bytes_position" "(bytes, part)" position;
    /// The number of bytes.
    ///
    ///     print(Buffer().push(1).len()) // expect: 1
    "Buffer.len" "(self)" len;
    /// Whether there are no bytes.
    ///
    ///     print(Buffer().empty?()) // expect: true
    "Buffer.empty?" "(self)" is_empty;
    /// Appends a byte and gives the buffer back.
    ///
    ///     print(Buffer().push(104).push(105).bytes()) // expect: b"hi"
    "Buffer.push" "(self, byte: Int)" push;
    /// Appends Bytes, the UTF-8 of a String, or another Buffer, and gives the buffer back.
    ///
    ///     print(Buffer().extend("hi").extend(b"!").bytes()) // expect: b"hi!"
    "Buffer.extend" "(self, content: String | Bytes | Buffer | List)" extend;
    /// Removes all bytes and gives the buffer back.
    ///
    ///     print(Buffer().push(1).clear().len()) // expect: 0
    "Buffer.clear" "(self)" clear;
    /// The content so far as Bytes.
    ///
    ///     print(Buffer().extend("ab").bytes()) // expect: b"ab"
    "Buffer.bytes" "(self)" content, ALLOCATES;
    /// The text that the content is in UTF-8; a ValueError where it is none.
    ///
    ///     print(Buffer().extend("ab").decode()) // expect: ab
    "Buffer.decode" "(self)" decode, ALLOCATES;
}

fn this<'v>(cx: &mut Cx, args: &'v [Value]) -> Result<&'v [u8], Exit> {
    args[0].as_bytes().ok_or_else(|| cx.expected("self", "Bytes or a Buffer", args[0]))
}

fn buffer(cx: &mut Cx, args: &[Value]) -> Result<Buffer, Exit> {
    args[0].as_buffer().ok_or_else(|| cx.expected("self", "a Buffer", args[0]))
}

/// The bytes that a value stands for: an argument that must be given.
pub(crate) fn content_of(cx: &mut Cx, value: Value) -> Result<Vec<u8>, Exit> {
    if let Some(bytes) = value.as_bytes() {
        return Ok(bytes.to_vec());
    }
    if value.is_string() {
        return Ok(cx.str_of(&value, "the content")?.as_bytes().to_vec());
    }
    let Some(list) = value.as_list() else {
        return Err(cx.expected("the content", "Bytes, a String or a List of Ints", value));
    };
    let mut bytes = Vec::with_capacity(list.len());
    for &element in list.elements() {
        bytes.push(byte_of(cx, element)?);
    }
    Ok(bytes)
}

fn byte_of(cx: &mut Cx, value: Value) -> Result<u8, Exit> {
    let number = cx.int_of(value, "a byte")?;
    u8::try_from(number).map_err(|_| cx.value_error(&format!("a byte is from 0 to 255, got {number}")))
}

fn some_content(cx: &mut Cx, value: Value) -> Result<Vec<u8>, Exit> {
    if crate::argument::is_given(value) { content_of(cx, value) } else { Ok(Vec::new()) }
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = some_content(cx, args[0])?;
    Ok(cx.heap.bytes_owned(content)?)
}

fn new_buffer(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = some_content(cx, args[0])?;
    let buffer = cx.heap.buffer(content.len())?;
    cx.heap.buffer_extend(buffer, &content)?;
    Ok(buffer.value())
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = this(cx, args)?;
    cx.int(bytes.len() as i64)
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(this(cx, args)?.is_empty()))
}

fn slice(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let len = this(cx, args)?.len();
    let (start, end) = slice_bounds(cx, args[1], args[2], len)?;
    Ok(cx.heap.bytes_slice(args[0], start, end)?)
}

fn concat(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = this(cx, args)?;
    if !args[1].is_bytes() {
        return Err(cx.expected("what is added to Bytes", "Bytes", args[1]));
    }
    let other = args[1].as_bytes().unwrap_or(&[]);
    cx.heap.check_room(bytes.len() + other.len())?;
    Ok(cx.heap.bytes_owned([bytes, other].concat())?)
}

fn decode(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = this(cx, args)?;
    cx.charge_ticks(bytes.len() as u64 / 128);
    match std::str::from_utf8(bytes) {
        Ok(text) => cx.string(text),
        Err(error) => Err(cx.value_error(&format!("not UTF-8: byte {} does not fit", error.valid_up_to()))),
    }
}

fn hex(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = this(cx, args)?;
    cx.heap.check_room(bytes.len() * 2)?;
    let out = crate::encoding::hex_text(bytes);
    crate::string_edit::owned(cx, out)
}

fn find(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if heap::class_id_of(args[1]) == heap::ClassId::Function.id() {
        Err(Exit::Decline)
    } else {
        position(cx, args)
    }
}

/// The first place of a part that is not empty, in time linear in both: after a mismatch the search goes on behind the
/// longest beginning of the part that the bytes read so far end with.
fn position_of(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let mut borders = vec![0; part.len()];
    let mut matched = 0;
    for at in 1..part.len() {
        while matched > 0 && part[matched] != part[at] {
            matched = borders[matched - 1];
        }
        matched += usize::from(part[matched] == part[at]);
        borders[at] = matched;
    }
    matched = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        while matched > 0 && part[matched] != byte {
            matched = borders[matched - 1];
        }
        matched += usize::from(part[matched] == byte);
        if matched == part.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}

fn position(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let bytes = this(cx, args)?;
    let part = args[1].as_bytes().ok_or_else(|| cx.expected("what to find", "Bytes", args[1]))?;
    if part.is_empty() {
        return Ok(Value::int32(0));
    }
    cx.charge_ticks(bytes.len() as u64 / 16);
    cx.heap.check_room(part.len() * size_of::<usize>())?;
    position_of(bytes, part).map_or(Ok(Value::NIL), |place| cx.int(place as i64))
}

fn push(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let buffer = buffer(cx, args)?;
    let byte = byte_of(cx, args[1])?;
    cx.heap.buffer_extend(buffer, &[byte])?;
    Ok(args[0])
}

fn extend(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let buffer = buffer(cx, args)?;
    let content = content_of(cx, args[1])?;
    cx.charge_ticks(content.len() as u64 / 128);
    cx.heap.buffer_extend(buffer, &content)?;
    Ok(args[0])
}

fn clear(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let buffer = buffer(cx, args)?;
    cx.heap.buffer_truncate(buffer, 0)?;
    Ok(args[0])
}

fn content(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = buffer(cx, args)?;
    Ok(cx.heap.bytes(content.bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_where_windows_find_them() {
        let letters = |number: usize, count: u32| -> Vec<u8> {
            (0..count).map(|place| b'a' + (number >> place & 1) as u8).collect()
        };
        for bytes in (0..256).map(|number| letters(number, 8)) {
            for part in (1..5).flat_map(|count| (0..1 << count).map(move |number| letters(number, count))) {
                let expected = bytes.windows(part.len()).position(|window| window == part);
                assert_eq!(position_of(&bytes, &part), expected, "{part:?} in {bytes:?}");
            }
        }
    }
}
