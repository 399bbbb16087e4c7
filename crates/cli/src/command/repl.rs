//! `dunlin repl`, also `dunlin` alone: a prompt.

use super::CommandRow;
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{prompt, settings};

const OPTIONS: &[OptionRow] =
    &[option("--lang", "NAME", "the language of the entries: dunlin, gene, ttvm or lisp")];

pub const ROW: CommandRow = CommandRow {
    name: "repl",
    usage: "[OPTIONS]",
    summary: "Reads lines, runs them and prints their values; `dunlin` alone does this too.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::All("NOTHING"),
    examples: &[
        ("dunlin", "type `1 + 1`, `?print` for documentation, Ctrl-D to leave"),
        ("echo '2 ** 10' | dunlin repl", "lines from a pipe"),
        ("dunlin repl --lang gene", "entries in another notation"),
    ],
    run: repl,
};

fn repl(arguments: &Arguments) -> Result<Exit, String> {
    if !arguments.positional.is_empty() {
        return Err("a prompt takes no files; `dunlin run FILE` runs one".to_string());
    }
    let language = arguments.value("--lang").filter(|language| *language != "dunlin");
    prompt::run(&settings::read(arguments)?, language)
}
