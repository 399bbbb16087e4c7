//! What a program must do, read from its comments.
//!
//! Invariant: a comment counts only when its keyword follows `// ` directly, and a keyword inside a string does not
//! count; everything else is prose.

/// What the comments of one program demand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    pub output: Vec<ExpectedLine>,
    pub errors: Vec<ExpectedError>,
    pub exit: Option<i32>,
    /// For `dunlin run`, before the file.
    pub options: Vec<String>,
    /// For the program, after the file.
    pub arguments: Vec<String>,
    pub input: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedLine {
    /// Where it is demanded, from 1.
    pub line: usize,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedError {
    pub line: usize,
    pub kind: ExpectedKind,
    pub position: Option<(u32, u32)>,
    /// Must be contained in the message.
    pub part: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedKind {
    Any,
    /// `E0103`, or a family: `E01xx`.
    Code(String),
    /// `TypeError`.
    Class(String),
}

impl Expectation {
    pub fn read(source: &str) -> Expectation {
        let mut expectation = Expectation::default();
        for (index, line) in source.lines().enumerate() {
            if let Some(text) = comment(line) {
                expectation.add(index + 1, text);
            }
        }
        expectation
    }

    /// Whether nothing at all is demanded.
    pub fn is_empty(&self) -> bool {
        self.output.is_empty() && self.errors.is_empty() && self.exit.is_none()
    }

    fn add(&mut self, line: usize, text: &str) {
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        if let Some(text) = text.strip_prefix("expect:") {
            let text = text.strip_prefix(' ').unwrap_or(text).trim_end().to_string();
            self.output.push(ExpectedLine { line, text });
        } else if let Some(text) = text.strip_prefix("args:") {
            self.options.extend(words(text));
        } else if let Some(text) = text.strip_prefix("argv:") {
            self.arguments.extend(words(text));
        } else if let Some(text) = text.strip_prefix("stdin:") {
            self.input.push_str(text.strip_prefix(' ').unwrap_or(text).trim_end());
            self.input.push('\n');
        } else if let Some(code) = text.strip_prefix("exit ").and_then(|text| text.trim().parse().ok()) {
            self.exit = Some(code);
        } else if let Some(text) = text.strip_prefix("error") {
            self.errors.extend(read_error(line, text));
        }
    }
}

/// The expectation of a line, from its keyword on.
fn comment(line: &str) -> Option<&str> {
    const KEYWORDS: [&str; 6] = ["expect:", "error", "exit ", "args:", "argv:", "stdin:"];
    let starts_one = |text: &&str| KEYWORDS.iter().any(|keyword| text.starts_with(keyword));
    let trimmed = line.trim_start();
    if let Some(text) = trimmed.strip_prefix("//") {
        return text.strip_prefix(' ').filter(starts_one);
    }
    let candidates = line.match_indices("// ").map(|(at, _)| (&line[..at], &line[at + 3..]));
    let mut found = candidates.filter(|(_, text)| starts_one(text)).peekable();
    let first = found.peek().map(|&(_, text)| text);
    found.find(|(before, _)| quotes(before).is_multiple_of(2)).map(|(_, text)| text).or(first)
}

/// Double quotes that are not escaped.
fn quotes(text: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for byte in text.bytes() {
        match byte {
            b'\\' => escaped = !escaped,
            b'"' if !escaped => count += 1,
            _ => escaped = false,
        }
    }
    count
}

/// After the word `error`: ` E0103 at 3:5: part`, ` TypeError`, `: part`. Anything else is prose.
fn read_error(line: usize, text: &str) -> Option<ExpectedError> {
    let text = text.trim_end();
    if let Some(part) = text.strip_prefix(':') {
        let part = Some(part.trim().to_string());
        return Some(ExpectedError { line, kind: ExpectedKind::Any, position: None, part });
    }
    let text = text.strip_prefix(' ')?;
    let length = text.find([' ', ':']).unwrap_or(text.len());
    let (word, mut rest) = text.split_at(length);
    let kind = if is_code(word) {
        ExpectedKind::Code(word.to_string())
    } else if word.starts_with(|first: char| first.is_ascii_uppercase()) {
        ExpectedKind::Class(word.to_string())
    } else {
        return None;
    };
    let mut position = None;
    if let Some(after) = rest.strip_prefix(" at ") {
        let length = after.find(|next: char| !next.is_ascii_digit() && next != ':').unwrap_or(after.len());
        let (place, after) = after.split_at(length);
        let (place, after) = match place.strip_suffix(':') {
            Some(place) => (place, &rest[rest.len() - after.len() - 1..]),
            None => (place, after),
        };
        let (place_line, column) = place.split_once(':')?;
        position = Some((place_line.parse().ok()?, column.parse().ok()?));
        rest = after;
    }
    let part = rest.strip_prefix(':').map(|part| part.trim().to_string());
    (part.is_some() || rest.is_empty()).then_some(ExpectedError { line, kind, position, part })
}

fn is_code(word: &str) -> bool {
    word.len() == 5
        && word.starts_with(['E', 'W'])
        && word[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'x')
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts = (ExpectedKind, Option<(u32, u32)>, Option<String>);

    fn errors(source: &str) -> Vec<Parts> {
        let read = Expectation::read(source);
        read.errors.into_iter().map(|error| (error.kind, error.position, error.part)).collect()
    }

    #[test]
    fn lines_of_output() {
        let read =
            Expectation::read("print(1) // expect: 1\n// expect:\n  // expect: a // b\n// we expect: not\n");
        let lines: Vec<(usize, &str)> =
            read.output.iter().map(|expected| (expected.line, expected.text.as_str())).collect();
        assert_eq!(lines, vec![(1, "1"), (2, ""), (3, "a // b")]);
        let read = Expectation::read("print(\"// expect: x\") // expect: // expect: x");
        assert_eq!(read.output[0].text, "// expect: x");
    }

    #[test]
    fn errors_in_all_forms() {
        let code = |text: &str| ExpectedKind::Code(text.to_string());
        let class = |text: &str| ExpectedKind::Class(text.to_string());
        let part = |text: &str| Some(text.to_string());
        assert_eq!(errors("// error E0103"), vec![(code("E0103"), None, None)]);
        assert_eq!(errors("// error E04xx at 3:7"), vec![(code("E04xx"), Some((3, 7)), None)]);
        assert_eq!(errors("// error E0103 at 3:5: a: b"), vec![(code("E0103"), Some((3, 5)), part("a: b"))]);
        assert_eq!(
            errors("f() // error TypeError: no `x`"),
            vec![(class("TypeError"), None, part("no `x`"))]
        );
        assert_eq!(errors("// error: part"), vec![(ExpectedKind::Any, None, part("part"))]);
        assert_eq!(errors("// error handling is prose\n// errors too"), vec![]);
    }

    #[test]
    fn options_arguments_input_and_exit() {
        let read = Expectation::read(
            "// args: --max-heap 64mb\n// argv: 10 x\n// stdin: a  b\n// stdin:\n// exit 101\n",
        );
        assert_eq!(read.options, vec!["--max-heap", "64mb"]);
        assert_eq!(read.arguments, vec!["10", "x"]);
        assert_eq!(read.input, "a  b\n\n");
        assert_eq!(read.exit, Some(101));
    }
}
