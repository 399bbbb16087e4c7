//! The code cache under pressure: memory that is too small, and code that is retired on one thread while others run it.

#[path = "../../vm/tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use jit::{SharedTier, TemplateTier};
use support::{machine, run_with_tier};
use vm::{Outcome, Process, ProcessConfig};

/// A program whose `count` functions call each other in a row, many times; they do not all fit into little memory.
fn chain(count: usize, turns: usize) -> String {
    let mut text = format!("unit \"chain\" entry {count}\n");
    for function in 0..count {
        let caches = usize::from(function + 1 < count);
        let _ = write!(
            text,
            "\nfunction {function} \"f{function}\" registers 9 caches {caches}\n  param \"n\"\n"
        );
        if function + 1 < count {
            let _ = write!(text, "  constant function {}\ncode\n", function + 1);
            text.push_str("  addi r4, r0, 1\n  callk r1, 1, -, k0, c0\n  addi r1, r1, 1\n  ret r1\nend\n");
        } else {
            text.push_str("code\n  ret r0\nend\n");
        }
    }
    let _ = write!(
        text,
        "\nfunction {count} \"main\" registers 12 caches 2\n  constant function 0\n  constant builtin \"print\"\n  constant int {turns}\ncode\n"
    );
    text.push_str(
        "  loadi r0, 0\n  loadi r1, 0\n  loadk r2, k2\nagain:\n  loadi r6, 0\n  callk r3, 1, -, k0, c0\n",
    );
    text.push_str("  add r1, r1, r3\n  addi r0, r0, 1\n  lt r4, r0, r2\n  loopt r4, again\n");
    text.push_str("  move r6, r1\n  callk r3, 1, -, k1, c1\n  retnil\nend\n");
    text
}

fn expected(count: usize, turns: usize) -> String {
    format!("{}\n", 2 * (count - 1) * turns)
}

#[test]
fn little_memory_is_used_again() {
    let (count, turns) = (60, 2000);
    let tier = Arc::new(TemplateTier::new(1, 12 << 10));
    let shared = Box::new(SharedTier(tier.clone()));
    let run = run_with_tier(&chain(count, turns), ProcessConfig::default(), Some(shared));
    assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
    assert_eq!(run.output, expected(count, turns));
    let stats = tier.stats();
    assert!(stats.refused > 0 && stats.retired > 0, "{stats:?}");
    assert!(stats.used_bytes <= stats.capacity_bytes, "{stats:?}");
}

#[test]
fn code_is_retired_while_other_threads_run_it() {
    let (count, turns) = (20, 20_000);
    let unit = bytecode::text::assemble(&chain(count, turns)).expect("the program is right");
    let tier = Arc::new(TemplateTier::new(1, 1 << 20));
    let (vm, entry, output) = machine(unit, Some(Box::new(SharedTier(tier.clone()))));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..5 {
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
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        });
        for thread in threads {
            thread.join().expect("a run without a wrong answer");
        }
        is_over.store(true, SeqCst);
    });
    assert_eq!(output.take(), expected(count, turns).repeat(10));
    let stats = tier.stats();
    assert!(stats.retired > 0 && stats.freed_bytes > 0, "{stats:?}");
}
