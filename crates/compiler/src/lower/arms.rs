//! `match`: arms in order, and what can be said about them without running.

use bytecode::Op;
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Arm, ExprKind, PatternKind};

use super::Lowerer;
use super::statement::Want;
use super::types::path_text;
use crate::form::{BlockId, Inst, Reg};

impl<'a> Lowerer<'a, '_> {
    /// The guard of a `receive`, which may not wait.
    pub fn receive_guard(&mut self, guard: &'a ast::Expr, yes: BlockId, no: BlockId) {
        let outer = std::mem::replace(&mut self.context().in_guard, true);
        self.branch(guard, yes, no);
        self.context().in_guard = outer;
    }

    pub fn check_may_wait(&mut self, span: diag::Span, what: &str) {
        if self.context().in_guard {
            let message =
                format!("a guard cannot {what}: it decides about a message while the mailbox is searched");
            self.error(ErrorCode::WaitInGuard, span, message);
        }
    }

    pub fn match_expr(&mut self, subject: &'a ast::Expr, arms: &'a [Arm], want: Want, span: diag::Span) {
        let top = self.build().top();
        let register = match &subject.kind {
            // A variable that an arm assigns to must not change the subject of later arms.
            ExprKind::Name(_) => self.value_before(subject, &arm_parts(arms)),
            _ => self.value(subject),
        };
        self.arms(register, arms, want, span);
        self.build().release(top);
    }

    pub fn arms(&mut self, subject: Reg, arms: &'a [Arm], want: Want, span: diag::Span) {
        self.check_arms(arms, span);
        self.context().shared_subjects.push(subject);
        let end = self.build().new_block();
        for arm in arms {
            let next = self.build().new_block();
            let mark = self.open_scope();
            let outer = self.build().set_span(arm.span);
            self.bind_pattern(&arm.pattern, subject, next, false);
            if let Some(guard) = &arm.guard {
                let body = self.build().new_block();
                self.branch(guard, body, next);
                self.build().place(body);
            }
            self.want(&arm.body, want);
            self.build().restore_span(outer);
            self.close_scope(mark);
            self.build().jump(end);
            self.build().place(next);
        }
        self.build().end(Inst::new(Op::MatchError).a(subject));
        self.build().place(end);
        self.context().shared_subjects.pop();
    }

    /// As for `match`; a message that no arm takes stays in the mailbox.
    pub fn check_receive_arms(&mut self, arms: &'a [Arm]) {
        let all = arms.iter().position(|arm| arm.guard.is_none() && always_matches(&arm.pattern));
        let Some(first) = all else { return };
        for arm in &arms[first + 1..] {
            self.warn_useless_arm(arm, arms[first].pattern.span);
        }
    }

    /// Warns of arms that cannot match and of cases that are left out.
    fn check_arms(&mut self, arms: &'a [Arm], span: diag::Span) {
        let mut seen: Vec<(String, diag::Span)> = Vec::new();
        let mut takes_all: Option<diag::Span> = None;
        for arm in arms {
            let mut cases = Vec::new();
            self.cases(&arm.pattern, &mut cases);
            let known: Vec<Option<diag::Span>> = cases
                .iter()
                .map(|case| seen.iter().find(|(text, _)| text == case).map(|&(_, span)| span))
                .collect();
            let all_known = !known.is_empty() && known.iter().all(Option::is_some);
            if let Some(earlier) =
                takes_all.or_else(|| known.first().copied().flatten().filter(|_| all_known))
            {
                self.warn_useless_arm(arm, earlier);
            }
            if arm.guard.is_some() {
                continue;
            }
            if always_matches(&arm.pattern) {
                takes_all = takes_all.or(Some(arm.pattern.span));
            }
            seen.extend(cases.into_iter().map(|case| (case, arm.pattern.span)));
        }
        if takes_all.is_none() {
            self.warn_missing(&seen, span);
        }
    }

    fn warn_useless_arm(&mut self, arm: &Arm, earlier: diag::Span) {
        let message = "this arm never matches: an earlier one takes everything it could";
        let diagnostic = Diagnostic::new(ErrorCode::UselessArm, arm.pattern.span, message);
        self.report(diagnostic.also(earlier, "this one comes first"));
    }

    /// The cases that a pattern takes entirely: literals, and classes whose fields it does not look at.
    fn cases(&mut self, pattern: &ast::Pattern, cases: &mut Vec<String>) {
        match &pattern.kind {
            PatternKind::Literal(expr) => cases.push(match &expr.kind {
                ExprKind::Bool(value) => value.to_string(),
                ExprKind::Nil => "nil".to_string(),
                _ => match crate::analyze::literal(expr) {
                    Some(literal) => format!("{literal:?}"),
                    None => return,
                },
            }),
            PatternKind::Path { path, arguments } => {
                let plain = |argument: &ast::PatternArgument| always_matches(&argument.pattern);
                if arguments.as_ref().is_none_or(|arguments| arguments.iter().all(plain)) {
                    cases.push(format!("class {}", path_text(path)));
                }
            }
            PatternKind::Or(alternatives) => {
                alternatives.iter().for_each(|alternative| self.cases(alternative, cases));
            }
            PatternKind::As { pattern, .. } => self.cases(pattern, cases),
            PatternKind::Error
            | PatternKind::Wildcard
            | PatternKind::Name { .. }
            | PatternKind::Range { .. }
            | PatternKind::Tuple { .. }
            | PatternKind::List { .. }
            | PatternKind::Map { .. }
            | PatternKind::Pin(_)
            | PatternKind::Unquote(_) => {}
        }
    }

    fn warn_missing(&mut self, seen: &[(String, diag::Span)], span: diag::Span) {
        let takes = |case: &str| seen.iter().any(|(text, _)| text == case);
        if takes("true") != takes("false") && seen.len() == 1 {
            let missing = if takes("true") { "false" } else { "true" };
            self.report_missing(&[missing.to_string()], span);
        }
        let Some(variants) = seen.iter().find_map(|(text, _)| self.variants_beside(text)) else { return };
        if seen.iter().any(|(text, _)| !text.starts_with("class ")) {
            return;
        }
        let missing: Vec<String> =
            variants.into_iter().filter(|variant| !takes(&format!("class {variant}"))).collect();
        if !missing.is_empty() {
            self.report_missing(&missing, span);
        }
    }

    /// All variants of the enum that a case belongs to.
    fn variants_beside(&mut self, case: &str) -> Option<Vec<String>> {
        let name = case.strip_prefix("class ")?;
        let class = self.classes.iter().find(|class| *class.name == *name)?;
        let parent = class.variant_of?;
        let variants = self.classes.iter().filter(|class| class.variant_of == Some(parent));
        Some(variants.map(|class| class.name.to_string()).collect())
    }

    fn report_missing(&mut self, missing: &[String], span: diag::Span) {
        let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("no arm takes {}", names.join(", "));
        let diagnostic = Diagnostic::new(ErrorCode::MissingArm, span, message);
        self.report(diagnostic.hint("add the arm, or `_ => ...` for the rest"));
    }
}

