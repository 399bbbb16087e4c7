//! docs/bytecode.md says what the crate does: its table is that of the code, its examples assemble and are valid.

use std::path::PathBuf;

use bytecode::text::{assemble, disassemble};
use bytecode::validate;

const START: &str = "<!-- instructions -->\n";
const END: &str = "<!-- end of instructions -->";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/bytecode.md")
}

#[test]
fn the_table_is_that_of_the_code() {
    let page = std::fs::read_to_string(path()).expect("docs/bytecode.md can be read");
    let (before, rest) = page.split_once(START).expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place ends");
    let expected = format!("{before}{START}{}{END}{after}", bytecode::document::instruction_table());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path(), expected).expect("docs/bytecode.md can be written");
    } else {
        assert!(page == expected, "docs/bytecode.md is not up to date: run with UPDATE_EXPECT=1");
    }
}

#[test]
fn the_examples_are_valid_units() {
    let page = std::fs::read_to_string(path()).expect("docs/bytecode.md can be read");
    let examples: Vec<&str> =
        page.split("```dna\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        let unit = assemble(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        assert_eq!(assemble(&disassemble(&unit)), Ok(unit.clone()));
        validate(unit).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
