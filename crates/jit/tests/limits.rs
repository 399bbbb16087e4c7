//! Limits reach processes in machine code.
#![cfg(target_os = "linux")]

#[path = "../../vm/tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use jit::{Eagerness, SharedTier, TemplateTier};
use support::run_with_tier;
use vm::{Outcome, ProcessConfig};

const ENDLESS: &str =
    "unit \"endless\" entry 0\n\nfunction 0 \"main\" registers 1\ncode\nagain:\n  loop again\nend\n";

/// What this thread has worked, which other work on the machine does not change.
fn thread_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the system tells it");
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

#[test]
fn an_endless_loop_ends_at_its_limit_of_time() {
    ends_at_its_limit(TemplateTier::new(0, 1 << 20));
}

#[test]
fn an_endless_optimised_loop_ends_at_its_limit_of_time() {
    let tier = ends_at_its_limit(TemplateTier::new(0, 1 << 20).with_optimiser(Eagerness::ALWAYS));
    let stats = tier.optimiser().expect("something was hot").stats();
    assert_eq!(stats.loops, 1, "{stats:?}");
}

fn ends_at_its_limit(tier: TemplateTier) -> Arc<TemplateTier> {
    let limit = Duration::from_millis(50);
    let mut config = ProcessConfig::default();
    config.limits.time_max = Some(limit);
    let tier = Arc::new(tier);
    let start = thread_time();
    let run = run_with_tier(ENDLESS, config, Some(Box::new(SharedTier(tier.clone()))));
    let worked = thread_time() - start;
    assert!(matches!(run.outcome, Outcome::Limit(_)), "{:?} {}", run.outcome, run.output);
    assert_eq!(tier.stats().functions, 1, "the loop ran in machine code");
    assert!(worked < limit + Duration::from_millis(10), "{worked:?}");
    tier
}
