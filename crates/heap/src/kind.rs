//! The table of heap object kinds, and what the collector must know of each: its size and where its values are.
//!
//! Every kind keeps all its `Value` fields in **one contiguous run of words**. Raw words may stand inside that
//! run as long as their top 16 bits are not the pointer tag. So copying, marking, freezing, message copy and the
//! heap checker are each written once, for all kinds. A new kind is a file under `kind/` and a row here.
//!
//! SAFETY contract: `size` and `slots` are called on live, initialised objects of their own kind only; the
//! dispatch below guarantees the kind, callers guarantee liveness.
#![allow(unsafe_code)]

use crate::class::{CLASS_IN_HEADER, ClassId};
use crate::header::Header;
use crate::value::Value;

pub mod array;
pub mod bytes;
pub mod callable;
pub mod external;
pub mod fields;
pub mod generator;
pub mod integer;
pub mod iterator;
pub mod list;
pub mod module;
pub mod numbers;
pub mod range;
pub mod raw;
pub mod rope;
pub mod string;
pub mod table;
mod table_index;
pub mod tuple;

/// Layout knowledge of one kind, implemented by its `#[repr(C)]` struct.
pub(crate) trait Layout {
    /// Bytes that the object occupies, a multiple of 8 and at least 16.
    unsafe fn size(this: *const Self) -> usize;
    /// First word (from the header, which is word 0) and number of words that the collector visits.
    unsafe fn slots(this: *const Self) -> (usize, usize);
}

/// One row a kind: name, layout, class of its values, what it is.
#[macro_export]
macro_rules! for_each_kind {
    ($apply:ident) => {
        $apply! {
            BoxedInt, integer::BoxedIntObject, ClassId::Int as u32, "an Int past 32 bits that fits 64";
            BigInt, integer::BigIntObject, ClassId::Int as u32, "an Int past 64 bits: sign and limbs";
            String, string::StringObject, ClassId::String as u32, "text up to 64 KB, UTF-8 in the object";
            Rope, rope::RopeObject, ClassId::String as u32, "a concatenation, or a view of a string buffer";
            SharedText, string::SharedTextObject, ClassId::String as u32, "text in a blob outside the heap";
            StringBuffer, rope::StringBufferObject, ClassId::Internal as u32, "growing text behind views";
            Bytes, bytes::BytesObject, ClassId::Bytes as u32, "immutable bytes in the object";
            SharedBytes, bytes::SharedBytesObject, ClassId::Bytes as u32, "a range of a blob outside the heap";
            Buffer, bytes::BufferObject, ClassId::Buffer as u32, "growable bytes";
            Raw, raw::RawObject, ClassId::Internal as u32, "storage without values";
            Array, array::ArrayObject, ClassId::Internal as u32, "storage of values, with cards when large";
            List, list::ListObject, ClassId::List as u32, "a growable sequence";
            Tuple, tuple::TupleObject, ClassId::Tuple as u32, "a fixed sequence";
            Range, range::RangeObject, ClassId::Range as u32, "two bounds";
            Map, table::TableObject, ClassId::Map as u32, "insertion-ordered map";
            Set, table::TableObject, ClassId::Set as u32, "insertion-ordered set";
            Record, fields::FieldsObject, CLASS_IN_HEADER, "an immutable record";
            Instance, fields::FieldsObject, CLASS_IN_HEADER, "an instance of a class";
            Class, fields::FieldsObject, ClassId::Class as u32, "a class: its id and static fields";
            Trait, fields::FieldsObject, ClassId::Trait as u32, "a trait: its id";
            Function, callable::CallableObject, ClassId::Function as u32, "code without captures";
            Closure, callable::CallableObject, ClassId::Function as u32, "code, its function, captured values";
            Builtin, callable::CallableObject, ClassId::Function as u32, "a function written in Rust";
            BoundMethod, callable::CallableObject, ClassId::Function as u32, "a method with its receiver";
            Cell, fields::CellObject, ClassId::Internal as u32, "a captured variable";
            Generator, generator::GeneratorObject, ClassId::Generator as u32, "a saved frame";
            Iterator, iterator::IteratorObject, ClassId::Iterator as u32, "state of a builtin iterator";
            Module, module::ModuleObject, ClassId::Module as u32, "a loaded module";
            External, external::ExternalObjectCell, CLASS_IN_HEADER, "a handle of a Rust object";
            FloatArray, numbers::NumbersObject, ClassId::FloatArray as u32, "unboxed doubles";
            IntArray, numbers::NumbersObject, ClassId::IntArray as u32, "unboxed 64-bit integers";
        }
    };
}

