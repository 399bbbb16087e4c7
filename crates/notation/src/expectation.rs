//! What a program's comments say it does: `# Expected: line` for each line it prints, `# ExitCode: n` unless it is 0.

/// What a program must do. `dunlin test` compares it with what the program does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The lines of standard output, in order.
    pub output: Vec<String>,
    pub exit_code: u8,
}

impl Expectation {
    /// Reads the comments of a text; `marker` begins one. Nothing when none of them says what to expect.
    pub fn read(text: &str, marker: &str) -> Option<Expectation> {
        let mut expectation = Expectation::default();
        let mut found = false;
        for line in text.lines() {
            if let Some(expected) = after(line, marker, "Expected:") {
                expectation.output.push(expected.trim_end().to_string());
            } else if let Some(code) = after(line, marker, "ExitCode:") {
                let Ok(code) = code.trim().parse() else { continue };
                expectation.exit_code = code;
            } else {
                continue;
            }
            found = true;
        }
        found.then_some(expectation)
    }

    /// What is different, in words; nothing when all is as expected. Blanks at the ends of lines do not count.
    pub fn difference(&self, output: &str, exit_code: u8) -> Option<String> {
        let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
        for (place, expected) in self.output.iter().enumerate() {
            match lines.get(place) {
                Some(line) if line == expected => {}
                Some(line) => {
                    return Some(format!("line {}: expected {expected:?}, found {line:?}", place + 1));
                }
                None => return Some(format!("line {}: expected {expected:?}, found the end", place + 1)),
            }
        }
        if let Some(extra) = lines.get(self.output.len()) {
            return Some(format!("line {}: found {extra:?}, expected the end", self.output.len() + 1));
        }
        (exit_code != self.exit_code)
            .then(|| format!("the exit code is {exit_code}, expected {}", self.exit_code))
    }
}

/// What stands behind `marker` and `word`, anywhere in the line; one blank after the word is not part of it.
fn after<'a>(line: &'a str, marker: &str, word: &str) -> Option<&'a str> {
    let mut rest = line;
    while let Some(at) = rest.find(marker) {
        rest = &rest[at + marker.len()..];
        if let Some(found) = rest.trim_start().strip_prefix(word) {
            return Some(found.strip_prefix(' ').unwrap_or(found));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_lines_and_a_code() {
        let text = "(println 1) # Expected: 1\n# Expected:   two\n#Expected:\n# ExitCode: 3\n";
        let expectation = Expectation::read(text, "#").expect("there are some");
        assert_eq!(expectation.output, ["1", "  two", ""]);
        assert_eq!(expectation.exit_code, 3);
        assert_eq!(Expectation::read("# nothing", "#"), None);
    }

    #[test]
    fn differences_name_the_line() {
        let expectation = Expectation { output: vec!["a".to_string()], exit_code: 1 };
        assert_eq!(expectation.difference("a \n", 1), None);
        assert!(expectation.difference("b\n", 1).is_some_and(|text| text.starts_with("line 1")));
        assert!(expectation.difference("", 1).is_some_and(|text| text.ends_with("found the end")));
        assert!(expectation.difference("a\nb\n", 1).is_some_and(|text| text.contains("found \"b\"")));
        assert!(expectation.difference("a\n", 0).is_some_and(|text| text.contains("exit code is 0")));
    }
}
