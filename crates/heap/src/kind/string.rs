//! Texts. Three kinds are strings to programs: `String` (bytes in the object, up to 64 KB), `SharedText` (a
//! range of a blob), `Rope` (see `rope`). All know their length in bytes and characters and whether they are
//! ASCII; `info` caches the hash (0 = not computed yet; frozen strings always have theirs).
//!
//! A `String` above 256 bytes that is not ASCII carries a table behind its bytes with the byte offset of each
//! 64th character, so indexing never scans more than 64 characters.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::rope::RopeObject;
use super::{Kind, Layout, handle, object_bytes};
use crate::blob::{BLOB_BYTES_MIN, Blob, OFFSET_STEP};
use crate::fault::NeedGc;
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

/// In `aux` of all string kinds: every byte is below 128.
pub(crate) const ASCII: u16 = 1;
/// In `aux` of `String`: an offset table follows the bytes.
const HAS_TABLE: u16 = 2;
const TABLE_BYTES_MIN: usize = 256;

#[repr(C)]
pub struct StringObject {
    header: Header,
    byte_len: u32,
    char_len: u32,
    bytes: [u8; 0],
}
pub const STRING_BYTES_OFFSET: usize = std::mem::offset_of!(StringObject, bytes);
pub const STRING_BYTE_LEN_OFFSET: usize = std::mem::offset_of!(StringObject, byte_len);

#[repr(C)]
pub struct SharedTextObject {
    header: Header,
    pub(crate) blob: *const Blob,
    byte_offset: u64,
    char_offset: u64,
    byte_len: u64,
    char_len: u64,
}

handle!(/** Text in the object. */ FlatString, StringObject, String, as_flat_string);
handle!(/** A range of a blob. */ SharedText, SharedTextObject, SharedText, as_shared_text);

const fn table_offset(byte_len: usize) -> usize {
    (STRING_BYTES_OFFSET + byte_len + 1) & !1
}

const fn string_bytes(byte_len: usize, char_len: usize, aux: u16) -> usize {
    if aux & HAS_TABLE == 0 {
        object_bytes(STRING_BYTES_OFFSET + byte_len)
    } else {
        object_bytes(table_offset(byte_len) + 2 * char_len.div_ceil(OFFSET_STEP))
    }
}

impl Layout for StringObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        unsafe { string_bytes((*this).byte_len as usize, (*this).char_len as usize, (*this).header.aux) }
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

impl Layout for SharedTextObject {
    unsafe fn size(_: *const Self) -> usize {
        48
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (0, 0)
    }
}

/// Number of characters of valid UTF-8.
pub(crate) fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| (byte as i8) >= -0x40).count()
}

/// Byte offset of character `index` counted from the start of `bytes`.
pub(crate) fn offset_of_char(bytes: &[u8], index: usize) -> usize {
    let mut left = index;
    for (offset, &byte) in bytes.iter().enumerate() {
        if (byte as i8) >= -0x40 {
            if left == 0 {
                return offset;
            }
            left -= 1;
        }
    }
    bytes.len()
}

impl FlatString {
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        // SAFETY: `byte_len` bytes of UTF-8 follow the fixed part.
        unsafe {
            let object = self.raw();
            let bytes = object.cast::<u8>().add(STRING_BYTES_OFFSET);
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, (*object).byte_len as usize))
        }
    }

    fn char_offset(self, index: usize) -> usize {
        // SAFETY: a handle is alive; the table has an entry for each 64th character.
        unsafe {
            let object = self.raw();
            if (*object).header.aux & HAS_TABLE == 0 {
                return offset_of_char(self.as_str().as_bytes(), index);
            }
            let table = object.cast::<u8>().add(table_offset((*object).byte_len as usize)).cast::<u16>();
            let entry = (index / OFFSET_STEP).min(((*object).char_len as usize).div_ceil(OFFSET_STEP) - 1);
            let start = *table.add(entry) as usize;
            start + offset_of_char(&self.as_str().as_bytes()[start..], index - entry * OFFSET_STEP)
        }
    }
}

