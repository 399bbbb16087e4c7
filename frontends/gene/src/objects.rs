//! Classes, objects and sends.

use diag::Span;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::functions::{Kin, Written};
use crate::lower::{Lowering, exported};
use crate::node::{Gene, Node};
use crate::reader::{Reading, mistake};

impl Lowering {
    /// `(class C < P members...)`.
    pub fn class(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some(name) = gene.children.first() else { return Err(mistake(span, "a class needs a name")) };
        let own = self.scopes.fresh("class");
        let (make, members) = self.class_parts(gene, &own, span)?;
        let text = exported(name.symbol().unwrap_or_default());
        let value = emit::name(&own, span);
        let mut statements = vec![emit::constant(&own, make, span)];
        statements.push(if text.contains('/') {
            self.assign(name, "=", value.clone(), span)?
        } else {
            self.bind(text, value.clone(), span)?
        });
        let members = self.members(members, &own)?;
        statements.extend(members);
        statements.push(value);
        Ok(emit::block(statements, span))
    }

    /// What makes the class, and its members.
    pub fn class_parts<'n>(&mut self, gene: &'n Gene, own: &str, span: Span) -> Reading<(Sexpr, &'n [Node])> {
        let Some((name, rest)) = gene.children.split_first() else {
            return Err(mistake(span, "a class needs a name"));
        };
        let Some(text) = name.symbol() else { return Err(mistake(name.span, "a class needs a name")) };
        let (parent, members) = match rest {
            [less, parent, members @ ..] if less.is_symbol("<") => (self.expression(parent)?, members),
            _ => (emit::nil(span), rest),
        };
        let last = text.rsplit('/').next().unwrap_or(text);
        let origin = emit::string(&format!("{:?}:{} {own}", span.file, span.start), span);
        Ok((emit::support("make_class", vec![emit::string(last, span), parent, origin], span), members))
    }

    /// The members of a class, in whose bodies it is `self`.
    pub fn members(&mut self, members: &[Node], own: &str) -> Reading<Vec<Sexpr>> {
        self.classes.push(own.to_string());
        self.selves.push(own.to_string());
        let mut forms = Vec::new();
        for member in members {
            let value = emit::name(own, member.span);
            forms.push(self.member(member, &value));
        }
        self.selves.pop();
        self.classes.pop();
        forms.into_iter().collect()
    }

    /// A constructor, a method, or any expression, whose `self` is the class.
    fn member(&mut self, node: &Node, class: &Sexpr) -> Reading<Sexpr> {
        let span = node.span;
        let Some(gene) = node.gene() else { return self.expression(node) };
        let head = gene.head.as_ref().and_then(Node::symbol).unwrap_or_default();
        let children = &gene.children[..];
        let written = |params, body| Written { params: Some(params), props: &gene.props, body, span };
        match (head, children) {
            ("ctor" | ".ctor" | "ctor!", [params, body @ ..]) => {
                let (kin, definer) = match head {
                    "ctor!" => (Kin::MacroMethod, "define_macro_constructor"),
                    _ => (Kin::Method, "define_constructor"),
                };
                let code = self.function_of(None, kin, false, &written(params, body))?;
                Ok(emit::support(definer, vec![class.clone(), code], span))
            }
            ("on_method_missing", [params, body @ ..]) => {
                let code = self.function_of(None, Kin::Method, false, &written(params, body))?;
                Ok(emit::support("define_method", vec![class.clone(), emit::string(head, span), code], span))
            }
            ("fn", [name, params, body @ ..]) if name.symbol().is_some() => {
                let name = exported(name.symbol().unwrap_or_default());
                let kin = if name.ends_with('!') { Kin::Macro } else { Kin::Plain };
                let code = self.function_of(None, kin, name.ends_with('*'), &written(params, body))?;
                Ok(emit::support("set_member", vec![class.clone(), emit::string(name, span), code], span))
            }
            ("method" | ".fn" | ".method", [name, params, body @ ..]) if name.symbol().is_some() => {
                let name = name.symbol().unwrap_or_default();
                let kin = if name.ends_with('!') { Kin::MacroMethod } else { Kin::Method };
                let code = self.function_of(None, kin, name.ends_with('*'), &written(params, body))?;
                Ok(emit::support("define_method", vec![class.clone(), emit::string(name, span), code], span))
            }
            ("method" | ".fn" | "ctor" | ".ctor" | "ctor!" | "on_method_missing", _) => {
                Err(mistake(span, "a method needs a name, parameters and a body"))
            }
            ("class" | "ns" | "enum" | "var" | "let", [name, ..]) if name.symbol().is_some() => {
                let name = crate::lower::plain_name(name.symbol().unwrap_or_default());
                let value = self.body(std::slice::from_ref(node), span)?;
                Ok(emit::support("set_member", vec![class.clone(), emit::string(&name, span), value], span))
            }
            _ => self.expression(node),
        }
    }

    /// `(new C a b)`.
    pub fn construct(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some((class, rest)) = gene.children.split_first() else {
            return Err(mistake(span, "a class is missing"));
        };
        let class = self.expression(class)?;
        let arguments = self.call_arguments(rest, &gene.props, span)?;
        Ok(emit::support("construct", vec![class, emit::list(arguments, span)], span))
    }

    /// `(new! C a b)`: the constructor gets its arguments as data.
    pub fn construct_macro(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some((class, rest)) = gene.children.split_first() else {
            return Err(mistake(span, "a class is missing"));
        };
        let class = self.expression(class)?;
        let (made, arguments) = self.macro_arguments(rest, &gene.props, span)?;
        let made_of = emit::support("construct_macro", vec![class, emit::list(arguments, span)], span);
        Ok(emit::block(vec![made, made_of], span))
    }

    /// `(object .method arguments...)`.
    pub fn send(&mut self, object: &Node, method: &str, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let object = self.expression(object)?;
        self.send_to(object, method, &gene.children[1..], &gene.props, span)
    }

    pub fn send_to(
        &mut self,
        object: Sexpr,
        method: &str,
        arguments: &[Node],
        props: &[(String, Node)],
        span: Span,
    ) -> Reading<Sexpr> {
        // A method's name may go on as a path: `(a .b/c)`.
        let (method, path) =
            method.split_once('/').map_or((method, None), |(method, path)| (method, Some(path)));
        if method.ends_with('!') && path.is_none() {
            let (made, arguments) = self.macro_arguments(arguments, props, span)?;
            let parts = vec![object, emit::string(method, span), emit::list(arguments, span)];
            return Ok(emit::block(vec![made, emit::support("send", parts, span)], span));
        }
        let arguments = self.call_arguments(arguments, props, span)?;
        let mut sent = if arguments.is_empty() {
            emit::support("send0", vec![object, emit::string(method, span)], span)
        } else {
            emit::support("send", vec![object, emit::string(method, span), emit::list(arguments, span)], span)
        };
        if let Some(path) = path {
            sent = self.path(Some(sent), &format!("/{path}"), span)?;
        }
        Ok(sent)
    }

    /// `(super .method a)`, `(super .ctor a)`.
    pub fn send_super(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let Some(class) = self.classes.last().cloned() else {
            return Err(mistake(span, "`super` stands in a method of a class"));
        };
        let method = gene.children.first().and_then(Node::symbol).and_then(|name| name.strip_prefix('.'));
        let Some(method) = method else { return Err(mistake(span, "`super` needs a method: (super .name)")) };
        let arguments = self.call_arguments(&gene.children[1..], &gene.props, span)?;
        let own = self.own_self(span);
        let parts =
            vec![emit::name(&class, span), own, emit::string(method, span), emit::list(arguments, span)];
        Ok(emit::support("send_super", parts, span))
    }
}
