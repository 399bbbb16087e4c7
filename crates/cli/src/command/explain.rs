//! `dunlin explain CODE`: the page of a diagnostic.

use super::CommandRow;
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::nearest::unknown;
use crate::terminal;

pub const ROW: CommandRow = CommandRow {
    name: "explain",
    usage: "[CODE]",
    summary: "Explains a diagnostic; without a code, lists them all.",
    options: &[&[]],
    positional: Positional::All("CODE"),
    examples: &[("dunlin explain E0103", "what an unmatched bracket is")],
    run: explain,
};

fn explain(arguments: &Arguments) -> Result<Exit, String> {
    match &arguments.positional[..] {
        [] => {
            let rows = dunlin::codes().map(|(code, title)| format!("{code}  {title}\n"));
            terminal::print(&rows.collect::<String>());
            Ok(Exit::Success)
        }
        [code] => {
            let code = code.to_ascii_uppercase();
            match dunlin::explain(&code) {
                Some(page) => {
                    terminal::print(&page);
                    Ok(Exit::Success)
                }
                None => {
                    let known: Vec<&str> = dunlin::codes().map(|row| row.0).collect();
                    Err(unknown("diagnostic", &code, &known))
                }
            }
        }
        _ => Err("one code, please: `dunlin explain CODE`".to_string()),
    }
}
