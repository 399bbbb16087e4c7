//! `dunlin lsp`: the language server, on standard input and output.

use super::CommandRow;
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::terminal;

pub const ROW: CommandRow = CommandRow {
    name: "lsp",
    usage: "",
    summary: "Serves an editor on standard input and output.",
    options: &[&[]],
    positional: Positional::All("NOTHING"),
    examples: &[("dunlin lsp", "what an editor starts; `editors/vscode` shows how")],
    run: serve,
};

fn serve(_: &Arguments) -> Result<Exit, String> {
    match lsp::run() {
        Ok(()) => Ok(Exit::Success),
        Err(message) => {
            terminal::complain(&message);
            Ok(Exit::Failure)
        }
    }
}
