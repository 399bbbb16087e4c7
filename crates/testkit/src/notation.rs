//! Programs of other notations, in every way of running them.
//!
//! A front end's test names its folder of programs, its front ends and how many programs there are at least; the modes
//! are the same for all. Programs say what they do in comments, which `dunlin test` reads.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dunlin::{Engine, FrontEnds, Limits, MachineCode, Settings, Through};

/// The corpus of one front end.
pub struct Programs {
    pub folder: PathBuf,
    pub front_ends: FrontEnds,
    /// Fewer programs than this mean that they were not found.
    pub count_min: usize,
    /// Endings of files that hold programs.
    pub endings: &'static [&'static str],
}

/// The modes, as tests name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Plain,
    Interpreted,
    Template,
    Optimised,
    NoPasses,
    /// Each pass of the compiler off, one after the other, over a share of the programs each; over all of them where
    /// the environment has `EVERY_PASS`, which takes ten times as long.
    EachPassOff,
    Binary,
    Assembly,
    /// A collection at every safepoint.
    Stress,
    /// A suspension at every poll, and the slow way of every builtin.
    Chaos,
    MarkSweep,
    Seeded,
}

impl Way {
    fn settings(self, front_ends: &FrontEnds) -> Vec<(String, Settings)> {
        let plain = Settings { front_ends: front_ends.clone(), ..Settings::default() };
        // What multiplies the work says something only of programs that end in time.
        let limits = Limits { time_max: Some(Duration::from_millis(500)), ..Limits::default() };
        let changed = match self {
            Way::Plain => plain,
            Way::Interpreted => Settings { machine_code: MachineCode::Off, ..plain },
            Way::Template => Settings { machine_code: MachineCode::Eager, ..plain },
            Way::Optimised => Settings { machine_code: MachineCode::FullEager, ..plain },
            Way::NoPasses => Settings { passes: Some("none".to_string()), ..plain },
            Way::EachPassOff => return each_pass_off(&plain),
            Way::Binary => Settings { through: Through::Binary, ..plain },
            Way::Assembly => Settings { through: Through::Assembly, ..plain },
            Way::Stress => Settings { gc_stress: true, machine_code: MachineCode::Off, limits, ..plain },
            Way::Chaos => Settings { chaos: true, limits, ..plain },
            Way::MarkSweep => Settings { collector: dunlin::Collector::MarkSweep, ..plain },
            Way::Seeded => Settings { seed: Some(20711), ..plain },
        };
        vec![(format!("{self:?}"), changed)]
    }

    /// Whether a program may be late, which then says nothing.
    fn may_be_late(self) -> bool {
        matches!(self, Way::Stress | Way::Chaos)
    }
}

fn each_pass_off(plain: &Settings) -> Vec<(String, Settings)> {
    let without = |pass: &compiler::passes::Pass| {
        let passes = Some(format!("no-{}", pass.name));
        (format!("without {}", pass.name), Settings { passes, ..plain.clone() })
    };
    compiler::passes::PASSES.iter().map(without).collect()
}

/// Only one corpus at a time is in its folder: paths of programs are relative to it.
static FOLDER: Mutex<()> = Mutex::new(());

/// Runs every program in one way; the text names what differs. Nothing when all is as it must be.
pub fn complaints(programs: &Programs, way: Way) -> String {
    let _here = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = std::env::set_current_dir(&programs.folder) {
        return format!("{}: {error}", programs.folder.display());
    }
    let paths = match programs.paths() {
        Ok(paths) if paths.len() >= programs.count_min => paths,
        Ok(paths) => return format!("only {} programs were found", paths.len()),
        Err(error) => return error.to_string(),
    };
    let mut all = String::new();
    let settings = way.settings(&programs.front_ends);
    let shares = if std::env::var_os("EVERY_PASS").is_some() { 1 } else { settings.len() };
    for (index, (mode, settings)) in settings.into_iter().enumerate() {
        let engine = match Engine::new(settings) {
            Ok(engine) => engine,
            Err(failure) => return failure.to_string(),
        };
        for path in paths.iter().skip(index % shares).step_by(shares) {
            if let Some(complaint) = complaint(&engine, path, way.may_be_late()) {
                all.push_str(&format!("{mode}: {}: {complaint}\n", path.display()));
            }
        }
    }
    all
}

impl Programs {
    /// Every program, in order; modules that others import are in folders of their own.
    fn paths(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if ending.is_some_and(|ending| self.endings.contains(&ending)) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What is wrong with one program.
fn complaint(engine: &Engine, path: &Path, may_be_late: bool) -> Option<String> {
    let report = match engine.test_file(&path.display().to_string(), &|_| true) {
        Ok(results) if results.is_empty() => Some("says nothing of what it prints".to_string()),
        Ok(results) => results.into_iter().find_map(|result| result.failure).map(|failure| failure.report),
        Err(failure) => Some(failure.report),
    };
    report.filter(|report| !(may_be_late && report.contains("the time limit was exceeded")))
}

/// Makes a test of each way: `testkit::test_every_way!(programs())`.
#[macro_export]
macro_rules! test_every_way {
    ($programs:expr) => {
        $crate::test_every_way! { $programs,
            plain Plain, interpreted Interpreted, machine_code Template, optimised Optimised,
            without_passes NoPasses, with_each_pass_off EachPassOff, through_the_binary_form Binary,
            through_assembly_text Assembly, with_constant_collection Stress, with_constant_suspension Chaos,
            with_mark_and_sweep MarkSweep, with_a_seed Seeded,
        }
    };
    ($programs:expr, $($name:ident $way:ident,)*) => {
        $(#[test]
        fn $name() {
            let complaints = $crate::notation::complaints(&$programs, $crate::notation::Way::$way);
            assert!(complaints.is_empty(), "{complaints}");
        })*
    };
}
