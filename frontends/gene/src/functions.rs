//! Functions, their parameters, and calls.

use diag::Span;
use syntax::sexpr::Sexpr;

use crate::emit;
use crate::lower::{Lowering, plain_name};
use crate::node::{Gene, Kind, Node};
use crate::reader::{Reading, mistake};

/// A parameter of a function.
struct Param {
    name: String,
    default: Option<Node>,
    is_rest: bool,
    is_named: bool,
    /// `/x`: the argument becomes a field of `self` too.
    is_field: bool,
}

/// What surrounds the body of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    Plain,
    /// The first parameter is `self`.
    Method,
    /// The first parameter is where it was called from.
    Macro,
    /// The first parameter is `self`, the second where it was called from.
    MacroMethod,
}

/// A function as it is written.
pub struct Written<'n> {
    pub params: Option<&'n Node>,
    /// `^^async`, `^^generator`, `^pre [...]`, `^post [...]`.
    pub props: &'n [(String, Node)],
    pub body: &'n [Node],
    pub span: Span,
}

impl Written<'_> {
    fn prop(&self, name: &str) -> Option<&Node> {
        self.props.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.prop(name).is_some_and(|value| value.kind == Kind::Bool(true))
    }

    fn conditions(&self, name: &str) -> &[Node] {
        self.prop(name).and_then(Node::array).unwrap_or_default()
    }
}

fn params(list: Option<&Node>) -> Reading<Vec<Param>> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let items = match &list.kind {
        Kind::Array(items) => &items[..],
        Kind::Symbol(name) if name == "_" => &[],
        Kind::Symbol(_) => std::slice::from_ref(list),
        _ => return Err(mistake(list.span, "parameters stand in brackets: [a b]")),
    };
    let mut params: Vec<Param> = Vec::new();
    let mut rest = items.iter();
    while let Some(item) = rest.next() {
        let Some(word) = item.symbol() else { return Err(mistake(item.span, "a parameter is a name")) };
        if word == "=" {
            let default = rest.next();
            match (params.last_mut(), default) {
                (Some(param), Some(default)) => param.default = Some(default.clone()),
                _ => return Err(mistake(item.span, "a default needs a parameter and a value")),
            }
            continue;
        }
        if word == "..." {
            if let Some(param) = params.last_mut() {
                param.is_rest = true;
            }
            continue;
        }
        let is_typed = word.ends_with(':') && word.len() > 1;
        let is_rest = word.ends_with("...");
        let is_named = word.starts_with('^');
        let default = match word.strip_prefix('^').and_then(|rest| rest.chars().next()) {
            Some('^') => Some(Node::new(Kind::Bool(true), item.span)),
            Some('!') => Some(Node::new(Kind::Nil, item.span)),
            _ => None,
        };
        let word = word.trim_start_matches(['^', '!']);
        params.push(Param {
            name: plain_name(word),
            default,
            is_rest,
            is_named,
            is_field: word.starts_with('/'),
        });
        if is_typed {
            rest.next();
        }
    }
    Ok(params)
}

/// How many arguments a function takes, at least and at most; nothing where it takes them apart by itself.
pub fn arity(list: Option<&Node>) -> Option<(usize, usize)> {
    let params = params(list).ok()?;
    if params.iter().any(|param| param.is_named) || !is_ordered(&params) {
        return None;
    }
    let least = params.iter().filter(|param| param.default.is_none() && !param.is_rest).count();
    let most = if params.iter().any(|param| param.is_rest) { usize::MAX } else { params.len() };
    Some((least, most))
}

/// Whether parameters of the core do the same: those with defaults are behind those without, the rest is the last.
fn is_ordered(params: &[Param]) -> bool {
    params.windows(2).all(|pair| {
        !pair[0].is_rest && (pair[0].default.is_none() || pair[1].default.is_some() || pair[1].is_rest)
    })
}

