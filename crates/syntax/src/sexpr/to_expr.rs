//! Forms to expressions.

use diag::Diagnostic;

use super::{Sexpr, SexprKind, malformed, to_item, to_pattern};
use crate::ast::{
    After, Argument, Arm, AssignOp, BinaryOp, Block, Catch, Closure, Condition, Element, Expr, ExprKind,
    Ident, If, MapEntry, PipeTarget, SelectArm, TemplatePart, Try, UnaryOp,
};

pub(super) type Reading<T> = Result<T, Diagnostic>;

/// The parts of a form, taken one after the other.
pub(super) struct Parts<'a> {
    form: &'a Sexpr,
    rest: &'a [Sexpr],
}

impl<'a> Parts<'a> {
    pub(super) fn new(form: &'a Sexpr, rest: &'a [Sexpr]) -> Parts<'a> {
        Parts { form, rest }
    }

    pub(super) fn next(&mut self, what: &str) -> Reading<&'a Sexpr> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| malformed(self.form, what))?;
        self.rest = rest;
        Ok(first)
    }

    pub(super) fn expr(&mut self) -> Reading<Expr> {
        expr(self.next("one more expression")?)
    }

    pub(super) fn boxed(&mut self) -> Reading<Box<Expr>> {
        self.expr().map(Box::new)
    }

    pub(super) fn name(&mut self) -> Reading<Ident> {
        name(self.next("a name")?)
    }

    #[inline(never)]
    pub(super) fn block(&mut self) -> Reading<Block> {
        block(self.next("a block")?)
    }

    /// A part that may be `()` or missing.
    pub(super) fn optional<T>(&mut self, read: impl FnOnce(&'a Sexpr) -> Reading<T>) -> Reading<Option<T>> {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                if first.is_absent() { Ok(None) } else { read(first).map(Some) }
            }
            None => Ok(None),
        }
    }

    pub(super) fn all<T>(&mut self, read: impl Fn(&'a Sexpr) -> Reading<T>) -> Reading<Vec<T>> {
        std::mem::take(&mut self.rest).iter().map(read).collect()
    }

    /// The parts of a list without a head.
    pub(super) fn list(&mut self) -> Reading<&'a [Sexpr]> {
        list(self.next("a list")?)
    }

    pub(super) fn end(&self) -> Reading<()> {
        match self.rest.first() {
            Some(extra) => Err(malformed(extra, "the end of the form")),
            None => Ok(()),
        }
    }
}

fn list(form: &Sexpr) -> Reading<&[Sexpr]> {
    match &form.kind {
        SexprKind::List(list) => Ok(list),
        _ => Err(malformed(form, "a list")),
    }
}

pub(super) fn name(form: &Sexpr) -> Reading<Ident> {
    match &form.kind {
        SexprKind::Name(name) => Ok(Ident { name: name.clone(), span: form.span, mark: form.mark }),
        _ => Err(malformed(form, "a name")),
    }
}

pub(super) fn block(form: &Sexpr) -> Reading<Block> {
    match form.as_form() {
        Some((head, parts)) if *head == "block" => {
            let stmts = parts.iter().map(to_item::stmt).collect::<Reading<_>>()?;
            Ok(Block { stmts, span: form.span })
        }
        _ => Err(malformed(form, "(block ...)")),
    }
}

/// The atom as an expression; lists are forms.
pub(super) fn atom(form: &Sexpr) -> Option<ExprKind> {
    Some(match &form.kind {
        SexprKind::List(_) => return None,
        SexprKind::Name(name) if *name == "self" => ExprKind::SelfValue,
        SexprKind::Name(name) => {
            ExprKind::Name(Ident { name: name.clone(), span: form.span, mark: form.mark })
        }
        SexprKind::Nil => ExprKind::Nil,
        SexprKind::Bool(value) => ExprKind::Bool(*value),
        SexprKind::Int(value) => ExprKind::Int(*value),
        SexprKind::BigInt(digits) => ExprKind::BigInt(digits.clone()),
        SexprKind::Float(value) => ExprKind::Float(*value),
        SexprKind::Char(value) => ExprKind::Char(*value),
        SexprKind::String(text) => ExprKind::String(text.clone()),
        SexprKind::Symbol(text) => ExprKind::Symbol(text.clone()),
        SexprKind::Bytes(bytes) => ExprKind::Bytes(bytes.clone()),
        SexprKind::Regex(text) => ExprKind::Regex(text.clone()),
    })
}

