//! The table of commands. A row has everything that is known of a command: dispatch, help and suggestions derive
//! from it.

mod asm;
mod check;
mod compile;
mod disasm;
mod eval;
mod explain;
mod format;
mod parse;
mod run;
mod test;

use crate::arguments::{Arguments, OptionRow, Positional, nearest, unknown};
use crate::exit::Exit;
use crate::{help, settings, terminal};

/// One command.
pub struct CommandRow {
    pub name: &'static str,
    /// What follows the name: `FILE [ARGUMENTS]`.
    pub usage: &'static str,
    pub summary: &'static str,
    /// Own options, then the groups it shares.
    pub options: &'static [&'static [OptionRow]],
    pub positional: Positional,
    pub examples: &'static [(&'static str, &'static str)],
    pub run: fn(&Arguments) -> Result<Exit, String>,
}

/// Every command, the most used first.
pub const COMMANDS: &[CommandRow] = &[
    run::ROW,
    eval::ROW,
    test::ROW,
    check::ROW,
    format::ROW,
    parse::ROW,
    compile::ROW,
    disasm::ROW,
    asm::ROW,
    explain::ROW,
];

/// Runs what the arguments ask for; the error is a mistake of the command line.
pub fn dispatch(arguments: &[String]) -> Result<Exit, String> {
    let Some((first, rest)) = arguments.split_first() else {
        terminal::print(&help::overview());
        return Ok(Exit::Success);
    };
    match first.as_str() {
        "help" | "--help" | "-h" => help_for(rest),
        "version" | "--version" | "-V" => {
            terminal::print(concat!("dunlin ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(Exit::Success)
        }
        name => match COMMANDS.iter().find(|row| row.name == name) {
            Some(row) => start(row, rest),
            None if looks_like_file(name) => start(&run::ROW, arguments),
            None => Err(no_command(name)),
        },
    }
}

fn start(row: &CommandRow, arguments: &[String]) -> Result<Exit, String> {
    let own = arguments.iter().take_while(|argument| argument.starts_with('-'));
    if own.clone().any(|argument| argument == "--help" || argument == "-h") {
        terminal::print(&help::of(row));
        return Ok(Exit::Success);
    }
    let arguments = Arguments::read(row.options, row.positional, arguments)
        .map_err(|message| format!("{message}\nSee `dunlin help {}`.", row.name))?;
    (row.run)(&arguments).map_err(|message| format!("{message}\nSee `dunlin help {}`.", row.name))
}

/// `dunlin FILE`: a path, an option of `run` before one, or `-` for standard input.
fn looks_like_file(name: &str) -> bool {
    let named = name.ends_with(".dn") || name.ends_with(".dnb") || name.contains(['/', '\\']);
    named || name.starts_with('-') || std::path::Path::new(name).is_file()
}

fn help_for(rest: &[String]) -> Result<Exit, String> {
    let text = match rest.first().map(String::as_str) {
        None => help::overview(),
        Some("exit") => help::exits(),
        Some("limits") => {
            help::options("Limits and measuring, for every command that runs code:", settings::RUNNING)
        }
        Some(name) => match COMMANDS.iter().find(|row| row.name == name) {
            Some(row) => help::of(row),
            None => return Err(no_command(name)),
        },
    };
    terminal::print(&text);
    Ok(Exit::Success)
}

fn no_command(name: &str) -> String {
    let names: Vec<&str> = COMMANDS.iter().map(|row| row.name).collect();
    let message = unknown("command or file", name, &names);
    if nearest(name, &names).is_some() {
        message
    } else {
        format!("{message}; `dunlin help` lists the commands")
    }
}
