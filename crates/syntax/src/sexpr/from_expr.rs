//! Expressions, patterns and types to forms.

use diag::Span;

use super::{Sexpr, SexprKind};
use crate::ast::{
    After, Argument, Arm, AssignOp, Block, Condition, Element, Expr, ExprKind, Ident, MapEntry, Path,
    Pattern, PatternKind, PipeTarget, RestPattern, SelectArm, TemplatePart, Type, TypeKind, UnaryOp,
};

/// An optional part: its form, or `()`.
pub(super) fn optional<T>(part: Option<&T>, span: Span) -> Sexpr
where
    for<'a> Sexpr: From<&'a T>,
{
    part.map_or_else(|| Sexpr::absent(span), Sexpr::from)
}

fn list(parts: Vec<Sexpr>, span: Span) -> Sexpr {
    Sexpr::new(SexprKind::List(parts), span)
}

fn forms<'a, T>(parts: &'a [T]) -> Vec<Sexpr>
where
    Sexpr: From<&'a T>,
{
    parts.iter().map(Sexpr::from).collect()
}

/// The head of a link, with `?` when it is optional.
fn link(head: &str, optional: bool) -> String {
    if optional { format!("{head}?") } else { head.to_string() }
}

impl From<&Ident> for Sexpr {
    fn from(ident: &Ident) -> Sexpr {
        Sexpr { kind: SexprKind::Name(ident.name.clone()), span: ident.span, mark: ident.mark }
    }
}

impl From<&Block> for Sexpr {
    fn from(block: &Block) -> Sexpr {
        Sexpr::form("block", forms(&block.stmts), block.span)
    }
}

impl From<&Box<Expr>> for Sexpr {
    fn from(value: &Box<Expr>) -> Sexpr {
        Sexpr::from(&**value)
    }
}

impl From<&Expr> for Sexpr {
    fn from(value: &Expr) -> Sexpr {
        let span = value.span;
        // Listed in full, so that a new kind of expression has to be put somewhere. The groups are functions of
        // their own because one that held all would need their stack together at each level.
        use ExprKind::*;
        let form = match &value.kind {
            Nil | Bool(_) | Int(_) | BigInt(_) | Float(_) | Char(_) | String(_) | Symbol(_) | Bytes(_)
            | Regex(_) | SelfValue => return atom(value),
            Name(ident) => return Sexpr { span, ..Sexpr::from(ident) },
            Error => None,
            Template(_)
            | List(_)
            | Set(_)
            | Tuple { .. }
            | Map(_)
            | Range { .. }
            | SelfPid
            | Unary { .. }
            | Binary { .. }
            | Is { .. }
            | Pipe { .. }
            | Assign { .. }
            | Quote(_)
            | Unquote(_) => operation(value),
            Field { .. }
            | Position { .. }
            | Index { .. }
            | Call { .. }
            | MethodCall { .. }
            | SuperCall { .. }
            | MacroCall { .. }
            | Chain(_) => postfix(value),
            Block(_)
            | Function(_)
            | Closure(_)
            | If(_)
            | Match { .. }
            | While { .. }
            | For { .. }
            | Loop { .. }
            | Return(_)
            | Break { .. }
            | Continue { .. }
            | Throw(_)
            | Yield(_)
            | TryElse { .. }
            | Try(_) => control(value),
            Async(_) | Await(_) | Spawn { .. } | Receive { .. } | Select { .. } | Scope { .. } => {
                process(value)
            }
        };
        let (head, parts) = form.unwrap_or_else(|| ("error".to_string(), Vec::new()));
        Sexpr::form(&head, parts, span)
    }
}

type Form = Option<(String, Vec<Sexpr>)>;

fn form(head: &str, parts: Vec<Sexpr>) -> Form {
    Some((head.to_string(), parts))
}

/// Literals that are atoms.
fn atom(value: &Expr) -> Sexpr {
    let kind = match &value.kind {
        ExprKind::Nil => SexprKind::Nil,
        ExprKind::Bool(value) => SexprKind::Bool(*value),
        ExprKind::Int(value) => SexprKind::Int(*value),
        ExprKind::BigInt(digits) => SexprKind::BigInt(digits.clone()),
        ExprKind::Float(value) => SexprKind::Float(*value),
        ExprKind::Char(value) => SexprKind::Char(*value),
        ExprKind::String(text) => SexprKind::String(text.clone()),
        ExprKind::Symbol(text) => SexprKind::Symbol(text.clone()),
        ExprKind::Bytes(bytes) => SexprKind::Bytes(bytes.clone()),
        ExprKind::Regex(text) => SexprKind::Regex(text.clone()),
        _ => SexprKind::Name("self".into()),
    };
    Sexpr::new(kind, value.span)
}

