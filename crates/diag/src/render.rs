//! A diagnostic as text for people: what, where, the source lines with the spans underlined, and a hint.
//!
//! ```text
//! error[E0101]: expected `)`, found `]`
//!  --> demo.dn:1:8
//!   |
//! 1 | print(x]
//!   |      - ^ expected `)`
//!   |      opened here
//!   = hint: close it
//! ```

use std::fmt::Write;

use crate::{Diagnostic, Label, Severity, Sources};

/// Whether to write terminal colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Color {
    #[default]
    Plain,
    Ansi,
}

/// Lines longer than this are shown around the span only.
const LINE_WIDTH_MAX: usize = 160;

struct Paint(Color);

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        match self.0 {
            Color::Plain => text.to_string(),
            Color::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
    fn severity(&self, severity: Severity, text: &str) -> String {
        self.wrap(if severity == Severity::Error { "1;31" } else { "1;33" }, text)
    }
    fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }
    fn frame(&self, text: &str) -> String {
        self.wrap("1;34", text)
    }
}

/// So many findings of one run are shown: whoever has more reads the first ones.
const SHOWN_MAX: usize = 100;

/// Findings one after another as people see them; of very many only the first.
pub fn render_all(diagnostics: &[Diagnostic], sources: &Sources, color: Color) -> String {
    // Where not all are shown, errors go before warnings.
    let mut chosen: Vec<usize> = (0..diagnostics.len()).collect();
    chosen.sort_by_key(|&index| (!diagnostics[index].is_error(), index));
    chosen.truncate(SHOWN_MAX);
    chosen.sort_unstable();
    let shown = chosen.iter().map(|&index| diagnostics[index].render(sources, color));
    let mut text = shown.collect::<Vec<_>>().join("\n");
    if let Some(more) = diagnostics.len().checked_sub(SHOWN_MAX).filter(|&more| more > 0) {
        let _ = writeln!(text, "\nand {more} more");
    }
    text
}

impl Diagnostic {
    /// The diagnostic as people see it, ending in a line break.
    pub fn render(&self, sources: &Sources, color: Color) -> String {
        let paint = Paint(color);
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut out = String::new();
        let head = paint.severity(self.severity, &format!("{word}[{}]", self.code));
        let _ = writeln!(out, "{head}: {}", paint.bold(&self.message));
        let at = sources.position(self.primary.span.file, self.primary.span.start);
        let width = self.number_width(sources);
        let name = sources.name(self.primary.span.file);
        let _ = writeln!(out, "{:width$}{} {name}:{}:{}", "", paint.frame("-->"), at.line, at.column);
        self.render_snippets(&mut out, sources, &paint, width);
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "{:width$} {} {}: {hint}", "", paint.frame("="), paint.bold("hint"));
        }
        out
    }

    fn labels(&self) -> impl Iterator<Item = (bool, &Label)> {
        std::iter::once((true, &self.primary)).chain(self.secondary.iter().map(|label| (false, label)))
    }

    fn number_width(&self, sources: &Sources) -> usize {
        let line = |label: &Label| sources.position(label.span.file, label.span.start).line;
        self.labels().map(|(_, label)| line(label).to_string().len()).max().unwrap_or(1)
    }

    /// The lines that labels point at, in order, each with its underlines.
    fn render_snippets(&self, out: &mut String, sources: &Sources, paint: &Paint, width: usize) {
        let mut rows: Vec<(u32, u32, bool, &Label)> = self
            .labels()
            .map(|(primary, label)| {
                let line = sources.position(label.span.file, label.span.start).line;
                (label.span.file.0, line, primary, label)
            })
            .collect();
        // The primary file comes first, then lines from top to bottom, and on a line the rightmost label.
        let main_file = self.primary.span.file.0;
        rows.sort_by_key(|(file, line, _, label)| {
            (*file != main_file, *file, *line, u32::MAX - label.span.start)
        });
        let bar = paint.frame("|");
        let _ = writeln!(out, "{:width$} {bar}", "");
        let mut previous: Option<(u32, u32)> = None;
        for (file, line, primary, label) in rows {
            if previous.is_some_and(|(before, _)| before != file) {
                let _ = writeln!(out, "{:width$} {bar} in {}:{line}", "", sources.name(label.span.file));
            }
            let source = Line::new(sources, label, line);
            if previous != Some((file, line)) {
                if previous.is_some_and(|(before, at)| before == file && at + 1 < line) {
                    let _ = writeln!(out, "{:width$} {bar}", "...");
                }
                let number = paint.frame(&format!("{line:>width$}"));
                let _ = writeln!(out, "{number} {bar} {}", source.shown);
            }
            let mark = source.underline(if primary { '^' } else { '-' }, &label.text);
            let mark = if primary { paint.severity(self.severity, &mark) } else { paint.frame(&mark) };
            let _ = writeln!(out, "{:width$} {bar} {}{mark}", "", source.indent);
            previous = Some((file, line));
        }
    }
}