pub(super) fn expr(form: &Sexpr) -> Reading<Expr> {
    if let Some(kind) = atom(form) {
        return Ok(Expr::new(kind, form.span));
    }
    let Some((head, rest)) = form.as_form() else {
        return Err(malformed(form, "a form that starts with its name"));
    };
    let mut parts = Parts::new(form, rest);
    let kind = match operation(head, form, &mut parts)? {
        Some(kind) => kind,
        None => match postfix(head, &mut parts)? {
            Some(kind) => kind,
            None => match control(head, &mut parts)? {
                Some(kind) => kind,
                None => return Err(malformed(form, "an expression")),
            },
        },
    };
    parts.end()?;
    Ok(Expr::new(kind, form.span))
}

type Kind = Reading<Option<ExprKind>>;

#[inline(never)]
fn operation(head: &str, form: &Sexpr, parts: &mut Parts) -> Kind {
    if let Some(op) = BinaryOp::from_text(head) {
        let (left, right) = (parts.boxed()?, parts.boxed()?);
        return Ok(Some(ExprKind::Binary { op, op_span: form.span, left, right }));
    }
    if let Some(op) = assign_op(head) {
        return Ok(Some(ExprKind::Assign { target: parts.boxed()?, op, value: parts.boxed()? }));
    }
    let mut unary = |op| parts.boxed().map(|operand| ExprKind::Unary { op, operand });
    Ok(Some(match head {
        "neg" => unary(UnaryOp::Negate)?,
        "not" => unary(UnaryOp::Not)?,
        "bit-not" => unary(UnaryOp::BitNot)?,
        "error" => ExprKind::Error,
        "template" => ExprKind::Template(parts.all(template_part)?),
        "list" => ExprKind::List(parts.all(element)?),
        "set" => ExprKind::Set(parts.all(element)?),
        "map" => ExprKind::Map(parts.all(map_entry)?),
        "tuple" => tuple(parts)?,
        ".." | "..=" => ExprKind::Range {
            start: parts.optional(expr)?.map(Box::new),
            end: parts.optional(expr)?.map(Box::new),
            inclusive: head == "..=",
        },
        "self" => ExprKind::SelfPid,
        "is" | "!is" => {
            let value = parts.boxed()?;
            let pattern = to_pattern::annotation(parts.next("a type")?)?;
            ExprKind::Is { value, negated: head == "!is", pattern }
        }
        "pipe-call" => ExprKind::Pipe { value: parts.boxed()?, target: PipeTarget::Call(call(parts)?) },
        "pipe-to" => ExprKind::Pipe { value: parts.boxed()?, target: PipeTarget::Function(parts.boxed()?) },
        "unquote" => ExprKind::Unquote(parts.boxed()?),
        "quote" => ExprKind::Quote(parts.block()?),
        _ => return Ok(None),
    }))
}

/// What a value is piped into: a call, or a chain that ends in one.
fn call(parts: &mut Parts) -> Reading<Box<Expr>> {
    let form = parts.next("a call")?;
    let value = expr(form)?;
    let inner = match &value.kind {
        ExprKind::Chain(inner) => inner,
        _ => &value,
    };
    match inner.kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::SuperCall { .. } => {
            Ok(Box::new(value))
        }
        _ => Err(malformed(form, "a call")),
    }
}

fn assign_op(head: &str) -> Option<AssignOp> {
    use BinaryOp::*;
    if head == "=" {
        return Some(AssignOp::Set);
    }
    let op = BinaryOp::from_text(head.strip_suffix('=')?)?;
    let assignable = matches!(
        op,
        Add | Subtract
            | Multiply
            | Divide
            | FloorDivide
            | Remainder
            | Power
            | BitAnd
            | BitOr
            | BitXor
            | ShiftLeft
            | ShiftRight
            | Coalesce
    );
    assignable.then_some(AssignOp::Update(op))
}

fn tuple(parts: &mut Parts) -> Reading<ExprKind> {
    let mut items = Vec::new();
    let mut named = Vec::new();
    for part in parts.all(Ok)? {
        match argument(part)? {
            Argument::Positional(value) if named.is_empty() => items.push(value),
            Argument::Named { name, value } => named.push((name, value)),
            Argument::Positional(_) | Argument::Spread(_) => {
                return Err(malformed(part, "(named key value)"));
            }
        }
    }
    Ok(ExprKind::Tuple { items, named })
}

#[inline(never)]
fn template_part(form: &Sexpr) -> Reading<TemplatePart> {
    if let SexprKind::String(text) = &form.kind {
        return Ok(TemplatePart::Text(text.clone()));
    }
    match form.as_form() {
        Some((head, rest)) if *head == "value" => {
            let mut parts = Parts::new(form, rest);
            let value = parts.expr()?;
            let format = parts.optional(|spec| match &spec.kind {
                SexprKind::String(text) => {
                    crate::format_spec::parse(text, spec.span).ok_or_else(|| malformed(spec, "a format"))
                }
                _ => Err(malformed(spec, "a format")),
            })?;
            parts.end()?;
            Ok(TemplatePart::Value { value, format })
        }
        _ => Err(malformed(form, "a string or (value e)")),
    }
}

