//! Whether a blank stands between two atoms on one line.
//!
//! Invariant: two tokens that would read as another token without a blank between them get one.

use syntax::token::{Kind, Role};

use crate::atoms::Atoms;

pub fn blank_between(atoms: &Atoms, before: usize, after: usize) -> bool {
    let (left, right) = (&atoms.atoms[before], &atoms.atoms[after]);
    if name_eats_question(atoms.text(before), left.kind, right.kind) {
        return true;
    }
    if left.kind == Kind::Int && right.kind == Kind::Dot && position_follows(atoms, before, after) {
        return true;
    }
    if left.kind.is_open() {
        return !right.kind.is_close() && padded(left.role);
    }
    if right.kind.is_close() {
        return right.partner.is_some_and(|open| padded(atoms.atoms[open].role));
    }
    if matches!(right.kind, Kind::Comma | Kind::Semicolon) {
        return false;
    }
    // `| ||a| a`: without the blank `||` would be the empty list and `|` the bar that opens the next.
    if left.role == Role::OpenBar && right.kind == Kind::BarBar && right.role == Role::Plain {
        return true;
    }
    match (left.kind, left.role) {
        (Kind::Dot | Kind::QuestionDot, _) => return false,
        (_, Role::Prefix | Role::OpenBar) => return false,
        (_, Role::OperatorName) => return false,
        (Kind::Bang, Role::Postfix) => return false,
        // The second half of `||` opens the next list of parameters.
        (Kind::BarBar, Role::Plain) => return false,
        (_, Role::Range) => return !starts_operand(right.kind, right.role),
        (Kind::Star, Role::Plain) => return right.kind != Kind::OpenParen,
        _ => {}
    }
    match (right.kind, right.role) {
        (Kind::Colon | Kind::Dot | Kind::QuestionDot, _) => false,
        (_, Role::Postfix | Role::CloseBar) => right.kind == Kind::BarBar && right.role == Role::CloseBar,
        (Kind::BarBar, Role::Plain) => false,
        (_, Role::Range) => !ends_operand(left.kind, left.role),
        // `fn*`: the star belongs to the word.
        (Kind::Star, Role::Plain) => left.kind != Kind::Fn,
        (Kind::OpenBracket | Kind::CloseBracket | Kind::Eq, Role::OperatorName) => left.kind == Kind::Fn,
        _ => true,
    }
}

/// Braces around statements, members and imports have a blank inside, all other brackets have none.
fn padded(role: Role) -> bool {
    matches!(role, Role::Block | Role::Body | Role::Import)
}

/// `1 .2`: without the blank both would be one number. Behind a dot they cannot.
fn position_follows(atoms: &Atoms, before: usize, after: usize) -> bool {
    let behind_dot = before > 0 && matches!(atoms.atoms[before - 1].kind, Kind::Dot | Kind::QuestionDot);
    !behind_dot && atoms.atoms.get(after + 1).is_some_and(|next| next.kind == Kind::Int)
}

/// `a? .b`: without the blank the `?` would join what follows.
fn name_eats_question(text: &str, left: Kind, right: Kind) -> bool {
    left.is_word()
        && text.ends_with('?')
        && matches!(right, Kind::Dot | Kind::QuestionDot | Kind::OpenBracket | Kind::QuestionBracket)
}

fn ends_operand(kind: Kind, role: Role) -> bool {
    role != Role::Infix
        && (kind.is_close()
            || matches!(
                kind,
                Kind::Ident
                    | Kind::Int
                    | Kind::Float
                    | Kind::Char
                    | Kind::String
                    | Kind::RawString
                    | Kind::Bytes
                    | Kind::Regex
                    | Kind::Symbol
                    | Kind::TemplateStart
                    | Kind::SelfWord
                    | Kind::True
                    | Kind::False
                    | Kind::Nil
            )
            || kind.is_contextual())
}

fn starts_operand(kind: Kind, role: Role) -> bool {
    matches!(role, Role::Prefix)
        || matches!(kind, Kind::OpenParen | Kind::OpenBracket | Kind::HashBrace | Kind::Await | Kind::Async)
        || (ends_operand(kind, role) && !kind.is_close() && kind != Kind::WordAs)
}
