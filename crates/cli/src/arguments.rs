//! The rows of options, as `clap` reads them.
//!
//! Commands and options are rows of tables; the parser, its help, its suggestions and the completions of shells are made
//! from them. Only the command that runs is made into a parser, since making all of them takes longer than a start may.
//!
//! Invariant: what follows the file of `dunlin run` belongs to the program, also where it looks like an option of ours.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::command::CommandRow;
use crate::help;

/// One option of a command.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// With its dashes, a short form first: `--max-heap`, `-o --output`.
    pub name: &'static str,
    /// What stands for the value in the help; empty for a flag. `[V]` means that the value is optional and then
    /// only given as `--name=V`. `[V]...` may be repeated, and every value counts.
    pub value: &'static str,
    pub help: &'static str,
}

pub const fn option(name: &'static str, value: &'static str, help: &'static str) -> OptionRow {
    OptionRow { name, value, help }
}

impl OptionRow {
    /// Without dashes, as `clap` calls it.
    fn long(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or(self.name).trim_start_matches('-')
    }

    fn short(&self) -> Option<char> {
        self.name.split(' ').find(|name| !name.starts_with("--")).and_then(|name| name.chars().nth(1))
    }

    fn takes_next(&self) -> bool {
        !self.value.is_empty() && !self.value.starts_with('[')
    }

    fn argument(&self) -> Arg {
        let argument = Arg::new(self.name).long(self.long()).help(self.help);
        let argument = match self.short() {
            Some(short) => argument.short(short),
            None => argument,
        };
        if self.value.is_empty() {
            return argument.action(ArgAction::SetTrue).overrides_with(self.name);
        }
        let argument = argument.value_name(self.value.trim_matches(['[', ']', '.']));
        let argument = match self.value.ends_with("...") {
            true => argument.action(ArgAction::Append),
            false => argument.overrides_with(self.name),
        };
        if self.takes_next() { argument } else { argument.num_args(0..=1).require_equals(true) }
    }
}

/// What a command takes beside options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Positional {
    /// Any number of these: `FILES`.
    All(&'static str),
    /// One of these, and then whatever the program is to be given.
    First(&'static str),
    /// A word that says what to do with it, then as before.
    Second(&'static str),
}

const POSITIONAL: &str = "positional";
const REST: &str = "rest";
const ACTION: &str = "action";

/// The arguments of a command, read.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    matches: ArgMatches,
    pub positional: Vec<String>,
}

/// The parser of one command.
pub fn parser(row: &CommandRow) -> Command {
    let mut command = Command::new(row.name)
        .bin_name(format!("dunlin {}", row.name))
        .about(row.summary)
        .after_help(help::examples(row))
        .styles(help::STYLES);
    for (index, group) in row.options.iter().enumerate() {
        // The first group stands with `--help` under the heading that `clap` gives.
        command = command.next_help_heading((index > 0).then_some("Running"));
        command = command.args(group.iter().map(OptionRow::argument));
    }
    let values = |name: &'static str, shown: &'static str| Arg::new(name).value_name(shown).hide(true);
    let programs =
        || values(REST, "ARGUMENTS").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    match row.positional {
        Positional::All(shown) => command.arg(values(POSITIONAL, shown).num_args(0..)),
        Positional::First(shown) => command.arg(values(POSITIONAL, shown)).arg(programs()),
        Positional::Second(shown) => {
            command.arg(values(ACTION, "ACTION")).arg(values(POSITIONAL, shown)).arg(programs())
        }
    }
    .override_usage(format!("dunlin {} {}", row.name, row.usage))
}

impl Arguments {
    /// Reads what follows the name of a command. The error is a mistake, or the help that was asked for.
    pub fn read(row: &CommandRow, arguments: &[String]) -> Result<Arguments, clap::Error> {
        let all = std::iter::once(row.name.to_string());
        let matches = match row.positional {
            Positional::All(_) => parser(row).try_get_matches_from(all.chain(arguments.iter().cloned())),
            Positional::First(_) | Positional::Second(_) => {
                let (own, programs) = arguments.split_at(own_length(row, arguments));
                let all = all.chain(own.iter().cloned());
                let separator = (!programs.is_empty()).then(|| "--".to_string());
                parser(row).try_get_matches_from(all.chain(separator).chain(programs.iter().cloned()))
            }
        }?;
        let mut positional = Vec::new();
        for name in [ACTION, POSITIONAL, REST] {
            let values = matches.try_get_many::<String>(name).ok().flatten();
            positional.extend(values.into_iter().flatten().cloned());
        }
        Ok(Arguments { matches, positional })
    }

    /// Whether an option was given; `name` is the whole of its row's.
    pub fn has(&self, name: &str) -> bool {
        let is_set = |source| source == clap::parser::ValueSource::CommandLine;
        self.is_known(name) && self.matches.value_source(name).is_some_and(is_set)
    }

    /// Every value given to an option that may be repeated, in order; `None` where it was given without one.
    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
        let given = self.matches.try_get_occurrences::<String>(name).ok().flatten();
        given.into_iter().flatten().map(|mut values| values.next().map(String::as_str))
    }

    /// The last value given to an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
    }

    fn is_known(&self, name: &str) -> bool {
        self.matches.try_contains_id(name).is_ok()
    }
}

