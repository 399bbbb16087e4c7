//! A line at the bottom of a terminal that says how far a long command is.
//!
//! It goes to standard error, so that what the command prints can be kept in a file, and only where that is a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Redrawing more often than this would cost more than it shows.
const BETWEEN: Duration = Duration::from_millis(50);
const WIDTH: usize = 24;

/// A bar of so many files.
pub struct Bar {
    total: usize,
    done: usize,
    drawn: Option<Instant>,
    is_shown: bool,
    is_wanted: bool,
}

impl Bar {
    /// `is_quiet` where a tool reads what is printed.
    pub fn new(total: usize, is_quiet: bool) -> Bar {
        let is_wanted = !is_quiet && std::io::stderr().is_terminal();
        Bar { total, done: 0, drawn: None, is_shown: false, is_wanted }
    }

    /// One more file is done.
    pub fn advance(&mut self, passed: usize, failed: usize) {
        self.done += 1;
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= BETWEEN);
        if !self.is_wanted || !is_due {
            return;
        }
        write(&line(self.done, self.total, passed, failed));
        self.drawn = Some(Instant::now());
        self.is_shown = true;
    }

    /// Takes the line away, so that something else can be printed there.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            write("\r\x1b[K");
            // What is printed between now and the next file would stand in the line's place.
            self.drawn = None;
        }
    }
}

fn line(done: usize, total: usize, passed: usize, failed: usize) -> String {
    let filled = done * WIDTH / total.max(1);
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH.saturating_sub(filled)));
    let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    format!("\r\x1b[K[{bar}] {done}/{total} files, {passed} passed{failures}")
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        assert!(line(1, 4, 3, 0).ends_with("[######..................] 1/4 files, 3 passed"));
        assert!(line(4, 4, 3, 2).ends_with("[########################] 4/4 files, 3 passed, 2 failed"));
        assert!(line(0, 0, 0, 0).contains("0/0"));
    }
}
