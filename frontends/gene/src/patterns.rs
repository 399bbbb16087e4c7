//! Patterns: what `var`, `catch` and `case` take values apart with.

use std::collections::BTreeSet;

use diag::Span;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::{Lowering, plain_name};
use crate::node::{Gene, Kind, Node};
use crate::reader::{Reading, mistake};

/// A name of a destructuring, or a pattern that stands for one.
struct Part<'n> {
    target: &'n Node,
    name: String,
    default: Option<&'n Node>,
    is_rest: bool,
    is_key: bool,
}

impl Part<'_> {
    /// How the library binds it.
    fn kind(&self) -> &'static str {
        match (self.is_rest, &self.default) {
            (true, _) => "rest",
            (false, Some(_)) => "optional",
            (false, None) => "needed",
        }
    }
}

/// The names of `[a b = 1 [c d] rest... ^key]`.
fn parts(items: &[Node]) -> Reading<Vec<Part<'_>>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut items = items.iter();
    while let Some(item) = items.next() {
        let word = match &item.kind {
            Kind::Symbol(word) => word.as_str(),
            Kind::Array(_) | Kind::Map(_) => "",
            _ => return Err(mistake(item.span, "a variable is a name")),
        };
        match (word, parts.last_mut()) {
            ("...", Some(last)) => last.is_rest = true,
            ("...", None) => return Err(mistake(item.span, "`...` stands behind a name")),
            ("=", Some(last)) => last.default = items.next(),
            _ => parts.push(Part {
                target: item,
                name: plain_name(word.trim_start_matches('^')),
                default: None,
                is_rest: word.ends_with("..."),
                is_key: word.starts_with('^'),
            }),
        }
        if parts.iter().filter(|part| part.is_rest && !part.is_key).count() > 1 {
            return Err(mistake(item.span, "only one name takes the rest"));
        }
    }
    Ok(parts)
}

/// The names that a pattern binds.
pub fn names(pattern: &Node, into: &mut BTreeSet<String>) {
    match &pattern.kind {
        Kind::Symbol(name) => {
            let name = plain_name(name.trim_start_matches('^'));
            if !name.is_empty() && name != "_" && name != "=" {
                into.insert(name);
            }
        }
        Kind::Array(items) => {
            for part in parts(items).into_iter().flatten() {
                names(part.target, into);
            }
        }
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| names(value, into)),
        _ => {}
    }
}

/// An arm of a `case`: whether it is taken, and what its pattern binds.
struct Arm {
    test: Sexpr,
    bindings: Vec<(String, Sexpr)>,
}

impl Lowering {
    /// Binds the names of a pattern, which are declared, to the parts of a value.
    pub fn bind_pattern(&mut self, pattern: &Node, value: Sexpr, span: Span) -> Reading<Sexpr> {
        match &pattern.kind {
            Kind::Symbol(name) if name == "_" => Ok(value),
            Kind::Symbol(name) => self.bind(&plain_name(name.trim_start_matches('^')), value, span),
            Kind::Array(items) => self.define_all(items, value, span),
            Kind::Map(entries) => self.define_entries(entries, value, span),
            _ => Err(mistake(pattern.span, "a variable is a name")),
        }
    }

    /// `(var {^key name} e)`.
    fn define_entries(&mut self, entries: &[(String, Node)], value: Sexpr, span: Span) -> Reading<Sexpr> {
        let whole = self.scopes.fresh("whole");
        let own = emit::name(&whole, span);
        let mut statements = vec![emit::var(&whole, value, span)];
        for (key, target) in entries {
            let found = emit::support("member", vec![own.clone(), emit::string(key, span)], span);
            statements.push(self.bind_pattern(target, found, span)?);
        }
        statements.push(own);
        Ok(emit::block(statements, span))
    }

