//! Postfix chains: fields, calls, indexes.

use diag::Code;

use super::{Parser, Start};
use crate::ast::{Expr, ExprKind, Ident};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Expr {
        let start = self.here();
        let mut value = self.primary();
        // The value of a parenthesis is no field access, so a call after it calls what it gives.
        let mut optional = false;
        loop {
            let next = match self.current {
                Kind::Dot => self.dot(start, value),
                Kind::QuestionDot => {
                    optional = true;
                    self.dot(start, value)
                }
                Kind::OpenParen if !self.on_new_line() => self.call(start, value),
                Kind::OpenBracket if !self.on_new_line() => self.index(start, value),
                Kind::QuestionBracket if !self.on_new_line() => {
                    optional = true;
                    self.index(start, value)
                }
                _ => break,
            };
            self.link();
            value = next;
            if self.panicking {
                break;
            }
        }
        if self.position as u32 > start.token + 1 {
            self.node(start, NodeKind::Postfix);
        }
        if optional {
            self.link();
            let span = value.span;
            return Expr::new(ExprKind::Chain(Box::new(value)), span);
        }
        value
    }

    /// `.name`, `.name(args)`, `.0`.
    #[inline(never)]
    fn dot(&mut self, start: Start, object: Expr) -> Expr {
        let optional = self.at(Kind::QuestionDot);
        self.advance();
        let object = Box::new(object);
        let kind = if self.at(Kind::Int) {
            let index = self.position_index();
            ExprKind::Position { object, index, optional }
        } else {
            let name = self.member_name();
            if self.at(Kind::OpenParen) && !self.on_new_line() && !self.panicking {
                let arguments = self.arguments();
                ExprKind::MethodCall { object, name, arguments, optional }
            } else {
                ExprKind::Field { object, name, optional }
            }
        };
        Expr::new(kind, self.span_from(start))
    }

    /// After a dot every word is a name.
    pub(super) fn member_name(&mut self) -> Ident {
        if self.current.is_word() {
            return self.word();
        }
        self.unexpected("a name");
        self.missing_ident()
    }

    fn position_index(&mut self) -> u32 {
        let index = self.text().parse();
        let span = self.current_span();
        self.advance();
        index.unwrap_or_else(|_| {
            self.error(Code::BadNumber, span, "a tuple is never that long");
            0
        })
    }

    #[inline(never)]
    fn call(&mut self, start: Start, callee: Expr) -> Expr {
        let arguments = self.arguments();
        Expr::new(ExprKind::Call { callee: Box::new(callee), arguments }, self.span_from(start))
    }

    /// `[index]`, the index also an open range.
    #[inline(never)]
    fn index(&mut self, start: Start, object: Expr) -> Expr {
        let optional = self.at(Kind::QuestionBracket);
        let open = self.position as u32;
        self.advance_as(Role::Postfix);
        let index = self.within_brackets(Self::index_value);
        self.close(open, "`]`");
        let kind = ExprKind::Index { object: Box::new(object), index: Box::new(index), optional };
        Expr::new(kind, self.span_from(start))
    }

    #[inline(never)]
    fn index_value(&mut self) -> Expr {
        if !matches!(self.current, Kind::DotDot | Kind::DotDotEq) {
            return self.expr();
        }
        let start = self.here();
        let inclusive = self.at(Kind::DotDotEq);
        self.advance_as(Role::Range);
        let end = if self.at(Kind::CloseBracket) { None } else { Some(Box::new(self.expr())) };
        self.node(start, NodeKind::Expr);
        Expr::new(ExprKind::Range { start: None, end, inclusive }, self.span_from(start))
    }
}
