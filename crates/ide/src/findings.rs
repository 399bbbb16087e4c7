//! Diagnostics of a file, as a program that imports it would see them.

use crate::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One diagnostic of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub range: Range,
    pub severity: Severity,
    pub code: String,
    pub message: String,
}

/// What is wrong with a file, found without running it. The path is where its imports are looked for.
pub fn findings(path: &str, text: &str) -> Vec<Finding> {
    let Ok(engine) = dunlin::Engine::new(dunlin::Settings::default()) else { return Vec::new() };
    engine
        .diagnose(path, text)
        .into_iter()
        .map(|diagnostic| {
            let span = diagnostic.primary.span;
            let hint = diagnostic.hint.as_ref().map(|hint| format!("\n{hint}"));
            Finding {
                range: span.start as usize..span.end as usize,
                severity: if diagnostic.is_error() { Severity::Error } else { Severity::Warning },
                code: diagnostic.code.to_string(),
                message: diagnostic.message.clone() + &hint.unwrap_or_default(),
            }
        })
        .collect()
}

/// The messages of what does not parse.
pub fn syntax_errors(text: &str) -> Vec<String> {
    let (_, diagnostics) = syntax::parse(text, diag::FileId(0));
    diagnostics.into_iter().filter(|found| found.is_error()).map(|found| found.message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_their_place() {
        let text = "let a = 1\nprint(b)\n";
        let found = findings("a.dn", text);
        let unknown =
            found.iter().find(|finding| finding.severity == Severity::Error).expect("`b` is unknown");
        assert_eq!(&text[unknown.range.clone()], "b");
        assert_eq!(unknown.code, "E0201");
        assert!(findings("a.dn", "print(1)\n").is_empty());
    }
}