impl SharedText {
    pub fn as_str(&self) -> &str {
        // SAFETY: the handle holds a reference to the blob and its range is valid UTF-8.
        unsafe {
            let object = self.raw();
            let start = (*object).byte_offset as usize;
            let blob = &*(*object).blob;
            std::str::from_utf8_unchecked(&blob.bytes()[start..start + (*object).byte_len as usize])
        }
    }

    fn char_offset(self, index: usize) -> usize {
        // SAFETY: as above.
        unsafe {
            let object = self.raw();
            let blob = &*(*object).blob;
            let first = (*object).char_offset as usize;
            let offsets = blob.offsets();
            let entry = ((first + index) / OFFSET_STEP).min(offsets.len() - 1);
            let start = offsets[entry] as usize;
            let rest = first + index - entry * OFFSET_STEP;
            start + offset_of_char(&blob.bytes()[start..], rest) - (*object).byte_offset as usize
        }
    }

    pub fn blob(self) -> Arc<Blob> {
        // SAFETY: the pointer is from `Arc::into_raw` and its reference is held by the handle.
        unsafe {
            Arc::increment_strong_count((*self.raw()).blob);
            Arc::from_raw((*self.raw()).blob)
        }
    }
}

impl Value {
    #[inline(always)]
    pub fn is_string(self) -> bool {
        self.header().is_some_and(|header| {
            let byte = header.kind_byte();
            byte >= Kind::String as u8 && byte <= Kind::SharedText as u8
        })
    }

    /// The text of a string that is in one piece; `None` for other values and for ropes not yet flattened.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self.kind()? {
            // SAFETY: the kind was just tested; the text lives as long as the value (module contract of `value`).
            Kind::String => unsafe {
                let object = self.pointer().cast::<StringObject>();
                let bytes = object.cast::<u8>().add(STRING_BYTES_OFFSET);
                Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(
                    bytes,
                    (*object).byte_len as usize,
                )))
            },
            Kind::SharedText => {
                let shared = self.as_shared_text()?;
                let text: *const str = shared.as_str();
                // SAFETY: the blob lives as long as the handle object does.
                Some(unsafe { &*text })
            }
            Kind::Rope => {
                let rope = self.as_rope()?;
                let text: *const str = rope.flat_text()?;
                // SAFETY: the bytes before a view's length never change or move before the next safepoint.
                Some(unsafe { &*text })
            }
            _ => None,
        }
    }

    /// Length of a string in characters.
    #[inline]
    pub fn string_len(self) -> Option<usize> {
        // SAFETY: the kind is tested before each read.
        unsafe {
            match self.kind()? {
                Kind::String => Some((*self.pointer().cast::<StringObject>()).char_len as usize),
                Kind::SharedText => Some((*self.pointer().cast::<SharedTextObject>()).char_len as usize),
                Kind::Rope => Some((*self.pointer().cast::<RopeObject>()).char_len as usize),
                _ => None,
            }
        }
    }

    /// Length of a string in bytes.
    #[inline]
    pub fn string_byte_len(self) -> Option<usize> {
        // SAFETY: the kind is tested before each read.
        unsafe {
            match self.kind()? {
                Kind::String => Some((*self.pointer().cast::<StringObject>()).byte_len as usize),
                Kind::SharedText => Some((*self.pointer().cast::<SharedTextObject>()).byte_len as usize),
                Kind::Rope => Some((*self.pointer().cast::<RopeObject>()).byte_len as usize),
                _ => None,
            }
        }
    }

    /// True for a string of ASCII only.
    #[inline]
    pub fn string_is_ascii(self) -> bool {
        self.is_string() && self.header().is_some_and(|header| header.aux & ASCII != 0)
    }
}

