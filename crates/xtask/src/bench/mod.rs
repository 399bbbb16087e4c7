//! Dunlin beside the interpreters found on this machine, in one run.
//!
//! A benchmark is a set of files with one stem in `benches/<section>/` or a folder in it: `fib.dn`, `fib.lua`, `fib.js`, `fib.py`. Each
//! prints its result, equal in all languages, and may write `time_ms=12.3` to standard error, the time it measured inside
//! itself; without that line the wall time of the process counts.
//!
//! Runs are interleaved (one of each peer, then again), since a machine's speed drifts; medians and the spread of the
//! ratios are reported, and a peer whose result differs is reported instead of measured.

mod peers;
mod report;
mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::workspace;
use peers::Peer;

pub struct Options {
    peers: bool,
    section: Option<String>,
    filter: Option<String>,
    runs: usize,
}

/// Files of one benchmark by extension.
pub struct Program {
    pub name: String,
    pub files: BTreeMap<String, PathBuf>,
}

/// Builds the release binary and says where it is.
pub fn build_dunlin() -> Result<PathBuf> {
    Ok(peers::build_dunlin()?.program)
}

const SECTIONS: &[&str] = &["micro", "large", "start"];
/// Fewer runs give no spread worth printing.
const RUNS_MIN: usize = 5;

pub fn run(arguments: &[String]) -> Result<()> {
    let options = read_options(arguments)?;
    let dunlin = peers::build_dunlin()?;
    let peers = if options.peers { peers::find() } else { Vec::new() };
    let all: Vec<Peer> = std::iter::once(dunlin).chain(peers).collect();
    println!("Measured: {}.", all.iter().map(|peer| peer.describe()).collect::<Vec<_>>().join("; "));
    if options.peers {
        println!("Not found: {}.", peers::missing(&all).join(", "));
    }
    for section in SECTIONS {
        if options.section.as_deref().is_some_and(|wanted| wanted != *section) {
            continue;
        }
        let programs = find_programs(section, options.filter.as_deref())?;
        if programs.is_empty() {
            continue;
        }
        let rows = programs
            .iter()
            .map(|program| run::measure(program, &all, options.runs))
            .collect::<Result<Vec<_>>>()?;
        report::print(section, &all, &rows, options.runs);
    }
    Ok(())
}

fn read_options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { peers: false, section: None, filter: None, runs: RUNS_MIN };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| anyhow::anyhow!("`{argument}` needs a value"));
        match argument.as_str() {
            "--peers" => options.peers = true,
            "--section" => options.section = Some(value()?),
            "--filter" => options.filter = Some(value()?),
            "--runs" => options.runs = value()?.parse::<usize>()?.max(1),
            other => bail!("unknown option `{other}`"),
        }
    }
    if let Some(section) = &options.section
        && !SECTIONS.contains(&section.as_str())
    {
        bail!("there is no section `{section}`; there are {}", SECTIONS.join(", "));
    }
    Ok(options)
}

/// The programs of a section that exist in Dunlin, in its folder or one level below.
fn find_programs(section: &str, filter: Option<&str>) -> Result<Vec<Program>> {
    let folder = workspace::root().join("benches").join(section);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut programs: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for extension in ["dn", "lua", "js", "py"] {
        for path in workspace::files(&folder, extension)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            programs.entry(stem).or_default().insert(extension.to_string(), path);
        }
    }
    Ok(programs
        .into_iter()
        .filter(|(name, files)| files.contains_key("dn") && filter.is_none_or(|filter| name.contains(filter)))
        .map(|(name, files)| Program { name, files })
        .collect())
}
