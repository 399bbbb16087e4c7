//! The syntax of Dunlin: tokens, parser, typed tree, S-expression form.
//!
//! This crate must never know: what names mean, the bytecode, values, files on a disk. It reads text and never
//! fails: whatever the text is, there is a tree, and diagnostics beside it.
//!
//! | module | holds |
//! | --- | --- |
//! | `ast` | the typed tree |
#![forbid(unsafe_code)]

pub mod ast;
mod parser;

pub use parser::parse;