impl Heap {
    /// A string with this text.
    pub fn string(&mut self, text: &str) -> Result<Value, NeedGc> {
        let bytes = text.as_bytes();
        let ascii = bytes.is_ascii();
        let chars = if ascii { bytes.len() } else { count_chars(bytes) };
        self.string_of_counts(bytes, ascii, chars)
    }

    /// A string of valid UTF-8 whose counts are known.
    pub(crate) fn string_of_counts(
        &mut self,
        bytes: &[u8],
        ascii: bool,
        chars: usize,
    ) -> Result<Value, NeedGc> {
        if bytes.len() > BLOB_BYTES_MIN {
            self.check_room(bytes.len())?;
            return self.shared_text(Arc::new(Blob::new(bytes.to_vec())), 0, 0, bytes.len(), chars, ascii);
        }
        let object = self.string_uninit(bytes.len(), ascii, chars)?;
        // SAFETY: just allocated with room for the bytes and the table.
        unsafe {
            let target = object.cast::<u8>().add(STRING_BYTES_OFFSET);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
            fill_table(object);
        }
        Ok(Value::object(object))
    }

    /// A string object whose bytes (and table) the caller fills at once.
    pub(crate) fn string_uninit(
        &mut self,
        byte_len: usize,
        ascii: bool,
        chars: usize,
    ) -> Result<*mut Header, NeedGc> {
        debug_assert!(byte_len <= BLOB_BYTES_MIN);
        let table = if !ascii && byte_len >= TABLE_BYTES_MIN { HAS_TABLE } else { 0 };
        let aux = ascii as u16 | table;
        let object = self.allocate(Kind::String, string_bytes(byte_len, chars, aux), aux, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let string = object.cast::<StringObject>();
            (*string).byte_len = byte_len as u32;
            (*string).char_len = chars as u32;
        }
        Ok(object)
    }

    /// A string from an owned text; large ones are not copied.
    pub fn string_owned(&mut self, text: String) -> Result<Value, NeedGc> {
        if text.len() <= BLOB_BYTES_MIN {
            return self.string(&text);
        }
        let ascii = text.is_ascii();
        let chars = if ascii { text.len() } else { count_chars(text.as_bytes()) };
        let len = text.len();
        self.shared_text(Arc::new(Blob::new(text.into_bytes())), 0, 0, len, chars, ascii)
    }

    pub(crate) fn shared_text(
        &mut self,
        blob: Arc<Blob>,
        byte_offset: usize,
        char_offset: usize,
        byte_len: usize,
        char_len: usize,
        ascii: bool,
    ) -> Result<Value, NeedGc> {
        let object = self.allocate_holder(Kind::SharedText, 48, ascii as u16, 0, blob.charge())?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let text = object.cast::<SharedTextObject>();
            (*text).blob = Arc::into_raw(blob);
            (*text).byte_offset = byte_offset as u64;
            (*text).char_offset = char_offset as u64;
            (*text).byte_len = byte_len as u64;
            (*text).char_len = char_len as u64;
            self.register_holder(object);
        }
        Ok(Value::object(object))
    }

    /// Byte offset of character `index` (at most the length) of a flat string.
    pub(crate) fn char_offset(&mut self, string: Value, index: usize) -> Result<usize, NeedGc> {
        if string.string_is_ascii() {
            return Ok(index);
        }
        if string.string_len() == Some(index) {
            return Ok(string.string_byte_len().unwrap_or(0));
        }
        if let Some(flat) = string.as_flat_string() {
            Ok(flat.char_offset(index))
        } else if let Some(shared) = string.as_shared_text() {
            Ok(shared.char_offset(index))
        } else if let Some(rope) = string.as_rope() {
            self.rope_char_offset(rope, index)
        } else {
            Ok(0)
        }
    }

    /// The text of a string; flattens a rope first. `None` when it is no string.
    #[inline]
    pub fn text<'v>(&mut self, string: &'v Value) -> Result<Option<&'v str>, NeedGc> {
        if string.is_kind(Kind::Rope) {
            self.flatten(*string)?;
        }
        Ok(string.as_str())
    }

    /// Character `index` of a string; `None` when out of range or no string.
    #[inline]
    pub fn string_char_at(&mut self, string: Value, index: usize) -> Result<Option<char>, NeedGc> {
        let Some(len) = string.string_len() else { return Ok(None) };
        if index >= len {
            return Ok(None);
        }
        if string.is_kind(Kind::Rope) {
            self.flatten(string)?;
        }
        let offset = self.char_offset(string, index)?;
        Ok(string.as_str().and_then(|text| text[offset..].chars().next()))
    }

    /// The characters from `start` up to `end`, both at most the length and in order.
    pub fn string_slice(&mut self, string: Value, start: usize, end: usize) -> Result<Value, NeedGc> {
        if string.is_kind(Kind::Rope) {
            self.flatten(string)?;
        }
        let from = self.char_offset(string, start)?;
        let to = self.char_offset(string, end)?;
        if let Some(shared) = string.as_shared_text()
            && to - from > BLOB_BYTES_MIN
        {
            // SAFETY: a handle is alive.
            let (bytes, chars) = unsafe { ((*shared.raw()).byte_offset, (*shared.raw()).char_offset) };
            let ascii = string.string_is_ascii();
            return self.shared_text(
                shared.blob(),
                bytes as usize + from,
                chars as usize + start,
                to - from,
                end - start,
                ascii,
            );
        }
        let whole_ascii = string.string_is_ascii();
        match string.as_str() {
            Some(text) => {
                let part = &text.as_bytes()[from..to];
                self.string_of_counts(part, whole_ascii || part.len() == end - start, end - start)
            }
            None => self.string(""),
        }
    }
}

