//! The programs in the documents: they run, or are what their fence says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::corpus::{project, short};
use testkit::expectation::Expectation;
use testkit::outcome::{End, Invocation, Outcome};
use testkit::pages::{Block, Purpose, blocks, find_pages};
use testkit::verdict::judge;

fn run(command: &str, code: &str) -> Outcome {
    let name = format!("dunlin-page-{}-{:?}.dn", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name.replace(['(', ')'], ""));
    std::fs::write(&path, code).expect("the folder for temporary files can be written");
    let invocation = Invocation {
        dunlin: Path::new(env!("CARGO_BIN_EXE_dunlin")),
        arguments: vec![command.to_string(), path.display().to_string()],
        input: "",
        folder: None,
        time_max: Duration::from_secs(30),
    };
    let outcome = invocation.run();
    let _ = std::fs::remove_file(&path);
    outcome
}

fn complaints(block: &Block) -> Vec<String> {
    match block.purpose {
        Purpose::Run => judge(&Expectation::read(&block.code), &run("run", &block.code)),
        Purpose::Parse => {
            let outcome = run("parse", &block.code);
            if outcome.end == End::Exit(0) {
                Vec::new()
            } else {
                vec![format!("does not parse:\n{}", outcome.stderr)]
            }
        }
        Purpose::Bad => {
            let outcome = run("check", &block.code);
            if outcome.end == End::Exit(65) { Vec::new() } else { vec!["is not rejected".to_string()] }
        }
        Purpose::Ignore => Vec::new(),
    }
}

fn pages() -> Vec<PathBuf> {
    let mut pages = find_pages(&project().join("docs"));
    pages.retain(|page| !short(page).starts_with("docs/errors/"));
    pages.push(project().join("README.md"));
    pages
}

#[test]
fn programs_in_documents_run() {
    let mut text = String::new();
    let mut count = 0;
    for page in pages() {
        let content = std::fs::read_to_string(&page).expect("the page was just found");
        for block in blocks(&content) {
            count += 1;
            for complaint in complaints(&block) {
                text.push_str(&format!("{}:{}: {complaint}\n", short(&page), block.line));
            }
        }
    }
    assert!(count > 5, "only {count} blocks were found");
    assert!(text.is_empty(), "\n{text}");
}

/// Codes that no short text of one file raises: sizes, imported files, bytecode files, limits and signals of a run,
/// defects of the engine.
/// The corpus names E0131 (tests/spec/macros), E0502, E0503, E0506 (tests/spec/modules) and the limits (tests/limit).
// FIXME: E0009 is named by no test: a source of 256 MB is too much for one.
const SHOWN_BY_NO_PROGRAM: &[&str] = &[
    "E0009", "E0131", "E0502", "E0503", "E0506", "E0601", "E0602", "E0603", "E0604", "E0701", "E1018",
    "E1019", "E1020", "E1101", "E1102", "E1103",
];

/// A page of a diagnostic has a bad example, which raises it, and a good one, which does not.
#[test]
fn pages_of_diagnostics_raise_what_they_explain() {
    let mut text = String::new();
    for page in find_pages(&project().join("docs/errors")) {
        let code = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if code.len() != 5 || !code.starts_with(['E', 'W']) {
            continue;
        }
        let content = std::fs::read_to_string(&page).expect("the page was just found");
        let examples = blocks(&content);
        let raises = |block: &Block| {
            let command = if code.starts_with("E1") { "run" } else { "check" };
            run(command, &block.code).diagnostics.iter().any(|report| report.code == code)
        };
        let (bad, good): (Vec<&Block>, Vec<&Block>) =
            examples.iter().partition(|block| block.purpose == Purpose::Bad);
        if bad.is_empty() && !SHOWN_BY_NO_PROGRAM.contains(&code.as_str()) {
            text.push_str(&format!("{code}: no bad example\n"));
        }
        for block in bad.iter().filter(|block| !raises(block)) {
            text.push_str(&format!("{}:{}: does not raise {code}\n", short(&page), block.line));
        }
        for block in good.iter().filter(|block| raises(block)) {
            text.push_str(&format!("{}:{}: raises {code}\n", short(&page), block.line));
        }
    }
    assert!(text.is_empty(), "\n{text}");
}
