//! What can be said about programs without running them, for tools: findings with places as people count them.

use diag::{Diagnostic, Sources, Span};

use crate::engine::{Engine, unreadable};
use crate::failure::Failure;
use crate::modules::Modules;
use crate::source;

/// A place in a file: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
    /// Just behind the last character.
    pub end_line: u32,
    pub end_column: u32,
}

/// Something wrong or suspicious.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub is_error: bool,
    /// `E0201`; `dunlin explain` has its page.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    pub place: FoundPlace,
    /// Other places that have to do with it, and what they have.
    pub related: Vec<(String, FoundPlace)>,
}

impl Engine {
    /// What is wrong with a program in the language and with the files that it imports, in the order of files and
    /// places. The failure is a file that cannot be read.
    pub fn check_file(&self, path: &str) -> Result<Vec<Found>, Failure> {
        let text = source::read(path).map_err(unreadable)?;
        let mut modules = self.modules.lock();
        let _ = modules.compile_loading(path, text, compiler::Mode::Script);
        let mut findings = modules.take_findings();
        findings.sort_by_key(|finding| (finding.primary.span.file, finding.primary.span.start));
        Ok(findings.into_iter().map(|finding| found(&modules, finding)).collect())
    }
}

fn found(modules: &Modules, finding: Diagnostic) -> Found {
    let place_of = |span: Span| place(&modules.sources, span);
    Found {
        is_error: finding.is_error(),
        code: finding.code.to_string(),
        place: place_of(finding.primary.span),
        related: finding
            .secondary
            .into_iter()
            .map(|label| {
                let place = place_of(label.span);
                (label.text, place)
            })
            .collect(),
        message: finding.message,
        hint: finding.hint,
    }
}

fn place(sources: &Sources, span: Span) -> FoundPlace {
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end.max(span.start));
    FoundPlace {
        file: sources.name(span.file).to_string(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
