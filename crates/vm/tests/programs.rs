//! Runs the programs under `tests/bytecode/valid` and compares what they print, in several modes.

mod support;

use std::path::Path;

use support::run;
use vm::{Chaos, Outcome, ProcessConfig};

fn each_program(check: impl Fn(&str, &str, &str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bytecode/valid");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("a readable entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let expected: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("; expect: "))
            .map(|line| format!("{line}\n"))
            .collect();
        check(&path.display().to_string(), &text, &expected);
        seen += 1;
    }
    assert!(seen > 5, "the programs are found");
}

fn check_all(config: &ProcessConfig) {
    each_program(|name, text, expected| {
        let mut run = run(text, config.clone());
        if let Outcome::Raised(error) = run.outcome {
            panic!("{name}: {}", run.process.report(error));
        }
        assert!(matches!(run.outcome, Outcome::Done(_)), "{name}: {:?}", run.outcome);
        assert_eq!(run.output, expected, "{name}");
    });
}

#[test]
fn programs_print_what_they_say() {
    check_all(&ProcessConfig::default());
}

#[test]
fn programs_agree_when_everything_is_collected_always() {
    let mut config = ProcessConfig::default();
    config.chaos.collect_always = true;
    config.heap.checked = true;
    config.heap.stress = true;
    check_all(&config);
}

#[test]
fn programs_agree_when_every_poll_suspends() {
    check_all(&ProcessConfig {
        chaos: Chaos { suspend_always: true, ..Chaos::default() },
        ..ProcessConfig::default()
    });
}
