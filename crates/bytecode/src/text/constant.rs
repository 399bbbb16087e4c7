//! Constants and class references in the text form, both ways.

use super::AsmError;
use super::lexer::quoted;
use super::parse::Parser;
use crate::limits::CONSTANT_DEPTH_MAX;
use crate::unit::{ClassRef, Constant, TypeSpec};

/// The text of a constant.
pub(super) fn constant_text(constant: &Constant) -> String {
    match constant {
        Constant::Int(value) => format!("int {value}"),
        Constant::BigInt(digits) => format!("bigint {}", quoted(digits)),
        Constant::Float(value) if value.is_finite() => format!("float {value:?}"),
        Constant::Float(value) => format!("float 0x{:x}", value.to_bits()),
        Constant::Char(value) => format!("char {}", quoted(&value.to_string())),
        Constant::Str(text) => format!("str {}", quoted(text)),
        Constant::Symbol(name) => format!("symbol {}", quoted(name)),
        Constant::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("bytes {}", quoted(&digits))
        }
        Constant::Tuple(elements) => {
            let elements: Vec<String> = elements.iter().map(constant_text).collect();
            format!("tuple ({})", elements.join(", "))
        }
        Constant::Range { start, end, inclusive } => {
            let word = if *inclusive { "range=" } else { "range" };
            format!("{word} ({}, {})", side_text(start), side_text(end))
        }
        Constant::Regex(pattern) => format!("regex {}", quoted(pattern)),
        Constant::Function(index) => format!("function {index}"),
        Constant::Class(class) => format!("class {}", class_text(class)),
        Constant::Method { class, name } => format!("method {} {}", class_text(class), quoted(name)),
        Constant::Builtin(name) => format!("builtin {}", quoted(name)),
        Constant::Import { import, name } => format!("import {import} {}", quoted(name)),
        Constant::Type(spec) => {
            let classes: Vec<String> = spec.any_of.iter().map(class_text).collect();
            format!("type {} {} ({})", quoted(&spec.text), quoted(&spec.subject), classes.join(", "))
        }
    }
}

fn side_text(side: &Option<Constant>) -> String {
    side.as_ref().map_or("open".to_string(), constant_text)
}

/// The text of a class reference.
pub(super) fn class_text(class: &ClassRef) -> String {
    match class {
        ClassRef::Local(index) => format!("local {index}"),
        ClassRef::Import { import, name } => format!("import {import} {}", quoted(name)),
        ClassRef::Builtin(name) => format!("builtin {}", quoted(name)),
    }
}

/// Reads a constant that may nest `depth` levels more.
pub(super) fn constant(parser: &mut Parser<'_>) -> Result<Constant, AsmError> {
    nested(parser, CONSTANT_DEPTH_MAX)
}

fn nested(parser: &mut Parser<'_>, depth: usize) -> Result<Constant, AsmError> {
    let Some(depth) = depth.checked_sub(1) else {
        return parser.error_here("constants are nested too deep");
    };
    let word = parser.word("a kind of constant")?;
    Ok(match word {
        "int" => Constant::Int(parser.number()?),
        "bigint" => Constant::BigInt(parser.text()?),
        "float" => Constant::Float(float(parser)?),
        "char" => Constant::Char(character(parser)?),
        "str" => Constant::Str(parser.text()?),
        "symbol" => Constant::Symbol(parser.text()?),
        "bytes" => Constant::Bytes(bytes(parser)?),
        "tuple" => Constant::Tuple(parser.list(|parser| nested(parser, depth))?),
        "range" => range(parser, false, depth)?,
        "range=" => range(parser, true, depth)?,
        "regex" => Constant::Regex(parser.text()?),
        "function" => Constant::Function(parser.number()?),
        "class" => Constant::Class(class(parser)?),
        "method" => Constant::Method { class: class(parser)?, name: parser.text()? },
        "builtin" => Constant::Builtin(parser.text()?),
        "import" => Constant::Import { import: parser.number()?, name: parser.text()? },
        "type" => {
            let (text, subject) = (parser.text()?, parser.text()?);
            Constant::Type(TypeSpec { text, subject, any_of: parser.list(class)? })
        }
        _ => return parser.error_before("this is no kind of constant"),
    })
}

fn range(parser: &mut Parser<'_>, inclusive: bool, depth: usize) -> Result<Constant, AsmError> {
    let mut sides = parser.list(|parser| match parser.take_word("open") {
        true => Ok(None),
        false => nested(parser, depth).map(Some),
    })?;
    match (sides.pop(), sides.pop(), sides.pop()) {
        (Some(end), Some(start), None) => {
            Ok(Constant::Range { start: Box::new(start), end: Box::new(end), inclusive })
        }
        _ => parser.error_before("a range has two sides"),
    }
}

fn float(parser: &mut Parser<'_>) -> Result<f64, AsmError> {
    let word = parser.word("a number")?;
    let value = match word.strip_prefix("0x") {
        Some(bits) => u64::from_str_radix(bits, 16).ok().map(f64::from_bits),
        None => word.parse().ok(),
    };
    value.map_or_else(|| parser.error_before("this is no number"), Ok)
}

fn character(parser: &mut Parser<'_>) -> Result<char, AsmError> {
    let text = parser.text()?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(value), None) => Ok(value),
        _ => parser.error_before("a char is one character"),
    }
}

fn bytes(parser: &mut Parser<'_>) -> Result<Vec<u8>, AsmError> {
    let text = parser.text()?;
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
        }
        _ => parser.error_before("bytes are pairs of hexadecimal digits"),
    }
}

/// Reads a class reference.
pub(super) fn class(parser: &mut Parser<'_>) -> Result<ClassRef, AsmError> {
    match parser.word("`local`, `import` or `builtin`")? {
        "local" => Ok(ClassRef::Local(parser.number()?)),
        "import" => Ok(ClassRef::Import { import: parser.number()?, name: parser.text()? }),
        "builtin" => Ok(ClassRef::Builtin(parser.text()?)),
        _ => parser.error_before("a class is `local`, `import` or `builtin`"),
    }
}
