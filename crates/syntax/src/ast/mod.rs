//! The typed tree of a program: plain owned data, every node with its span.
//!
//! Invariant: the depth of a tree that the parser or the S-expression reader made is bounded (`DEPTH_MAX`), so
//! recursion over it needs no check of its own. A place that did not parse holds an `Error` node, and then at
//! least one diagnostic is an error.

mod expr;
mod item;
mod pattern;

pub use expr::*;
pub use item::*;
pub use pattern::*;

use base::Name;
use diag::Span;

/// The greatest depth of a tree, counted in nested nodes.
pub const DEPTH_MAX: u32 = 512;

/// Where a name was written: 0 in the source itself, otherwise one number for each macro expansion that
/// introduced it. Two names are the same only when text and mark agree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord)]
pub struct Mark(pub u32);

/// A name at a place.
#[derive(Clone, Debug)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
    pub mark: Mark,
}

/// A whole source file, or a line typed into the REPL.
#[derive(Clone, Debug)]
pub struct File {
    pub stmts: Vec<Stmt>,
    pub span: Span,
}

/// `{ ... }`: its value is that of the last statement when that is an expression, else nil.
#[derive(Clone, Debug)]
pub struct Block {
    pub stmts: Vec<Stmt>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Expr(Expr),
    Let(Box<Binding>),
    /// `defer e`: runs at the end of the block.
    Defer(Expr),
    /// `assert e` and `assert e, "message"`.
    Assert {
        condition: Expr,
        message: Option<Expr>,
    },
    Item(Box<Item>),
}

/// `let p: T = e else { ... }`, also with `var` and at module level with `pub`.
#[derive(Clone, Debug)]
pub struct Binding {
    pub mutable: bool,
    pub public: bool,
    pub doc: Option<Name>,
    /// An upper-case name is bound when it is the whole pattern; then the pattern is `PatternKind::Name`.
    pub pattern: Pattern,
    pub annotation: Option<Type>,
    pub value: Expr,
    pub otherwise: Option<Block>,
}

/// A type annotation, or the right side of `is`.
#[derive(Clone, Debug)]
pub struct Type {
    pub kind: TypeKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `Int`, `geo.Point`, `List[Int]`.
    Path {
        path: Path,
        arguments: Vec<Type>,
    },
    Nil,
    /// `Int | Nil`: two or more.
    Union(Vec<Type>),
    Error,
}

/// `a.b.C`: one name or more.
#[derive(Clone, Debug)]
pub struct Path {
    pub segments: Vec<Ident>,
    pub span: Span,
}
