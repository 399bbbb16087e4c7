//! Forms to statements and declarations.

use base::Name;

use super::to_expr::{Parts, Reading, block, expr, name};
use super::to_pattern::{annotation, path, pattern};
use super::{Sexpr, SexprKind, malformed};
use crate::ast::{
    Actor, Binding, Body, Class, Enum, Field, FieldKind, Function, Import, ImportName, ImportSource, Item,
    ItemKind, Macro, Member, Method, MethodKind, Module, Param, ParamKind, Path, Pattern, PatternKind,
    Purpose, Record, Signature, Stmt, StmtKind, Test, Trait, Variant,
};

/// What stood around a declaration.
#[derive(Default)]
struct Decoration {
    public: bool,
    doc: Option<Name>,
}

/// Takes `(doc "text" d)` and `(pub d)` off a form.
fn undecorated(form: &Sexpr) -> (&Sexpr, Decoration) {
    let mut form = form;
    let mut decoration = Decoration::default();
    loop {
        match form.as_form() {
            Some((head, [Sexpr { kind: SexprKind::String(text), .. }, inner])) if *head == "doc" => {
                decoration.doc = Some(text.clone());
                form = inner;
            }
            Some((head, [inner])) if *head == "pub" => {
                decoration.public = true;
                form = inner;
            }
            _ => return (form, decoration),
        }
    }
}

#[inline(never)]
pub(super) fn stmt(form: &Sexpr) -> Reading<Stmt> {
    let span = form.span;
    let (inner, decoration) = undecorated(form);
    let Some((head, rest)) = inner.as_form() else { return expr(inner).map(|value| expr_stmt(value, span)) };
    let mut parts = Parts::new(inner, rest);
    let kind = match head.as_str() {
        "let" | "var" => binding(&mut parts, head == "var", decoration)?,
        "defer" => StmtKind::Defer(parts.expr()?),
        "assert" => StmtKind::Assert { condition: parts.expr()?, message: parts.optional(expr)? },
        _ => match item_kind(head, inner, &mut parts)? {
            Some(kind) => {
                let Decoration { public, doc } = decoration;
                StmtKind::Item(Box::new(Item { kind, public, doc, span }))
            }
            None if decoration.public || decoration.doc.is_some() => {
                return Err(malformed(inner, "a declaration"));
            }
            None => return expr(inner).map(|value| expr_stmt(value, span)),
        },
    };
    parts.end()?;
    Ok(Stmt { kind, span })
}

fn expr_stmt(value: crate::ast::Expr, span: diag::Span) -> Stmt {
    Stmt { kind: StmtKind::Expr(value), span }
}

#[inline(never)]
fn binding(parts: &mut Parts, mutable: bool, decoration: Decoration) -> Reading<StmtKind> {
    let Decoration { public, doc } = decoration;
    Ok(StmtKind::Let(Box::new(Binding {
        mutable,
        public,
        doc,
        pattern: pattern(parts.next("a pattern")?)?,
        annotation: parts.optional(annotation)?,
        value: parts.expr()?,
        otherwise: parts.optional(block)?,
    })))
}

#[inline(never)]
fn item_kind(head: &str, form: &Sexpr, parts: &mut Parts) -> Reading<Option<ItemKind>> {
    Ok(Some(match head {
        // A function without a name is a value.
        "fn" if form.as_form().is_some_and(|(_, rest)| rest.first().is_some_and(Sexpr::is_absent)) => {
            return Ok(None);
        }
        "fn" => ItemKind::Function(function(parts)?),
        "class" => ItemKind::Class(Class {
            name: parts.name()?,
            superclass: parts.optional(path)?,
            traits: paths(parts)?,
            members: parts.all(member)?,
        }),
        "actor" => {
            ItemKind::Actor(Actor { name: parts.name()?, traits: paths(parts)?, members: parts.all(member)? })
        }
        "record" => ItemKind::Record(Record {
            name: parts.name()?,
            params: parts.optional(params)?,
            traits: paths(parts)?,
            methods: parts.all(method)?,
        }),
        "trait" => {
            ItemKind::Trait(Trait { name: parts.name()?, traits: paths(parts)?, methods: parts.all(method)? })
        }
        "enum" => ItemKind::Enum(Enum { name: parts.name()?, variants: parts.all(variant)? }),
        "module" => ItemKind::Module(Module { name: parts.name()?, stmts: parts.all(stmt)? }),
        "macro" => ItemKind::Macro(Macro {
            name: parts.name()?,
            signature: signature(parts.next("(params ...)")?)?,
            body: parts.block()?,
        }),
        "import" => ItemKind::Import(import(parts)?),
        "test" => ItemKind::Test(test(Purpose::Test, parts)?),
        "bench" => ItemKind::Test(test(Purpose::Bench, parts)?),
        _ => return Ok(None),
    }))
}

fn test(purpose: Purpose, parts: &mut Parts<'_>) -> Reading<Test> {
    Ok(Test { purpose, name: text(parts.next("a string")?)?, body: parts.block()? })
}

fn text(form: &Sexpr) -> Reading<Name> {
    match &form.kind {
        SexprKind::String(text) => Ok(text.clone()),
        _ => Err(malformed(form, "a string")),
    }
}

fn paths(parts: &mut Parts) -> Reading<Vec<Path>> {
    parts.list()?.iter().map(path).collect()
}

/// `name params body`; the name may be `()`.
#[inline(never)]
pub(super) fn function(parts: &mut Parts) -> Reading<Function> {
    Ok(Function {
        name: parts.optional(name)?,
        signature: signature(parts.next("(params ...)")?)?,
        body: body(parts.next("a body")?)?,
    })
}

