//! `dunlin test [PATHS]`: runs the `test "..." { }` blocks of programs.

use std::path::{Path, PathBuf};

use dunlin::{Engine, TestResult};

use super::{CommandRow, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{settings, terminal};

const OPTIONS: &[OptionRow] = &[option("--filter", "TEXT", "only tests whose name contains this")];

pub const ROW: CommandRow = CommandRow {
    name: "test",
    usage: "[--filter TEXT] [PATHS]",
    summary: "Runs the tests of programs; without paths, of every program below this folder.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::All,
    examples: &[
        ("dunlin test", "every test below this folder"),
        ("dunlin test account.dn --filter deposit", "some tests of one file"),
    ],
    run: test,
};

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

fn test(arguments: &Arguments) -> Result<Exit, String> {
    let here = ".".to_string();
    let paths =
        if arguments.positional.is_empty() { std::slice::from_ref(&here) } else { &arguments.positional };
    let mut counts = Counts::default();
    for path in paths {
        let path = Path::new(path);
        let files = if path.is_dir() { tests_below(path) } else { vec![path.to_path_buf()] };
        for file in files {
            test_file(arguments, &file, &mut counts)?;
        }
    }
    terminal::print(&format!("{} passed, {} failed\n", counts.passed, counts.failed));
    Ok(if counts.failed == 0 { Exit::Success } else { Exit::Failure })
}

fn test_file(arguments: &Arguments, file: &Path, counts: &mut Counts) -> Result<(), String> {
    let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
    let name = file.display().to_string();
    let filter = arguments.value("--filter").unwrap_or_default();
    match engine.test_file(&name, &|test| test.contains(filter)) {
        Ok(results) => {
            for result in results {
                show(&name, &result, counts);
            }
        }
        Err(failure) => {
            run::report(&failure);
            counts.failed += 1;
        }
    }
    Ok(())
}

fn show(file: &str, result: &TestResult, counts: &mut Counts) {
    let colours = terminal::output_colours();
    let paint = |code: &str, text: &str| match colours {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_string(),
    };
    match &result.failure {
        None => {
            counts.passed += 1;
            terminal::print(&format!("{} {file}: {}\n", paint("32", "ok    "), result.name));
        }
        Some(failure) => {
            counts.failed += 1;
            terminal::print(&format!("{} {file}: {}\n", paint("31", "FAILED"), result.name));
            terminal::report(&failure.report);
        }
    }
}

/// Every program below a folder, whatever its notation.
fn tests_below(folder: &Path) -> Vec<PathBuf> {
    let front_ends = crate::front_ends::all();
    files_below(folder, &|name| name.ends_with(".dn") || front_ends.of_path(name).is_some())
}

/// Every `.dn` file below a folder.
pub fn programs_below(folder: &Path) -> Vec<PathBuf> {
    files_below(folder, &|name| name.ends_with(".dn"))
}

/// The files below a folder whose names are wanted, in order; hidden folders and `target` are left out.
fn files_below(folder: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !path.is_symlink() {
                if !name.starts_with('.') && name != "target" {
                    waiting.push(path);
                }
            } else if is_wanted(&name) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
