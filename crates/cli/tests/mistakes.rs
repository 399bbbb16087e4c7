//! Common mistakes as people see them: `dunlin run` of `tests/diagnostics/mistakes/NAME.dn` reports `NAME.txt`, and
//! `dunlin check` says the same and more where the text begins with its warnings. `UPDATE_EXPECT=1` writes the latter.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/diagnostics/mistakes")
}

fn report_of(command: &str, name: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dunlin"))
        .args([command, name])
        .current_dir(folder())
        .output()
        .expect("the command was built");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_mistake_is_reported_as_its_text_says() {
    let entries = std::fs::read_dir(folder()).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dn"));
    files.sort();
    assert!(files.len() >= 20, "only {} mistakes were found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (checked, run) = (report_of("check", &name), report_of("run", &name));
        let found = if checked == run { run } else { format!("{checked}-- run --\n{run}") };
        assert!(!found.is_empty(), "{name} is reported by nobody");
        let expected = file.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&expected, &found).expect("the folder can be written");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{name}:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "other reports than expected:\n{}", wrong.join("\n"));
}
