//! Each guard of optimised code fails once: whether every reason for leaving it is reached by some program.
//!
//! What the programs print then is compared by the mode `optimised-each-guard` of the corpus; here only the reasons
//! are counted.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dunlin::{Engine, Limits, MachineCode, MemoryOutput, Settings};

/// Reasons that no program can bring about while the tests run, each with why.
pub const NOT_REACHED: &[(&str, &str)] = &[];

/// A program that takes longer in this process, where others wait for it, is cut off.
const TIME_MAX: Duration = Duration::from_secs(5);

/// How often optimised code was left for each reason.
#[derive(Debug, Default)]
pub struct Reasons {
    pub programs: usize,
    counts: Vec<(&'static str, u64)>,
}

impl Reasons {
    /// Those that nothing has reached, without those that nothing can reach.
    pub fn missing(&self) -> Vec<&'static str> {
        let is_known = |name: &str| NOT_REACHED.iter().any(|(known, _)| *known == name);
        self.counts.iter().filter(|(name, count)| *count == 0 && !is_known(name)).map(|row| row.0).collect()
    }

    /// Whether something was counted and nothing is missing.
    pub fn are_complete(&self) -> bool {
        !self.counts.is_empty() && self.missing().is_empty()
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, count) in &self.counts {
            let _ = writeln!(text, "{count:>10} {name}");
        }
        let _ = writeln!(text, "{} programs; never reached: {:?}", self.programs, self.missing());
        text
    }

    fn add(&mut self, counts: &[(&'static str, u64)]) {
        if self.counts.is_empty() {
            self.counts = counts.to_vec();
            return;
        }
        for (sum, (_, count)) in self.counts.iter_mut().zip(counts) {
            sum.1 += count;
        }
    }
}

/// Runs programs with everything optimised and each guard failing once.
pub fn run(programs: &[PathBuf]) -> Reasons {
    let mut reasons = Reasons::default();
    for path in programs {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        // What waits for others, or ends the program that it runs in, is for the corpus.
        if ["import os", "import io", "import net", "stdin"].iter().any(|word| text.contains(word)) {
            continue;
        }
        let settings = Settings {
            machine_code: MachineCode::FullEager,
            each_guard: true,
            seed: Some(1),
            limits: Limits { time_max: Some(TIME_MAX), ..Limits::default() },
            ..Settings::default()
        };
        let Ok(engine) = Engine::new(settings) else { continue };
        let Ok(program) = engine.compile_source(&path.to_string_lossy(), &text) else { continue };
        let output = Arc::new(MemoryOutput::default());
        // How it ends is for the corpus, too.
        let _ = engine.run_unit_into(program.into_unit(), Box::new(output));
        reasons.programs += 1;
        reasons.add(&engine.exits());
    }
    reasons
}
