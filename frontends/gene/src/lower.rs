//! Programs and expressions become core forms.

use std::collections::BTreeSet;

use base::Name;
use diag::Span;
use notation::{Input, Role};
use syntax::sexpr::{Sexpr, SexprKind};

use crate::emit;
use crate::node::{Gene, Kind, Node};
use crate::quote::quotes_assignment;
use crate::reader::{Reading, mistake};
use crate::scope::Scopes;

/// The core form of a whole program.
pub fn program(nodes: &[Node], input: &Input<'_>) -> Reading<Sexpr> {
    let span = input.span(0, input.text.len());
    let mut lowering = Lowering::new(input.role);
    lowering.data_assigns = nodes.iter().any(|node| quotes_assignment(node, false));
    lowering.renders = nodes.iter().any(|node| mentions(node, "$render"));
    let mut body = lowering.top_level(nodes, span)?;
    let mut file = vec![import(crate::SUPPORT, emit::SUPPORT_NAME, span)];
    for (path, name) in &lowering.imports {
        file.push(import(path, name, span));
    }
    match input.role {
        Role::Program | Role::Expression => {
            if input.role == Role::Expression {
                let value = emit::support("show", vec![emit::block(body, span)], span);
                body = vec![value];
            }
            let modules = emit::form("map", Vec::new(), span);
            file.push(emit::var("g modules", modules, span));
            let error = emit::name("g error", span);
            let uncaught = emit::support("uncaught", vec![error.clone()], span);
            let catch =
                emit::form("catch", vec![error, emit::absent(span), emit::block(vec![uncaught], span)], span);
            body.push(emit::support("finish", Vec::new(), span));
            file.push(emit::form("try", vec![emit::block(body, span), catch], span));
        }
        Role::Module => {
            body.push(emit::name("g module", span));
            let params = ["g modules", "g module"].map(|name| emit::name(name, span)).to_vec();
            let load =
                vec![emit::name("load", span), emit::form("params", params, span), emit::block(body, span)];
            file.push(emit::form("pub", vec![emit::form("fn", load, span)], span));
        }
    }
    Ok(emit::form("file", file, span))
}

pub fn import(path: &str, name: &str, span: Span) -> Sexpr {
    emit::form("import", vec![emit::string(path, span), emit::name(name, span), emit::absent(span)], span)
}

/// Translates one program.
#[derive(Clone)]
pub struct Lowering {
    pub scopes: Scopes,
    /// Modules that the program imports: path and name.
    pub imports: Vec<(String, String)>,
    /// Names in the core forms of `self` and of the class whose body this is, innermost last.
    pub selves: Vec<String>,
    pub classes: Vec<String>,
    /// The variable that holds the exception of the innermost `catch`.
    pub exceptions: Vec<String>,
    /// The variable that holds where the innermost macro was called from.
    pub callers: Vec<String>,
    role: Role,
    is_prompt: bool,
    /// Data in the program assigns to variables, so none that can be assigned to is taken for a constant.
    pub data_assigns: bool,
    /// The program renders templates: data with `%` in it waits for that.
    renders: bool,
}

