//! Code as data: quotes, templates, and data as text.

use syntax::sexpr::Sexpr;

use crate::emit;
use crate::infix::is_assignment;
use crate::lower::Lowering;
use crate::node::{Kind, Node};
use crate::reader::Reading;

/// Names that the notation has without being defined: the name, and what it is in the support module; values begin
/// with a capital letter, functions do not.
const BUILTINS: &[(&str, &str)] = &[
    ("println", "println"),
    ("print", "print_"),
    ("assert", "assert_"),
    ("await", "await_"),
    ("range", "range_of"),
    ("typeof", "type_of"),
    ("abs", "abs_"),
    ("sqrt", "sqrt_"),
    ("pow", "pow_"),
    ("not_found", "Void"),
    ("Ok", "OkVariant"),
    ("Err", "ErrVariant"),
    ("Some", "SomeVariant"),
    ("None", "NoneVariant"),
    ("Result", "ResultEnum"),
    ("Option", "OptionEnum"),
    ("HashSet", "HashSetClass"),
    ("HashMap", "HashMapClass"),
    ("Regexp", "RegexpClass"),
    ("Nil", "NilClass"),
    ("Any", "ObjectClass"),
    ("Function", "FunctionClass"),
    ("Symbol", "SymbolClass"),
    ("Char", "CharClass"),
    ("Range", "RangeClass"),
    ("Gene", "GeneValueClass"),
    ("Namespace", "NamespaceClass"),
    ("Number", "NumberClass"),
    ("gene", "GeneNamespace"),
    ("$", "concat_"),
    ("$set", "set_at"),
    ("freeze", "freeze_"),
    ("gene/base64_encode", "base64_encode"),
    ("gene/base64_decode", "base64_decode"),
    ("gene/now", "now_"),
    ("time/now_us", "now_us"),
    ("time/now", "now_seconds"),
    ("gene/today", "now_"),
    ("system/os", "system_name"),
    ("gene/sleep_async", "sleep_async"),
    ("gene/io/read_async", "read_async"),
    ("gene/io/write_async", "write_async"),
    ("gene/io/exists", "file_exists"),
    ("min", "min_"),
    ("max", "max_"),
    ("round", "round_"),
    ("floor", "floor_"),
    ("ceil", "ceil_"),
    ("Object", "ObjectClass"),
    ("Exception", "ExceptionClass"),
    ("Class", "ClassClass"),
    ("Int", "IntClass"),
    ("Float", "FloatClass"),
    ("String", "StringClass"),
    ("Bool", "BoolClass"),
    ("Array", "ArrayClass"),
    ("Map", "MapClass"),
    ("Future", "FutureClass"),
    ("gene/actor/spawn", "spawn_actor"),
    ("gene/actor/enable", "enable_actors"),
    ("gene/json/parse", "json_parse"),
    ("gene/json/stringify", "json_stringify"),
    ("sleep", "sleep_"),
    ("gene/io/read", "read_file"),
    ("gene/io/write", "write_file"),
    ("stdin", "Nothing"),
];

/// What a name means that no program defined.
pub fn builtin(name: &str) -> Option<&'static str> {
    let found = |name: &str| BUILTINS.iter().find(|row| row.0 == name).map(|row| row.1);
    found(name).or_else(|| found(name.strip_prefix("gene/")?))
}