/// Collections and operators.
#[inline(never)]
fn operation(value: &Expr) -> Form {
    let span = value.span;
    match &value.kind {
        ExprKind::Template(parts) => form("template", forms_of_template(parts, span)),
        ExprKind::List(elements) => form("list", forms(elements)),
        ExprKind::Set(elements) => form("set", forms(elements)),
        ExprKind::Tuple { items, named } => {
            let mut parts = forms(items);
            parts.extend(named.iter().map(|(name, value)| named_form(name, value.into())));
            form("tuple", parts)
        }
        ExprKind::Map(entries) => form("map", forms(entries)),
        ExprKind::Range { start, end, inclusive } => {
            let head = if *inclusive { "..=" } else { ".." };
            form(head, vec![optional(start.as_ref(), span), optional(end.as_ref(), span)])
        }
        ExprKind::SelfPid => form("self", Vec::new()),
        ExprKind::Unary { op, operand } => {
            let head = match op {
                UnaryOp::Negate => "neg",
                UnaryOp::Not => "not",
                UnaryOp::BitNot => "bit-not",
            };
            form(head, vec![operand.into()])
        }
        ExprKind::Binary { op, left, right, .. } => form(op.as_str(), vec![left.into(), right.into()]),
        ExprKind::Is { value, negated, pattern } => {
            form(if *negated { "!is" } else { "is" }, vec![value.into(), pattern.into()])
        }
        ExprKind::Pipe { value, target } => match target {
            PipeTarget::Call(call) => form("pipe-call", vec![value.into(), call.into()]),
            PipeTarget::Function(function) => form("pipe-to", vec![value.into(), function.into()]),
        },
        ExprKind::Assign { target, op, value } => {
            let head = match op {
                AssignOp::Set => "=".to_string(),
                AssignOp::Update(op) => format!("{}=", op.as_str()),
            };
            Some((head, vec![target.into(), value.into()]))
        }
        ExprKind::Unquote(value) => form("unquote", vec![value.into()]),
        ExprKind::Quote(block) => form("quote", vec![block.into()]),
        _ => None,
    }
}

#[inline(never)]
fn forms_of_template(parts: &[TemplatePart], span: Span) -> Vec<Sexpr> {
    let of_part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => Sexpr::new(SexprKind::String(text.clone()), span),
        TemplatePart::Value { value, format } => {
            let mut parts = vec![value.into()];
            if let Some(spec) = format {
                let text = crate::format_spec::print(spec);
                parts.push(Sexpr::new(SexprKind::String(text.into()), spec.span));
            }
            Sexpr::form("value", parts, value.span)
        }
    };
    parts.iter().map(of_part).collect()
}

fn named_form(name: &Ident, value: Sexpr) -> Sexpr {
    let span = name.span.to(value.span);
    Sexpr::form("named", vec![name.into(), value], span)
}

fn with_arguments(mut parts: Vec<Sexpr>, arguments: &[Argument]) -> Vec<Sexpr> {
    parts.extend(arguments.iter().map(Sexpr::from));
    parts
}

/// Links of postfix chains.
#[inline(never)]
fn postfix(value: &Expr) -> Form {
    let span = value.span;
    match &value.kind {
        ExprKind::Field { object, name, optional } => {
            Some((link("field", *optional), vec![object.into(), name.into()]))
        }
        ExprKind::Position { object, index, optional } => {
            let index = Sexpr::new(SexprKind::Int(i64::from(*index)), span);
            Some((link("at", *optional), vec![object.into(), index]))
        }
        ExprKind::Index { object, index, optional } => {
            Some((link("index", *optional), vec![object.into(), index.into()]))
        }
        ExprKind::Call { callee, arguments } => form("call", with_arguments(vec![callee.into()], arguments)),
        ExprKind::MethodCall { object, name, arguments, optional } => {
            Some((link("invoke", *optional), with_arguments(vec![object.into(), name.into()], arguments)))
        }
        ExprKind::SuperCall { name, arguments } => {
            form("super", with_arguments(vec![name.into()], arguments))
        }
        ExprKind::MacroCall { name, arguments, block } => {
            let arguments = list(forms(arguments), span);
            form("macro-call", vec![name.into(), arguments, optional(block.as_ref(), span)])
        }
        ExprKind::Chain(inner) => form("chain", vec![inner.into()]),
        _ => None,
    }
}

