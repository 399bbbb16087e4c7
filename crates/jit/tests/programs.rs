//! Runs the programs under `tests/bytecode/valid` in machine code from the first poll on, in several modes.

#[path = "../../vm/tests/support/mod.rs"]
mod support;

use std::path::Path;

use jit::{Eagerness, GuardTest, TemplateTier};
use support::run_with_tier;
use vm::{Chaos, Outcome, ProcessConfig};

fn check_all(config: &ProcessConfig) {
    check_with(config, || TemplateTier::new(0, 1 << 20));
    check_with(config, || TemplateTier::new(0, 1 << 22).with_optimiser(Eagerness::ALWAYS));
}

fn check_with(config: &ProcessConfig, tier: impl Fn() -> TemplateTier) {
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
        let run = run_with_tier(&text, config.clone(), Some(Box::new(tier())));
        assert!(matches!(run.outcome, Outcome::Done(_)), "{}: {:?}", path.display(), run.outcome);
        assert_eq!(run.output, expected, "{}", path.display());
        seen += 1;
    }
    assert!(seen > 5, "the programs are found");
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
fn programs_agree_when_guards_fail_at_random() {
    let mut config = ProcessConfig::default();
    config.chaos.decline_always = true;
    check_with(&config, || {
        let eagerness = Eagerness { guards: GuardTest::Coins, ..Eagerness::ALWAYS };
        TemplateTier::new(0, 1 << 22).with_optimiser(eagerness)
    });
}

#[test]
fn programs_agree_when_every_poll_drops_the_native_stack() {
    check_all(&ProcessConfig {
        chaos: Chaos { suspend_always: true, ..Chaos::default() },
        ..ProcessConfig::default()
    });
}
