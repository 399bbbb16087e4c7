//! The optimiser passes: one table, one bit each, each switchable, each with statistics.

mod combining;
mod constant_folding;
mod constant_propagation;
mod dead_code;
mod facts;
mod inlining;
mod jump_threading;
mod liveness;
mod loop_invariants;
mod peephole;
mod register_compaction;
mod unreachable;

use crate::form::Code;

/// Calls the given macro with every pass: module, what it works on, name, what it does. The order is that in which
/// they run, and the place of a pass is its bit.
macro_rules! for_each_pass {
    ($apply:ident) => {
        $apply! {
            inlining Unit "inlining" "Small functions that cannot fail stand in the place of their calls."
            constant_propagation Function "constant-propagation" "Known operands become part of the instruction."
            constant_folding Function "constant-folding" "Operations on known numbers are done by the compiler."
            combining Function "combining" "Two instructions that one can do become one."
            peephole Function "peephole" "Instructions that change nothing are left out."
            jump_threading Function "jump-threading" "Jumps go straight to where they end up."
            dead_code Function "dead-code" "Code that cannot be reached and results nobody reads are left out."
            loop_invariants Function "loop-invariants" "What is the same in every turn is done before the loop."
            register_compaction Function "registers" "Registers that are used nowhere disappear."
        }
    };
}

/// A pass over one function or over all of a unit; it says how much it changed.
#[derive(Clone, Copy)]
enum Run {
    Function(fn(&mut Code) -> usize),
    Unit(fn(&mut [Option<Code>]) -> usize),
}

/// One optimiser pass.
pub struct Pass {
    pub name: &'static str,
    pub doc: &'static str,
    run: Run,
}

macro_rules! entry {
    ($module:ident Function) => {
        Run::Function($module::run)
    };
    ($module:ident Unit) => {
        Run::Unit($module::run_unit)
    };
}

macro_rules! define_passes {
    ($($module:ident $on:ident $name:literal $doc:literal)*) => {
        /// Every pass in the order in which they run; the bit of a pass is its place.
        pub const PASSES: &[Pass] =
            &[$(Pass { name: $name, doc: $doc, run: entry!($module $on) },)*];
    };
}
for_each_pass!(define_passes);

/// The bits of all passes.
pub const ALL: u32 = (1 << PASSES.len()) - 1;

/// Instead of passes: every variable keeps its value to the end of its scope, and the unit says where it is.
pub const DEBUG: u32 = 1 << 31;

/// What each pass changed in a unit, in the order of `PASSES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileStats {
    pub changes: Vec<(&'static str, usize)>,
    pub functions: usize,
    pub instructions_before: usize,
    pub instructions_after: usize,
}

impl Default for CompileStats {
    fn default() -> CompileStats {
        CompileStats {
            changes: PASSES.iter().map(|pass| (pass.name, 0)).collect(),
            functions: 0,
            instructions_before: 0,
            instructions_after: 0,
        }
    }
}

/// Runs the passes that are switched on over every function of a unit.
pub fn run_unit(functions: &mut [Option<Code>], switched_on: u32, stats: &mut CompileStats) {
    for code in functions.iter_mut().flatten() {
        stats.functions += 1;
        stats.instructions_before += code.size();
        unreachable::remove_unreachable(code);
    }
    for (index, pass) in PASSES.iter().enumerate() {
        if switched_on & (1 << index) == 0 || switched_on & DEBUG != 0 {
            continue;
        }
        stats.changes[index].1 += match pass.run {
            Run::Function(run) => functions.iter_mut().flatten().map(run).sum(),
            Run::Unit(run) => run(functions),
        };
    }
    stats.instructions_after += functions.iter().flatten().map(Code::size).sum::<usize>();
}

/// The bits of the passes whose names are given, separated by commas; `all`, `none` and `debug`, which
/// stands alone, are names too.
pub fn parse(text: &str) -> Result<u32, String> {
    // A list that only leaves passes out begins with all of them.
    let mut bits = if text.trim_start().starts_with("no-") { ALL } else { 0 };
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match (word, word.strip_prefix("no-")) {
            ("all", _) => bits = ALL,
            ("none", _) => bits = 0,
            ("debug", _) => bits = DEBUG,
            (_, Some(name)) => bits &= !bit(name)?,
            (name, None) => bits |= bit(name)?,
        }
    }
    Ok(bits)
}

fn bit(name: &str) -> Result<u32, String> {
    let found = PASSES.iter().position(|pass| pass.name == name);
    found.map(|index| 1 << index).ok_or_else(|| format!("no pass is named `{name}`"))
}
