//! What `cargo xtask spec` starts: the corpus from the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use testkit::corpus::{self, Plan, Progress};
use testkit::{exits, fuzz, hostile, mode};

const USAGE: &str = "\
usage: dunlin-testkit spec --dunlin PATH [--mode MODES] [--filter TEXT] [--sample N]
                            [--threads N] [--time SECONDS] [--progress] [paths]
       dunlin-testkit sim --dunlin PATH [--seed N] [--count N] [paths]
       dunlin-testkit allocations --dunlin PATH [--filter TEXT] [--threads N] [paths]
       dunlin-testkit hostile [--rounds N] [--seed N] [NAME]
       dunlin-testkit exits [paths]
       dunlin-testkit fuzz [TARGET] [--count N] [--seed N] [--first N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((command, rest)) if command == "spec" => spec(rest),
        Some((command, rest)) if command == "sim" => simulate(rest),
        Some((command, rest)) if command == "allocations" => allocations(rest),
        Some((command, rest)) if command == "hostile" => hostile_command(rest),
        Some((command, rest)) if command == "exits" => exits_command(rest),
        Some((command, rest)) if command == "fuzz" => fuzz_command(rest),
        _ => Err(USAGE.to_string()),
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

/// The command that was built together with this program.
fn beside_this_program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.with_file_name("dunlin");
    path.exists().then_some(path)
}

fn new_plan() -> Plan {
    Plan {
        dunlin: beside_this_program().unwrap_or_else(|| PathBuf::from("dunlin")),
        modes: vec![mode::PLAIN],
        options: Vec::new(),
        filter: None,
        threads: 2,
        time_max: Duration::from_secs(20),
        sample: 1,
        progress: Progress::Quiet,
    }
}

/// What all commands over programs understand, and the programs that are named; `own` takes the options of one command,
/// and says whether it knows them.
fn read_plan(
    arguments: &[String],
    mut own: impl FnMut(&mut Plan, &str, &mut dyn FnMut() -> Result<String, String>) -> Result<bool, String>,
) -> Result<(Plan, Vec<PathBuf>), String> {
    let mut plan = new_plan();
    let mut programs = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--dunlin" => plan.dunlin = PathBuf::from(value()?),
            "--filter" => plan.filter = Some(value()?),
            "--threads" => plan.threads = number(&value()?)? as usize,
            option if option.starts_with("--") => {
                if !own(&mut plan, option, &mut value)? {
                    return Err(format!("unknown option `{option}`"));
                }
            }
            path => programs.extend(programs_at(path)?),
        }
    }
    Ok((plan, programs))
}

