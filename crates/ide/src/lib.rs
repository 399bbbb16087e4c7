//! Questions about programs as plain data: what editors and the prompt ask.
//!
//! This crate must never know a protocol, a terminal or a running program. It reads texts and answers with ranges of
//! bytes and strings; whoever asks turns those into what they speak.
//!
//! | module | holds |
//! | --- | --- |
//! | `paint` | what each token is, for highlighting |
//! | `names` | declarations, scopes, and which declaration a name means |
//! | `project` | names across the files of a project |
//! | `symbols` | the outline of a file |
//! | `findings` | diagnostics of a file |
//! | `help` | hover and completion: what is known of a name |
#![forbid(unsafe_code)]

mod findings;
mod help;
mod names;
mod paint;
mod project;
mod symbols;

pub use diag::{Block, blocks};
pub use findings::{Finding, Severity, findings, syntax_errors};
pub use help::{Completion, CompletionKind, completions, hover};
pub use names::{Declaration, DeclarationKind, Names};
pub use paint::{Paint, Painted, paint};
pub use project::{Occurrence, ProjectFile, definition_at, references_at};
pub use symbols::{Symbol, symbols};

/// A range of bytes of a text.
pub type Range = std::ops::Range<usize>;

/// Every word that is a keyword somewhere.
pub fn keywords() -> &'static [&'static str] {
    syntax::token::KEYWORDS
}
