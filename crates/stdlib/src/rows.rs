//! The shape in which every topic writes its table of builtins.

/// Makes `pub const ROWS` of rows `/// doc` `"name" "signature" function => "twin", FACT;`.
///
/// The documentation is the doc comment: a sentence, then an indented example whose output stands in
/// `// expect:` comments.
macro_rules! rows {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $signature:literal $run:path $(=> $slow:literal)? $(, $fact:ident)* ;
    )*) => {
        /// The builtins of this topic.
        pub const ROWS: &[vm::BuiltinRow] = &[$(
            vm::BuiltinRow {
                name: $name,
                signature: $signature,
                doc: concat!($($doc, "\n"),+),
                facts: 0 $(| vm::builtin_fact::$fact)*,
                slow: $crate::rows::rows!(@slow $($slow)?),
                run: $run,
            },
        )*];
    };
    (@slow) => { None };
    (@slow $slow:literal) => { Some($slow) };
}
pub(crate) use rows;

use crate::{
    arrays, bytes, calendar, character, class, compare, convert, files, host, io, json_read, json_write,
    list, list_read, list_sort, map, math, number, path, pattern, prelude, random, range, reflect, set,
    string, string_edit, support, time, tuple,
};

/// Every builtin: the library's own, then those of processes.
pub const ROWS: &[&[vm::BuiltinRow]] = &[
    prelude::ROWS,
    convert::ROWS,
    class::ROWS,
    reflect::ROWS,
    support::ROWS,
    compare::ROWS,
    number::ROWS,
    string::ROWS,
    string_edit::ROWS,
    character::ROWS,
    bytes::ROWS,
    pattern::ROWS,
    list::ROWS,
    list_read::ROWS,
    list_sort::ROWS,
    tuple::ROWS,
    map::ROWS,
    set::ROWS,
    range::ROWS,
    arrays::ROWS,
    math::ROWS,
    time::ROWS,
    calendar::ROWS,
    random::ROWS,
    json_read::ROWS,
    json_write::ROWS,
    io::ROWS,
    files::ROWS,
    path::ROWS,
    host::ROWS,
    // The rows of processes.
    runtime::ROWS[0],
    runtime::ROWS[1],
    runtime::ROWS[2],
    runtime::ROWS[3],
    runtime::ROWS[4],
    runtime::ROWS[5],
    runtime::ROWS[6],
    runtime::ROWS[7],
    runtime::ROWS[8],
    runtime::ROWS[9],
];

const _: () = assert!(runtime::ROWS.len() == 10, "every topic of processes is listed above");
