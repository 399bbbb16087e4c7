//! `dunlin eval CODE`: runs code given as an argument and prints its value unless that is nil.

use dunlin::Engine;

use super::{CommandRow, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::settings;

const OPTIONS: &[OptionRow] =
    &[option("--lang", "NAME", "the language of the code: dunlin, gene, ttvm or lisp")];

pub const ROW: CommandRow = CommandRow {
    name: "eval",
    usage: "[OPTIONS] CODE [ARGUMENTS]",
    summary: "Runs code given as an argument and prints its value.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::First("CODE"),
    examples: &[
        ("dunlin eval '2 ** 100'", "prints 1267650600228229401496703205376"),
        ("dunlin eval 'print(1); print(2)'", "prints 1 and 2"),
    ],
    run: eval,
};

fn eval(arguments: &Arguments) -> Result<Exit, String> {
    let Some((code, rest)) = arguments.positional.split_first() else {
        return Err("which code? `dunlin eval CODE`".to_string());
    };
    let mut settings = settings::read(arguments)?;
    settings.arguments = rest.to_vec();
    let engine = Engine::new(settings).map_err(|failure| failure.to_string())?;
    let result = match arguments.value("--lang") {
        None | Some("dunlin") => engine.eval(code),
        Some(language) => engine.eval_in(language, code),
    };
    run::finish(arguments, &engine, result)
}
