//! How long programs take to become as fast as they get.
//!
//! A program's work is done again and again in one process, and that in several processes. The times of each process
//! are cut into segments (`change_points`); what is reported is the class of each, and the middle of the rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Program;
use super::change_points::{Class, Verdict, verdict};
use super::options::Options;
use super::peers::Peer;
use super::run::{median, times_of};

/// Prints one table for each tier.
pub fn measure(
    section: &str,
    programs: &[Program],
    peers: &[Peer],
    options: &Options,
    iterations: usize,
) -> Result<()> {
    for peer in peers.iter().filter(|peer| peer.extension == "dn") {
        println!(
            "\n## {section}, {}: {iterations} iterations in each of {} processes\n",
            peer.name, options.runs
        );
        println!("| program | classes | steady, ms an iteration | ms to 90 % of steady |");
        println!("| --- | --- | ---: | ---: |");
        let mut consistent = 0;
        for program in programs {
            let file = repeating(&program.files["dn"], iterations)?;
            let found: Vec<Verdict> = (0..options.runs)
                .filter_map(|_| verdict(&times_of(peer, &file, options.run_time_max).ok()?))
                .collect();
            let _ = std::fs::remove_file(&file);
            consistent += usize::from(is_steady(&found));
            println!("| {} | {} |", program.name, row(&found));
        }
        println!("\n{consistent} of {} reach a consistent steady state.", programs.len());
    }
    Ok(())
}

/// Every process ended in a steady state, and they agree on its kind.
fn is_steady(found: &[Verdict]) -> bool {
    let first = found.first().map(|verdict| verdict.class);
    first.is_some_and(|class| class != Class::None)
        && found.iter().all(|verdict| Some(verdict.class) == first)
}

fn row(found: &[Verdict]) -> String {
    if found.is_empty() {
        return "failed | - | -".to_string();
    }
    let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
    found.iter().for_each(|verdict| *classes.entry(verdict.class).or_default() += 1);
    let classes: Vec<String> =
        classes.iter().map(|(class, count)| format!("{} {count}", class.name())).collect();
    let steady: Vec<f64> = found.iter().map(|verdict| verdict.steady_ms).collect();
    let warm: Vec<f64> = found.iter().map(|verdict| verdict.warm_ms).collect();
    format!("{} | {:.2} | {:.0}", classes.join(", "), median(&steady), median(&warm))
}

/// A copy of a program that does its work so often; each time writes its own `time_ms=`.
fn repeating(file: &Path, iterations: usize) -> Result<PathBuf> {
    const MAIN: &str = "fn main(args)";
    let text = std::fs::read_to_string(file)?;
    anyhow::ensure!(text.contains(MAIN), "{} has no `{MAIN}`", file.display());
    let text = text.replacen(MAIN, "fn iteration(args)", 1)
        + &format!("\nfn main(args) {{ for i in 0..{iterations} {{ iteration(args) }} }}\n");
    let name = file.file_stem().context("a program has a name")?.to_string_lossy();
    // Beside the original, as that may read files there.
    let path = file.with_file_name(format!(".warmup-{name}-{}.dn", std::process::id()));
    std::fs::write(&path, text)?;
    Ok(path)
}
