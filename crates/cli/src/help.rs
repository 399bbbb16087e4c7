//! Help texts, made from the tables of commands, options and exit codes.

use clap::Command;
use clap::builder::styling::{AnsiColor, Styles};

use crate::arguments::{self, OptionRow};
use crate::command::{COMMANDS, CommandRow};
use crate::exit::EXITS;

/// Colours of help and of mistakes; `clap` leaves them out where no terminal shows them.
pub const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default());

const EXAMPLES: &str = "\
Examples:
  dunlin                          type lines at a prompt
  dunlin hello.dn                 run a program
  dunlin eval '2 ** 100'          run a line and print its value
  dunlin new hello                make a project
  dunlin test                     run the tests below this folder

`dunlin help COMMAND` says more, `dunlin help limits` and `dunlin help exit` too.
";

/// Every command, for the overview, for mistaken names, and for completions.
pub fn all() -> Command {
    Command::new("dunlin")
        .about("Runs, checks, formats and tests Dunlin programs.")
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage("dunlin [FILE [ARGUMENTS]]\n       dunlin COMMAND ...")
        .after_help(EXAMPLES)
        .subcommand_help_heading("Commands")
        .disable_help_subcommand(true)
        .styles(STYLES)
        .subcommands(COMMANDS.iter().map(arguments::parser))
}

/// The examples of one command, as its help ends.
pub fn examples(row: &CommandRow) -> String {
    let width = row.examples.iter().map(|(example, _)| example.len()).max().unwrap_or_default();
    let lines = row
        .examples
        .iter()
        .map(|(example, meaning)| format!("  {example:width$}   {meaning}").trim_end().to_string());
    format!("Examples:\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}

/// Options as a topic of their own.
pub fn options(title: &str, rows: &[OptionRow]) -> String {
    let mut text = format!("{title}\n");
    for row in rows {
        let name = match row.value {
            "" => row.name.replace(' ', ", "),
            value if value.starts_with('[') => format!("{}[={}", row.name, &value[1..]),
            value => format!("{} {value}", row.name.replace(' ', ", ")),
        };
        text.push_str(&format!("  {name:24} {}\n", row.help));
    }
    text
}

pub fn exits() -> String {
    let rows = EXITS.iter().map(|(_, code, meaning)| format!("  {code:3}  {meaning}\n"));
    format!("Exit codes:\n{}", rows.collect::<String>())
}
