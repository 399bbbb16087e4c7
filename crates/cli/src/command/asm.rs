//! `dunlin asm FILE -o OUT.dnb`: assembles text into a unit, which must pass the validator.

use super::{CommandRow, compile, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;

const OPTIONS: &[OptionRow] =
    &[option("-o --output", "FILE", "where to write; FILE with the ending .dnb if not said")];

pub const ROW: CommandRow = CommandRow {
    name: "asm",
    usage: "FILE [-o OUT.dnb]",
    summary: "Assembles text into a binary unit.",
    options: &[OPTIONS],
    positional: Positional::All("FILE"),
    examples: &[("dunlin asm app.dna -o app.dnb", "then `dunlin run app.dnb`")],
    run: asm,
};

fn asm(arguments: &Arguments) -> Result<Exit, String> {
    let [file] = &arguments.positional[..] else {
        return Err("one file, please: `dunlin asm FILE`".to_string());
    };
    let output = match arguments.value("-o --output") {
        Some(output) => output.to_string(),
        None => format!("{}.dnb", file.strip_suffix(".dna").unwrap_or(file)),
    };
    let bytes = match dunlin::assemble_file(file) {
        Ok(bytes) => bytes,
        Err(failure) => return Ok(run::report(&failure)),
    };
    match std::fs::write(&output, bytes) {
        Ok(()) => Ok(Exit::Success),
        Err(error) => Ok(run::report(&compile::cannot_write(&output, &error))),
    }
}