impl Lowering {
    fn new(role: Role) -> Lowering {
        Lowering {
            scopes: Scopes::default(),
            imports: Vec::new(),
            selves: Vec::new(),
            classes: Vec::new(),
            exceptions: Vec::new(),
            callers: Vec::new(),
            role,
            is_prompt: false,
            data_assigns: false,
            renders: false,
        }
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// With the scope of a prompt open.
    pub fn at_prompt(role: Role) -> Lowering {
        let mut lowering = Lowering::new(role);
        lowering.is_prompt = true;
        lowering.scopes.enter(None);
        lowering
    }

    fn top_level(&mut self, nodes: &[Node], span: Span) -> Reading<Vec<Sexpr>> {
        let namespace = (self.role == Role::Module).then(|| "g module".to_string());
        self.scopes.enter(namespace);
        let body = self.statements(nodes, span);
        self.scopes.leave();
        body
    }

    /// The statements of a scope. Names that it defines are declared first, because functions may use them before.
    pub fn statements(&mut self, nodes: &[Node], span: Span) -> Reading<Vec<Sexpr>> {
        let mut forms = Vec::new();
        let mut names = BTreeSet::new();
        for node in nodes {
            defined_names(node, &mut names);
        }
        if self.scopes.depth() == 1 {
            names.extend(
                nodes.iter().filter_map(assigned_name).filter(|name| self.scopes.find(name).is_none()),
            );
        }
        let functions: BTreeSet<String> =
            nodes.iter().filter_map(|node| plain_function(node, nodes)).collect();
        // What one entry of a prompt defines, another may assign.
        let is_open = self.data_assigns || (self.is_prompt && self.scopes.depth() == 1);
        let constants: Vec<Option<&str>> =
            (0..nodes.len()).map(|at| constant(nodes, at).filter(|_| !is_open)).collect();
        for name in &names {
            let variable = self.scopes.declare(name);
            if functions.contains(name) {
                let list = nodes.iter().find(|node| plain_function(node, nodes).as_deref() == Some(name));
                let list = list.and_then(|node| node.gene()?.children.get(1));
                self.scopes.mark_function(name, crate::functions::arity(list));
            } else if constants.contains(&Some(name)) {
                self.scopes.mark_pending(name, true);
            } else {
                self.scopes.mark_open(name);
                forms.push(emit::var(&variable, emit::void(span), span));
            }
        }
        for (at, node) in nodes.iter().enumerate() {
            match (plain_function(node, nodes), constants[at]) {
                (Some(name), _) => self.function_item(node, &name, &mut forms)?,
                (None, Some(name)) => {
                    self.define_constant(node, name, &mut forms)?;
                    if at + 1 == nodes.len() {
                        forms.push(self.variable(name, node.span));
                    }
                }
                (None, None) => forms.push(self.expression(node)?),
            }
        }
        if let Some(last) = nodes.last()
            && let Some(name) = plain_function(last, nodes)
        {
            forms.push(self.variable(&name, last.span));
        }
        if nodes.is_empty() {
            forms.push(emit::nil(span));
        }
        Ok(forms)
    }

    /// A block with a scope of its own; its value is that of its last expression.
    pub fn body(&mut self, nodes: &[Node], span: Span) -> Reading<Sexpr> {
        self.scopes.enter(None);
        let forms = self.statements(nodes, span);
        self.scopes.leave();
        Ok(emit::block(forms?, span))
    }

    pub fn expression(&mut self, node: &Node) -> Reading<Sexpr> {
        let span = node.span;
        Ok(match &node.kind {
            Kind::Nil => emit::nil(span),
            Kind::Void => emit::void(span),
            Kind::Bool(value) => emit::boolean(*value, span),
            Kind::Int(value) => emit::int(*value, span),
            Kind::BigInt(digits) => Sexpr::new(SexprKind::BigInt(Name::new(digits)), span),
            Kind::Float(value) => Sexpr::new(SexprKind::Float(*value), span),
            Kind::Str(text) => emit::string(text, span),
            Kind::Char(letter) => Sexpr::new(SexprKind::Char(*letter), span),
            Kind::Regex(pattern, replacement) => {
                let class = emit::name("Regex", span);
                let regex = emit::call(class, vec![emit::string(pattern, span)], span);
                match replacement {
                    Some(text) => emit::support("Pattern", vec![regex, emit::string(text, span)], span),
                    None => regex,
                }
            }
            Kind::Symbol(name) => self.symbol(name, span)?,
            Kind::Quote(inner) if self.renders && has_unquote(inner) => {
                let made = self.quoted(inner)?;
                emit::support("Lazy", vec![emit::closure(Vec::new(), made, span)], span)
            }
            Kind::Quote(inner) => self.quoted(inner)?,
            Kind::Unquote(inner) => self.body(std::slice::from_ref(&**inner), span)?,
            Kind::Array(items) => {
                let items = self.arguments(items)?;
                emit::list(items, span)
            }
            Kind::Map(entries) => self.map(entries, span)?,
            Kind::Template(parts) => self.template(parts, span)?,
            Kind::Gene(gene) => self.gene(gene, node)?,
        })
    }

    /// Arguments or elements; `xs...` spreads.
    pub fn arguments(&mut self, nodes: &[Node]) -> Reading<Vec<Sexpr>> {
        let mut arguments = Vec::new();
        let mut place = 0;
        while let Some(node) = nodes.get(place) {
            place += 1;
            let spread =
                node.symbol().and_then(|name| name.strip_suffix("...")).filter(|name| !name.is_empty());
            let follows = nodes.get(place).is_some_and(|next| next.is_symbol("..."));
            if let Some(name) = spread {
                let value = self.symbol(name, node.span)?;
                arguments.push(self.spread(value, node.span));
            } else if follows {
                place += 1;
                let value = self.expression(node)?;
                arguments.push(self.spread(value, node.span));
            } else {
                arguments.push(self.expression(node)?);
            }
        }
        Ok(arguments)
    }

    fn spread(&self, value: Sexpr, span: Span) -> Sexpr {
        emit::form("spread", vec![emit::support("items", vec![value], span)], span)
    }

    pub fn map(&mut self, entries: &[(String, Node)], span: Span) -> Reading<Sexpr> {
        let mut pairs = Vec::new();
        for (key, value) in entries {
            let value = self.expression(value)?;
            pairs.push(emit::form("pair", vec![emit::string(key, span), value], span));
        }
        Ok(emit::form("map", pairs, span))
    }

    fn template(&mut self, parts: &[Node], span: Span) -> Reading<Sexpr> {
        let mut forms = Vec::new();
        for part in parts {
            forms.push(match &part.kind {
                Kind::Str(text) => emit::string(text, part.span),
                _ => {
                    let value = self.expression(part)?;
                    let text = emit::support("text", vec![value], part.span);
                    emit::form("value", vec![text], part.span)
                }
            });
        }
        Ok(emit::form("template", forms, span))
    }

    /// A variable's value by its name in the notation.
    pub fn variable(&mut self, name: &str, span: Span) -> Sexpr {
        match self.scopes.find(name) {
            Some(variable) => emit::name(&variable.name.clone(), span),
            None => match crate::quote::builtin(name) {
                Some(item) => emit::support_value(item, span),
                None => emit::support("undefined", vec![emit::string(name, span)], span),
            },
        }
    }

    /// A name, or a path.
    pub fn symbol(&mut self, name: &str, span: Span) -> Reading<Sexpr> {
        if self.scopes.find(name).is_some() {
            return Ok(self.variable(name, span));
        }
        // `!x` is `(! x)`.
        let plain = name.trim_start_matches('!');
        if !plain.is_empty() && plain != "=" && plain != name {
            let value = emit::truth(self.symbol(plain, span)?, span);
            let is_negated = (name.len() - plain.len()) % 2 == 1;
            return Ok(if is_negated { emit::form("not", vec![value], span) } else { value });
        }
        // Outside of classes and namespaces a member of `self` is one of the program.
        let mut own = name;
        while let Some(rest) =
            own.strip_prefix("$ns/").or(own.strip_prefix('/').filter(|_| self.selves.is_empty()))
        {
            own = rest;
        }
        if !own.is_empty() && own.len() < name.len() {
            return self.symbol(own, span);
        }
        match name {
            "_" => return Ok(emit::support("symbol", vec![emit::symbol("_", span)], span)),
            "true" | "false" => return Ok(emit::boolean(name == "true", span)),
            "nil" => return Ok(emit::nil(span)),
            "void" => return Ok(emit::void(span)),
            "self" => return Ok(self.own_self(span)),
            "$ex" => return Ok(self.exception(span)),
            "$args" => return Ok(emit::support("program_arguments", Vec::new(), span)),
            "$env" => return Ok(emit::support_value("ProcessEnvironment", span)),
            _ if name.starts_with('@') && name.len() > 1 => return Ok(self.selector(&name[1..], span)),
            "/" | "." | "..." => return Err(mistake(span, format!("`{name}` has no meaning here"))),
            _ => {}
        }
        if crate::quote::builtin(name).is_some() {
            return Ok(self.variable(name, span));
        }
        if name.contains('/') && name.len() > 1 {
            return self.path(None, name, span);
        }
        Ok(self.variable(name, span))
    }

    pub fn own_self(&mut self, span: Span) -> Sexpr {
        match self.selves.last() {
            Some(name) => emit::name(&name.clone(), span),
            None => emit::nil(span),
        }
    }

    pub fn exception(&mut self, span: Span) -> Sexpr {
        match self.exceptions.last() {
            Some(name) => emit::name(&name.clone(), span),
            None => emit::nil(span),
        }
    }

    fn gene(&mut self, gene: &Gene, node: &Node) -> Reading<Sexpr> {
        let span = node.span;
        if self.scopes.depth() > 400 {
            return Err(mistake(span, "scopes are nested too deep"));
        }
        let Some(head) = &gene.head else { return Ok(emit::nil(span)) };
        if let Some(first) = gene.children.first().and_then(Node::symbol)
            && let Some(form) = self.operation(head, first, gene, span)?
        {
            return Ok(form);
        }
        if let Some((at, body)) = split_block(gene) {
            let list = if at { Some(head) } else { None };
            return self.block_value(list, body, span);
        }
        let Some(name) = head.symbol() else { return self.call(head, gene, span) };
        if name.starts_with('!') && name != "!" && gene.children.is_empty() && gene.props.is_empty() {
            return self.symbol(name, span);
        }
        if self.scopes.find(name).is_none()
            && let Some(form) = self.special(name, gene, node)?
        {
            return Ok(form);
        }
        self.call(head, gene, span)
    }

    /// The forms that are no calls.
    fn special(&mut self, name: &str, gene: &Gene, node: &Node) -> Reading<Option<Sexpr>> {
        let span = node.span;
        let children = &gene.children[..];
        Ok(Some(match name {
            "var" | "let" => self.define(children, span)?,
            "do" => self.body(children, span)?,
            "if" | "if_not" => self.conditional(name == "if_not", children, span)?,
            "ifel" => self.choose(children, span)?,
            "loop" => self.endless(children, span)?,
            "while" => self.while_loop(children, span)?,
            "for" => self.for_loop(children, span)?,
            "repeat" => self.repeat(children, span)?,
            "break" => self.jump("break", children, span)?,
            "continue" => emit::form("continue", Vec::new(), span),
            "return" => self.jump("return", children, span)?,
            "yield" => self.jump("yield", children, span)?,
            "case" => self.case(children, span)?,
            "try" => self.attempt(children, span)?,
            "throw" => {
                let arguments = self.arguments(children)?;
                emit::support("throw_", arguments, span)
            }
            "fn" | "fnx" | "fn!" => self.function_form(gene, span)?,
            "class" => self.class(gene, span)?,
            "new" => self.construct(gene, span)?,
            "ns" => self.namespace(children, span)?,
            "import" => self.import(children, span)?,
            "super" => self.send_super(gene, span)?,
            "async" => {
                let body = self.body(children, span)?;
                emit::support("async_", vec![emit::closure(Vec::new(), body, span)], span)
            }
            "quote" => match children.first() {
                Some(inner) => self.quoted(inner)?,
                None => emit::nil(span),
            },
            "$caller_eval" => self.caller_eval(children, span)?,
            "$path" => match children {
                [base, path] => {
                    let base = self.expression(base)?;
                    self.path(Some(base), path.symbol().unwrap_or_default(), span)?
                }
                _ => return Ok(None),
            },
            "eval" | "$eval" => {
                let arguments = self.arguments(children)?;
                let environment = self.environment(&[], span)?;
                emit::support("eval_each", vec![environment, emit::list(arguments, span)], span)
            }
            "!" | "not" => {
                let value = self.single(children, span)?;
                emit::form("not", vec![emit::truth(value, span)], span)
            }
            _ => {
                let form = match self.library_form(name, gene, span)? {
                    Some(form) => Some(form),
                    None => self.prefix(name, children, span)?,
                };
                return Ok(form);
            }
        }))
    }

    /// The one operand of a form.
    pub fn single(&mut self, children: &[Node], span: Span) -> Reading<Sexpr> {
        match children {
            [only] => self.expression(only),
            [] => Err(mistake(span, "an operand is missing")),
            [first, ..] => {
                let gene =
                    Gene { head: Some(first.clone()), props: Vec::new(), children: children[1..].to_vec() };
                self.expression(&Node::new(Kind::Gene(Box::new(gene)), span))
            }
        }
    }
}

/// `(a = 1)` as a statement of the program defines a variable where there is none.
fn assigned_name(node: &Node) -> Option<String> {
    let gene = node.gene()?;
    let name = exported(gene.head.as_ref()?.symbol()?);
    let is_assigned = gene.children.first()?.is_symbol("=") && !name.contains(['/', '.']);
    is_assigned.then(|| name.to_string())
}

/// Whether something in data is evaluated.
fn has_unquote(node: &Node) -> bool {
    matches!(node.kind, Kind::Unquote(_)) || node.parts().into_iter().any(has_unquote)
}

/// `(-> body)` and `(a -> body)`: whether there are parameters, and the body.
fn split_block(gene: &Gene) -> Option<(bool, &[Node])> {
    if gene.head.as_ref()?.is_symbol("->") {
        return Some((false, &gene.children));
    }
    gene.children.first()?.is_symbol("->").then(|| (true, &gene.children[1..]))
}

/// The variable or class that a statement defines for good: nothing else defines or assigns it, and nothing before it
/// mentions it. Functions capture its value and not a variable, so they can go to other processes.
fn constant(nodes: &[Node], at: usize) -> Option<&str> {
    let gene = nodes[at].gene()?;
    let name = gene.children.first()?.symbol()?;
    let before = match gene.head.as_ref()?.symbol()? {
        "var" | "let" if !name.ends_with(':') && gene.children.len() > 1 => {
            !gene.children[1..].iter().any(|node| mentions(node, name))
        }
        "class" => true,
        _ => return None,
    };
    let is_plain = before && !name.contains('/') && !name.ends_with("...");
    let defines = |node: &&Node| {
        let mut names = BTreeSet::new();
        defined_names(node, &mut names);
        names.contains(name)
    };
    let is_only = is_plain
        && nodes.iter().filter(defines).count() == 1
        && !nodes[..at].iter().any(|node| mentions(node, name))
        && !nodes.iter().any(|node| assigns(node, name));
    is_only.then_some(name)
}

/// Whether a name stands anywhere inside, alone or at the start of a path.
fn mentions(node: &Node, name: &str) -> bool {
    let is_it = node.symbol().is_some_and(|symbol| {
        symbol.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
            || symbol.contains(&format!("<{name}>"))
    });
    is_it || node.parts().into_iter().any(|part| mentions(part, name))
}

/// A variable, or a function with a name.
pub fn is_declaration(form: &Sexpr) -> bool {
    match form.as_form() {
        Some((head, parts)) => match head.as_str() {
            "var" => true,
            "fn" => parts.first().is_some_and(|name| matches!(name.kind, SexprKind::Name(_))),
            _ => false,
        },
        None => false,
    }
}

/// The name that a statement defines in its scope, also inside of expressions that have none of their own.
pub fn defined_names(node: &Node, names: &mut BTreeSet<String>) {
    let Some(gene) = node.gene() else { return };
    let Some(head) = gene.head.as_ref().and_then(Node::symbol) else { return };
    match head {
        "var" | "let" => {
            if let Some(pattern) = gene.children.first() {
                crate::patterns::names(pattern, names);
            }
        }
        "fn" | "fn!" | "class" | "ns" | "enum" | "object" | "tuple" => {
            let name = gene.children.first().and_then(Node::symbol).map(|name| function_name(exported(name)));
            names.extend(name.filter(|name| !name.contains('/') && *name != "_").map(str::to_string));
        }
        "import" => {
            if let Some(at) = gene.children.iter().position(|child| child.is_symbol("from")) {
                let listed = crate::modules::import_names(&gene.children[..at]);
                names.extend(listed.into_iter().map(|(_, here)| here));
            }
        }
        _ => {}
    }
}

/// The name without a colon in front of its type.
pub fn plain_name(name: &str) -> String {
    let name = exported(name);
    name.strip_suffix(':').unwrap_or(name).trim_end_matches("...").to_string()
}

/// The name without the slash that exports it from its namespace; everything is exported.
pub fn exported(name: &str) -> &str {
    name.strip_prefix("$ns/").or(name.strip_prefix('/')).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// The name of a function without the parameters of its type: `identity:T`.
pub fn function_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((plain, rest)) if !plain.is_empty() && !rest.is_empty() => plain,
        _ => name,
    }
}

