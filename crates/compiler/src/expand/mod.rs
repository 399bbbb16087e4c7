//! Macro expansion, on the S-expression form, before anything else looks at the program.
//!
//! A macro whose body is one `quote` is a template: its expansion is the quoted form with every `$x` replaced by
//! the argument. The body of any other macro is run by the host. Names that the macro itself introduces get the mark
//! of this one expansion, so they never meet a name of the caller; where no local has that mark, lowering looks them
//! up where the macro is defined.
//!
//! Invariant: work is bounded. Expansions nest at most `DEPTH_MAX` deep, make at most `FORMS_MAX` forms and run at
//! most `RUNS_MAX` bodies, each within the limits of the host.

mod definition;
mod program;

pub use definition::{MacroDefinition, exported_macros};

use std::collections::HashMap;
use std::sync::Arc;

use base::Name;
use diag::{Code, Diagnostic, Span};
use syntax::ast::{self, ItemKind, Mark, StmtKind};
use syntax::sexpr::{self, Sexpr, SexprKind};

use crate::interface::Environment;
use crate::nearest::nearest;
use definition::{Body, FileMacros};
use program::Program;

const DEPTH_MAX: usize = 256;
const FORMS_MAX: usize = 500_000;
const RUNS_MAX: u32 = 10_000;

/// The modules whose macros introduced the names with these marks.
pub type Origins = HashMap<Mark, Arc<str>>;

/// The file behind expansion.
pub struct Expanded {
    pub file: ast::File,
    pub origins: Origins,
}

/// Finds the macros that an import brings, by the names they get.
pub type Imported<'a> = dyn FnMut(&ast::Import, &mut dyn Environment) -> Vec<(Name, MacroDefinition)> + 'a;

/// Expands every macro call of a file, which is at `path`. `imported` finds the macros of a module that it imports.
pub fn expand(
    file: &ast::File,
    source: &str,
    path: &str,
    environment: &mut dyn Environment,
    imported: &mut Imported<'_>,
) -> Result<Option<Expanded>, Vec<Diagnostic>> {
    // Every call has a `!` that touches its parenthesis, or is written as a form; without any the tree is left as
    // it is.
    if !source.contains("!(") && !source.contains("macro-call") {
        return Ok(None);
    }
    let own = Arc::new(FileMacros::of(file, path));
    let mut expander = Expander {
        environment,
        macros: HashMap::new(),
        definers: HashMap::new(),
        origins: Origins::new(),
        marks: 0,
        forms: 0,
        runs: 0,
        diagnostics: Vec::new(),
        stopped: false,
    };
    for index in 0..own.macros.len() {
        let known = FileMacros::get(&own, index);
        expander.macros.insert(known.name.clone(), (known.data().start, known));
    }
    for stmt in &file.stmts {
        let StmtKind::Item(item) = &stmt.kind else { continue };
        if let ItemKind::Import(import) = &item.kind {
            for (name, definition) in imported(import, expander.environment) {
                expander.macros.insert(name, (item.span.start, definition));
            }
        }
    }
    let mut form = sexpr::from_file(file);
    let changed = expander.walk(&mut form, 0, 0);
    if !expander.diagnostics.is_empty() {
        return Err(expander.diagnostics);
    }
    if !changed {
        return Ok(None);
    }
    let expanded = sexpr::to_file(&form).map_err(|diagnostic| vec![diagnostic])?;
    Ok(Some(Expanded { file: expanded, origins: expander.origins }))
}

struct Expander<'e> {
    environment: &'e mut dyn Environment,
    macros: HashMap<Name, (u32, MacroDefinition)>,
    /// The macro that introduced the names with a mark.
    definers: HashMap<Mark, MacroDefinition>,
    origins: Origins,
    marks: u32,
    forms: usize,
    runs: u32,
    diagnostics: Vec<Diagnostic>,
    stopped: bool,
}