impl Lowering {
    /// A node as data; `%x` inside is evaluated.
    pub fn quoted(&mut self, node: &Node) -> Reading<Sexpr> {
        let span = node.span;
        Ok(match &node.kind {
            Kind::Symbol(name) => emit::support("symbol", vec![emit::symbol(name, span)], span),
            Kind::Unquote(inner) => self.body(std::slice::from_ref(&**inner), span)?,
            Kind::Quote(inner) => {
                let inner = self.quoted(inner)?;
                emit::support("make_quote", vec![inner], span)
            }
            Kind::Array(items) => {
                let items = self.quoted_items(items)?;
                emit::list(items, span)
            }
            Kind::Map(entries) => self.quoted_map(entries, node)?,
            Kind::Gene(gene) => {
                let head = match &gene.head {
                    Some(head) => self.quoted(head)?,
                    None => emit::nil(span),
                };
                let props = self.quoted_map(&gene.props, node)?;
                let children = self.quoted_items(&gene.children)?;
                emit::support("make_gene", vec![head, props, emit::list(children, span)], span)
            }
            Kind::Template(parts) => {
                let parts = parts.iter().map(|part| self.quoted(part)).collect::<Reading<_>>()?;
                emit::support("make_template", vec![emit::list(parts, span)], span)
            }
            Kind::Nil
            | Kind::Void
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::BigInt(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::Char(_)
            | Kind::Regex(..) => self.expression(node)?,
        })
    }

    /// Items of data: `%xs...` gives as many as there are, `%_x` is evaluated and gives none.
    fn quoted_items(&mut self, items: &[Node]) -> Reading<Vec<Sexpr>> {
        let spread = |value: Sexpr, reader: &str, node: &Node| {
            emit::form("spread", vec![emit::support(reader, vec![value], node.span)], node.span)
        };
        let mut made = Vec::new();
        for item in items {
            let inner = match &item.kind {
                Kind::Unquote(inner) => inner,
                _ => {
                    made.push(self.quoted(item)?);
                    continue;
                }
            };
            let several =
                inner.symbol().and_then(|name| name.strip_suffix("...")).filter(|name| !name.is_empty());
            let discarded =
                inner.gene().filter(|gene| gene.head.as_ref().is_some_and(|head| head.is_symbol("$discard")));
            if let Some(name) = several {
                let value = self.variable(name, inner.span);
                made.push(spread(value, "items", item));
            } else if let Some(gene) = discarded {
                let value = self.body(&gene.children, item.span)?;
                made.push(spread(value, "none_of", item));
            } else {
                made.push(self.quoted(item)?);
            }
        }
        Ok(made)
    }

    fn quoted_map(&mut self, entries: &[(String, Node)], node: &Node) -> Reading<Sexpr> {
        let span = node.span;
        let mut pairs = Vec::new();
        for (key, value) in entries {
            let value = self.quoted(value)?;
            pairs.push(emit::form("pair", vec![emit::string(key, span), value], span));
        }
        Ok(emit::form("map", pairs, span))
    }
}

/// Whether data that stands in the program assigns to something: evaluated, that may be a variable of the program.
pub fn quotes_assignment(node: &Node, is_data: bool) -> bool {
    let is_data_inside = is_data || matches!(node.kind, Kind::Quote(_));
    is_data && node.symbol().is_some_and(is_assignment)
        || node.parts().into_iter().any(|part| quotes_assignment(part, is_data_inside))
}

/// A node as text that reads as the same.
pub fn text(node: &Node) -> String {
    let joined = |nodes: &[Node]| nodes.iter().map(text).collect::<Vec<_>>().join(" ");
    let entries = |props: &[(String, Node)]| {
        props.iter().map(|(key, value)| format!("^{key} {}", text(value))).collect::<Vec<_>>().join(" ")
    };
    match &node.kind {
        Kind::Nil => "nil".to_string(),
        Kind::Void => "void".to_string(),
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::BigInt(digits) => digits.clone(),
        Kind::Float(value) => format!("{value:?}"),
        Kind::Str(value) => format!("{value:?}"),
        Kind::Char(value) => format!("'{value}'"),
        Kind::Symbol(name) => name.clone(),
        Kind::Quote(inner) => format!("`{}", text(inner)),
        Kind::Unquote(inner) => format!("%{}", text(inner)),
        Kind::Array(items) => format!("[{}]", joined(items)),
        Kind::Map(props) => format!("{{{}}}", entries(props)),
        Kind::Regex(pattern, replacement) => {
            let part = |text: &str| text.replace('/', "\\/") + "/";
            format!("#/{}{}", part(pattern), replacement.as_deref().map(part).unwrap_or_default())
        }
        Kind::Template(parts) => {
            let part = |part: &Node| match &part.kind {
                Kind::Str(value) => value.escape_debug().to_string(),
                _ => format!("#{{{}}}", text(part)),
            };
            format!("#\"{}\"", parts.iter().map(part).collect::<String>())
        }
        Kind::Gene(gene) => {
            let head = gene.head.as_ref().map(text).unwrap_or_default();
            let parts = [head, entries(&gene.props), joined(&gene.children)];
            format!(
                "({})",
                parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
            )
        }
    }
}
