//! What was compiled, in words for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use vm::ModuleId;
use vm::quick::generic_of;

use crate::family::{Family, family};
use crate::ssa::build::Start;
use crate::tier::{CountedFunction, TemplateTier};

/// Instructions that are named in the report of steps.
const STEPS_SHOWN: usize = 24;

/// The counts of a tier, and which instructions went to the interpreter's step, where that was counted.
pub fn report(tier: &TemplateTier) -> String {
    let stats = tier.stats();
    let nanoseconds = stats.time.as_nanos() as f64;
    let mut text = format!(
        "machine code: {} functions, {} words of bytecode, {} bytes of code, {:.3} ms, {:.0} ns a word\n",
        stats.functions,
        stats.words,
        stats.code_bytes,
        nanoseconds / 1e6,
        if stats.words == 0 { 0.0 } else { nanoseconds / stats.words as f64 },
    );
    let _ = writeln!(
        text,
        "code memory: {} of {} bytes in use, {} times full, {} functions retired, {} bytes freed",
        stats.used_bytes, stats.capacity_bytes, stats.refused, stats.retired, stats.freed_bytes
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

/// A function that was compiled, and what its machine code left to the interpreter.
#[derive(Clone, Debug)]
pub struct Explained {
    pub name: String,
    pub module: ModuleId,
    /// How often it had been compiled then, this time included.
    pub generation: u32,
    pub words: usize,
    pub code_bytes: usize,
    pub steps: Vec<ExplainedStep>,
    /// What became of it and of its loops in the optimising tier.
    pub optimised: Vec<ExplainedOptimised>,
}

/// What became of a function or one of its loops in the optimising tier.
#[derive(Clone, Debug)]
pub struct ExplainedOptimised {
    /// The place of the loop; nothing for the whole function.
    pub loop_span: Option<(u32, u32)>,
    pub state: String,
    /// What it leaves to the interpreter; each is of the function with this name, which may be inlined.
    pub left: Vec<(String, ExplainedStep)>,
}

/// An instruction that was left to the interpreter.
#[derive(Clone, Debug)]
pub struct ExplainedStep {
    /// In the source text.
    pub span: (u32, u32),
    pub mnemonic: &'static str,
    /// How often; for optimised code at how many places.
    pub count: u64,
    pub reason: &'static str,
}

/// All functions that were compiled by a tier that counts steps.
pub fn explained(tier: &TemplateTier) -> Vec<Explained> {
    tier.wait_until_idle();
    tier.counted().iter().map(|function| explain_function(tier, function)).collect()
}

/// What became of a function in the optimising tier.
fn explain_optimised(tier: &TemplateTier, function: &CountedFunction) -> Vec<ExplainedOptimised> {
    let mut found = Vec::new();
    let Some(optimiser) = tier.optimiser() else { return found };
    optimiser.for_each(|artefact| {
        if !std::ptr::eq(artefact.entry, function.entry) {
            return;
        }
        let loop_span = match artefact.start {
            Start::Function => None,
            Start::Loop(word) => Some(function.entry.code.span_at(word)),
        };
        let left = artefact.left.iter().map(|left| {
            let span = left.entry.code.span_at(left.index);
            let step = ExplainedStep { span, mnemonic: left.mnemonic, count: 1, reason: left.why };
            (left.entry.code.name.clone(), step)
        });
        found.push(ExplainedOptimised { loop_span, state: artefact.state(), left: left.collect() });
    });
    found
}

fn explain_function(tier: &TemplateTier, function: &CountedFunction) -> Explained {
    let code = function.entry.code;
    let mut steps = Vec::new();
    for (index, (word, counter)) in code.words.iter().zip(function.steps).enumerate() {
        let count = counter.load(Relaxed);
        if count > 0
            && let Some(op) = generic_of(Word(word.load(Relaxed)).op_byte())
        {
            let reason = match family(op) {
                Family::Step => "the interpreter does it always",
                _ => "a case that the machine code leaves to the interpreter",
            };
            steps.push(ExplainedStep {
                span: code.span_at(index),
                mnemonic: op.row().mnemonic,
                count,
                reason,
            });
        }
    }
    Explained {
        name: code.name.clone(),
        module: code.module,
        generation: function.generation,
        words: code.words.len(),
        code_bytes: function.code_bytes,
        steps,
        optimised: explain_optimised(tier, function),
    }
}