/// How many arguments there are up to the file, with it.
fn own_length(row: &CommandRow, arguments: &[String]) -> usize {
    let takes_next = |argument: &str| {
        let rows = row.options.iter().flat_map(|group| group.iter());
        rows.filter(|row| row.takes_next()).any(|row| row.name.split(' ').any(|name| name == argument))
    };
    let mut index = 0;
    let mut has_action = !matches!(row.positional, Positional::Second(_));
    while let Some(argument) = arguments.get(index) {
        let is_option = argument.len() > 1 && argument.starts_with('-') && argument != "--";
        if !is_option && !has_action {
            has_action = true;
            index += 1;
            continue;
        }
        if !is_option {
            // A separator stands before the file.
            return (index + 1 + usize::from(argument == "--")).min(arguments.len());
        }
        index += 1 + usize::from(takes_next(argument));
    }
    arguments.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    const OPTIONS: &[OptionRow] = &[
        option("--max-heap", "SIZE", ""),
        option("--count", "", ""),
        option("-o --output", "FILE", ""),
        option("--save", "[FILE]", ""),
        option("--allow", "[PATH]...", ""),
    ];

    fn read(positional: Positional, arguments: &[&str]) -> Result<Arguments, String> {
        let row = CommandRow {
            name: "test",
            usage: "",
            summary: "",
            options: &[OPTIONS],
            positional,
            examples: &[],
            run: |_| Ok(Exit::Success),
        };
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
        Arguments::read(&row, &arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn options_before_the_file_are_ours_and_those_after_it_the_programs() {
        let first = Positional::First("FILE");
        let found = read(first, &["--max-heap", "64mb", "a.dn", "--count", "x", "--"]).expect("valid");
        assert_eq!(found.value("--max-heap"), Some("64mb"));
        assert!(!found.has("--count"));
        assert_eq!(found.positional, ["a.dn", "--count", "x", "--"]);
        assert_eq!(read(first, &["--count", "-", "-x"]).expect("valid").positional, ["-", "-x"]);
    }

    #[test]
    fn values_may_be_joined_and_names_may_be_short() {
        let all = Positional::All("FILES");
        let found = read(all, &["-o=x", "--max-heap=1kb", "a", "--count", "-", "--save"]).expect("valid");
        assert_eq!(found.value("-o --output"), Some("x"));
        assert_eq!(found.value("--max-heap"), Some("1kb"));
        assert!(found.has("--count") && found.has("--save") && found.value("--save").is_none());
        assert_eq!(found.positional, ["a", "-"]);
        assert!(!found.has("--of-another-command"));
    }

    #[test]
    fn every_value_of_a_repeated_option_counts() {
        let found =
            read(Positional::All("FILES"), &["--allow=a", "--allow", "--allow=b", "x"]).expect("valid");
        assert_eq!(found.values("--allow").collect::<Vec<_>>(), [Some("a"), None, Some("b")]);
        assert!(found.has("--allow") && found.positional == ["x"]);
        assert_eq!(found.values("--of-another-command").count(), 0);
    }

    #[test]
    fn mistakes_are_said_with_what_was_probably_meant() {
        let message = |arguments: &[&str]| read(Positional::First("FILE"), arguments).expect_err("a mistake");
        assert!(message(&["--max-heep=1", "a.dn"]).contains("'--max-heap'"));
        assert!(message(&["--zzz"]).contains("unexpected argument"));
        assert!(message(&["--max-heap"]).contains("a value is required"));
        assert!(message(&["--count=3"]).contains("unexpected value"));
    }
}
