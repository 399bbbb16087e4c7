//! `dunlin check FILE...`: everything that can be said about programs without running them.

use dunlin::Engine;

use super::{CommandRow, run};
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::{settings, terminal};

pub const ROW: CommandRow = CommandRow {
    name: "check",
    usage: "FILE...",
    summary: "Reports what is wrong with programs without running them.",
    options: &[&[]],
    positional: Positional::All("FILES"),
    examples: &[("dunlin check src/*.dn", "warnings alone leave the exit code 0")],
    run: check,
};

fn check(arguments: &Arguments) -> Result<Exit, String> {
    if arguments.positional.is_empty() {
        return Err("which files? `dunlin check FILE...`".to_string());
    }
    let mut exit = Exit::Success;
    for file in &arguments.positional {
        let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
        match engine.compile_file(file) {
            Ok(compiled) if compiled.warnings.is_empty() => {}
            Ok(compiled) => terminal::report(&compiled.warnings),
            Err(failure) => exit = run::report(&failure),
        }
    }
    Ok(exit)
}
