//! The standard library: builtins in Rust, one file a topic, and Dunlin sources for everything that takes a function.
//!
//! This crate must never know how code is compiled or scheduled, nor call Dunlin code: a row that would have to declines
//! before its first effect, and the Dunlin function of its `slow` column takes over. No recursion over programs' data.
//!
//! | module | holds |
//! | --- | --- |
//! | `argument`, `compare` | readings of arguments, equality and order |
//! | `prelude`, `convert`, `class`, `reflect`, `support` | functions seen everywhere, conversions, what library and compiled code ask |
//! | `number`, `math`, `random`, `time`, `calendar` | numbers and clocks |
//! | `string`, `string_edit`, `character`, `bytes`, `pattern` | texts, bytes, regexes |
//! | `list`, `list_read`, `list_sort`, `tuple`, `map`, `set`, `range`, `arrays` | collections |
//! | `json_read`, `json_write`, `io`, `files`, `path`, `host`, `format_spec`, `merge_sort` | formats, files, algorithms without values |
//! | `encoding`, `checksum`, `compress`, `deflate`, `csv` | bytes as text, short numbers for contents, contents in fewer bytes, tables as text |
//! | `permission` | what a process may do outside |
//! | `sources`, `names`, `document` | the Dunlin sources, which names are visible where, the reference as a page |
#![forbid(unsafe_code)]

mod argument;
mod arrays;
mod bytes;
mod calendar;
mod character;
mod checksum;
mod class;
mod compare;
mod compress;
mod convert;
mod csv;
mod deflate;
pub mod document;
mod encoding;
mod files;
pub mod format_spec;
mod host;
mod io;
mod json_read;
mod json_write;
mod list;
mod list_read;
mod list_sort;
mod map;
mod math;
mod merge_sort;
mod names;
mod number;
mod path;
mod pattern;
mod permission;
mod prelude;
mod random;
mod range;
mod reflect;
mod rows;
mod set;
mod sources;
mod string;
mod string_edit;
mod support;
mod time;
mod tuple;

pub use host::{ExtensionFunctions, HostFunction, HostFunctions};
pub use names::{CONSTANTS, module_names, prelude_rows};
pub use rows::ROWS;
pub use sources::{
    Source, class_exports, function_source, method_names, method_names_of, method_source, prelude_functions,
    sources,
};
