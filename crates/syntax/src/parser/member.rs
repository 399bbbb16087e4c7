//! The bodies of classes, actors, records, traits: fields and methods.

use diag::Code;

use super::{Parser, Start};
use crate::ast::{Field, FieldKind, Ident, Member, Method, MethodKind};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

/// Whose body is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Class,
    Actor,
    Record,
    Trait,
}

/// Operators that can be methods. Unary ones are those without parameters.
const OPERATORS: &[Kind] = &[
    Kind::Plus,
    Kind::Minus,
    Kind::Star,
    Kind::Slash,
    Kind::TildeSlash,
    Kind::Percent,
    Kind::StarStar,
    Kind::Amp,
    Kind::Bar,
    Kind::Caret,
    Kind::Tilde,
    Kind::ShiftLeft,
    Kind::ShiftRight,
    Kind::EqEq,
    Kind::Less,
    Kind::LessEq,
];

impl Parser<'_> {
    /// `{ ... }`: one part after the other, each ended by a line break, `,` or `;`.
    pub(super) fn body_of(&mut self, mut part: impl FnMut(&mut Self)) {
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
                context.catch = false;
            },
            |parser| {
                while parser.position < close as usize && !parser.at(Kind::Eof) {
                    if matches!(parser.current, Kind::Comma | Kind::Semicolon) {
                        parser.advance();
                        continue;
                    }
                    let before = parser.position;
                    parser.nested(&mut part);
                    parser.end_of_arm(before, close);
                }
            },
        );
        self.close(open, "`}`");
    }

    #[inline(never)]
    pub(super) fn members(&mut self, owner: Owner) -> Vec<Member> {
        let mut members = Vec::new();
        self.body_of(|parser| members.extend(parser.member(owner)));
        members
    }

    #[inline(never)]
    pub(super) fn methods(&mut self, owner: Owner) -> Vec<Method> {
        let mut methods = Vec::new();
        self.body_of(|parser| match parser.member(owner) {
            Some(Member::Method(method)) => methods.push(method),
            Some(Member::Field(field)) => parser.misplaced_field(&field, owner),
            None => {}
        });
        methods
    }

    #[cold]
    fn misplaced_field(&mut self, field: &Field, owner: Owner) {
        let (what, hint) = match owner {
            Owner::Record => {
                ("the body of a record holds only methods", "fields stand in parentheses: `record R(a, b)`")
            }
            _ => ("a trait has no fields", "require a method instead: `fn name()`"),
        };
        self.error(Code::MisplacedMember, field.span, what).hint(hint);
    }

    #[inline(never)]
    fn member(&mut self, owner: Owner) -> Option<Member> {
        let start = self.here();
        let doc = self.doc();
        let public = self.eat(Kind::Pub);
        let kind = match (self.current, self.kind_at(1)) {
            (Kind::WordStatic, Kind::Fn) => Some(MethodKind::Static),
            (Kind::WordCast, Kind::Fn) => Some(MethodKind::Cast),
            (Kind::WordGet, Kind::Fn) => Some(MethodKind::Get),
            _ => None,
        };
        if let Some(kind) = kind {
            let span = self.current_span();
            if kind == MethodKind::Cast && owner != Owner::Actor {
                self.error(Code::MisplacedMember, span, "`cast` stands only in an actor")
                    .hint("a call of an actor's `cast fn` does not wait; elsewhere every call waits");
            }
            self.advance();
        }
        let member = if self.at(Kind::Fn) {
            let kind = kind.unwrap_or(MethodKind::Plain);
            Some(Member::Method(self.method(start, kind, public, owner, doc)))
        } else {
            self.field(start, public, doc).map(Member::Field)
        };
        self.node(start, NodeKind::Member);
        member
    }

    #[inline(never)]
    fn field(&mut self, start: Start, public: bool, doc: Option<base::Name>) -> Option<Field> {
        if public {
            self.unexpected("`fn`: fields are never `pub`");
            return None;
        }
        let kind = match self.current {
            Kind::Let => FieldKind::Let,
            Kind::Var => FieldKind::Var,
            Kind::WordStatic if self.kind_at(1).is_name() => FieldKind::Static,
            kind if kind.is_name() => FieldKind::Plain,
            _ => {
                self.unexpected("a field or a method");
                return None;
            }
        };
        if kind != FieldKind::Plain {
            self.advance();
        }
        let name = self.ident("the name of a field");
        let annotation = self.eat(Kind::Colon).then(|| self.type_annotation());
        let has_default = self.eat_as(Kind::Eq, Role::Infix);
        let default = has_default.then(|| self.function_body(Self::expr));
        Some(Field { kind, name, annotation, default, doc, span: self.span_from(start) })
    }

    #[inline(never)]
    fn method(
        &mut self,
        start: Start,
        kind: MethodKind,
        public: bool,
        owner: Owner,
        doc: Option<base::Name>,
    ) -> Method {
        self.advance();
        let generator = self.at(Kind::Star) && self.kind_at(1) != Kind::OpenParen;
        if generator {
            self.advance();
        }
        let name = self.method_name();
        let signature = self.signature(generator);
        let has_body = matches!(self.current, Kind::OpenBrace | Kind::Eq) && !self.on_new_line();
        let body = if has_body || owner != Owner::Trait { Some(self.body()) } else { None };
        Method { kind, public, name, signature, body, doc, span: self.span_from(start) }
    }

    /// A name or an operator.
    fn method_name(&mut self) -> Ident {
        let start = self.here();
        if OPERATORS.contains(&self.current) {
            let text = self.names.intern(self.current.text());
            self.advance_as(Role::OperatorName);
            return Ident::new(text, self.span_from(start));
        }
        if self.at(Kind::OpenBracket) && self.kind_at(1) == Kind::CloseBracket {
            self.advance_as(Role::OperatorName);
            self.advance_as(Role::OperatorName);
            let mut text = "[]";
            if self.at(Kind::Eq) && self.touches(0) {
                self.advance_as(Role::OperatorName);
                text = "[]=";
            }
            return Ident::new(self.names.intern(text), self.span_from(start));
        }
        let derived = match self.current {
            Kind::NotEq => Some("`!=` follows from `==`"),
            Kind::Greater => Some("`>` follows from `<`"),
            Kind::GreaterEq => Some("`>=` follows from `<=`"),
            Kind::In => Some("`in` calls the method `contains`"),
            Kind::AmpAmp | Kind::BarBar | Kind::Bang | Kind::Coalesce | Kind::Is => {
                Some("this operator works on every value and cannot be defined")
            }
            _ => None,
        };
        if let Some(hint) = derived {
            let span = self.current_span();
            let text = self.text().to_string();
            self.error(Code::MisplacedMember, span, format!("`{text}` cannot be a method")).hint(hint);
            return self.word();
        }
        self.ident("the name of a method")
    }
}
