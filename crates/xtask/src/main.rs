//! The project's own commands: `cargo xtask <command>`.
//!
//! | module | holds |
//! | --- | --- |
//! | `layers` | the crate table of ARCHITECTURE.md against `cargo metadata` |
//! | `tidy` | sizes, names, unsafe budgets, recursion: what the compiler does not check |
//! | `bless` | golden files and generated pages, written anew |
//! | `ci` | what `.ci/run` does |
//! | `bench` | Dunlin beside the interpreters found on this machine |
//! | `stats` | lines, tests and unsafe sites per crate |
//! | `start` | what a short program runs, put together in the binary |
//! | `source` | Rust text without its comments and literals |
//! | `workspace` | where the files are |
#![forbid(unsafe_code)]

mod bench;
mod bless;
mod ci;
mod layers;
mod source;
mod start;
mod stats;
mod tidy;
mod workspace;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask <command>

  ci                      everything a change must pass: formatting, lints, tidy, layers, tests
  layers                  compare the crate table of ARCHITECTURE.md with what the crates use
  tidy [--ledger]         check sizes, names, unsafe budgets; --ledger writes the budgets anew
  spec [options] [paths]  run the corpus (--mode all|plain|gc-stress|..., --filter TEXT)
  sim [--seed N] [--count N] [paths]
                          run programs with processes under so many schedules, beginning with seed N
  bless                   write the golden files and generated pages anew from what the code does now
  fuzz [TARGET] [--first N] [--count N] [--seed N]
                          run a fuzz target in a release build; without a target, list them
  bench [options]         measure, and print tables in Markdown; `bench --help` lists the options
  start BINARY            write anew which code a short program runs, from a run of this binary
  stats                   lines, tests and unsafe sites of each crate
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    match command.as_str() {
        "ci" => ci::run(),
        "layers" => layers::run(),
        "tidy" => tidy::run(rest),
        "bench" if rest.iter().any(|argument| argument == "--help") => {
            print!("{}", bench::HELP);
            Ok(())
        }
        "bench" => bench::run(rest),
        "bless" => bless::run(),
        "start" => start::run(rest),
        "stats" => stats::run(),
        "spec" | "sim" | "exits" | "fuzz" => testkit(command, rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}

/// The corpus and the fuzz targets run in `testkit`, built with optimisation, so that `xtask` itself stays small.
fn testkit(command: &str, rest: &[String]) -> Result<()> {
    let dunlin = bench::build_dunlin()?;
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "dunlin-testkit", "--", command, "--dunlin"])
        .arg(dunlin)
        .args(rest)
        .status()
        .context("cannot start cargo")?;
    if status.success() { Ok(()) } else { bail!("`{command}` failed") }
}
