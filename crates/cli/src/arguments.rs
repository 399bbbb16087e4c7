//! Reads the arguments of one command from a table of its options.
//!
//! Why not a library: the hot command must start in well under a millisecond, its options come from the same rows as
//! its help, and what is left over belongs to the program (`dunlin run file.dn --its-own-option`).
//!
//! Invariant: an option is only accepted when a row names it, and a row without a value never takes one.

/// One option of a command.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// With its dashes: `--max-heap`.
    pub name: &'static str,
    /// What stands for the value in the help; empty for a flag. `[V]` means that the value is optional and then
    /// only given as `--name=V`.
    pub value: &'static str,
    pub help: &'static str,
}

pub const fn option(name: &'static str, value: &'static str, help: &'static str) -> OptionRow {
    OptionRow { name, value, help }
}

/// The arguments of a command, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    given: Vec<(&'static str, Option<String>)>,
    pub positional: Vec<String>,
}

/// How many arguments belong to the command; what follows belongs to the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Positional {
    All,
    /// After this many the rest is taken as it is.
    First(usize),
}

impl Arguments {
    /// Reads arguments; the error is a sentence for the person who typed them.
    pub fn read(
        rows: &[&[OptionRow]],
        positional: Positional,
        arguments: &[String],
    ) -> Result<Arguments, String> {
        let mut read = Arguments::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let is_full = matches!(positional, Positional::First(count) if read.positional.len() >= count);
            if is_full || argument == "--" {
                let own = (is_full).then(|| argument.clone());
                read.positional.extend(own);
                read.positional.extend(rest.by_ref().cloned());
            } else if argument.len() > 1 && argument.starts_with('-') {
                read.add_option(rows, argument, &mut rest)?;
            } else {
                read.positional.push(argument.clone());
            }
        }
        Ok(read)
    }

    fn add_option<'a>(
        &mut self,
        rows: &[&[OptionRow]],
        argument: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (argument, None),
        };
        let all = || rows.iter().flat_map(|rows| rows.iter());
        let Some(row) = all().find(|row| row.name.split(' ').any(|known| known == name)) else {
            let known: Vec<&str> = all().flat_map(|row| row.name.split(' ')).collect();
            return Err(unknown("option", name, &known));
        };
        let value = match (row.value, inline) {
            ("", None) => None,
            ("", Some(_)) => return Err(format!("`{name}` takes no value")),
            (_, Some(value)) => Some(value),
            (value, None) if value.starts_with('[') => None,
            (value, None) => match rest.next() {
                Some(next) => Some(next.clone()),
                None => return Err(format!("`{name}` needs a value: {name} {value}")),
            },
        };
        self.given.push((row.name, value));
        Ok(())
    }

    /// Whether an option was given; `name` is the whole of its row's.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| *given == name)
    }

    /// The last value given to an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| *given == name).and_then(|(_, value)| value.as_deref())
    }
}

/// "there is no option `--max-heep`; did you mean `--max-heap`?"
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("there is no {what} `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

/// The known name that needs the fewest edits, when they are few for its length.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let edits_max = (name.chars().count() / 3).max(1);
    let best = known.iter().map(|known| (edits(name, known), *known)).min_by_key(|(edits, _)| *edits)?;
    (best.0 <= edits_max).then_some(best.1)
}

/// Insertions, deletions, replacements and swaps of neighbours that make one text the other.
fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(64).collect();
    let right: Vec<char> = right.chars().take(64).collect();
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut current = vec![row; right.len() + 1];
        for column in 1..=right.len() {
            let differs = usize::from(left[row - 1] != right[column - 1]);
            let mut best = (last[column] + 1).min(current[column - 1] + 1).min(last[column - 1] + differs);
            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                best = best.min(before_last[column - 2] + 1);
            }
            current[column] = best;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &[OptionRow] =
        &[option("--max-heap", "SIZE", ""), option("--count", "", ""), option("-o --output", "FILE", "")];

    fn read(positional: Positional, arguments: &[&str]) -> Result<Arguments, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
        Arguments::read(&[ROWS], positional, &arguments)
    }

    #[test]
    fn options_before_the_file_are_ours_and_those_after_it_the_programs() {
        let read =
            read(Positional::First(1), &["--max-heap", "64mb", "a.dn", "--count", "x"]).expect("valid");
        assert_eq!(read.value("--max-heap"), Some("64mb"));
        assert!(!read.has("--count"));
        assert_eq!(read.positional, ["a.dn", "--count", "x"]);
    }

    #[test]
    fn values_may_be_joined_and_names_may_be_short() {
        let read = read(Positional::All, &["-o=x", "--max-heap=1kb", "a", "--count", "-"]).expect("valid");
        assert_eq!(read.value("-o --output"), Some("x"));
        assert_eq!(read.value("--max-heap"), Some("1kb"));
        assert!(read.has("--count"));
        assert_eq!(read.positional, ["a", "-"]);
    }

    #[test]
    fn mistakes_are_said_with_what_was_probably_meant() {
        let message = |arguments: &[&str]| read(Positional::All, arguments).expect_err("a mistake");
        assert!(message(&["--max-heep=1"]).contains("did you mean `--max-heap`"));
        assert!(message(&["--zzz"]).ends_with("there is no option `--zzz`"));
        assert!(message(&["--max-heap"]).contains("needs a value"));
        assert!(message(&["--count=3"]).contains("takes no value"));
    }
}
