//! What a program did against what it had to do; the difference in words.

use crate::expectation::{Expectation, ExpectedError, ExpectedKind, ExpectedLine};
use crate::outcome::{End, Outcome, Report};

/// Exit codes that an expected error may have when no `// exit` makes it exact.
const ERROR_EXITS: [i32; 2] = [1, 65];

/// Everything that differs, one complaint each; none is success.
pub fn judge(expectation: &Expectation, outcome: &Outcome) -> Vec<String> {
    let mut complaints = Vec::new();
    judge_end(expectation, outcome, &mut complaints);
    judge_output(&expectation.output, &outcome.stdout, &mut complaints);
    for expected in &expectation.errors {
        if !outcome.diagnostics.iter().any(|report| matches(expected, report)) {
            complaints.push(format!("line {}: no report of {}", expected.line, describe(expected)));
        }
    }
    if outcome.stderr.contains("panicked at") {
        complaints.push("the engine panicked".to_string());
    }
    if !complaints.is_empty() && !outcome.stderr.trim().is_empty() {
        complaints.push(format!("standard error was:\n{}", indent(&first_lines(&outcome.stderr, 14))));
    }
    complaints
}

fn judge_end(expectation: &Expectation, outcome: &Outcome, complaints: &mut Vec<String>) {
    let code = match &outcome.end {
        End::Exit(code) => *code,
        End::Signal(name) => return complaints.push(format!("crashed: {name}")),
        End::TimedOut => return complaints.push("did not end in time".to_string()),
        End::NotStarted => return complaints.push("could not be started".to_string()),
    };
    match expectation.exit {
        Some(wanted) if wanted != code => complaints.push(format!("exit code {code}, not {wanted}")),
        None if expectation.errors.is_empty() && code != 0 => {
            complaints.push(format!("exit code {code}, not 0"))
        }
        None if !expectation.errors.is_empty() && !ERROR_EXITS.contains(&code) => {
            complaints.push(format!("exit code {code}, though an error is expected"));
        }
        _ => {}
    }
}

fn judge_output(expected: &[ExpectedLine], stdout: &str, complaints: &mut Vec<String>) {
    let found: Vec<&str> = stdout.lines().map(str::trim_end).collect();
    let agree = expected.iter().zip(&found).take_while(|(expected, found)| expected.text == **found).count();
    if agree == expected.len() && agree == found.len() {
        return;
    }
    let mut text = match expected.get(agree) {
        Some(line) => format!("output differs at the expectation of line {}:", line.line),
        None => "more output than expected:".to_string(),
    };
    for index in agree..(agree + 4).min(expected.len().max(found.len())) {
        let wanted = expected.get(index).map(|line| line.text.as_str());
        let got = found.get(index).copied();
        if wanted == got {
            text.push_str(&format!("\n      {}", wanted.unwrap_or_default()));
            continue;
        }
        if let Some(wanted) = wanted {
            text.push_str(&format!("\n    - {wanted}"));
        }
        if let Some(got) = got {
            text.push_str(&format!("\n    + {got}"));
        }
    }
    complaints.push(text);
}

fn matches(expected: &ExpectedError, report: &Report) -> bool {
    let kind = match &expected.kind {
        ExpectedKind::Any => true,
        ExpectedKind::Code(code) => {
            code.len() == report.code.len()
                && code.chars().zip(report.code.chars()).all(|(a, b)| a == 'x' || a == b)
        }
        ExpectedKind::Class(class) => report.class.as_ref() == Some(class),
    };
    let position = expected.position.is_none_or(|position| report.position == Some(position));
    let part = expected.part.as_ref().is_none_or(|part| report.message.contains(part.as_str()));
    kind && position && part
}

fn describe(expected: &ExpectedError) -> String {
    let mut text = match &expected.kind {
        ExpectedKind::Any => "an error".to_string(),
        ExpectedKind::Code(name) | ExpectedKind::Class(name) => name.clone(),
    };
    if let Some((line, column)) = expected.position {
        text.push_str(&format!(" at {line}:{column}"));
    }
    if let Some(part) = &expected.part {
        text.push_str(&format!(" with {part:?}"));
    }
    text
}

fn first_lines(text: &str, count: usize) -> String {
    let mut lines: Vec<&str> = text.lines().take(count).collect();
    if text.lines().count() > count {
        lines.push("...");
    }
    lines.join("\n")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::read_reports;

    fn outcome(stdout: &str, stderr: &str, code: i32) -> Outcome {
        Outcome {
            stdout: stdout.to_string(),
            stderr: stderr.to_string(),
            end: End::Exit(code),
            diagnostics: read_reports(stderr),
        }
    }

    fn complaints(source: &str, outcome: &Outcome) -> usize {
        judge(&Expectation::read(source), outcome).len()
    }

    #[test]
    fn a_missing_line_an_extra_line_and_a_different_line_are_complaints() {
        let source = "// expect: a\n// expect: b";
        assert_eq!(complaints(source, &outcome("a\nb\n", "", 0)), 0);
        assert_eq!(complaints(source, &outcome("a\n", "", 0)), 1);
        assert_eq!(complaints(source, &outcome("a\nb\nc\n", "", 0)), 1);
        assert_eq!(complaints(source, &outcome("a\nx\n", "", 0)), 1);
    }

    #[test]
    fn an_error_needs_its_report_and_its_exit_code() {
        let stderr = "error[E0103]: unmatched `)`\n --> a.dn:3:5\n";
        assert_eq!(complaints("// error E01xx at 3:5: unmatched", &outcome("", stderr, 65)), 0);
        assert_ne!(complaints("// error E0102", &outcome("", stderr, 65)), 0);
        assert_ne!(complaints("// error E0103", &outcome("", stderr, 0)), 0);
        assert_ne!(complaints("// expect: a", &outcome("a\n", stderr, 65)), 0);
        assert_ne!(complaints("// exit 101", &outcome("", "", 1)), 0);
    }

    #[test]
    fn a_crash_is_never_a_success() {
        let mut crashed = outcome("", "", 0);
        crashed.end = End::Signal("segmentation fault".to_string());
        assert_ne!(complaints("", &crashed), 0);
        assert_ne!(complaints("// error TypeError", &crashed), 0);
    }
}
