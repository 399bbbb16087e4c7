//! Forms as JSON: a list is an array, a name `{"name": "x"}`, a literal its own JSON value where it has one.

use std::fmt::Write;

use super::{Sexpr, SexprKind};

/// The JSON text of a form. Every form is an object with its span: `{"at": [start, end], ...}`.
pub fn to_json(form: &Sexpr) -> String {
    let mut out = String::new();
    write_form(form, &mut out);
    out.push('\n');
    out
}

fn write_form(form: &Sexpr, out: &mut String) {
    let _ = write!(out, "{{\"at\":[{},{}],", form.span.start, form.span.end);
    let _ = match &form.kind {
        SexprKind::List(list) => {
            out.push_str("\"list\":[");
            for (index, part) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_form(part, out);
            }
            write!(out, "]")
        }
        SexprKind::Name(name) => {
            if form.mark.0 > 0 {
                let _ = write!(out, "\"mark\":{},", form.mark.0);
            }
            write_text("name", name, out)
        }
        SexprKind::Nil => write!(out, "\"nil\":null"),
        SexprKind::Bool(value) => write!(out, "\"bool\":{value}"),
        SexprKind::Int(value) => write!(out, "\"int\":{value}"),
        // JSON readers lose digits of large numbers, and JSON has no infinity.
        SexprKind::BigInt(digits) => write_text("int", digits, out),
        SexprKind::Float(value) if value.is_finite() => write!(out, "\"float\":{value:?}"),
        SexprKind::Float(value) => write_text("float", &value.to_string(), out),
        SexprKind::Char(value) => write_text("char", value.encode_utf8(&mut [0; 4]), out),
        SexprKind::String(text) => write_text("string", text, out),
        SexprKind::Symbol(text) => write_text("symbol", text, out),
        SexprKind::Regex(text) => write_text("regex", text, out),
        SexprKind::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            write!(out, "\"bytes\":[{}]", numbers.join(","))
        }
    };
    out.push('}');
}

fn write_text(key: &str, text: &str, out: &mut String) -> std::fmt::Result {
    write!(out, "\"{key}\":\"")?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if (character as u32) < 0x20 => write!(out, "\\u{:04x}", character as u32)?,
            _ => out.push(character),
        }
    }
    write!(out, "\"")
}
