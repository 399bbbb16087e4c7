//! Writes functions.

use std::collections::BTreeSet;

use super::constant::constant_text;
use super::lexer::quoted;
use super::write::{number, span, statement};
use super::{FLAG_WORDS, prefix};
use crate::decode::{Instruction, decode_at};
use crate::operand::{Operand, Role, SPECIALS};
use crate::unit::{Capture, Constant, FunctionDef, VariablePlace};

/// How many characters of a constant are shown behind an instruction that names it.
const COMMENT_CHARACTERS_MAX: usize = 60;

pub(super) fn function(index: usize, function: &FunctionDef, out: &mut String) {
    let mut head = format!("function {index} {}", quoted(&function.name));
    number(&mut head, "registers", function.registers.into());
    number(&mut head, "captures", function.captures.into());
    number(&mut head, "caches", function.caches.into());
    span(&mut head, function.span);
    flags(&mut head, function.flags);
    statement(out, &head);
    if !function.doc.is_empty() {
        statement(out, &format!("  doc {}", quoted(&function.doc)));
    }
    for parameter in &function.params {
        let optional = if parameter.optional { " optional" } else { "" };
        statement(out, &format!("  param {}{optional}", quoted(&parameter.name)));
    }
    for (index, constant) in function.constants.iter().enumerate() {
        statement(out, &format!("  constant {} ; k{index}", constant_text(constant)));
    }
    for prototype in &function.prototypes {
        let mut line = format!("  prototype {}", prototype.function);
        for capture in &prototype.captures {
            match capture {
                Capture::Register(register) => line.push_str(&format!(" r{register}")),
                Capture::Outer(outer) => line.push_str(&format!(" u{outer}")),
            }
        }
        statement(out, &line);
    }
    for shape in &function.shapes {
        let names: Vec<String> = shape.names.iter().map(|name| format!(" {}", quoted(name))).collect();
        statement(out, &format!("  shape {}{}", shape.positional, names.concat()));
    }
    for variable in &function.variables {
        let (name, place) = (quoted(&variable.name), place_text(variable.place));
        statement(out, &format!("  variable {name} {place} @{} @{}", variable.start, variable.end));
    }
    code(function, out);
    statement(out, "end");
}

fn place_text(place: VariablePlace) -> String {
    match place {
        VariablePlace::Register(register) => format!("r{register}"),
        VariablePlace::Cell(register) => format!("cell r{register}"),
        VariablePlace::Capture(index) => format!("u{index}"),
        VariablePlace::CaptureCell(index) => format!("cell u{index}"),
    }
}

fn flags(head: &mut String, flags: u16) {
    let mut rest = flags;
    for (bit, word) in FLAG_WORDS {
        if flags & bit != 0 {
            head.push_str(&format!(" {word}"));
            rest &= !bit;
        }
    }
    number(head, "flags", rest.into());
}

/// One line of code: an instruction, or a word that is none.
enum Line {
    Instruction(Instruction),
    Word(u32, u32),
}

impl Line {
    fn pc(&self) -> u32 {
        match self {
            Line::Instruction(instruction) => instruction.pc,
            Line::Word(pc, _) => *pc,
        }
    }
}

fn decode_lines(code: &[u32]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pc = 0;
    while pc < code.len() {
        match decode_at(code, pc) {
            Ok(instruction) => {
                pc += instruction.op.words();
                lines.push(Line::Instruction(instruction));
            }
            Err(_) => {
                lines.push(Line::Word(pc as u32, code[pc]));
                pc += 1;
            }
        }
    }
    lines
}

/// Where lines start, and the end of the code: places that can have a label.
struct Places {
    starts: Vec<u32>,
}

impl Places {
    fn has(&self, pc: u32) -> bool {
        self.starts.binary_search(&pc).is_ok()
    }

    /// A label or, between instructions, a number of words.
    fn name(&self, pc: u32) -> String {
        if self.has(pc) { format!("L{pc}") } else { format!("@{pc}") }
    }