    /// `(var [a b = 1 rest... c ^key ^more...] e)`.
    fn define_all(&mut self, items: &[Node], value: Sexpr, span: Span) -> Reading<Sexpr> {
        let whole = self.scopes.fresh("whole");
        let own = emit::name(&whole, span);
        let mut statements = vec![emit::var(&whole, value, span)];
        let parts = parts(items)?;
        let keys = parts.iter().filter(|part| part.is_key && !part.is_rest);
        let keys = emit::list(keys.map(|part| emit::string(&part.name, span)).collect(), span);
        if parts.iter().any(|part| part.is_key) && !parts.iter().any(|part| part.is_key && part.is_rest) {
            statements.push(emit::support("only_keys", vec![own.clone(), keys.clone()], span));
        }
        let kinds = parts.iter().filter(|part| !part.is_key).map(|part| emit::symbol(part.kind(), span));
        let bound = self.scopes.fresh("bound");
        let arguments = vec![own.clone(), emit::list(kinds.collect(), span)];
        statements.push(emit::var(&bound, emit::support("destructure", arguments, span), span));
        let mut place = 0;
        for part in &parts {
            let reader = if part.default.is_some() { "key_of" } else { "needed_key" };
            let mut found = match (part.is_key, part.is_rest) {
                (true, true) => emit::support("rest_of_props", vec![own.clone(), keys.clone()], span),
                (true, false) => {
                    emit::support(reader, vec![own.clone(), emit::string(&part.name, span)], span)
                }
                (false, _) => {
                    let index = vec![emit::name(&bound, span), emit::int(place, span)];
                    place += 1;
                    emit::form("index", index, span)
                }
            };
            if let Some(default) = part.default {
                let test = emit::support("missing?", vec![found.clone()], span);
                let default = self.expression(default)?;
                let choices = vec![test, emit::block(vec![default], span), emit::block(vec![found], span)];
                found = emit::form("if", choices, span);
            }
            statements.push(self.bind_pattern(part.target, found, span)?);
        }
        statements.push(own);
        Ok(emit::block(statements, span))
    }

    /// What a handler does with an exception whose type it does not name: `catch ex`, `catch _`, `catch [a b]`.
    pub fn catch_pattern(
        &mut self,
        pattern: &Node,
        exception: &str,
        body: &[Node],
    ) -> Reading<Option<Sexpr>> {
        let span = pattern.span;
        let is_pattern = match &pattern.kind {
            Kind::Symbol(name) => {
                let is_name = name.starts_with(|first: char| first.is_lowercase() || first == '_');
                is_name && self.scopes.find(name).is_none() && !name.contains('/')
            }
            Kind::Array(_) | Kind::Map(_) => true,
            _ => false,
        };
        if !is_pattern {
            return Ok(None);
        }
        let mut bound = BTreeSet::new();
        names(pattern, &mut bound);
        self.scopes.enter(None);
        let mut statements: Vec<Sexpr> =
            bound.iter().map(|name| emit::var(&self.scopes.declare(name), emit::void(span), span)).collect();
        let thrown = emit::support("thrown", vec![emit::name(exception, span)], span);
        let binding = self.bind_pattern(pattern, thrown, span);
        let inner = self.body(body, span);
        self.scopes.leave();
        statements.push(binding?);
        statements.push(inner?);
        Ok(Some(emit::block(statements, span)))
    }

    /// `(case v when p ... else ...)`.
    pub fn case(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((value, rest)) = children.split_first() else {
            return Err(mistake(span, "a value is missing"));
        };
        let value = self.expression(value)?;
        let name = self.scopes.fresh("case");
        let own = emit::name(&name, span);
        let mut arms = Vec::new();
        let mut otherwise = emit::block(vec![emit::nil(span)], span);
        let mut rest = rest;
        while let Some((word, parts)) = rest.split_first() {
            let end = crate::control::find(parts, &["when", "else"]).unwrap_or(parts.len());
            let (own_parts, next) = parts.split_at(end);
            if word.is_symbol("else") {
                otherwise = self.body(own_parts, span)?;
            } else if let (true, Some((pattern, body))) = (word.is_symbol("when"), own_parts.split_first()) {
                arms.push(self.arm(pattern, &own, body, span)?);
            } else {
                return Err(mistake(word.span, "expected `when` with a value, or `else`"));
            }
            rest = next;
        }
        for (test, body) in arms.into_iter().rev() {
            otherwise = emit::block(vec![emit::form("if", vec![test, body, otherwise], span)], span);
        }
        Ok(emit::block(vec![emit::var(&name, value, span), otherwise], span))
    }

