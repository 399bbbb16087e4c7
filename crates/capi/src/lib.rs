//! Dunlin for C programs: the functions of `include/dunlin.h`, each a thin cover over the crate `dunlin`.
//!
//! This crate must never hold behaviour of its own: it turns pointers into references, calls, and turns results into
//! pointers.
//!
//! SAFETY, for every function here: pointers come from this library and were not freed, or are null where the header
//! allows it; a text is readable for its length; a VM is used by one thread at a time. The header says the same to C
//! programmers; nothing here can check it, except that null is refused everywhere.
//!
//! | module | holds |
//! | --- | --- |
//! | `builder`, `machine` | making a VM; running text, calling functions |
//! | `data` | values that cross |
//! | `extension` | functions of shared libraries that programs import |
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

pub mod builder;
pub mod data;
pub mod extension;
pub mod machine;

use std::ffi::{CStr, c_char};

/// The text that C passes by pointer and length; `None` for null and for what is not UTF-8.
unsafe fn text_of<'t>(text: *const c_char, len: usize) -> Option<&'t str> {
    if text.is_null() {
        return None;
    }
    std::str::from_utf8(std::slice::from_raw_parts(text.cast(), len)).ok()
}

/// The text that C passes as a pointer to its letters and a zero.
unsafe fn ended_text<'t>(text: *const c_char) -> Option<&'t str> {
    if text.is_null() { None } else { CStr::from_ptr(text).to_str().ok() }
}
