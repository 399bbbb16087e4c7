//! What the tier knows of one function or loop, and of all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use vm::code::Entry;
use vm::quick::generic_of;

use super::code::Placed;
use crate::ssa::build::{Refusal, Start};
use crate::ssa::form::{Function, Operation, State};

/// An instruction that optimised code leaves to the interpreter's step.
#[derive(Clone, Copy)]
pub struct Left {
    /// The function that it is of, which may be an inlined one.
    pub entry: &'static Entry,
    /// Its word.
    pub index: usize,
    pub mnemonic: &'static str,
    pub why: &'static str,
}

/// What a form leaves to the interpreter, and why.
pub fn left_by(form: &Function, entry: &'static Entry) -> Vec<Left> {
    let all = form.blocks.iter().flat_map(|block| &block.instructions).map(|&value| form.instruction(value));
    let steps = all.filter(|instruction| instruction.operation == Operation::Step);
    let left = |state: &State| {
        let entry = form.chains[state.chain].last().map_or(entry, |frame| frame.entry);
        let word = bytecode::Word(entry.code.words.get(state.index)?.load(Relaxed));
        let mnemonic = generic_of(word.op_byte())?.row().mnemonic;
        Some(Left { entry, index: state.index, mnemonic, why: why(entry, state.index) })
    };
    steps.filter_map(|instruction| left(form.state(instruction.state?))).collect()
}

fn why(entry: &'static Entry, index: usize) -> &'static str {
    let feedback = entry.feedback();
    if feedback.seen(index).failed {
        "what optimised code supposed of it failed again and again"
    } else if feedback.shapes(index).is_none() {
        "it works on objects of too many kinds"
    } else {
        "optimised code has nothing better for what it was seen to do"
    }
}

/// One function or loop.
pub struct Artefact {
    pub entry: &'static Entry,
    pub start: Start,
    pub attempts: u32,
    pub refusals: u32,
    /// Its code, while calls may find it.
    pub placed: Option<Placed>,
    /// A thread is compiling it.
    pub is_busy: bool,
    pub refusal: Option<Refusal>,
    /// The instructions that its code leaves to the interpreter.
    pub left: Vec<Left>,
    /// What guards of it failed told something new.
    pub learnt: bool,
    /// Processor time of compiling it, all attempts together.
    pub time: Duration,
}

impl Artefact {
    pub fn new(entry: &'static Entry, start: Start) -> Artefact {
        Artefact {
            entry,
            start,
            attempts: 0,
            refusals: 0,
            placed: None,
            is_busy: false,
            refusal: None,
            left: Vec::new(),
            learnt: false,
            time: Duration::ZERO,
        }
    }

    /// What it is, in words.
    pub fn name(&self) -> String {
        match self.start {
            Start::Function => self.entry.code.name.clone(),
            Start::Loop(word) => format!("{}, the loop at {word}", self.entry.code.name),
        }
    }

    /// What became of it, in words.
    pub fn state(&self) -> String {
        let state = match (&self.placed, self.refusal) {
            (Some(_), _) => "optimised".to_string(),
            (None, Some(refusal)) => format!("not optimised: {refusal}"),
            (None, None) if self.is_busy => "being compiled".to_string(),
            (None, None) => "retired".to_string(),
        };
        let time = self.time.as_secs_f64() * 1e3;
        let mut text = format!("{state}, {} times compiled in {time:.1} ms", self.attempts);
        if let Some(placed) = &self.placed {
            let _ = write!(text, ", {} bytes", placed.bytes());
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.left.iter().for_each(|left| *counts.entry(left.mnemonic).or_default() += 1);
        for (position, (name, count)) in counts.into_iter().enumerate() {
            let before = if position == 0 { "; leaves to the interpreter:" } else { "," };
            let _ = write!(text, "{before} {count} {name}");
        }
        text
    }
}

macro_rules! endings {
    ($($name:ident, $text:literal;)*) => {
        /// Why code is not in place any more, or never came there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Why { $(#[doc = $text] $name),* }

        impl Why {
            pub const ALL: &'static [Why] = &[$(Why::$name),*];

            pub fn text(self) -> &'static str {
                match self { $(Why::$name => $text),* }
            }
        }
    };
}
endings! {
    Learnt, "guards failed and told something new";
    Unclear, "a guard failed and told nothing";
    AllRetired, "all machine code was retired";
    TooLate, "all machine code was retired while it was made";
    NoRoom, "there was no room for it";
    Refused, "it was refused";
}

/// What the tier has done so far.
#[derive(Clone, Debug)]
pub struct OptimiserStats {
    pub functions: usize,
    pub loops: usize,
    pub code_bytes: usize,
    /// Processor time of compiling.
    pub time: Duration,
    pub freed_bytes: usize,
    /// How often code ended for each reason, in their order.
    pub ends: Vec<u64>,
}

impl Default for OptimiserStats {
    fn default() -> OptimiserStats {
        OptimiserStats {
            functions: 0,
            loops: 0,
            code_bytes: 0,
            time: Duration::ZERO,
            freed_bytes: 0,
            ends: vec![0; Why::ALL.len()],
        }
    }
}

impl OptimiserStats {
    pub fn count(&mut self, why: Why) {
        self.ends[why as usize] += 1;
    }

    pub fn ended(&self, why: Why) -> u64 {
        self.ends[why as usize]
    }

    pub fn retired(&self) -> u64 {
        [Why::Learnt, Why::Unclear, Why::AllRetired].iter().map(|&why| self.ended(why)).sum()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "optimised: {} functions, {} loops, {} bytes of code, {} freed, {:.3} ms, {} retired, {} refused\n",
            self.functions,
            self.loops,
            self.code_bytes,
            self.freed_bytes,
            self.time.as_secs_f64() * 1e3,
            self.retired(),
            self.ended(Why::Refused) + self.ended(Why::NoRoom)
        );
        for &why in Why::ALL.iter().filter(|&&why| self.ended(why) > 0 && why != Why::Refused) {
            let _ = writeln!(text, "  {} times {}", self.ended(why), why.text());
        }
        text
    }
}
