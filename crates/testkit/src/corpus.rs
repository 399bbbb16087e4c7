//! Finds programs and runs them, several at a time.
//!
//! A program is a `.dn` file, or a folder with a `main.dn` (its other files are modules). Limits depend on how much
//! memory and time a mode needs, so programs under `tests/limit` run in the plain mode alone.
//!
//! `tests/unfinished.txt` names programs that are known to fail, each with its reason. One that is listed and passes
//! is a failure too, so the list cannot go stale.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::expectation::Expectation;
use crate::mode::{Late, Mode, PLAIN, PRINTS_PLACES, Places};
use crate::outcome::{End, Invocation};
use crate::verdict::judge;

/// How long a program may take in a mode in which late ones are skipped.
const SKIPPED_AFTER: Duration = Duration::from_secs(3);

/// How a run of the corpus is done.
pub struct Plan {
    pub dunlin: PathBuf,
    pub modes: Vec<Mode>,
    pub filter: Option<String>,
    pub threads: usize,
    /// For one program in the plain mode.
    pub time_max: Duration,
    /// In modes other than plain, only every n-th program runs.
    pub sample: usize,
}

/// A failed program and everything that differed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub program: String,
    pub mode: &'static str,
    pub complaints: Vec<String>,
}

#[derive(Default)]
pub struct Summary {
    pub runs: usize,
    pub failures: Vec<Failure>,
    pub unfinished: usize,
    /// Not done in time in a mode that may take any.
    pub skipped: usize,
}

enum Verdict {
    Skipped,
    Complaints(Vec<String>),
}

impl Summary {
    pub fn is_success(&self) -> bool {
        self.failures.is_empty()
    }

    /// Every failure, then one line of counts.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for failure in &self.failures {
            text.push_str(&format!("FAILED {} ({})\n", failure.program, failure.mode));
            for complaint in &failure.complaints {
                text.push_str(&format!("  {}\n", complaint.replace('\n', "\n  ")));
            }
        }
        text.push_str(&format!(
            "{} runs, {} failed, {} known to be unfinished, {} too slow for their mode\n",
            self.runs,
            self.failures.len(),
            self.unfinished,
            self.skipped
        ));
        text
    }
}

/// The root of the project, where `tests/` and `examples/` are.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("invariant: this crate is two folders below the root")
        .to_path_buf()
}

/// The folders that hold programs; others under `tests/` are read by tests of their own.
const FOLDERS: &[&str] = &["tests/spec", "tests/limit", "tests/regress", "examples"];

/// Every program of the corpus.
pub fn all_programs() -> Vec<PathBuf> {
    FOLDERS.iter().flat_map(|folder| find_programs(&project().join(folder))).collect()
}

/// Every program below a folder, in order.
pub fn find_programs(folder: &Path) -> Vec<PathBuf> {
    let mut programs = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        if path.is_file() {
            programs.push(path);
            continue;
        }
        if path.join("main.dn").is_file() {
            programs.push(path.join("main.dn"));
            continue;
        }
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
        waiting.extend(
            entries.filter(|path| path.is_dir() || path.extension().is_some_and(|found| found == "dn")),
        );
    }
    programs.sort();
    programs
}

/// Runs every program in every mode of the plan.
pub fn run(plan: &Plan, programs: &[PathBuf]) -> Summary {
    let unfinished = read_unfinished();
    let jobs = jobs(plan, programs, &unfinished);
    let next = AtomicUsize::new(0);
    let summary = Mutex::new(Summary { runs: jobs.len(), ..Summary::default() });
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = run_one(plan, job);
                    let mut summary =
                        summary.lock().expect("invariant: no thread panics while it holds the lock");
                    settle(&mut summary, job, verdict, unfinished.contains_key(&job.name));
                }
            });
        }
    });
    let mut summary = summary.into_inner().expect("invariant: no thread panics while it holds the lock");
    summary.failures.sort_by(|a, b| (&a.program, a.mode).cmp(&(&b.program, b.mode)));
    summary
}

struct Job<'a> {
    path: &'a Path,
    name: String,
    mode: Mode,
}

fn jobs<'a>(plan: &Plan, programs: &'a [PathBuf], unfinished: &BTreeMap<String, String>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for (index, path) in programs.iter().enumerate() {
        let name = short(path);
        if plan.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        let plain_only = name.starts_with("tests/limit") || unfinished.contains_key(&name);
        for (mode_index, mode) in plan.modes.iter().enumerate() {
            if mode.places == Places::Moved && PRINTS_PLACES.contains(&&*name) {
                continue;
            }
            let sampled = (index + mode_index).is_multiple_of(plan.sample.max(1));
            if *mode == PLAIN || (!plain_only && sampled) {
                jobs.push(Job { path, name: name.clone(), mode: *mode });
            }
        }
    }
    jobs
}

/// From the project's root, the way `tests/unfinished.txt` and reports name it.
pub fn short(path: &Path) -> String {
    path.strip_prefix(project()).unwrap_or(path).display().to_string()
}

/// Name and reason of each program that is known to fail.
fn read_unfinished() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(project().join("tests/unfinished.txt")).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(name, reason)| (name.trim().to_string(), reason.trim().to_string()))
        .collect()
}

fn run_one(plan: &Plan, job: &Job) -> Verdict {
    let Ok(source) = std::fs::read_to_string(job.path) else {
        return Verdict::Complaints(vec!["cannot be read as text".to_string()]);
    };
    let mut expectation = Expectation::read(&source);
    if job.mode.places == Places::Moved {
        expectation.errors.iter_mut().for_each(|error| error.position = None);
    }
    let mut arguments = vec!["run".to_string()];
    arguments.extend(job.mode.options.iter().map(|option| option.to_string()));
    arguments.extend(expectation.options.iter().cloned());
    arguments.push(job.path.display().to_string());
    arguments.extend(expectation.arguments.iter().cloned());
    let invocation = Invocation {
        dunlin: &plan.dunlin,
        arguments,
        input: &expectation.input,
        folder: None,
        time_max: match job.mode.late {
            Late::Fails => plan.time_max * job.mode.slowness,
            Late::IsSkipped => plan.time_max.min(SKIPPED_AFTER),
        },
    };
    let outcome = invocation.run();
    if job.mode.late == Late::IsSkipped && outcome.end == End::TimedOut {
        return Verdict::Skipped;
    }
    Verdict::Complaints(judge(&expectation, &outcome))
}

fn settle(summary: &mut Summary, job: &Job, verdict: Verdict, unfinished: bool) {
    let Verdict::Complaints(complaints) = verdict else {
        summary.skipped += 1;
        return;
    };
    let failure = |complaints| Failure { program: job.name.clone(), mode: job.mode.name, complaints };
    match (complaints.is_empty(), unfinished) {
        (true, false) => {}
        (false, true) => summary.unfinished += 1,
        (false, false) => summary.failures.push(failure(complaints)),
        (true, true) => {
            let complaint = "passes, though tests/unfinished.txt lists it: remove the line".to_string();
            summary.failures.push(failure(vec![complaint]));
        }
    }
}
