//! The prompt: entries from a terminal with editing, or from a pipe without.
//!
//! | module | holds |
//! | --- | --- |
//! | `editor` | the line editor: completion, colours, history, entries of several lines |
//! | `interrupt` | Ctrl-C while an entry runs |

mod editor;
pub mod interrupt;

use std::io::{BufRead, IsTerminal};

use dunlin::{Failure, Session, Settings};

use crate::exit::Exit;
use crate::terminal;

const GREETING: &str = concat!(
    "Dunlin ",
    env!("CARGO_PKG_VERSION"),
    ". `?name` shows documentation, `:help` what else there is, Ctrl-D leaves.\n"
);

const HELP: &str = "\
  ?name          documentation: ?print, ?List.push, ?math.floor, ?push
  :names         what you have defined
  :help          this
  :quit          leave; Ctrl-D does too
  Tab            completes, Ctrl-R searches earlier entries, Ctrl-C stops what runs
An entry goes on over several lines while a bracket is open; Alt-Enter starts a line anyway.
";

/// `language` names the notation of the entries, where it is another than the language's own.
pub fn run(settings: &Settings, language: Option<&str>) -> Result<Exit, String> {
    let output = Box::new(dunlin::StandardOutput::new());
    let mut session = Session::new(settings, output).map_err(|failure| failure.to_string())?;
    if let Some(language) = language {
        session.set_language(language).map_err(|failure| failure.to_string())?;
    }
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        interactive(session)
    } else {
        Ok(from_pipe(session))
    }
}

fn interactive(mut session: Session) -> Result<Exit, String> {
    terminal::print(GREETING);
    let interrupter = session.interrupter();
    let watch = interrupt::watch(move || interrupter.interrupt());
    if let Err(error) = &watch {
        terminal::complain(&format!("Ctrl-C will end everything: {error}"));
    }
    let mut editor = editor::Editor::new(session.whole())?;
    loop {
        match editor.read(session.names())? {
            editor::Read::Entry(text) => {
                if !handle(&mut session, &text, &mut show_failure) {
                    return Ok(Exit::Success);
                }
            }
            editor::Read::Nothing => {}
            editor::Read::End => return Ok(Exit::Success),
        }
    }
}

/// Entries are lines, put together while they are not whole. An error does not end the session but its exit code.
fn from_pipe(mut session: Session) -> Exit {
    let mut entry = String::new();
    let is_whole = session.whole();
    let mut exit = Exit::Success;
    let mut failed = |failure: &Failure| {
        show_failure(failure);
        exit = Exit::Failure;
    };
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        entry.push_str(&line);
        entry.push('\n');
        if is_whole(&entry) && !handle(&mut session, &std::mem::take(&mut entry), &mut failed) {
            return exit;
        }
    }
    if !entry.trim().is_empty() {
        handle(&mut session, &entry, &mut failed);
    }
    exit
}

/// Does what an entry asks for; false when it asks to leave.
fn handle(session: &mut Session, entry: &str, failed: &mut dyn FnMut(&Failure)) -> bool {
    let text = entry.trim();
    match text {
        "" => {}
        ":quit" | ":q" | ":exit" => return false,
        ":help" => terminal::print(HELP),
        ":names" => {
            terminal::print(&session.names().iter().map(|name| format!("{name}\n")).collect::<String>())
        }
        _ if text.starts_with('?') => document(text[1..].trim()),
        _ => match session.run(entry) {
            Ok(warnings) if warnings.is_empty() => {}
            Ok(warnings) => terminal::report(&warnings),
            Err(failure) => failed(&failure),
        },
    }
    true
}

fn show_failure(failure: &Failure) {
    terminal::report(&failure.report);
}

/// Prints what is known of a name: by its full name, or of every class that has it.
fn document(name: &str) {
    let all = dunlin::documentation();
    let exact = all.iter().filter(|entry| entry.name == name);
    let members = all.iter().filter(|entry| entry.name != name && entry.member() == name);
    let inside =
        all.iter().filter(|entry| entry.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    let found: Vec<&dunlin::Entry> = exact.chain(members).collect();
    if !found.is_empty() {
        let texts =
            found.iter().map(|entry| format!("{}\n{}\n", entry.signature, without_fences(&entry.text)));
        terminal::print(&texts.collect::<Vec<_>>().join("\n"));
        return;
    }
    let listed: String = inside.map(|entry| format!("{}\n", entry.signature)).collect();
    if listed.is_empty() {
        terminal::report(&format!("nothing is documented as `{name}`"));
    } else {
        terminal::print(&listed);
    }
}

/// Markdown for a terminal: examples are indented instead of fenced.
fn without_fences(text: &str) -> String {
    let mut is_code = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
            continue;
        }
        out.push_str(if is_code { "    " } else { "" });
        out.push_str(line);
        out.push('\n');
    }
    out
}
