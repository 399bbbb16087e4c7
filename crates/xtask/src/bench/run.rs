//! Runs one benchmark with every peer, interleaved, and compares the results.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::options::Options;
use super::peers::Peer;
use super::{Measure, Program};

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
    inside_ms: Option<f64>,
    wall_ms: f64,
}

/// Runs every peer in turn, as often as wanted. The first peer's result is what the others must print.
pub fn measure(program: &Program, peers: &[Peer], options: &Options, measure: Measure) -> Result<Row> {
    eprintln!("{} ...", program.name);
    let mut cells: Vec<Cell> = peers.iter().map(|peer| first_cell(program, peer)).collect();
    let mut expected: Option<String> = None;
    for _ in 0..options.runs {
        for (peer, cell) in peers.iter().zip(&mut cells) {
            let Cell::Times(times) = cell else { continue };
            let file = &program.files[peer.extension];
            match run_once(peer, file, options.run_time_max) {
                Ok(outcome) => {
                    let expected = expected.get_or_insert_with(|| outcome.result.clone());
                    if *expected == outcome.result {
                        times.push(match measure {
                            Measure::Inside => outcome.inside_ms.unwrap_or(outcome.wall_ms),
                            Measure::Process => outcome.wall_ms,
                        });
                    } else {
                        let (name, found) = (&program.name, &outcome.result);
                        eprintln!("{name}: {} prints {found:?}, not {expected:?}", peer.name);
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

fn first_cell(program: &Program, peer: &Peer) -> Cell {
    let Some(file) = program.files.get(peer.extension) else { return Cell::Missing("-".to_string()) };
    match peer.prepare(file) {
        Ok(()) => Cell::Times(Vec::new()),
        Err(error) => {
            eprintln!("{}: {}: {error:#}", program.name, peer.name);
            Cell::Missing("failed".to_string())
        }
    }
}

/// All times that a program wrote of itself.
pub fn times_of(peer: &Peer, file: &Path, time_max: Duration) -> Result<Vec<f64>> {
    let (_, stderr, _) = outputs(peer, file, time_max)?;
    Ok(stderr.lines().filter_map(|line| line.trim().strip_prefix("time_ms=")?.parse().ok()).collect())
}

fn run_once(peer: &Peer, file: &Path, time_max: Duration) -> Result<Outcome> {
    let (stdout, stderr, wall_ms) = outputs(peer, file, time_max)?;
    Ok(read_outcome(&stdout, &stderr, wall_ms))
}

/// What a run wrote to both outputs, and its milliseconds by the clock.
fn outputs(peer: &Peer, file: &Path, time_max: Duration) -> Result<(String, String, f64)> {
    let start = Instant::now();
    let mut child = peer
        .command(file)
        .current_dir(file.parent().unwrap_or(file))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", peer.program.display()))?;
    let (stdout, stderr) = readers(&mut child)?;
    let watchdog = Watchdog::start(child.id(), time_max);
    let status = child.wait()?;
    let wall_ms = start.elapsed().as_secs_f64() * 1000.0;
    drop(watchdog);
    let text = |reader: Reader| reader.join().ok().context("the reader of the output failed");
    let (stdout, stderr) = (text(stdout)??, text(stderr)??);
    if !status.success() {
        bail!("{status} after {wall_ms:.0} ms: {}", stderr.lines().next().unwrap_or_default());
    }
    Ok((stdout, stderr, wall_ms))
}

type Reader = std::thread::JoinHandle<std::io::Result<String>>;

fn readers(child: &mut Child) -> Result<(Reader, Reader)> {
    let stdout = child.stdout.take().context("standard output is no pipe")?;
    let stderr = child.stderr.take().context("standard error is no pipe")?;
    Ok((
        std::thread::spawn(move || std::io::read_to_string(stdout)),
        std::thread::spawn(move || std::io::read_to_string(stderr)),
    ))
}

/// Ends a child that takes too long, unless it is dropped before.
pub struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    pub fn start(id: u32, time_max: Duration) -> Watchdog {
        let (alive, receiver) = channel::<()>();
        std::thread::spawn(move || {
            if receiver.recv_timeout(time_max) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // The child is ours and not waited for yet, so its id is still its own.
                let _ = std::process::Command::new("kill").arg("-9").arg(id.to_string()).status();
            }
        });
        Watchdog { _alive: alive }
    }
}

/// What was printed is the result; the time stands on standard error as `time_ms=12.3`.
fn read_outcome(stdout: &str, stderr: &str, wall_ms: f64) -> Outcome {
    let inside_ms = stderr.lines().find_map(|line| line.trim().strip_prefix("time_ms=")?.parse().ok());
    let result: Vec<&str> = stdout.lines().map(str::trim_end).collect();
    Outcome { result: result.join("\n"), inside_ms, wall_ms }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_program_measured_itself_is_read() {
        let outcome = read_outcome("42\n", "time_ms=1.5\n", 9.0);
        assert_eq!((outcome.result.as_str(), outcome.inside_ms), ("42", Some(1.5)));
        assert_eq!(read_outcome("42\n", "", 9.0).inside_ms, None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn a_run_that_takes_too_long_is_ended() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().expect("sleep is there");
        let watchdog = Watchdog::start(child.id(), Duration::from_millis(50));
        assert!(!child.wait().expect("it was ended").success());
        drop(watchdog);
    }
}
