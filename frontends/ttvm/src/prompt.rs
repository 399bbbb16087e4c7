//! Entries of the assembly at a prompt. One program grows: an entry is read behind the instructions of those before it,
//! so it can call their functions, and it finds the stack and the variables as they left them.
//!
//! An entry that begins with a label says something for later ones and runs nothing. An entry that ends with an error
//! leaves the stack and the variables as they were.

use diag::FileId;
use notation::{Entries, Input, Product, Role, Surroundings, Translation};

use crate::assemble::{Labels, assemble_behind};
use crate::opcode::Opcode;
use crate::program::{Instruction, Operand, Program};
use crate::unit;

/// The translator of a prompt.
#[derive(Default)]
pub struct AssemblyPrompt {
    kept: Entered,
    /// The same with the entry that was translated last.
    next: Option<Entered>,
}

/// What was entered so far.
#[derive(Clone, Default)]
struct Entered {
    program: Program,
    labels: Labels,
}

impl Entries for AssemblyPrompt {
    fn translate(&mut self, input: &Input<'_>, surroundings: &mut dyn Surroundings) -> Translation {
        let mut entered = self.kept.clone();
        let start = entered.program.code.len() as u32;
        let (new, mistakes) = assemble_behind(&mut entered.labels, start, input.text, input.file);
        if !mistakes.is_empty() {
            return (None, mistakes);
        }
        let span = input.span(0, input.text.len());
        entered.program.code.extend(new.code);
        // Control does not run on into what is entered next.
        entered.program.code.push(Instruction { op: Opcode::Halt, operand: Operand::None, span });
        let end = entered.program.code.len() as u32 - 1;
        entered.program.entry = Some(if is_definition(input.text) { end } else { start });
        match unit::unit_of(&entered.program, input.path, Role::Expression, surroundings) {
            Ok(unit) => {
                self.next = Some(entered);
                (Some(Product::Unit(unit)), Vec::new())
            }
            Err(finding) => (None, vec![finding]),
        }
    }

    fn keep(&mut self) {
        if let Some(entered) = self.next.take() {
            self.kept = entered;
        }
    }
}

/// Whether the first word of the text is `LABEL`.
fn is_definition(text: &str) -> bool {
    let mut codes = text.lines().map(|line| line.split(';').next().unwrap_or_default().trim());
    let first = codes.find(|code| !code.is_empty()).unwrap_or_default();
    first.split_whitespace().next() == Some("LABEL")
}

/// Whether an entry is over. Definitions, and jumps to labels that are still to come, wait for an empty line at most.
pub fn is_whole(text: &str) -> bool {
    if text.lines().last().is_some_and(|line| line.trim().is_empty()) {
        return true;
    }
    let mut labels = Labels::new();
    let (_, mistakes) = assemble_behind(&mut labels, 0, text, FileId(0));
    let waits = |line: &str| {
        let mut words = line.split(';').next().unwrap_or_default().split_whitespace();
        let jumps = matches!(words.next(), Some("JMP" | "JZ" | "TRY"));
        jumps
            && words.next().is_some_and(|label| label.parse::<u32>().is_err() && !labels.contains_key(label))
    };
    let other_mistakes = mistakes.iter().any(|mistake| !mistake.message.starts_with("unknown label"));
    other_mistakes || !(is_definition(text) || text.lines().any(waits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_and_jumps_ahead_wait() {
        assert!(is_whole("PUSH_INT 1\n"));
        assert!(!is_whole("LABEL f\nRET\n"));
        assert!(is_whole("LABEL f\nRET\n\n"));
        assert!(!is_whole("PUSH_INT 0\nJZ end\n"));
        assert!(is_whole("PUSH_INT 0\nJZ end\nLABEL end\n"));
        assert!(is_whole("JZ end\nPUSH_INT\n"), "a mistake is reported at once");
        assert!(is_whole("CALL f n\n"));
    }
}
