//! Operators: between operands, in front of them, and assignment.

use diag::Span;
use syntax::sexpr::{Sexpr, SexprKind};

use crate::emit;
use crate::lower::Lowering;
use crate::node::{Gene, Kind, Node};
use crate::reader::{Reading, mistake};

/// Binary operators by how tightly they bind.
const LEVELS: &[(&str, u8)] = &[
    ("||", 1),
    ("&&", 2),
    ("==", 3),
    ("!=", 3),
    ("<", 3),
    ("<=", 3),
    (">", 3),
    (">=", 3),
    ("is", 3),
    ("..", 4),
    ("+", 5),
    ("-", 5),
    ("++", 5),
    ("*", 6),
    ("/", 6),
    ("%", 6),
    ("**", 7),
];

const COMPARISON: u8 = 3;

fn level(operator: &str) -> Option<u8> {
    LEVELS.iter().find(|row| row.0 == operator).map(|row| row.1)
}

pub fn is_assignment(name: &str) -> bool {
    matches!(name, "=" | "+=" | "-=" | "*=" | "/=" | "++=" | "%=")
}

impl Lowering {
    /// `(a op b ...)`, `(obj .method ...)`, `(target = e)`; nothing where the second part is no operator.
    pub fn operation(&mut self, head: &Node, first: &str, gene: &Gene, span: Span) -> Reading<Option<Sexpr>> {
        if let Some(method) =
            first.strip_prefix('.').filter(|name| !name.is_empty() && !name.starts_with(['.', '/']))
        {
            if head.symbol().is_some_and(|name| matches!(name, "super" | "class" | "ns")) {
                return Ok(None);
            }
            if let Some(path) = method.strip_prefix('@') {
                let base = self.expression(head)?;
                let mut parts = self.arguments(&gene.children[1..])?;
                if !path.is_empty() {
                    parts = path
                        .split('/')
                        .map(|part| match part.parse::<i64>() {
                            Ok(index) => emit::int(index, span),
                            Err(_) => emit::string(part, span),
                        })
                        .collect();
                }
                return Ok(Some(emit::support("select", vec![base, emit::list(parts, span)], span)));
            }
            return self.send(head, method, gene, span).map(Some);
        }
        if is_assignment(first) {
            let value = self.single(&gene.children[1..], span)?;
            return self.assign(head, first, value, span).map(Some);
        }
        if first == "?" && gene.children.len() == 1 && gene.props.is_empty() {
            return self.unwrap(head, span).map(Some);
        }
        if let (".", [_, name, arguments @ ..]) = (first, &gene.children[..]) {
            let object = self.expression(head)?;
            let name = self.expression(name)?;
            let arguments = self.call_arguments(arguments, &gene.props, span)?;
            return Ok(Some(emit::support(
                "send_named",
                vec![object, name, emit::list(arguments, span)],
                span,
            )));
        }
        if let Some(path) = first.strip_prefix("./").filter(|path| !path.is_empty()) {
            let base = self.expression(head)?;
            return self.path(Some(base), &format!("/{path}"), span).map(Some);
        }
        if first == "./" {
            let mut arguments = vec![self.expression(head)?];
            arguments.extend(self.arguments(&gene.children[1..])?);
            return Ok(Some(emit::support("select_or", arguments, span)));
        }
        if level(first).is_none() {
            return Ok(None);
        }
        if head
            .symbol()
            .is_some_and(|name| self.scopes.find(name).is_none() && (is_form(name) || name == "@"))
        {
            return Ok(None);
        }
        let mut operands = vec![head.clone()];
        operands.extend(gene.children.iter().cloned());
        let mut reader = Infix { nodes: &operands, at: 0 };
        let value = self.climb(&mut reader, 0, span)?;
        match operands.get(reader.at) {
            Some(extra) => Err(mistake(extra.span, "an operator is missing before this")),
            None => Ok(Some(value)),
        }
    }