/// One source line as it is shown, and where the label's span is in it.
struct Line {
    shown: String,
    /// Blanks up to the span.
    indent: String,
    /// How many columns the span covers.
    columns: usize,
}

impl Line {
    fn new(sources: &Sources, label: &Label, line: u32) -> Line {
        let text = sources.line(label.span.file, line);
        let start = sources.position(label.span.file, label.span.start).column as usize - 1;
        let end = sources.position(label.span.file, label.span.end);
        let length = text.chars().count();
        let end = if end.line == line { end.column as usize - 1 } else { length };
        let skip = if length > LINE_WIDTH_MAX { start.saturating_sub(LINE_WIDTH_MAX / 2) } else { 0 };
        let clean = |character: char| match character {
            '\t' => "    ".to_string(),
            character if character.is_control() => "\u{fffd}".to_string(),
            character => character.to_string(),
        };
        let shown: String = text.chars().skip(skip).take(LINE_WIDTH_MAX).map(clean).collect();
        let before: String = text.chars().skip(skip).take(start - skip).map(clean).collect();
        let columns = end.saturating_sub(start).clamp(1, LINE_WIDTH_MAX);
        Line { shown, indent: " ".repeat(before.chars().count()), columns }
    }

    fn underline(&self, mark: char, text: &str) -> String {
        let mut out: String = std::iter::repeat_n(mark, self.columns).collect();
        if !text.is_empty() {
            out.push(' ');
            out.push_str(text);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Span};

    #[test]
    fn shows_line_span_label_and_hint() {
        let mut sources = Sources::new();
        let file = sources.add("demo.dn", "let é = (1\nprint(x]\n");
        let diagnostic =
            Diagnostic::new(Code::UnexpectedToken, Span::new(file, 19, 20), "expected `)`, found `]`")
                .label("expected `)`")
                .also(Span::new(file, 9, 10), "opened here")
                .hint("close it");
        let expected = "\
error[E0101]: expected `)`, found `]`
 --> demo.dn:2:8
  |
1 | let é = (1
  |         - opened here
2 | print(x]
  |        ^ expected `)`
  = hint: close it
";
        assert_eq!(diagnostic.render(&sources, Color::Plain), expected);
        assert!(diagnostic.render(&sources, Color::Ansi).contains("\x1b[1;31merror[E0101]"));
    }

    #[test]
    fn of_very_many_findings_the_first_are_shown_and_errors_before_warnings() {
        let mut sources = Sources::new();
        let file = sources.add("demo.dn", "x");
        let at = Span::new(file, 0, 1);
        let mut found = vec![Diagnostic::new(Code::UnusedBinding, at, "a warning"); 150];
        found.push(Diagnostic::new(Code::UnknownName, at, "the error"));
        let text = render_all(&found, &sources, Color::Plain);
        assert!(text.contains("the error"), "{text}");
        assert!(text.ends_with("\nand 51 more\n"), "{text}");
        assert_eq!(text.matches("a warning").count(), 99);
    }

    #[test]
    fn spans_out_of_range_do_not_panic() {
        let mut sources = Sources::new();
        let file = sources.add("demo.dn", "é");
        for (start, end) in [(0, 9), (1, 1), (9, 9), (1, 2)] {
            let diagnostic = Diagnostic::new(Code::UnexpectedToken, Span::new(file, start, end), "x");
            assert!(diagnostic.render(&sources, Color::Plain).starts_with("error[E0101]: x"));
        }
    }
}
