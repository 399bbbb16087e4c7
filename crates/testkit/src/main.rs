//! What `cargo xtask spec` starts: the corpus from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use testkit::corpus::{self, Plan};
use testkit::mode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((command, rest)) if command == "spec" => spec(rest),
        _ => {
            Err("usage: dunlin-testkit spec --dunlin PATH [--mode MODES] [--filter TEXT] [paths]".to_string())
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn spec(arguments: &[String]) -> Result<bool, String> {
    let mut plan = Plan {
        dunlin: PathBuf::from("dunlin"),
        modes: vec![mode::PLAIN],
        filter: None,
        threads: 2,
        time_max: Duration::from_secs(20),
        sample: 1,
    };
    let mut programs = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--dunlin" => plan.dunlin = PathBuf::from(value()?),
            "--mode" => plan.modes = mode::find(&value()?)?,
            "--filter" => plan.filter = Some(value()?),
            "--threads" => {
                plan.threads = value()?.parse().map_err(|_| "`--threads` needs a number".to_string())?
            }
            option if option.starts_with("--") => return Err(format!("unknown option `{option}`")),
            path => {
                programs.extend(corpus::find_programs(&std::path::absolute(path).map_err(|e| e.to_string())?))
            }
        }
    }
    if programs.is_empty() {
        programs = ["tests", "examples"]
            .iter()
            .flat_map(|name| corpus::find_programs(&corpus::project().join(name)))
            .collect();
    }
    let summary = corpus::run(&plan, &programs);
    print!("{}", summary.text());
    Ok(summary.is_success())
}
