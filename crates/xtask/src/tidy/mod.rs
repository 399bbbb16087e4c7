//! What the compiler and its lints do not check: sizes, names, budgets of unsafe code, recursion over user data.
//!
//! Each rule is a function from a file to complaints; all complaints are printed before the command fails.
//! Function sizes are the business of `clippy::too_many_lines`.

mod ledger;

use std::path::Path;

use anyhow::{Result, bail};

use crate::{source, workspace};

pub use ledger::unsafe_sites;

const FILE_LINES_REASON: usize = 600;
const FILE_LINES_MAX: usize = 1000;
const LIB_LINES_MAX: usize = 80;
/// Names that say nothing about what a module is for.
const FORBIDDEN_MODULES: &[&str] = &["utils", "util", "common", "helper", "helpers", "manager", "misc"];
/// Crates that walk values of a program, whose depth an attacker chooses.
const NO_RECURSION: &[&str] = &["crates/heap/", "crates/stdlib/"];
/// Crates that may hold unsafe code at all.
const UNSAFE_CRATES: &[&str] =
    &["crates/heap/", "crates/vm/", "crates/jit/", "crates/runtime/", "crates/capi/"];

struct File<'a> {
    path: &'a str,
    text: &'a str,
    code: &'a str,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let mut complaints = Vec::new();
    let mut counts = Vec::new();
    for folder in workspace::crates()? {
        for path in workspace::files(&folder, "rs")? {
            let text = workspace::read(&path)?;
            let code = source::code_only(&text);
            let short = workspace::short(&path);
            let file = File { path: &short, text: &text, code: &code };
            check_sizes(&file, &mut complaints);
            check_name(&path, &file, &mut complaints);
            check_unfinished(&file, &mut complaints);
            check_recursion(&file, &mut complaints);
            check_unsafe(&file, &mut complaints);
            counts.push((short, unsafe_sites(&code)));
        }
    }
    let ledger = workspace::root().join("unsafe-ledger.txt");
    if arguments.iter().any(|argument| argument == "--ledger") {
        std::fs::write(&ledger, ledger::write(&counts))?;
        println!("tidy: wrote {}", workspace::short(&ledger));
    }
    let budgets = if ledger.is_file() { workspace::read(&ledger)? } else { String::new() };
    complaints.extend(ledger::compare(&budgets, &counts));
    if complaints.is_empty() {
        let sites: usize = counts.iter().map(|(_, sites)| sites).sum();
        println!("tidy: {} files, {sites} unsafe sites within their budgets", counts.len());
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

fn check_sizes(file: &File, complaints: &mut Vec<String>) {
    let lines = file.text.lines().count();
    if file.path.ends_with("src/lib.rs") && lines > LIB_LINES_MAX {
        complaints.push(format!("{}: {lines} lines; a lib.rs has at most {LIB_LINES_MAX}", file.path));
    }
    if lines > FILE_LINES_MAX {
        complaints.push(format!("{}: {lines} lines; no file has more than {FILE_LINES_MAX}", file.path));
    } else if lines > FILE_LINES_REASON && !file.text.starts_with("//! Long because: ") {
        complaints.push(format!(
            "{}: {lines} lines; above {FILE_LINES_REASON} the first line says `//! Long because: ...`",
            file.path
        ));
    }
}

fn check_name(path: &Path, file: &File, complaints: &mut Vec<String>) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    for name in [stem, folder] {
        if FORBIDDEN_MODULES.contains(&&*name) {
            complaints.push(format!("{}: `{name}` says nothing about what is in it", file.path));
        }
    }
}

/// Work that is left open must say why and until when.
fn check_unfinished(file: &File, complaints: &mut Vec<String>) {
    for (index, line) in file.text.lines().enumerate() {
        for word in ["TODO", "FIXME", "XXX"] {
            let Some((before, after)) = line.split_once(word) else { continue };
            let is_comment = before.contains("//");
            if is_comment && after.trim_start_matches([':', ' ']).split_whitespace().count() < 3 {
                complaints.push(format!("{}:{}: a {word} needs its reason", file.path, index + 1));
            }
        }
    }
}

/// Recursion over values of a program overflows the native stack when the program wants it to.
fn check_recursion(file: &File, complaints: &mut Vec<String>) {
    if !NO_RECURSION.iter().any(|prefix| file.path.starts_with(prefix)) || is_for_tests(file.path) {
        return;
    }
    let code = file.code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    for function in source::functions(code) {
        if calls_itself(function.name, function.body) {
            complaints.push(format!(
                "{}:{}: `{}` calls itself; walk values with a work list",
                file.path, function.line, function.name
            ));
        }
    }
}

/// Tests, examples and fuzz models build their own data, whose depth they choose.
fn is_for_tests(path: &str) -> bool {
    ["/tests/", "/examples/", "/src/fuzz"].iter().any(|part| path.contains(part))
}

/// `name(`, `self.name(` or `Self::name(`; a call on another value or of another module's function is not this one.
fn calls_itself(name: &str, body: &str) -> bool {
    let call = format!("{name}(");
    body.match_indices(&call).any(|(at, _)| {
        let before = &body[..at];
        let Some(last) = before.chars().next_back() else { return true };
        match last {
            '.' => before.ends_with("self.") && !before.ends_with(".self."),
            ':' => before.ends_with("Self::"),
            last => !last.is_alphanumeric() && last != '_' && !before.trim_end().ends_with("fn"),
        }
    })
}

fn check_unsafe(file: &File, complaints: &mut Vec<String>) {
    let allowed = UNSAFE_CRATES.iter().any(|prefix| file.path.starts_with(prefix));
    if unsafe_sites(file.code) == 0 {
        return;
    }
    if !allowed {
        complaints
            .push(format!("{}: unsafe code belongs in heap, vm, jit, runtime and capi alone", file.path));
    } else if !states_contract(file) {
        complaints.push(format!("{}: unsafe code needs a file that says what it relies on", file.path));
    }
}

/// The contract stands in the file, or at the top of the `mod.rs` of its folder, for a folder of handlers.
fn states_contract(file: &File) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("safety");
    let folder = Path::new(file.path).parent().unwrap_or(Path::new(""));
    says(file.text)
        || workspace::read(&workspace::root().join(folder).join("mod.rs")).is_ok_and(|text| says(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_itself_is_found_and_a_call_of_another_is_not() {
        assert!(calls_itself("walk", "{ for x in xs { walk(x) } }"));
        assert!(calls_itself("walk", "{ self.walk(x) }"));
        assert!(calls_itself("walk", "{ Self::walk(x) }"));
        assert!(!calls_itself("walk", "{ rewalk(x); other.walk(x); list::walk(x) }"));
    }

    #[test]
    fn long_files_need_their_reason() {
        let long = "//! Text.\n".repeat(FILE_LINES_REASON + 1);
        let mut complaints = Vec::new();
        check_sizes(&File { path: "crates/a/src/b.rs", text: &long, code: "" }, &mut complaints);
        assert_eq!(complaints.len(), 1);
        let reason = format!("//! Long because: one row an instruction.\n{long}");
        check_sizes(&File { path: "crates/a/src/b.rs", text: &reason, code: "" }, &mut complaints);
        assert_eq!(complaints.len(), 1);
    }
}
