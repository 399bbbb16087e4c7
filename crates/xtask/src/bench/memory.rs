//! The peak of resident memory of a small program.
//!
//! The system says it for a process that is alive, and a small program is over before one can look. So its output goes
//! to a pipe that is already full: the program stops where it writes, having done all its work, is looked at, and then
//! let go.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::options::Options;
use super::peers::Peer;
use super::run::median;
use super::{Program, run};

/// What Linux gives a pipe that nobody resized.
const PIPE_BYTES: usize = 64 << 10;
/// A process that waited this often in a row waits for its output, not for a disk.
const QUIET_LOOKS: usize = 4;
const LOOK_PAUSE: Duration = Duration::from_millis(15);

/// Megabytes of each peer: the median of the rounds, or none where the program or the figure is missing.
pub fn peaks(program: &Program, peers: &[Peer], options: &Options) -> Vec<Option<f64>> {
    let mut peaks: Vec<Vec<f64>> = vec![Vec::new(); peers.len()];
    for _ in 0..options.runs {
        for (peer, found) in peers.iter().zip(&mut peaks) {
            let Some(file) = program.files.get(peer.extension) else { continue };
            match peak_once(peer, file, options.run_time_max) {
                Ok(megabytes) => found.push(megabytes),
                Err(error) => eprintln!("{}: {}: {error:#}", program.name, peer.name),
            }
        }
    }
    peaks.iter().map(|found| (!found.is_empty()).then(|| median(found))).collect()
}

fn peak_once(peer: &Peer, file: &std::path::Path, time_max: Duration) -> Result<f64> {
    let (mut reader, mut writer) = std::io::pipe()?;
    writer.write_all(&vec![b' '; PIPE_BYTES])?;
    let mut command = peer.command(file);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", peer.program.display()))?;
    // The command holds the other end open, and the reader waits for all of them to close.
    drop(command);
    let peak = wait_for_rest(&mut child, time_max);
    let watchdog = run::Watchdog::start(child.id(), time_max);
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    let status = child.wait()?;
    drop(watchdog);
    anyhow::ensure!(status.success(), "{status}");
    peak
}

/// Looks until the process stands still, and gives the peak it had then.
fn wait_for_rest(child: &mut Child, time_max: Duration) -> Result<f64> {
    let start = Instant::now();
    let (mut quiet, mut before) = (0, 0.0);
    while start.elapsed() < time_max {
        std::thread::sleep(LOOK_PAUSE);
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))
            .context("this system does not say how much memory a process has")?;
        let (state, peak) = read_status(&status);
        quiet = if state == Some('S') && peak == Some(before) { quiet + 1 } else { 0 };
        before = peak.unwrap_or_default();
        if quiet >= QUIET_LOOKS {
            return Ok(before);
        }
        anyhow::ensure!(child.try_wait()?.is_none(), "it ended before it was looked at");
    }
    anyhow::bail!("it never stood still")
}

/// The state of a process and its peak in megabytes.
fn read_status(text: &str) -> (Option<char>, Option<f64>) {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let kilobytes = field("VmHWM:").and_then(|value| value.strip_suffix(" kB")?.parse::<f64>().ok());
    (field("State:").and_then(|state| state.chars().next()), kilobytes.map(|kilobytes| kilobytes / 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_peak_are_read() {
        let text = "Name:\tx\nState:\tS (sleeping)\nVmHWM:\t    3072 kB\n";
        assert_eq!(read_status(text), (Some('S'), Some(3.0)));
        assert_eq!(read_status(""), (None, None));
    }
}
