//! Forms as text, one style: a form that fits goes on one line, otherwise its parts each on their own.

use std::fmt::Write;

use super::{Sexpr, SexprKind};

const WIDTH_MAX: usize = 100;

/// The text of a form, ending in a line break.
pub fn print(form: &Sexpr) -> String {
    let mut out = String::new();
    write_form(form, 0, &mut out);
    out.push('\n');
    out
}

/// The text of a form on one line, cut off where it gets too long.
pub(super) fn on_one_line(form: &Sexpr, width: usize) -> String {
    let mut text = String::new();
    if !fits(form, width, &mut text) {
        let end = (0..=width.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn write_form(form: &Sexpr, indent: usize, out: &mut String) {
    let SexprKind::List(list) = &form.kind else { return write_atom(form, out) };
    let start = out.len();
    if fits(form, (WIDTH_MAX.saturating_sub(indent)).max(20) + start, out) {
        return;
    }
    out.truncate(start);
    out.push('(');
    for (index, part) in list.iter().enumerate() {
        if index > 0 {
            let _ = write!(out, "\n{:width$}", "", width = indent + 2);
        }
        write_form(part, indent + 2, out);
    }
    out.push(')');
}

/// Writes a form on one line, as long as the whole text stays below a length.
fn fits(form: &Sexpr, length_max: usize, out: &mut String) -> bool {
    let SexprKind::List(list) = &form.kind else {
        write_atom(form, out);
        return out.len() <= length_max;
    };
    out.push('(');
    for (index, part) in list.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if !fits(part, length_max, out) {
            return false;
        }
    }
    out.push(')');
    out.len() <= length_max
}

fn write_atom(form: &Sexpr, out: &mut String) {
    let _ = match &form.kind {
        SexprKind::List(_) => Ok(()),
        SexprKind::Name(name) => write_name(name, form.mark.0, out),
        SexprKind::Nil => write!(out, "nil"),
        SexprKind::Bool(value) => write!(out, "{value}"),
        SexprKind::Int(value) => write!(out, "{value}"),
        SexprKind::BigInt(digits) => write!(out, "{digits}"),
        SexprKind::Float(value) => write_float(*value, out),
        SexprKind::Char(value) => {
            out.push('\'');
            write_char(*value, '\'', out);
            write!(out, "'")
        }
        SexprKind::String(text) => write_text("", text, out),
        SexprKind::Symbol(text) if is_plain_symbol(text) => write!(out, ":{text}"),
        SexprKind::Symbol(text) => write_text(":", text, out),
        SexprKind::Regex(text) => write_text("re", text, out),
        SexprKind::Bytes(bytes) => write_bytes(bytes, out),
    };
}

fn write_name(name: &str, mark: u32, out: &mut String) -> std::fmt::Result {
    let plain = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(is_name_char);
    // Words that read as something else are quoted, as are names with characters that end an atom.
    let looks_like_number =
        name.starts_with('-') && name[1..].starts_with(|next: char| next.is_ascii_digit());
    let result = if plain && !looks_like_number && !matches!(name, "nil" | "true" | "false") {
        write!(out, "{name}")
    } else {
        write_text("@", name, out)
    };
    if mark > 0 { write!(out, "#{mark}") } else { result }
}

/// Characters that a bare name may hold.
pub(super) fn is_name_char(character: char) -> bool {
    character.is_alphanumeric() || "_?!+-*/~%&|^<>=.".contains(character)
}

fn is_plain_symbol(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '?'))
}

fn write_float(value: f64, out: &mut String) -> std::fmt::Result {
    // A number too large for a double is infinite; this spelling reads back as the same.
    if value.is_infinite() {
        write!(out, "{}1e999", if value < 0.0 { "-" } else { "" })
    } else {
        write!(out, "{value:?}")
    }
}

fn write_char(character: char, quote: char, out: &mut String) {
    let _ = match character {
        '\n' => write!(out, "\\n"),
        '\t' => write!(out, "\\t"),
        '\r' => write!(out, "\\r"),
        '\\' => write!(out, "\\\\"),
        _ if character == quote => write!(out, "\\{character}"),
        _ if character.is_control() => write!(out, "\\u{{{:x}}}", u32::from(character)),
        _ => write!(out, "{character}"),
    };
}

fn write_text(prefix: &str, text: &str, out: &mut String) -> std::fmt::Result {
    write!(out, "{prefix}\"")?;
    for character in text.chars() {
        write_char(character, '"', out);
    }
    write!(out, "\"")
}

fn write_bytes(bytes: &[u8], out: &mut String) -> std::fmt::Result {
    write!(out, "b\"")?;
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte))?,
            b' '..=b'~' => out.push(char::from(byte)),
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    write!(out, "\"")
}
