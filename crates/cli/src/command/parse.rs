//! `dunlin parse FILE`: the tree of a program as S-expressions.

use dunlin::Engine;

use super::{CommandRow, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::settings;

const OPTIONS: &[OptionRow] =
    &[option("--json", "", "as JSON: a list is an array, its first element the form's name")];

pub const ROW: CommandRow = CommandRow {
    name: "parse",
    usage: "[--json] FILE",
    summary: "Prints a program's tree as S-expressions.",
    options: &[OPTIONS],
    positional: Positional::All("FILE"),
    examples: &[("dunlin parse hello.dn", ""), ("echo 'print(1)' | dunlin parse -", "from standard input")],
    run: parse,
};

fn parse(arguments: &Arguments) -> Result<Exit, String> {
    let [file] = &arguments.positional[..] else {
        return Err("one file, please: `dunlin parse FILE`".to_string());
    };
    let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
    let text = if arguments.has("--json") { engine.json(file) } else { engine.sexpr(file) };
    Ok(run::print_or_report(text))
}
