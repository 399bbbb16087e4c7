//! What a change must pass, in the order that fails fastest. `.ci/run` calls this.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace;

const STEPS: &[(&str, &[&str])] = &[
    ("formatting", &["fmt", "--all", "--", "--check"]),
    ("layers", &["xtask", "layers"]),
    ("tidy", &["xtask", "tidy"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    ("tests", &["test", "--workspace"]),
    // With what the tests built: another build with optimisation would take longer than all else.
    ("schedules", &["run", "--quiet", "--package", "dunlin-testkit", "--", "sim", "--count", "20"]),
];

pub fn run() -> Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    for (name, arguments) in STEPS {
        println!("== {name}: cargo {}", arguments.join(" "));
        let step = Instant::now();
        let status = Command::new("cargo")
            .args(*arguments)
            .current_dir(workspace::root())
            .status()
            .context("cannot start cargo")?;
        if !status.success() {
            bail!("{name} failed");
        }
        times.push(format!("{name} {} s", step.elapsed().as_secs()));
    }
    println!("== passed in {} s: {}", start.elapsed().as_secs(), times.join(", "));
    Ok(())
}
