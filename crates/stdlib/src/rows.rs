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