impl Lowering {
    /// A function that is an item of the core; its name is declared already.
    pub fn function_item(&mut self, node: &Node, name: &str, forms: &mut Vec<Sexpr>) -> Reading<()> {
        let Some(gene) = node.gene() else { return Ok(()) };
        let variable = self.scopes.declare(name);
        let span = node.span;
        let body = gene.children.get(2..).unwrap_or_default();
        let written = Written { params: gene.children.get(1), props: &gene.props, body, span };
        forms.push(self.function(Some(&variable), name, &written)?);
        if let Some(namespace) = self.scopes.find(name).and_then(|variable| variable.namespace.clone()) {
            let own = emit::name(&variable, span);
            let parts = vec![emit::name(&namespace, span), emit::string(name, span), own];
            forms.push(emit::support("define", parts, span));
        }
        Ok(())
    }

    /// `(fn name [..] ...)` or `(fn [..] ...)` as a value.
    pub fn function_form(&mut self, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let children = &gene.children[..];
        let named =
            children.first().and_then(Node::symbol).filter(|_| children.len() > 1 && is_params(&children[1]));
        let is_macro = gene.head.as_ref().is_some_and(|head| head.is_symbol("fn!"));
        let props = &gene.props[..];
        let named = named.map(|name| crate::lower::function_name(crate::lower::exported(name)));
        let Some(name) = named.filter(|name| *name != "_") else {
            let children = match named {
                Some(_) => &children[1..],
                None => children,
            };
            let (params, body) = match children.split_first() {
                Some((first, body)) => (Some(first), body),
                None => (None, children),
            };
            return self.function(None, "", &Written { params, props, body, span });
        };
        let written = Written { params: children.get(1), props, body: &children[2..], span };
        if let Some((base, last)) = name.rsplit_once('/') {
            let value = self.function(None, last, &written)?;
            let target = Node::new(Kind::Symbol(format!("{base}/{last}")), children[0].span);
            return self.assign(&target, "=", value, span);
        }
        if is_macro {
            let value = self.function_of(None, Kin::Macro, false, &written)?;
            self.scopes.declare(name);
            self.scopes.mark_macro(name);
            return self.bind(name, value, span);
        }
        let value = self.function(None, name, &written)?;
        self.bind(name, value, span)
    }

    /// `(a -> a)`, `([a b] -> a)`, `(-> 1)`: a function that leaves arguments alone that it has no names for.
    pub fn block_value(&mut self, list: Option<&Node>, body: &[Node], span: Span) -> Reading<Sexpr> {
        let symbol = |text: &str| Node::new(Kind::Symbol(text.to_string()), span);
        let mut names = match list {
            Some(Node { kind: Kind::Array(items), .. }) => items.clone(),
            Some(node) if node.is_symbol("_") => Vec::new(),
            Some(node) => vec![node.clone()],
            None => Vec::new(),
        };
        if !names.iter().any(|name| name.symbol().is_some_and(|name| name.ends_with("..."))) {
            names.push(symbol("$others..."));
        }
        let list = Node::new(Kind::Array(names), span);
        self.function(None, "", &Written { params: Some(&list), props: &[], body, span })
    }

    /// Gives a declared variable its value.
    /// A definition inside of an expression that declares nothing is its value alone.
    pub fn bind(&mut self, name: &str, value: Sexpr, span: Span) -> Reading<Sexpr> {
        if self.scopes.find(name).is_none() && !name.contains('/') {
            return Ok(value);
        }
        let target = Node::new(Kind::Symbol(name.to_string()), span);
        self.assign(&target, "=", value, span)
    }

    fn function(&mut self, item: Option<&str>, name: &str, written: &Written<'_>) -> Reading<Sexpr> {
        let kin = if name.ends_with('!') { Kin::Macro } else { Kin::Plain };
        let is_generator = name.ends_with('*') || (name.is_empty() && yields(written.body));
        self.function_of(item, kin, is_generator, written)
    }

