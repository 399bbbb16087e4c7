//! The interpreters to compare with: which exist here, and how each is started. Nothing is ever installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A way to run programs of one language.
pub struct Peer {
    pub name: String,
    pub extension: &'static str,
    pub program: PathBuf,
    arguments: Vec<String>,
    start: Start,
    version: String,
}

/// How a program is given to a peer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The file is the last argument.
    File,
    /// The module is compiled first, and its `main/0` is called.
    Erlang,
}

/// How a peer is looked for.
struct Known {
    name: &'static str,
    extension: &'static str,
    command: &'static str,
    arguments: &'static [&'static str],
    version_arguments: &'static [&'static str],
    start: Start,
}

const fn known(
    name: &'static str,
    extension: &'static str,
    command: &'static str,
    arguments: &'static [&'static str],
    version_arguments: &'static [&'static str],
) -> Known {
    Known { name, extension, command, arguments, version_arguments, start: Start::File }
}

/// The version of an Erlang system is only known inside.
const ERLANG_VERSION: &[&str] =
    &["-noshell", "-eval", "io:format(\"Erlang/OTP ~s~n\", [erlang:system_info(otp_release)]), halt()."];

/// Python is asked for by its full path, since a version manager's shim on the path adds its own start-up.
const KNOWN: &[Known] = &[
    known("lua5.4", "lua", "lua5.4", &[], &["-v"]),
    known("luajit -joff", "lua", "luajit", &["-joff"], &["-v"]),
    known("luajit", "lua", "luajit", &[], &["-v"]),
    known("node", "js", "node", &["--stack-size=50000"], &["--version"]),
    known("pypy3", "py", "pypy3", &[], &["--version"]),
    known("python3.11", "py", "/usr/bin/python3.11", &[], &["--version"]),
    Known {
        name: "erlang",
        extension: "erl",
        command: "erl",
        arguments: &["-noshell", "-noinput"],
        version_arguments: ERLANG_VERSION,
        start: Start::Erlang,
    },
];

/// Every ending that a program of a benchmark may have.
pub const EXTENSIONS: &[&str] = &["dn", "lua", "js", "py", "erl"];

impl Peer {
    pub fn describe(&self) -> String {
        format!("{} ({})", self.name, self.version)
    }

    /// Makes what `command` needs, outside of what is measured.
    pub fn prepare(&self, file: &Path) -> Result<()> {
        if self.start == Start::File {
            return Ok(());
        }
        let folder = compiled_folder();
        std::fs::create_dir_all(&folder)?;
        let output =
            Command::new("erlc").arg("-o").arg(&folder).arg(file).output().context("cannot start erlc")?;
        if !output.status.success() {
            bail!("{} does not compile: {}", file.display(), String::from_utf8_lossy(&output.stdout));
        }
        Ok(())
    }

    pub fn command(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        match self.start {
            Start::File => command.arg(file),
            Start::Erlang => {
                let module = file.file_stem().unwrap_or_default();
                let end = ["main", "-s", "init", "stop"];
                command.arg("-pa").arg(compiled_folder()).arg("-s").arg(module).args(end)
            }
        };
        command
    }
}

/// Where compiled modules lie.
fn compiled_folder() -> PathBuf {
    std::env::temp_dir().join(format!("dunlin-bench-{}", std::process::id()))
}

/// Builds the release binary and says where it is.
pub fn build_dunlin() -> Result<PathBuf> {
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
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .context("cargo did not say where the binary is")
}

/// Dunlin once, or once for each tier.
pub fn dunlin(program: &Path, tiers: &[String]) -> Vec<Peer> {
    let version = version(program, &["--version"]);
    let peer = |name: String, arguments: Vec<String>| Peer {
        name,
        extension: "dn",
        program: program.to_path_buf(),
        arguments,
        start: Start::File,
        version: version.clone(),
    };
    if tiers.is_empty() {
        return vec![peer("dunlin".to_string(), vec!["run".to_string()])];
    }
    let of_tier = |tier: &String| {
        peer(format!("dunlin --jit={tier}"), vec!["run".to_string(), format!("--jit={tier}")])
    };
    tiers.iter().map(of_tier).collect()
}

/// The peers that are here.
pub fn find() -> Vec<Peer> {
    KNOWN
        .iter()
        .filter_map(|known| {
            let program = which(known.command)?;
            Some(Peer {
                name: known.name.to_string(),
                extension: known.extension,
                version: version(&program, known.version_arguments),
                program,
                arguments: known.arguments.iter().map(|argument| argument.to_string()).collect(),
                start: known.start,
            })
        })
        .collect()
}

pub fn missing(found: &[Peer]) -> Vec<&'static str> {
    let names = KNOWN.iter().map(|known| known.name);
    let missing: Vec<_> = names.filter(|name| found.iter().all(|peer| peer.name != *name)).collect();
    if missing.is_empty() { vec!["none, all are here"] } else { missing }
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

fn version(program: &Path, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        return "version unknown".to_string();
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    // PyPy says on its second line what it is itself.
    let line = text.lines().find(|line| line.contains("PyPy")).or_else(|| text.lines().next());
    let line = line.unwrap_or_default().trim_start_matches('[');
    line.split(" --").next().unwrap_or_default().split("  ").next().unwrap_or_default().trim().to_string()
}
