//! The word that every heap object starts with.
//!
//! ```text
//! byte 0      kind
//! byte 1      flags
//! bytes 2-3   auxiliary bits, meaning by kind (field count, ASCII flag, ...)
//! bytes 4-7   information, meaning by kind (class id, cached hash, ...)
//! ```
//!
//! The generation lives here and not in the address, so that a chunk of any origin can hold young objects.

use crate::kind::Kind;

/// Allocated since the last minor collection or once survived one.
pub const YOUNG: u8 = 1;
/// Young, and survived one minor collection already: the next one promotes it.
pub const SURVIVOR: u8 = 2;
/// In the old space: never moves again.
pub const OLD: u8 = 4;
/// Reached by the marking cycle that is under way.
pub const MARK: u8 = 8;
/// In the frozen region: immutable, shared by all processes, never freed.
pub const FROZEN: u8 = 16;
/// A store into this object must take the slow path.
pub const BARRIER: u8 = 32;
/// An array with a table of cards behind its slots.
pub const CARDED: u8 = 64;
/// Has an identity hash in the heap's side table.
pub const HASHED: u8 = 128;

/// One word in front of every object. Native code reads the fields at the offsets below.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    kind: u8,
    pub(crate) flags: u8,
    pub(crate) aux: u16,
    pub(crate) info: u32,
}

pub const HEADER_KIND_OFFSET: usize = std::mem::offset_of!(Header, kind);
pub const HEADER_FLAGS_OFFSET: usize = std::mem::offset_of!(Header, flags);
pub const HEADER_AUX_OFFSET: usize = std::mem::offset_of!(Header, aux);
pub const HEADER_INFO_OFFSET: usize = std::mem::offset_of!(Header, info);

impl Header {
    #[inline(always)]
    pub(crate) const fn new(kind: Kind, flags: u8, aux: u16, info: u32) -> Header {
        Header { kind: kind as u8, flags, aux, info }
    }

    #[inline(always)]
    pub fn kind(&self) -> Kind {
        Kind::from_byte(self.kind)
    }

    #[inline(always)]
    pub fn kind_byte(&self) -> u8 {
        self.kind
    }

    #[inline(always)]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    #[inline(always)]
    pub fn aux(&self) -> u16 {
        self.aux
    }

    #[inline(always)]
    pub fn info(&self) -> u32 {
        self.info
    }

    #[inline(always)]
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    #[inline(always)]
    pub fn is_frozen(&self) -> bool {
        self.has(FROZEN)
    }
}
