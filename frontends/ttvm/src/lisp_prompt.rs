//! Entries of the Lisp at a prompt: what one defines, those behind it see.
//!
//! Definitions stand at the top of the forms of an entry as variables, where they live on; everything else is inside of a
//! `try`, so that an error is reported as programs report theirs, without an end.

use std::collections::BTreeSet;

use notation::{Entries, Input, Product, Surroundings, Translation};
use syntax::sexpr::{Sexpr, SexprKind};

use crate::lisp::{self, Lowering, Reading, form, support, variable};

/// The translator of a prompt.
#[derive(Default)]
pub struct LispPrompt {
    /// The names that entries have defined; nothing before the first entry.
    kept: Option<BTreeSet<String>>,
    /// The same with those of the entry that was translated last.
    next: Option<BTreeSet<String>>,
}

impl LispPrompt {
    fn entry(&mut self, input: &Input<'_>) -> Reading<Sexpr> {
        let nodes = lisp::read(input.text, input.file)?;
        let span = input.span(0, input.text.len());
        let mut names = self.kept.clone().unwrap_or_default();
        let mut file = Vec::new();
        if self.kept.is_none() {
            file.push(lisp::import(span));
        }
        for name in nodes.iter().filter_map(lisp::defined) {
            if names.insert(name.clone()) {
                let nil = Sexpr::new(SexprKind::Nil, span);
                file.push(form("var", vec![variable(&name, span), Sexpr::absent(span), nil], span));
            }
        }
        let mut lowering = Lowering::with_names(names.clone());
        let mut body = nodes.iter().map(|node| lowering.expression(node)).collect::<Reading<Vec<_>>>()?;
        if let Some(value) = body.pop() {
            body.push(support("show", vec![value], span));
        }
        body.push(support("finish_processes", Vec::new(), span));
        let error = Sexpr::name("l error", span);
        let report = form("block", vec![support("report", vec![error.clone()], span)], span);
        let catch = form("catch", vec![error, Sexpr::absent(span), report], span);
        file.push(form("try", vec![form("block", body, span), catch], span));
        self.next = Some(names);
        Ok(form("file", file, span))
    }
}

impl Entries for LispPrompt {
    fn translate(&mut self, input: &Input<'_>, _surroundings: &mut dyn Surroundings) -> Translation {
        match self.entry(input) {
            Ok(form) => (Some(Product::Forms(form)), Vec::new()),
            Err(finding) => (None, vec![finding]),
        }
    }

    fn keep(&mut self) {
        self.kept = self.next.take().or_else(|| self.kept.take());
    }
}

/// Whether every bracket and string of a text is closed.
pub fn is_whole(text: &str) -> bool {
    match lisp::read(text, diag::FileId(0)) {
        Ok(_) => true,
        Err(finding) => !finding.message.ends_with("is not closed"),
    }
}