/// The name of a function that can be an item of the core: defined once, by `fn`, and never assigned in these nodes.
fn plain_function(node: &Node, all: &[Node]) -> Option<String> {
    let gene = node.gene()?;
    if !gene.head.as_ref()?.is_symbol("fn") {
        return None;
    }
    let name = function_name(exported(gene.children.first()?.symbol()?));
    let simple = !name.contains('/') && name != "_" && gene.children.get(1)?.array().is_some();
    let simple = simple && gene.props.is_empty();
    let mentions = |node: &Node| {
        let mut names = BTreeSet::new();
        defined_names(node, &mut names);
        names.contains(name)
    };
    let definitions = all.iter().filter(|other| mentions(other)).count();
    let assigned = all.iter().any(|other| assigns(other, name));
    (simple && definitions == 1 && !assigned).then(|| name.to_string())
}

/// Whether a name is assigned anywhere inside.
pub fn assigns(node: &Node, name: &str) -> bool {
    let is_it = node.gene().is_some_and(|gene| {
        let is_target = |node: Option<&Node>| node.is_some_and(|node| node.is_symbol(name));
        let is_operator =
            |node: Option<&Node>| node.and_then(Node::symbol).is_some_and(crate::infix::is_assignment);
        let (head, first) = (gene.head.as_ref(), gene.children.first());
        is_target(head) && is_operator(first) || is_operator(head) && is_target(first)
    });
    is_it || node.parts().into_iter().any(|part| assigns(part, name))
}