impl Expander<'_> {
    /// Expands what is inside a form; says whether anything was.
    fn walk(&mut self, form: &mut Sexpr, nesting: usize, depth: usize) -> bool {
        if self.stopped {
            return false;
        }
        if nesting > sexpr::LIST_DEPTH_MAX {
            self.stop(Code::TooDeep, form.span, "this is nested too deep".to_string());
            return false;
        }
        let mut changed = false;
        let mut depth = depth;
        while let Some(expansion) = self.expand_call(form, depth) {
            *form = expansion;
            depth += 1;
            changed = true;
            if self.stopped {
                return true;
            }
        }
        let is_macro = form.as_form().is_some_and(|(head, _)| *head == "macro");
        if let (SexprKind::List(parts), false) = (&mut form.kind, is_macro) {
            for part in parts {
                changed |= self.walk(part, nesting + 1, depth);
            }
        }
        changed
    }

    fn stop(&mut self, code: Code, span: Span, message: String) {
        self.stopped = true;
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// The expansion of a form that is a macro call.
    fn expand_call(&mut self, form: &Sexpr, depth: usize) -> Option<Sexpr> {
        let (head, parts) = form.as_form()?;
        if *head != "macro-call" {
            return None;
        }
        let [name, arguments, rest @ ..] = parts else { return None };
        let SexprKind::Name(called) = &name.kind else { return None };
        if *called == "dbg" && !self.macros.contains_key(called) {
            return None;
        }
        let sibling = self.definers.get(&name.mark).and_then(|definer| definer.sibling(called));
        let found = sibling.map(|sibling| (0, sibling)).or_else(|| self.macros.get(called).cloned());
        let Some((defined_at, definition)) = found else {
            self.report_unknown(called, name.span);
            return None;
        };
        if depth == 0 && defined_at > name.span.start {
            let message = format!("the macro `{called}` is used before its definition");
            self.stop(Code::UnknownMacro, name.span, message);
            return None;
        }
        if depth >= DEPTH_MAX {
            let message = format!("`{called}!` expands to itself without an end");
            self.stop(Code::EndlessExpansion, form.span, message);
            return None;
        }
        let mut given = match &arguments.kind {
            SexprKind::List(list) => list.clone(),
            _ => Vec::new(),
        };
        given.extend(rest.iter().filter(|block| !block.is_absent()).cloned());
        match &definition.data().body {
            Body::Template(_) => self.expand_template(&definition, given, form.span),
            Body::Code { .. } => self.run(&definition, &given, form.span),
        }
    }

    /// A mark for the names that this expansion introduces.
    fn new_mark(&mut self, definition: &MacroDefinition) -> Mark {
        self.marks += 1;
        let mark = Mark(self.marks);
        self.definers.insert(mark, definition.clone());
        if let Some(module) = &definition.module {
            self.origins.insert(mark, Arc::clone(module));
        }
        mark
    }

    /// Expands a macro by running its body.
    fn run(&mut self, definition: &MacroDefinition, given: &[Sexpr], span: Span) -> Option<Sexpr> {
        self.check_count(definition, given, span)?;
        self.runs += 1;
        if self.runs > RUNS_MAX {
            let message = format!("macros run more than {RUNS_MAX} times in one file");
            self.stop(Code::EndlessExpansion, span, message);
            return None;
        }
        let program = Program::new(definition, given, span)?;
        let mark = self.new_mark(definition);
        let printed = self.environment.run_macro(&definition.file.path, &program.text);
        match printed.and_then(|printed| program.result(&printed, mark)) {
            Ok(form) => {
                self.forms += size(&form);
                self.limit_forms(definition, span)?;
                Some(form)
            }
            Err(problem) => {
                let message = format!("the macro `{}` failed: {problem}", definition.name);
                self.stop(Code::MacroFailed, span, message);
                None
            }
        }
    }

    fn limit_forms(&mut self, definition: &MacroDefinition, span: Span) -> Option<()> {
        if self.forms > FORMS_MAX {
            let message = format!("the expansion of `{}!` is too large", definition.name);
            self.stop(Code::EndlessExpansion, span, message);
            return None;
        }
        Some(())
    }

    fn report_unknown(&mut self, called: &Name, span: Span) {
        let message = format!("no macro is named `{called}`");
        let mut diagnostic = Diagnostic::new(Code::UnknownMacro, span, message);
        let names: Vec<&str> = self.macros.keys().map(Name::as_str).chain(["dbg"]).collect();
        diagnostic = match nearest(called, names) {
            Some(meant) => diagnostic.hint(format!("did you mean `{meant}!`?")),
            None => diagnostic.hint(format!("a function is called without `!`: `{called}(...)`")),
        };
        self.stopped = true;
        self.diagnostics.push(diagnostic);
    }

    fn expand_template(
        &mut self,
        definition: &MacroDefinition,
        given: Vec<Sexpr>,
        span: Span,
    ) -> Option<Sexpr> {
        let Body::Template(template) = &definition.data().body else { return None };
        let bound = self.bind(definition, given, span)?;
        let mark = self.new_mark(definition);
        let mut stmts = Vec::new();
        for stmt in template {
            self.substitute(stmt, &bound, mark, &mut stmts);
        }
        self.limit_forms(definition, span)?;
        Some(match <[Sexpr; 1]>::try_from(stmts) {
            Ok([only]) if !declares(&only) => only,
            Ok([only]) => Sexpr::form("block", vec![only], span),
            Err(stmts) => Sexpr::form("block", stmts, span),
        })
    }

    /// Which forms each parameter stands for.
    fn bind(
        &mut self,
        definition: &MacroDefinition,
        given: Vec<Sexpr>,
        span: Span,
    ) -> Option<HashMap<Name, Vec<Sexpr>>> {
        self.check_count(definition, &given, span)?;
        let mut given = given.into_iter();
        let mut bound = HashMap::new();
        for param in &definition.data().params {
            let forms: Vec<Sexpr> =
                if param.rest { given.by_ref().collect() } else { given.next().into_iter().collect() };
            bound.insert(param.name.clone(), forms);
        }
        Some(bound)
    }

    /// Reports a call with too few or too many arguments, or with named ones.
    fn check_count(&mut self, definition: &MacroDefinition, given: &[Sexpr], span: Span) -> Option<()> {
        let params = &definition.data().params;
        let has_rest = params.last().is_some_and(|last| last.rest);
        let least = params.len() - usize::from(has_rest);
        let named = given.iter().any(|form| form.as_form().is_some_and(|(head, _)| *head == "named"));
        if given.len() < least || (given.len() > least && !has_rest) || named {
            let message = format!(
                "`{}!` takes {}{least} argument{} by position, not {}",
                definition.name,
                if has_rest { "at least " } else { "" },
                if least == 1 { "" } else { "s" },
                given.len()
            );
            self.stop(Code::MacroArguments, span, message);
            return None;
        }
        Some(())
    }

    /// Copies a template form, putting arguments in the place of `$x` and the mark on every name.
    fn substitute(
        &mut self,
        form: &Sexpr,
        bound: &HashMap<Name, Vec<Sexpr>>,
        mark: Mark,
        out: &mut Vec<Sexpr>,
    ) {
        self.forms += 1;
        if self.forms > FORMS_MAX {
            return;
        }
        match form.as_form() {
            Some((head, [inner])) if *head == "unquote" => {
                let forms = self.unquoted(inner, bound);
                self.forms += forms.iter().map(size).sum::<usize>();
                out.extend(forms);
                return;
            }
            Some((head, [Sexpr { kind: SexprKind::List(inner), .. }])) if *head == "spread" => {
                if let [Sexpr { kind: SexprKind::Name(word), .. }, name] = inner.as_slice()
                    && *word == "unquote"
                {
                    let forms = self.unquoted(name, bound);
                    self.forms += forms.iter().map(size).sum::<usize>();
                    out.extend(forms);
                    return;
                }
            }
            _ => {}
        }
        let kind = match &form.kind {
            SexprKind::List(parts) => {
                let mut copied = Vec::with_capacity(parts.len());
                for part in parts {
                    self.substitute(part, bound, mark, &mut copied);
                }
                SexprKind::List(copied)
            }
            kind => kind.clone(),
        };
        let is_name = matches!(kind, SexprKind::Name(_));
        let mark = if is_name && form.mark == Mark::default() { mark } else { form.mark };
        out.push(Sexpr { kind, span: form.span, mark });
    }

    /// What `$x` or `$(unhygienic(:x))` stands for.
    fn unquoted(&self, inner: &Sexpr, bound: &HashMap<Name, Vec<Sexpr>>) -> Vec<Sexpr> {
        if let SexprKind::Name(name) = &inner.kind
            && let Some(forms) = bound.get(name)
        {
            return forms.clone();
        }
        unhygienic(inner).into_iter().collect()
    }
}

/// The name that `unhygienic(:x)` asks for, as the caller would write it.
fn unhygienic(form: &Sexpr) -> Option<Sexpr> {
    let (head, [function, argument]) = form.as_form()? else { return None };
    match (&function.kind, &argument.kind) {
        (SexprKind::Name(function), SexprKind::Symbol(name))
            if *head == "call" && *function == "unhygienic" =>
        {
            Some(Sexpr::new(SexprKind::Name(name.clone()), argument.span))
        }
        _ => None,
    }
}

/// Whether a statement stands only in a block.
fn declares(form: &Sexpr) -> bool {
    let words = ["let", "var", "defer", "assert", "fn", "class", "record", "trait", "import", "pub", "doc"];
    form.as_form().is_some_and(|(head, _)| words.contains(&head.as_str()))
}

/// How many forms a form is, by a work list: forms may be nested deep.
fn size(form: &Sexpr) -> usize {
    let mut count = 0;
    let mut work = vec![form];
    while let Some(form) = work.pop() {
        count += 1;
        if let SexprKind::List(parts) = &form.kind {
            work.extend(parts);
        }
    }
    count
}
