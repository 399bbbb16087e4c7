//! The prompt: entries from a pipe, and a real terminal where `tmux` is installed.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn piped(input: &str) -> (String, String, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
        .arg("repl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command was built");
    child.stdin.take().expect("stdin is piped").write_all(input.as_bytes()).expect("the prompt reads");
    let output = child.wait_with_output().expect("the prompt ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn entries_from_a_pipe_run_one_after_another() {
    let (stdout, stderr, code) = piped("let a = 2\nfn f(x) {\n  x * a\n}\nf(21)\n\"s\"\n");
    assert_eq!((stdout.as_str(), code), ("42\n\"s\"\n", Some(0)), "{stderr}");
    let (stdout, stderr, code) = piped("throw Error(\"no\")\n1 + 1\n");
    assert_eq!((stdout.as_str(), code), ("2\n", Some(1)));
    assert!(stderr.contains("uncaught Error: no"), "{stderr}");
    let (stdout, _, _) = piped("?List.push\n:quit\n1\n");
    assert!(stdout.starts_with("List.push(") && !stdout.ends_with("1\n"), "{stdout}");
}

/// A session of `tmux` with a prompt in it; ended when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Nothing where `tmux` is not installed.
    fn start(name: &str) -> Option<Terminal> {
        let socket = format!("dunlin-{}-{name}", std::process::id());
        let terminal = Terminal { socket };
        let command = format!("DUNLIN_HISTORY= {} repl", env!("CARGO_BIN_EXE_dunlin"));
        let started = Command::new("tmux")
            .args([
                "-L",
                &terminal.socket,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "100",
                "-y",
                "150",
                &command,
            ])
            .status();
        if !started.is_ok_and(|status| status.success()) {
            let is_required = std::env::var("DUNLIN_TERMINAL").is_ok_and(|value| value == "required");
            assert!(!is_required, "tmux is not here, and `DUNLIN_TERMINAL=required` asks for it");
            eprintln!("tmux is not here: the prompt is not tried in a terminal");
            return None;
        }
        // Only now does the editor read keys; before, the terminal itself would echo them.
        terminal.wait_for("\n>");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output =
            Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux is here");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Types a line and ends it.
    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen with its colours as escape sequences.
    fn coloured_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while !holds(&self.screen()) {
            assert!(start.elapsed() < Duration::from_secs(30), "no {what} on the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn a_terminal_has_entries_of_several_lines_history_and_completion() {
    let Some(terminal) = Terminal::start("entries") else { return };
    terminal.line("fn add(a, b) {");
    terminal.line("a + b");
    terminal.line("}");
    terminal.line("add(40, 2)");
    terminal.wait_for("\n42");
    // The entry of three lines is one item of the history.
    terminal.keys(&["Up"]);
    terminal.keys(&["Up"]);
    terminal.wait_until("recalled entry", |screen| screen.matches("fn add(a, b) {").count() >= 2);
    terminal.keys(&["C-c"]);
    terminal.tmux(&["send-keys", "-l", "let seven = 7; prin"]);
    terminal.keys(&["Tab"]);
    terminal.wait_for("7; print");
    terminal.tmux(&["send-keys", "-l", "(seven * 11)"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("\n77");
    terminal.line("?print");
    terminal.wait_for("print(...values");
}

#[test]
fn what_is_typed_is_highlighted() {
    let Some(terminal) = Terminal::start("colours") else { return };
    terminal.tmux(&["send-keys", "-l", "let text = \"hello\""]);
    terminal.wait_for("hello");
    let screen = terminal.coloured_screen();
    let line = screen.lines().find(|line| line.contains("hello")).unwrap_or_default();
    let before = |word: &str| line.split_once(word).map_or(String::new(), |(before, _)| before.to_string());
    let colour =
        |word: &str| before(word).rsplit_once("\x1b[").map_or(String::new(), |(_, code)| code.to_string());
    assert!(!colour("let").is_empty() && !colour("\"hello").is_empty(), "no colours: {line:?}");
    assert!(colour("let") != colour("\"hello"), "a keyword looks like a text: {line:?}");
    terminal.keys(&["C-c"]);
}

#[test]
fn an_error_among_pasted_lines_is_reported_and_the_rest_runs() {
    let Some(terminal) = Terminal::start("error") else { return };
    terminal.tmux(&["set-buffer", "let a = 20\nlet b = [1]\nprint(\"before\", a)\nprint(b[7])"]);
    terminal.tmux(&["paste-buffer", "-p"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("index 7 is out of range");
    terminal.wait_for("before 20");
    terminal.line("print(\"after\", a + 1)");
    terminal.wait_for("after 21");
}

#[test]
fn ctrl_c_stops_the_program_and_not_the_prompt() {
    let Some(terminal) = Terminal::start("interrupt") else { return };
    terminal.line("var turns = 0");
    terminal.line("print(\"begun\"); loop { turns += 1 }");
    terminal.wait_for("\nbegun");
    terminal.keys(&["C-c"]);
    terminal.wait_for("interrupted");
    terminal.line("print(turns > 0, 6 * 111)");
    terminal.wait_for("true 666");
    terminal.line("nil.field");
    terminal.wait_for("uncaught");
    terminal.line("7 * 111");
    terminal.wait_for("\n777");
}

#[test]
fn a_hundred_lines_are_pasted() {
    let Some(terminal) = Terminal::start("paste") else { return };
    let mut text = String::from("let xs = []\n");
    for index in 0..98 {
        text.push_str(&format!("xs.push({index})\n"));
    }
    text.push_str("print(\"sum\", xs.sum() + 1)");
    terminal.tmux(&["set-buffer", &text]);
    terminal.tmux(&["paste-buffer", "-p"]);
    terminal.keys(&["Enter"]);
    terminal.wait_for("sum 4754");
}
