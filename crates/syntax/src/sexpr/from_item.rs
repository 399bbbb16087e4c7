//! Statements and declarations to forms.

use base::Name;
use diag::Span;

use super::{Sexpr, SexprKind, from_expr::optional};
use crate::ast::{
    Body, Field, FieldKind, Function, Import, ImportSource, Item, ItemKind, Member, Method, MethodKind,
    Param, ParamKind, Path, PatternKind, Signature, Stmt, StmtKind, Variant,
};

fn paths(paths: &[Path], span: Span) -> Sexpr {
    Sexpr::new(SexprKind::List(paths.iter().map(Sexpr::from).collect()), span)
}

/// `(pub d)` and `(doc "text" d)` around a declaration.
fn decorated(form: Sexpr, public: bool, doc: Option<&Name>) -> Sexpr {
    let span = form.span;
    let form = if public { Sexpr::form("pub", vec![form], span) } else { form };
    match doc {
        Some(text) => Sexpr::form("doc", vec![Sexpr::new(SexprKind::String(text.clone()), span), form], span),
        None => form,
    }
}

#[inline(never)]
pub(super) fn function_parts(function: &Function, span: Span) -> Vec<Sexpr> {
    vec![optional(function.name.as_ref(), span), (&function.signature).into(), (&function.body).into()]
}

impl From<&Stmt> for Sexpr {
    fn from(stmt: &Stmt) -> Sexpr {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Expr(value) => value.into(),
            StmtKind::Let(binding) => {
                let head = if binding.mutable { "var" } else { "let" };
                let annotation = optional(binding.annotation.as_ref(), span);
                let otherwise = optional(binding.otherwise.as_ref(), span);
                // An upper-case name that a `let` binds is marked, since elsewhere it would be a type test.
                let pattern = match &binding.pattern.kind {
                    PatternKind::Name { name, annotation: None } if name.name.is_upper() => {
                        Sexpr::form("bind", vec![name.into()], binding.pattern.span)
                    }
                    _ => (&binding.pattern).into(),
                };
                let parts = vec![pattern, annotation, (&binding.value).into(), otherwise];
                decorated(Sexpr::form(head, parts, span), binding.public, binding.doc.as_ref())
            }
            StmtKind::Defer(value) => Sexpr::form("defer", vec![value.into()], span),
            StmtKind::Assert { condition, message } => {
                Sexpr::form("assert", vec![condition.into(), optional(message.as_ref(), span)], span)
            }
            StmtKind::Item(item) => (&**item).into(),
        }
    }
}

impl From<&Item> for Sexpr {
    fn from(item: &Item) -> Sexpr {
        let span = item.span;
        let (head, parts) = item_form(&item.kind, span);
        decorated(Sexpr::form(head, parts, span), item.public, item.doc.as_ref())
    }
}

#[inline(never)]
fn item_form(kind: &ItemKind, span: Span) -> (&'static str, Vec<Sexpr>) {
    match kind {
        ItemKind::Function(function) => ("fn", function_parts(function, span)),
        ItemKind::Class(class) => {
            let superclass = optional(class.superclass.as_ref(), span);
            let mut parts = vec![(&class.name).into(), superclass, paths(&class.traits, span)];
            parts.extend(class.members.iter().map(Sexpr::from));
            ("class", parts)
        }
        ItemKind::Actor(actor) => {
            let mut parts = vec![(&actor.name).into(), paths(&actor.traits, span)];
            parts.extend(actor.members.iter().map(Sexpr::from));
            ("actor", parts)
        }
        ItemKind::Record(record) => {
            let params = optional_params(record.params.as_deref(), span);
            let mut parts = vec![(&record.name).into(), params, paths(&record.traits, span)];
            parts.extend(record.methods.iter().map(Sexpr::from));
            ("record", parts)
        }
        ItemKind::Trait(node) => {
            let mut parts = vec![(&node.name).into(), paths(&node.traits, span)];
            parts.extend(node.methods.iter().map(Sexpr::from));
            ("trait", parts)
        }
        ItemKind::Enum(node) => {
            let mut parts = vec![(&node.name).into()];
            parts.extend(node.variants.iter().map(Sexpr::from));
            ("enum", parts)
        }
        ItemKind::Module(module) => {
            let mut parts = vec![(&module.name).into()];
            parts.extend(module.stmts.iter().map(Sexpr::from));
            ("module", parts)
        }
        ItemKind::Macro(node) => {
            ("macro", vec![(&node.name).into(), (&node.signature).into(), (&node.body).into()])
        }
        ItemKind::Import(import) => ("import", import_parts(import, span)),
        ItemKind::Test(test) => (
            test.purpose.word(),
            vec![Sexpr::new(SexprKind::String(test.name.clone()), span), (&test.body).into()],
        ),
    }
}

