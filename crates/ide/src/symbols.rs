//! The outline of a file: what it declares, with what lies inside.

use diag::FileId;
use syntax::ast::{Item, ItemKind, PatternKind, Stmt, StmtKind};

use crate::{DeclarationKind, Range};

/// Something that a file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: DeclarationKind,
    pub range: Range,
    /// The name itself.
    pub name_range: Range,
    /// Whether other files may import it.
    pub public: bool,
    /// The text of the `///` comments above it.
    pub documentation: String,
    /// The first line of the declaration, without what opens its body.
    pub line: String,
    pub children: Vec<Symbol>,
}

/// What the top level of a text declares.
pub fn symbols(text: &str) -> Vec<Symbol> {
    let (tree, _) = syntax::parse(text, FileId(0));
    let mut found: Vec<Symbol> = tree.stmts.iter().filter_map(of_statement).collect();
    found.iter_mut().for_each(|symbol| {
        symbol.line = first_line(text, &symbol.range);
        symbol.children.iter_mut().for_each(|child| child.line = first_line(text, &child.range));
    });
    found
}

fn first_line(text: &str, range: &Range) -> String {
    let line = text
        .get(range.clone())
        .and_then(|text| text.lines().find(|line| !line.trim_start().starts_with("///")));
    line.unwrap_or_default().trim().trim_end_matches('{').trim_end().to_string()
}

fn of_statement(stmt: &Stmt) -> Option<Symbol> {
    match &stmt.kind {
        StmtKind::Item(item) => of_item(item),
        StmtKind::Let(binding) => match &binding.pattern.kind {
            PatternKind::Name { name, .. } => {
                let mut found = symbol(name, DeclarationKind::Variable, stmt.span);
                found.public = binding.public;
                found.documentation = binding.doc.as_ref().map(ToString::to_string).unwrap_or_default();
                Some(found)
            }
            _ => None,
        },
        StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } => None,
    }
}

fn of_item(item: &Item) -> Option<Symbol> {
    let mut found = of_kind(item)?;
    found.public = item.public;
    found.documentation = item.doc.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(found)
}

fn of_kind(item: &Item) -> Option<Symbol> {
    let span = item.span;
    match &item.kind {
        ItemKind::Function(function) => {
            Some(symbol(function.name.as_ref()?, DeclarationKind::Function, span))
        }
        ItemKind::Class(class) => Some(symbol(&class.name, DeclarationKind::Class, span)),
        ItemKind::Record(record) => Some(symbol(&record.name, DeclarationKind::Class, span)),
        ItemKind::Trait(item) => Some(symbol(&item.name, DeclarationKind::Class, span)),
        ItemKind::Actor(actor) => Some(symbol(&actor.name, DeclarationKind::Class, span)),
        ItemKind::Enum(item) => Some(symbol(&item.name, DeclarationKind::Class, span)),
        ItemKind::Macro(item) => Some(symbol(&item.name, DeclarationKind::Macro, span)),
        ItemKind::Module(module) => {
            let mut found = symbol(&module.name, DeclarationKind::Module, span);
            // Modules hold no modules deeper than the parser goes.
            found.children = module.stmts.iter().filter_map(of_flat_statement).collect();
            Some(found)
        }
        ItemKind::Import(_) | ItemKind::Test(_) => None,
    }
}

/// One level below a module; deeper ones are left out of the outline.
fn of_flat_statement(stmt: &Stmt) -> Option<Symbol> {
    match &stmt.kind {
        StmtKind::Item(item) if matches!(item.kind, ItemKind::Module(_)) => None,
        _ => of_statement(stmt),
    }
}

fn symbol(name: &syntax::ast::Ident, kind: DeclarationKind, span: diag::Span) -> Symbol {
    Symbol {
        name: name.name.to_string(),
        kind,
        range: span.start as usize..span.end as usize,
        name_range: name.span.start as usize..name.span.end as usize,
        public: false,
        documentation: String::new(),
        line: String::new(),
        children: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_listed_in_order() {
        let found = symbols("let a = 1\nfn f() {}\nclass C {}\nmodule m { fn g() {} }\nprint(a)\n");
        let names: Vec<&str> = found.iter().map(|symbol| symbol.name.as_str()).collect();
        assert_eq!(names, ["a", "f", "C", "m"]);
        assert_eq!(found[3].children[0].name, "g");
        let found = symbols("/// Twice.\npub fn two(x) { x * 2 }\n");
        assert!(found[0].public && found[0].documentation.contains("Twice."), "{found:?}");
        assert_eq!(found[0].line, "pub fn two(x) { x * 2 }");
    }
}