fn spread(form: &Sexpr) -> Reading<Option<Expr>> {
    match form.as_form() {
        Some((head, [value])) if *head == "spread" => expr(value).map(Some),
        _ => Ok(None),
    }
}

#[inline(never)]
fn element(form: &Sexpr) -> Reading<Element> {
    Ok(match spread(form)? {
        Some(value) => Element::Spread(value),
        None => Element::Item(expr(form)?),
    })
}

#[inline(never)]
fn map_entry(form: &Sexpr) -> Reading<MapEntry> {
    if let Some(value) = spread(form)? {
        return Ok(MapEntry::Spread(value));
    }
    match form.as_form() {
        Some((head, [key, value])) if *head == "pair" => {
            Ok(MapEntry::Pair { key: expr(key)?, value: expr(value)? })
        }
        _ => Err(malformed(form, "(pair key value) or (spread map)")),
    }
}

#[inline(never)]
pub(super) fn argument(form: &Sexpr) -> Reading<Argument> {
    if let Some(value) = spread(form)? {
        return Ok(Argument::Spread(value));
    }
    match form.as_form() {
        Some((head, [key, value])) if *head == "named" => {
            Ok(Argument::Named { name: name(key)?, value: expr(value)? })
        }
        _ => expr(form).map(Argument::Positional),
    }
}

#[inline(never)]
fn postfix(head: &str, parts: &mut Parts) -> Kind {
    let (link, optional) = head.strip_suffix('?').map_or((head, false), |link| (link, true));
    Ok(Some(match link {
        "field" => ExprKind::Field { object: parts.boxed()?, name: parts.name()?, optional },
        "at" => {
            let object = parts.boxed()?;
            let position = parts.next("a position")?;
            let index = match position.kind {
                SexprKind::Int(index) => u32::try_from(index).ok(),
                _ => None,
            };
            let index = index.ok_or_else(|| malformed(position, "a position"))?;
            ExprKind::Position { object, index, optional }
        }
        "index" => ExprKind::Index { object: parts.boxed()?, index: parts.boxed()?, optional },
        "invoke" => {
            let (object, name) = (parts.boxed()?, parts.name()?);
            ExprKind::MethodCall { object, name, arguments: parts.all(argument)?, optional }
        }
        _ if optional => return Ok(None),
        "call" => ExprKind::Call { callee: parts.boxed()?, arguments: parts.all(argument)? },
        "super" => ExprKind::SuperCall { name: parts.name()?, arguments: parts.all(argument)? },
        "macro-call" => ExprKind::MacroCall {
            name: parts.name()?,
            arguments: parts.list()?.iter().map(argument).collect::<Reading<_>>()?,
            block: parts.optional(block)?,
        },
        "chain" => ExprKind::Chain(parts.boxed()?),
        _ => return Ok(None),
    }))
}

#[inline(never)]
fn control(head: &str, parts: &mut Parts) -> Kind {
    Ok(Some(match head {
        "block" => ExprKind::Block(Block { span: parts.form.span, stmts: parts.all(to_item::stmt)? }),
        "fn" => ExprKind::Function(Box::new(to_item::function(parts)?)),
        "closure" => {
            let signature = to_item::signature(parts.next("(params ...)")?)?;
            ExprKind::Closure(Box::new(Closure { signature, body: parts.expr()? }))
        }
        "if" => {
            let condition = condition(parts.next("a condition")?)?;
            let then = parts.block()?;
            ExprKind::If(Box::new(If { condition, then, otherwise: parts.optional(expr)? }))
        }
        "match" => ExprKind::Match { subject: parts.boxed()?, arms: parts.all(arm)? },
        "while" => {
            let label = parts.optional(name)?;
            let condition = Box::new(condition(parts.next("a condition")?)?);
            ExprKind::While { label, condition, body: parts.block()? }
        }
        "for" => {
            let label = parts.optional(name)?;
            let pattern = Box::new(to_pattern::pattern(parts.next("a pattern")?)?);
            ExprKind::For { label, pattern, iterable: parts.boxed()?, body: parts.block()? }
        }
        "loop" => ExprKind::Loop { label: parts.optional(name)?, body: parts.block()? },
        "return" => ExprKind::Return(parts.optional(expr)?.map(Box::new)),
        "throw" => ExprKind::Throw(parts.optional(expr)?.map(Box::new)),
        "yield" => ExprKind::Yield(parts.optional(expr)?.map(Box::new)),
        "break" => {
            let label = parts.optional(name)?;
            ExprKind::Break { label, value: parts.optional(expr)?.map(Box::new) }
        }
        "continue" => ExprKind::Continue { label: parts.optional(name)? },
        "try-else" => ExprKind::TryElse { body: parts.boxed()?, fallback: parts.boxed()? },
        "try" => try_form(parts)?,
        _ => return process(head, parts),
    }))
}

