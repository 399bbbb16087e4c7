//! Help texts, made from the tables of commands, options and exit codes.

use crate::arguments::OptionRow;
use crate::command::{COMMANDS, CommandRow};
use crate::exit::EXITS;

/// What `dunlin` alone prints.
pub fn overview() -> String {
    let mut text = String::from("Usage: dunlin FILE [ARGUMENTS]\n       dunlin COMMAND ...\n\nCommands:\n");
    for row in COMMANDS {
        text.push_str(&format!("  {:9} {}\n", row.name, row.summary));
    }
    text.push_str("\nExamples:\n");
    text.push_str("  dunlin hello.dn                 run a program\n");
    text.push_str("  dunlin eval 'print(2 ** 100)'   run a line\n");
    text.push_str("  dunlin test                     run the tests below this folder\n");
    text.push_str("\n`dunlin help COMMAND` says more, `dunlin help limits` and `dunlin help exit` too.\n");
    text
}

/// Help of one command.
pub fn of(row: &CommandRow) -> String {
    let mut text = format!("{}\n\nUsage: dunlin {} {}\n", row.summary, row.name, row.usage);
    for (index, group) in row.options.iter().enumerate() {
        if !group.is_empty() {
            text.push('\n');
            text.push_str(&options(if index == 0 { "Options:" } else { "Running:" }, group));
        }
    }
    text.push_str("\nExamples:\n");
    let width = row.examples.iter().map(|(example, _)| example.len()).max().unwrap_or_default();
    for (example, meaning) in row.examples {
        text.push_str(&format!("  {example:width$}   {meaning}\n"));
    }
    text
}

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
