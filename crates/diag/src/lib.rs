//! Diagnostics: codes, spans, sources, and how an error is shown to a person.
//!
//! This crate must never know: the grammar, the bytecode, the VM. Whoever finds a mistake makes a `Diagnostic`.
//!
//! | module | holds |
//! | --- | --- |
//! | `code` | `for_each_code!`, the table of codes, and `Code`, the enum made from it |
//! | `span` | `FileId`, `Span` |
//! | `sources` | `Sources`: texts of files, and line and column of an offset |
//! | `diagnostic` | `Diagnostic` and its parts |
//! | `blocks` | fenced blocks of Markdown texts |
//! | `explain` | the pages about codes, and the examples on them |
//! | `render` | a diagnostic as text, with source lines and underlines |
#![forbid(unsafe_code)]

mod blocks;
mod code;
mod diagnostic;
mod explain;
mod render;
mod sources;
mod span;

pub use blocks::{Block, blocks};
pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use explain::{Example, examples, explain};
pub use render::{Color, render_all};
pub use sources::{Position, Sources};
pub use span::{FileId, Span};