    /// Operators that bind at least so tightly.
    fn climb(&mut self, infix: &mut Infix<'_>, least: u8, span: Span) -> Reading<Sexpr> {
        let mut left = self.operand(infix, span)?;
        while let Some(operator) =
            infix.operator().filter(|operator| level(operator).is_some_and(|own| own >= least))
        {
            let own = level(&operator).unwrap_or_default();
            if own == COMPARISON {
                left = self.comparisons(left, infix, span)?;
                continue;
            }
            infix.at += 1;
            let next = if operator == "**" { own } else { own + 1 };
            let right = self.climb(infix, next, span)?;
            left = self.binary(&operator, left, right, span);
        }
        Ok(left)
    }

    /// `a < b <= c` is `a < b && b <= c`, with `b` evaluated once.
    fn comparisons(&mut self, first: Sexpr, infix: &mut Infix<'_>, span: Span) -> Reading<Sexpr> {
        let mut left = first;
        let mut statements = Vec::new();
        let mut result: Option<Sexpr> = None;
        while let Some(operator) = infix.operator().filter(|operator| level(operator) == Some(COMPARISON)) {
            infix.at += 1;
            let mut right = self.climb(infix, COMPARISON + 1, span)?;
            let goes_on = infix.operator().is_some_and(|operator| level(&operator) == Some(COMPARISON));
            if goes_on && matches!(right.kind, SexprKind::List(_)) {
                let name = self.scopes.fresh("middle");
                statements.push(emit::var(&name, right, span));
                right = emit::name(&name, span);
            }
            let test = self.binary(&operator, left, right.clone(), span);
            result = Some(match result {
                Some(before) => emit::form("&&", vec![before, test], span),
                None => test,
            });
            left = right;
        }
        let result = result.unwrap_or_else(|| emit::nil(span));
        if statements.is_empty() {
            return Ok(result);
        }
        statements.push(result);
        Ok(emit::block(statements, span))
    }

    fn operand(&mut self, infix: &mut Infix<'_>, span: Span) -> Reading<Sexpr> {
        let Some(node) = infix.nodes.get(infix.at) else {
            return Err(mistake(span, "an operand is missing"));
        };
        infix.at += 1;
        if node.is_symbol("!") || node.is_symbol("not") {
            let value = self.operand(infix, span)?;
            return Ok(emit::form("not", vec![emit::truth(value, span)], span));
        }
        self.expression(node)
    }

    /// One operator with both operands.
    pub fn binary(&mut self, operator: &str, left: Sexpr, right: Sexpr, span: Span) -> Sexpr {
        match operator {
            "==" => self.equality(left, right, span),
            "!=" => {
                let equal = self.equality(left, right, span);
                emit::form("not", vec![equal], span)
            }
            "++" => emit::support("join", vec![left, right], span),
            ".." => emit::support("range", vec![left, right], span),
            "is" => emit::support("is_a", vec![left, right], span),
            "&&" | "||" => self.logic(operator == "&&", left, right, span),
            _ => emit::form(operator, vec![left, right], span),
        }
    }

    /// Numbers of different types are never equal, which is the core's equality for everything else.
    fn equality(&mut self, left: Sexpr, right: Sexpr, span: Span) -> Sexpr {
        let exact = |side: &Sexpr| {
            matches!(
                side.kind,
                SexprKind::String(_) | SexprKind::Bool(_) | SexprKind::Nil | SexprKind::Symbol(_)
            )
        };
        if exact(&left) || exact(&right) {
            return emit::form("==", vec![left, right], span);
        }
        if matches!(right.kind, SexprKind::Int(_)) && matches!(left.kind, SexprKind::Name(_)) {
            let is_int = emit::form("is", vec![left.clone(), emit::name("Int", span)], span);
            return emit::form("&&", vec![emit::form("==", vec![left, right], span), is_int], span);
        }
        emit::support("equal?", vec![left, right], span)
    }

    fn logic(&mut self, is_and: bool, left: Sexpr, right: Sexpr, span: Span) -> Sexpr {
        let name = self.scopes.fresh("left");
        let left_value = emit::name(&name, span);
        let test = emit::truth(left_value.clone(), span);
        let (then, otherwise) = if is_and { (right, left_value) } else { (left_value, right) };
        let choice = emit::form(
            "if",
            vec![test, emit::block(vec![then], span), emit::block(vec![otherwise], span)],
            span,
        );
        emit::block(vec![emit::var(&name, left, span), choice], span)
    }

