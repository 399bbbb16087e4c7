//! `dunlin check FILE...`: everything that can be said about programs without running them.

use dunlin::{Engine, Found, FoundPlace};
use serde_json::{Value, json};

use super::{CommandRow, run};
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::programs::{Notations, programs_at};
use crate::{settings, terminal};

const OPTIONS: &[OptionRow] = &[option("--json", "", "one JSON object a line for each finding")];

pub const ROW: CommandRow = CommandRow {
    name: "check",
    usage: "[--json] [PATHS]",
    summary: "Reports what is wrong with programs without running them; without paths, with all below this folder.",
    options: &[OPTIONS],
    positional: Positional::All("PATHS"),
    examples: &[
        ("dunlin check src", "all programs below a folder; warnings alone leave the exit code 0"),
        ("dunlin check --json main.dn", "for an editor or a tool"),
    ],
    run: check,
};

fn check(arguments: &Arguments) -> Result<Exit, String> {
    let mut exit = Exit::Success;
    for file in programs_at(&arguments.positional, Notations::Every) {
        let file = &file.display().to_string();
        let settings = settings::read(arguments)?;
        let is_ours = settings.front_ends.of_path(file).is_none() && !file.ends_with(".dnb");
        let engine = Engine::new(settings).map_err(|failure| failure.to_string())?;
        if arguments.has("--json") && is_ours {
            if let Some(wrong) = print_findings(&engine, file) {
                exit = wrong;
            }
            continue;
        }
        match engine.compile_file(file) {
            Ok(compiled) if compiled.warnings.is_empty() => {}
            Ok(compiled) => terminal::report(&compiled.warnings),
            Err(failure) if arguments.has("--json") => {
                let row = json!({ "file": file, "severity": "error", "message": failure.report.trim() });
                terminal::print(&format!("{row}\n"));
                exit = run::exit_of(&failure);
            }
            Err(failure) => exit = run::report(&failure),
        }
    }
    Ok(exit)
}

/// Prints a line for each finding; the exit code where one of them is an error.
fn print_findings(engine: &Engine, file: &str) -> Option<Exit> {
    match engine.check_file(file) {
        Ok(findings) => {
            findings.iter().for_each(|found| terminal::print(&format!("{}\n", row(found))));
            findings.iter().any(|found| found.is_error).then_some(Exit::Rejected)
        }
        Err(failure) => {
            let row = json!({ "file": file, "severity": "error", "message": failure.report.trim() });
            terminal::print(&format!("{row}\n"));
            Some(Exit::Failure)
        }
    }
}

fn row(found: &Found) -> Value {
    let mut row = place(&found.place);
    row["severity"] = json!(if found.is_error { "error" } else { "warning" });
    row["code"] = json!(found.code);
    row["message"] = json!(found.message);
    row["hint"] = json!(found.hint);
    let related = found.related.iter().map(|(text, other)| {
        let mut row = place(other);
        row["message"] = json!(text);
        row
    });
    row["related"] = related.collect();
    row
}

fn place(place: &FoundPlace) -> Value {
    json!({
        "file": place.file, "line": place.line, "column": place.column,
        "end_line": place.end_line, "end_column": place.end_column,
    })
}
