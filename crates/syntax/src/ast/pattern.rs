//! Patterns.

use super::{Expr, Ident, Path, Type};
use diag::Span;

#[derive(Clone, Debug)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum PatternKind {
    /// A place that did not parse.
    Error,
    /// `_`
    Wildcard,
    /// `name`, `name: Type`: binds.
    Name { name: Ident, annotation: Option<Type> },
    /// `Int`, `geo.Point`, `Circle(r)`, `Point(x, y: 0)`: a type test, or equality with another value; never binds
    /// its own name. `None` is a path without parentheses.
    Path { path: Path, arguments: Option<Vec<PatternArgument>> },
    /// A literal; numbers may be negative (the expression is then the negative literal itself).
    Literal(Expr),
    /// `1..5`, `'a'..='z'`, `..0`, `10..`: bounds are literals, at least one present.
    Range { start: Option<Expr>, end: Option<Expr>, inclusive: bool },
    /// `(a, b)`; named entries match the map that is the tuple's last element.
    Tuple { items: Vec<Pattern>, named: Vec<(Ident, Pattern)> },
    /// `[a, ..rest, b]`: `rest` is absent when the length must be exact.
    List { before: Vec<Pattern>, rest: Option<RestPattern>, after: Vec<Pattern> },
    /// `{type: :circle, r, ..others}`: matches a map that has at least these keys.
    Map { entries: Vec<(MapKey, Pattern)>, rest: Option<Ident> },
    /// `^name`, `^(e)`: equal to an existing value.
    Pin(Box<Expr>),
    /// `a | b`: two or more.
    Or(Vec<Pattern>),
    /// `p as name`.
    As { pattern: Box<Pattern>, name: Ident },
    /// `$p`: only inside `quote`.
    Unquote(Box<Expr>),
}

/// `..` or `..rest` in a list pattern.
#[derive(Clone, Debug)]
pub struct RestPattern {
    pub name: Option<Ident>,
    pub span: Span,
}

/// A key of a map pattern: always the string that the text names.
#[derive(Clone, Debug)]
pub struct MapKey {
    pub text: base::Name,
    pub span: Span,
}

/// `p` or `field: p`.
#[derive(Clone, Debug)]
pub struct PatternArgument {
    pub name: Option<Ident>,
    pub pattern: Pattern,
}