    /// `(+ 1 2 3)`: an operator in front of its operands.
    pub fn prefix(&mut self, name: &str, children: &[Node], span: Span) -> Reading<Option<Sexpr>> {
        if is_assignment(name) && children.len() >= 2 {
            let value = self.single(&children[1..], span)?;
            return self.assign(&children[0], name, value, span).map(Some);
        }
        if level(name).is_none() {
            return Ok(None);
        }
        let mut values = Vec::new();
        for child in children {
            values.push(self.expression(child)?);
        }
        if values.len() == 1 && name == "-" {
            return Ok(values.pop().map(|value| emit::form("neg", vec![value], span)));
        }
        if level(name) == Some(COMPARISON) && values.len() > 2 {
            let mut all: Option<Sexpr> = None;
            for pair in values.windows(2) {
                let test = self.binary(name, pair[0].clone(), pair[1].clone(), span);
                all = Some(match all {
                    Some(before) => emit::form("&&", vec![before, test], span),
                    None => test,
                });
            }
            return Ok(all);
        }
        let mut values = values.into_iter();
        let Some(mut result) = values.next() else {
            return Ok(Some(match name {
                "+" => emit::int(0, span),
                "*" => emit::int(1, span),
                "++" => emit::string("", span),
                _ => return Err(mistake(span, format!("`{name}` needs operands"))),
            }));
        };
        for value in values {
            result = self.binary(name, result, value, span);
        }
        Ok(Some(result))
    }

    /// `(target = e)` and its relatives; the value is the one assigned.
    pub fn assign(&mut self, target: &Node, operator: &str, value: Sexpr, span: Span) -> Reading<Sexpr> {
        let Some(name) = target.symbol() else {
            return Err(mistake(target.span, "this cannot be assigned to"));
        };
        let name = name.strip_prefix("$ns/").unwrap_or(name);
        let value = match operator.strip_suffix('=').filter(|operator| !operator.is_empty()) {
            Some(operator) => {
                let before = self.expression(target)?;
                self.binary(operator, before, value, span)
            }
            None => value,
        };
        if let Some(variable) = self.scopes.find(name).cloned() {
            let mut statements = vec![emit::assign(&variable.name, value, span)];
            let own = emit::name(&variable.name, span);
            if let Some(namespace) = variable.namespace {
                let arguments = vec![emit::name(&namespace, span), emit::string(name, span), own.clone()];
                statements.push(emit::support("define", arguments, span));
            }
            statements.push(own);
            return Ok(emit::block(statements, span));
        }
        if let Some((base, last)) = name.rsplit_once('/').filter(|(_, last)| !last.is_empty()) {
            let base = if base.is_empty() {
                self.own_self(span)
            } else {
                self.expression(&Node::new(Kind::Symbol(base.to_string()), target.span))?
            };
            let key =
                match (last.parse::<i64>(), last.strip_prefix('<').and_then(|last| last.strip_suffix('>'))) {
                    (Ok(index), _) => emit::int(index, span),
                    (_, Some(name)) => self.variable(name, span),
                    _ => emit::string(last, span),
                };
            return Ok(emit::support("set_member", vec![base, key, value], span));
        }
        Ok(emit::support("undefined", vec![emit::string(name, span)], span))
    }
}

/// Names that begin a form even before an operator: `(if ! x ...)`.
fn is_form(name: &str) -> bool {
    matches!(
        name,
        "if" | "while"
            | "return"
            | "var"
            | "let"
            | "println"
            | "print"
            | "throw"
            | "yield"
            | "case"
            | "break"
            | "do"
            | "await"
            | "fn"
            | "import"
            | "assert"
            | "not"
            | "!"
    ) || level(name).is_some()
}

/// The parts of an expression with operators between them.
struct Infix<'a> {
    nodes: &'a [Node],
    at: usize,
}

impl Infix<'_> {
    fn operator(&self) -> Option<String> {
        self.nodes.get(self.at).and_then(Node::symbol).map(str::to_string)
    }
}
