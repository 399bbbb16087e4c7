//! The little Lisp `.lisp`: lists of symbols become core forms.
//!
//! Values and printing are those of the assembly, through the same support module. Lists nest at most `DEPTH_MAX` deep.

use std::collections::BTreeSet;

use base::Name;
use diag::{Diagnostic, FileId, Span};
use notation::{Entries, FrontEnd, Input, Product, Surroundings, Translation};
use syntax::ast::Mark;
use syntax::sexpr::{Sexpr, SexprKind};

use crate::lisp_prompt::{self, LispPrompt};
use crate::program::mistake;

/// The front end of the Lisp.
pub struct Lisp;

impl FrontEnd for Lisp {
    fn name(&self) -> &'static str {
        "lisp"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["lisp"]
    }

    fn line_comment(&self) -> &'static str {
        ";"
    }

    fn translate(&self, input: &Input<'_>, _surroundings: &mut dyn Surroundings) -> Translation {
        match read(input.text, input.file).and_then(|nodes| program(&nodes, input)) {
            Ok(form) => (Some(Product::Forms(form)), Vec::new()),
            Err(finding) => (None, vec![finding]),
        }
    }

    fn entries(&self) -> Option<Box<dyn Entries>> {
        Some(Box::new(LispPrompt::default()))
    }

    fn is_whole(&self, text: &str) -> bool {
        lisp_prompt::is_whole(text)
    }
}

const DEPTH_MAX: usize = 100;
const SUPPORT_NAME: &str = "l support";

pub type Reading<T> = Result<T, Diagnostic>;

#[derive(Clone)]
pub enum Kind {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Symbol(String),
    List(Vec<Node>),
}

#[derive(Clone)]
pub struct Node {
    kind: Kind,
    span: Span,
}