    /// A function; with an item's name it is a declaration, without one a value.
    pub fn function_of(
        &mut self,
        item: Option<&str>,
        kin: Kin,
        is_generator: bool,
        written: &Written<'_>,
    ) -> Reading<Sexpr> {
        let span = written.span;
        let params = params(written.params)?;
        self.scopes.enter(None);
        let depth = (self.selves.len(), self.callers.len());
        let mut forms = Vec::new();
        let mut prologue = Vec::new();
        if matches!(kin, Kin::Method | Kin::MacroMethod) {
            let own = self.scopes.fresh("self");
            forms.push(emit::name(&own, span));
            self.selves.push(own);
        }
        if matches!(kin, Kin::Macro | Kin::MacroMethod) {
            let caller = self.scopes.fresh("caller");
            forms.push(emit::name(&caller, span));
            self.callers.push(caller);
        }
        let lowered = self.parameters(&params, written.body, &mut forms, &mut prologue, span);
        let statements = lowered.and_then(|()| self.function_body(&params, written));
        self.selves.truncate(depth.0);
        self.callers.truncate(depth.1);
        self.scopes.leave();
        let mut statements = statements?;
        if is_generator || written.has("generator") {
            let inner = emit::form(
                "fn",
                vec![
                    emit::absent(span),
                    emit::form("params*", Vec::new(), span),
                    emit::block(statements, span),
                ],
                span,
            );
            statements = vec![emit::support("generator", vec![emit::call(inner, Vec::new(), span)], span)];
        }
        if written.has("async") {
            let work = emit::closure(Vec::new(), emit::block(statements, span), span);
            statements = vec![emit::support("async_", vec![work], span)];
        }
        prologue.append(&mut statements);
        let name = item.map_or_else(|| emit::absent(span), |name| emit::name(name, span));
        Ok(emit::form("fn", vec![name, emit::form("params", forms, span), emit::block(prologue, span)], span))
    }

    /// What a function does, with its conditions before and behind it; its parameters are declared.
    fn function_body(&mut self, params: &[Param], written: &Written<'_>) -> Reading<Vec<Sexpr>> {
        let span = written.span;
        let mut statements = Vec::new();
        for param in params.iter().filter(|param| param.is_field) {
            let value = self.variable(&param.name, span);
            let own = self.own_self(span);
            statements.push(emit::support(
                "set_member",
                vec![own, emit::string(&param.name, span), value],
                span,
            ));
        }
        for condition in written.conditions("pre") {
            let value = self.expression(condition)?;
            let text = emit::string(&crate::quote::text(condition), span);
            statements.push(emit::support("require_", vec![value, text], span));
        }
        let mut body = self.statements(skip_result_type(written.body), span)?;
        if written.conditions("post").is_empty() {
            statements.append(&mut body);
            return Ok(statements);
        }
        self.scopes.enter(None);
        let result = self.scopes.declare("result");
        let work = emit::closure(Vec::new(), emit::block(body, span), span);
        statements.push(emit::var(&result, emit::call(work, Vec::new(), span), span));
        for condition in written.conditions("post") {
            let value = self.expression(condition);
            let text = emit::string(&crate::quote::text(condition), span);
            statements.push(emit::support("ensure_", vec![value?, text], span));
        }
        self.scopes.leave();
        statements.push(emit::name(&result, span));
        Ok(statements)
    }

    /// Parameters of the core where they do the same; with named ones everything is taken apart by hand.
    fn parameters(
        &mut self,
        params: &[Param],
        body: &[Node],
        forms: &mut Vec<Sexpr>,
        prologue: &mut Vec<Sexpr>,
        span: Span,
    ) -> Reading<()> {
        if !is_ordered(params) || params.iter().any(|param| param.is_named) {
            return self.taken_apart(params, forms, prologue, span);
        }
        for param in params {
            let is_assigned = body.iter().any(|node| crate::lower::assigns(node, &param.name));
            let variable = self.scopes.declare(&param.name);
            let given = if is_assigned { self.scopes.fresh("given") } else { variable.clone() };
            let name = emit::name(&given, span);
            forms.push(if param.is_rest {
                emit::form("rest", vec![name.clone()], span)
            } else if let Some(default) = &param.default {
                let default = self.expression(default)?;
                emit::form("param", vec![name.clone(), emit::absent(span), default], span)
            } else {
                name.clone()
            });
            if is_assigned {
                prologue.push(emit::var(&variable, name, span));
            }
        }
        Ok(())
    }

