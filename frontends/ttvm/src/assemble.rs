//! Text to program: one instruction a line, `;` starts a comment anywhere, `LABEL name` names an address.
//!
//! Nothing is skipped: an unknown opcode, a missing or malformed operand and an unknown label are mistakes with their
//! place. All of them are reported.

use std::collections::HashMap;

use diag::{Diagnostic, FileId, Span};

use crate::opcode::{Opcode, OperandKind, Way};
use crate::program::{INSTRUCTIONS_MAX, Instruction, Operand, Program, mistake};

/// Reads a program. It is usable when there are no mistakes.
pub fn assemble(text: &str, file: FileId) -> (Program, Vec<Diagnostic>) {
    assemble_behind(&mut Labels::new(), 0, text, file)
}

/// Labels with their addresses.
pub type Labels = HashMap<String, u32>;

/// Reads what stands behind so many instructions of a program that has these labels already; those of the text are added.
pub fn assemble_behind(
    labels: &mut Labels,
    start: u32,
    text: &str,
    file: FileId,
) -> (Program, Vec<Diagnostic>) {
    let mut assembler = Assembler { labels, start, mistakes: Vec::new(), file };
    let lines = assembler.lines(text);
    let mut program = Program::default();
    for line in &lines {
        match assembler.instruction(line) {
            Ok(instruction) => program.code.push(instruction),
            Err(finding) => assembler.mistakes.push(finding),
        }
    }
    let end = start + lines.len() as u32;
    if end as usize > INSTRUCTIONS_MAX {
        let span = Span::new(file, 0, 0);
        assembler.mistakes.push(mistake(span, format!("more than {INSTRUCTIONS_MAX} instructions")));
    }
    let beyond = program.code.iter().filter(|instruction| instruction.target().is_some_and(|at| at > end));
    let beyond: Vec<Diagnostic> = beyond
        .map(|instruction| {
            mistake(instruction.span, format!("the program has {end} instructions, so no such address"))
        })
        .collect();
    assembler.mistakes.extend(beyond);
    (program, assembler.mistakes)
}

/// A line with an instruction: opcode, operand text, and where they are.
struct Line<'a> {
    word: &'a str,
    operand: &'a str,
    span: Span,
}

struct Assembler<'l> {
    labels: &'l mut Labels,
    /// The address of the first instruction.
    start: u32,
    mistakes: Vec<Diagnostic>,
    file: FileId,
}