fn spec(arguments: &[String]) -> Result<bool, String> {
    let (plan, mut programs) = read_plan(arguments, |plan, option, value| {
        match option {
            "--mode" => plan.modes = mode::find(&value()?)?,
            "--time" => plan.time_max = Duration::from_secs(number(&value()?)?),
            "--progress" => plan.progress = Progress::EachRun,
            "--sample" => plan.sample = number(&value()?)? as usize,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if programs.is_empty() {
        programs = corpus::all_programs();
    }
    let summary = corpus::run(&plan, &programs);
    print!("{}", summary.text());
    Ok(summary.is_success())
}

fn programs_at(path: &str) -> Result<Vec<PathBuf>, String> {
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    Ok(corpus::find_programs(&path))
}

fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{text}` is no number"))
}

/// Runs the programs with processes under one schedule after another; a failure names its seed.
fn simulate(arguments: &[String]) -> Result<bool, String> {
    let (mut first, mut count) = (1, 100);
    let (mut plan, mut programs) = read_plan(arguments, |_, option, value| {
        match option {
            "--seed" => first = number(&value()?)?,
            "--count" => count = number(&value()?)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if programs.is_empty() {
        programs = corpus::find_programs(&corpus::project().join("tests/spec/processes"));
    }
    plan.modes = vec![mode::SCHEDULED];
    let (mut runs, mut failures) = (0, 0);
    for seed in first..first.saturating_add(count) {
        plan.options = vec![format!("--seed={seed}")];
        let summary = corpus::run(&plan, &programs);
        runs += summary.runs;
        failures += summary.failures.len();
        if !summary.is_success() {
            println!("seed {seed}:\n{}", summary.text());
        }
    }
    println!(
        "{runs} runs of {} programs under {count} schedules from seed {first}, {failures} failures",
        programs.len()
    );
    Ok(failures == 0)
}

/// Runs the programs with one allocation after another failing.
fn allocations(arguments: &[String]) -> Result<bool, String> {
    let (plan, mut programs) = read_plan(arguments, |_, _, _| Ok(false))?;
    if programs.is_empty() {
        programs = corpus::find_programs(&corpus::project().join("tests/spec"));
    }
    let report = testkit::allocations::run(&plan, &programs);
    report.failures.iter().for_each(|failure| println!("{failure}"));
    println!("{} runs with a failing allocation, {} failures", report.runs, report.failures.len());
    Ok(report.failures.is_empty())
}

/// Calls builtins with arguments that nobody means: all, or those whose name contains a text.
fn hostile_command(arguments: &[String]) -> Result<bool, String> {
    let (mut wanted, mut rounds, mut seed) = (String::new(), 3, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--rounds" => rounds = number(&value()?)? as usize,
            "--seed" => seed = number(&value()?)?,
            other => wanted = other.to_string(),
        }
    }
    std::panic::set_hook(Box::new(|_| {}));
    let (mut tried, mut count) = (0, 0);
    for row in hostile::rows().filter(|row| row.name.contains(&wanted)) {
        tried += 1;
        let start = std::time::Instant::now();
        let complaints =
            hostile::complaints(row, rounds, seed).map_err(|problem| format!("{}: {problem}", row.name))?;
        complaints.iter().for_each(|complaint| println!("{complaint}"));
        count += complaints.len();
        if start.elapsed() > Duration::from_secs(10) {
            println!("{}: took {} s", row.name, start.elapsed().as_secs());
        }
    }
    println!("{tried} builtins, {count} complaints");
    Ok(count == 0)
}

/// Whether programs reach every reason for leaving optimised code.
fn exits_command(arguments: &[String]) -> Result<bool, String> {
    let mut programs = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--dunlin" => drop(rest.next()),
            option if option.starts_with("--") => return Err(format!("unknown option `{option}`")),
            path => programs.extend(programs_at(path)?),
        }
    }
    if programs.is_empty() {
        programs = corpus::all_programs();
    }
    std::panic::set_hook(Box::new(|_| {}));
    let reasons = exits::run(&programs);
    print!("{}", reasons.text());
    Ok(reasons.are_complete())
}

fn fuzz_command(arguments: &[String]) -> Result<bool, String> {
    let (mut name, mut count, mut seed, mut first) = (None, 100_000, 1, 0);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--dunlin" => drop(value()?),
            "--count" => count = number(&value()?)?,
            "--seed" => seed = number(&value()?)?,
            "--first" => first = number(&value()?)?,
            other => name = Some(other.to_string()),
        }
    }
    let Some(name) = name else {
        for target in fuzz::TARGETS {
            println!("{:18} {}", target.name, target.about);
        }
        return Ok(true);
    };
    let target = fuzz::TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or_else(|| format!("there is no target `{name}`"))?;
    std::panic::set_hook(Box::new(|_| {}));
    let start = std::time::Instant::now();
    let report = fuzz::run(target, seed, first, count);
    for (number, problem, bytes) in &report.failures {
        let path = std::env::temp_dir().join(format!("dunlin-fuzz-{name}-{number}"));
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
        println!("input {number}: {problem}\n  kept as {}", path.display());
    }
    println!(
        "{name}: {} inputs{} with seed {seed} in {} s, {} of them valid, {} failures",
        report.inputs,
        if target.programs > 1 {
            format!(", {} programs,", report.inputs * target.programs)
        } else {
            String::new()
        },
        start.elapsed().as_secs(),
        report.accepted,
        report.failures.len()
    );
    Ok(report.failures.is_empty())
}
