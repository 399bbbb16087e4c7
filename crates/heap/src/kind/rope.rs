//! Concatenated texts.
//!
//! A `Rope` is in one of two states. *View*: `right` is nil and `left` is a `StringBuffer` whose first
//! `byte_len` bytes are the text. *Lazy*: both are strings and nothing was copied yet; the first look at the
//! text flattens it into a buffer, in place.
//!
//! Appending to a view whose text ends where the buffer's used part ends, with room behind it, writes the new
//! bytes there and gives a new view of the same buffer: older views see only their own prefix. So `s += x` is
//! linear however often the text is looked at in between. Prepending makes lazy ropes and is linear too.
#![allow(unsafe_code)]

use super::raw::Raw;
use super::string::{ASCII, offset_of_char};
use super::{Kind, Layout, handle, object_bytes};
use crate::blob::OFFSET_STEP;
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct RopeObject {
    header: Header,
    left: Value,
    right: Value,
    pub(crate) byte_len: u64,
    pub(crate) char_len: u64,
}

#[repr(C)]
pub struct StringBufferObject {
    header: Header,
    /// A `Raw` with the byte offset of each 64th character, or nil.
    offsets: Value,
    capacity: u64,
    used: u64,
    /// How many entries of `offsets` are filled.
    indexed: u64,
    bytes: [u8; 0],
}
const BUFFER_BYTES_OFFSET: usize = std::mem::offset_of!(StringBufferObject, bytes);
/// No text is longer: lengths of flat copies are 32 bits.
const TEXT_BYTES_MAX: usize = u32::MAX as usize;
/// Shorter results are copied flat.
const ROPE_BYTES_MIN: usize = 256;

handle!(/** A concatenation. */ Rope, RopeObject, Rope, as_rope);
handle!(/** Growing text behind views. */ StringBuffer, StringBufferObject, StringBuffer, as_string_buffer);

impl Layout for RopeObject {
    unsafe fn size(_: *const Self) -> usize {
        40
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 2)
    }
}

impl Layout for StringBufferObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(BUFFER_BYTES_OFFSET + unsafe { (*this).capacity } as usize)
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 1)
    }
}

impl StringBuffer {
    fn bytes(self) -> *mut u8 {
        // SAFETY: the bytes follow the fixed part.
        unsafe { self.raw().cast::<u8>().add(BUFFER_BYTES_OFFSET) }
    }

    /// Writes behind the used part. The caller has checked that there is room.
    fn append(self, bytes: &[u8]) {
        // SAFETY: there is room (caller); nobody looks at bytes behind the used part.
        unsafe {
            let used = (*self.raw()).used as usize;
            debug_assert!(used + bytes.len() <= (*self.raw()).capacity as usize);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.bytes().add(used), bytes.len());
            (*self.raw()).used += bytes.len() as u64;
        }
    }

    fn has_room_at(self, end: usize, extra: usize) -> bool {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).used as usize == end && (*self.raw()).capacity as usize - end >= extra }
    }
}

impl Rope {
    /// The buffer of a view.
    #[inline]
    fn buffer(self) -> Option<StringBuffer> {
        // SAFETY: a handle is alive; a view's left side is a string buffer.
        unsafe {
            if (*self.raw()).right.is_nil() {
                Some(StringBuffer::from_object((*self.raw()).left.pointer()))
            } else {
                None
            }
        }
    }

    /// The text of a view.
    #[inline]
    pub(crate) fn flat_text(&self) -> Option<&str> {
        let buffer = self.buffer()?;
        // SAFETY: the first `byte_len` bytes of the buffer are valid UTF-8 and never change.
        unsafe {
            let len = (*self.raw()).byte_len as usize;
            Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(buffer.bytes(), len)))
        }
    }

    fn sides(self) -> (Value, Value) {
        // SAFETY: a handle is alive.
        unsafe { ((*self.raw()).left, (*self.raw()).right) }
    }
}

impl Heap {
    /// `left + right`; both must be strings.
    pub fn string_concat(&mut self, left: Value, right: Value) -> Result<Value, Fault> {
        let (Some(left_bytes), Some(right_bytes)) = (left.string_byte_len(), right.string_byte_len()) else {
            return Err(Fault::WrongType);
        };
        if left_bytes == 0 {
            return Ok(right);
        }
        if right_bytes == 0 {
            return Ok(left);
        }
        let total = left_bytes.checked_add(right_bytes).filter(|&total| total <= TEXT_BYTES_MAX);
        let total = total.ok_or(Fault::TooLarge)?;
        if let (Some(left_text), Some(right_text)) = (left.as_str(), right.as_str()) {
            if total < ROPE_BYTES_MIN {
                return Ok(self.concat_flat(left, right, left_text, right_text)?);
            }
            if right_bytes <= left_bytes {
                return Ok(self.concat_buffered(left, right, right_text)?);
            }
        }
        Ok(self.rope(left, right, total)?)
    }

    fn concat_flat(&mut self, left: Value, right: Value, head: &str, tail: &str) -> Result<Value, NeedGc> {
        let mut bytes = [0u8; ROPE_BYTES_MIN];
        bytes[..head.len()].copy_from_slice(head.as_bytes());
        let total = head.len() + tail.len();
        bytes[head.len()..total].copy_from_slice(tail.as_bytes());
        let ascii = left.string_is_ascii() && right.string_is_ascii();
        self.string_of_counts(&bytes[..total], ascii, total_chars(left, right))
    }

