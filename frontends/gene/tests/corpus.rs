//! The programs under `tests/gene` do what their comments say, in every way of running them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dunlin::{Engine, FrontEnds, Limits, MachineCode, Settings, Through};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/gene")
}

fn settings() -> Settings {
    let mut front_ends = FrontEnds::new();
    front_ends.add(Arc::new(gene::Gene));
    Settings { front_ends, ..Settings::default() }
}

/// Every program, in order; modules that others import are in folders of their own.
fn programs() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(corpus()).expect("the corpus is there");
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending != "md"));
    found.sort();
    found
}

/// What is wrong with one program. Constant collection multiplies the work of some by what they hold, so only those that
/// end in time say something there.
fn run(engine: &Engine, path: &Path, may_be_late: bool) -> Option<String> {
    let report = match engine.test_file(&path.display().to_string(), &|_| true) {
        Ok(results) if results.is_empty() => Some("says nothing of what it prints".to_string()),
        Ok(results) => results.into_iter().find_map(|result| result.failure).map(|failure| failure.report),
        Err(failure) => Some(failure.report),
    };
    report.filter(|report| !(may_be_late && report.contains("the time limit was exceeded")))
}

fn run_all(mode: &str, settings: &Settings) {
    // Imports without a dot are relative to the program; files that programs write go below the corpus.
    std::env::set_current_dir(corpus()).expect("the corpus is there");
    let programs = programs();
    assert!(programs.len() >= 150, "only {} programs were found", programs.len());
    let engine = Engine::new(settings.clone()).expect("the settings make sense");
    let complaints: Vec<String> = programs
        .iter()
        .filter_map(|path| {
            run(&engine, path, settings.gc_stress)
                .map(|report| format!("{mode}: {}: {report}", path.display()))
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn plain() {
    run_all("plain", &settings());
}

#[test]
fn interpreted() {
    run_all("interpreted", &Settings { machine_code: MachineCode::Off, ..settings() });
}

#[test]
fn machine_code() {
    run_all("machine code", &Settings { machine_code: MachineCode::Eager, ..settings() });
}

#[test]
fn without_passes() {
    run_all("no passes", &Settings { passes: Some("none".to_string()), ..settings() });
}

#[test]
fn through_the_binary_form() {
    run_all("binary", &Settings { through: Through::Binary, ..settings() });
}

#[test]
fn through_assembly_text() {
    run_all("assembly", &Settings { through: Through::Assembly, ..settings() });
}

#[test]
fn with_constant_collection() {
    let limits = Limits { time_max: Some(Duration::from_millis(500)), ..Limits::default() };
    run_all("gc stress", &Settings { gc_stress: true, machine_code: MachineCode::Off, limits, ..settings() });
}
