//! Finds programs and runs them, several at a time.
//!
//! A program is a `.dn` file, or a folder with a `main.dn` (its other files are modules). Limits depend on how much
//! memory and time a mode needs, so programs under `tests/limit` run in the plain mode alone.
//!
//! `tests/unfinished.txt` names programs that are known to fail, each with its reason. One that is listed and passes
//! is a failure too, so the list cannot go stale. `tests/left_out.txt` names programs that a mode leaves out since it
//! multiplies their work: every other program must end in time in every mode.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::expectation::Expectation;
use crate::mode::{Mode, PLAIN, PRINTS_PLACES, Places};
use crate::outcome::{Invocation, Outcome};
use crate::verdict::judge;

/// How a run of the corpus is done.
pub struct Plan {
    pub dunlin: PathBuf,
    pub modes: Vec<Mode>,
    /// For every program of every mode, after the mode's own.
    pub options: Vec<String>,
    pub filter: Option<String>,
    pub threads: usize,
    /// For one program in the plain mode.
    pub time_max: Duration,
    /// In modes other than plain, only every n-th program runs.
    pub sample: usize,
    /// Says what each run took, as it ends.
    pub progress: Progress,
}

/// Whether each run is reported as it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Quiet,
    /// On standard error: milliseconds, mode, program, and whether it failed.
    EachRun,
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
    /// Left out of a mode by `tests/left_out.txt`.
    pub left_out: usize,
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
            "{} runs, {} failed, {} known to be unfinished, {} left out of a mode\n",
            self.runs,
            self.failures.len(),
            self.unfinished,
            self.left_out
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
    let unfinished = read_reasons("tests/unfinished.txt");
    let listed = read_reasons("tests/left_out.txt");
    let (jobs, left_out): (Vec<Job>, Vec<Job>) =
        jobs(plan, programs, &unfinished).into_iter().partition(|job| !job.is_in(&listed));
    let next = AtomicUsize::new(0);
    let summary = Mutex::new(Summary { runs: jobs.len(), left_out: left_out.len(), ..Summary::default() });
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let complaints = run_one(plan, job);
                    if plan.progress == Progress::EachRun {
                        let word = if complaints.is_empty() { "" } else { " FAILED" };
                        let time_ms = start.elapsed().as_millis();
                        eprintln!("{time_ms:7} {:20} {}{word}", job.mode.name, job.name);
                    }
                    let mut summary =
                        summary.lock().expect("invariant: no thread panics while it holds the lock");
                    settle(&mut summary, job, complaints, unfinished.contains_key(&job.name));
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

impl Job<'_> {
    /// Whether the list names this program for what its mode does.
    fn is_in(&self, left_out: &BTreeMap<String, String>) -> bool {
        left_out.contains_key(&format!("{} {}", self.mode.word, self.name))
    }
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

/// Name and reason of each program that a list names; a list that is not there names none.
fn read_reasons(list: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(project().join(list)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(name, reason)| (name.trim().to_string(), reason.trim().to_string()))
        .collect()
}

fn run_one(plan: &Plan, job: &Job) -> Vec<String> {
    run_in_mode(plan, job.path, &job.mode, &[]).complaints
}

/// What a program did, and everything that its expectations did not say.
pub struct Judged {
    pub outcome: Outcome,
    pub complaints: Vec<String>,
}

/// Runs one program in the plain mode with these options.
pub fn run_with(plan: &Plan, path: &Path, options: &[String]) -> Judged {
    run_in_mode(plan, path, &PLAIN, options)
}

fn run_in_mode(plan: &Plan, path: &Path, mode: &Mode, options: &[String]) -> Judged {
    let Ok(source) = std::fs::read_to_string(path) else {
        return Judged {
            outcome: Outcome::default(),
            complaints: vec!["cannot be read as text".to_string()],
        };
    };
    let mut expectation = Expectation::read(&source);
    if mode.places == Places::Moved {
        expectation.errors.iter_mut().for_each(|error| error.position = None);
    }
    let mut arguments = vec!["run".to_string()];
    arguments.extend(mode.options.iter().map(|option| option.to_string()));
    arguments.extend(plan.options.iter().chain(options).cloned());
    arguments.extend(expectation.options.iter().cloned());
    arguments.push(path.display().to_string());
    arguments.extend(expectation.arguments.iter().cloned());
    let invocation = Invocation {
        dunlin: &plan.dunlin,
        arguments,
        input: &expectation.input,
        folder: None,
        time_max: plan.time_max * mode.slowness,
    };
    let outcome = invocation.run();
    let complaints = judge(&expectation, &outcome);
    Judged { outcome, complaints }
}

fn settle(summary: &mut Summary, job: &Job, complaints: Vec<String>, unfinished: bool) {
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
