//! The arms of `match`, `receive` and `select`.

use diag::Code;

use super::Parser;
use super::foreign::MEMBER_END;
use crate::ast::{After, Arm, ExprKind, SelectArm};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    #[inline(never)]
    pub(super) fn receive(&mut self) -> ExprKind {
        self.advance();
        let (arms, after) = self.arms();
        ExprKind::Receive { arms, after: after.map(Box::new) }
    }

    /// `{ pattern if guard => body ... after time => body }`.
    #[inline(never)]
    pub(super) fn arms(&mut self) -> (Vec<Arm>, Option<After>) {
        let mut arms = Vec::new();
        let mut after = None;
        self.arm_list(|parser| {
            if parser.at(Kind::After) {
                parser.after(&mut after);
            } else {
                parser.check_after(&after);
                arms.push(parser.arm());
            }
        });
        (arms, after)
    }

    #[inline(never)]
    pub(super) fn select(&mut self) -> ExprKind {
        self.advance();
        let mut arms = Vec::new();
        let mut after = None;
        self.arm_list(|parser| {
            if parser.at(Kind::After) {
                parser.after(&mut after);
            } else {
                parser.check_after(&after);
                arms.push(parser.select_arm());
            }
        });
        ExprKind::Select { arms, after: after.map(Box::new) }
    }

    /// The braces, and one arm after the other: an arm ends at a line break, `,` or `;`.
    fn arm_list(&mut self, mut arm: impl FnMut(&mut Self)) {
        if !self.at(Kind::OpenBrace) {
            return self.unexpected("`{`");
        }
        let open = self.position as u32;
        let close = self.token().partner;
        self.advance_as(Role::Body);
        self.within(
            |context| {
                context.lines = true;
                context.header = false;
                context.bars = false;
            },
            |parser| {
                while parser.position < close as usize && !parser.at(Kind::Eof) {
                    if matches!(parser.current, Kind::Comma | Kind::Semicolon) {
                        parser.advance();
                        continue;
                    }
                    let before = parser.position;
                    // An arm counts as a level of its own: the frames of one take as much stack as two others.
                    parser.nested(&mut arm);
                    parser.end_of_arm(before, close);
                }
            },
        );
        self.close(open, "`}`");
    }

    /// After an arm or member: a separator, or recovery to where the next may start.
    pub(super) fn end_of_arm(&mut self, before: usize, close: u32) {
        let separators = [Kind::Comma, Kind::Semicolon];
        let ended =
            self.position >= close as usize || self.on_new_line() || separators.contains(&self.current);
        if !ended && !self.panicking {
            self.unexpected(MEMBER_END);
        }
        if self.panicking && !(ended && self.position > before) {
            self.recover(close, &separators);
        } else if self.position == before {
            self.advance();
        }
        self.panicking = false;
    }

    fn check_after(&mut self, after: &Option<After>) {
        if let Some(after) = after {
            let span = after.span;
            self.error(Code::MisplacedAfter, span, "`after` is the last arm")
                .hint("move it behind the other arms");
        }
    }

    /// `after time => body`.
    #[inline(never)]
    fn after(&mut self, slot: &mut Option<After>) {
        let start = self.here();
        if let Some(first) = slot {
            let (span, first) = (self.current_span(), first.span);
            self.error(Code::MisplacedAfter, span, "there is at most one `after`")
                .also(first, "the first one");
        }
        self.advance();
        let time = self.within(|context| context.lines = false, Self::expr);
        self.expect_as(Kind::FatArrow, Role::Infix);
        let body = self.body_expr();
        self.node(start, NodeKind::Arm);
        *slot = Some(After { time, body, span: self.span_from(start) });
    }

    #[inline(never)]
    fn arm(&mut self) -> Arm {
        let start = self.here();
        let (pattern, guard) = self.within(
            |context| context.lines = false,
            |parser| {
                let pattern = parser.foreign_else().unwrap_or_else(|| parser.checked_pattern());
                let guard = parser.eat(Kind::If).then(|| parser.expr());
                parser.expect_arrow();
                (pattern, guard)
            },
        );
        let body = if self.panicking { self.error_expr() } else { self.body_expr() };
        self.node(start, NodeKind::Arm);
        Arm { pattern, guard, body, span: self.span_from(start) }
    }

    fn expect_arrow(&mut self) {
        if matches!(self.current, Kind::Arrow | Kind::Colon) && !self.panicking {
            let span = self.current_span();
            self.error(Code::ForeignSyntax, span, "an arm is written with `=>`")
                .hint("write `pattern => value`");
            self.advance();
        } else {
            self.expect_as(Kind::FatArrow, Role::Infix);
        }
    }

    /// `pattern = operation => body`, or without the pattern.
    #[inline(never)]
    fn select_arm(&mut self) -> SelectArm {
        let start = self.here();
        let has_pattern = self.equals_before_arrow();
        let (pattern, operation) = self.within(
            |context| context.lines = false,
            |parser| {
                let pattern = has_pattern.then(|| {
                    let pattern = parser.checked_pattern();
                    parser.expect_as(Kind::Eq, Role::Infix);
                    pattern
                });
                let operation = parser.expr();
                parser.expect_arrow();
                (pattern, operation)
            },
        );
        let body = if self.panicking { self.error_expr() } else { self.body_expr() };
        self.node(start, NodeKind::Arm);
        SelectArm { pattern, operation, body, span: self.span_from(start) }
    }

    /// Whether a `=` outside brackets stands between here and the next `=>`.
    fn equals_before_arrow(&self) -> bool {
        let mut index = self.position;
        while let Some(token) = self.tokens.get(index) {
            match token.kind {
                Kind::Eq => return true,
                Kind::FatArrow | Kind::Semicolon | Kind::Eof => return false,
                kind if kind.is_close() => return false,
                kind if kind.is_open() || kind == Kind::TemplateStart => {
                    index = (token.partner as usize).max(index)
                }
                _ => {}
            }
            index += 1;
        }
        false
    }
}
