//! Allocations of the corpus that fail, one after another.
//!
//! One that fails once must not be seen: memory is collected and the operation done again. When all behind it fail as
//! well, the process ends with its limit, and whatever else the program does it is no crash, no panic and no defect of
//! the engine.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::corpus::{self, Plan};
use crate::outcome::{End, Outcome};

/// Each of the first ones, then at growing distances.
const EACH_UP_TO: u64 = 24;
const NUMBER_MAX: u64 = 100_000;
/// A program that has gone so many times as if nothing had failed has no allocation of that number.
const UNSEEN_MAX: usize = 3;
/// What the command writes of a defect of the engine, and what a panic does.
const DEFECTS: [&str; 2] = ["error[E1103]", "panicked at"];

/// What was run and what went wrong.
#[derive(Default)]
pub struct Report {
    pub runs: usize,
    pub failures: Vec<String>,
}

/// Runs every program with one allocation after another failing.
pub fn run(plan: &Plan, programs: &[PathBuf]) -> Report {
    let next = AtomicUsize::new(0);
    let report = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                while let Some(path) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = corpus::short(path);
                    if plan.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
                        continue;
                    }
                    let own = run_program(plan, path, &name);
                    let mut report =
                        report.lock().expect("invariant: no thread panics while it holds the lock");
                    report.runs += own.runs;
                    report.failures.extend(own.failures);
                }
            });
        }
    });
    report.into_inner().expect("invariant: no thread panics while it holds the lock")
}

/// The numbers that are tried: each of the first, then half as far again each time.
fn numbers() -> impl Iterator<Item = u64> {
    let following = |&number: &u64| Some(if number < EACH_UP_TO { number + 1 } else { number + number / 2 });
    std::iter::successors(Some(1), following).take_while(|&number| number <= NUMBER_MAX)
}

fn run_program(plan: &Plan, path: &Path, name: &str) -> Report {
    let (mut report, mut unseen) = (Report::default(), 0);
    for number in numbers() {
        let once = corpus::run_with(plan, path, &[format!("--fail-allocation={number}")]);
        let for_ever = corpus::run_with(plan, path, &[format!("--fail-allocation={number}+")]);
        report.runs += 2;
        for complaint in &once.complaints {
            report.failures.push(format!("{name}: allocation {number} fails once: {complaint}"));
        }
        if let Some(problem) = defect(&for_ever.outcome) {
            report.failures.push(format!("{name}: allocations from {number} on fail: {problem}"));
        }
        unseen = if for_ever.complaints.is_empty() { unseen + 1 } else { 0 };
        if unseen == UNSEEN_MAX {
            break;
        }
    }
    report
}

/// What is wrong with the end of a program whose process has no memory.
fn defect(outcome: &Outcome) -> Option<String> {
    match &outcome.end {
        End::Exit(_) => {
            let is_defect = DEFECTS.iter().any(|defect| outcome.stderr.contains(defect));
            is_defect.then(|| outcome.stderr.clone())
        }
        end @ (End::Signal(_) | End::TimedOut | End::NotStarted) => Some(format!("{end:?}")),
    }
}
