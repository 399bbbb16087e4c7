//! What a report adds to an error's message: which part of the line is nil, and what would take its place.
//!
//! The message says what went wrong with the values; the source of the failing expression says what the program calls
//! them. Only what follows from both is said.

use diag::FileId;
use syntax::ast::{Argument, Expr, ExprKind, StmtKind};

/// What to say about an error that was thrown by this expression.
pub fn advice(class: &str, message: &str, source: &str) -> Option<String> {
    let (file, mistakes) = syntax::parse(source, FileId(0));
    let [statement] = file.stmts.as_slice() else { return None };
    let StmtKind::Expr(expression) = &statement.kind else { return None };
    if !mistakes.is_empty() {
        return None;
    }
    let expression = inside(expression);
    match class {
        "FieldError" => nil_object(message, expression, source),
        "TypeError" => nil_callee(message, expression, source)
            .or_else(|| nil_operand(message, expression, source))
            .or_else(|| nil_indexed(message, expression, source)),
        "KeyError" => index_of(expression, source)
            .map(|(object, index)| format!("`{object}?[{index}]` gives nil where the key is missing")),
        "IndexError" => index_of(expression, source)
            .map(|(object, index)| format!("`{object}?[{index}]` gives nil where there is no element")),
        "ValueError" => conversion(message, expression, source),
        _ => None,
    }
}

/// The expression within parentheses of a chain or an assignment's target.
fn inside(expression: &Expr) -> &Expr {
    match &expression.kind {
        ExprKind::Chain(inner) => inside(inner),
        ExprKind::Assign { target, .. } => inside(target),
        _ => expression,
    }
}

fn text<'s>(expression: &Expr, source: &'s str) -> Option<&'s str> {
    let text = source.get(expression.span.start as usize..expression.span.end as usize)?;
    // What goes over lines is no name for anything.
    (!text.contains('\n')).then_some(text)
}

/// `nil has no field`: what is nil, and how to pass it on.
fn nil_object(message: &str, expression: &Expr, source: &str) -> Option<String> {
    let (object, optional) = match &expression.kind {
        ExprKind::Field { object, optional, .. }
        | ExprKind::MethodCall { object, optional, .. }
        | ExprKind::Position { object, optional, .. } => (object, optional),
        _ => return None,
    };
    if *optional || !message.starts_with("nil has no ") {
        return None;
    }
    let object = text(object, source)?;
    Some(format!(
        "`{object}` is nil here; `{object}?.` gives nil instead of an error, and `??` another value"
    ))
}

fn nil_callee(message: &str, expression: &Expr, source: &str) -> Option<String> {
    match &expression.kind {
        ExprKind::Call { callee, .. } if message == "nil cannot be called" => {
            Some(format!("`{}` is nil here", text(callee, source)?))
        }
        _ => None,
    }
}

/// Which side of an operator is nil, where it is one of both.
fn nil_operand(message: &str, expression: &Expr, source: &str) -> Option<String> {
    let ExprKind::Binary { left, right, .. } = &expression.kind else { return None };
    let (_, kinds) = message.split_once(" does not work on ")?;
    let kinds = kinds.split(';').next().unwrap_or(kinds);
    let (first, second) = kinds.split_once(" and ")?;
    let is_nil = |kind: &str| matches!(kind.trim(), "nil" | "Nil");
    let side = match (is_nil(first), is_nil(second)) {
        (true, false) => left,
        (false, true) => right,
        _ => return None,
    };
    let side = text(side, source)?;
    Some(format!("`{side}` is nil here; `{side} ?? value` replaces it"))
}

fn nil_indexed(message: &str, expression: &Expr, source: &str) -> Option<String> {
    let (object, _) = index_of(expression, source)?;
    message
        .starts_with("nil ")
        .then(|| format!("`{object}` is nil here; `{object}?[` gives nil instead of an error"))
}

fn index_of<'s>(expression: &Expr, source: &'s str) -> Option<(&'s str, &'s str)> {
    match &expression.kind {
        ExprKind::Index { object, index, optional: false } => {
            Some((text(object, source)?, text(index, source)?))
        }
        _ => None,
    }
}

/// `int("x")`: a conversion that may fail.
fn conversion(message: &str, expression: &Expr, source: &str) -> Option<String> {
    let ExprKind::Call { callee, arguments } = &expression.kind else { return None };
    let [Argument::Positional(_)] = arguments.as_slice() else { return None };
    let instead = match text(callee, source)? {
        "int" if message.ends_with(" is no Int") => "0",
        "float" if message.ends_with(" is no Float") => "0.0",
        _ => return None,
    };
    Some(format!("`try {} else {instead}` gives {instead} instead of an error", text(expression, source)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nil_is_named() {
        let check = |class: &str, message: &str, source: &str, expected: &str| {
            let found = advice(class, message, source).unwrap_or_default();
            assert!(
                found.starts_with(expected) && found.is_empty() == expected.is_empty(),
                "{source}: {found}"
            );
        };
        check("FieldError", "nil has no field `city`", "user.address.city", "`user.address` is nil here");
        check("FieldError", "nil has no method `len`", "names[0].len()", "`names[0]` is nil here");
        check("FieldError", "Int has no field `x`", "n.x", "");
        check("TypeError", "nil cannot be called", "f.g(1)", "");
        check("TypeError", "nil cannot be called", "f(1)", "`f` is nil here");
        check("TypeError", "`+` does not work on Int and nil", "a + b", "`b` is nil here");
        check("TypeError", "`+` does not work on nil and nil", "a + b", "");
        check("KeyError", "there is no key \"x\"", "ages[\"x\"]", "`ages?[\"x\"]` gives nil");
        check("IndexError", "index 3 is out of range for length 3", "xs[3]", "`xs?[3]` gives nil");
        check("ValueError", "\"x\" is no Int", "int(text)", "`try int(text) else 0`");
        check("ValueError", "no luck", "throw ValueError(\"no luck\")", "");
    }
}