impl Assembler<'_> {
    /// The lines that are instructions; labels are kept on the way, the last of a name wins.
    fn lines<'a>(&mut self, text: &'a str) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let code = line.split(';').next().unwrap_or_default().trim();
            let at = start + (code.as_ptr() as usize - line.as_ptr() as usize);
            start += line.len();
            if code.is_empty() {
                continue;
            }
            let span = Span::new(self.file, at as u32, (at + code.len()) as u32);
            let (word, operand) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
            let operand = operand.trim();
            if word != "LABEL" {
                lines.push(Line { word, operand, span });
            } else if operand.is_empty() || operand.contains(char::is_whitespace) {
                self.mistakes.push(mistake(span, "LABEL needs one name"));
            } else {
                self.labels.insert(operand.to_string(), self.start + lines.len() as u32);
            }
        }
        lines
    }

    fn instruction(&self, line: &Line<'_>) -> Result<Instruction, Diagnostic> {
        let Some(op) = Opcode::from_word(line.word) else {
            return Err(mistake(line.span, format!("unknown opcode: {}", line.word)));
        };
        if let Way::Refused(reason) = op.way() {
            return Err(mistake(line.span, format!("{} is not available: {reason}", line.word)));
        }
        let operand = self.operand(op.operand(), line)?;
        Ok(Instruction { op, operand, span: line.span })
    }

    fn operand(&self, kind: OperandKind, line: &Line<'_>) -> Result<Operand, Diagnostic> {
        let text = line.operand;
        let needs = |what: &str| mistake(line.span, format!("{} needs {what}, found `{text}`", line.word));
        let is_empty = text.is_empty();
        Ok(match kind {
            OperandKind::None if is_empty => Operand::None,
            OperandKind::None => return Err(needs("no operand")),
            OperandKind::Int => Operand::Int(text.parse().map_err(|_| needs("an integer of 64 bits"))?),
            OperandKind::Float => Operand::Float(text.parse().map_err(|_| needs("a number"))?),
            OperandKind::Bool => Operand::Bool(text.parse().map_err(|_| needs("true or false"))?),
            OperandKind::Count => Operand::Count(text.parse().map_err(|_| needs("a number of values"))?),
            OperandKind::Str if is_empty => return Err(needs("a string")),
            OperandKind::Str => Operand::Text(unquoted(text).to_string()),
            OperandKind::Word if is_empty => return Err(needs("a name")),
            OperandKind::Word | OperandKind::WordOrNone => Operand::Text(text.to_string()),
            OperandKind::NameOrNone if is_empty => Operand::None,
            OperandKind::Path | OperandKind::Name | OperandKind::NameOrNone => {
                let name = unquoted(text);
                if name.is_empty() {
                    return Err(needs(if kind == OperandKind::Path { "a path" } else { "a name" }));
                }
                Operand::Text(name.to_string())
            }
            OperandKind::Pid | OperandKind::Milliseconds if is_empty => Operand::None,
            OperandKind::Pid => {
                Operand::Int(text.parse::<u32>().map_err(|_| needs("a process number"))?.into())
            }
            OperandKind::Milliseconds => {
                Operand::Int(text.parse::<u32>().map_err(|_| needs("a number of milliseconds"))?.into())
            }
            OperandKind::Target if !is_empty && !text.contains(char::is_whitespace) => {
                Operand::Target(self.target(text, line)?)
            }
            OperandKind::Target => return Err(needs("an address or a label")),
            OperandKind::Label => match self.labels.get(text) {
                Some(target) => Operand::Target(*target),
                None => return Err(unknown_label(text, line)),
            },
            OperandKind::Call => {
                let mut words = text.split_whitespace();
                let Some(target) = words.next() else { return Err(needs("an address or a label")) };
                let target = self.target(target, line)?;
                Operand::Call { target, params: words.map(str::to_string).collect() }
            }
        })
    }

    fn target(&self, text: &str, line: &Line<'_>) -> Result<u32, Diagnostic> {
        let label = || self.labels.get(text).copied().ok_or_else(|| unknown_label(text, line));
        text.parse().or_else(|_| label())
    }
}

fn unknown_label(text: &str, line: &Line<'_>) -> Diagnostic {
    if text.is_empty() {
        return mistake(line.span, format!("{} needs a label", line.word));
    }
    mistake(line.span, format!("unknown label: {text}"))
}

/// A text without the quotes around it; a comment may have taken the closing one away.
fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        assemble(text, FileId(0)).1.into_iter().map(|finding| finding.message.to_string()).collect()
    }

    #[test]
    fn labels_have_no_address_and_the_last_wins() {
        let text = "LABEL a\nPUSH_INT 1 ; one\n\n  JMP a\nLABEL a\nHALT\nLABEL end";
        let (program, mistakes) = assemble(text, FileId(0));
        assert!(mistakes.is_empty());
        assert_eq!(program.code.len(), 3);
        assert_eq!(program.code[1].operand, Operand::Target(2));
        assert_eq!(&text[program.code[1].span.start as usize..program.code[1].span.end as usize], "JMP a");
    }

    #[test]
    fn comments_start_inside_strings_and_quotes_are_optional() {
        let (program, _) = assemble("PUSH_STR \"a;b\"\nPUSH_STR a b\nPUSH_STR \"x\\n\"", FileId(0));
        let texts: Vec<&str> = program.code.iter().map(Instruction::text).collect();
        assert_eq!(texts, ["a", "a b", "x\\n"]);
    }

    #[test]
    fn every_mistake_is_reported() {
        let found = messages("FOO\nPUSH_INT x\nJMP nowhere\nJMP 9\nLABEL\nADD 1\nTRY 1\nENCRYPT\n");
        assert_eq!(found.len(), 8, "{found:?}");
        assert!(found.iter().any(|text| text == "unknown opcode: FOO"));
        assert!(found.iter().any(|text| text == "unknown label: nowhere"));
        assert!(found.iter().any(|text| text.contains("no such address")));
    }

    #[test]
    fn every_opcode_is_found_by_its_word() {
        for &(op, word) in Opcode::ALL {
            assert_eq!(Opcode::from_word(word), Some(op));
        }
    }
}
