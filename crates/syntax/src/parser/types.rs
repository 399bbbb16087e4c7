//! Type annotations and paths.

use super::{Parser, Start};
use crate::ast::{Path, Type, TypeKind};
use crate::token::{Kind, Role};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// `A | B`; between the bars of a closure a union needs parentheses.
    pub(super) fn type_annotation(&mut self) -> Type {
        self.union(|_| true)
    }

    /// The type after `name:` in a pattern: `|` goes on with it only while a type's name follows.
    pub(super) fn pattern_type(&mut self) -> Type {
        self.union(|parser| {
            let next = parser.kind_at(1);
            next.is_name()
                && (parser.text_at(1).starts_with(char::is_uppercase) || parser.kind_at(2) == Kind::Dot)
        })
    }

    fn union(&mut self, goes_on: impl Fn(&Self) -> bool) -> Type {
        let start = self.here();
        let first = self.nested(Self::type_atom);
        if !self.at(Kind::Bar) || self.context.bars || self.line_ends() || !goes_on(self) {
            return first;
        }
        let mut members = vec![first];
        while self.at(Kind::Bar) && !self.line_ends() && !self.panicking && goes_on(self) {
            self.advance_as(Role::Infix);
            members.push(self.nested(Self::type_atom));
        }
        self.finish_type(start, TypeKind::Union(members))
    }

    fn finish_type(&mut self, start: Start, kind: TypeKind) -> Type {
        self.node(start, NodeKind::Type);
        Type { kind, span: self.span_from(start) }
    }

    fn type_atom(&mut self) -> Type {
        let start = self.here();
        let kind = match self.current {
            Kind::Nil => {
                self.advance();
                TypeKind::Nil
            }
            Kind::OpenParen => {
                let open = self.position as u32;
                self.advance();
                let inner = self.within_brackets(Self::type_annotation);
                self.close(open, "`)`");
                inner.kind
            }
            kind if kind.is_name() => {
                let path = self.path();
                let mut arguments = Vec::new();
                if self.at(Kind::OpenBracket) && !self.on_new_line() {
                    arguments = self.type_arguments();
                }
                TypeKind::Path { path, arguments }
            }
            _ => {
                self.unexpected("a type");
                TypeKind::Error
            }
        };
        self.finish_type(start, kind)
    }

    fn type_arguments(&mut self) -> Vec<Type> {
        let open = self.position as u32;
        self.advance_as(Role::Postfix);
        let mut arguments = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseBracket) && !parser.at(Kind::Eof) {
                let start = parser.here();
                arguments.push(parser.type_annotation());
                parser.node(start, NodeKind::Entry);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `]`");
        arguments
    }

    /// `a.b.C`.
    pub(super) fn path(&mut self) -> Path {
        let start = self.here();
        let mut segments = vec![self.ident("a name")];
        while self.at(Kind::Dot) && self.kind_at(1).is_word() && !self.line_ends() {
            self.advance();
            segments.push(self.word());
        }
        self.node(start, NodeKind::Path);
        Path { segments, span: self.span_from(start) }
    }
}
