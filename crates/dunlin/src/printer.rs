//! Printing the value of a text's last expression, as prompts and `eval` do.

use syntax::ast::{Stmt, StmtKind};

use crate::modules::Modules;

/// What prints a value, unless it is nil. The zero makes way for the expression; the value is printed by Dunlin code,
/// since a class may define how.
const PRINTER: &str = "let __value = 0\nif __value !is nil { print(__value.repr()) }\n";

/// Puts the printer in the place of the last statement, when that is an expression.
pub fn print_last(stmts: &mut Vec<Stmt>, modules: &mut Modules) -> Option<()> {
    if !matches!(stmts.last(), Some(Stmt { kind: StmtKind::Expr(_), .. })) {
        return Some(());
    }
    let mut printer = modules.parse("<printer>", PRINTER.to_string())?;
    if let Some(Stmt { kind: StmtKind::Expr(value), span }) = stmts.pop()
        && let Some(Stmt { kind: StmtKind::Let(binding), span: place }) = printer.stmts.first_mut()
    {
        binding.value = value;
        *place = span;
    }
    stmts.extend(printer.stmts);
    Some(())
}
