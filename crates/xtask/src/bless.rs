//! Writes golden files and generated pages anew, by running the tests that compare them in the mode in which they write.
//!
//! Which crates have such tests is read from their sources, so that no list of them can go stale.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// What tests look at to know whether to write.
const SWITCH: &str = "UPDATE_EXPECT";

pub fn run() -> Result<()> {
    let mut packages = Vec::new();
    for folder in workspace::crates()? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut compares = false;
        for path in workspace::files(&folder, "rs")? {
            compares |= name != "xtask" && workspace::read(&path)?.contains(SWITCH);
        }
        if compares {
            packages.push(if name == "dunlin" { name } else { format!("dunlin-{name}") });
        }
    }
    println!("writing what the tests of {} compare", packages.join(", "));
    let status = Command::new("cargo")
        .arg("test")
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .env(SWITCH, "1")
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("a test fails for another reason than what it compares");
    }
    println!("`git diff` shows what changed");
    Ok(())
}
