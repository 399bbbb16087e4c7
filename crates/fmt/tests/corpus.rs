//! The formatter on every program of the project, and on the golden files under `tests/fmt`.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "dn") {
            found.push(path);
        }
    }
}

#[test]
fn every_program_keeps_its_meaning_and_comments() {
    let mut found = Vec::new();
    for folder in ["tests", "benches", "examples", "crates"] {
        programs(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "only {} programs found", found.len());
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a program is text");
        let result = std::panic::catch_unwind(|| fmt::check_text(&text));
        assert!(result.is_ok(), "{}", path.display());
    }
}

/// `name.in.dn` formatted is `name.out.dn`; `UPDATE_EXPECT=1` writes the latter.
#[test]
fn golden_files() {
    let mut found = Vec::new();
    programs(&root().join("tests/fmt"), &mut found);
    let inputs: Vec<_> = found.iter().filter(|path| path.to_string_lossy().ends_with(".in.dn")).collect();
    assert!(!inputs.is_empty());
    for input in inputs {
        let output = PathBuf::from(input.to_string_lossy().replace(".in.dn", ".out.dn"));
        let text = std::fs::read_to_string(input).expect("a program is text");
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