    fn arm(&mut self, pattern: &Node, own: &Sexpr, body: &[Node], span: Span) -> Reading<(Sexpr, Sexpr)> {
        let mut arm = Arm { test: emit::boolean(true, span), bindings: Vec::new() };
        self.arm_pattern(pattern, own.clone(), &mut arm, true)?;
        self.scopes.enter(None);
        let mut statements = Vec::new();
        for (name, value) in std::mem::take(&mut arm.bindings) {
            let variable = self.scopes.declare(&name);
            statements.push(emit::var(&variable, value, span));
        }
        let inner = self.body(body, span);
        self.scopes.leave();
        statements.push(inner?);
        Ok((arm.test, emit::block(statements, span)))
    }

    /// Adds what a pattern asks of a value and binds; a name binds inside of a pattern, and is a value outside.
    fn arm_pattern(&mut self, pattern: &Node, value: Sexpr, arm: &mut Arm, is_outer: bool) -> Reading<()> {
        let span = pattern.span;
        let test = match &pattern.kind {
            Kind::Symbol(name) if name == "_" => return Ok(()),
            Kind::Symbol(name) if !is_outer && name.starts_with(char::is_lowercase) => {
                arm.bindings.push((name.clone(), value));
                return Ok(());
            }
            Kind::Symbol(name) if is_type_name(name) && !self.is_defined(name) => {
                emit::support("variant?", vec![value, emit::string(name, span)], span)
            }
            Kind::Gene(gene) if variant_name(gene).is_some() => {
                return self.variant_pattern(gene, value, arm, span);
            }
            _ => {
                let pattern = self.expression(pattern)?;
                emit::support("matches?", vec![value, pattern], span)
            }
        };
        arm.test = both(arm.test.clone(), test, span);
        Ok(())
    }

    /// `(Ok v)`, `(Shape/Circle r)`, `(Circle r)`.
    fn variant_pattern(&mut self, gene: &Gene, value: Sexpr, arm: &mut Arm, span: Span) -> Reading<()> {
        let Some((head, name)) = gene.head.as_ref().zip(variant_name(gene)) else { return Ok(()) };
        let variant = if self.is_defined(name) { self.expression(head)? } else { emit::string(name, span) };
        let count = emit::int(gene.children.len() as i64, span);
        let test = emit::support("variant?", vec![value.clone(), variant, count], span);
        arm.test = both(arm.test.clone(), test, span);
        for (place, child) in gene.children.iter().enumerate() {
            let part = emit::support("payload", vec![value.clone(), emit::int(place as i64, span)], span);
            self.arm_pattern(child, part, arm, false)?;
        }
        Ok(())
    }

    /// Whether the first segment of a path is a variable or a name of the library.
    fn is_defined(&self, name: &str) -> bool {
        let first = name.split('/').next().unwrap_or(name);
        self.scopes.find(first).is_some() || crate::quote::builtin(name).is_some()
    }
}

fn is_type_name(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.starts_with(char::is_uppercase))
}

fn variant_name(gene: &Gene) -> Option<&str> {
    gene.head.as_ref().and_then(Node::symbol).filter(|name| is_type_name(name))
}

fn both(first: Sexpr, second: Sexpr, span: Span) -> Sexpr {
    if first.kind == emit::boolean(true, span).kind {
        second
    } else {
        emit::form("&&", vec![first, second], span)
    }
}
