//! The files of `tests/ssa`: a function in the text form, the passes it goes through, and what must come out. What is
//! read, and what each pass makes of it, must hold before the checker.

use std::path::Path;

use super::check::check;
use super::form::Function;
use super::parse::parse;
use super::{dead, hoist, ranges, repeat, simplify, virtuals};

/// The passes by name.
fn pass(name: &str) -> Option<fn(&mut Function)> {
    Some(match name {
        "repeat" => repeat::remove_repeated,
        "simplify" => simplify::simplify,
        "thread" => simplify::thread,
        "hoist" => hoist::hoist,
        "virtuals" => virtuals::replace_objects,
        "ranges" => ranges::use_ranges,
        "dead" => dead::remove_dead,
        _ => return None,
    })
}

/// The lines that count: no comments, no space around them.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split(';').next().unwrap_or("").trim().to_string());
    lines.filter(|line| !line.is_empty()).collect()
}

fn run(name: &str, text: &str) -> Result<(), String> {
    let (given, expected) =
        text.split_once("; gives\n").ok_or_else(|| format!("{name}: no line `; gives`"))?;
    let passes = text
        .lines()
        .find_map(|line| line.strip_prefix("; passes: "))
        .ok_or_else(|| format!("{name}: no line `; passes: ...`"))?;
    let mut function = parse(given).map_err(|error| format!("{name}: {error}"))?;
    if let Some(error) = expected.trim().strip_prefix("error: ") {
        return match check(&function) {
            Err(found) if found.contains(error) => Ok(()),
            found => Err(format!("{name}: the checker says {found:?}")),
        };
    }
    check(&function).map_err(|error| format!("{name}: as read: {error}"))?;
    for step in passes.split_whitespace() {
        let pass = pass(step).ok_or_else(|| format!("{name}: no pass `{step}`"))?;
        pass(&mut function);
        check(&function).map_err(|error| format!("{name}: after {step}: {error}\n{function}"))?;
    }
    let (found, expected) = (lines(&function.to_string()), lines(expected));
    if found != expected {
        return Err(format!("{name}: gives\n{function}"));
    }
    Ok(())
}

#[test]
fn passes_make_of_functions_what_their_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ssa");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_some_and(|extension| extension == "ssa") {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            wrong.extend(run(&path.display().to_string(), &text).err());
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 8, "the files are found");
}
