//! Declarations.

use base::Name;
use diag::Code;

use super::{Parser, Place};
use crate::ast::{
    Actor, Class, Enum, Function, Ident, Import, ImportName, ImportSource, Item, ItemKind, Macro, Module,
    Param, ParamKind, Path, Pattern, PatternKind, Purpose, Record, Signature, Stmt, StmtKind, Test, Trait,
    Variant,
};
use crate::token::{Kind, Role, flag};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// The declaration that starts here, if one does.
    #[inline(never)]
    pub(super) fn item(&mut self) -> Option<Item> {
        let public = self.at(Kind::Pub);
        if !public && !self.starts_item(0) {
            return None;
        }
        let start = self.here();
        let doc = self.doc();
        if public {
            self.advance();
            if !self.starts_item(0) || matches!(self.current, Kind::Import | Kind::WordTest | Kind::WordBench)
            {
                self.unexpected("a declaration after `pub`");
                return None;
            }
        }
        let kind = self.item_kind();
        self.node(start, NodeKind::Item);
        Some(Item { kind, public, doc, span: self.span_from(start) })
    }

    fn starts_item(&self, ahead: usize) -> bool {
        let next = self.kind_at(ahead + 1);
        let same_line = !self.token_at(ahead + 1).has(flag::NEWLINE_BEFORE);
        match self.kind_at(ahead) {
            Kind::Class | Kind::Import => true,
            Kind::Fn => next.is_word() || (next == Kind::Star && self.kind_at(ahead + 2).is_word()),
            Kind::WordRecord
            | Kind::WordActor
            | Kind::WordTrait
            | Kind::WordModule
            | Kind::WordMacro
            | Kind::WordEnum => next.is_name() && same_line && !self.context.header,
            Kind::WordTest | Kind::WordBench => {
                matches!(next, Kind::String | Kind::TemplateStart | Kind::RawString) && same_line
            }
            _ => false,
        }
    }

    #[inline(never)]
    fn item_kind(&mut self) -> ItemKind {
        let word = self.current;
        if word != Kind::Fn && self.context.place == Place::Function && !self.context.quote {
            let span = self.current_span();
            let text = word.text();
            self.error(
                Code::MisplacedDeclaration,
                span,
                format!("`{text}` stands only at the top of a module"),
            )
            .hint("move it out of the function or block");
        }
        self.advance();
        match word {
            Kind::Fn => ItemKind::Function(self.function()),
            Kind::Class => ItemKind::Class(self.class()),
            Kind::WordRecord => ItemKind::Record(self.record()),
            Kind::WordActor => {
                let name = self.type_name();
                let traits = self.traits();
                ItemKind::Actor(Actor { name, traits, members: self.members(super::member::Owner::Actor) })
            }
            Kind::WordTrait => {
                let name = self.type_name();
                let traits = self.traits();
                ItemKind::Trait(Trait { name, traits, methods: self.methods(super::member::Owner::Trait) })
            }
            Kind::WordEnum => ItemKind::Enum(self.enumeration()),
            Kind::WordModule => ItemKind::Module(self.module()),
            Kind::WordMacro => {
                let name = self.ident("the name of a macro");
                let signature = self.signature(false);
                let body = self.function_body(Self::block);
                ItemKind::Macro(Macro { name, signature, body })
            }
            Kind::Import => ItemKind::Import(self.import()),
            _ => {
                let purpose = if word == Kind::WordBench { Purpose::Bench } else { Purpose::Test };
                let name = self.test_name(purpose);
                let body = self.function_body(Self::block);
                ItemKind::Test(Test { purpose, name, body })
            }
        }
    }

    #[inline(never)]
    fn function(&mut self) -> Function {
        let generator = self.eat(Kind::Star);
        let name = Some(self.ident("the name of a function"));
        let signature = self.signature(generator);
        let body = self.body();
        Function { name, signature, body }
    }

    /// `(params) -> Type`.
    pub(super) fn signature(&mut self, generator: bool) -> Signature {
        let start = self.here();
        let params = self.params();
        let result = self.eat(Kind::Arrow).then(|| self.type_annotation());
        self.node(start, NodeKind::Signature);
        Signature { generator, params, result, span: self.span_from(start) }
    }

    #[inline(never)]
    fn params(&mut self) -> Vec<Param> {
        let open = self.position as u32;
        if !self.expect_as(Kind::OpenParen, Role::Postfix) {
            return Vec::new();
        }
        let mut params = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseParen) && !parser.at(Kind::Eof) {
                let start = parser.here();
                params.push(parser.param());
                parser.node(start, NodeKind::Param);
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,`, `)` or `: Type`");
        self.check_params(&params);
        params
    }

    #[inline(never)]
    pub(super) fn param(&mut self) -> Param {
        let start = self.here();
        let kind = if self.eat_as(Kind::Ellipsis, Role::Prefix) {
            ParamKind::Rest(self.ident("the name of the rest"))
        } else {
            self.foreign_mut();
            let pattern = self.param_pattern();
            let annotation = self.eat(Kind::Colon).then(|| self.type_annotation());
            let default = self.eat_as(Kind::Eq, Role::Infix).then(|| self.expr());
            ParamKind::Pattern { pattern, annotation, default }
        };
        Param { kind, span: self.span_from(start) }
    }

    /// A pattern whose annotation, if any, is the parameter's.
    fn param_pattern(&mut self) -> Pattern {
        let start = self.here();
        let plain = self.current.is_word()
            && !self.text().starts_with(char::is_uppercase)
            && self.kind_at(1) == Kind::Colon;
        if !plain {
            return self.pattern();
        }
        let name = self.ident("a parameter");
        let span = self.span_from(start);
        if name.name == "_" {
            return Pattern { kind: PatternKind::Wildcard, span };
        }
        Pattern { kind: PatternKind::Name { name, annotation: None }, span }
    }

    /// The name of a type, which starts upper-case.
    pub(super) fn type_name(&mut self) -> Ident {
        let name = self.ident("the name of a type");
        if !name.name.is_upper() && !self.panicking {
            let mut upper = String::new();
            let mut characters = name.name.chars();
            upper.extend(characters.next().into_iter().flat_map(char::to_uppercase));
            upper.push_str(characters.as_str());
            self.error(
                Code::NameCase,
                name.span,
                format!("the name of a type starts upper-case, `{}` does not", name.name),
            )
            .hint(format!("call it `{upper}`"));
        }
        name
    }

    #[inline(never)]
    fn class(&mut self) -> Class {
        let name = self.type_name();
        let superclass = self.eat_as(Kind::Less, Role::Infix).then(|| self.path());
        let traits = self.traits();
        Class { name, superclass, traits, members: self.members(super::member::Owner::Class) }
    }

    /// `: A, B`.
    fn traits(&mut self) -> Vec<Path> {
        let mut traits = Vec::new();
        if self.eat(Kind::Colon) {
            traits.push(self.path());
            while self.eat(Kind::Comma) {
                traits.push(self.path());
            }
        }
        traits
    }

    #[inline(never)]
    fn record(&mut self) -> Record {
        let name = self.type_name();
        let params = (self.at(Kind::OpenParen) && !self.on_new_line()).then(|| self.params());
        let traits = self.traits();
        let body = self.at(Kind::OpenBrace) && !self.on_new_line();
        let methods = if body { self.methods(super::member::Owner::Record) } else { Vec::new() };
        Record { name, params, traits, methods }
    }

    #[inline(never)]
    fn enumeration(&mut self) -> Enum {
        let name = self.type_name();
        let mut variants = Vec::new();
        self.body_of(|parser| {
            let start = parser.here();
            let doc = parser.doc();
            let name = parser.type_name();
            let called = parser.at(Kind::OpenParen) && !parser.on_new_line();
            let params = called.then(|| parser.params());
            parser.node(start, NodeKind::Member);
            variants.push(Variant { name, params, doc, span: parser.span_from(start) });
        });
        Enum { name, variants }
    }

    #[inline(never)]
    fn module(&mut self) -> Module {
        let name = self.ident("the name of a module");
        let block = self.block_in(Place::Module);
        for stmt in &block.stmts {
            self.check_module_stmt(stmt);
        }
        Module { name, stmts: block.stmts }
    }

    fn check_module_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(_) | StmtKind::Item(_) => {}
            StmtKind::Expr(value) if matches!(value.kind, crate::ast::ExprKind::Error) => {}
            StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } => {
                self.error(Code::MisplacedMember, stmt.span, "a module holds only declarations and `let`")
                    .hint("put it into a function");
            }
        }
    }

    /// `import math { sqrt, pi as PI }`, `import "./util" as util`.
    #[inline(never)]
    fn import(&mut self) -> Import {
        let start = self.here();
        let source = match self.current {
            Kind::String | Kind::RawString => {
                let path = self.string_name();
                ImportSource::File { path, span: self.span_from(start) }
            }
            Kind::TemplateStart => {
                self.unexpected("a path without interpolation");
                ImportSource::File { path: Name::new(""), span: self.span_from(start) }
            }
            Kind::WordNative if matches!(self.kind_at(1), Kind::String | Kind::RawString) => {
                self.advance();
                let path = self.string_name();
                ImportSource::Native { path, span: self.span_from(start) }
            }
            _ => ImportSource::Path(self.path()),
        };
        let same_line = !self.on_new_line();
        let alias = (same_line && self.eat(Kind::WordAs)).then(|| self.ident("a name"));
        let braces = self.at(Kind::OpenBrace) && !self.on_new_line();
        let names = braces.then(|| self.import_names());
        Import { source, alias, names }
    }

    fn import_names(&mut self) -> Vec<ImportName> {
        let open = self.position as u32;
        self.advance_as(Role::Import);
        let mut names = Vec::new();
        self.within_brackets(|parser| {
            while !parser.at(Kind::CloseBrace) && !parser.at(Kind::Eof) {
                let start = parser.here();
                let name = parser.ident("the name of an import");
                let alias = parser.eat(Kind::WordAs).then(|| parser.ident("a name"));
                parser.node(start, NodeKind::Entry);
                names.push(ImportName { name, alias });
                if parser.panicking || !parser.eat(Kind::Comma) {
                    break;
                }
            }
        });
        self.close(open, "`,` or `}`");
        names
    }

    fn test_name(&mut self, purpose: Purpose) -> Name {
        if self.at(Kind::TemplateStart) {
            let span = self.current_span();
            let word = purpose.word();
            self.error(Code::UnexpectedToken, span, format!("the name of a {word} holds no interpolation"));
            self.literal();
            return Name::new("");
        }
        self.string_name()
    }

    /// The value of the string without interpolation at the current token.
    fn string_name(&mut self) -> Name {
        match self.literal() {
            crate::ast::ExprKind::String(text) => text,
            _ => Name::new(""),
        }
    }
}
