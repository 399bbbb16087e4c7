//! Paths: `a/b/0`, `@a/b` as a value, and what their segments mean.

use diag::Span;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::Lowering;
use crate::node::Node;
use crate::reader::{Reading, mistake};

/// Paths between `<` and `>` in one path.
const NESTING_MAX: usize = 8;

impl Lowering {
    /// `@a/0/b`: a path as a value.
    pub fn selector(&mut self, path: &str, span: Span) -> Sexpr {
        let part = |part: &str| match part.parse::<i64>() {
            Ok(index) => emit::int(index, span),
            Err(_) => emit::string(part, span),
        };
        emit::support("selector", vec![emit::list(path.split('/').map(part).collect(), span)], span)
    }

    /// `(@ a "b" * f)`: names stand for themselves, except those of functions of the program.
    pub fn selector_form(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let mut parts = Vec::new();
        for child in children {
            match child.symbol() {
                Some(name) if self.scopes.find(name).is_none() => parts.push(emit::string(name, span)),
                _ => parts.push(self.expression(child)?),
            }
        }
        Ok(emit::support("selector", vec![emit::list(parts, span)], span))
    }

    /// `a/b/0/.m/!`: each segment reads on from what stands before it.
    pub fn path(&mut self, start: Option<Sexpr>, text: &str, span: Span) -> Reading<Sexpr> {
        if text.matches('<').count() > NESTING_MAX {
            return Err(mistake(span, "paths in this path are nested too deep"));
        }
        let segments = segments(text);
        if start.is_none() && segments.len() == 1 {
            return Ok(self.variable(text, span));
        }
        let mut segments = segments.into_iter();
        let mut value = match start {
            Some(value) => {
                segments.next();
                value
            }
            None => match segments.next().unwrap_or_default() {
                "" => self.own_self(span),
                first => self.symbol(first, span)?,
            },
        };
        for segment in segments {
            value = self.segment(value, segment, span)?;
        }
        Ok(value)
    }

    fn segment(&mut self, value: Sexpr, segment: &str, span: Span) -> Reading<Sexpr> {
        if segment.is_empty() {
            return Err(mistake(span, "a path has an empty segment"));
        }
        if segment == "!" {
            return Ok(emit::support("present", vec![value], span));
        }
        let between = |text: &str| Some(text.strip_prefix('<')?.strip_suffix('>')?.to_string());
        if let Some(method) = segment.strip_prefix('.').and_then(between) {
            let name = self.symbol(&method, span)?;
            return Ok(emit::support("send_named", vec![value, name, emit::list(Vec::new(), span)], span));
        }
        if let Some(method) = segment.strip_prefix('.') {
            return Ok(emit::support("send0", vec![value, emit::string(method, span)], span));
        }
        if let Some(name) = between(segment) {
            let key = emit::support("key_value", vec![self.symbol(&name, span)?], span);
            return Ok(emit::support("member", vec![value, key], span));
        }
        let key = match segment.parse::<i64>() {
            Ok(index) => emit::int(index, span),
            Err(_) => emit::string(segment, span),
        };
        Ok(emit::support("member", vec![value, key], span))
    }
}

/// The segments of a path; a slash between `<` and `>` separates none.
fn segments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut is_open) = (0, false);
    for (at, next) in text.char_indices() {
        match next {
            '<' if at == start || text[start..at] == *"." => is_open = true,
            '>' => is_open = false,
            '/' if !is_open => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}
