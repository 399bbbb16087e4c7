//! The formatter on every program of the project, and on the golden files under `tests/fmt`.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a folder whose names have an ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
}

#[test]
fn every_program_keeps_its_meaning_and_comments() {
    let mut found = Vec::new();
    for folder in ["tests", "benches", "examples", "crates"] {
        files(&root().join(folder), "dn", &mut found);
    }
    assert!(found.len() > 100, "only {} programs found", found.len());
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a program is text");
        let result = std::panic::catch_unwind(|| fmt::check_text(&text));
        assert!(result.is_ok(), "{}", path.display());
    }
}

/// `name.unformatted` formatted is `name.formatted`; `UPDATE_EXPECT=1` writes the latter.
#[test]
fn golden_files() {
    let mut found = Vec::new();
    files(&root().join("tests/fmt"), "unformatted", &mut found);
    assert!(!found.is_empty());
    for input in found {
        let output = input.with_extension("formatted");
        let text = std::fs::read_to_string(&input).expect("a program is text");
        let formatted =
            fmt::format(&text).unwrap_or_else(|diagnostics| panic!("{}: {diagnostics:#?}", input.display()));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&output, &formatted).expect("the golden file can be written");
        }
        assert_eq!(std::fs::read_to_string(&output).unwrap_or_default(), formatted, "{}", input.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fmt_idempotent(bytes in proptest::collection::vec(any::<u8>(), 0..96)) {
        fmt::fmt_idempotent(&bytes);
    }
}
