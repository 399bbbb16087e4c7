//! Reads functions.

use std::collections::HashMap;

use super::constant::constant;
use super::lexer::TokenKind;
use super::parse::Parser;
use super::{AsmError, FLAG_WORDS, prefix};
use crate::limits::CODE_WORDS_MAX;
use crate::op::Op;
use crate::operand::{EncodeError, OPERANDS_MAX, Role, SPECIALS, encode};
use crate::unit::{
    CallShape, Capture, FunctionDef, Handler, LineEntry, Param, Prototype, Variable, VariablePlace,
};

/// A place that a label or a number of words names, and the error to raise where it does not exist.
enum Place {
    At(u32),
    Label(String, AsmError),
}

/// Where a label is used; words are patched once all labels are known.
struct JumpSite {
    op: Op,
    values: Vec<i64>,
    operand: usize,
    pc: u32,
    target: Place,
}

struct PendingHandler {
    places: [Place; 3],
    register: u8,
    finally: bool,
}

#[derive(Default)]
struct Body {
    function: FunctionDef,
    labels: HashMap<String, u32>,
    jumps: Vec<JumpSite>,
    handlers: Vec<PendingHandler>,
}

pub(super) fn function(parser: &mut Parser<'_>) -> Result<FunctionDef, AsmError> {
    let mut body = Body::default();
    body.function.name = parser.text()?;
    while !parser.at_line_end() {
        attribute(parser, &mut body.function)?;
    }
    parser.end_line()?;
    loop {
        match parser.word("a part of the function, or `code`")? {
            "code" => break,
            word => part(parser, word, &mut body)?,
        }
        parser.end_line()?;
    }
    parser.end_line()?;
    loop {
        let word = parser.word("an instruction, or `end`")?;
        if parser.take(TokenKind::Colon) {
            let here = body.function.code.len() as u32;
            if body.labels.insert(word.to_string(), here).is_some() {
                return parser.error_before("this label stands at another place, too");
            }
            parser.skip_lines();
            continue;
        }
        match word {
            "end" => break,
            "line" => {
                let pc = body.function.code.len() as u32;
                let (start, end) = (parser.number()?, parser.number()?);
                body.function.lines.push(LineEntry { pc, start, end });
            }
            "word" => body.function.code.push(parser.number()?),
            mnemonic => instruction(parser, mnemonic, &mut body)?,
        }
        if body.function.code.len() > CODE_WORDS_MAX {
            return parser.error_before("the function has too much code");
        }
        parser.end_line()?;
    }
    resolve(parser, body)
}

fn attribute(parser: &mut Parser<'_>, function: &mut FunctionDef) -> Result<(), AsmError> {
    match parser.word("an attribute of the function")? {
        "registers" => function.registers = parser.number()?,
        "captures" => function.captures = parser.number()?,
        "caches" => function.caches = parser.number()?,
        "span" => function.span = (parser.number()?, parser.number()?),
        "flags" => function.flags |= parser.number::<u16>()?,
        word => match FLAG_WORDS.iter().find(|(_, name)| *name == word) {
            Some((bit, _)) => function.flags |= bit,
            None => return parser.error_before("this is no attribute of a function"),
        },
    }
    Ok(())
}

fn part(parser: &mut Parser<'_>, word: &str, body: &mut Body) -> Result<(), AsmError> {
    let function = &mut body.function;
    match word {
        "doc" => function.doc = parser.text()?,
        "param" => {
            let name = parser.text()?;
            function.params.push(Param { name, optional: parser.take_word("optional") });
        }
        "constant" => function.constants.push(constant(parser)?),
        "prototype" => {
            let mut prototype = Prototype { function: parser.number()?, captures: Vec::new() };
            while !parser.at_line_end() {
                prototype.captures.push(capture(parser)?);
            }
            function.prototypes.push(prototype);
        }
        "shape" => {
            let mut shape = CallShape { positional: parser.number()?, names: Vec::new() };
            while !parser.at_line_end() {
                shape.names.push(parser.text()?);
            }
            function.shapes.push(shape);
        }
        "handler" => {
            let places = [place(parser)?, place(parser)?, place(parser)?];
            let register = numbered(parser, 'r')?;
            body.handlers.push(PendingHandler { places, register, finally: parser.take_word("finally") });
        }
        "line" => {
            let pc = numbered(parser, '@')?;
            function.lines.push(LineEntry { pc, start: parser.number()?, end: parser.number()? });
        }
        "variable" => {
            let name = parser.text()?;
            let is_cell = parser.take_word("cell");
            let place = match (capture(parser)?, is_cell) {
                (Capture::Register(register), false) => VariablePlace::Register(register),
                (Capture::Register(register), true) => VariablePlace::Cell(register),
                (Capture::Outer(index), false) => VariablePlace::Capture(index),
                (Capture::Outer(index), true) => VariablePlace::CaptureCell(index),
            };
            let (start, end) = (numbered(parser, '@')?, numbered(parser, '@')?);
            function.variables.push(Variable { name, place, start, end });
        }
        _ => return parser.error_before("this is no part of a function"),
    }
    Ok(())
}

