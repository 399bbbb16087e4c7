//! Core forms, made briefly.

use base::Name;
use diag::Span;
use syntax::ast::Mark;
use syntax::sexpr::{Sexpr, SexprKind};

pub fn form(head: &str, parts: Vec<Sexpr>, span: Span) -> Sexpr {
    Sexpr::form(head, parts, span)
}

/// A name. The compiler tells declarations apart by span and mark; names that are made here share spans, so each gets
/// a mark of its own.
pub fn name(text: &str, span: Span) -> Sexpr {
    let mut name = Sexpr::name(text, span);
    if text.starts_with("g ") {
        name.mark = Mark(
            text.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)),
        );
    }
    name
}

pub fn absent(span: Span) -> Sexpr {
    Sexpr::absent(span)
}

pub fn nil(span: Span) -> Sexpr {
    Sexpr::new(SexprKind::Nil, span)
}

pub fn int(value: i64, span: Span) -> Sexpr {
    Sexpr::new(SexprKind::Int(value), span)
}

pub fn boolean(value: bool, span: Span) -> Sexpr {
    Sexpr::new(SexprKind::Bool(value), span)
}

pub fn string(text: &str, span: Span) -> Sexpr {
    Sexpr::new(SexprKind::String(Name::new(text)), span)
}

pub fn symbol(text: &str, span: Span) -> Sexpr {
    Sexpr::new(SexprKind::Symbol(Name::new(text)), span)
}

/// The support module, as programs import it.
pub const SUPPORT_NAME: &str = "g support";

/// A call of a function of the support module.
pub fn support(function: &str, arguments: Vec<Sexpr>, span: Span) -> Sexpr {
    let mut parts = vec![name(SUPPORT_NAME, span), name(function, span)];
    parts.extend(arguments);
    form("invoke", parts, span)
}

/// A value of the support module.
pub fn support_value(item: &str, span: Span) -> Sexpr {
    form("field", vec![name(SUPPORT_NAME, span), name(item, span)], span)
}

pub fn void(span: Span) -> Sexpr {
    support_value("Void", span)
}

pub fn call(callee: Sexpr, mut arguments: Vec<Sexpr>, span: Span) -> Sexpr {
    arguments.insert(0, callee);
    form("call", arguments, span)
}

pub fn list(items: Vec<Sexpr>, span: Span) -> Sexpr {
    form("list", items, span)
}

pub fn block(statements: Vec<Sexpr>, span: Span) -> Sexpr {
    form("block", statements, span)
}

/// A function value with these parameters.
pub fn closure(params: Vec<Sexpr>, body: Sexpr, span: Span) -> Sexpr {
    form("fn", vec![absent(span), form("params", params, span), block(vec![body], span)], span)
}

pub fn var(variable: &str, value: Sexpr, span: Span) -> Sexpr {
    form("var", vec![name(variable, span), absent(span), value], span)
}

pub fn constant(variable: &str, value: Sexpr, span: Span) -> Sexpr {
    form("let", vec![name(variable, span), absent(span), value], span)
}

pub fn assign(variable: &str, value: Sexpr, span: Span) -> Sexpr {
    form("=", vec![name(variable, span), value], span)
}

/// A condition: false for nil, false and void. What is a Bool for certain is taken as it is.
pub fn truth(value: Sexpr, span: Span) -> Sexpr {
    if is_bool(&value) { value } else { support("true?", vec![value], span) }
}

fn is_bool(value: &Sexpr) -> bool {
    match value.as_form() {
        Some((head, parts)) => match head.as_str() {
            "<" | "<=" | ">" | ">=" | "==" | "!=" | "not" | "is" | "in" => true,
            "&&" | "||" => parts.iter().all(is_bool),
            _ => false,
        },
        None => matches!(value.kind, SexprKind::Bool(_)),
    }
}