fn import_parts(import: &Import, span: Span) -> Vec<Sexpr> {
    let source = match &import.source {
        ImportSource::Path(path) => path.into(),
        ImportSource::File { path, span } => Sexpr::new(SexprKind::String(path.clone()), *span),
        ImportSource::Native { path, span } => {
            Sexpr::form("native", vec![Sexpr::new(SexprKind::String(path.clone()), *span)], *span)
        }
    };
    let mut parts = vec![source, optional(import.alias.as_ref(), span)];
    if let Some(names) = &import.names {
        let one = |name: &crate::ast::ImportName| {
            let alias = optional(name.alias.as_ref(), name.name.span);
            Sexpr::new(SexprKind::List(vec![(&name.name).into(), alias]), name.name.span)
        };
        parts.push(Sexpr::form("names", names.iter().map(one).collect(), span));
    }
    parts
}

fn params_form(head: &str, params: &[Param], result: Option<Sexpr>, span: Span) -> Sexpr {
    let mut parts: Vec<Sexpr> = params.iter().map(Sexpr::from).collect();
    parts.extend(result.map(|result| Sexpr::form("result", vec![result], span)));
    Sexpr::form(head, parts, span)
}

fn optional_params(params: Option<&[Param]>, span: Span) -> Sexpr {
    params.map_or_else(|| Sexpr::absent(span), |params| params_form("params", params, None, span))
}

impl From<&Signature> for Sexpr {
    fn from(signature: &Signature) -> Sexpr {
        let head = if signature.generator { "params*" } else { "params" };
        params_form(head, &signature.params, signature.result.as_ref().map(Sexpr::from), signature.span)
    }
}

impl From<&Param> for Sexpr {
    fn from(param: &Param) -> Sexpr {
        let span = param.span;
        match &param.kind {
            ParamKind::Rest(name) => Sexpr::form("rest", vec![name.into()], span),
            ParamKind::Pattern { pattern, annotation: None, default: None }
                if matches!(pattern.kind, PatternKind::Name { annotation: None, .. }) =>
            {
                pattern.into()
            }
            ParamKind::Pattern { pattern, annotation, default } => {
                let annotation = optional(annotation.as_ref(), span);
                Sexpr::form("param", vec![pattern.into(), annotation, optional(default.as_ref(), span)], span)
            }
        }
    }
}

impl From<&Body> for Sexpr {
    fn from(body: &Body) -> Sexpr {
        match body {
            Body::Block(block) => block.into(),
            Body::Expr(value) => Sexpr::form("=", vec![value.into()], value.span),
        }
    }
}

impl From<&Member> for Sexpr {
    fn from(member: &Member) -> Sexpr {
        match member {
            Member::Field(field) => field.into(),
            Member::Method(method) => method.into(),
        }
    }
}

impl From<&Field> for Sexpr {
    fn from(field: &Field) -> Sexpr {
        let span = field.span;
        let kind = match field.kind {
            FieldKind::Plain => "plain",
            FieldKind::Let => "let",
            FieldKind::Var => "var",
            FieldKind::Static => "static",
        };
        let annotation = optional(field.annotation.as_ref(), span);
        let default = optional(field.default.as_ref(), span);
        let parts = vec![Sexpr::name(kind, span), (&field.name).into(), annotation, default];
        decorated(Sexpr::form("member", parts, span), false, field.doc.as_ref())
    }
}

impl From<&Method> for Sexpr {
    fn from(method: &Method) -> Sexpr {
        let span = method.span;
        let kind = match method.kind {
            MethodKind::Plain => "plain",
            MethodKind::Static => "static",
            MethodKind::Cast => "cast",
            MethodKind::Get => "get",
        };
        let body = optional(method.body.as_ref(), span);
        let parts = vec![Sexpr::name(kind, span), (&method.name).into(), (&method.signature).into(), body];
        decorated(Sexpr::form("method", parts, span), method.public, method.doc.as_ref())
    }
}

impl From<&Variant> for Sexpr {
    fn from(variant: &Variant) -> Sexpr {
        let span = variant.span;
        let params = optional_params(variant.params.as_deref(), span);
        let form = Sexpr::form("variant", vec![(&variant.name).into(), params], span);
        decorated(form, false, variant.doc.as_ref())
    }
}