#[inline(never)]
fn process(head: &str, parts: &mut Parts) -> Kind {
    Ok(Some(match head {
        "async" => ExprKind::Async(parts.boxed()?),
        "await" => ExprKind::Await(parts.boxed()?),
        "spawn" => {
            let arguments = parts.list()?.iter().map(argument).collect::<Reading<_>>()?;
            ExprKind::Spawn { arguments, block: parts.optional(block)? }
        }
        "scope" => {
            let arguments = parts.list()?.iter().map(argument).collect::<Reading<_>>()?;
            ExprKind::Scope { arguments, body: parts.block()? }
        }
        "receive" => {
            let (arms, after) = arms_and_after(parts, arm)?;
            ExprKind::Receive { arms, after }
        }
        "select" => {
            let (arms, after) = arms_and_after(parts, select_arm)?;
            ExprKind::Select { arms, after }
        }
        _ => return Ok(None),
    }))
}

#[inline(never)]
fn condition(form: &Sexpr) -> Reading<Condition> {
    match form.as_form() {
        Some((head, rest)) if *head == "when-let" => {
            let mut parts = Parts::new(form, rest);
            let pattern = to_pattern::pattern(parts.next("a pattern")?)?;
            let value = parts.expr()?;
            let guard = parts.optional(expr)?;
            parts.end()?;
            Ok(Condition::Let { pattern, value, guard })
        }
        _ => expr(form).map(Condition::Expr),
    }
}

#[inline(never)]
fn arm(form: &Sexpr) -> Reading<Arm> {
    let Some((head, rest)) = form.as_form() else { return Err(malformed(form, "(arm pattern guard body)")) };
    if *head != "arm" {
        return Err(malformed(form, "(arm pattern guard body)"));
    }
    let mut parts = Parts::new(form, rest);
    let pattern = to_pattern::pattern(parts.next("a pattern")?)?;
    let guard = parts.optional(expr)?;
    let body = parts.expr()?;
    parts.end()?;
    Ok(Arm { pattern, guard, body, span: form.span })
}

#[inline(never)]
fn select_arm(form: &Sexpr) -> Reading<SelectArm> {
    let Some((head, rest)) = form.as_form() else {
        return Err(malformed(form, "(on pattern operation body)"));
    };
    if *head != "on" {
        return Err(malformed(form, "(on pattern operation body)"));
    }
    let mut parts = Parts::new(form, rest);
    let pattern = parts.optional(to_pattern::pattern)?;
    let (operation, body) = (parts.expr()?, parts.expr()?);
    parts.end()?;
    Ok(SelectArm { pattern, operation, body, span: form.span })
}

/// The arms of a form, the last of which may be `(after time body)`.
fn arms_and_after<T>(
    parts: &mut Parts,
    read: impl Fn(&Sexpr) -> Reading<T>,
) -> Reading<(Vec<T>, Option<Box<After>>)> {
    let all = parts.all(Ok)?;
    let last = all.last().and_then(|last| match last.as_form() {
        Some((head, [time, body])) if *head == "after" => Some((last.span, time, body)),
        _ => None,
    });
    let count = all.len() - usize::from(last.is_some());
    let arms = all[..count].iter().map(|form| read(form)).collect::<Reading<_>>()?;
    let after = match last {
        Some((span, time, body)) => Some(Box::new(After { time: expr(time)?, body: expr(body)?, span })),
        None => None,
    };
    Ok((arms, after))
}

#[inline(never)]
fn try_form(parts: &mut Parts) -> Reading<ExprKind> {
    let body = parts.block()?;
    let mut catches = Vec::new();
    let mut finally = None;
    for form in parts.all(Ok)? {
        match form.as_form() {
            Some((head, rest)) if *head == "catch" && finally.is_none() => {
                let mut parts = Parts::new(form, rest);
                let name = parts.optional(name)?;
                let annotation = parts.optional(to_pattern::annotation)?;
                let body = parts.block()?;
                parts.end()?;
                catches.push(Catch { name, annotation, body, span: form.span });
            }
            Some((head, [inner])) if *head == "finally" && finally.is_none() => finally = Some(block(inner)?),
            _ => return Err(malformed(form, "(catch name type block) or a last (finally block)")),
        }
    }
    Ok(ExprKind::Try(Box::new(Try { body, catches, finally })))
}
