//! Dunlin beside the interpreters found on this machine, in one run.
//!
//! A benchmark is a set of files with one stem in `benches/<section>/` or a folder in it: `fib.dn`, `fib.lua`, `fib.js`,
//! `fib.py`, `fib.erl`. Each prints its result, equal in all languages, and may write `time_ms=12.3` to standard error, the
//! time it measured inside itself; without that line the wall time of the process counts.
//!
//! Runs are interleaved (one of each peer, then again), since a machine's speed drifts; medians and the spread of the
//! ratios are reported, and a peer whose result differs is reported instead of measured.

mod change_points;
mod embedding;
mod memory;
mod options;
mod peers;
mod report;
mod run;
mod warmup;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::workspace;
use options::Options;
use peers::Peer;

pub use options::HELP;
pub use peers::build_dunlin;

/// Files of one benchmark by extension.
pub struct Program {
    pub name: String,
    pub files: BTreeMap<String, PathBuf>,
}

/// What a section measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// What the programs time inside themselves.
    Inside,
    /// From start to end of the process, and its peak of resident memory.
    Process,
}

struct Section {
    name: &'static str,
    folder: &'static str,
    /// The programs of the folder that belong to it; none means all.
    only: &'static [&'static str],
    measure: Measure,
}

const fn section(name: &'static str) -> Section {
    Section { name, folder: name, only: &[], measure: Measure::Inside }
}

const SECTIONS: &[Section] = &[
    section("micro"),
    Section {
        // A selection of the micro set, so it is only measured where it is asked for.
        name: "library",
        folder: "micro",
        only: &["sort", "sort_by", "string_building", "string_map", "int_map", "json_text", "word_count"],
        measure: Measure::Inside,
    },
    section("large"),
    section("processes"),
    Section { name: "start", folder: "start", only: &[], measure: Measure::Process },
];

pub fn run(arguments: &[String]) -> Result<()> {
    let names: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    let options = options::read(arguments, &names)?;
    if options.embedding {
        return embedding::run(&options);
    }
    let program = match &options.dunlin {
        Some(path) => std::path::absolute(path)?,
        None => peers::build_dunlin()?,
    };
    let mut all = peers::dunlin(&program, &options.tiers);
    if options.peers {
        let found = peers::find();
        println!("Not found here: {}.", peers::missing(&found).join(", "));
        all.extend(found.into_iter().filter(|peer| options.wants_peer(&peer.name)));
    }
    println!("Measured: {}.", all.iter().map(Peer::describe).collect::<Vec<_>>().join("; "));
    for section in SECTIONS {
        measure_section(section, &options, &all)?;
    }
    Ok(())
}

fn measure_section(section: &Section, options: &Options, all: &[Peer]) -> Result<()> {
    let wanted = match &options.section {
        Some(wanted) => wanted == section.name,
        None => section.only.is_empty(),
    };
    if !wanted {
        return Ok(());
    }
    let programs = find_programs(section, options.filter.as_deref())?;
    if programs.is_empty() {
        if options.section.is_some() {
            println!("\n## {}: no program fits", section.name);
        }
        return Ok(());
    }
    if let Some(iterations) = options.warmup {
        return warmup::measure(section.name, &programs, all, options, iterations);
    }
    let mut rows = Vec::new();
    for program in &programs {
        rows.push(run::measure(program, all, options, section.measure)?);
    }
    report::print(section.name, section.measure, all, &rows, options.runs);
    if section.measure == Measure::Process {
        for program in &programs {
            report::print_memory(&program.name, all, &memory::peaks(program, all, options));
        }
    }
    Ok(())
}

/// The programs of a section that exist in Dunlin, in its folder or one level below.
fn find_programs(section: &Section, filter: Option<&str>) -> Result<Vec<Program>> {
    let folder = workspace::root().join("benches").join(section.folder);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut programs: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for extension in peers::EXTENSIONS {
        for path in workspace::files(&folder, extension)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            programs.entry(stem).or_default().insert(extension.to_string(), path);
        }
    }
    let is_wanted = |name: &str| {
        (section.only.is_empty() || section.only.contains(&name))
            && filter.is_none_or(|filter| filter.split(',').any(|part| name.contains(part)))
    };
    Ok(programs
        .into_iter()
        .filter(|(name, files)| files.contains_key("dn") && is_wanted(name))
        .map(|(name, files)| Program { name, files })
        .collect())
}
