//! `dunlin test [PATHS]`: runs the `test "..." { }` blocks of programs and the examples in their documentation.
//!
//! Files run at the same time, each with an engine of its own; what they give is shown in the order of the files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use dunlin::{Engine, Failure, Settings};
use serde_json::json;

use super::{CommandRow, doctest};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::programs::{Notations, programs_at};
use crate::{progress, quantity, settings, terminal};

const OPTIONS: &[OptionRow] = &[
    option("--filter", "TEXT", "only tests whose name contains this"),
    option("--json", "", "one JSON object a line: each test, then the counts"),
    option("--jobs", "N", "how many files run at the same time; as many as there are processors if not said"),
    option("--no-doc", "", "leave out the examples in `///` comments"),
];

pub const ROW: CommandRow = CommandRow {
    name: "test",
    usage: "[--filter TEXT] [PATHS]",
    summary: "Runs the tests of programs; without paths, of every program below this folder.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::All("PATHS"),
    examples: &[
        ("dunlin test", "every test below this folder, and the examples in `///` comments"),
        ("dunlin test account.dn --filter deposit", "some tests of one file"),
        ("dunlin test --json", "for a tool"),
    ],
    run: test,
};

/// What one test did.
pub struct Done {
    pub name: String,
    pub failure: Option<Failure>,
}

fn test(arguments: &Arguments) -> Result<Exit, String> {
    let jobs = match arguments.value("--jobs") {
        Some(text) => quantity::count(text)?.max(1) as usize,
        None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    let files = programs_at(&arguments.positional, Notations::Every);
    let plan = Plan {
        settings: settings::read(arguments)?,
        filter: arguments.value("--filter").unwrap_or_default(),
        has_examples: !arguments.has("--no-doc"),
    };
    let mut show = Show { is_json: arguments.has("--json"), passed: 0, failed: 0 };
    run_all(&plan, &files, jobs, &mut show);
    show.end();
    Ok(if show.failed == 0 { Exit::Success } else { Exit::Failure })
}

struct Plan<'a> {
    settings: Settings,
    filter: &'a str,
    has_examples: bool,
}

/// As much as a main thread has, since that is where programs run otherwise.
const STACK_BYTES: usize = 8 << 20;

/// Runs every file and shows each, in order and as soon as those before it are done.
fn run_all(plan: &Plan, files: &[PathBuf], jobs: usize, show: &mut Show) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(files.len()) {
            let (sender, next) = (sender.clone(), &next);
            let work = move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { return };
                    // The receiver lives as long as this scope.
                    let _ = sender.send((index, run_file(plan, file)));
                }
            };
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            if let Err(error) = builder.spawn_scoped(scope, work) {
                terminal::complain(&format!("a thread cannot be started: {error}"));
            }
        }
        drop(sender);
        let mut done: Vec<Option<Vec<Done>>> = files.iter().map(|_| None).collect();
        let mut shown = 0;
        let mut bar = progress::Bar::new(files.len(), show.is_json);
        for (index, results) in receiver {
            bar.clear();
            done[index] = Some(results);
            while let Some(results) = done.get_mut(shown).and_then(Option::take) {
                show.file(&files[shown], results);
                shown += 1;
            }
            bar.advance(show.passed, show.failed);
        }
        bar.clear();
    });
}

fn run_file(plan: &Plan, file: &Path) -> Vec<Done> {
    let name = file.display().to_string();
    let is_wanted = |test: &str| test.contains(plan.filter);
    let engine = Engine::new(plan.settings.clone());
    match engine.and_then(|engine| engine.test_file(&name, &is_wanted)) {
        Ok(results) => {
            let results =
                results.into_iter().map(|result| Done { name: result.name, failure: result.failure });
            let mut results: Vec<Done> = results.collect();
            if plan.has_examples && name.ends_with(".dn") {
                results.extend(doctest::run(&plan.settings, &name, &is_wanted));
            }
            results
        }
        Err(failure) => vec![Done { name: "(the file)".to_string(), failure: Some(failure) }],
    }
}

struct Show {
    is_json: bool,
    passed: usize,
    failed: usize,
}

impl Show {
    fn file(&mut self, file: &Path, results: Vec<Done>) {
        for result in results {
            match result.failure {
                None => self.passed += 1,
                Some(_) => self.failed += 1,
            }
            self.result(&file.display().to_string(), &result);
        }
    }

    fn result(&self, file: &str, result: &Done) {
        if self.is_json {
            let report = result.failure.as_ref().map(|failure| failure.report.clone());
            let line = json!({ "file": file, "test": result.name, "ok": report.is_none(), "report": report });
            return terminal::print(&format!("{line}\n"));
        }
        let colours = terminal::output_colours();
        let paint = |code: &str, text: &str| match colours {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        };
        match &result.failure {
            None => terminal::print(&format!("{} {file}: {}\n", paint("32", "ok    "), result.name)),
            Some(failure) => {
                terminal::print(&format!("{} {file}: {}\n", paint("31", "FAILED"), result.name));
                terminal::report(&with_difference(&failure.report));
            }
        }
    }

    fn end(&self) {
        let text = match self.is_json {
            true => json!({ "passed": self.passed, "failed": self.failed }).to_string(),
            false => format!("{} passed, {} failed", self.passed, self.failed),
        };
        terminal::print(&format!("{text}\n"));
    }
}

/// Values shorter than this are compared at a glance.
const GLANCE: usize = 20;

/// The report of a failed `assert` with a mark under the first place where its two values differ.
fn with_difference(report: &str) -> String {
    const RIGHT: &str = "  right: ";
    let mut text = String::new();
    let mut left = "";
    for line in report.split_inclusive('\n') {
        text.push_str(line);
        if let Some(value) = line.strip_prefix("  left:  ") {
            left = value.trim_end();
        } else if let Some(right) = line.strip_prefix(RIGHT).map(str::trim_end)
            && left.len().min(right.len()) >= GLANCE
        {
            let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
            text.push_str(&format!("{}^ they differ from here\n", " ".repeat(RIGHT.len() + same)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_marked_where_they_differ() {
        let report =
            "error: no\n  left:  [1, 2, 3, 4, 5, 6, 7, 8]\n  right: [1, 2, 3, 4, 9, 6, 7, 8]\n --> a.dn\n";
        let marked = with_difference(report);
        assert!(marked.contains("8]\n                      ^ they differ from here\n -->"), "{marked}");
        let short = "  left:  1\n  right: 2\n";
        assert_eq!(with_difference(short), short);
    }
}
