//! Writes units and classes.

use super::constant::class_text;
use super::lexer::quoted;
use super::{KIND_WORDS, write_function};
use crate::unit::{ClassDef, ExportItem, MethodDef, Unit};

pub(super) fn unit(unit: &Unit, out: &mut String) {
    let mut line = format!("unit {} path {}", quoted(&unit.name), quoted(&unit.path));
    number(&mut line, "entry", unit.entry);
    number(&mut line, "passes", unit.passes);
    statement(out, &line);
    for import in &unit.imports {
        statement(out, &format!("import {}", quoted(&import.path)));
    }
    for slot in &unit.slots {
        statement(out, &format!("slot {}", quoted(slot)));
    }
    for export in &unit.exports {
        let item = match export.item {
            ExportItem::Function(index) => format!("function {index}"),
            ExportItem::Class(index) => format!("class {index}"),
            ExportItem::Slot(index) => format!("slot {index}"),
            ExportItem::Module => "module".to_string(),
        };
        statement(out, &format!("export {} {item}", quoted(&export.name)));
    }
    for (name, function) in &unit.tests {
        statement(out, &format!("test {} {function}", quoted(name)));
    }
    for (name, function) in &unit.benches {
        statement(out, &format!("bench {} {function}", quoted(name)));
    }
    for definition in &unit.classes {
        class(definition, out);
    }
    for (index, function) in unit.functions.iter().enumerate() {
        write_function::function(index, function, out);
    }
}

/// Appends ` word value` unless the value is zero, which is what reading assumes.
pub(super) fn number(line: &mut String, word: &str, value: u32) {
    if value != 0 {
        line.push_str(&format!(" {word} {value}"));
    }
}

pub(super) fn span(line: &mut String, (start, end): (u32, u32)) {
    if (start, end) != (0, 0) {
        line.push_str(&format!(" span {start} {end}"));
    }
}

pub(super) fn statement(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn class(class: &ClassDef, out: &mut String) {
    let (_, kind) = KIND_WORDS
        .iter()
        .find(|(kind, _)| *kind == class.kind)
        .expect("invariant: every kind of class has a word");
    let mut head = format!("class {kind} {}", quoted(&class.name));
    span(&mut head, class.span);
    if class.singleton {
        head.push_str(" singleton");
    }
    statement(out, &head);
    if !class.doc.is_empty() {
        statement(out, &format!("  doc {}", quoted(&class.doc)));
    }
    if let Some(superclass) = &class.superclass {
        statement(out, &format!("  super {}", class_text(superclass)));
    }
    for implemented in &class.traits {
        statement(out, &format!("  trait {}", class_text(implemented)));
    }
    for field in &class.fields {
        let once = if field.set_once { "once " } else { "" };
        statement(out, &format!("  field {once}{}", quoted(&field.name)));
    }
    for name in &class.statics {
        statement(out, &format!("  static {}", quoted(name)));
    }
    for definition in &class.methods {
        statement(out, &method(definition));
    }
    if let Some(constructor) = class.constructor {
        statement(out, &format!("  constructor {constructor}"));
    }
    statement(out, "end");
}

fn method(method: &MethodDef) -> String {
    let mut line = format!("  method {}", quoted(&method.name));
    if let Some(function) = method.function {
        line.push_str(&format!(" {function}"));
    }
    for (holds, word) in [(method.is_static, " static"), (method.is_cast, " cast")] {
        if holds {
            line.push_str(word);
        }
    }
    line
}