fn capture(parser: &mut Parser<'_>) -> Result<Capture, AsmError> {
    match parser.kind() {
        TokenKind::Word(word) if word.starts_with('u') => Ok(Capture::Outer(numbered(parser, 'u')?)),
        _ => Ok(Capture::Register(numbered(parser, 'r')?)),
    }
}

/// A number with this letter before it.
fn numbered<T: TryFrom<i64>>(parser: &mut Parser<'_>, letter: char) -> Result<T, AsmError> {
    let word = parser.word(&format!("`{letter}` and a number"))?;
    let number = word.strip_prefix(letter).and_then(digits);
    match number.and_then(|number| T::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => parser.error_before(format!("`{letter}` and a number belongs here")),
    }
}

fn digits(word: &str) -> Option<i64> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

fn place(parser: &mut Parser<'_>) -> Result<Place, AsmError> {
    let word = parser.word("a label")?;
    let number = word.strip_prefix('@').and_then(digits);
    if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
        return Ok(Place::At(number));
    }
    let missing = parser.error_before(format!("there is no label `{word}`"));
    missing.or_else(|error| Ok(Place::Label(word.to_string(), error)))
}

fn instruction(parser: &mut Parser<'_>, mnemonic: &str, body: &mut Body) -> Result<(), AsmError> {
    let Some(op) = Op::from_mnemonic(mnemonic) else {
        return parser.error_before(format!("there is no instruction `{mnemonic}`"));
    };
    let pc = body.function.code.len() as u32;
    let mut values = Vec::with_capacity(OPERANDS_MAX);
    let mut target = None;
    for (index, spec) in op.row().format.layout().iter().enumerate() {
        if index > 0 && !parser.take(TokenKind::Comma) {
            return parser.error_here("`,` and another operand belongs here");
        }
        if spec.role == Role::Jump {
            let (value, label) = jump(parser)?;
            target = label.map(|label| (index, label));
            values.push(value);
        } else {
            values.push(operand(parser, spec.role)?);
        }
    }
    let (word, second) = match encode(op, &values) {
        Ok(words) => words,
        Err(EncodeError::OutOfRange { index }) => {
            return parser.error_before(format!("operand {} does not fit", index + 1));
        }
        Err(EncodeError::OperandCount { .. }) => return parser.error_before("operands are missing"),
    };
    body.function.code.push(word.0);
    if op.words() == 2 {
        body.function.code.push(second.0);
    }
    if let Some((operand, target)) = target {
        body.jumps.push(JumpSite { op, values, operand, pc, target });
    }
    Ok(())
}

/// A distance, or zero and a label.
fn jump(parser: &mut Parser<'_>) -> Result<(i64, Option<Place>), AsmError> {
    match parser.kind() {
        TokenKind::Word(word) if word.starts_with(['+', '-']) => Ok((parser.number()?, None)),
        _ => Ok((0, Some(place(parser)?))),
    }
}

fn operand(parser: &mut Parser<'_>, role: Role) -> Result<i64, AsmError> {
    match role {
        Role::Shape if parser.take_word("-") => Ok(0),
        Role::Shape => Ok(numbered::<i64>(parser, 's')?.saturating_add(1)),
        Role::Special => {
            let named = |word: &str| SPECIALS.iter().position(|name| *name == word);
            match parser.kind() {
                TokenKind::Word(word) if named(word).is_some() => {
                    parser.word("a special")?;
                    Ok(named(word).map_or(0, |index| index as i64))
                }
                _ => parser.number(),
            }
        }
        role => match prefix(role) {
            Some(letter) => numbered(parser, letter),
            None => parser.number(),
        },
    }
}

/// Puts the places of labels into jumps and handlers.
fn resolve(parser: &Parser<'_>, body: Body) -> Result<FunctionDef, AsmError> {
    let Body { mut function, labels, jumps, handlers } = body;
    let find = |place: Place| match place {
        Place::At(pc) => Ok(pc),
        Place::Label(name, error) => labels.get(&name).copied().ok_or(error),
    };
    for JumpSite { op, mut values, operand, pc, target } in jumps {
        let target = find(target)?;
        values[operand] = i64::from(target) - i64::from(pc) - op.words() as i64;
        let Ok((word, second)) = encode(op, &values) else {
            return parser.error_before(format!("the jump at word {pc} is too far"));
        };
        let pc = pc as usize;
        function.code[pc] = word.0;
        if op.words() == 2 {
            function.code[pc + 1] = second.0;
        }
    }
    for PendingHandler { places, register, finally } in handlers {
        let [start, end, target] = places;
        let (start, end, target) = (find(start)?, find(end)?, find(target)?);
        function.handlers.push(Handler { start, end, target, register, finally });
    }
    Ok(function)
}
