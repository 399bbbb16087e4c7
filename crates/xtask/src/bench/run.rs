//! Runs one benchmark with every peer, interleaved, and compares the results.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Program;
use super::peers::Peer;

/// A run longer than this is given up: the row shows that instead of a time.
const RUN_TIME_MAX: Duration = Duration::from_secs(120);

/// Times of one peer on one program.
pub enum Cell {
    Times(Vec<f64>),
    /// Why there is no time.
    Missing(String),
}

pub struct Row {
    pub name: String,
    pub cells: Vec<Cell>,
}

struct Outcome {
    result: String,
    time_ms: f64,
}

/// Runs every peer `runs` times, in turn. The first peer's result is what the others must print.
pub fn measure(program: &Program, peers: &[Peer], runs: usize) -> Result<Row> {
    eprintln!("{} ...", program.name);
    let mut cells: Vec<Cell> = Vec::new();
    for peer in peers {
        let has_file = program.files.contains_key(peer.extension);
        cells.push(if has_file { Cell::Times(Vec::new()) } else { Cell::Missing("-".to_string()) });
    }
    let mut expected: Option<String> = None;
    for _ in 0..runs {
        for (peer, cell) in peers.iter().zip(&mut cells) {
            let Cell::Times(times) = cell else { continue };
            let file = &program.files[peer.extension];
            match run_once(peer, file) {
                Ok(outcome) => {
                    let expected = expected.get_or_insert_with(|| outcome.result.clone());
                    if *expected == outcome.result {
                        times.push(outcome.time_ms);
                    } else {
                        eprintln!(
                            "{}: {} prints {:?}, not {expected:?}",
                            program.name, peer.name, outcome.result
                        );
                        *cell = Cell::Missing("differs".to_string());
                    }
                }
                Err(error) => {
                    eprintln!("{}: {}: {error:#}", program.name, peer.name);
                    *cell = Cell::Missing("failed".to_string());
                }
            }
        }
    }
    Ok(Row { name: program.name.clone(), cells })
}

fn run_once(peer: &Peer, file: &std::path::Path) -> Result<Outcome> {
    let start = Instant::now();
    let mut child = peer
        .command(file)
        .current_dir(file.parent().unwrap_or(file))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", peer.program.display()))?;
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let stdout = child.stdout.take();
    let reader =
        std::thread::spawn(move || std::io::read_to_string(stdout.expect("invariant: stdout is piped")));
    let errors = child.stderr.take();
    let error_reader =
        std::thread::spawn(move || std::io::read_to_string(errors.expect("invariant: stderr is piped")));
    let watchdog = std::thread::spawn(move || {
        if receiver.recv_timeout(RUN_TIME_MAX).is_err() {
            // The child is ours and still runs, since its end would have closed the channel.
            let _ = std::process::Command::new("kill").arg(id.to_string()).status();
        }
    });
    let status = child.wait()?;
    let wall_ms = start.elapsed().as_secs_f64() * 1000.0;
    let _ = sender.send(());
    let _ = watchdog.join();
    let stdout = reader.join().ok().context("the reader of the output failed")??;
    let errors = error_reader.join().ok().context("the reader of the errors failed")??;
    if !status.success() {
        bail!("{status} after {wall_ms:.0} ms: {}", errors.lines().next().unwrap_or_default());
    }
    Ok(read_outcome(&stdout, &errors, wall_ms))
}

/// What was printed is the result; the time stands on standard error as `time_ms=12.3`.
fn read_outcome(stdout: &str, stderr: &str, wall_ms: f64) -> Outcome {
    let inside = stderr.lines().find_map(|line| line.trim().strip_prefix("time_ms=")?.parse().ok());
    let result: Vec<&str> = stdout.lines().map(str::trim_end).collect();
    Outcome { result: result.join("\n"), time_ms: inside.unwrap_or(wall_ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_program_measured_itself_counts() {
        let outcome = read_outcome("42\n", "time_ms=1.5\n", 9.0);
        assert_eq!((outcome.result.as_str(), outcome.time_ms), ("42", 1.5));
        assert_eq!(read_outcome("42\n", "", 9.0).time_ms, 9.0);
    }
}
