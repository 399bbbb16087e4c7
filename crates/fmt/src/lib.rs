//! The formatter: source text to source text in the one style, 100 columns wide.
//!
//! It moves tokens and comments, and changes none of them: only blanks, line breaks, and the separators that a line
//! break makes needless (`;`, a comma after an arm) or that a list over several lines gets (its last comma).
//! Formatting formatted text changes nothing.
//!
//! This crate must never know: what a program means, files on a disk.
//!
//! | module | holds |
//! | --- | --- |
//! | `atoms` | tokens with what the layout asks of them: comments before them, brackets, boundaries, operators |
//! | `spacing` | whether a blank stands between two neighbours on a line |
//! | `emit` | the walk over the atoms that decides where lines break |
//! | `lines` | the lines of the result; comments at their ends are aligned |
#![forbid(unsafe_code)]

mod atoms;
mod emit;
mod fuzz;
mod lines;
mod spacing;

pub use fuzz::{check_text, fmt_idempotent};

use diag::{Diagnostic, FileId};
use syntax::Tree;

/// How wide a line may be, in characters.
pub const WIDTH_MAX: usize = 100;
/// How far a level is indented.
pub const INDENT: usize = 4;

/// The text in the one style, or what is wrong with it: text that does not parse is not formatted.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let tree = Tree::parse(source, FileId(0));
    if tree.has_errors() {
        return Err(tree.diagnostics);
    }
    let atoms = atoms::Atoms::new(&tree, source);
    Ok(emit::emit(&atoms))
}

#[cfg(test)]
mod tests;
