//! Arguments of calls.

use diag::{Code, Span};

use super::{Parser, stmt::is_assign};
use crate::ast::{Argument, Expr, ExprKind};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// `(a, name: b, ..rest)`.
    #[inline(never)]
    pub(super) fn arguments(&mut self) -> Vec<Argument> {
        let start = self.here();
        let open = self.position as u32;
        self.advance_as(Role::Postfix);
        let mut arguments = Vec::new();
        let mut named: Option<Span> = None;
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseParen) && !parser.at(Kind::Eof) {
                let argument = parser.argument();
                match &argument {
                    Argument::Named { name, .. } => named = Some(name.span),
                    Argument::Positional(value) => {
                        if let Some(first) = named {
                            parser
                                .error(
                                    Code::ArgumentOrder,
                                    value.span,
                                    "a positional argument after a named one",
                                )
                                .also(first, "named arguments start here");
                        }
                    }
                    Argument::Spread(_) => {}
                }
                arguments.push(argument);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `)`");
        self.node(start, NodeKind::Arguments);
        arguments
    }

    #[inline(never)]
    fn argument(&mut self) -> Argument {
        let start = self.here();
        let argument = if let Some(spread) = self.spread() {
            Argument::Spread(spread)
        } else if self.current.is_word() && self.kind_at(1) == Kind::Colon {
            let name = self.word();
            self.advance();
            Argument::Named { name, value: self.expr() }
        } else {
            Argument::Positional(self.argument_value())
        };
        self.node(start, NodeKind::Argument);
        argument
    }

    /// A value; `name = e` is a habit of other languages.
    #[inline(never)]
    fn argument_value(&mut self) -> Expr {
        if !(self.current.is_name() && is_assign(self.kind_at(1))) {
            return self.expr();
        }
        let name = self.text().to_string();
        let equals = self.kind_at(1) == Kind::Eq;
        let start = self.here();
        self.advance();
        let span = self.current_span();
        let report =
            self.error(Code::AssignmentAsValue, span, "an assignment is a statement and gives no value");
        if equals {
            report
                .hint(format!("a named argument is written `{name}: value`, a comparison `{name} == value`"));
        }
        self.advance_as(Role::Infix);
        self.expr();
        Expr::new(ExprKind::Error, self.span_from(start))
    }

    /// `..e`, and in `quote` `$..e`, which is spread and unquoted.
    #[inline(never)]
    pub(super) fn spread(&mut self) -> Option<Expr> {
        let start = self.here();
        if self.eat_as(Kind::DotDot, Role::Prefix) {
            return Some(self.expr());
        }
        if !(self.at(Kind::Dollar) && self.kind_at(1) == Kind::DotDot && self.touches(1)) {
            if self.at(Kind::Ellipsis) {
                let span = self.current_span();
                self.error(Code::ForeignSyntax, span, "spread is written with two dots").hint("write `..xs`");
                self.advance_as(Role::Prefix);
                return Some(self.expr());
            }
            return None;
        }
        if !self.context.quote {
            let span = self.current_span();
            self.error(Code::UnquoteOutsideQuote, span, "`$` stands only inside `quote`");
        }
        self.advance_as(Role::Prefix);
        self.advance_as(Role::Prefix);
        let value = Box::new(self.expr());
        Some(Expr::new(ExprKind::Unquote(value), self.span_from(start)))
    }
}