fn arm_parts(arms: &[Arm]) -> Vec<&ast::Expr> {
    arms.iter().flat_map(|arm| arm.guard.iter().chain(std::iter::once(&arm.body))).collect()
}

/// Whether a pattern matches every value.
pub fn always_matches(pattern: &ast::Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Name { annotation: None, .. } => true,
        PatternKind::As { pattern, .. } => always_matches(pattern),
        PatternKind::Or(alternatives) => alternatives.iter().any(always_matches),
        PatternKind::Error
        | PatternKind::Name { .. }
        | PatternKind::Path { .. }
        | PatternKind::Literal(_)
        | PatternKind::Range { .. }
        | PatternKind::Tuple { .. }
        | PatternKind::List { .. }
        | PatternKind::Map { .. }
        | PatternKind::Pin(_)
        | PatternKind::Unquote(_) => false,
    }
}

/// Whether a `receive` with these arms takes the first message, whatever it is. No arm before the one that matches
/// everything may run code that could throw: an error there leaves the message where it is.
pub fn takes_any(arms: &[Arm]) -> bool {
    let takes = |arm: &Arm| arm.guard.is_none() && always_matches(&arm.pattern);
    let all = arms.iter().position(takes);
    all.is_some_and(|all| arms[..all].iter().all(|arm| arm.guard.is_none() && only_looks(&arm.pattern)))
}

/// Whether finding out if a pattern matches runs no code of the program.
fn only_looks(pattern: &ast::Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Name { annotation: None, .. } | PatternKind::Literal(_) => true,
        PatternKind::As { pattern, .. } => only_looks(pattern),
        PatternKind::Or(alternatives) => alternatives.iter().all(only_looks),
        PatternKind::Tuple { items, named } => {
            items.iter().all(only_looks) && named.iter().all(|(_, pattern)| only_looks(pattern))
        }
        PatternKind::Error
        | PatternKind::Name { .. }
        | PatternKind::Path { .. }
        | PatternKind::Range { .. }
        | PatternKind::List { .. }
        | PatternKind::Map { .. }
        | PatternKind::Pin(_)
        | PatternKind::Unquote(_) => false,
    }
}