    fn taken_apart(
        &mut self,
        params: &[Param],
        forms: &mut Vec<Sexpr>,
        prologue: &mut Vec<Sexpr>,
        span: Span,
    ) -> Reading<()> {
        let all = self.scopes.fresh("all");
        forms.push(emit::form("rest", vec![emit::name(&all, span)], span));
        let describe = |param: &Param| {
            let kind = if param.is_named && param.is_rest {
                "named_rest"
            } else if param.is_named {
                "named"
            } else if param.is_rest {
                "rest"
            } else {
                "plain"
            };
            let has_default = emit::boolean(param.default.is_some(), span);
            emit::form(
                "tuple",
                vec![emit::string(&param.name, span), emit::string(kind, span), has_default],
                span,
            )
        };
        let described = emit::list(params.iter().map(describe).collect(), span);
        let bound = self.scopes.fresh("bound");
        let taken = emit::support("bind_arguments", vec![emit::name(&all, span), described], span);
        prologue.push(emit::var(&bound, taken, span));
        for (place, param) in params.iter().enumerate() {
            let given =
                emit::form("index", vec![emit::name(&bound, span), emit::int(place as i64, span)], span);
            let value = match &param.default {
                Some(default) => {
                    let default = self.expression(default)?;
                    let test = emit::support("missing?", vec![given.clone()], span);
                    emit::form(
                        "if",
                        vec![test, emit::block(vec![default], span), emit::block(vec![given], span)],
                        span,
                    )
                }
                None => given,
            };
            let variable = self.scopes.declare(&param.name);
            prologue.push(emit::var(&variable, value, span));
        }
        Ok(())
    }

    /// A call of what the head means.
    pub fn call(&mut self, head: &Node, gene: &Gene, span: Span) -> Reading<Sexpr> {
        if let Some(name) = head.symbol() {
            if let Some(method) = name.strip_prefix('.').filter(|method| !method.is_empty()) {
                let own = self.own_self(span);
                return self.send_to(own, method, &gene.children, &gene.props, span);
            }
            let is_macro = self.scopes.find(name).map(|variable| variable.is_macro);
            let looks_like_one = name.ends_with('!') && name.len() > 1 && !name.contains('/');
            if is_macro.unwrap_or(looks_like_one) {
                return self.call_macro(head, gene, span);
            }
            if self.scopes.find(name).is_none()
                && let Some(item) =
                    crate::quote::builtin(name).filter(|item| !item.starts_with(char::is_uppercase))
            {
                let arguments = self.call_arguments(&gene.children, &gene.props, span)?;
                return Ok(emit::support(item, arguments, span));
            }
        }
        if let Kind::Quote(inner) = &head.kind {
            // A quoted head makes data: (`tag ^key value child).
            let tag = self.quoted(inner)?;
            let props = self.map(&gene.props, span)?;
            let children = self.arguments(&gene.children)?;
            return Ok(emit::support("make_gene", vec![tag, props, emit::list(children, span)], span));
        }
        let is_known = self.takes(head, gene);
        let callee = self.expression(head)?;
        let arguments = self.call_arguments(&gene.children, &gene.props, span)?;
        if is_known {
            return Ok(emit::call(callee, arguments, span));
        }
        let callable = emit::support("callable", vec![callee], span);
        Ok(emit::call(callable, arguments, span))
    }

    /// Whether a function that is an item takes as many arguments as a call gives; if not, the call fails when it runs.
    fn takes(&self, head: &Node, gene: &Gene) -> bool {
        let Some(variable) = head.symbol().and_then(|name| self.scopes.find(name)) else { return false };
        let spreads = |node: &Node| node.symbol().is_some_and(|name| name.ends_with("..."));
        let count = gene.children.len() + usize::from(!gene.props.is_empty());
        let fits = |(least, most): (usize, usize)| {
            gene.children.iter().any(spreads) || (least <= count && count <= most)
        };
        variable.is_function && variable.arity.is_none_or(fits)
    }

