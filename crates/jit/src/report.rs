//! What was compiled, in words for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use vm::quick::generic_of;

use crate::tier::TemplateTier;

/// Instructions that are named in the report of steps.
const STEPS_SHOWN: usize = 24;

/// The counts of a tier, and which instructions went to the interpreter's step, where that was counted.
pub fn report(tier: &TemplateTier) -> String {
    let stats = tier.stats();
    let nanoseconds = stats.time.as_nanos() as f64;
    let mut text = format!(
        "machine code: {} functions, {} words of bytecode, {} bytes of code, {:.3} ms, {:.0} ns a word, {} without room\n",
        stats.functions,
        stats.words,
        stats.code_bytes,
        nanoseconds / 1e6,
        if stats.words == 0 { 0.0 } else { nanoseconds / stats.words as f64 },
        stats.refused,
    );
    text += &tier.optimiser_report();
    let mut steps: Vec<(&str, u64)> = steps_by_instruction(tier).into_iter().collect();
    steps.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let total: u64 = steps.iter().map(|step| step.1).sum();
    if total > 0 {
        let _ = writeln!(text, "steps left to the interpreter: {total}");
    }
    for (name, count) in steps.into_iter().take(STEPS_SHOWN) {
        let _ = writeln!(text, "{count:>12} {name}");
    }
    text
}

fn steps_by_instruction(tier: &TemplateTier) -> BTreeMap<&'static str, u64> {
    let mut steps = BTreeMap::new();
    for function in tier.counted() {
        for (word, counter) in function.entry.code.words.iter().zip(function.steps) {
            let count = counter.load(Relaxed);
            if count > 0
                && let Some(op) = generic_of(Word(word.load(Relaxed)).op_byte())
            {
                *steps.entry(op.row().mnemonic).or_default() += count;
            }
        }
    }
    steps
}
