//! The crate table of ARCHITECTURE.md against what the crates really use.
//!
//! Why: a dependency in the wrong direction is cheap to add and dear to remove, so it must be an edit of the table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace;

type Uses = BTreeMap<String, BTreeSet<String>>;

pub fn run() -> Result<()> {
    let table = read_table(&workspace::read(&workspace::root().join("ARCHITECTURE.md"))?)?;
    let found = read_metadata()?;
    let complaints = compare(&table, &found);
    if complaints.is_empty() {
        println!("layers: {} crates use what the table allows", found.len());
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

/// The rows below the heading `| crate | what it is | uses |`.
fn read_table(text: &str) -> Result<Uses> {
    let mut table = Uses::new();
    let rows = text
        .lines()
        .skip_while(|line| !(line.starts_with("| crate |") && line.ends_with("| uses |")))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, uses] = cells[..] else { bail!("a row of the crate table needs three cells: {row}") };
        let uses = uses.split(',').map(str::trim).filter(|name| !name.is_empty());
        table.insert(name.trim_matches('`').to_string(), uses.map(str::to_string).collect());
    }
    if table.is_empty() {
        bail!("ARCHITECTURE.md has no table that begins `| crate | ... | uses |`");
    }
    Ok(table)
}

fn read_metadata() -> Result<Uses> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(workspace::root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let names: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut found = Uses::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let uses = dependencies
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|name| names.contains(name))
            .map(short);
        found.insert(short(name), uses.collect());
    }
    Ok(found)
}

fn short(package: &str) -> String {
    package.strip_prefix("dunlin-").unwrap_or(package).to_string()
}

fn compare(table: &Uses, found: &Uses) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, uses) in found {
        let Some(allowed) = table.get(name) else {
            complaints.push(format!("crate `{name}` has no row in the table of ARCHITECTURE.md"));
            continue;
        };
        for extra in uses.difference(allowed) {
            complaints.push(format!("crate `{name}` uses `{extra}`, which its row does not name"));
        }
    }
    let gone = table.keys().filter(|name| !found.contains_key(*name));
    complaints
        .extend(gone.map(|name| format!("the table names `{name}`, which is no crate of the workspace")));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &str) -> Uses {
        read_table(&format!("| crate | what it is | uses |\n| --- | --- | --- |\n{rows}\n\nmore"))
            .expect("a table")
    }

    #[test]
    fn a_use_that_the_table_does_not_name_is_found() {
        let allowed = table("| `a` | one | |\n| `b` | two | a |");
        assert_eq!(compare(&allowed, &allowed), Vec::<String>::new());
        let found = table("| `a` | one | b |\n| `b` | two | a |\n| `c` | three | |");
        let complaints = compare(&allowed, &found);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("`a` uses `b`"));
    }
}
