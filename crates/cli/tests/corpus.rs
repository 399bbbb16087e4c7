//! The corpus, as `cargo test` runs it: every program in the plain mode, a sample of them in each other mode.
//! `cargo xtask spec --mode all` runs everything in every mode.

use std::path::PathBuf;
use std::time::Duration;

use testkit::corpus::{self, Plan, Progress};
use testkit::mode::{MODES, PLAIN};

fn plan(modes: Vec<testkit::mode::Mode>, sample: usize) -> Plan {
    Plan {
        dunlin: PathBuf::from(env!("CARGO_BIN_EXE_dunlin")),
        modes,
        options: Vec::new(),
        filter: std::env::var("FILTER").ok(),
        threads: std::thread::available_parallelism().map_or(2, |count| count.get().min(4)),
        time_max: Duration::from_secs(30),
        sample,
        progress: Progress::Quiet,
    }
}

#[test]
fn every_program_does_what_it_says() {
    let programs = corpus::all_programs();
    assert!(programs.len() > 100, "only {} programs were found", programs.len());
    let summary = corpus::run(&plan(vec![PLAIN], 1), &programs);
    assert!(summary.is_success(), "\n{}", summary.text());
}

#[test]
fn modes_make_no_difference() {
    let others = MODES.iter().copied().filter(|mode| *mode != PLAIN).collect();
    let summary = corpus::run(&plan(others, 20), &corpus::all_programs());
    assert!(summary.is_success(), "\n{}", summary.text());
}
