//! Lists, sets, tuples, maps, and the choice between a map and a block.

use diag::Code;

use super::Parser;
use crate::ast::{Element, Expr, ExprKind, Ident, MapEntry};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    pub(super) fn list(&mut self) -> ExprKind {
        ExprKind::List(self.elements("`,` or `]`"))
    }

    pub(super) fn set(&mut self) -> ExprKind {
        ExprKind::Set(self.elements("`,` or `}`"))
    }

    #[inline(never)]
    fn elements(&mut self, expected: &str) -> Vec<Element> {
        let open = self.position as u32;
        self.advance();
        let mut elements = Vec::new();
        self.within_brackets(|parser| {
            while !parser.current.is_close() && !parser.at(Kind::Eof) {
                let start = parser.here();
                elements.push(match parser.spread() {
                    Some(spread) => Element::Spread(spread),
                    None => Element::Item(parser.expr()),
                });
                parser.node(start, NodeKind::Entry);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, expected);
        elements
    }

    /// `(e)`, `()`, `(a,)`, `(a, b)`, `(a, name: b)`.
    #[inline(never)]
    pub(super) fn tuple(&mut self) -> ExprKind {
        let open = self.position as u32;
        self.advance();
        let mut items = Vec::new();
        let mut named: Vec<(Ident, Expr)> = Vec::new();
        let mut comma = false;
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseParen) && !parser.at(Kind::Eof) {
                let start = parser.here();
                if parser.current.is_word() && parser.kind_at(1) == Kind::Colon && !parser.at_label() {
                    parser.named_entry(items.is_empty(), &mut named);
                } else {
                    parser.positional_after_named(&named);
                    items.push(parser.expr());
                }
                parser.node(start, NodeKind::Entry);
                comma = parser.eat(Kind::Comma);
                if parser.panicking || !comma {
                    break;
                }
            }
        });
        self.close(open, "`,` or `)`");
        if items.len() == 1 && named.is_empty() && !comma {
            return items.swap_remove(0).kind;
        }
        ExprKind::Tuple { items, named }
    }

    #[inline(never)]
    fn named_entry(&mut self, first: bool, named: &mut Vec<(Ident, Expr)>) {
        let name = self.word();
        self.advance();
        if first && named.is_empty() {
            self.error(
                Code::NamedTuple,
                name.span,
                "a tuple needs a positional element before its named entries",
            )
            .hint("a map is written `{name: value}`");
        }
        named.push((name, self.expr()));
    }

    fn positional_after_named(&mut self, named: &[(Ident, Expr)]) {
        if let Some((name, _)) = named.first() {
            let span = self.current_span();
            let first = name.span;
            self.error(Code::ArgumentOrder, span, "a positional element after a named entry")
                .also(first, "named entries start here");
        }
    }

    /// Whether the `{` at the current token opens a map: decided by the tokens behind it alone.
    pub(super) fn opens_map(&self) -> bool {
        match self.kind_at(1) {
            Kind::CloseBrace | Kind::DotDot => true,
            Kind::String | Kind::RawString => self.kind_at(2) == Kind::Colon,
            Kind::OpenBracket | Kind::TemplateStart => {
                let close = self.token_at(1).partner as usize;
                self.tokens.get(close + 1).is_some_and(|token| token.kind == Kind::Colon)
            }
            kind if kind.is_name() => match self.kind_at(2) {
                Kind::Comma => true,
                Kind::Colon => !matches!(self.kind_at(3), Kind::For | Kind::While | Kind::Loop),
                _ => false,
            },
            kind if kind.is_reserved() => self.kind_at(2) == Kind::Colon,
            _ => false,
        }
    }

    pub(super) fn map_or_block(&mut self) -> ExprKind {
        if self.opens_map() { self.map() } else { ExprKind::Block(self.block()) }
    }

    /// The body of an arm or closure: an empty block, a map, a block, an assignment or an expression.
    #[inline(never)]
    pub(super) fn body_expr(&mut self) -> Expr {
        if !self.at(Kind::OpenBrace) || self.context.header {
            return self.assign_or_expr();
        }
        let start = self.here();
        let empty = self.kind_at(1) == Kind::CloseBrace;
        let kind = self.nested(|parser| match empty {
            true => ExprKind::Block(parser.block()),
            false => parser.map_or_block(),
        });
        self.node(start, NodeKind::Expr);
        Expr::new(kind, self.span_from(start))
    }

    #[inline(never)]
    pub(super) fn map(&mut self) -> ExprKind {
        let open = self.position as u32;
        self.advance_as(Role::Map);
        let mut entries = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseBrace) && !parser.at(Kind::Eof) {
                let start = parser.here();
                entries.push(parser.map_entry());
                parser.node(start, NodeKind::Entry);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `}`");
        ExprKind::Map(entries)
    }

    #[inline(never)]
    fn map_entry(&mut self) -> MapEntry {
        if let Some(spread) = self.spread() {
            return MapEntry::Spread(spread);
        }
        let start = self.here();
        if self.current.is_word() {
            let name = self.word();
            let key = Expr::new(ExprKind::String(name.name.clone()), name.span);
            if self.eat(Kind::Colon) {
                return MapEntry::Pair { key, value: self.expr() };
            }
            let value = Expr::new(ExprKind::Name(name), self.span_from(start));
            return MapEntry::Pair { key, value };
        }
        let key = match self.current {
            Kind::String | Kind::RawString | Kind::TemplateStart => {
                let kind = self.literal();
                Expr::new(kind, self.span_from(start))
            }
            Kind::OpenBracket => {
                let open = self.position as u32;
                self.advance();
                let key = self.within_brackets(Self::expr);
                self.close(open, "`]`");
                key
            }
            _ => {
                self.unexpected_key();
                return MapEntry::Spread(self.error_expr());
            }
        };
        if !self.expect(Kind::Colon) {
            return MapEntry::Pair { key, value: self.error_expr() };
        }
        MapEntry::Pair { key, value: self.expr() }
    }

    #[cold]
    fn unexpected_key(&mut self) {
        let literal =
            matches!(self.current, Kind::Int | Kind::Float | Kind::Char | Kind::Symbol | Kind::OpenParen);
        if literal && !self.panicking {
            let span = self.current_span();
            let found = self.describe();
            self.error(Code::UnexpectedToken, span, format!("expected a key, found {found}"))
                .hint("a key that is no name and no string stands in brackets: `{[1]: a}`");
            self.panicking = true;
        } else {
            self.unexpected("a key");
        }
    }
}
