//! The table of commands. A row has everything that is known of a command: dispatch, help and suggestions derive
//! from it.

mod asm;
mod bench;
mod check;
mod compile;
mod completions;
mod dap;
mod debug;
mod disasm;
mod doc;
mod doctest;
mod eval;
mod explain;
mod format;
mod jit;
mod lsp;
mod new;
mod parse;
mod profile;
mod repl;
mod run;
mod test;

use crate::arguments::{Arguments, OptionRow, Positional, parser};
use crate::exit::Exit;
use crate::nearest::unknown;
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
    repl::ROW,
    eval::ROW,
    new::ROW,
    test::ROW,
    bench::ROW,
    check::ROW,
    format::ROW,
    parse::ROW,
    compile::ROW,
    disasm::ROW,
    asm::ROW,
    explain::ROW,
    debug::ROW,
    dap::ROW,
    profile::ROW,
    jit::ROW,
    doc::ROW,
    lsp::ROW,
    completions::ROW,
];

/// Runs what the arguments ask for; the error is a mistake of the command line.
pub fn dispatch(arguments: &[String]) -> Result<Exit, String> {
    let Some((first, rest)) = arguments.split_first() else {
        return start(&repl::ROW, &[]);
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
            None => Ok(no_command(name)),
        },
    }
}

fn start(row: &CommandRow, arguments: &[String]) -> Result<Exit, String> {
    match Arguments::read(row, arguments) {
        Ok(arguments) => {
            (row.run)(&arguments).map_err(|message| format!("{message}\nSee `dunlin help {}`.", row.name))
        }
        Err(error) => Ok(show(&error)),
    }
}

/// Prints the help that was asked for to standard output, or a mistake to standard error.
fn show(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}

/// `dunlin FILE`: a path, an option of `run` before one, or `-` for standard input.
fn looks_like_file(name: &str) -> bool {
    let named = name.ends_with(".dn") || name.ends_with(".dnb") || name.contains(['/', '\\']);
    named || name.starts_with('-') || std::path::Path::new(name).is_file()
}

fn help_for(rest: &[String]) -> Result<Exit, String> {
    match rest.first().map(String::as_str) {
        None => {
            let _ = help::all().print_help();
        }
        Some("exit") => terminal::print(&help::exits()),
        Some("limits") => terminal::print(&help::options(
            "Limits and measuring, for every command that runs code:",
            settings::RUNNING,
        )),
        Some(name) => match COMMANDS.iter().find(|row| row.name == name) {
            Some(row) => {
                let _ = parser(row).print_help();
            }
            None => return Ok(no_command(name)),
        },
    }
    Ok(Exit::Success)
}

fn no_command(name: &str) -> Exit {
    let names: Vec<&str> = COMMANDS.iter().map(|row| row.name).collect();
    let message = unknown("command or file", name, &names);
    let hint = if base::nearest(name, names.iter().copied()).is_some() {
        ""
    } else {
        "; `dunlin help` lists the commands"
    };
    terminal::complain(&format!("{message}{hint}"));
    Exit::Usage
}