/// Functions, control and processes.
#[inline(never)]
fn control(value: &Expr) -> Form {
    let span = value.span;
    match &value.kind {
        ExprKind::Block(block) => form("block", forms(&block.stmts)),
        ExprKind::Function(function) => form("fn", super::from_item::function_parts(function, span)),
        ExprKind::Closure(closure) => {
            form("closure", vec![(&closure.signature).into(), (&closure.body).into()])
        }
        ExprKind::If(node) => {
            let otherwise = optional(node.otherwise.as_ref(), span);
            form("if", vec![(&node.condition).into(), (&node.then).into(), otherwise])
        }
        ExprKind::Match { subject, arms } => {
            let mut parts = vec![subject.into()];
            parts.extend(forms(arms));
            form("match", parts)
        }
        ExprKind::While { label, condition, body } => {
            form("while", vec![optional(label.as_ref(), span), (&**condition).into(), body.into()])
        }
        ExprKind::For { label, pattern, iterable, body } => {
            let label = optional(label.as_ref(), span);
            form("for", vec![label, (&**pattern).into(), iterable.into(), body.into()])
        }
        ExprKind::Loop { label, body } => form("loop", vec![optional(label.as_ref(), span), body.into()]),
        ExprKind::Return(value) => form("return", value.iter().map(Sexpr::from).collect()),
        ExprKind::Throw(value) => form("throw", value.iter().map(Sexpr::from).collect()),
        ExprKind::Yield(value) => form("yield", value.iter().map(Sexpr::from).collect()),
        ExprKind::Break { label, value } => {
            form("break", vec![optional(label.as_ref(), span), optional(value.as_ref(), span)])
        }
        ExprKind::Continue { label } => form("continue", vec![optional(label.as_ref(), span)]),
        ExprKind::TryElse { body, fallback } => form("try-else", vec![body.into(), fallback.into()]),
        ExprKind::Try(node) => {
            let mut parts = vec![(&node.body).into()];
            parts.extend(node.catches.iter().map(|catch| {
                let name = optional(catch.name.as_ref(), catch.span);
                let annotation = optional(catch.annotation.as_ref(), catch.span);
                Sexpr::form("catch", vec![name, annotation, (&catch.body).into()], catch.span)
            }));
            parts.extend(
                node.finally.iter().map(|block| Sexpr::form("finally", vec![block.into()], block.span)),
            );
            form("try", parts)
        }
        _ => None,
    }
}

#[inline(never)]
fn process(value: &Expr) -> Form {
    let span = value.span;
    match &value.kind {
        ExprKind::Async(value) => form("async", vec![value.into()]),
        ExprKind::Await(value) => form("await", vec![value.into()]),
        ExprKind::Spawn { arguments, block } => {
            form("spawn", vec![list(forms(arguments), span), optional(block.as_ref(), span)])
        }
        ExprKind::Scope { arguments, body } => form("scope", vec![list(forms(arguments), span), body.into()]),
        ExprKind::Receive { arms, after } => {
            let mut parts = forms(arms);
            parts.extend(after.iter().map(|after| Sexpr::from(&**after)));
            form("receive", parts)
        }
        ExprKind::Select { arms, after } => {
            let mut parts = forms(arms);
            parts.extend(after.iter().map(|after| Sexpr::from(&**after)));
            form("select", parts)
        }
        _ => None,
    }
}

impl From<&Element> for Sexpr {
    fn from(element: &Element) -> Sexpr {
        match element {
            Element::Item(value) => value.into(),
            Element::Spread(value) => Sexpr::form("spread", vec![value.into()], value.span),
        }
    }
}

impl From<&Argument> for Sexpr {
    fn from(argument: &Argument) -> Sexpr {
        match argument {
            Argument::Positional(value) => value.into(),
            Argument::Named { name, value } => named_form(name, value.into()),
            Argument::Spread(value) => Sexpr::form("spread", vec![value.into()], value.span),
        }
    }
}

impl From<&MapEntry> for Sexpr {
    fn from(entry: &MapEntry) -> Sexpr {
        match entry {
            MapEntry::Pair { key, value } => {
                Sexpr::form("pair", vec![key.into(), value.into()], key.span.to(value.span))
            }
            MapEntry::Spread(value) => Sexpr::form("spread", vec![value.into()], value.span),
        }
    }
}

impl From<&Condition> for Sexpr {
    fn from(condition: &Condition) -> Sexpr {
        match condition {
            Condition::Expr(value) => value.into(),
            Condition::Let { pattern, value, guard } => {
                let guard = optional(guard.as_ref(), value.span);
                Sexpr::form(
                    "when-let",
                    vec![pattern.into(), value.into(), guard],
                    pattern.span.to(value.span),
                )
            }
        }
    }
}

