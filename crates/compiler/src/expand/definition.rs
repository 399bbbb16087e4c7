//! What a macro is: its parameters and its body, with what surrounds it in its file.

use std::collections::HashMap;
use std::sync::Arc;

use base::Name;
use syntax::ast::{self, ItemKind, StmtKind};
use syntax::sexpr::{Sexpr, SexprKind};

/// A macro, as other modules import it.
#[derive(Clone, Debug)]
pub struct MacroDefinition {
    pub name: Name,
    pub(super) file: Arc<FileMacros>,
    pub(super) index: usize,
    /// The module that defines it; none for a macro of the file itself.
    pub(super) module: Option<Arc<str>>,
}

/// The macros of one file, in order, and what their bodies may call.
#[derive(Debug, Default)]
pub struct FileMacros {
    pub(super) macros: Vec<MacroData>,
    pub(super) imports: Vec<Sexpr>,
    by_name: HashMap<Name, usize>,
    /// Where the file is, so that its imports are found.
    pub(super) path: String,
}

#[derive(Debug)]
pub struct MacroData {
    pub(super) name: Name,
    pub(super) params: Vec<MacroParam>,
    pub(super) body: Body,
    /// The definition itself.
    pub(super) form: Sexpr,
    pub(super) start: u32,
    public: bool,
}

#[derive(Debug)]
pub enum Body {
    /// One `quote` whose holes are parameters: nothing has to run.
    Template(Vec<Sexpr>),
    /// Anything else: the parameters and the block.
    Code { params: Sexpr, block: Sexpr },
}

#[derive(Clone, Debug)]
pub struct MacroParam {
    pub(super) name: Name,
    pub(super) rest: bool,
}

/// The macros that a file exports.
pub fn exported_macros(file: &ast::File, path: &str) -> Vec<MacroDefinition> {
    let macros = Arc::new(FileMacros::of(file, path));
    let exported = (0..macros.macros.len()).filter(|&index| macros.macros[index].public);
    exported.map(|index| FileMacros::get(&macros, index)).collect()
}

impl MacroDefinition {
    pub(super) fn data(&self) -> &MacroData {
        &self.file.macros[self.index]
    }

    /// The same macro as a file sees it that imports it from `path`.
    pub fn imported_from(mut self, path: &str) -> MacroDefinition {
        self.module = Some(Arc::from(path));
        self
    }

    /// Another macro of the file that defines this one.
    pub(super) fn sibling(&self, name: &Name) -> Option<MacroDefinition> {
        let index = *self.file.by_name.get(name)?;
        Some(MacroDefinition { module: self.module.clone(), ..FileMacros::get(&self.file, index) })
    }
}

impl FileMacros {
    pub(super) fn of(file: &ast::File, path: &str) -> FileMacros {
        let mut macros = FileMacros { path: path.to_string(), ..FileMacros::default() };
        for stmt in &file.stmts {
            let StmtKind::Item(item) = &stmt.kind else { continue };
            match &item.kind {
                ItemKind::Macro(definition) => {
                    let data = MacroData::new(definition, item.public, Sexpr::from(stmt));
                    macros.by_name.insert(data.name.clone(), macros.macros.len());
                    macros.macros.push(data);
                }
                ItemKind::Import(_) => macros.imports.push(Sexpr::from(stmt)),
                _ => {}
            }
        }
        macros
    }

    pub(super) fn get(this: &Arc<FileMacros>, index: usize) -> MacroDefinition {
        MacroDefinition { name: this.macros[index].name.clone(), file: Arc::clone(this), index, module: None }
    }
}

impl MacroData {
    fn new(definition: &ast::Macro, public: bool, form: Sexpr) -> MacroData {
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
        let params: Vec<MacroParam> = params.collect();
        let body = Body::of(definition, &params, &form);
        MacroData {
            name: definition.name.name.clone(),
            params,
            body,
            form,
            start: definition.name.span.start,
            public,
        }
    }
}

impl Body {
    fn of(definition: &ast::Macro, params: &[MacroParam], form: &Sexpr) -> Body {
        if let [ast::Stmt { kind: StmtKind::Expr(ast::Expr { kind: ast::ExprKind::Quote(block), .. }), .. }] =
            definition.body.stmts.as_slice()
        {
            let template: Vec<Sexpr> = block.stmts.iter().map(Sexpr::from).collect();
            if template.iter().all(|form| holes_are_plain(form, params)) {
                return Body::Template(template);
            }
        }
        let mut inner = form;
        // `pub` and documentation stand around the definition.
        while let Some((head, [.., last])) = inner.as_form()
            && (*head == "pub" || *head == "doc")
        {
            inner = last;
        }
        match inner.as_form() {
            Some((_, [_, params, block])) => Body::Code { params: params.clone(), block: block.clone() },
            _ => Body::Template(Vec::new()),
        }
    }
}

/// Whether every `$` of a template stands before a parameter or `unhygienic(:name)`.
fn holes_are_plain(form: &Sexpr, params: &[MacroParam]) -> bool {
    let mut work = vec![form];
    while let Some(form) = work.pop() {
        match form.as_form() {
            Some((head, [inner])) if *head == "unquote" => {
                let known = |name: &Name| params.iter().any(|param| param.name == *name);
                let plain = matches!(&inner.kind, SexprKind::Name(name) if known(name))
                    || super::unhygienic(inner).is_some();
                if !plain {
                    return false;
                }
            }
            _ => {
                if let SexprKind::List(parts) = &form.kind {
                    work.extend(parts);
                }
            }
        }
    }
    true
}
