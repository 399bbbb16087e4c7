//! Running the bodies of macros while a program is compiled.
//!
//! They run in an engine of their own, which shares nothing with the one that compiles, within limits, and what they
//! print is their result.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use compiler::Mode;
use diag::FileId;
use syntax::sexpr;

use crate::engine::Engine;
use crate::modules::Modules;
use crate::settings::{Limits, MachineCode, Settings};

const TIME_MAX: Duration = Duration::from_secs(2);
const HEAP_BYTES_MAX: u64 = 64 << 20;
const STACK_FRAMES_MAX: usize = 100_000;
/// No honest expansion is longer.
const OUTPUT_BYTES_MAX: usize = 16 << 20;

/// Runs a program that the compiler wrote as S-expressions, and gives what it printed.
pub fn run(modules: &mut Modules, path: &str, program: &str) -> Result<String, String> {
    let engine = match modules.macro_engine.take() {
        Some(engine) => engine,
        None => {
            let engine = Engine::new(settings(modules)).map_err(|failure| short(&failure.report))?;
            engine.modules.lock().closed = true;
            Box::new(engine)
        }
    };
    let result = run_in(&engine, path, program);
    modules.macro_engine = Some(engine);
    result
}

fn settings(modules: &Modules) -> Settings {
    Settings {
        limits: Limits {
            heap_bytes_max: Some(HEAP_BYTES_MAX),
            time_max: Some(TIME_MAX),
            stack_frames_max: Some(STACK_FRAMES_MAX),
        },
        machine_code: MachineCode::Off,
        front_ends: modules.front_ends.clone(),
        // An expansion is the same whenever the program is compiled.
        seed: Some(0),
        ..Settings::default()
    }
}

fn run_in(engine: &Engine, path: &str, program: &str) -> Result<String, String> {
    let forms = sexpr::read(program, FileId(0)).map_err(|problem| problem.message)?;
    let [form] = &forms[..] else { return Err("the program of the macro is no form".to_string()) };
    let tree = sexpr::to_file(form).map_err(|problem| problem.message)?;
    let unit = {
        let mut modules = engine.modules.lock();
        let unit = modules.compile_tree(path, &tree, Mode::Script);
        let findings = modules.take_findings();
        unit.ok_or_else(|| {
            let first = findings.iter().find(|finding| finding.is_error());
            first.map_or_else(|| "it does not compile".to_string(), |finding| finding.message.clone())
        })?
    };
    let collected = Collected::default();
    engine.run_unit_into(unit, Box::new(collected.clone())).map_err(|failure| short(&failure.report))?;
    let text = collected.0.lock().unwrap_or_else(PoisonError::into_inner);
    if text.len() >= OUTPUT_BYTES_MAX { Err("it made too much".to_string()) } else { Ok(text.clone()) }
}

/// The first line of a report, without what the command line adds.
fn short(report: &str) -> String {
    let line = report.lines().next().unwrap_or_default();
    let said = line.split_once("]: ").map_or(line, |(_, said)| said);
    let said = said.strip_prefix("error: ").unwrap_or(said);
    said.strip_prefix("uncaught ").unwrap_or(said).to_string()
}

/// Keeps what a program prints.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<String>>);

impl vm::Output for Collected {
    fn write(&self, text: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < OUTPUT_BYTES_MAX {
            all.push_str(text);
        }
    }

    fn flush(&self) {}
}