    /// The target of a jump that can be named by a label.
    fn jump_target(&self, instruction: &Instruction) -> Option<u32> {
        let target = u32::try_from(instruction.jump_target()?).ok()?;
        self.has(target).then_some(target)
    }
}

fn code(function: &FunctionDef, out: &mut String) {
    let lines = decode_lines(&function.code);
    let mut starts: Vec<u32> = lines.iter().map(Line::pc).collect();
    starts.push(function.code.len() as u32);
    let places = Places { starts };
    for handler in &function.handlers {
        let [from, to, target] = [handler.start, handler.end, handler.target].map(|pc| places.name(pc));
        let finally = if handler.finally { " finally" } else { "" };
        statement(out, &format!("  handler {from} {to} {target} r{}{finally}", handler.register));
    }
    let sorted = function.lines.is_sorted_by_key(|entry| entry.pc);
    let inline = sorted && function.lines.iter().all(|entry| places.has(entry.pc));
    if !inline {
        for entry in &function.lines {
            statement(out, &format!("  line @{} {} {}", entry.pc, entry.start, entry.end));
        }
    }
    statement(out, "code");
    let labels = labels(function, &lines, &places);
    let comments: Vec<String> = function.constants.iter().map(comment).collect();
    let mut entries = if inline { function.lines.as_slice() } else { &[] }.iter().peekable();
    for line in &lines {
        if labels.contains(&line.pc()) {
            statement(out, &format!("L{}:", line.pc()));
        }
        while let Some(entry) = entries.next_if(|entry| entry.pc == line.pc()) {
            statement(out, &format!("  line {} {}", entry.start, entry.end));
        }
        match line {
            Line::Instruction(instruction) => {
                statement(out, &instruction_text(instruction, &places, &comments))
            }
            Line::Word(_, word) => statement(out, &format!("  word 0x{word:08x}")),
        }
    }
    if labels.contains(&(function.code.len() as u32)) {
        statement(out, &format!("L{}:", function.code.len()));
    }
    for entry in entries {
        statement(out, &format!("  line {} {}", entry.start, entry.end));
    }
}

/// Every place that something in the function refers to.
fn labels(function: &FunctionDef, lines: &[Line], places: &Places) -> BTreeSet<u32> {
    let jumps = lines.iter().filter_map(|line| match line {
        Line::Instruction(instruction) => places.jump_target(instruction),
        Line::Word(..) => None,
    });
    let ranges = function.handlers.iter().flat_map(|handler| [handler.start, handler.end, handler.target]);
    jumps.chain(ranges.filter(|&pc| places.has(pc))).collect()
}

/// The start of a constant, made once for all instructions that name it.
fn comment(constant: &Constant) -> String {
    constant_text(constant).chars().take(COMMENT_CHARACTERS_MAX).collect()
}

fn instruction_text(instruction: &Instruction, places: &Places, comments: &[String]) -> String {
    let mut line = format!("  {}", instruction.op.row().mnemonic);
    let mut comment = None;
    for (index, operand) in instruction.operands().enumerate() {
        line.push_str(if index == 0 { " " } else { ", " });
        line.push_str(&operand_text(&operand, instruction, places));
        if matches!(operand.role, Role::Constant(_)) {
            comment = usize::try_from(operand.value).ok().and_then(|index| comments.get(index));
        }
    }
    if let Some(comment) = comment {
        line.push_str(" ; ");
        line.push_str(comment);
    }
    line
}

fn operand_text(operand: &Operand, instruction: &Instruction, places: &Places) -> String {
    let value = operand.value;
    match operand.role {
        Role::Shape if value == 0 => "-".to_string(),
        Role::Shape => format!("s{}", value - 1),
        Role::Special => {
            let word = usize::try_from(value).ok().and_then(|index| SPECIALS.get(index));
            word.map_or_else(|| value.to_string(), |word| word.to_string())
        }
        Role::Jump => match places.jump_target(instruction) {
            Some(target) => format!("L{target}"),
            None => format!("{value:+}"),
        },
        role => match prefix(role) {
            Some(letter) => format!("{letter}{value}"),
            None => value.to_string(),
        },
    }
}
