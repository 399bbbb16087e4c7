//! Values that cross: made, read and freed by C.
//!
//! SAFETY: every function relies on what `lib.rs` says of pointers; null is looked for in each.

use std::ffi::c_char;

use dunlin::Data;

use crate::text_of;

fn boxed(data: Data) -> *mut Data {
    Box::into_raw(Box::new(data))
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_nil_new() -> *mut Data {
    boxed(Data::Nil)
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_bool_new(flag: bool) -> *mut Data {
    boxed(Data::Bool(flag))
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_int_new(number: i64) -> *mut Data {
    boxed(Data::Int(number))
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_float_new(number: f64) -> *mut Data {
    boxed(Data::Float(number))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_string_new(text: *const c_char, len: usize) -> *mut Data {
    text_of(text, len).map_or(std::ptr::null_mut(), |text| boxed(Data::String(text.to_string())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_bytes_new(bytes: *const u8, len: usize) -> *mut Data {
    if bytes.is_null() {
        return std::ptr::null_mut();
    }
    boxed(Data::Bytes(std::slice::from_raw_parts(bytes, len).to_vec()))
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_list_new() -> *mut Data {
    boxed(Data::List(Vec::new()))
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_map_new() -> *mut Data {
    boxed(Data::Map(Vec::new()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_free(data: *mut Data) {
    if !data.is_null() {
        drop(Box::from_raw(data));
    }
}

/// Takes data over from C; nil for null.
pub(crate) unsafe fn taken(data: *mut Data) -> Data {
    if data.is_null() { Data::Nil } else { *Box::from_raw(data) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_list_push(list: *mut Data, element: *mut Data) -> bool {
    let element = taken(element);
    match list.as_mut() {
        Some(Data::List(elements)) => {
            elements.push(element);
            true
        }
        _ => false,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_map_add(map: *mut Data, key: *mut Data, value: *mut Data) -> bool {
    let (key, value) = (taken(key), taken(value));
    match map.as_mut() {
        Some(Data::Map(entries)) => {
            entries.push((key, value));
            true
        }
        _ => false,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_fail(failure: *mut Data, message: *const c_char, len: usize) {
    if let Some(failure) = failure.as_mut() {
        *failure = Data::String(text_of(message, len).unwrap_or("a function of the host failed").to_string());
    }
}

/// The number of a kind in `dunlin_kind`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_kind(data: *const Data) -> u32 {
    match data.as_ref() {
        None | Some(Data::Nil) => 0,
        Some(Data::Bool(_)) => 1,
        Some(Data::Int(_)) => 2,
        Some(Data::BigInt(_)) => 3,
        Some(Data::Float(_)) => 4,
        Some(Data::Char(_)) => 5,
        Some(Data::String(_)) => 6,
        Some(Data::Symbol(_)) => 7,
        Some(Data::Bytes(_)) => 8,
        Some(Data::List(_)) => 9,
        Some(Data::Tuple(_)) => 10,
        Some(Data::Set(_)) => 11,
        Some(Data::Map(_)) => 12,
        Some(Data::Object(_)) => 13,
        Some(Data::Other(_)) => 14,
    }
}

/// Stores what is there; says whether anything was.
unsafe fn put<T>(found: Option<T>, out: *mut T) -> bool {
    match (found, out.is_null()) {
        (Some(found), false) => {
            out.write(found);
            true
        }
        _ => false,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_bool(data: *const Data, out: *mut bool) -> bool {
    put(data.as_ref().and_then(|data| if let Data::Bool(flag) = data { Some(*flag) } else { None }), out)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_int(data: *const Data, out: *mut i64) -> bool {
    put(data.as_ref().and_then(|data| if let Data::Int(number) = data { Some(*number) } else { None }), out)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_float(data: *const Data, out: *mut f64) -> bool {
    let found = match data.as_ref() {
        Some(Data::Float(number)) => Some(*number),
        Some(Data::Int(number)) => Some(*number as f64),
        _ => None,
    };
    put(found, out)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_text(
    data: *const Data,
    text: *mut *const c_char,
    len: *mut usize,
) -> bool {
    let bytes: &[u8] = match data.as_ref() {
        Some(Data::String(text) | Data::Symbol(text) | Data::BigInt(text) | Data::Other(text)) => {
            text.as_bytes()
        }
        Some(Data::Bytes(bytes)) => bytes,
        _ => return false,
    };
    put(Some(bytes.as_ptr().cast()), text) && put(Some(bytes.len()), len)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_len(data: *const Data) -> usize {
    match data.as_ref() {
        Some(Data::List(elements) | Data::Tuple(elements) | Data::Set(elements)) => elements.len(),
        Some(Data::Map(entries)) => entries.len(),
        _ => 0,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_at(data: *const Data, index: usize) -> *const Data {
    let found = match data.as_ref() {
        Some(Data::List(elements) | Data::Tuple(elements) | Data::Set(elements)) => elements.get(index),
        Some(Data::Map(entries)) => entries.get(index).map(|(_, value)| value),
        _ => None,
    };
    found.map_or(std::ptr::null(), |data| data)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_data_key_at(data: *const Data, index: usize) -> *const Data {
    match data.as_ref() {
        Some(Data::Map(entries)) => entries.get(index).map_or(std::ptr::null(), |(key, _)| key),
        _ => std::ptr::null(),
    }
}
