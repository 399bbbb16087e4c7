//! `dunlin bench [PATHS]`: measures the `bench "..." { }` blocks of programs, one after another.
//!
//! What was measured can be kept in a file, and later runs compared with it: only intervals that lie apart by more than
//! a machine's usual moods are called a change.

use std::collections::HashMap;
use std::time::Duration;

use dunlin::{BenchPlan, BenchResult, Engine, Failure, Measured};
use serde_json::{Value, json};

use super::CommandRow;
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::programs::{Notations, programs_at};
use crate::{quantity, settings, terminal};

const OPTIONS: &[OptionRow] = &[
    option("--filter", "TEXT", "only benches whose name contains this"),
    option("--time", "TIME", "how long each is measured, after a quarter of it to warm up; 2s if not said"),
    option("--save", "FILE", "keep what was measured in a file"),
    option("--compare", "FILE", "say what changed against a file that `--save` wrote"),
    option("--json", "", "one JSON object a line, for a tool"),
];

pub const ROW: CommandRow = CommandRow {
    name: "bench",
    usage: "[--filter TEXT] [PATHS]",
    summary: "Measures the benches of programs; without paths, of every program below this folder.",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::All("PATHS"),
    examples: &[
        ("dunlin bench", "every bench below this folder: median, and where it lies with 95 % confidence"),
        ("dunlin bench sort.dn --save before.json", "keep the numbers"),
        ("dunlin bench sort.dn --compare before.json", "and compare with them after a change"),
    ],
    run: bench,
};

fn bench(arguments: &Arguments) -> Result<Exit, String> {
    let time = arguments.value("--time").map(quantity::milliseconds).transpose()?.unwrap_or(2000);
    let plan = BenchPlan { warm_up: Duration::from_millis(time / 4), time: Duration::from_millis(time) };
    let earlier = arguments.value("--compare").map(read).transpose()?.unwrap_or_default();
    let filter = arguments.value("--filter").unwrap_or_default();
    let mut show = Show { is_json: arguments.has("--json"), earlier, rows: Vec::new(), failed: 0 };
    for file in programs_at(&arguments.positional, Notations::Dunlin) {
        let engine = Engine::new(settings::read(arguments)?).map_err(|failure| failure.to_string())?;
        let name = file.display().to_string();
        let is_wanted = |bench: &str| bench.contains(filter);
        let measured = engine.bench_file(&name, &plan, &is_wanted, &mut |result| show.result(&name, result));
        if let Err(failure) = measured {
            show.failure(&name, "(the file)", &failure);
        }
    }
    if show.rows.is_empty() && show.failed == 0 && !show.is_json {
        terminal::print("no benches: write some as `bench \"name\" { ... }`\n");
    }
    if let Some(path) = arguments.value("--save") {
        save(path, show.rows)?;
    }
    Ok(if show.failed == 0 { Exit::Success } else { Exit::Failure })
}

/// Median, low and high end of the interval, in nanoseconds.
type Times = (f64, f64, f64);

struct Show {
    is_json: bool,
    /// What was measured earlier, by file and name.
    earlier: HashMap<(String, String), Times>,
    rows: Vec<Value>,
    failed: usize,
}

impl Show {
    fn result(&mut self, file: &str, result: BenchResult) {
        let measured = match result.outcome {
            Ok(measured) => measured,
            Err(failure) => return self.failure(file, &result.name, &failure),
        };
        let now = times(&measured);
        let earlier = self.earlier.get(&(file.to_string(), result.name.clone())).copied();
        let mut row = row(file, &result.name, &measured);
        self.rows.push(row.clone());
        if self.is_json {
            if let Some(earlier) = earlier {
                row["earlier_median_ns"] = json!(earlier.0);
                row["changed"] = json!(change(earlier, now).is_some());
            }
            return terminal::print(&format!("{row}\n"));
        }
        let interval = format!("({} .. {})", shown(now.1), shown(now.2));
        let verdict = earlier.map_or(String::new(), |earlier| verdict(earlier, now));
        let line = format!("{file}: {:32} {:>10}  {interval:24} {verdict}", result.name, shown(now.0));
        terminal::print(&format!("{}\n", line.trim_end()));
    }

