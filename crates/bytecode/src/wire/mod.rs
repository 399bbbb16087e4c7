//! The binary form of a unit, `.dnb`.
//!
//! ```text
//! magic     8 bytes   7F 44 4E 42 0D 0A 1A 0A, so that text-mode copying shows
//! version   4 bytes   little endian
//! hash     32 bytes   SHA-256 of everything behind it
//! sections  4 bytes   how many, then for each: id 4 bytes, length 4 bytes, checksum 8 bytes (of its SHA-256)
//! bodies              in the order of the table, without gaps; nothing behind the last
//! ```
//!
//! Numbers inside sections are base-128 varints in their shortest form; code words are four bytes each, little
//! endian. Each function carries the hash of what it does (code, constants, tables, pass set: see `hash`).
//! The reader believes nothing: every count is checked against the bytes that are left, nesting is limited, and
//! memory grows only with what has been read. What it returns is still unproven: the validator comes next.

mod codec;
mod file;
mod hash;
mod items;

pub use codec::WireError;
pub use file::{FORMAT_VERSION, MAGIC, read, write};
pub(crate) use file::{read_unsealed, write_unsealed};
pub use hash::{ContentHash, function_hash, unit_hash};

use crate::unit::Constant;
use codec::Wire;

/// The bytes of one constant: equal where the constants are the same, floats by their bits.
pub(crate) fn constant_bytes(constant: &Constant) -> Vec<u8> {
    let mut bytes = Vec::new();
    constant.write(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
