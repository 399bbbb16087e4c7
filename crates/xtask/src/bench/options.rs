//! The options of `cargo xtask bench`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub const HELP: &str = "\
cargo xtask bench [options]

  --peers             also measure the other interpreters that this machine has; nothing is installed
  --only PEERS        of them, only these: luajit,lua5.4 (a name counts where it contains one of the words)
  --section NAME      micro, large, processes, start, or library (a selection of micro); else all but library
  --filter TEXT       only programs whose name contains this, or one of several with commas between
  --runs N            rounds; 5 if not said, the first of which also finds the expected result
  --tier LIST         off, template, full: one column each, run with --jit=TIER; without, as a user runs it
  --warmup N          instead, each program's work N times in each of `--runs` processes: where its times change, and
                      how long it takes to 90 % of its last speed
  --time SECONDS      a run that takes longer is given up; 60 if not said
  --embedding         instead: calls between a Rust program and a VM, beside mlua where its crates are at hand
  --dunlin PATH       measure this binary instead of building one
";

pub struct Options {
    pub peers: bool,
    /// Measure crossings between a program and its VM instead of programs.
    pub embedding: bool,
    only: Option<String>,
    pub section: Option<String>,
    pub filter: Option<String>,
    pub runs: usize,
    pub tiers: Vec<String>,
    pub warmup: Option<usize>,
    pub run_time_max: Duration,
    pub dunlin: Option<PathBuf>,
}

/// Fewer runs give no spread worth printing.
const RUNS: usize = 5;
const RUN_TIME_MAX: Duration = Duration::from_secs(60);
const TIERS: &[&str] = &["off", "template", "full", "eager"];

impl Options {
    pub fn wants_peer(&self, name: &str) -> bool {
        let words = self.only.as_deref().map(|only| only.split(','));
        words.is_none_or(|mut words| words.any(|word| name.contains(word)))
    }
}

pub fn read(arguments: &[String], sections: &[&str]) -> Result<Options> {
    let mut options = Options {
        peers: false,
        embedding: false,
        only: None,
        section: None,
        filter: None,
        runs: RUNS,
        tiers: Vec::new(),
        warmup: None,
        run_time_max: RUN_TIME_MAX,
        dunlin: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().with_context(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--peers" => options.peers = true,
            "--embedding" => options.embedding = true,
            "--only" => options.only = Some(value()?),
            "--section" => options.section = Some(value()?),
            "--filter" => options.filter = Some(value()?),
            "--runs" => options.runs = value()?.parse::<usize>().context("`--runs` needs a number")?.max(1),
            "--tier" => options.tiers = value()?.split(',').map(str::to_string).collect(),
            "--warmup" => {
                options.warmup = Some(value()?.parse().context("`--warmup` needs a number")?);
            }
            "--time" => {
                let seconds = value()?.parse().context("`--time` needs seconds")?;
                options.run_time_max = Duration::from_secs(seconds);
            }
            "--dunlin" => options.dunlin = Some(PathBuf::from(value()?)),
            other => bail!("unknown option `{other}`\n\n{HELP}"),
        }
    }
    check("section", options.section.as_slice(), sections)?;
    check("tier", &options.tiers, TIERS)?;
    Ok(options)
}

fn check(what: &str, given: &[String], known: &[&str]) -> Result<()> {
    match given.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => bail!("there is no {what} `{name}`; there are {}", known.join(", ")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Result<Options> {
        read(&text.split_whitespace().map(str::to_string).collect::<Vec<_>>(), &["micro"])
    }

    #[test]
    fn options_are_read_and_mistakes_said() {
        let read = options("--peers --only luajit,node --runs 0 --tier off,full").expect("valid");
        assert!(read.wants_peer("luajit -joff") && read.wants_peer("node") && !read.wants_peer("lua5.4"));
        assert_eq!((read.runs, read.tiers.len()), (1, 2));
        for wrong in ["--section macro", "--tier slow", "--runs x", "--runs", "--fast"] {
            assert!(options(wrong).is_err(), "{wrong}");
        }
    }
}
