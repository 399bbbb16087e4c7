//! The syntax of Dunlin: tokens, parser, typed tree, S-expression form.
//!
//! This crate must never know: what names mean, the bytecode, values, files on a disk. It reads text and never
//! fails: whatever the text is, there is a tree, and diagnostics beside it.
//!
//! | module | holds |
//! | --- | --- |
//! | `token`, `lexer` | the token table; text to tokens and trivia, brackets paired |
//! | `parser` | tokens to the typed tree, with the lossless tree's nodes noted on the way |
//! | `ast` | the typed tree |
//! | `sexpr` | the S-expression form of programs, both ways, as text and as JSON |
//! | `fuzz` | properties as functions of bytes |
//! | `tree` | the lossless tree: tokens, trivia and nodes over them |
//! | `literal`, `format_spec` | what literals and the formats of interpolations are worth |
#![forbid(unsafe_code)]

pub mod ast;
pub mod format_spec;
pub mod fuzz;
pub mod lexer;
mod literal;
mod parser;
pub mod sexpr;
pub mod token;
pub mod tree;

pub use parser::{NESTING_MAX, parse};
pub use tree::Tree;
