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

/// The file of an example: `// file: NAME` in it begins a further one.
fn write_files(folder: &Path, name: &str, text: &str) {
    let mut parts = text.split("// file: ");
    let main = parts.next().map(|part| (name, part));
    let further = parts.filter_map(|part| part.split_once('\n'));
    for (name, content) in main.into_iter().chain(further) {
        std::fs::write(folder.join(name), format!("{content}\n"))
            .expect("the example's own folder can be written");
    }
}

/// What an example makes the command say: programs that fail when they run are run, others are checked, units written by
/// hand are assembled and run.
fn outcomes(code: &str, example: &diag::Example) -> Vec<Outcome> {
    let folder =
        std::env::temp_dir().join(format!("dunlin-example-{}-{code}-{}", std::process::id(), example.is_bad));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    let ending = if example.language == "dunlin" { "dn" } else { example.language };
    let name = format!("main.{ending}");
    write_files(&folder, &name, example.text);
    let run = format!("run {} {name}", example.options);
    let commands = match ending {
        "dna" => vec!["asm main.dna -o main.dnb".to_string(), "run main.dnb".to_string()],
        "dn" if !code.starts_with("E1") => vec![format!("check {name}")],
        _ => vec![run],
    };
    let mut outcomes = Vec::new();
    for command in commands {
        let invocation = Invocation {
            dunlin: Path::new(env!("CARGO_BIN_EXE_dunlin")),
            arguments: command.split_whitespace().map(str::to_string).collect(),
            input: "",
            folder: Some(&folder),
            time_max: Duration::from_secs(30),
        };
        outcomes.push(invocation.run());
    }
    let _ = std::fs::remove_dir_all(&folder);
    outcomes
}

/// The report of a bad example as people see it is kept in `tests/diagnostics/pages`; `UPDATE_EXPECT=1` writes it.
fn other_report(code: &str, outcomes: &[Outcome]) -> Option<String> {
    let path = project().join("tests/diagnostics/pages").join(format!("{code}.txt"));
    let shown: String = outcomes.iter().map(|outcome| outcome.stderr.as_str()).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &shown).expect("the golden file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    (kept != shown).then(|| format!("{code}: the report is no longer that of {}:\n{shown}", path.display()))
}

/// A page of a diagnostic has a bad example, which raises it, and a good one, which does not.
/// S-expressions are left to the tests of their reader; no page shows a file of 64 MB (E0009).
#[test]
fn pages_of_diagnostics_raise_what_they_explain() {
    let mut text = String::new();
    for &code in diag::Code::ALL {
        let code_text = code.as_str();
        for example in diag::examples(code.page()).iter().filter(|example| example.language != "sexpr") {
            let outcomes = outcomes(code_text, example);
            let reports = outcomes.iter().flat_map(|outcome| &outcome.diagnostics);
            let raised: Vec<&str> = reports.map(|report| report.code.as_str()).collect();
            if example.is_bad {
                text.extend(other_report(code_text, &outcomes));
            }
            if example.is_bad && !raised.contains(&code_text) {
                text.push_str(&format!("{code_text}: the bad example raises {raised:?}\n"));
            }
            if !example.is_bad && raised.iter().any(|found| *found == code_text || found.starts_with('E')) {
                text.push_str(&format!("{code_text}: the good example raises {raised:?}\n"));
            }
        }
    }
    assert!(text.is_empty(), "\n{text}");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let path = std::env::temp_dir().join(format!("dunlin-large-{}.dn", std::process::id()));
    let file = std::fs::File::create(&path).expect("the folder for temporary files can be written");
    // A hole: the file takes no room.
    file.set_len((64 << 20) + 1).expect("the length can be set");
    let invocation = Invocation {
        dunlin: Path::new(env!("CARGO_BIN_EXE_dunlin")),
        arguments: vec!["run".to_string(), path.display().to_string()],
        input: "",
        folder: None,
        time_max: Duration::from_secs(60),
    };
    let outcome = invocation.run();
    let _ = std::fs::remove_file(&path);
    assert!(outcome.stderr.starts_with("error[E0009]: "), "{}", outcome.stderr);
}
