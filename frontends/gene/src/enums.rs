//! Enums and their values, singletons, and the forms that look into the program they stand in.

use diag::Span;
use notation::Role;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::{Lowering, exported, function_name, plain_name};
use crate::node::{Gene, Node};
use crate::reader::{Reading, mistake};

impl Lowering {
    /// The forms that work with parts of the library.
    pub fn library_form(&mut self, name: &str, gene: &Gene, span: Span) -> Reading<Option<Sexpr>> {
        let children = &gene.children[..];
        Ok(Some(match name {
            "@" => self.selector_form(children, span)?,
            "./" => {
                let arguments = self.arguments(children)?;
                emit::support("select_or", arguments, span)
            }
            "enum" => self.enumeration(gene, span)?,
            "object" => self.singleton(gene, span)?,
            "tuple" => self.tuple(children, span)?,
            "type" => emit::nil(span),
            "new!" => self.construct_macro(gene, span)?,
            "$with" => self.with_self(children, span)?,
            "$if_main" => self.if_main(children, span)?,
            "$freeze" => {
                let value = self.single(children, span)?;
                emit::call(emit::name("freeze", span), vec![value], span)
            }
            "$hash_map" => {
                let items = self.arguments(children)?;
                emit::support("hash_map", vec![emit::list(items, span)], span)
            }
            "$render" => {
                let template = self.single(children, span)?;
                emit::support("render", vec![template], span)
            }
            _ => return Ok(None),
        }))
    }

    /// `(enum Shape (Circle radius) (Rect width height) Point)`.
    pub fn enumeration(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some((name, variants)) = gene.children.split_first() else {
            return Err(mistake(span, "an enum needs a name"));
        };
        let Some(text) = name.symbol() else { return Err(mistake(name.span, "an enum needs a name")) };
        let text = function_name(exported(text));
        let listed = gene.props.iter().find(|(key, _)| key == "values").and_then(|(_, value)| value.array());
        let mut described = Vec::new();
        for variant in listed.unwrap_or_default().iter().chain(variants) {
            described.push(variant_of(variant)?);
        }
        let variants = emit::list(described, span);
        let made = emit::support("make_enum", vec![emit::string(text, span), variants], span);
        self.bind(text, made, span)
    }

    /// `(tuple Point x: Int y: Int)`: values with parts that have names or places.
    pub fn tuple(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((name, fields)) = children.split_first() else {
            return Err(mistake(span, "a tuple needs a name"));
        };
        let Some(text) = name.symbol() else { return Err(mistake(name.span, "a tuple needs a name")) };
        let text = function_name(exported(text));
        let fields = emit::list(fields_of(fields)?, span);
        let parts = vec![emit::string("", span), emit::string(text, span), fields, emit::int(0, span)];
        let made = emit::support("Variant", parts, span);
        self.bind(text, made, span)
    }

    /// `(object Name < Parent members...)`: the only instance of a class of its own.
    pub fn singleton(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some(name) = gene.children.first().and_then(Node::symbol) else {
            return Err(mistake(span, "an object needs a name"));
        };
        let own = self.scopes.fresh("class");
        let (make, members) = self.class_parts(gene, &own, span)?;
        let mut statements = vec![emit::constant(&own, make, span)];
        statements.extend(self.members(members, &own)?);
        let made =
            emit::support("construct", vec![emit::name(&own, span), emit::list(Vec::new(), span)], span);
        statements.push(self.bind(exported(name), made, span)?);
        Ok(emit::block(statements, span))
    }

    /// `(r ?)`: what a success holds; anything else is what the function returns.
    pub fn unwrap(&mut self, head: &Node, span: Span) -> Reading<Sexpr> {
        let value = self.expression(head)?;
        let name = self.scopes.fresh("result");
        let own = emit::name(&name, span);
        let held =
            emit::block(vec![emit::support("payload", vec![own.clone(), emit::int(0, span)], span)], span);
        let leave = emit::block(vec![emit::form("return", vec![own.clone()], span)], span);
        let test = emit::support("success?", vec![own], span);
        Ok(emit::block(
            vec![emit::var(&name, value, span), emit::form("if", vec![test, held, leave], span)],
            span,
        ))
    }

    /// `($with value ...)`: `/x` is a field of the value.
    pub fn with_self(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some((value, body)) = children.split_first() else {
            return Err(mistake(span, "a value is missing"));
        };
        let value = self.expression(value)?;
        let own = self.scopes.fresh("self");
        self.selves.push(own.clone());
        let body = self.body(body, span);
        self.selves.pop();
        Ok(emit::block(vec![emit::var(&own, value, span), body?], span))
    }

    /// `($if_main ...)`: what only a program does, and no module.
    pub fn if_main(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        match self.role() {
            Role::Program | Role::Expression => self.body(children, span),
            Role::Module => Ok(emit::nil(span)),
        }
    }
}

/// The name of a variant and those of its fields; types of fields are left out.
fn variant_of(node: &Node) -> Reading<Sexpr> {
    let span = node.span;
    let (name, children) = match node.gene() {
        Some(gene) => (gene.head.as_ref().and_then(Node::symbol), &gene.children[..]),
        None => (node.symbol(), &[][..]),
    };
    let Some(name) = name else { return Err(mistake(span, "a variant is a name, or a name with fields")) };
    let fields = fields_of(children)?;
    Ok(emit::form("tuple", vec![emit::string(name, span), emit::list(fields, span)], span))
}

/// The names of fields, without their types.
fn fields_of(children: &[Node]) -> Reading<Vec<Sexpr>> {
    let mut fields = Vec::new();
    let mut children = children.iter();
    while let Some(child) = children.next() {
        let Some(field) = child.symbol() else { return Err(mistake(child.span, "a field is a name")) };
        if field.ends_with(':') {
            children.next();
        }
        // A part without a name has its place for one: (X Int Int).
        let place = fields.len().to_string();
        let name = if field.starts_with(char::is_uppercase) { place } else { plain_name(field) };
        fields.push(emit::string(&name, child.span));
    }
    Ok(fields)
}