    fn failure(&mut self, file: &str, name: &str, failure: &Failure) {
        self.failed += 1;
        if self.is_json {
            let line = json!({ "file": file, "bench": name, "ok": false, "report": failure.report });
            return terminal::print(&format!("{line}\n"));
        }
        terminal::print(&format!("FAILED {file}: {name}\n"));
        terminal::report(&failure.report);
    }
}

fn times(measured: &Measured) -> Times {
    let (low, high) = measured.interval();
    (measured.median(), low, high)
}

fn row(file: &str, name: &str, measured: &Measured) -> Value {
    let (median, low, high) = times(measured);
    json!({
        "file": file, "bench": name, "ok": true, "median_ns": median, "low_ns": low, "high_ns": high,
        "rounds": measured.rounds.len(), "calls": measured.calls,
    })
}

/// Between two runs a machine differs by more than within one, so less than this is no change.
const LEAST_CHANGE: f64 = 0.02;

/// How many times as long it takes now, where that is more than noise.
fn change(earlier: Times, now: Times) -> Option<f64> {
    let apart = now.1 > earlier.2 || now.2 < earlier.1;
    let ratio = now.0 / earlier.0;
    (apart && ratio.is_finite() && (ratio - 1.0).abs() > LEAST_CHANGE).then_some(ratio)
}

fn verdict(earlier: Times, now: Times) -> String {
    let before = shown(earlier.0);
    match change(earlier, now) {
        None => format!("as before ({before})"),
        Some(ratio) if ratio > 1.0 => format!("{:.1} % slower than before ({before})", (ratio - 1.0) * 100.0),
        Some(ratio) => format!("{:.1} % faster than before ({before})", (1.0 - ratio) * 100.0),
    }
}

/// Four digits and a unit.
fn shown(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        time if time < 1e3 => (time, "ns"),
        time if time < 1e6 => (time / 1e3, "us"),
        time if time < 1e9 => (time / 1e6, "ms"),
        time => (time / 1e9, "s"),
    };
    let digits = if value < 10.0 { 3 } else { usize::from(value < 100.0) + 1 };
    format!("{value:.digits$} {unit}")
}

fn save(path: &str, rows: Vec<Value>) -> Result<(), String> {
    let text = format!("{:#}\n", json!({ "benches": rows }));
    std::fs::write(path, text).map_err(|error| format!("{path} cannot be written: {error}"))
}

/// The rows of a file that `save` wrote.
fn read(path: &str) -> Result<HashMap<(String, String), Times>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    let no_rows = || format!("{path} holds no measurements; `dunlin bench --save` writes them");
    let whole: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", no_rows()))?;
    let rows = whole["benches"].as_array().ok_or_else(no_rows)?;
    let entry = |row: &Value| {
        let text = |key: &str| row[key].as_str().map(str::to_string);
        let times = (row["median_ns"].as_f64()?, row["low_ns"].as_f64()?, row["high_ns"].as_f64()?);
        Some(((text("file")?, text("bench")?), times))
    };
    rows.iter().map(|row| entry(row).ok_or_else(no_rows)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_apart_is_a_change() {
        let before = (100.0, 98.0, 102.0);
        assert_eq!(change(before, (103.0, 101.0, 105.0)), None);
        assert_eq!(change(before, (101.0, 102.5, 103.0)), None);
        assert_eq!(change(before, (150.0, 148.0, 152.0)), Some(1.5));
        assert!(verdict(before, (50.0, 49.0, 51.0)).starts_with("50.0 % faster"));
        assert_eq!(verdict(before, before), "as before (100.0 ns)");
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        let texts = [0.5, 12.345, 999.0, 1500.0, 2.5e7, 3.25e9].map(shown);
        assert_eq!(texts, ["0.500 ns", "12.35 ns", "999.0 ns", "1.500 us", "25.00 ms", "3.250 s"]);
    }
}