    /// Arguments, and the named ones in one value behind them.
    pub fn call_arguments(
        &mut self,
        children: &[Node],
        props: &[(String, Node)],
        span: Span,
    ) -> Reading<Vec<Sexpr>> {
        let mut arguments = self.arguments(children)?;
        if !props.is_empty() {
            let map = self.map(props, span)?;
            arguments.push(emit::support("props", vec![map], span));
        }
        Ok(arguments)
    }

    fn call_macro(&mut self, head: &Node, gene: &Gene, span: Span) -> Reading<Sexpr> {
        let callee = self.expression(head)?;
        let (made, arguments) = self.macro_arguments(&gene.children, &gene.props, span)?;
        Ok(emit::block(vec![made, emit::call(callee, arguments, span)], span))
    }

    /// Where a macro is called from, made as a variable, and its arguments: the first is that variable.
    pub fn macro_arguments(
        &mut self,
        children: &[Node],
        props: &[(String, Node)],
        span: Span,
    ) -> Reading<(Sexpr, Vec<Sexpr>)> {
        let environment = self.environment(children, span)?;
        let name = self.scopes.fresh("environment");
        let own = emit::name(&name, span);
        let mut arguments = vec![own.clone()];
        for place in 0..children.len() {
            arguments.push(emit::support("argument", vec![own.clone(), emit::int(place as i64, span)], span));
        }
        if !props.is_empty() {
            let pairs = props.iter().map(|(key, value)| {
                Ok(emit::form("pair", vec![emit::string(key, span), self.quoted(value)?], span))
            });
            let pairs = pairs.collect::<Reading<Vec<_>>>()?;
            arguments.push(emit::support("props", vec![emit::form("map", pairs, span)], span));
        }
        Ok((emit::var(&name, environment, span), arguments))
    }

    /// Where a macro is called from: its arguments as data and as code, and the variables that are visible.
    pub fn environment(&mut self, arguments: &[Node], span: Span) -> Reading<Sexpr> {
        let mut data = Vec::new();
        let mut code = Vec::new();
        for argument in arguments {
            data.push(self.quoted(argument)?);
            let body = self.expression(argument)?;
            code.push(emit::closure(Vec::new(), body, span));
        }
        let mut getters = Vec::new();
        let mut setters = Vec::new();
        for (name, variable) in self.scopes.visible() {
            let value = emit::closure(Vec::new(), emit::name(&variable.name, span), span);
            getters.push(emit::form("pair", vec![emit::string(&name, span), value], span));
            if self.data_assigns && variable.is_open {
                let value = emit::name("g value", span);
                let assign = emit::assign(&variable.name, value.clone(), span);
                let setter = emit::closure(vec![value], assign, span);
                setters.push(emit::form("pair", vec![emit::string(&name, span), setter], span));
            }
        }
        let mut parts =
            vec![emit::list(data, span), emit::list(code, span), emit::form("map", getters, span)];
        parts.push(emit::form("map", setters, span));
        parts.push(self.own_self(span));
        Ok(emit::support("environment", parts, span))
    }

    pub fn caller_eval(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        let Some(caller) = self.callers.last().cloned() else {
            return Err(mistake(span, "$caller_eval stands in a function whose name ends in !"));
        };
        let value = self.single(children, span)?;
        Ok(emit::support("caller_eval", vec![emit::name(&caller, span), value], span))
    }
}

fn is_params(node: &Node) -> bool {
    node.array().is_some() || node.symbol().is_some()
}

/// `-> Type` or `: Type` behind the parameters says what the function gives, and is not checked.
fn skip_result_type(body: &[Node]) -> &[Node] {
    match body {
        [arrow, _, rest @ ..] if arrow.is_symbol("->") || arrow.is_symbol(":") => rest,
        _ => body,
    }
}

/// Whether a body yields, outside of functions in it.
fn yields(body: &[Node]) -> bool {
    body.iter().any(|node| match node.gene() {
        Some(gene) => match gene.head.as_ref().and_then(Node::symbol) {
            Some("yield") => true,
            Some("fn") => false,
            _ => {
                yields(&gene.children)
                    || gene.head.as_ref().is_some_and(|head| yields(std::slice::from_ref(head)))
            }
        },
        None => false,
    })
}
