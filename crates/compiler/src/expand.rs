//! Macro expansion, on the S-expression form, before anything else looks at the program.
//!
//! A macro whose body is one `quote` is a template: its expansion is the quoted form with every `$x` replaced by
//! the argument. Names that the template itself introduces get the mark of this one expansion, so they never meet
//! a name of the caller; where no local has that mark, lowering looks them up where the macro is defined.
//!
//! Invariant: work is bounded. Expansions nest at most `DEPTH_MAX` deep and make at most `FORMS_MAX` forms.

use std::collections::HashMap;

use base::Name;
use diag::{Code, Diagnostic, Span};
use syntax::ast::{self, ItemKind, Mark, StmtKind};
use syntax::sexpr::{self, Sexpr, SexprKind};

use crate::nearest::nearest;

const DEPTH_MAX: usize = 256;
const FORMS_MAX: usize = 500_000;

/// A macro, as other modules import it.
#[derive(Clone, Debug)]
pub struct MacroDefinition {
    pub name: Name,
    params: Vec<MacroParam>,
    /// The statements of its `quote`; none where the body does more than quoting.
    template: Option<Vec<Sexpr>>,
}

#[derive(Clone, Debug)]
struct MacroParam {
    name: Name,
    rest: bool,
}

/// The macros that a file exports.
pub fn exported_macros(file: &ast::File) -> Vec<MacroDefinition> {
    let exported = file.stmts.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Item(item) if item.public => macro_of(item),
        _ => None,
    });
    exported.map(MacroDefinition::new).collect()
}

fn macro_of(item: &ast::Item) -> Option<&ast::Macro> {
    match &item.kind {
        ItemKind::Macro(definition) => Some(definition),
        _ => None,
    }
}

impl MacroDefinition {
    fn new(definition: &ast::Macro) -> MacroDefinition {
        let params = definition.signature.params.iter().map(|param| match &param.kind {
            ast::ParamKind::Rest(name) => MacroParam { name: name.name.clone(), rest: true },
            ast::ParamKind::Pattern { pattern, .. } => {
                let name = match &pattern.kind {
                    ast::PatternKind::Name { name, .. } => name.name.clone(),
                    _ => Name::new("_"),
                };
                MacroParam { name, rest: false }
            }
        });
        let template = match definition.body.stmts.as_slice() {
            [
                ast::Stmt {
                    kind: StmtKind::Expr(ast::Expr { kind: ast::ExprKind::Quote(block), .. }), ..
                },
            ] => Some(block.stmts.iter().map(Sexpr::from).collect()),
            _ => None,
        };
        MacroDefinition { name: definition.name.name.clone(), params: params.collect(), template }
    }
}

/// Expands every macro call of a file. `imported` finds the macros of a module that the file imports.
pub fn expand(
    file: &ast::File,
    source: &str,
    imported: &mut dyn FnMut(&ast::Import) -> Vec<(Name, MacroDefinition)>,
) -> Result<Option<ast::File>, Vec<Diagnostic>> {
    // Every call has a `!` that touches its parenthesis; without any the tree is left as it is.
    if !source.contains("!(") {
        return Ok(None);
    }
    let mut expander =
        Expander { macros: HashMap::new(), marks: 0, forms: 0, diagnostics: Vec::new(), stopped: false };
    for stmt in &file.stmts {
        let StmtKind::Item(item) = &stmt.kind else { continue };
        match &item.kind {
            ItemKind::Macro(definition) => {
                let known = MacroDefinition::new(definition);
                expander.macros.insert(known.name.clone(), (definition.name.span.start, known));
            }
            ItemKind::Import(import) => {
                for (name, definition) in imported(import) {
                    expander.macros.insert(name, (item.span.start, definition));
                }
            }
            _ => {}
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
    sexpr::to_file(&form).map(Some).map_err(|diagnostic| vec![diagnostic])
}

struct Expander {
    macros: HashMap<Name, (u32, MacroDefinition)>,
    marks: u32,
    forms: usize,
    diagnostics: Vec<Diagnostic>,
    stopped: bool,
}

impl Expander {
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
        let Some((defined_at, definition)) = self.macros.get(called).cloned() else {
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
        self.expand_template(&definition, given, form.span)
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
        let Some(template) = &definition.template else {
            let message = format!(
                "the body of `{}` does more than quote, which this build cannot run",
                definition.name
            );
            self.stop(Code::MacroNotTemplate, span, message);
            return None;
        };
        let bound = self.bind(definition, given, span)?;
        self.marks += 1;
        let mark = Mark(self.marks);
        let mut stmts = Vec::new();
        for stmt in template {
            self.substitute(stmt, &bound, mark, &mut stmts);
        }
        if self.forms > FORMS_MAX {
            let message = format!("the expansion of `{}!` is too large", definition.name);
            self.stop(Code::EndlessExpansion, span, message);
            return None;
        }
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
        let has_rest = definition.params.last().is_some_and(|last| last.rest);
        let least = definition.params.len() - usize::from(has_rest);
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
        let mut given = given.into_iter();
        let mut bound = HashMap::new();
        for param in &definition.params {
            let forms: Vec<Sexpr> =
                if param.rest { given.by_ref().collect() } else { given.next().into_iter().collect() };
            bound.insert(param.name.clone(), forms);
        }
        Some(bound)
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
    fn unquoted(&mut self, inner: &Sexpr, bound: &HashMap<Name, Vec<Sexpr>>) -> Vec<Sexpr> {
        if let SexprKind::Name(name) = &inner.kind
            && let Some(forms) = bound.get(name)
        {
            return forms.clone();
        }
        if let Some((head, [function, argument])) = inner.as_form()
            && *head == "call"
            && matches!(&function.kind, SexprKind::Name(name) if *name == "unhygienic")
            && let SexprKind::Symbol(name) = &argument.kind
        {
            return vec![Sexpr::new(SexprKind::Name(name.clone()), argument.span)];
        }
        let message = "`$` takes a parameter of the macro or `unhygienic(:name)`".to_string();
        self.stop(Code::MacroNotTemplate, inner.span, message);
        Vec::new()
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
