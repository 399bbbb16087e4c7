//! The language of docs/frontends.md: the document shows the file that is compiled, and its programs run.

use std::path::PathBuf;
use std::sync::Arc;

use dunlin::{Engine, FailureKind, FrontEnds, MemoryOutput, Settings};

const SOURCE: &str = include_str!("../src/tally.rs");

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/frontends.md")
}

fn engine() -> Engine {
    let mut front_ends = FrontEnds::new();
    front_ends.add(Arc::new(toy::Tally));
    Engine::new(Settings { front_ends, ..Settings::default() }).expect("the settings are the usual ones")
}

fn run(path: &str, text: &str) -> Result<String, dunlin::Failure> {
    let engine = engine();
    let program = engine.compile_source(path, text)?;
    let output = Arc::new(MemoryOutput::default());
    engine.run_unit_into(program.into_unit(), Box::new(output.clone()))?;
    Ok(output.take())
}

/// The text between a fence of this language and its end.
fn fenced<'a>(text: &'a str, fence: &str) -> &'a str {
    let start = text.find(fence).expect("the document has the fence") + fence.len();
    let end = text[start..].find("\n```").expect("the fence is closed");
    text[start..start + end].trim_start_matches('\n')
}

#[test]
fn the_document_shows_the_file() {
    let text = std::fs::read_to_string(document()).expect("the document is there");
    let shown = fenced(&text, "```rust tally.rs");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let start = shown.as_ptr() as usize - text.as_ptr() as usize;
        let updated = [&text[..start], SOURCE.trim_end(), &text[start + shown.len()..]].concat();
        std::fs::write(document(), updated).expect("the document can be written");
    } else {
        assert_eq!(shown, SOURCE.trim_end(), "bless with UPDATE_EXPECT=1");
    }
}

#[test]
fn the_program_of_the_document_prints_what_it_says() {
    let text = std::fs::read_to_string(document()).expect("the document is there");
    let program = fenced(&text, "```text squares.tally");
    let output = run("squares.tally", program).expect("the program runs");
    let expected: Vec<&str> = program.lines().filter_map(|line| line.split("Expected: ").nth(1)).collect();
    assert!(expected.len() > 2);
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    for (text, place, message) in [
        ("set a = 1\nshow a + b\n", "2:10", "no line above sets `b`"),
        ("show 1 +\n", "1:8", "an operand is missing behind this"),
        ("end\n", "1:1", "this `end` ends nothing"),
        ("while 1\n", "1:1", "a `while` has no `end`"),
        ("jump 1\n", "1:1", "expected `set`, `show`, `while` or `end`"),
    ] {
        let failure = run("wrong.tally", text).expect_err("a mistake");
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(failure.report.contains(place) && failure.report.contains(message), "{}", failure.report);
    }
}

#[test]
fn errors_of_a_run_lead_back_to_the_text() {
    let failure = run("zero.tally", "set a = 0\nshow 1 % a\n").expect_err("a division by zero");
    assert_eq!(failure.kind, FailureKind::Uncaught);
    assert!(failure.report.contains("zero.tally:2:6"), "{}", failure.report);
}

#[test]
fn comments_are_tests() {
    let folder = std::env::temp_dir().join(format!("tally-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("ok.tally");
    std::fs::write(&path, "show 2 * 3 # Expected: 6\nshow 1 # Expected: 2\n").expect("a file");
    let results = engine().test_file(&path.display().to_string(), &|_| true).expect("it runs");
    let failure = results[0].failure.as_ref().expect("the second line differs");
    assert!(failure.report.contains("line 2: expected \"2\", found \"1\""), "{}", failure.report);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}
