//! `dunlin compile FILE -o OUT.dnb`: compiles a program into a binary unit.

use dunlin::{Engine, Failure, FailureKind};

use super::{CommandRow, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{settings, terminal};

const OPTIONS: &[OptionRow] = &[
    option("-o --output", "FILE", "where to write; FILE with the ending .dnb if not said"),
    option("--stats", "", "print what each optimiser pass did"),
];

pub const ROW: CommandRow = CommandRow {
    name: "compile",
    usage: "FILE [-o OUT.dnb] [--stats] [--passes LIST]",
    summary: "Compiles a program into a binary unit that `dunlin run` runs.",
    options: &[OPTIONS, settings::COMPILING],
    positional: Positional::All("FILE"),
    examples: &[
        ("dunlin compile app.dn -o app.dnb", "write app.dnb"),
        ("dunlin compile app.dn --stats --passes=all,no-inline", "without inlining, with statistics"),
    ],
    run: compile,
};

fn compile(arguments: &Arguments) -> Result<Exit, String> {
    let [file] = &arguments.positional[..] else {
        return Err("one file, please: `dunlin compile FILE`".to_string());
    };
    let output = match arguments.value("-o --output") {
        Some(output) => output.to_string(),
        None => format!("{}.dnb", std::path::Path::new(file).with_extension("").display()),
    };
    let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
    let compiled = match engine.compile_file(file) {
        Ok(compiled) => compiled,
        Err(failure) => return Ok(run::report(&failure)),
    };
    if !compiled.warnings.is_empty() {
        terminal::report(&compiled.warnings);
    }
    if arguments.has("--stats") {
        terminal::print(&compiled.statistics());
    }
    match std::fs::write(&output, compiled.bytes()) {
        Ok(()) => Ok(Exit::Success),
        Err(error) => Ok(run::report(&cannot_write(&output, &error))),
    }
}

/// "cannot write out.dnb: permission denied".
pub fn cannot_write(path: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreadable, format!("error: cannot write {path}: {error}"))
}
