//! The ways to run one program that must make no difference to what it does.
//!
//! A mode is a row: its name and the options it gives to `dunlin run`.

/// A way to run a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    pub name: &'static str,
    pub options: &'static [&'static str],
    /// How much longer than a plain run it may take; later is a failure.
    pub slowness: u32,
    pub places: Places,
    /// The word under which `tests/left_out.txt` names programs that make no sense in this mode, with the reason: where
    /// something is done at every step, the work of a program is multiplied by what it holds. No other may be late.
    pub word: &'static str,
}

/// Whether errors are where the source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    Kept,
    /// The text was written anew on the way, so lines and columns are others.
    Moved,
}

const fn mode(name: &'static str, options: &'static [&'static str], slowness: u32) -> Mode {
    Mode { name, options, slowness, places: Places::Kept, word: name }
}

const fn slow(name: &'static str, options: &'static [&'static str], word: &'static str) -> Mode {
    Mode { name, options, slowness: 6, places: Places::Kept, word }
}

const fn rewritten(name: &'static str, options: &'static [&'static str]) -> Mode {
    Mode { name, options, slowness: 2, places: Places::Moved, word: name }
}

pub const PLAIN: Mode = mode("plain", &[], 1);

/// Under a seed that is given with every run; it leaves out what `seeded` does.
pub const SCHEDULED: Mode = Mode { word: "seeded", ..mode("scheduled", &[], 4) };

/// Every mode; `plain` is the first.
pub const MODES: &[Mode] = &[
    PLAIN,
    slow("gc-stress", &["--gc-stress"], "gc-stress"),
    slow("chaos", &["--chaos"], "chaos"),
    mode("mark-sweep", &["--gc=mark-sweep"], 3),
    mode("no-gc", &["--gc=none"], 2),
    mode("no-passes", &["--passes=none"], 3),
    mode("no-inlining", &["--passes=no-inlining"], 2),
    mode("no-constant-propagation", &["--passes=no-constant-propagation"], 2),
    mode("no-constant-folding", &["--passes=no-constant-folding"], 2),
    mode("no-combining", &["--passes=no-combining"], 2),
    mode("no-peephole", &["--passes=no-peephole"], 2),
    mode("no-jump-threading", &["--passes=no-jump-threading"], 2),
    mode("no-dead-code", &["--passes=no-dead-code"], 2),
    mode("no-loop-invariants", &["--passes=no-loop-invariants"], 2),
    mode("no-registers", &["--passes=no-registers"], 2),
    mode("dnb", &["--through=dnb"], 2),
    mode("assembly", &["--through=asm"], 2),
    rewritten("formatted", &["--through=fmt"]),
    rewritten("sexpr", &["--through=sexpr"]),
    mode("interpreted", &["--jit=off"], 3),
    mode("machine-code", &["--jit=eager"], 3),
    slow("machine-code-stress", &["--jit=eager", "--gc-stress"], "gc-stress"),
    slow("machine-code-chaos", &["--jit=eager", "--chaos"], "chaos"),
    mode("optimised", &["--jit=full-eager"], 4),
    slow("optimised-stress", &["--jit=full-eager", "--gc-stress"], "gc-stress"),
    slow("optimised-chaos", &["--jit=full-eager", "--chaos"], "chaos"),
    slow("optimised-each-guard", &["--jit=full-eager", "--each-guard"], "chaos"),
    mode("counted", &["--count"], 2),
    mode("seeded", &["--seed=20711"], 2),
];

/// Programs that are left out where the text is written anew: one prints lines and columns of its own.
pub const PRINTS_PLACES: &[&str] = &["tests/spec/errors/trace.dn"];

/// The modes of a comma-separated list, or all of them.
pub fn find(names: &str) -> Result<Vec<Mode>, String> {
    if names == "all" {
        return Ok(MODES.to_vec());
    }
    let find_one = |name: &str| {
        let known = || MODES.iter().map(|mode| mode.name).collect::<Vec<_>>().join(", ");
        let found = MODES.iter().find(|mode| mode.name == name).copied();
        found.ok_or_else(|| format!("there is no mode `{name}`; there are {}", known()))
    };
    names.split(',').map(find_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_is_left_out_by_a_mode() {
        for pass in compiler::passes::PASSES {
            let option = format!("--passes=no-{}", pass.name);
            assert!(MODES.iter().any(|mode| mode.options == [option.as_str()]), "{}", pass.name);
        }
    }

    #[test]
    fn modes_are_found_by_name() {
        assert_eq!(find("plain,dnb").expect("both exist").len(), 2);
        assert_eq!(find("all").expect("all exist").len(), MODES.len());
        assert!(find("nothing").is_err());
    }
}
