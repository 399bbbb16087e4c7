//! Native extensions: shared libraries whose functions Dunlin programs import.
//!
//! A library exports `dunlin_extension`. It is given a table of functions of ours, so that it links against nothing, and
//! a registry that it adds its own functions to.
//!
//! SAFETY: loading a library runs its code, which nothing can check: that is what the permission `ffi` says yes to. A
//! library that was loaded stays, so its functions live as long as the program. The rest is what `lib.rs` says.

use std::ffi::{c_char, c_void};

use dunlin::{Data, Extension, ExtensionLoader};

use crate::builder::{Function, lent};
use crate::data::*;
use crate::ended_text;

/// Rises when a field of the table changes its meaning; new fields come at the end.
const VERSION: u32 = 1;

/// Takes what a library registers.
#[derive(Default)]
pub struct Registry(Extension);

macro_rules! api {
    ($($name:ident = $function:path : $kind:ty,)*) => {
        /// `dunlin_api` of the header: the same fields in the same order.
        #[repr(C)]
        pub struct Api {
            version: u32,
            size: u32,
            $($name: $kind,)*
        }

        static API: Api = Api {
            version: VERSION,
            size: size_of::<Api>() as u32,
            $($name: $function,)*
        };
    };
}
api! {
    add_function = add_function: unsafe extern "C" fn(*mut Registry, *const c_char, Option<Function>, *mut c_void) -> bool,
    nil_new = dunlin_nil_new: extern "C" fn() -> *mut Data,
    bool_new = dunlin_bool_new: extern "C" fn(bool) -> *mut Data,
    int_new = dunlin_int_new: extern "C" fn(i64) -> *mut Data,
    float_new = dunlin_float_new: extern "C" fn(f64) -> *mut Data,
    string_new = dunlin_string_new: unsafe extern "C" fn(*const c_char, usize) -> *mut Data,
    bytes_new = dunlin_bytes_new: unsafe extern "C" fn(*const u8, usize) -> *mut Data,
    list_new = dunlin_list_new: extern "C" fn() -> *mut Data,
    map_new = dunlin_map_new: extern "C" fn() -> *mut Data,
    data_free = dunlin_data_free: unsafe extern "C" fn(*mut Data),
    list_push = dunlin_list_push: unsafe extern "C" fn(*mut Data, *mut Data) -> bool,
    map_add = dunlin_map_add: unsafe extern "C" fn(*mut Data, *mut Data, *mut Data) -> bool,
    fail = dunlin_fail: unsafe extern "C" fn(*mut Data, *const c_char, usize),
    data_kind = dunlin_data_kind: unsafe extern "C" fn(*const Data) -> u32,
    data_bool = dunlin_data_bool: unsafe extern "C" fn(*const Data, *mut bool) -> bool,
    data_int = dunlin_data_int: unsafe extern "C" fn(*const Data, *mut i64) -> bool,
    data_float = dunlin_data_float: unsafe extern "C" fn(*const Data, *mut f64) -> bool,
    data_text = dunlin_data_text: unsafe extern "C" fn(*const Data, *mut *const c_char, *mut usize) -> bool,
    data_len = dunlin_data_len: unsafe extern "C" fn(*const Data) -> usize,
    data_at = dunlin_data_at: unsafe extern "C" fn(*const Data, usize) -> *const Data,
    data_key_at = dunlin_data_key_at: unsafe extern "C" fn(*const Data, usize) -> *const Data,
}

/// Adds a function to an extension; false where its head is no text.
unsafe extern "C" fn add_function(
    registry: *mut Registry,
    head: *const c_char,
    function: Option<Function>,
    user: *mut c_void,
) -> bool {
    let (Some(registry), Some(head), Some(function)) = (registry.as_mut(), ended_text(head), function) else {
        return false;
    };
    registry.0.functions.push((head.to_string(), lent(function, user)));
    true
}

/// Loads extensions from the shared libraries of the system.
#[derive(Debug)]
pub struct SharedLibraries;

impl ExtensionLoader for SharedLibraries {
    fn load(&self, path: &str) -> Result<Extension, String> {
        type Entry = unsafe extern "C" fn(*const Api, *mut Registry) -> bool;
        // SAFETY: the permission to run the library's code was given; see the top of this file.
        let library = unsafe { libloading::Library::new(path) };
        let library = library.map_err(|error| format!("`{path}` cannot be loaded: {error}"))?;
        // SAFETY: the header says which type `dunlin_extension` has.
        let entry = unsafe { library.get::<Entry>(b"dunlin_extension\0") };
        let entry = *entry.map_err(|_| format!("`{path}` exports no `dunlin_extension`"))?;
        // The functions that it registers are called for as long as the program runs.
        std::mem::forget(library);
        let mut registry = Registry::default();
        // SAFETY: as for `entry`; both pointers are alive during the call.
        match unsafe { entry(&raw const API, &raw mut registry) } {
            true => Ok(registry.0),
            false => Err(format!("`{path}` refused to be loaded: it may need another version of Dunlin")),
        }
    }
}
