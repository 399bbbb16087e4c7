//! What the reader makes: data, which is also code.

use diag::Span;

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Nil,
    Void,
    Bool(bool),
    Int(i64),
    BigInt(String),
    Float(f64),
    Str(String),
    Char(char),
    /// A name, with its slashes.
    Symbol(String),
    /// `:x` and `` `x ``.
    Quote(Box<Node>),
    /// `%x` inside a quote.
    Unquote(Box<Node>),
    Array(Vec<Node>),
    Map(Vec<(String, Node)>),
    Gene(Box<Gene>),
    /// `#"text #{form}"`: texts and forms.
    Template(Vec<Node>),
    /// `#/pattern/`, with what replaces its matches in `#/pattern/replacement/`.
    Regex(String, Option<String>),
}

/// `(type ^key value child...)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gene {
    pub head: Option<Node>,
    pub props: Vec<(String, Node)>,
    pub children: Vec<Node>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub span: Span,
}

/// Equality is about the data; spans do not count.
impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.kind == other.kind
    }
}

impl Node {
    pub fn new(kind: Kind, span: Span) -> Node {
        Node { kind, span }
    }

    pub fn symbol(&self) -> Option<&str> {
        match &self.kind {
            Kind::Symbol(name) => Some(name),
            _ => None,
        }
    }

    pub fn is_symbol(&self, name: &str) -> bool {
        self.symbol() == Some(name)
    }

    pub fn gene(&self) -> Option<&Gene> {
        match &self.kind {
            Kind::Gene(gene) => Some(gene),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The nodes that stand directly inside this one.
    pub fn parts(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Quote(inner) | Kind::Unquote(inner) => vec![inner],
            Kind::Array(items) | Kind::Template(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            Kind::Gene(gene) => {
                let props = gene.props.iter().map(|(_, value)| value);
                gene.head.iter().chain(&gene.children).chain(props).collect()
            }
            Kind::Nil
            | Kind::Void
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::BigInt(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::Char(_)
            | Kind::Symbol(_)
            | Kind::Regex(..) => Vec::new(),
        }
    }
}