fn body(form: &Sexpr) -> Reading<Body> {
    match form.as_form() {
        Some((head, [value])) if *head == "=" => expr(value).map(Body::Expr),
        _ => block(form).map(Body::Block),
    }
}

#[inline(never)]
pub(super) fn signature(form: &Sexpr) -> Reading<Signature> {
    let Some((head, rest)) = form.as_form() else { return Err(malformed(form, "(params ...)")) };
    if *head != "params" && *head != "params*" {
        return Err(malformed(form, "(params ...)"));
    }
    let (rest, result) = match rest.split_last().map(|(last, front)| (last.as_form(), front)) {
        Some((Some((head, [result])), front)) if *head == "result" => (front, Some(annotation(result)?)),
        _ => (rest, None),
    };
    let params = rest.iter().map(param).collect::<Reading<_>>()?;
    Ok(Signature { generator: *head == "params*", params, result, span: form.span })
}

fn params(form: &Sexpr) -> Reading<Vec<Param>> {
    let signature = signature(form)?;
    if signature.generator || signature.result.is_some() {
        return Err(malformed(form, "(params ...) without a result"));
    }
    Ok(signature.params)
}

#[inline(never)]
fn param(form: &Sexpr) -> Reading<Param> {
    let span = form.span;
    let kind = match form.as_form() {
        Some((head, [rest])) if *head == "rest" => ParamKind::Rest(name(rest)?),
        Some((head, rest)) if *head == "param" => {
            let mut parts = Parts::new(form, rest);
            let pattern = pattern(parts.next("a pattern")?)?;
            let annotation = parts.optional(annotation)?;
            let default = parts.optional(expr)?;
            parts.end()?;
            ParamKind::Pattern { pattern, annotation, default }
        }
        Some(_) => ParamKind::Pattern { pattern: pattern(form)?, annotation: None, default: None },
        None => {
            let kind = PatternKind::Name { name: name(form)?, annotation: None };
            ParamKind::Pattern { pattern: Pattern { kind, span }, annotation: None, default: None }
        }
    };
    Ok(Param { kind, span })
}

#[inline(never)]
fn member(form: &Sexpr) -> Reading<Member> {
    let (inner, decoration) = undecorated(form);
    let Some((head, rest)) = inner.as_form() else { return Err(malformed(form, "a member")) };
    if *head != "member" {
        return method(form).map(Member::Method);
    }
    let mut parts = Parts::new(inner, rest);
    let kind = match parts.name()?.name.as_str() {
        "plain" => FieldKind::Plain,
        "let" => FieldKind::Let,
        "var" => FieldKind::Var,
        "static" => FieldKind::Static,
        _ => return Err(malformed(inner, "plain, let, var or static")),
    };
    let name = parts.name()?;
    let annotation = parts.optional(annotation)?;
    let default = parts.optional(expr)?;
    parts.end()?;
    Ok(Member::Field(Field { kind, name, annotation, default, doc: decoration.doc, span: form.span }))
}

#[inline(never)]
fn method(form: &Sexpr) -> Reading<Method> {
    let (inner, Decoration { public, doc }) = undecorated(form);
    let Some((head, rest)) = inner.as_form() else { return Err(malformed(form, "a method")) };
    if *head != "method" {
        return Err(malformed(form, "(method kind name params body)"));
    }
    let mut parts = Parts::new(inner, rest);
    let kind = match parts.name()?.name.as_str() {
        "plain" => MethodKind::Plain,
        "static" => MethodKind::Static,
        "cast" => MethodKind::Cast,
        "get" => MethodKind::Get,
        _ => return Err(malformed(inner, "plain, static, cast or get")),
    };
    let name = parts.name()?;
    let signature = signature(parts.next("(params ...)")?)?;
    let body = parts.optional(body)?;
    parts.end()?;
    Ok(Method { kind, public, name, signature, body, doc, span: form.span })
}

fn variant(form: &Sexpr) -> Reading<Variant> {
    let (inner, decoration) = undecorated(form);
    match inner.as_form() {
        Some((head, rest)) if *head == "variant" => {
            let mut parts = Parts::new(inner, rest);
            let name = parts.name()?;
            let params = parts.optional(params)?;
            parts.end()?;
            Ok(Variant { name, params, doc: decoration.doc, span: form.span })
        }
        _ => Err(malformed(form, "(variant Name params)")),
    }
}

fn import(parts: &mut Parts) -> Reading<Import> {
    let source = parts.next("a path")?;
    let source = match &source.kind {
        SexprKind::String(text) => ImportSource::File { path: text.clone(), span: source.span },
        _ => match source.as_form() {
            Some((head, [path])) if *head == "native" => {
                ImportSource::Native { path: text(path)?, span: source.span }
            }
            _ => ImportSource::Path(path(source)?),
        },
    };
    let alias = parts.optional(name)?;
    let names = parts.optional(|form| match form.as_form() {
        Some((head, rest)) if *head == "names" => rest.iter().map(import_name).collect(),
        _ => Err(malformed(form, "(names ...)")),
    })?;
    Ok(Import { source, alias, names })
}

fn import_name(form: &Sexpr) -> Reading<ImportName> {
    match &form.kind {
        SexprKind::List(list) => {
            let mut parts = Parts::new(form, list);
            let import = ImportName { name: parts.name()?, alias: parts.optional(name)? };
            parts.end()?;
            Ok(import)
        }
        _ => Err(malformed(form, "(name alias)")),
    }
}
