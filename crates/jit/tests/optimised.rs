//! Optimised code over its life: made at once or beside the program, retired for what fails in it or because all is
//! retired, freed when nobody is in it, entered on one thread while another retires it.
#![cfg(target_arch = "x86_64")]

#[path = "../../vm/tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use jit::opt::artefact::{OptimiserStats, Why};
use jit::{Eagerness, SharedTier, TemplateTier};
use support::{machine, run_with_tier};
use vm::{Outcome, Process, ProcessConfig};

/// Adds up ones so often and then halves so often, in the loop of a function that is called twice.
fn kinds(integers: usize, floats: usize) -> String {
    format!(
        "unit \"kinds\" entry 1

function 0 \"sum\" registers 5
  param \"n\"
  param \"x\"
code
  loadi r2, 0
  loadi r3, 0
again:
  add r3, r3, r1
  addi r2, r2, 1
  lt r4, r2, r0
  loopt r4, again
  ret r3
end

function 1 \"main\" registers 12 caches 3
  constant function 0
  constant builtin \"print\"
  constant int {integers}
  constant int {floats}
  constant float 0.5
code
  loadk r6, k2
  loadi r7, 1
  callk r3, 2, -, k0, c0
  move r1, r3
  loadk r6, k3
  loadk r7, k4
  callk r3, 2, -, k0, c1
  add r1, r1, r3
  move r6, r1
  callk r3, 1, -, k1, c2
  retnil
end
"
    )
}

fn expected(integers: usize, floats: usize) -> String {
    format!("{:?}\n", integers as f64 + floats as f64 / 2.0)
}

fn stats(tier: &TemplateTier) -> OptimiserStats {
    tier.optimiser().expect("something was hot").stats()
}

/// The background thread finds no work quickly enough in a short test unless recording begins soon.
const SOON: Eagerness = Eagerness { polls: 1, calls: 1, ..Eagerness::USUAL };

#[test]
fn what_fails_often_is_retired_and_its_room_used_again() {
    let (integers, floats) = (5_000, 100_000);
    let tier = Arc::new(TemplateTier::new(0, 1 << 20).with_optimiser(Eagerness::ALWAYS));
    let shared = Box::new(SharedTier(tier.clone()));
    let run = run_with_tier(&kinds(integers, floats), ProcessConfig::default(), Some(shared));
    assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
    assert_eq!(run.output, expected(integers, floats));
    let stats = stats(&tier);
    assert!(stats.ended(Why::Learnt) > 0, "{stats:?}");
    assert!(stats.freed_bytes > 0 && stats.freed_bytes < stats.code_bytes, "{stats:?}");
}

#[test]
fn code_is_made_beside_the_program() {
    let (integers, floats) = (3_000_000, 3_000_000);
    let tier = Arc::new(TemplateTier::new(1, 1 << 20).with_optimiser(SOON));
    let shared = Box::new(SharedTier(tier.clone()));
    let run = run_with_tier(&kinds(integers, floats), ProcessConfig::default(), Some(shared));
    assert_eq!(run.output, expected(integers, floats));
    tier.wait_until_idle();
    let stats = stats(&tier);
    assert!(stats.functions + stats.loops > 0, "{stats:?}\n{}", tier.optimiser_report());
}

/// Runs the program on two threads while a third retires everything again and again.
fn run_while_retiring(eagerness: Eagerness) -> Arc<TemplateTier> {
    let (integers, floats) = (30_000, 30_000);
    let unit = bytecode::text::assemble(&kinds(integers, floats)).expect("the program is right");
    let tier = Arc::new(TemplateTier::new(1, 1 << 20).with_optimiser(eagerness));
    let (vm, entry, output) = machine(unit, Some(Box::new(SharedTier(tier.clone()))));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let mut process = Process::new(&vm, ProcessConfig::default());
                        process.start(entry, &[]).expect("the entry takes no arguments");
                        assert!(matches!(process.run(), Outcome::Done(_)));
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                tier.retire_all();
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
        });
        for thread in threads {
            thread.join().expect("a run without a wrong answer");
        }
        is_over.store(true, SeqCst);
    });
    tier.wait_until_idle();
    assert_eq!(output.take(), expected(integers, floats).repeat(20));
    tier
}

#[test]
fn code_is_retired_while_other_threads_run_it() {
    let tier = run_while_retiring(Eagerness::ALWAYS);
    let stats = stats(&tier);
    // On a slow machine everything may be retired before it is done.
    assert!(stats.ended(Why::AllRetired) + stats.ended(Why::TooLate) > 0, "{stats:?}");
    assert!(stats.ended(Why::AllRetired) == 0 || stats.freed_bytes > 0, "{stats:?}");
}

#[test]
fn code_is_retired_while_it_is_made_beside_the_program() {
    let tier = run_while_retiring(SOON);
    assert!(tier.stats().retired > 0, "{:?}", tier.stats());
}

#[test]
fn a_vm_may_go_while_its_code_is_made() {
    let unit = bytecode::text::assemble(&kinds(200_000, 10)).expect("the program is right");
    for _ in 0..20 {
        let tier = Arc::new(TemplateTier::new(1, 1 << 20).with_optimiser(SOON));
        let (vm, entry, _) = machine(unit.clone(), Some(Box::new(SharedTier(tier))));
        let mut process = Process::new(&vm, ProcessConfig::default());
        process.start(entry, &[]).expect("the entry takes no arguments");
        assert!(matches!(process.run(), Outcome::Done(_)));
    }
}