/// Bytes of a string object with this content, whatever its size.
pub(crate) fn flat_copy_bytes(byte_len: usize, char_len: usize, ascii: bool) -> usize {
    string_bytes(byte_len, char_len, flat_copy_aux(byte_len, ascii))
}

fn flat_copy_aux(byte_len: usize, ascii: bool) -> u16 {
    let table = !ascii && (TABLE_BYTES_MIN..=BLOB_BYTES_MIN).contains(&byte_len);
    ascii as u16 | if table { HAS_TABLE } else { 0 }
}

/// Writes a string object with this content, as part of a copied graph.
///
/// # Safety
/// `target` has room for `flat_copy_bytes`, and `text` is shorter than 4 GB.
pub(crate) unsafe fn write_flat_copy(
    target: *mut Header,
    text: &str,
    chars: usize,
    ascii: bool,
    flags: u8,
    hash: u32,
) {
    // SAFETY: the caller's contract.
    unsafe {
        target.write(Header::new(Kind::String, flags, flat_copy_aux(text.len(), ascii), hash));
        let string = target.cast::<StringObject>();
        (*string).byte_len = text.len() as u32;
        (*string).char_len = chars as u32;
        let bytes = target.cast::<u8>().add(STRING_BYTES_OFFSET);
        std::ptr::copy_nonoverlapping(text.as_ptr(), bytes, text.len());
        fill_table(target);
    }
}

/// Writes the offset table of a string whose bytes are in place.
unsafe fn fill_table(object: *mut Header) {
    // SAFETY: the caller gives a string with room for its table.
    unsafe {
        let string = object.cast::<StringObject>();
        if (*string).header.aux & HAS_TABLE == 0 {
            return;
        }
        let len = (*string).byte_len as usize;
        let bytes = std::slice::from_raw_parts(object.cast::<u8>().add(STRING_BYTES_OFFSET), len);
        let mut entry = object.cast::<u8>().add(table_offset(len)).cast::<u16>();
        let mut characters = 0usize;
        for (offset, &byte) in bytes.iter().enumerate() {
            if (byte as i8) >= -0x40 {
                if characters.is_multiple_of(OFFSET_STEP) {
                    *entry = offset as u16;
                    entry = entry.add(1);
                }
                characters += 1;
            }
        }
    }
}
