//! Namespaces and modules.

use std::collections::BTreeSet;
use std::path::Path;

use diag::Span;
use notation::Surroundings;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::{Lowering, exported};
use crate::node::{Kind, Node};
use crate::reader::{Reading, mistake};

/// The name in the module, and the name here: `a:b`, `a`, `n/a`.
fn import_name(text: &str) -> (String, String) {
    let (name, alias) = text.split_once(':').unwrap_or((text, ""));
    let last = name.rsplit('/').next().unwrap_or(name);
    (name.to_string(), if alias.is_empty() { last.to_string() } else { alias.to_string() })
}

/// What an import lists, as names in the module and names here; `n/[a b:c]` lists members of `n`.
pub fn import_names(children: &[Node]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut prefix = "";
    for child in children {
        match &child.kind {
            Kind::Symbol(name) if name.ends_with('/') => prefix = name,
            Kind::Symbol(name) => names.push(import_name(name)),
            Kind::Array(items) => {
                let inner = items.iter().filter_map(Node::symbol);
                names.extend(inner.map(|name| import_name(&format!("{prefix}{name}"))));
                prefix = "";
            }
            _ => {}
        }
    }
    names
}

/// Modules of modules that list all names are looked into this deep.
const LOOK_MAX: usize = 8;

/// `(import * from "path")` with the names that the module defines in place of the star.
pub fn name_all(
    nodes: &mut [Node],
    folder: &Path,
    surroundings: &mut dyn Surroundings,
    read: &dyn Fn(&str) -> Reading<Vec<Node>>,
    depth: usize,
) {
    for node in nodes {
        let Kind::Gene(gene) = &mut node.kind else { continue };
        let is_import = gene.head.as_ref().is_some_and(|head| head.is_symbol("import"));
        let [star, _, Node { kind: Kind::Str(path), .. }] = &gene.children[..] else { continue };
        if !is_import || !star.is_symbol("*") {
            continue;
        }
        let span = star.span;
        let file = folder.join(file_of(path));
        let bytes = if depth < LOOK_MAX { surroundings.read(&file.to_string_lossy()) } else { None };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let mut inner = read(&text).unwrap_or_default();
        let inner_folder = file.parent().unwrap_or(folder).to_path_buf();
        name_all(&mut inner, &inner_folder, surroundings, read, depth + 1);
        let mut names = BTreeSet::new();
        for node in &inner {
            crate::lower::defined_names(node, &mut names);
        }
        let listed = names.into_iter().map(|name| Node::new(Kind::Symbol(name), span));
        gene.children.splice(0..1, listed);
    }
}

/// The file of a module, relative to the folder of the program.
fn file_of(path: &str) -> String {
    let file = if path.ends_with(".gene") { path.to_string() } else { format!("{path}.gene") };
    if Path::new(&file).is_absolute() || file.starts_with('.') { file } else { format!("./{file}") }
}

impl Lowering {
    /// `(ns name ...)`.
    pub fn namespace(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((name, body)) = children.split_first() else {
            return Err(mistake(span, "a namespace needs a name"));
        };
        let Some(text) = name.symbol() else { return Err(mistake(name.span, "a namespace needs a name")) };
        let text = exported(text);
        let own = self.scopes.fresh("namespace");
        let last = text.rsplit('/').next().unwrap_or(text);
        let make = emit::support("make_namespace", vec![emit::string(last, span)], span);
        let value = emit::name(&own, span);
        let bound = if text.contains('/') {
            self.assign(name, "=", value.clone(), span)?
        } else {
            self.bind(text, value.clone(), span)?
        };
        self.scopes.enter(Some(own.clone()));
        self.selves.push(own.clone());
        let inner = self.statements(body, span);
        self.selves.pop();
        self.scopes.leave();
        let statements = vec![emit::var(&own, make, span), bound, emit::block(inner?, span), value];
        Ok(emit::block(statements, span))
    }

    /// `(import a b:alias from "path")`, `(import "path")`.
    pub fn import(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let at = children.iter().position(|child| child.is_symbol("from"));
        let (names, source) = match at {
            Some(at) => (import_names(&children[..at]), children.get(at + 1)),
            None => (Vec::new(), children.first()),
        };
        let Some(Node { kind: Kind::Str(path), .. }) = source else {
            return Err(mistake(span, "an import needs the path of a module in quotes"));
        };
        let file = file_of(path);
        let module = match self.imports.iter().find(|known| known.0 == file) {
            Some((_, name)) => name.clone(),
            None => {
                let name = self.scopes.fresh("module");
                self.imports.push((file.clone(), name.clone()));
                name
            }
        };
        let load = emit::form("field", vec![emit::name(&module, span), emit::name("load", span)], span);
        let arguments = vec![emit::name("g modules", span), emit::string(&file, span), load];
        let loaded = self.scopes.fresh("loaded");
        let mut statements = vec![emit::var(&loaded, emit::support("load_module", arguments, span), span)];
        for (there, here) in names {
            let mut value = emit::name(&loaded, span);
            for segment in there.split('/') {
                value = emit::support("imported", vec![value, emit::string(segment, span)], span);
            }
            statements.push(self.bind(&here, value, span)?);
        }
        statements.push(emit::name(&loaded, span));
        Ok(emit::block(statements, span))
    }
}
