//! The interpreters to compare with: which exist here, and how each is started. Nothing is ever installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A way to run programs of one language.
pub struct Peer {
    pub name: &'static str,
    pub extension: &'static str,
    pub program: PathBuf,
    pub arguments: &'static [&'static str],
    version: String,
}

/// How a peer is looked for.
struct Known {
    name: &'static str,
    extension: &'static str,
    command: &'static str,
    arguments: &'static [&'static str],
    version_argument: &'static str,
}

const fn known(
    name: &'static str,
    extension: &'static str,
    command: &'static str,
    arguments: &'static [&'static str],
    version_argument: &'static str,
) -> Known {
    Known { name, extension, command, arguments, version_argument }
}

/// Python is asked for by its full path, since a version manager's shim on the path adds its own start-up.
const KNOWN: &[Known] = &[
    known("lua5.4", "lua", "lua5.4", &[], "-v"),
    known("luajit -joff", "lua", "luajit", &["-joff"], "-v"),
    known("luajit", "lua", "luajit", &[], "-v"),
    known("node", "js", "node", &["--stack-size=50000"], "--version"),
    known("pypy3", "py", "pypy3", &[], "--version"),
    known("python3.11", "py", "/usr/bin/python3.11", &[], "--version"),
];

impl Peer {
    pub fn describe(&self) -> String {
        format!("{} ({})", self.name, self.version)
    }

    pub fn command(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments).arg(file);
        command
    }
}

/// Builds the release binary and gives it as the first peer.
pub fn build_dunlin() -> Result<Peer> {
    let output = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--package",
            "dunlin-cli",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(workspace::root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("the release build failed");
    }
    let program = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .context("cargo did not say where the binary is")?;
    let version = version(&program, "--version");
    Ok(Peer { name: "dunlin", extension: "dn", program, arguments: &[], version })
}

/// The peers that are here.
pub fn find() -> Vec<Peer> {
    KNOWN
        .iter()
        .filter_map(|known| {
            let program = which(known.command)?;
            let version = version(&program, known.version_argument);
            let Known { name, extension, arguments, .. } = *known;
            Some(Peer { name, extension, program, arguments, version })
        })
        .collect()
}

pub fn missing(found: &[Peer]) -> Vec<&'static str> {
    let names = KNOWN.iter().map(|known| known.name);
    let missing: Vec<_> = names.filter(|name| found.iter().all(|peer| peer.name != *name)).collect();
    if missing.is_empty() { vec!["none"] } else { missing }
}

fn which(command: &str) -> Option<PathBuf> {
    let path = PathBuf::from(command);
    if path.is_absolute() {
        return path.is_file().then_some(path);
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(command))
        .find(|path| path.is_file())
}

fn version(program: &Path, argument: &str) -> String {
    let Ok(output) = Command::new(program).arg(argument).output() else {
        return "version unknown".to_string();
    };
    let text = [output.stdout, output.stderr].concat();
    let line = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_string();
    line.split(" --").next().unwrap_or_default().split("  ").next().unwrap_or_default().trim().to_string()
}
