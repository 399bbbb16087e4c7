//! Large immutable texts and bytes, and Rust objects: reference-counted outside the heaps, shared by processes.
//!
//! A heap object that holds such a reference is in its heap's side list, so the collector finds dead holders
//! without touching the counts of live ones.

use std::any::Any;
use std::sync::OnceLock;

/// Texts and byte strings above this size are blobs.
pub const BLOB_BYTES_MIN: usize = 64 * 1024;
/// Characters between two entries of an offset table.
pub(crate) const OFFSET_STEP: usize = 64;

/// Immutable bytes.
#[derive(Debug)]
pub struct Blob {
    bytes: Box<[u8]>,
    /// Byte offset of each 64th character, when the bytes are a text that is not ASCII and was indexed.
    offsets: OnceLock<Box<[u64]>>,
}

impl Blob {
    pub fn new(bytes: Vec<u8>) -> Blob {
        Blob { bytes: bytes.into_boxed_slice(), offsets: OnceLock::new() }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the holder is charged with.
    pub fn charge(&self) -> usize {
        self.bytes.len() + 64
    }

    /// Byte offsets of the characters 0, 64, 128, ... of the whole text.
    pub(crate) fn offsets(&self) -> &[u64] {
        self.offsets.get_or_init(|| {
            let mut offsets = Vec::new();
            let mut characters = 0usize;
            for (offset, byte) in self.bytes.iter().enumerate() {
                if byte & 0xC0 != 0x80 {
                    if characters.is_multiple_of(OFFSET_STEP) {
                        offsets.push(offset as u64);
                    }
                    characters += 1;
                }
            }
            offsets.into_boxed_slice()
        })
    }
}

/// A Rust object behind an `External` value.
pub trait ExternalObject: Any + Send + Sync {
    /// Bytes that the holder is charged with.
    fn charge(&self) -> usize {
        64
    }
    /// May be sent to another process and frozen (a compiled regex may, a socket has its own protocol).
    fn is_shareable(&self) -> bool {
        true
    }
    /// Text inside `<...>` when printed.
    fn describe(&self) -> String;
    fn as_any(&self) -> &dyn Any;
}
