//! `cargo xtask bench --embedding`: what crossing between a Rust program and a VM costs, beside mlua.
//!
//! Both sides are programs that print `name=number` lines. The peer's is a package of its own in `benches/embedding/mlua`,
//! outside of the workspace, which needs crates that the project does not depend on: it is built with what is at hand, and
//! where that fails the report says so and stands alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::options::Options;
use crate::workspace;

/// What the programs print, and what it means.
const MEASURES: &[(&str, &str)] = &[
    ("call_ns", "Rust calls a small function and gets its result"),
    ("named_call_ns", "the same, the function found by name each time"),
    ("text_call_ns", "a text crosses both ways"),
    ("host_call_ns", "a loop calls a small Rust function"),
    ("vm_us", "a VM is made, runs a text and is called, microseconds"),
    ("vm_kb", "what each of 1,000 VMs holds, KB"),
];

pub fn run(options: &Options) -> Result<()> {
    let mut sides = vec![("dunlin".to_string(), build_own()?)];
    for (name, features) in [("mlua, Lua 5.4", "lua54"), ("mlua, LuaJIT", "luajit")] {
        match build_peer(features) {
            Ok(program) => sides.push((name.to_string(), program)),
            Err(error) => println!("Not measured: {name}: {error:#}."),
        }
    }
    let mut found: Vec<Vec<Vec<(String, f64)>>> = sides.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.runs {
        for ((name, program), rounds) in sides.iter().zip(&mut found) {
            rounds.push(numbers(program).with_context(|| name.clone())?);
        }
    }
    println!("\n## embedding: medians of {} interleaved runs\n", options.runs);
    let names: Vec<&str> = sides.iter().map(|(name, _)| name.as_str()).collect();
    println!("| | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len()));
    for (measure, meaning) in MEASURES {
        let cell = |rounds: &Vec<Vec<(String, f64)>>| {
            median(rounds, measure).map_or("-".to_string(), |value| format!("{value:.1}"))
        };
        let cells: Vec<String> = found.iter().map(cell).collect();
        println!("| `{measure}`: {meaning} | {} |", cells.join(" | "));
    }
    Ok(())
}

fn build_own() -> Result<PathBuf> {
    let profile = ["--release", "-p", "dunlin", "--example", "embedding_cost"];
    build(Command::new("cargo").arg("build").args(profile).current_dir(workspace::root()))?;
    Ok(target().join("release/examples/embedding_cost"))
}

fn build_peer(features: &str) -> Result<PathBuf> {
    let folder = workspace::root().join("benches/embedding/mlua");
    let target = target().join("embedding").join(features);
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--no-default-features", "--features", features]);
    build(command.current_dir(&folder).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release/embedding-mlua"))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace::root().join("target"), PathBuf::from)
}

fn build(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().context("cargo cannot be started")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!(
            "it does not build: {}",
            text.lines().find(|line| line.starts_with("error")).unwrap_or("cargo failed")
        );
    }
    Ok(())
}

fn numbers(program: &Path) -> Result<Vec<(String, f64)>> {
    let output = Command::new(program).stdin(Stdio::null()).output().context("cannot be started")?;
    if !output.status.success() {
        bail!("failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_string(), value.parse().ok()?))
    };
    Ok(text.lines().filter_map(row).collect())
}

fn median(rounds: &[Vec<(String, f64)>], measure: &str) -> Option<f64> {
    let of_round = |round: &Vec<(String, f64)>| round.iter().find(|row| row.0 == measure).map(|row| row.1);
    let mut values: Vec<f64> = rounds.iter().filter_map(of_round).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_taken_of_what_a_measure_gave() {
        let round = |value: f64| vec![("call_ns".to_string(), value)];
        assert_eq!(median(&[round(3.0), round(9.0), round(4.0)], "call_ns"), Some(4.0));
        assert_eq!(median(&[round(3.0)], "vm_kb"), None);
    }
}
