//! The names that patterns bind: no name twice, and the same ones in all alternatives.

use std::collections::BTreeMap;

use base::Name;
use diag::{Code, Span};

use super::Parser;
use crate::ast::{Ident, Param, ParamKind, Pattern, PatternKind};

type Bound = BTreeMap<Name, Span>;

impl Parser<'_> {
    pub(super) fn check_bindings(&mut self, pattern: &Pattern) {
        // Most patterns are one name or one literal.
        if matches!(
            pattern.kind,
            PatternKind::Name { .. } | PatternKind::Wildcard | PatternKind::Literal(_) | PatternKind::Error
        ) {
            return;
        }
        self.collect(pattern, &mut Bound::new());
    }

    /// Parameters bind their names together, and a rest parameter is the last.
    pub(super) fn check_params(&mut self, params: &[Param]) {
        let mut bound = Bound::new();
        for (index, param) in params.iter().enumerate() {
            match &param.kind {
                ParamKind::Pattern { pattern, .. } => self.collect(pattern, &mut bound),
                ParamKind::Rest(name) => {
                    self.bind(name, &mut bound);
                    if index + 1 < params.len() {
                        self.error(Code::RestParameter, param.span, "a rest parameter is the last one");
                    }
                }
            }
        }
    }

    fn bind(&mut self, name: &Ident, bound: &mut Bound) {
        if name.name == "_" {
            return;
        }
        if let Some(first) = bound.insert(name.name.clone(), name.span) {
            self.error(Code::DuplicateBinding, name.span, format!("`{}` is bound twice here", name.name))
                .also(first, "bound here first")
                .hint(format!(
                    "to compare with the first one, use another name and a guard: `if a == {}`",
                    name.name
                ));
        }
    }

    fn collect(&mut self, pattern: &Pattern, bound: &mut Bound) {
        match &pattern.kind {
            PatternKind::Error
            | PatternKind::Wildcard
            | PatternKind::Literal(_)
            | PatternKind::Range { .. }
            | PatternKind::Pin(_)
            | PatternKind::Unquote(_) => {}
            PatternKind::Name { name, .. } => self.bind(name, bound),
            PatternKind::Path { arguments, .. } => {
                for argument in arguments.iter().flatten() {
                    self.collect(&argument.pattern, bound);
                }
            }
            PatternKind::Tuple { items, named } => {
                items.iter().for_each(|item| self.collect(item, bound));
                named.iter().for_each(|(_, item)| self.collect(item, bound));
            }
            PatternKind::List { before, rest, after } => {
                before.iter().for_each(|item| self.collect(item, bound));
                if let Some(name) = rest.as_ref().and_then(|rest| rest.name.as_ref()) {
                    self.bind(name, bound);
                }
                after.iter().for_each(|item| self.collect(item, bound));
            }
            PatternKind::Map { entries, rest } => {
                entries.iter().for_each(|(_, item)| self.collect(item, bound));
                if let Some(name) = rest {
                    self.bind(name, bound);
                }
            }
            PatternKind::Or(alternatives) => self.collect_alternatives(alternatives, bound),
            PatternKind::As { pattern, name } => {
                self.collect(pattern, bound);
                self.bind(name, bound);
            }
        }
    }

    fn collect_alternatives(&mut self, alternatives: &[Pattern], bound: &mut Bound) {
        let mut first = Bound::new();
        for (index, alternative) in alternatives.iter().enumerate() {
            let mut names = Bound::new();
            self.collect(alternative, &mut names);
            if index == 0 {
                first = names;
                continue;
            }
            let missing = first.iter().find(|(name, _)| !names.contains_key(*name));
            let extra = names.iter().find(|(name, _)| !first.contains_key(*name));
            if let Some((name, span)) = missing.or(extra).map(|(name, span)| (name.clone(), *span)) {
                self.error(
                    Code::AlternativeBindings,
                    alternative.span,
                    format!("`{name}` is bound in one alternative and not in the other"),
                )
                .also(span, "bound here")
                .hint("every alternative binds the same names; `_` binds none");
            }
        }
        for (name, span) in first {
            self.bind(&Ident::new(name, span), bound);
        }
    }
}
