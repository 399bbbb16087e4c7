//! Conditions, loops, cases, exceptions, and definitions of variables.

use diag::Span;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::{Lowering, exported, plain_name};
use crate::node::{Kind, Node};
use crate::reader::{Reading, mistake};

/// Where a keyword stands among parts.
pub fn find(children: &[Node], words: &[&str]) -> Option<usize> {
    children.iter().position(|child| words.iter().any(|word| child.is_symbol(word)))
}

impl Lowering {
    /// A variable or class that is defined for good.
    pub fn define_constant(&mut self, node: &Node, name: &str, forms: &mut Vec<Sexpr>) -> Reading<()> {
        let Some(gene) = node.gene() else { return Ok(()) };
        let span = node.span;
        let variable = self.scopes.declare(name);
        if gene.head.as_ref().is_some_and(|head| head.is_symbol("class")) {
            let (class, members) = self.class_parts(gene, &variable, span)?;
            forms.push(emit::constant(&variable, class, span));
            self.scopes.mark_pending(name, false);
            let members = self.members(members, &variable)?;
            forms.extend(members);
        } else {
            let value = self.defined_value(&gene.children[1..], span)?;
            forms.push(emit::constant(&variable, value, span));
            self.scopes.mark_pending(name, false);
        }
        if let Some(namespace) = self.scopes.find(name).and_then(|variable| variable.namespace.clone()) {
            let parts =
                vec![emit::name(&namespace, span), emit::string(name, span), emit::name(&variable, span)];
            forms.push(emit::support("define", parts, span));
        }
        Ok(())
    }

    /// What stands behind the name of a `var`.
    fn defined_value(&mut self, rest: &[Node], span: Span) -> Reading<Sexpr> {
        let rest = rest.strip_prefix(&[Node::new(Kind::Symbol("=".to_string()), span)][..]).unwrap_or(rest);
        match rest {
            [] => Ok(emit::nil(span)),
            _ => self.single(rest, span),
        }
    }

    /// `(var x e)`, `(var x: Type e)`, `(var [a b] e)`.
    pub fn define(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((target, rest)) = children.split_first() else {
            return Err(mistake(span, "a name is missing"));
        };
        let typed = target.symbol().is_some_and(|name| name.ends_with(':') && name.len() > 1);
        let rest = if typed { rest.get(1..).unwrap_or_default() } else { rest };
        let value = self.defined_value(rest, span)?;
        match &target.kind {
            Kind::Symbol(name) if exported(name).contains('/') => self.assign(target, "=", value, span),
            _ => self.bind_pattern(target, value, span),
        }
    }

    /// `(if c [then] ... elif c ... else ...)`.
    pub fn conditional(&mut self, negated: bool, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((condition, rest)) = children.split_first() else {
            return Err(mistake(span, "a condition is missing"));
        };
        let (condition, rest) = if condition.is_symbol("!") || condition.is_symbol("not") {
            let Some((inner, rest)) = rest.split_first() else {
                return Err(mistake(span, "a condition is missing"));
            };
            let value = self.expression(inner)?;
            (emit::form("not", vec![emit::truth(value, span)], span), rest)
        } else {
            let value = self.expression(condition)?;
            (emit::truth(value, span), rest)
        };
        let condition = if negated { emit::form("not", vec![condition], span) } else { condition };
        let rest = match rest {
            [then, rest @ ..] if then.is_symbol("then") => rest,
            _ => rest,
        };
        let end = find(rest, &["elif", "else"]).unwrap_or(rest.len());
        let then = self.body(&rest[..end], span)?;
        let otherwise = match rest.get(end) {
            Some(word) if word.is_symbol("elif") => {
                let inner = self.conditional(false, &rest[end + 1..], span)?;
                emit::block(vec![inner], span)
            }
            Some(_) => self.body(&rest[end + 1..], span)?,
            None => emit::block(vec![emit::nil(span)], span),
        };
        Ok(emit::form("if", vec![condition, then, otherwise], span))
    }

    /// `(ifel c a b)`.
    pub fn choose(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let [condition, rest @ ..] = children else { return Err(mistake(span, "a condition is missing")) };
        if rest.is_empty() || rest.len() > 2 {
            return Err(mistake(span, "`ifel` has a condition and one or two expressions"));
        }
        let condition = self.expression(condition)?;
        let then = self.body(&rest[..1.min(rest.len())], span)?;
        let otherwise = self.body(rest.get(1..).unwrap_or_default(), span)?;
        Ok(emit::form("if", vec![emit::truth(condition, span), then, otherwise], span))
    }

    pub fn endless(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let body = self.body(children, span)?;
        Ok(emit::form("loop", vec![emit::absent(span), body], span))
    }

    pub fn while_loop(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((condition, rest)) = children.split_first() else {
            return Err(mistake(span, "a condition is missing"));
        };
        let condition = self.expression(condition)?;
        let body = self.body(rest, span)?;
        Ok(emit::form("while", vec![emit::absent(span), emit::truth(condition, span), body], span))
    }

