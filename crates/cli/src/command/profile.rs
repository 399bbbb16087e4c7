//! `dunlin profile FILE`: runs a program and says where its time went.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use dunlin::{Engine, Profile, ProfileFrame};
use serde_json::json;

use super::{CommandRow, compile, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{quantity, settings, terminal};

const OPTIONS: &[OptionRow] = &[
    option(
        "--format",
        "FORM",
        "table, collapsed (a line for each way of calls), or speedscope (JSON); table if not said",
    ),
    option("-o --output", "FILE", "where to write the profile; standard error if not said"),
    option("--period", "TIME", "between two samples; 1ms if not said"),
];

pub const ROW: CommandRow = CommandRow {
    name: "profile",
    usage: "[OPTIONS] FILE [ARGUMENTS]",
    summary: "Runs a program and says where its time went, by samples.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::First("FILE"),
    examples: &[
        ("dunlin profile work.dn", "functions and lines, the most expensive first"),
        ("dunlin profile --format speedscope -o work.json work.dn", "for https://www.speedscope.app"),
        ("dunlin profile --format collapsed -o work.txt work.dn", "for flame graphs"),
    ],
    run: profile,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Collapsed,
    Speedscope,
}

const FORMS: &[(&str, Form)] =
    &[("table", Form::Table), ("collapsed", Form::Collapsed), ("speedscope", Form::Speedscope)];

fn profile(arguments: &Arguments) -> Result<Exit, String> {
    let Some((file, rest)) = arguments.positional.split_first() else {
        return Err("which file? `dunlin profile FILE`".to_string());
    };
    let form = match arguments.value("--format") {
        Some(name) => settings::choose("form of profiles", name, FORMS)?,
        None => Form::Table,
    };
    let period = arguments.value("--period").map(quantity::milliseconds).transpose()?.unwrap_or(1).max(1);
    let mut settings = settings::read(arguments)?;
    settings.arguments = rest.to_vec();
    settings.profile_period = Some(Duration::from_millis(period));
    let engine = Engine::new(settings).map_err(|failure| failure.to_string())?;
    let result = engine.run_file(file);
    let found = engine.profile();
    let text = match form {
        Form::Table => table(&found),
        Form::Collapsed => collapsed(&found),
        Form::Speedscope => speedscope(&found, file),
    };
    match arguments.value("-o --output") {
        Some(path) => {
            if let Err(error) = std::fs::write(path, text) {
                return Ok(run::report(&compile::cannot_write(path, &error)));
            }
        }
        None => terminal::report(&text),
    }
    run::finish(arguments, &engine, result)
}

/// Rows of a table beyond these are of no interest.
const ROWS_MAX: usize = 25;

/// Samples of something: where it stood itself, and where it or something that it called did.
#[derive(Clone, Copy, Default)]
struct Counts {
    own: u64,
    all: u64,
}

fn table(profile: &Profile) -> String {
    let total = profile.samples();
    if total == 0 {
        return "no samples: the program was over too soon\n".to_string();
    }
    let mut text = format!("{total} samples, one every {:?}\n", profile.period);
    let function = |frame: &ProfileFrame| format!("{} ({})", shown(frame), frame.path);
    text.push_str(&section("function", total, &counted(profile, &function)));
    let line = |frame: &ProfileFrame| format!("{}:{} {}", frame.path, frame.line, shown(frame));
    text.push_str(&section("line", total, &counted(profile, &line)));
    text
}

/// The samples by what a frame is taken for, the most expensive first.
fn counted(profile: &Profile, name: &dyn Fn(&ProfileFrame) -> String) -> Vec<(String, Counts)> {
    let mut counts: HashMap<String, Counts> = HashMap::new();
    for stack in &profile.stacks {
        if let Some(last) = stack.frames.last() {
            counts.entry(name(last)).or_default().own += stack.samples;
        }
        // What calls itself counts once.
        let names: HashSet<String> = stack.frames.iter().map(name).collect();
        for name in names {
            counts.entry(name).or_default().all += stack.samples;
        }
    }
    let mut rows: Vec<(String, Counts)> = counts.into_iter().collect();
    rows.sort_by(|a, b| (b.1.own, b.1.all).cmp(&(a.1.own, a.1.all)).then_with(|| a.0.cmp(&b.0)));
    rows
}

fn section(what: &str, total: u64, rows: &[(String, Counts)]) -> String {
    let mut text = format!("\n   own    with calls  {what}\n");
    let percent = |count: u64| count as f64 * 100.0 / total as f64;
    for (name, counts) in rows.iter().take(ROWS_MAX) {
        text.push_str(&format!("{:5.1} %     {:5.1} %  {name}\n", percent(counts.own), percent(counts.all)));
    }
    text
}

fn shown(frame: &ProfileFrame) -> &str {
    if frame.function.is_empty() { "a function without a name" } else { &frame.function }
}

/// One line for each way of calls: its functions from the outermost, and its samples.
fn collapsed(profile: &Profile) -> String {
    let mut text = String::new();
    for stack in &profile.stacks {
        let frames: Vec<String> = stack
            .frames
            .iter()
            .map(|frame| format!("{} ({}:{})", shown(frame), frame.path, frame.line))
            .collect();
        text.push_str(&format!("{} {}\n", frames.join(";").replace('\n', " "), stack.samples));
    }
    text
}

/// The file format of <https://www.speedscope.app>.
fn speedscope(profile: &Profile, name: &str) -> String {
    let mut frames = Vec::new();
    let mut numbers: HashMap<&ProfileFrame, usize> = HashMap::new();
    let mut samples = Vec::new();
    for stack in &profile.stacks {
        let of_frame = |frame| {
            *numbers.entry(frame).or_insert_with(|| {
                frames.push(json!({ "name": shown(frame), "file": frame.path, "line": frame.line }));
                frames.len() - 1
            })
        };
        samples.push(stack.frames.iter().map(of_frame).collect::<Vec<usize>>());
    }
    let period = profile.period.as_secs_f64() * 1000.0;
    let weights: Vec<f64> = profile.stacks.iter().map(|stack| stack.samples as f64 * period).collect();
    let whole = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": concat!("dunlin ", env!("CARGO_PKG_VERSION")),
        "name": name,
        "shared": { "frames": frames },
        "profiles": [{
            "type": "sampled",
            "name": name,
            "unit": "milliseconds",
            "startValue": 0,
            "endValue": weights.iter().sum::<f64>(),
            "samples": samples,
            "weights": weights,
        }],
    });
    format!("{whole}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin::Stack;

    fn example() -> Profile {
        let frame = |function: &str, line| ProfileFrame {
            function: function.to_string(),
            path: "a.dn".to_string(),
            line,
        };
        let (main, fib) = (frame("main", 3), frame("fib", 1));
        Profile {
            period: Duration::from_millis(1),
            stacks: vec![
                Stack { frames: vec![main.clone(), fib.clone(), fib], samples: 3 },
                Stack { frames: vec![main], samples: 1 },
            ],
        }
    }

    #[test]
    fn a_function_that_calls_itself_counts_once() {
        let text = table(&example());
        assert!(text.contains(" 75.0 %      75.0 %  fib (a.dn)"), "{text}");
        assert!(text.contains(" 25.0 %     100.0 %  main (a.dn)"), "{text}");
    }

    #[test]
    fn other_tools_read_the_other_forms() {
        assert_eq!(collapsed(&example()), "main (a.dn:3);fib (a.dn:1);fib (a.dn:1) 3\nmain (a.dn:3) 1\n");
        let text = speedscope(&example(), "a.dn");
        let whole: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(whole["profiles"][0]["samples"], json!([[0, 1, 1], [0]]));
        assert_eq!(whole["profiles"][0]["endValue"], json!(4.0));
    }
}
