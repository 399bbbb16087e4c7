//! `dunlin fmt FILE...`: writes programs in the one style.

use std::path::Path;

use dunlin::Failure;

use super::{CommandRow, compile, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::programs::{Notations, programs_at};
use crate::terminal;

const OPTIONS: &[OptionRow] =
    &[option("--check", "", "change nothing; exit code 1 where something would change")];

pub const ROW: CommandRow = CommandRow {
    name: "fmt",
    usage: "[--check] FILE...",
    summary: "Formats programs in place; `-` formats standard input to standard output.",
    options: &[OPTIONS],
    positional: Positional::All("FILES"),
    examples: &[
        ("dunlin fmt src", "every .dn file below src"),
        ("dunlin fmt --check .", "for a check before a commit"),
        ("dunlin fmt - < a.dn", "print the result"),
    ],
    run: format,
};

fn format(arguments: &Arguments) -> Result<Exit, String> {
    if arguments.positional.is_empty() {
        return Err("which files? `dunlin fmt FILE...`".to_string());
    }
    let is_check = arguments.has("--check");
    let mut exit = Exit::Success;
    for path in programs_at(&arguments.positional, Notations::Dunlin) {
        match format_one(&path, is_check) {
            Ok(true) => {}
            Ok(false) => exit = Exit::Failure,
            Err(failure) => exit = run::report(&failure),
        }
    }
    Ok(exit)
}

/// False where `--check` found a difference.
fn format_one(path: &Path, is_check: bool) -> Result<bool, Failure> {
    let name = path.display().to_string();
    let source = dunlin::read_source(&name)?;
    let formatted = dunlin::format(&name, &source, terminal::error_colours())?;
    if is_check {
        let is_same = formatted == source;
        if !is_same {
            let line = first_difference(&source, &formatted);
            terminal::print(&format!("{name}:{line}: not formatted\n"));
        }
        return Ok(is_same);
    }
    if name == "-" {
        terminal::print(&formatted);
    } else if formatted != source {
        std::fs::write(path, formatted).map_err(|error| compile::cannot_write(&name, &error))?;
    }
    Ok(true)
}

fn first_difference(left: &str, right: &str) -> usize {
    left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count() + 1
}