    /// `(for x in e ...)`, `(for i x in e ...)`, `(for [k v] in e ...)`.
    pub fn for_loop(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some(at) = find(children, &["in"]) else { return Err(mistake(span, "a `for` needs `in`")) };
        let Some(source) = children.get(at + 1) else { return Err(mistake(span, "a collection is missing")) };
        let (names, is_unpacked): (Vec<&Node>, bool) = match &children[..at] {
            [Node { kind: Kind::Array(items), .. }] => (items.iter().collect(), true),
            names => (names.iter().collect(), false),
        };
        let source = self.expression(source)?;
        let reader = match (names.len(), is_unpacked) {
            (1, _) => "each",
            (_, true) => "each_unpacked",
            (_, false) => "each_pair",
        };
        let source = emit::support(reader, vec![source], span);
        self.scopes.enter(None);
        let result = self.for_body(&names, source, &children[at + 2..], span);
        self.scopes.leave();
        result
    }

    fn for_body(&mut self, names: &[&Node], source: Sexpr, body: &[Node], span: Span) -> Reading<Sexpr> {
        let mut given = Vec::new();
        let mut statements = Vec::new();
        for name in names {
            let Some(name) = name.symbol() else { return Err(mistake(span, "a variable is a name")) };
            let variable = self.scopes.declare(&plain_name(name));
            let fresh = self.scopes.fresh("item");
            statements.push(emit::var(&variable, emit::name(&fresh, span), span));
            given.push(emit::name(&fresh, span));
        }
        let pattern = match given.len() {
            1 => given.swap_remove(0),
            2 => emit::form("tuple", given, span),
            _ => return Err(mistake(span, "a `for` has one or two variables")),
        };
        let inner = self.body(body, span)?;
        statements.push(inner);
        let body = emit::block(statements, span);
        Ok(emit::form("for", vec![emit::absent(span), pattern, source, body], span))
    }

    /// `(repeat n ...)`.
    pub fn repeat(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((count, rest)) = children.split_first() else {
            return Err(mistake(span, "a number is missing"));
        };
        let count = self.expression(count)?;
        let body = self.body(rest, span)?;
        let range = emit::form("..", vec![emit::int(0, span), count], span);
        Ok(emit::form("for", vec![emit::absent(span), emit::name("_", span), range, body], span))
    }

    /// `break`, `return` and `yield` with the value they take.
    pub fn jump(&mut self, word: &str, children: &[Node], span: Span) -> Reading<Sexpr> {
        let value = match children {
            [] => emit::nil(span),
            _ => self.single(children, span)?,
        };
        let parts = if word == "break" { vec![emit::absent(span), value] } else { vec![value] };
        Ok(emit::form(word, parts, span))
    }

    /// `(try ... catch Type ... catch * ... finally ...)`.
    pub fn attempt(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        const WORDS: &[&str] = &["catch", "finally"];
        let end = find(children, WORDS).unwrap_or(children.len());
        let body = self.body(&children[..end], span)?;
        let mut parts = vec![body];
        let mut catches: Vec<(Option<Node>, &[Node])> = Vec::new();
        let mut finally = None;
        let mut rest = &children[end..];
        while let Some((word, following)) = rest.split_first() {
            let end = find(following, WORDS).unwrap_or(following.len());
            let (own, next) = following.split_at(end);
            if word.is_symbol("finally") {
                finally = Some(self.body(own, span)?);
            } else {
                match own.split_first() {
                    Some((pattern, body)) if pattern.is_symbol("*") => catches.push((None, body)),
                    Some((pattern, body)) => catches.push((Some(pattern.clone()), body)),
                    None => catches.push((None, &[])),
                }
            }
            rest = next;
        }
        if !catches.is_empty() {
            parts.push(self.catches(&catches, span)?);
        }
        if let Some(finally) = finally {
            parts.push(emit::form("finally", vec![finally], span));
        }
        if parts.len() == 1 {
            return Ok(parts.swap_remove(0));
        }
        Ok(emit::form("try", parts, span))
    }

    fn catches(&mut self, catches: &[(Option<Node>, &[Node])], span: Span) -> Reading<Sexpr> {
        let error = self.scopes.fresh("error");
        let exception = self.scopes.fresh("exception");
        let caught = emit::support("exception", vec![emit::name(&error, span)], span);
        let mut chain = emit::block(vec![emit::form("throw", Vec::new(), span)], span);
        self.exceptions.push(exception.clone());
        for (pattern, body) in catches.iter().rev() {
            if let Some(pattern) = pattern
                && let Some(body) = self.catch_pattern(pattern, &exception, body)?
            {
                chain = body;
                continue;
            }
            let body = self.body(body, span)?;
            chain = match pattern {
                None => body,
                Some(pattern) => {
                    let class = self.expression(pattern)?;
                    let test = emit::support("catches?", vec![emit::name(&exception, span), class], span);
                    emit::block(vec![emit::form("if", vec![test, body, chain], span)], span)
                }
            };
        }
        self.exceptions.pop();
        let statements = vec![emit::var(&exception, caught, span), chain];
        Ok(emit::form(
            "catch",
            vec![emit::name(&error, span), emit::absent(span), emit::block(statements, span)],
            span,
        ))
    }
}
