//! Patterns.

use base::Name;
use diag::Code;

use super::{Parser, Start};
use crate::ast::{Expr, ExprKind, Ident, MapKey, Pattern, PatternArgument, PatternKind, RestPattern};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// A whole pattern, its names checked.
    pub(super) fn checked_pattern(&mut self) -> Pattern {
        let pattern = self.pattern();
        self.check_bindings(&pattern);
        pattern
    }

    pub(super) fn pattern(&mut self) -> Pattern {
        self.nested(|parser| {
            let start = parser.here();
            let mut pattern = parser.alternatives(start);
            if parser.at(Kind::WordAs) && !parser.line_ends() {
                parser.advance();
                let name = parser.ident("a name");
                parser.link();
                pattern = parser.finish_pattern(start, PatternKind::As { pattern: Box::new(pattern), name });
            }
            pattern
        })
    }

    #[inline(never)]
    fn alternatives(&mut self, start: Start) -> Pattern {
        let first = self.pattern_atom();
        if !self.at(Kind::Bar) || self.context.bars || self.line_ends() {
            return first;
        }
        let mut alternatives = vec![first];
        while self.at(Kind::Bar) && !self.line_ends() && !self.panicking {
            self.advance_as(Role::Infix);
            alternatives.push(self.pattern_atom());
        }
        self.finish_pattern(start, PatternKind::Or(alternatives))
    }

    fn finish_pattern(&mut self, start: Start, kind: PatternKind) -> Pattern {
        self.node(start, NodeKind::Pattern);
        Pattern { kind, span: self.span_from(start) }
    }

    #[inline(never)]
    fn pattern_atom(&mut self) -> Pattern {
        let start = self.here();
        let kind = match self.current {
            Kind::OpenParen => self.tuple_pattern(),
            Kind::OpenBracket => self.list_pattern(),
            Kind::OpenBrace => self.map_pattern(),
            Kind::Caret => self.pin(),
            Kind::Dollar => match self.unquote() {
                ExprKind::Unquote(inner) => PatternKind::Unquote(inner),
                _ => PatternKind::Error,
            },
            Kind::DotDot if matches!(self.kind_at(1), Kind::CloseParen | Kind::Comma) => {
                let span = self.current_span();
                self.error(Code::InvalidPattern, span, "`..` stands for a rest in lists alone").hint(
                    "each part has its pattern, `_` where it does not matter; or name some: `Book(title: t)`",
                );
                self.advance();
                PatternKind::Wildcard
            }
            Kind::DotDot | Kind::DotDotEq => {
                let inclusive = self.at(Kind::DotDotEq);
                self.advance_as(Role::Range);
                let end = Some(self.literal_pattern());
                PatternKind::Range { start: None, end, inclusive }
            }
            kind if kind.is_name() => self.name_pattern(),
            Kind::Minus
            | Kind::Int
            | Kind::Float
            | Kind::Char
            | Kind::String
            | Kind::RawString
            | Kind::Bytes
            | Kind::Symbol
            | Kind::True
            | Kind::False
            | Kind::Nil => self.literal_or_range(),
            _ => self.no_pattern(),
        };
        self.finish_pattern(start, kind)
    }

    #[cold]
    fn no_pattern(&mut self) -> PatternKind {
        let span = self.current_span();
        match self.current {
            Kind::TemplateStart => {
                self.error(Code::InvalidPattern, span, "a pattern holds no interpolation")
                    .hint("compare in a guard: `text if text == \"...\"`");
                self.literal();
            }
            Kind::Regex => {
                self.error(Code::InvalidPattern, span, "a regex is not a pattern")
                    .hint("match in a guard: `text if re\"...\".test(text)`");
                self.advance();
            }
            Kind::BarBar => {
                self.error(Code::InvalidPattern, span, "alternatives are separated by one `|`");
                self.advance();
            }
            Kind::SelfWord if !self.panicking => {
                self.error(Code::KeywordAsName, span, "`self` is a keyword, so it cannot be a parameter")
                    .hint("leave it out: every method has its `self`");
                self.advance();
            }
            kind if kind.is_reserved() && !self.panicking => {
                let name = self.ident("a name");
                return PatternKind::Name { name, annotation: None };
            }
            _ => self.unexpected("a pattern"),
        }
        PatternKind::Error
    }

    /// `_`, `name`, `name: Type`, or a path that starts upper-case or has a dot.
    #[inline(never)]
    fn name_pattern(&mut self) -> PatternKind {
        let upper = self.text().starts_with(char::is_uppercase);
        if upper || (self.kind_at(1) == Kind::Dot && self.kind_at(2).is_word()) {
            return self.path_pattern();
        }
        let name = self.word();
        if name.name == "_" {
            if !self.at(Kind::Colon) {
                return PatternKind::Wildcard;
            }
            let span = name.span;
            self.error(Code::InvalidPattern, span, "`_` takes no type")
                .hint("the type alone is a pattern: `Int`");
        }
        let annotation = self.eat(Kind::Colon).then(|| self.pattern_type());
        PatternKind::Name { name, annotation }
    }

    #[inline(never)]
    fn path_pattern(&mut self) -> PatternKind {
        let path = self.path();
        if let Some(last) = path.segments.last().filter(|last| !last.name.is_upper()) {
            let name = last.name.clone();
            self.error(Code::InvalidPattern, path.span, format!("`{name}` is no type"))
                .hint("to compare with a value, pin it: `^(a.b)`");
        }
        let called = self.at(Kind::OpenParen) && !self.on_new_line();
        let arguments = called.then(|| self.pattern_arguments());
        PatternKind::Path { path, arguments }
    }

    /// `(p, field: p)`.
    #[inline(never)]
    fn pattern_arguments(&mut self) -> Vec<PatternArgument> {
        let open = self.position as u32;
        self.advance_as(Role::Postfix);
        let mut arguments: Vec<PatternArgument> = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseParen) && !parser.at(Kind::Eof) {
                let start = parser.here();
                let name = parser.entry_name();
                if name.is_none() && arguments.last().is_some_and(|last| last.name.is_some()) {
                    let span = parser.current_span();
                    parser.error(Code::ArgumentOrder, span, "a positional pattern after a named one");
                }
                let pattern = parser.pattern();
                parser.node(start, NodeKind::Entry);
                arguments.push(PatternArgument { name, pattern });
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `)`");
        arguments
    }

    /// `WORD ":"`.
    fn entry_name(&mut self) -> Option<Ident> {
        if !self.current.is_word() || self.kind_at(1) != Kind::Colon {
            return None;
        }
        let name = self.word();
        self.advance();
        Some(name)
    }

    #[inline(never)]
    fn tuple_pattern(&mut self) -> PatternKind {
        let open = self.position as u32;
        self.advance();
        let mut items: Vec<Pattern> = Vec::new();
        let mut named: Vec<(Ident, Pattern)> = Vec::new();
        let mut comma = false;
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseParen) && !parser.at(Kind::Eof) {
                let start = parser.here();
                if !items.is_empty() && parser.at_named_entry() {
                    if let Some(name) = parser.entry_name() {
                        named.push((name, parser.pattern()));
                    }
                } else {
                    if !named.is_empty() {
                        let span = parser.current_span();
                        parser.error(Code::ArgumentOrder, span, "a positional pattern after a named entry");
                    }
                    items.push(parser.pattern());
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
        PatternKind::Tuple { items, named }
    }

    /// In a tuple pattern `name: p` is an entry of the final map, unless `p` is a bare type: then it is a name with
    /// its annotation, as it is for the first element.
    fn at_named_entry(&self) -> bool {
        if !self.current.is_word() || self.kind_at(1) != Kind::Colon {
            return false;
        }
        let is_type = self.kind_at(2).is_name()
            && self.text_at(2).starts_with(char::is_uppercase)
            && matches!(self.kind_at(3), Kind::Comma | Kind::CloseParen | Kind::Bar);
        !(is_type && self.current.is_name())
    }

    #[inline(never)]
    fn list_pattern(&mut self) -> PatternKind {
        let open = self.position as u32;
        self.advance();
        let mut before = Vec::new();
        let mut rest: Option<RestPattern> = None;
        let mut after = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseBracket) && !parser.at(Kind::Eof) {
                let start = parser.here();
                let literal_follows =
                    matches!(parser.kind_at(1), Kind::Int | Kind::Float | Kind::Char | Kind::Minus);
                if parser.at(Kind::DotDot) && !literal_follows {
                    let found = parser.rest_pattern();
                    if rest.is_some() {
                        let span = found.span;
                        parser.error(Code::InvalidPattern, span, "a list pattern has at most one rest");
                    }
                    rest = Some(found);
                } else if rest.is_some() {
                    after.push(parser.pattern());
                } else {
                    before.push(parser.pattern());
                }
                parser.node(start, NodeKind::Entry);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `]`");
        PatternKind::List { before, rest, after }
    }

    fn rest_pattern(&mut self) -> RestPattern {
        let start = self.here();
        self.advance_as(Role::Prefix);
        let name = self.current.is_name().then(|| self.word()).filter(|name| name.name != "_");
        RestPattern { name, span: self.span_from(start) }
    }

    #[inline(never)]
    fn map_pattern(&mut self) -> PatternKind {
        let open = self.position as u32;
        self.advance_as(Role::Map);
        let mut entries = Vec::new();
        let mut rest = None;
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseBrace) && !parser.at(Kind::Eof) {
                let start = parser.here();
                if parser.eat_as(Kind::DotDot, Role::Prefix) {
                    rest = Some(parser.ident("a name"));
                } else {
                    entries.push(parser.map_pattern_entry());
                }
                parser.node(start, NodeKind::Entry);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `}`");
        PatternKind::Map { entries, rest }
    }

    fn map_pattern_entry(&mut self) -> (MapKey, Pattern) {
        let start = self.here();
        if matches!(self.current, Kind::String | Kind::RawString) {
            let text = match self.literal() {
                ExprKind::String(text) => text,
                _ => Name::new(""),
            };
            let key = MapKey { text, span: self.span_from(start) };
            self.expect(Kind::Colon);
            return (key, self.pattern());
        }
        if let Some(name) = self.entry_name() {
            return (MapKey { text: name.name, span: name.span }, self.pattern());
        }
        let name = self.ident("a key");
        let key = MapKey { text: name.name.clone(), span: name.span };
        let span = name.span;
        (key, Pattern { kind: PatternKind::Name { name, annotation: None }, span })
    }

    /// `^name`, `^(e)`.
    #[inline(never)]
    fn pin(&mut self) -> PatternKind {
        self.advance_as(Role::Prefix);
        let start = self.here();
        if self.at(Kind::OpenParen) {
            let open = self.position as u32;
            self.advance();
            let value = self.within_brackets(Self::expr);
            self.close(open, "`)`");
            return PatternKind::Pin(Box::new(value));
        }
        let kind = if self.at(Kind::SelfWord) {
            self.advance();
            ExprKind::SelfValue
        } else {
            ExprKind::Name(self.ident("a name"))
        };
        PatternKind::Pin(Box::new(Expr::new(kind, self.span_from(start))))
    }

    #[inline(never)]
    fn literal_or_range(&mut self) -> PatternKind {
        let value = self.literal_pattern();
        if !matches!(self.current, Kind::DotDot | Kind::DotDotEq) || self.line_ends() {
            return PatternKind::Literal(value);
        }
        let inclusive = self.at(Kind::DotDotEq);
        self.advance_as(Role::Range);
        let has_end =
            matches!(self.current, Kind::Int | Kind::Float | Kind::Char | Kind::String | Kind::Minus);
        if inclusive && !has_end {
            self.unexpected("the end of the range");
        }
        let end = has_end.then(|| self.literal_pattern());
        PatternKind::Range { start: Some(value), end, inclusive }
    }

    /// A literal, negative numbers included.
    fn literal_pattern(&mut self) -> Expr {
        let start = self.here();
        let negative = self.eat_as(Kind::Minus, Role::Prefix);
        let kind = match self.current {
            Kind::Int | Kind::Float if negative => negated(self.literal()),
            Kind::Int | Kind::Float => self.literal(),
            Kind::True | Kind::False if !negative => {
                let value = self.at(Kind::True);
                self.advance();
                ExprKind::Bool(value)
            }
            Kind::Nil if !negative => {
                self.advance();
                ExprKind::Nil
            }
            Kind::Char | Kind::String | Kind::RawString | Kind::Bytes | Kind::Symbol if !negative => {
                self.literal()
            }
            _ => {
                self.unexpected(if negative { "a number" } else { "a literal" });
                ExprKind::Error
            }
        };
        Expr::new(kind, self.span_from(start))
    }
}

fn negated(value: ExprKind) -> ExprKind {
    match value {
        ExprKind::Int(value) => ExprKind::Int(-value),
        ExprKind::BigInt(digits) if digits == "9223372036854775808" => ExprKind::Int(i64::MIN),
        ExprKind::BigInt(digits) => ExprKind::BigInt(Name::from(format!("-{digits}"))),
        ExprKind::Float(value) => ExprKind::Float(-value),
        other => other,
    }
}
