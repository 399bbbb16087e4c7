//! The module `compress`: bytes in fewer bytes, in the format of gzip files (RFC 1952).

use heap::Value;
use vm::{Cx, Exit};

use crate::bytes::content_of;
use crate::checksum::crc_of;
use crate::deflate::{Problem, deflate, inflate};
use crate::rows::rows;

rows! {
    /// Bytes, or the UTF-8 of a String, packed as a gzip file holds them.
    ///
    ///     import compress
    ///     let packed = compress.gzip("na " * 1000)
    ///     print(packed.len() < 100, compress.gunzip(packed).decode().take(6)) // expect: true na na
    "compress.gzip" "(content: String | Bytes | Buffer | List)" gzip, ALLOCATES;
    /// The Bytes that a gzip file holds; a ValueError where it is damaged or holds more than `size_max` bytes.
    ///
    ///     import compress
    ///     print(compress.gunzip(compress.gzip("hello"))) // expect: b"hello"
    ///     print(try compress.gunzip("hello") else "no gzip file") // expect: no gzip file
    "compress.gunzip" "(content: String | Bytes | Buffer | List, size_max: Int = 67108864)" gunzip, ALLOCATES;
}

/// The default of `size_max`.
const SIZE_MAX: usize = 64 << 20;
const HEAD: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
/// Checksum and size.
const TAIL: usize = 8;

/// Bits of the fourth byte: what stands between the head and the content.
mod flag {
    pub const CHECKSUM: u8 = 2;
    pub const EXTRA: u8 = 4;
    pub const NAME: u8 = 8;
    pub const COMMENT: u8 = 16;
}

fn gzip(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content_of(cx, args[0])?;
    cx.heap.check_room(content.len() + content.len() / 100 + 64)?;
    cx.charge_ticks(content.len() as u64 / 8);
    let mut packed = HEAD.to_vec();
    packed.extend(deflate(&content));
    packed.extend(crc_of(&content).to_le_bytes());
    packed.extend((content.len() as u32).to_le_bytes());
    Ok(cx.heap.bytes(&packed)?)
}

fn gunzip(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content_of(cx, args[0])?;
    let size_max = if args[1].is_undef() { SIZE_MAX } else { cx.count_of(args[1], "the size")? };
    let damaged = |cx: &mut Cx, what: &str| cx.value_error(&format!("this is no gzip file: {what}"));
    let Some(start) = start_of_content(&content) else {
        return Err(damaged(cx, "it does not begin like one"));
    };
    let Some(end) = content.len().checked_sub(TAIL).filter(|end| *end >= start) else {
        return Err(damaged(cx, "it is cut off"));
    };
    let tail = &content[end..];
    let size = u32::from_le_bytes([tail[4], tail[5], tail[6], tail[7]]) as usize;
    if size > size_max {
        return Err(cx.value_error(&format!("the content has {size} bytes, and {size_max} are allowed")));
    }
    cx.heap.check_room(size + 64)?;
    cx.charge_ticks((content.len() + size) as u64 / 8);
    let unpacked = match inflate(&content[start..end], size) {
        Ok((unpacked, _)) => unpacked,
        Err(Problem::Truncated) => return Err(damaged(cx, "it is cut off")),
        Err(Problem::Malformed) => return Err(damaged(cx, "its codes are malformed")),
        Err(Problem::TooLong) => return Err(damaged(cx, "it holds more than it says")),
    };
    if unpacked.len() != size || crc_of(&unpacked) != u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]])
    {
        return Err(damaged(cx, "its checksum does not fit"));
    }
    Ok(cx.heap.bytes(&unpacked)?)
}

/// Behind the head and what files may keep there: a name, a comment, anything.
fn start_of_content(content: &[u8]) -> Option<usize> {
    let head = content.get(..HEAD.len())?;
    if head[..3] != HEAD[..3] {
        return None;
    }
    let mut at = HEAD.len();
    if head[3] & flag::EXTRA != 0 {
        let length = content.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [flag::NAME, flag::COMMENT] {
        if head[3] & text != 0 {
            at += content.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if head[3] & flag::CHECKSUM != 0 {
        at += 2;
    }
    (at <= content.len()).then_some(at)
}
