//! The parser (its grammar follows; the interface is settled).

use diag::{Diagnostic, FileId, Span};

use crate::ast;

/// Reads a source text. Never fails and never panics: what did not parse is an `Error` node and a diagnostic.
pub fn parse(source: &str, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let span = Span::new(file, 0, source.len() as u32);
    (ast::File { stmts: Vec::new(), span }, Vec::new())
}
