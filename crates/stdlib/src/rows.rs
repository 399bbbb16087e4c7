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
    arrays, bytes, calendar, character, checksum, class, compare, compress, convert, csv, encoding, files,
    host, io, json_read, json_write, list, list_read, list_sort, map, math, number, path, pattern, prelude,
    random, range, reflect, set, string, string_edit, support, time, tuple,
};

const LIBRARY: &[&[vm::BuiltinRow]] = &[
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
    encoding::ROWS,
    checksum::ROWS,
    compress::ROWS,
    csv::ROWS,
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
];

const COUNT: usize = LIBRARY.len() + runtime::ROWS.len();

const ALL: [&[vm::BuiltinRow]; COUNT] = {
    let mut all: [&[vm::BuiltinRow]; COUNT] = [&[]; COUNT];
    let mut index = 0;
    while index < COUNT {
        let is_own = index < LIBRARY.len();
        all[index] = if is_own { LIBRARY[index] } else { runtime::ROWS[index - LIBRARY.len()] };
        index += 1;
    }
    all
};

/// Every builtin: the library's own, then those of processes.
pub const ROWS: &[&[vm::BuiltinRow]] = &ALL;
