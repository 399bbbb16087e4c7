//! Fuzz targets: plain functions of bytes, and a driver that feeds them.
//!
//! Inputs are made from a seed and a number alone, so a failure is reproduced by its number. They come from mutating
//! programs of the corpus, since random bytes rarely get past the first token.

mod agree;
mod input;
mod programs;
mod target;

use std::io::{Seek, SeekFrom, Write};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub use input::{Inputs, Random};
pub use target::{TARGETS, Target};

/// No input of a few kilobytes may keep a processor busy for longer. How long it has to wait for one says nothing.
const INPUT_TIME_MAX: Duration = Duration::from_secs(10);
/// After this many failures the rest is likely more of the same.
const FAILURES_MAX: usize = 20;

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    pub inputs: u64,
    /// The number of the input, what happened, and the input itself.
    pub failures: Vec<(u64, String, Vec<u8>)>,
    /// How many inputs the target took as valid: when that is none, the target tests little.
    pub accepted: u64,
}

/// Feeds `count` inputs, beginning with number `first`.
pub fn run(target: &Target, seed: u64, first: u64, count: u64) -> Report {
    let inputs = Inputs::new(target.kind, seed);
    let mut report = Report::default();
    let mut position = position_file(target.name);
    for number in first..first + count {
        let bytes = inputs.make(number);
        if let Some(file) = &mut position {
            // An abort leaves this behind, so the number of the input that caused it is known.
            let _ =
                file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(format!("{number:20}").as_bytes()));
        }
        let start = busy_time();
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes)));
        report.inputs += 1;
        let failure = match result {
            Ok(Ok(accepted)) => {
                report.accepted += u64::from(accepted);
                let time = busy_time().saturating_sub(start);
                (time > INPUT_TIME_MAX).then(|| format!("took {} s", time.as_secs()))
            }
            Ok(Err(problem)) => Some(problem),
            Err(panic) => Some(format!("panicked: {}", panic_text(&panic))),
        };
        if let Some(problem) = failure {
            report.failures.push((number, problem, bytes));
            if report.failures.len() >= FAILURES_MAX {
                break;
            }
        }
    }
    report
}

/// How long this thread has been computing; where the system does not tell, the time of the clock.
fn busy_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Where the number of the input at work is kept.
fn position_file(name: &str) -> Option<std::fs::File> {
    std::fs::File::create(std::env::temp_dir().join(format!("dunlin-fuzz-{name}"))).ok()
}

fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no text)").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Part of every test run; the long run is `cargo xtask fuzz TARGET --count 1000000`.
    #[test]
    fn every_target_survives_a_short_run() {
        for target in TARGETS {
            let report = run(target, 1, 0, target.smoke_count);
            let first = report.failures.first().map(|(number, problem, bytes)| {
                format!("input {number}: {problem}\n{}", String::from_utf8_lossy(bytes))
            });
            assert!(
                first.is_none(),
                "{}: {} failures, {}",
                target.name,
                report.failures.len(),
                first.unwrap_or_default()
            );
            assert!(report.accepted > 0, "{}: no input was valid", target.name);
        }
    }
}
