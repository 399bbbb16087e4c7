//! `dunlin disasm FILE`: the bytecode of a program or unit as assembly text.

use dunlin::Engine;

use super::{CommandRow, run};
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::settings;

pub const ROW: CommandRow = CommandRow {
    name: "disasm",
    usage: "FILE",
    summary: "Prints the bytecode of a program (.dn) or unit (.dnb) as assembly text.",
    options: &[&[], settings::COMPILING],
    positional: Positional::All("FILE"),
    examples: &[("dunlin disasm app.dnb > app.dna", "`dunlin asm app.dna` makes the unit again")],
    run: disasm,
};

fn disasm(arguments: &Arguments) -> Result<Exit, String> {
    let [file] = &arguments.positional[..] else {
        return Err("one file, please: `dunlin disasm FILE`".to_string());
    };
    let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
    Ok(run::print_or_report(engine.compile_file(file).map(|compiled| compiled.disassemble())))
}
