//! The instruction table as documentation: the section of docs/bytecode.md that a test keeps equal to the rows.

use crate::op::{Effect, Op, fact};
use crate::operand::{Field, OperandSpec};
use crate::text::prefix;

/// The words for the bits of `fact`.
const FACT_WORDS: [(u8, &str); 5] = [
    (fact::THROWS, "raises"),
    (fact::ALLOCATES, "allocates"),
    (fact::BRANCHES, "branches"),
    (fact::ENDS, "ends"),
    (fact::POLLS, "polls"),
];

/// One line of a Markdown table for each instruction, in the order of the encoding.
pub fn instruction_table() -> String {
    let mut out = String::from("| code | instruction | words | effect | facts | what it does |\n");
    out.push_str("| ---: | --- | ---: | --- | --- | --- |\n");
    for &op in Op::ALL {
        let row = op.row();
        let operands: Vec<String> = row.format.layout().iter().map(operand).collect();
        let form = format!("{} {}", row.mnemonic, operands.join(", "));
        let facts: Vec<&str> =
            FACT_WORDS.iter().filter(|(bit, _)| op.has(*bit)).map(|(_, word)| *word).collect();
        let doc = row.doc.replace('|', "\\|");
        out.push_str(&format!(
            "| {} | `{}` | {} | {} | {} | {doc} |\n",
            op as u8,
            form.trim_end(),
            op.words(),
            effect(row.effect),
            facts.join(", "),
        ));
    }
    out
}

/// An operand as the assembler writes it, with the name of its field for the number.
fn operand(spec: &OperandSpec) -> String {
    let field = match spec.field {
        Field::A => "A",
        Field::B => "B",
        Field::C => "C",
        Field::SignedC => "sC",
        Field::Bx => "Bx",
        Field::SignedBx => "sBx",
        Field::SignedJump => "sJ",
        Field::Low => "low",
        Field::High => "high",
        Field::Second => "word",
        Field::SignedSecond => "sWord",
    };
    prefix(spec.role).map_or_else(|| field.to_string(), |letter| format!("{letter}{field}"))
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "none",
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Call => "call",
    }
}