    fn concat_buffered(&mut self, left: Value, right: Value, tail: &str) -> Result<Value, NeedGc> {
        let left_len = left.string_byte_len().unwrap_or(0);
        let total = left_len + tail.len();
        let existing = left.as_rope().and_then(Rope::buffer);
        let buffer = match existing.filter(|buffer| buffer.has_room_at(left_len, tail.len())) {
            Some(buffer) => buffer,
            None => {
                let spare = if existing.is_some() { total } else { total / 2 };
                let buffer = self.string_buffer(total + spare)?;
                buffer.append(left.as_str().unwrap_or("").as_bytes());
                buffer
            }
        };
        let view = self.rope(left, right, total)?;
        buffer.append(tail.as_bytes());
        // SAFETY: a rope was just made and is young: its slots may be written freely.
        unsafe {
            let rope = view.pointer().cast::<RopeObject>();
            (*rope).left = buffer.value();
            (*rope).right = Value::NIL;
        }
        Ok(view)
    }

    fn string_buffer(&mut self, capacity: usize) -> Result<StringBuffer, NeedGc> {
        let capacity = (capacity + 7) & !7;
        let object = self.allocate(Kind::StringBuffer, object_bytes(BUFFER_BYTES_OFFSET + capacity), 0, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let buffer = object.cast::<StringBufferObject>();
            (*buffer).offsets = Value::NIL;
            (*buffer).capacity = capacity as u64;
            (*buffer).used = 0;
            (*buffer).indexed = 0;
            Ok(StringBuffer::from_object(object))
        }
    }

    fn rope(&mut self, left: Value, right: Value, total: usize) -> Result<Value, NeedGc> {
        let ascii = left.string_is_ascii() && right.string_is_ascii();
        let object = self.allocate(Kind::Rope, 40, ascii as u16 * ASCII, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let rope = object.cast::<RopeObject>();
            (*rope).left = left;
            (*rope).right = right;
            (*rope).byte_len = total as u64;
            (*rope).char_len = total_chars(left, right) as u64;
        }
        Ok(Value::object(object))
    }

    /// Makes a string lie in one piece. Gives the same value back.
    pub fn flatten(&mut self, string: Value) -> Result<Value, NeedGc> {
        let Some(rope) = string.as_rope() else { return Ok(string) };
        if rope.buffer().is_some() {
            return Ok(string);
        }
        // SAFETY: a handle is alive.
        let total = unsafe { (*rope.raw()).byte_len } as usize;
        let buffer = self.string_buffer(total)?;
        let mut pending = vec![string];
        while let Some(piece) = pending.pop() {
            match (piece.as_str(), piece.as_rope()) {
                (Some(text), _) => buffer.append(text.as_bytes()),
                (None, Some(lazy)) => {
                    let (left, right) = lazy.sides();
                    pending.push(right);
                    pending.push(left);
                }
                (None, None) => unreachable!("invariant: a rope is made of strings"),
            }
        }
        // SAFETY: a rope has these two slots; ropes are never frozen.
        unsafe {
            self.store_unfrozen(rope.raw().cast(), 1, buffer.value());
            self.store_unfrozen(rope.raw().cast(), 2, Value::NIL);
        }
        Ok(string)
    }

    /// Byte offset of a character of a flattened rope that is not ASCII, through the buffer's table.
    pub(crate) fn rope_char_offset(&mut self, rope: Rope, index: usize) -> Result<usize, NeedGc> {
        let Some(buffer) = rope.buffer() else { return Ok(0) };
        let entry = index / OFFSET_STEP;
        let table = self.extend_offsets(rope, buffer, entry)?;
        // SAFETY: the table has more than `entry` entries now.
        let start = unsafe { *table.data().cast::<u64>().add(entry) } as usize;
        let text = rope.flat_text().unwrap_or("");
        Ok(start + offset_of_char(&text.as_bytes()[start..], index - entry * OFFSET_STEP))
    }

    /// Fills the buffer's offset table up to `entry`, from where it ended before.
    fn extend_offsets(&mut self, rope: Rope, buffer: StringBuffer, entry: usize) -> Result<Raw, NeedGc> {
        // SAFETY: handles are alive; the table is private to the buffer and as large as its bytes allow.
        unsafe {
            let object = buffer.raw();
            let table = match (*object).offsets.as_raw() {
                Some(table) => table,
                None => {
                    let entries = (*object).capacity as usize / OFFSET_STEP + 2;
                    let table = self.raw_new(entries * 8)?;
                    self.store_unfrozen(object.cast(), 1, table.value());
                    table
                }
            };
            let data = table.data().cast::<u64>();
            let mut filled = (*object).indexed as usize;
            if filled == 0 {
                *data = 0;
                filled = 1;
            }
            let bytes = rope.flat_text().unwrap_or("").as_bytes();
            while filled <= entry {
                let start = *data.add(filled - 1) as usize;
                *data.add(filled) = (start + offset_of_char(&bytes[start..], OFFSET_STEP)) as u64;
                filled += 1;
            }
            (*object).indexed = filled as u64;
            Ok(table)
        }
    }
}

fn total_chars(left: Value, right: Value) -> usize {
    left.string_len().unwrap_or(0) + right.string_len().unwrap_or(0)
}
