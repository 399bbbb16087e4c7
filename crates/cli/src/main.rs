//! The `dunlin` command.
//!
//! This crate must never know anything that an embedder could not reach through `dunlin`: it reads arguments, calls
//! the engine, and turns what comes back into text and an exit code.
//!
//! | module | holds |
//! | --- | --- |
//! | `arguments` | options of a command: rows of a table, read by `clap` |
//! | `command` | the table of commands, and one module a command |
//! | `exit` | the table of exit codes |
//! | `front_ends` | the notations that the command knows |
//! | `help` | help texts, made from the tables |
//! | `nearest` | names that were probably meant |
//! | `programs` | the files that paths stand for |
//! | `progress` | the line that says how far a long command is |
//! | `prompt` | reading and running entries that are typed |
//! | `quantity` | sizes and times |
//! | `settings` | the options that all running commands share |
//! | `site` | the frame of documentation pages, Markdown as HTML |
//! | `terminal` | whether colours are wanted |
#![forbid(unsafe_code)]

mod arguments;
mod command;
mod exit;
mod front_ends;
mod help;
mod nearest;
mod programs;
mod progress;
mod prompt;
mod quantity;
mod settings;
mod site;
mod terminal;

use std::process::ExitCode;

use exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let exit = match command::dispatch(&arguments) {
        Ok(exit) => exit,
        Err(message) => {
            terminal::complain(&message);
            Exit::Usage
        }
    };
    ExitCode::from(exit.code())
}
