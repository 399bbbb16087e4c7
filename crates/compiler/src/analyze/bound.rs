//! What patterns and statements declare.

use syntax::ast::{self, ItemKind, PatternKind, StmtKind};

/// Whether this is a call of which `async` runs only the call itself in the task: its function and its arguments
/// are evaluated by whoever starts it.
pub fn is_plain_call(expr: &ast::Expr) -> bool {
    let ast::ExprKind::Call { arguments, .. } = &expr.kind else { return false };
    arguments.iter().all(|argument| !matches!(argument, ast::Argument::Named { .. }))
}

/// The name of a statement that declares a function.
pub fn function_name(stmt: &ast::Stmt) -> Option<&ast::Ident> {
    match &stmt.kind {
        StmtKind::Item(item) => match &item.kind {
            ItemKind::Function(function) => function.name.as_ref(),
            _ => None,
        },
        _ => None,
    }
}

/// Calls `visit` with every pattern directly inside another.
pub fn for_each_child<'a>(pattern: &'a ast::Pattern, visit: &mut dyn FnMut(&'a ast::Pattern)) {
    match &pattern.kind {
        PatternKind::Error
        | PatternKind::Wildcard
        | PatternKind::Name { .. }
        | PatternKind::Literal(_)
        | PatternKind::Range { .. }
        | PatternKind::Pin(_)
        | PatternKind::Unquote(_) => {}
        PatternKind::Path { arguments, .. } => {
            arguments.iter().flatten().for_each(|argument| visit(&argument.pattern));
        }
        PatternKind::Tuple { items, named } => {
            items.iter().chain(named.iter().map(|(_, pattern)| pattern)).for_each(visit);
        }
        PatternKind::List { before, after, .. } => before.iter().chain(after).for_each(visit),
        PatternKind::Map { entries, .. } => entries.iter().for_each(|(_, pattern)| visit(pattern)),
        PatternKind::Or(alternatives) => alternatives.iter().for_each(visit),
        PatternKind::As { pattern, .. } => visit(pattern),
    }
}

/// Every name a pattern binds, in source order; alternatives bind the same names, so of them the first counts.
pub fn bound_names<'a>(pattern: &'a ast::Pattern, names: &mut Vec<&'a ast::Ident>) {
    match &pattern.kind {
        PatternKind::Name { name, .. } => names.push(name),
        PatternKind::List { before, rest, after } => {
            before.iter().for_each(|pattern| bound_names(pattern, names));
            names.extend(rest.iter().filter_map(|rest| rest.name.as_ref()));
            after.iter().for_each(|pattern| bound_names(pattern, names));
        }
        PatternKind::Map { entries, rest } => {
            entries.iter().for_each(|(_, pattern)| bound_names(pattern, names));
            names.extend(rest);
        }
        PatternKind::As { pattern, name } => {
            bound_names(pattern, names);
            names.push(name);
        }
        PatternKind::Error
        | PatternKind::Wildcard
        | PatternKind::Literal(_)
        | PatternKind::Range { .. }
        | PatternKind::Pin(_)
        | PatternKind::Unquote(_)
        | PatternKind::Path { .. }
        | PatternKind::Tuple { .. } => for_each_child(pattern, &mut |child| bound_names(child, names)),
        PatternKind::Or(alternatives) => {
            alternatives.first().iter().for_each(|first| bound_names(first, names));
        }
    }
}
