//! Forms to patterns, types and paths.

use super::to_expr::{Parts, Reading, atom, expr, name};
use super::{Sexpr, SexprKind, malformed};
use crate::ast::{
    Expr, ExprKind, Ident, MapKey, Path, Pattern, PatternArgument, PatternKind, RestPattern, Type, TypeKind,
};

pub(super) fn path(form: &Sexpr) -> Reading<Path> {
    let segments = match form.as_form() {
        Some((head, rest)) if *head == "path" && rest.len() > 1 => {
            rest.iter().map(name).collect::<Reading<_>>()?
        }
        _ => vec![name(form)?],
    };
    Ok(Path { segments, span: form.span })
}

pub(super) fn annotation(form: &Sexpr) -> Reading<Type> {
    let kind = match form.as_form() {
        None if form.kind == SexprKind::Nil => TypeKind::Nil,
        Some((head, [])) if *head == "error" => TypeKind::Error,
        Some((head, rest)) if *head == "or" && rest.len() > 1 => {
            TypeKind::Union(rest.iter().map(annotation).collect::<Reading<_>>()?)
        }
        Some((head, [first, rest @ ..])) if *head == "of" && !rest.is_empty() => TypeKind::Path {
            path: path(first)?,
            arguments: rest.iter().map(annotation).collect::<Reading<_>>()?,
        },
        _ => TypeKind::Path { path: path(form)?, arguments: Vec::new() },
    };
    Ok(Type { kind, span: form.span })
}

pub(super) fn pattern(form: &Sexpr) -> Reading<Pattern> {
    let kind = match form.as_form() {
        Some((head, rest)) => compound(head, form, rest)?,
        None => simple(form)?,
    };
    Ok(Pattern { kind, span: form.span })
}

#[inline(never)]
fn simple(form: &Sexpr) -> Reading<PatternKind> {
    match &form.kind {
        SexprKind::Name(text) if *text == "_" => Ok(PatternKind::Wildcard),
        SexprKind::Name(text) if *text != "self" => {
            Ok(PatternKind::Name { name: name(form)?, annotation: None })
        }
        SexprKind::List(_) | SexprKind::Name(_) | SexprKind::Regex(_) => Err(malformed(form, "a pattern")),
        _ => Ok(PatternKind::Literal(literal(form)?)),
    }
}

fn literal(form: &Sexpr) -> Reading<Expr> {
    match atom(form) {
        Some(ExprKind::Name(_) | ExprKind::SelfValue | ExprKind::Regex(_)) | None => {
            Err(malformed(form, "a literal"))
        }
        Some(kind) => Ok(Expr::new(kind, form.span)),
    }
}

#[inline(never)]
fn compound(head: &str, form: &Sexpr, rest: &[Sexpr]) -> Reading<PatternKind> {
    let mut parts = Parts::new(form, rest);
    let kind = match head {
        "error" => PatternKind::Error,
        "bind" => PatternKind::Name { name: parts.name()?, annotation: parts.optional(annotation)? },
        "isa" => PatternKind::Path { path: path(parts.next("a path")?)?, arguments: None },
        "construct" => {
            let path = path(parts.next("a path")?)?;
            PatternKind::Path { path, arguments: Some(parts.all(pattern_argument)?) }
        }
        ".." | "..=" => {
            let (start, end) = (parts.optional(literal)?, parts.optional(literal)?);
            if start.is_none() && end.is_none() {
                return Err(malformed(form, "a range with a bound"));
            }
            PatternKind::Range { start, end, inclusive: head == "..=" }
        }
        "tuple" => tuple(&mut parts)?,
        "list" => list(&mut parts)?,
        "map" => map(&mut parts)?,
        "pin" => PatternKind::Pin(parts.boxed()?),
        "or" => PatternKind::Or(parts.all(pattern)?),
        "as" => {
            let inner = Box::new(pattern(parts.next("a pattern")?)?);
            PatternKind::As { pattern: inner, name: parts.name()? }
        }
        "unquote" => PatternKind::Unquote(Box::new(expr(parts.next("an expression")?)?)),
        _ => return Err(malformed(form, "a pattern")),
    };
    parts.end()?;
    Ok(kind)
}

fn pattern_argument(form: &Sexpr) -> Reading<PatternArgument> {
    match form.as_form() {
        Some((head, [key, inner])) if *head == "named" => {
            Ok(PatternArgument { name: Some(name(key)?), pattern: pattern(inner)? })
        }
        _ => Ok(PatternArgument { name: None, pattern: pattern(form)? }),
    }
}

fn tuple(parts: &mut Parts) -> Reading<PatternKind> {
    let mut items = Vec::new();
    let mut named: Vec<(Ident, Pattern)> = Vec::new();
    for part in parts.all(Ok)? {
        match pattern_argument(part)? {
            PatternArgument { name: Some(name), pattern } => named.push((name, pattern)),
            PatternArgument { name: None, pattern } if named.is_empty() => items.push(pattern),
            PatternArgument { .. } => return Err(malformed(part, "(named key pattern)")),
        }
    }
    Ok(PatternKind::Tuple { items, named })
}

fn rest_name(form: &Sexpr) -> Reading<Option<RestPattern>> {
    match form.as_form() {
        Some((head, rest)) if *head == "rest" && rest.len() < 2 => {
            let name = rest.first().map(name).transpose()?;
            Ok(Some(RestPattern { name, span: form.span }))
        }
        _ => Ok(None),
    }
}

fn list(parts: &mut Parts) -> Reading<PatternKind> {
    let (mut before, mut rest, mut after) = (Vec::new(), None, Vec::new());
    for part in parts.all(Ok)? {
        match rest_name(part)? {
            Some(found) if rest.is_none() => rest = Some(found),
            Some(_) => return Err(malformed(part, "at most one rest")),
            None if rest.is_none() => before.push(pattern(part)?),
            None => after.push(pattern(part)?),
        }
    }
    Ok(PatternKind::List { before, rest, after })
}

fn map(parts: &mut Parts) -> Reading<PatternKind> {
    let (mut entries, mut rest) = (Vec::new(), None);
    for part in parts.all(Ok)? {
        if let Some(RestPattern { name: Some(name), .. }) = rest_name(part)? {
            rest = Some(name);
            continue;
        }
        match part.as_form() {
            Some((head, [Sexpr { kind: SexprKind::String(text), span, .. }, inner])) if *head == "pair" => {
                entries.push((MapKey { text: text.clone(), span: *span }, pattern(inner)?));
            }
            _ => return Err(malformed(part, "(pair \"key\" pattern) or (rest name)")),
        }
    }
    Ok(PatternKind::Map { entries, rest })
}
