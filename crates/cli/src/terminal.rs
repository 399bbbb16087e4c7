//! What is written to a person: colours only where a terminal shows them and nobody asked for none.

use std::io::{IsTerminal, Write};

/// Whether standard error shows colours.
pub fn error_colours() -> bool {
    std::io::stderr().is_terminal() && allowed()
}

/// Whether standard output shows colours.
pub fn output_colours() -> bool {
    std::io::stdout().is_terminal() && allowed()
}

/// The convention of <https://no-color.org>, and terminals that say that they cannot.
fn allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes a text as a whole; a reader that went away is no failure of ours.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes a report that is already formatted.
pub fn report(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stderr.write_all(b"\n");
    }
}

/// Writes a mistake of the command line.
pub fn complain(message: &str) {
    let (start, end) = if error_colours() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    report(&format!("{start}dunlin{end}: {message}"));
}