impl From<&Arm> for Sexpr {
    fn from(arm: &Arm) -> Sexpr {
        let guard = optional(arm.guard.as_ref(), arm.span);
        Sexpr::form("arm", vec![(&arm.pattern).into(), guard, (&arm.body).into()], arm.span)
    }
}

impl From<&After> for Sexpr {
    fn from(after: &After) -> Sexpr {
        Sexpr::form("after", vec![(&after.time).into(), (&after.body).into()], after.span)
    }
}

impl From<&SelectArm> for Sexpr {
    fn from(arm: &SelectArm) -> Sexpr {
        let pattern = optional(arm.pattern.as_ref(), arm.span);
        Sexpr::form("on", vec![pattern, (&arm.operation).into(), (&arm.body).into()], arm.span)
    }
}

impl From<&Path> for Sexpr {
    fn from(path: &Path) -> Sexpr {
        match path.segments.as_slice() {
            [name] => name.into(),
            segments => Sexpr::form("path", forms(segments), path.span),
        }
    }
}

impl From<&Type> for Sexpr {
    fn from(annotation: &Type) -> Sexpr {
        let span = annotation.span;
        match &annotation.kind {
            TypeKind::Path { path, arguments } if arguments.is_empty() => path.into(),
            TypeKind::Path { path, arguments } => {
                let mut parts = vec![path.into()];
                parts.extend(forms(arguments));
                Sexpr::form("of", parts, span)
            }
            TypeKind::Nil => Sexpr::new(SexprKind::Nil, span),
            TypeKind::Union(members) => Sexpr::form("or", forms(members), span),
            TypeKind::Error => Sexpr::form("error", Vec::new(), span),
        }
    }
}

impl From<&Pattern> for Sexpr {
    fn from(pattern: &Pattern) -> Sexpr {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Error => Sexpr::form("error", Vec::new(), span),
            PatternKind::Wildcard => Sexpr::name("_", span),
            PatternKind::Name { name, annotation: None } => name.into(),
            PatternKind::Name { name, annotation: Some(annotation) } => {
                Sexpr::form("bind", vec![name.into(), annotation.into()], span)
            }
            PatternKind::Path { path, arguments: None } => Sexpr::form("isa", vec![path.into()], span),
            PatternKind::Path { path, arguments: Some(arguments) } => {
                let mut parts = vec![path.into()];
                parts.extend(arguments.iter().map(|argument| match &argument.name {
                    Some(name) => named_form(name, (&argument.pattern).into()),
                    None => (&argument.pattern).into(),
                }));
                Sexpr::form("construct", parts, span)
            }
            PatternKind::Literal(value) => value.into(),
            PatternKind::Range { start, end, inclusive } => {
                let head = if *inclusive { "..=" } else { ".." };
                Sexpr::form(head, vec![optional(start.as_ref(), span), optional(end.as_ref(), span)], span)
            }
            PatternKind::Tuple { items, named } => {
                let mut parts = forms(items);
                parts.extend(named.iter().map(|(name, pattern)| named_form(name, pattern.into())));
                Sexpr::form("tuple", parts, span)
            }
            PatternKind::List { before, rest, after } => {
                let mut parts = forms(before);
                parts.extend(rest.iter().map(|RestPattern { name, span }| {
                    Sexpr::form("rest", name.iter().map(Sexpr::from).collect(), *span)
                }));
                parts.extend(forms(after));
                Sexpr::form("list", parts, span)
            }
            PatternKind::Map { entries, rest } => {
                let pair = |(key, pattern): &(crate::ast::MapKey, Pattern)| {
                    let text = Sexpr::new(SexprKind::String(key.text.clone()), key.span);
                    Sexpr::form("pair", vec![text, pattern.into()], key.span.to(pattern.span))
                };
                let mut parts: Vec<Sexpr> = entries.iter().map(pair).collect();
                parts.extend(rest.iter().map(|name| Sexpr::form("rest", vec![name.into()], name.span)));
                Sexpr::form("map", parts, span)
            }
            PatternKind::Pin(value) => Sexpr::form("pin", vec![value.into()], span),
            PatternKind::Or(alternatives) => Sexpr::form("or", forms(alternatives), span),
            PatternKind::As { pattern, name } => {
                Sexpr::form("as", vec![(&**pattern).into(), name.into()], span)
            }
            PatternKind::Unquote(value) => Sexpr::form("unquote", vec![value.into()], span),
        }
    }
}
