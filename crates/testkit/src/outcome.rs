//! What a program did: output, exit code, and the diagnostics a person would read.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub end: End,
    pub diagnostics: Vec<Report>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    /// A crash: the signal's name or number.
    Signal(String),
    TimedOut,
    #[default]
    NotStarted,
}

/// One `error[E0103]: message` with the `--> file:line:column` below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub code: String,
    /// The class of an uncaught error.
    pub class: Option<String>,
    pub message: String,
    pub position: Option<(u32, u32)>,
}

/// What to start and how long to wait.
pub struct Invocation<'a> {
    pub dunlin: &'a Path,
    pub arguments: Vec<String>,
    pub input: &'a str,
    pub folder: Option<&'a Path>,
    pub time_max: Duration,
}

/// More output than this is cut: no test prints as much, and a program gone wild may.
const OUTPUT_BYTES_MAX: u64 = 4 << 20;

impl Invocation<'_> {
    pub fn run(&self) -> Outcome {
        let mut command = Command::new(self.dunlin);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        match command.spawn() {
            Ok(child) => self.follow(child),
            Err(error) => Outcome { stderr: error.to_string(), ..Outcome::default() },
        }
    }

    fn follow(&self, mut child: Child) -> Outcome {
        let stdin = child.stdin.take();
        let input = self.input.to_string();
        let writer = std::thread::spawn(move || {
            // A program need not read its input, so a closed pipe is no failure.
            let _ = stdin.map(|mut stdin| stdin.write_all(input.as_bytes()));
        });
        let stdout = read_all(child.stdout.take());
        let stderr = read_all(child.stderr.take());
        let end = wait(&mut child, self.time_max);
        let _ = writer.join();
        let text = |reader: std::thread::JoinHandle<String>| reader.join().unwrap_or_default();
        let (stdout, stderr) = (text(stdout), text(stderr));
        let diagnostics = read_reports(&stderr);
        Outcome { stdout, stderr, end, diagnostics }
    }
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
            // The rest is read and dropped, so that the program is not stopped by a full pipe.
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child, time_max: Duration) -> End {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let signal = std::os::unix::process::ExitStatusExt::signal(&status);
                return match status.code() {
                    Some(code) => End::Exit(code),
                    None => End::Signal(signal.map_or_else(|| status.to_string(), signal_name)),
                };
            }
            Ok(None) if start.elapsed() < time_max => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(10));
            }
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return End::TimedOut;
            }
        }
    }
}

fn signal_name(signal: i32) -> String {
    match signal {
        4 => "illegal instruction".to_string(),
        6 => "abort".to_string(),
        8 => "arithmetic fault".to_string(),
        9 => "killed".to_string(),
        11 => "segmentation fault".to_string(),
        other => format!("signal {other}"),
    }
}

/// Reads the reports out of what was written to standard error.
pub fn read_reports(stderr: &str) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    for line in stderr.lines() {
        let trimmed = line.trim_start();
        if let Some(report) = read_heading(line) {
            reports.push(report);
        } else if let Some(hint) = trimmed.strip_prefix("= hint: ")
            && let Some(report) = reports.last_mut()
        {
            // A hint is part of what the report says: programs may expect the name that it offers.
            report.message.push_str("; ");
            report.message.push_str(hint);
        } else if let Some(place) = trimmed.strip_prefix("--> ")
            && let Some(report) = reports.last_mut()
            && report.position.is_none()
        {
            report.position = read_place(place);
        }
    }
    reports
}

/// `error[E0103]: message`, `warning[W0101]: message`, `error[E1004]: uncaught TypeError: message`.
fn read_heading(line: &str) -> Option<Report> {
    let rest = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["))?;
    let (code, message) = rest.split_once("]: ")?;
    let (class, message) = match message.strip_prefix("uncaught ") {
        Some(uncaught) => match uncaught.split_once(": ") {
            Some((class, message)) => (Some(class.to_string()), message),
            None => (Some(uncaught.to_string()), ""),
        },
        None => (None, message),
    };
    Some(Report { code: code.to_string(), class, message: message.to_string(), position: None })
}

/// `path:line:column`.
fn read_place(place: &str) -> Option<(u32, u32)> {
    let mut parts = place.trim().rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_as_they_are_printed() {
        let stderr = "warning[W0101]: unused\n --> a.dn:1:2\n\nerror[E1002]: uncaught ValueError: a: b\n  --> a.dn:3:5\n  |\n  --> b.dn:9:9\n";
        let reports = read_reports(stderr);
        assert_eq!(reports.len(), 2);
        assert_eq!((reports[0].code.as_str(), reports[0].position), ("W0101", Some((1, 2))));
        assert_eq!(reports[1].class.as_deref(), Some("ValueError"));
        assert_eq!(reports[1].message, "a: b");
        assert_eq!(reports[1].position, Some((3, 5)));
    }
}
