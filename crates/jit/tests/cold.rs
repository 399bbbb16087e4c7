//! A program that is never hot starts no thread. Alone in its file, as the thread belongs to the whole program.
#![cfg(target_os = "linux")]

#[path = "../../vm/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use jit::{Eagerness, SharedTier, TemplateTier};
use support::run_with_tier;
use vm::{Outcome, ProcessConfig};

const ONCE: &str = "unit \"once\" entry 0\n\nfunction 0 \"main\" registers 8 caches 1\n  constant builtin \"print\"\ncode\n  loadi r0, 5\n  addi r5, r0, 1\n  callk r2, 1, -, k0, c0\n  retnil\nend\n";

fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the system tells it");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_string()).collect()
}

#[test]
fn nothing_is_set_up_before_something_is_hot() {
    let tier = Arc::new(TemplateTier::new(2, 1 << 20).with_optimiser(Eagerness::USUAL));
    let run = run_with_tier(ONCE, ProcessConfig::default(), Some(Box::new(SharedTier(tier.clone()))));
    assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
    assert_eq!(run.output, "6\n");
    assert!(tier.optimiser().is_none() && tier.stats().capacity_bytes == 0, "{:?}", tier.stats());
    assert!(!threads().iter().any(|name| name.starts_with("dunlin-opt")), "{:?}", threads());
}