impl Node {
    fn symbol(&self) -> Option<&str> {
        match &self.kind {
            Kind::Symbol(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads the lists and atoms of a text.
pub fn read(text: &str, file: FileId) -> Reading<Vec<Node>> {
    let mut open: Vec<(usize, Vec<Node>)> = Vec::new();
    let mut done = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let start = at;
        at += next.len_utf8();
        let kind = match next {
            _ if next.is_whitespace() => continue,
            ';' => {
                at = text[start..].find('\n').map_or(text.len(), |length| start + length);
                continue;
            }
            '(' if open.len() >= DEPTH_MAX => {
                return Err(mistake(Span::new(file, start as u32, at as u32), "lists are nested too deep"));
            }
            '(' => {
                open.push((start, Vec::new()));
                continue;
            }
            ')' => match open.pop() {
                Some((from, items)) => {
                    let node =
                        Node { kind: Kind::List(items), span: Span::new(file, from as u32, at as u32) };
                    open.last_mut().map_or(&mut done, |(_, items)| items).push(node);
                    continue;
                }
                None => {
                    return Err(mistake(
                        Span::new(file, start as u32, at as u32),
                        "this bracket closes nothing",
                    ));
                }
            },
            '"' => match text[at..].find('"') {
                Some(length) => {
                    at += length + 1;
                    Kind::Text(text[start + 1..at - 1].to_string())
                }
                None => {
                    return Err(mistake(
                        Span::new(file, start as u32, at as u32),
                        "this string is not closed",
                    ));
                }
            },
            '\'' => Kind::Symbol("'".to_string()),
            _ => {
                let ends = |next: char| next.is_whitespace() || matches!(next, '(' | ')' | ';' | '"');
                at = text[start..].find(ends).map_or(text.len(), |length| start + length);
                atom(&text[start..at])
            }
        };
        let node = Node { kind, span: Span::new(file, start as u32, at as u32) };
        open.last_mut().map_or(&mut done, |(_, items)| items).push(node);
    }
    match open.pop() {
        Some((from, _)) => {
            Err(mistake(Span::new(file, from as u32, from as u32 + 1), "this bracket is not closed"))
        }
        None => Ok(done),
    }
}

fn atom(word: &str) -> Kind {
    match word {
        "#t" | "true" => return Kind::Bool(true),
        "#f" | "false" => return Kind::Bool(false),
        _ => {}
    }
    let looks_like_number = word.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
    match (word.parse(), word.parse()) {
        (Ok(value), _) => Kind::Int(value),
        (_, Ok(value)) if looks_like_number => Kind::Float(value),
        _ => Kind::Symbol(word.to_string()),
    }
}

fn program(nodes: &[Node], input: &Input<'_>) -> Reading<Sexpr> {
    let span = input.span(0, input.text.len());
    let mut lowering = Lowering { scopes: Vec::new() };
    let body = lowering.scope(nodes, &[], span)?;
    let main = form("fn", vec![Sexpr::absent(span), form("params", Vec::new(), span), body], span);
    let run = support("run_main", vec![main, Sexpr::new(SexprKind::Nil, span)], span);
    Ok(form("file", vec![import(span), run], span))
}

/// The import of the support module.
pub fn import(span: Span) -> Sexpr {
    let path = Sexpr::new(SexprKind::String(Name::new(crate::unit::SUPPORT)), span);
    form("import", vec![path, Sexpr::name(SUPPORT_NAME, span), Sexpr::absent(span)], span)
}

pub fn form(head: &str, parts: Vec<Sexpr>, span: Span) -> Sexpr {
    Sexpr::form(head, parts, span)
}

pub fn support(name: &str, arguments: Vec<Sexpr>, span: Span) -> Sexpr {
    let mut parts = vec![Sexpr::name(SUPPORT_NAME, span), Sexpr::name(name, span)];
    parts.extend(arguments);
    form("invoke", parts, span)
}

pub struct Lowering {
    /// Names that are visible, innermost scope last.
    scopes: Vec<BTreeSet<String>>,
}

impl Lowering {
    /// With names that are there already.
    pub fn with_names(names: BTreeSet<String>) -> Lowering {
        Lowering { scopes: vec![names] }
    }

    /// A body with names of its own; what it defines is declared first.
    fn scope(&mut self, nodes: &[Node], given: &[String], span: Span) -> Reading<Sexpr> {
        let mut names: BTreeSet<String> = nodes.iter().filter_map(defined).collect();
        let functions: BTreeSet<String> =
            nodes.iter().filter(|node| is_function(node, nodes)).filter_map(defined).collect();
        let mut forms = Vec::new();
        for name in names.iter().filter(|name| !functions.contains(*name) && !given.contains(name)) {
            let nil = Sexpr::new(SexprKind::Nil, span);
            forms.push(form("var", vec![variable(name, span), Sexpr::absent(span), nil], span));
        }
        names.extend(given.iter().cloned());
        self.scopes.push(names);
        let body = nodes
            .iter()
            .map(|node| self.statement(node, is_function(node, nodes)))
            .collect::<Reading<Vec<_>>>();
        self.scopes.pop();
        forms.extend(body?);
        Ok(form("block", forms, span))
    }

    fn statement(&mut self, node: &Node, is_item: bool) -> Reading<Sexpr> {
        let Kind::List(parts) = &node.kind else { return self.expression(node) };
        match (is_item, parts.get(1).map(|target| &target.kind)) {
            (true, Some(Kind::List(signature))) => {
                let name = signature.first().and_then(Node::symbol).unwrap_or_default().to_string();
                self.function(Some(&name), &signature[1.min(signature.len())..], &parts[2..], node.span)
            }
            _ => self.expression(node),
        }
    }

    pub fn expression(&mut self, node: &Node) -> Reading<Sexpr> {
        let span = node.span;
        Ok(match &node.kind {
            Kind::Int(value) => Sexpr::new(SexprKind::Int(*value), span),
            Kind::Float(value) => Sexpr::new(SexprKind::Float(*value), span),
            Kind::Bool(value) => Sexpr::new(SexprKind::Bool(*value), span),
            Kind::Text(text) => Sexpr::new(SexprKind::String(Name::new(text)), span),
            Kind::Symbol(name) => self.name(name, span)?,
            Kind::List(parts) => self.list(parts, span)?,
        })
    }

    fn name(&self, name: &str, span: Span) -> Reading<Sexpr> {
        match name {
            "null" | "nil" => Ok(Sexpr::new(SexprKind::Nil, span)),
            _ if self.is_known(name) => Ok(variable(name, span)),
            _ => Err(mistake(span, format!("unknown name: {name}"))),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn all(&mut self, nodes: &[Node]) -> Reading<Vec<Sexpr>> {
        nodes.iter().map(|node| self.expression(node)).collect()
    }

    fn list(&mut self, parts: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((head, rest)) = parts.split_first() else {
            return Ok(form("list", Vec::new(), span));
        };
        let word = head.symbol().filter(|name| !self.is_known(name)).unwrap_or_default();
        if let Some(found) = self.special(word, rest, span)? {
            return Ok(found);
        }
        let mut call = vec![self.expression(head)?];
        call.extend(self.all(rest)?);
        Ok(form("call", call, span))
    }

    fn special(&mut self, word: &str, rest: &[Node], span: Span) -> Reading<Option<Sexpr>> {
        Ok(Some(match (word, rest) {
            ("+" | "-" | "*" | "/", [_, ..]) => self.arithmetic(word, rest, span)?,
            ("=" | "<" | ">" | "<=" | ">=", [_, _, ..]) => self.comparison(word, rest, span)?,
            ("define", [Node { kind: Kind::Symbol(name), .. }, value]) => {
                let value = self.expression(value)?;
                assign(name, value, span)
            }
            ("define", [Node { kind: Kind::List(signature), .. }, body @ ..]) if !signature.is_empty() => {
                let name = signature[0].symbol().unwrap_or_default().to_string();
                let value = self.function(None, &signature[1..], body, span)?;
                assign(&name, value, span)
            }
            ("set!", [Node { kind: Kind::Symbol(name), span: place }, value]) => {
                if !self.is_known(name) {
                    return Err(mistake(*place, format!("unknown name: {name}")));
                }
                let value = self.expression(value)?;
                assign(name, value, span)
            }
            ("if", [condition, then, otherwise @ ..]) if otherwise.len() <= 1 => {
                let condition = self.condition(condition)?;
                let then = self.scope(std::slice::from_ref(then), &[], span)?;
                let otherwise = self.scope(otherwise, &[], span)?;
                form("if", vec![condition, then, otherwise], span)
            }
            ("begin", body) => self.scope(body, &[], span)?,
            ("let", [Node { kind: Kind::List(bindings), .. }, body @ ..]) => {
                self.bindings(bindings, body, span)?
            }
            ("lambda", [Node { kind: Kind::List(params), .. }, body @ ..]) => {
                self.function(None, params, body, span)?
            }
            ("print", [value]) => support("print_value", vec![self.expression(value)?], span),
            ("quote", [value]) => quoted(value),
            ("list", items) => form("list", self.all(items)?, span),
            ("car" | "cdr" | "null?" | "not", [value]) => {
                let name = match word {
                    "null?" => "lisp_null",
                    "not" => "lisp_not",
                    "car" => "lisp_car",
                    _ => "lisp_cdr",
                };
                support(name, vec![self.expression(value)?], span)
            }
            ("cons", [first, second]) => {
                let arguments = vec![self.expression(first)?, self.expression(second)?];
                support("lisp_cons", arguments, span)
            }
            (
                "+" | "-" | "*" | "/" | "=" | "<" | ">" | "<=" | ">=" | "define" | "set!" | "if" | "let"
                | "lambda",
                _,
            )
            | ("print" | "quote" | "car" | "cdr" | "null?" | "not" | "cons", _) => {
                return Err(mistake(span, format!("`{word}` does not take these parts")));
            }
            _ => return Ok(None),
        }))
    }

    fn arithmetic(&mut self, word: &str, rest: &[Node], span: Span) -> Reading<Sexpr> {
        let mut values = self.all(rest)?.into_iter();
        let Some(mut result) = values.next() else { return Err(mistake(span, "an operand is missing")) };
        if rest.len() == 1 && word == "-" {
            return Ok(form("neg", vec![result], span));
        }
        for value in values {
            result = match word {
                "/" => support("div", vec![result, value], span),
                _ => form(word, vec![result, value], span),
            };
        }
        Ok(result)
    }

    fn comparison(&mut self, word: &str, rest: &[Node], span: Span) -> Reading<Sexpr> {
        let values = self.all(rest)?;
        let operator = if word == "=" { "==" } else { word };
        let mut tests = values.windows(2).map(|pair| form(operator, pair.to_vec(), span));
        let first = tests.next().unwrap_or_else(|| Sexpr::new(SexprKind::Bool(true), span));
        Ok(tests.fold(first, |before, test| form("&&", vec![before, test], span)))
    }

    /// False are `#f`, null and 0, as for `JZ`.
    fn condition(&mut self, node: &Node) -> Reading<Sexpr> {
        let value = self.expression(node)?;
        let is_test = value
            .as_form()
            .is_some_and(|(head, _)| matches!(head.as_str(), "<" | ">" | "<=" | ">=" | "==" | "&&"));
        if is_test {
            return Ok(value);
        }
        Ok(form("not", vec![support("is_zero", vec![value], node.span)], node.span))
    }

    fn bindings(&mut self, bindings: &[Node], body: &[Node], span: Span) -> Reading<Sexpr> {
        let mut params = Vec::new();
        let mut arguments = Vec::new();
        for binding in bindings {
            let Kind::List(pair) = &binding.kind else {
                return Err(mistake(binding.span, "expected (name value)"));
            };
            let [name, value] = &pair[..] else { return Err(mistake(binding.span, "expected (name value)")) };
            params.push(name.clone());
            arguments.push(self.expression(value)?);
        }
        let mut call = vec![self.function(None, &params, body, span)?];
        call.extend(arguments);
        Ok(form("call", call, span))
    }

    fn function(&mut self, item: Option<&str>, params: &[Node], body: &[Node], span: Span) -> Reading<Sexpr> {
        let mut names = Vec::new();
        for param in params {
            let Some(name) = param.symbol() else { return Err(mistake(param.span, "a parameter is a name")) };
            names.push(name.to_string());
        }
        let mut prologue = Vec::new();
        let mut given = Vec::new();
        for name in &names {
            let is_assigned = body.iter().any(|node| assigns(node, name));
            let param = if is_assigned { format!("{name} given") } else { name.clone() };
            given.push(variable(&param, span));
            if is_assigned {
                let value = variable(&param, span);
                prologue.push(form("var", vec![variable(name, span), Sexpr::absent(span), value], span));
            }
        }
        prologue.push(self.scope(body, &names, span)?);
        let name = item.map_or_else(|| Sexpr::absent(span), |name| variable(name, span));
        Ok(form("fn", vec![name, form("params", given, span), form("block", prologue, span)], span))
    }
}

/// The name that a statement defines.
pub fn defined(node: &Node) -> Option<String> {
    let Kind::List(parts) = &node.kind else { return None };
    if parts.first().and_then(Node::symbol) != Some("define") {
        return None;
    }
    match &parts.get(1)?.kind {
        Kind::Symbol(name) => Some(name.clone()),
        Kind::List(signature) => signature.first().and_then(Node::symbol).map(str::to_string),
        _ => None,
    }
}

/// `(define (f a) ...)` of a name that nothing else in its scope defines or sets: an item of the core.
fn is_function(node: &Node, all: &[Node]) -> bool {
    let Kind::List(parts) = &node.kind else { return false };
    let has_signature = matches!(parts.get(1).map(|part| &part.kind), Some(Kind::List(_)));
    let Some(name) = defined(node).filter(|_| has_signature) else { return false };
    let definitions = all.iter().filter(|other| defined(other).as_ref() == Some(&name)).count();
    definitions == 1 && !all.iter().any(|node| assigns(node, &name))
}

/// Whether `set!`, or a `define` inside of another form, gives the name a value anywhere in a node.
fn assigns(node: &Node, name: &str) -> bool {
    let Kind::List(parts) = &node.kind else { return false };
    let sets = parts.first().and_then(Node::symbol) == Some("set!");
    (sets && parts.get(1).and_then(Node::symbol) == Some(name))
        || parts.iter().any(|part| assigns(part, name))
}

/// An assignment; its value is null, as that of a definition.
fn assign(name: &str, value: Sexpr, span: Span) -> Sexpr {
    let nil = Sexpr::new(SexprKind::Nil, span);
    form("block", vec![form("=", vec![variable(name, span), value], span), nil], span)
}

fn quoted(node: &Node) -> Sexpr {
    let kind = match &node.kind {
        Kind::Int(value) => SexprKind::Int(*value),
        Kind::Float(value) => SexprKind::Float(*value),
        Kind::Bool(value) => SexprKind::Bool(*value),
        Kind::Text(text) | Kind::Symbol(text) => SexprKind::String(Name::new(text)),
        Kind::List(parts) => return form("list", parts.iter().map(quoted).collect(), node.span),
    };
    Sexpr::new(kind, node.span)
}

/// Names of the Lisp get something in front that no name of the core has. The compiler tells declarations apart by span
/// and mark; parameters of one list share a span, so each name gets a mark of its own.
pub fn variable(name: &str, span: Span) -> Sexpr {
    let mut variable = Sexpr::name(&format!("l {name}"), span);
    variable.mark =
        Mark(name.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)));
    variable
}