/// In place of a kind: a free cell of the old space.
pub(crate) const FREE_CELL: u8 = 0;
/// In place of a kind: the object has moved, the rest of the word is its new address.
pub(crate) const FORWARDED: u8 = 0x3F;

macro_rules! define_kinds {
    ($($name:ident, $module:ident :: $layout:ident, $class:expr, $doc:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind {
            /// A free cell of the old space; no value has this kind.
            Free = FREE_CELL,
            $(#[doc = $doc] $name,)*
        }

        /// Every kind that an object can have.
        pub const KINDS: &[Kind] = &[$(Kind::$name,)*];

        /// Class id by kind byte, `CLASS_IN_HEADER` where the object says it.
        pub static CLASS_OF_KIND: [u32; 64] = {
            let mut table = [ClassId::Internal as u32; 64];
            $(table[Kind::$name as usize] = $class;)*
            table
        };

        /// Size in bytes of the object.
        #[inline]
        pub(crate) unsafe fn size_of_object(object: *const Header) -> usize {
            // SAFETY: the caller gives a live object; its kind selects its layout.
            unsafe {
                match (*object).kind() {
                    Kind::Free => unreachable!("invariant: a free cell is no object"),
                    $(Kind::$name => <$module::$layout as Layout>::size(object.cast()),)*
                }
            }
        }

        /// The run of words that the collector visits: its first word and their number.
        #[inline]
        pub(crate) unsafe fn slots_of_object(object: *const Header) -> (usize, usize) {
            // SAFETY: the caller gives a live object; its kind selects its layout.
            unsafe {
                match (*object).kind() {
                    Kind::Free => unreachable!("invariant: a free cell is no object"),
                    $(Kind::$name => <$module::$layout as Layout>::slots(object.cast()),)*
                }
            }
        }
    };
}
for_each_kind!(define_kinds);

const _: () = assert!(KINDS.len() < FORWARDED as usize);

impl Kind {
    /// The kind of a header byte. The byte must be one that `Header::new` wrote.
    #[inline(always)]
    pub(crate) fn from_byte(byte: u8) -> Kind {
        debug_assert!(byte as usize <= KINDS.len(), "not a kind: {byte}");
        // SAFETY: header bytes are written from `Kind` only; forwarding words are tested before.
        unsafe { std::mem::transmute::<u8, Kind>(byte) }
    }
}

/// Rounds up to whole words, and to the smallest cell.
#[inline(always)]
pub(crate) const fn object_bytes(bytes: usize) -> usize {
    let rounded = (bytes + 7) & !7;
    if rounded < 16 { 16 } else { rounded }
}

/// The word at `index` of an object, as a value slot.
#[inline(always)]
pub(crate) unsafe fn slot_at(object: *mut Header, index: usize) -> *mut Value {
    // SAFETY: the caller's index lies inside the object.
    unsafe { object.cast::<Value>().add(index) }
}

/// Defines a typed handle of one kind: a checked cast from `Value`, and back.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $layout:ty, $kind:ident, $cast:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(transparent)]
        pub struct $name(std::ptr::NonNull<$layout>);

        impl $name {
            #[allow(dead_code)]
            #[inline(always)]
            pub(crate) unsafe fn from_object(object: *mut $crate::header::Header) -> $name {
                // SAFETY: the caller gives a live object of this kind, so it is not null.
                unsafe { $name(std::ptr::NonNull::new_unchecked(object.cast())) }
            }

            #[allow(dead_code)]
            #[inline(always)]
            pub(crate) fn raw(self) -> *mut $layout {
                self.0.as_ptr()
            }

            #[inline(always)]
            pub fn value(self) -> $crate::value::Value {
                $crate::value::Value::object(self.0.as_ptr().cast())
            }
        }

        impl From<$name> for $crate::value::Value {
            #[inline(always)]
            fn from(handle: $name) -> $crate::value::Value {
                handle.value()
            }
        }

        impl $crate::value::Value {
            /// The value as this kind, when it is one.
            #[inline(always)]
            pub fn $cast(self) -> Option<$name> {
                if self.is_kind($crate::kind::Kind::$kind) {
                    // SAFETY: the kind was just tested, and a pointer value is alive.
                    Some(unsafe { $name::from_object(self.pointer()) })
                } else {
                    None
                }
            }
        }
    };
}
pub(crate) use handle;
