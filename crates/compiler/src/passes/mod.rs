//! The optimiser passes: one table, one bit each, each switchable, each with statistics.

mod jump_threading;
mod tail_calls;
mod unreachable;

use crate::form::Code;

/// Calls the given macro with every pass: field of the statistics, module, name, what it does.
macro_rules! for_each_pass {
    ($apply:ident) => {
        $apply! {
            jump_threading "jump-threading" "Jumps go straight to where they end up."
            tail_calls "tail-calls" "Calls whose result is returned take the place of the frame."
        }
    };
}

/// A pass over one function; it says how much it changed.
pub type Run = fn(&mut Code) -> usize;

/// One optimiser pass.
pub struct Pass {
    pub name: &'static str,
    pub doc: &'static str,
    run: Run,
}

macro_rules! define_passes {
    ($($module:ident $name:literal $doc:literal)*) => {
        /// Every pass in the order in which they run; the bit of a pass is its place.
        pub const PASSES: &[Pass] = &[$(Pass { name: $name, doc: $doc, run: $module::run },)*];
    };
}
for_each_pass!(define_passes);

/// The bits of all passes.
pub const ALL: u32 = (1 << PASSES.len()) - 1;

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
        for (index, pass) in PASSES.iter().enumerate() {
            if switched_on & (1 << index) != 0 {
                stats.changes[index].1 += (pass.run)(code);
            }
        }
        stats.instructions_after += code.size();
    }
}

/// The bits of the passes whose names are given, separated by commas; `all` and `none` are names too.
pub fn parse(text: &str) -> Result<u32, String> {
    let mut bits = 0;
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match (word, word.strip_prefix("no-")) {
            ("all", _) => bits = ALL,
            ("none", _) => bits = 0,
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
