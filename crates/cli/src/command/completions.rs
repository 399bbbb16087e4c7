//! `dunlin completions SHELL`: a script that completes commands and options.

use clap_complete::Shell;

use super::CommandRow;
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::{help, settings, terminal};

pub const ROW: CommandRow = CommandRow {
    name: "completions",
    usage: "SHELL",
    summary: "Prints a script that completes commands and options: bash, elvish, fish, powershell or zsh.",
    options: &[&[]],
    positional: Positional::All("SHELL"),
    examples: &[
        ("dunlin completions bash > ~/.local/share/bash-completion/completions/dunlin", ""),
        ("dunlin completions fish > ~/.config/fish/completions/dunlin.fish", ""),
    ],
    run: completions,
};

const SHELLS: &[(&str, Shell)] = &[
    ("bash", Shell::Bash),
    ("elvish", Shell::Elvish),
    ("fish", Shell::Fish),
    ("powershell", Shell::PowerShell),
    ("zsh", Shell::Zsh),
];

fn completions(arguments: &Arguments) -> Result<Exit, String> {
    let [name] = &arguments.positional[..] else {
        return Err("which shell? `dunlin completions bash`".to_string());
    };
    let shell = settings::choose("shell", name, SHELLS)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut help::all(), "dunlin", &mut script);
    terminal::print(&String::from_utf8_lossy(&script));
    Ok(Exit::Success)
}
