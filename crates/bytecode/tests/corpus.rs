//! Units written by hand under tests/bytecode: `valid` ones pass every form and the validator, `refused` ones give
//! the error in their first line (`; error: text`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bytecode::text::{assemble, disassemble};
use bytecode::{Liveness, Op, instructions, validate, wire};

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bytecode").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dna"));
    paths.sort();
    assert!(paths.len() >= 5, "{}", folder.display());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn valid_units_pass_through_every_form() {
    for (path, text) in files("valid") {
        let path = path.display();
        let unit = assemble(&text).unwrap_or_else(|error| panic!("{path}:{error}"));
        assert_eq!(assemble(&disassemble(&unit)).as_ref(), Ok(&unit), "{path}");
        assert_eq!(wire::read(&wire::write(&unit)).as_ref(), Ok(&unit), "{path}");
        let unit = validate(unit).unwrap_or_else(|error| panic!("{path}: {error}"));
        for function in &unit.functions {
            Liveness::new(function).unwrap_or_else(|error| panic!("{path}: {error:?}"));
        }
    }
}

#[test]
fn every_instruction_occurs_in_a_valid_unit() {
    let mut missing: BTreeSet<&str> = Op::ALL.iter().map(|op| op.row().mnemonic).collect();
    for (_, text) in files("valid") {
        let unit = assemble(&text).expect("valid units assemble");
        for function in &unit.functions {
            for instruction in instructions(&function.code).flatten() {
                missing.remove(instruction.op.row().mnemonic);
            }
        }
    }
    assert!(missing.is_empty(), "no unit under tests/bytecode/valid uses {missing:?}");
}

#[test]
fn refused_units_say_why_and_where() {
    for (path, text) in files("refused") {
        let expected = text.lines().next().and_then(|line| line.strip_prefix("; error: "));
        let expected = expected.unwrap_or_else(|| panic!("{}: no expectation", path.display()));
        let error = match assemble(&text) {
            Err(error) => error.to_string(),
            Ok(unit) => validate(unit).expect_err("is refused").to_string(),
        };
        assert_eq!(error, expected, "{}", path.display());
    }
}
