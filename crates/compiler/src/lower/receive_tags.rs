//! What the arms of a `receive` say of the messages they take: the symbol that a pattern begins with, and the values it
//! pins where a Ref may stand. The mailbox finds messages by these without looking at others.

use bytecode::{Constant, Op};
use syntax::ast::{self, ExprKind, Pattern, PatternKind};

use super::Lowerer;
use super::builder::Special;
use crate::form::{Inst, Reg};

/// Which elements of a message may hold the Ref that it is found by.
const REFERENCE_PLACES: usize = 3;
/// With more arms every message is looked at.
const ARMS_MAX: usize = 32;

/// What an arm says: the symbol its messages begin with, or a pinned name.
struct Known<'a> {
    symbol: Option<&'a str>,
    pinned: Option<&'a ast::Expr>,
}

impl<'a> Lowerer<'a, '_> {
    /// A tuple of symbols where all arms have one and pin nothing, else two values an arm in a list, or nil where some arm takes messages of any kind.
    pub fn receive_tags(&mut self, arms: &'a [ast::Arm]) -> Reg {
        let list = self.build().allocate();
        let mut known = Vec::new();
        for arm in arms {
            if !collect(&arm.pattern, &mut known) {
                known.clear();
                break;
            }
        }
        if known.is_empty() || known.len() > ARMS_MAX {
            self.build().load_special(list, Special::Nil);
            return list;
        }
        let symbols: Vec<Constant> = known
            .iter()
            .filter(|arm| arm.pinned.is_none())
            .filter_map(|arm| Some(Constant::Symbol(arm.symbol?.to_string())))
            .collect();
        if symbols.len() == known.len() {
            // Nothing is made where nothing has to be looked up: a process that waits may have no memory of its own.
            self.build().load_constant(list, Constant::Tuple(symbols));
            return list;
        }
        self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
        for arm in known {
            let value = self.build().allocate();
            match arm.symbol {
                Some(symbol) => self.build().load_constant(value, Constant::Symbol(symbol.to_string())),
                None => self.build().load_special(value, Special::Nil),
            }
            self.build().emit(Inst::new(Op::ListPush).a(list).b(value));
            match arm.pinned {
                Some(pinned) => self.expr(pinned, super::expr::Dst::into(value)),
                None => self.build().load_special(value, Special::Nil),
            }
            self.build().emit(Inst::new(Op::ListPush).a(list).b(value));
            self.build().release(value);
        }
        list
    }
}

/// What the messages that a pattern takes have in common; false when that is nothing.
fn collect<'a>(pattern: &'a Pattern, known: &mut Vec<Known<'a>>) -> bool {
    match &pattern.kind {
        PatternKind::Or(patterns) => patterns.iter().all(|pattern| collect(pattern, known)),
        PatternKind::As { pattern, .. } => collect(pattern, known),
        PatternKind::Tuple { items, named } if named.is_empty() => {
            let symbol = items.first().and_then(symbol_of);
            let pinned = items.iter().take(REFERENCE_PLACES).find_map(pinned_of);
            known.push(Known { symbol, pinned });
            symbol.is_some() || pinned.is_some()
        }
        PatternKind::Literal(_) => {
            let symbol = symbol_of(pattern);
            known.push(Known { symbol, pinned: None });
            symbol.is_some()
        }
        PatternKind::Pin(_) => {
            let pinned = pinned_of(pattern);
            known.push(Known { symbol: None, pinned });
            pinned.is_some()
        }
        PatternKind::Error
        | PatternKind::Wildcard
        | PatternKind::Name { .. }
        | PatternKind::Range { .. }
        | PatternKind::Tuple { .. }
        | PatternKind::List { .. }
        | PatternKind::Map { .. }
        | PatternKind::Path { .. }
        | PatternKind::Unquote(_) => false,
    }
}

fn symbol_of(pattern: &Pattern) -> Option<&str> {
    match &pattern.kind {
        PatternKind::Literal(expr) => match &expr.kind {
            ExprKind::Symbol(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// A pinned name; what else is pinned may have effects and is evaluated by the pattern alone.
fn pinned_of(pattern: &Pattern) -> Option<&ast::Expr> {
    match &pattern.kind {
        PatternKind::Pin(expr) if matches!(expr.kind, ExprKind::Name(_)) => Some(expr),
        _ => None,
    }
}
