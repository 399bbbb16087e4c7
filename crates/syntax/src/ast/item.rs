//! Declarations.

use base::Name;

use super::{Block, Expr, Ident, Path, Pattern, Stmt, Type};
use diag::Span;

/// A declaration, with what every declaration may carry.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: ItemKind,
    pub public: bool,
    /// The text of the `///` comments above it, without the slashes.
    pub doc: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    Function(Function),
    Class(Class),
    Record(Record),
    Trait(Trait),
    Actor(Actor),
    Enum(Enum),
    Module(Module),
    Macro(Macro),
    Import(Import),
    Test(Test),
}

/// Parameters and result of anything callable.
#[derive(Clone, Debug)]
pub struct Signature {
    /// `fn*`: calling it gives a generator.
    pub generator: bool,
    pub params: Vec<Param>,
    pub result: Option<Type>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Function {
    /// Absent for a function that is a value.
    pub name: Option<Ident>,
    pub signature: Signature,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    Block(Block),
    /// `= e`
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub struct Param {
    pub kind: ParamKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every parameter is the large variant")]
pub enum ParamKind {
    /// `p: T = e`. A plain name is a `PatternKind::Name` without annotation: the type stands here.
    Pattern { pattern: Pattern, annotation: Option<Type>, default: Option<Expr> },
    /// `...rest`, always the last.
    Rest(Ident),
}

#[derive(Clone, Debug)]
pub struct Class {
    pub name: Ident,
    pub superclass: Option<Path>,
    pub traits: Vec<Path>,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub name: Ident,
    pub traits: Vec<Path>,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub name: Ident,
    /// Absent for a record without parentheses, which is a single value.
    pub params: Option<Vec<Param>>,
    pub traits: Vec<Path>,
    pub methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct Trait {
    pub name: Ident,
    pub traits: Vec<Path>,
    pub methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub struct Enum {
    pub name: Ident,
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub name: Ident,
    /// Absent for a variant without parentheses, which is a single value.
    pub params: Option<Vec<Param>>,
    pub doc: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Member {
    Field(Field),
    Method(Method),
}

#[derive(Clone, Debug)]
pub struct Field {
    pub kind: FieldKind,
    pub name: Ident,
    pub annotation: Option<Type>,
    pub default: Option<Expr>,
    pub doc: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldKind {
    /// `x`
    Plain,
    /// `let x`: set once.
    Let,
    /// `var x`
    Var,
    /// `static x = e`
    Static,
}

#[derive(Clone, Debug)]
pub struct Method {
    pub kind: MethodKind,
    pub public: bool,
    /// The name, or the operator's spelling: `+`, `[]`, `[]=`. A `-` or `~` without parameters is the unary one.
    pub name: Ident,
    pub signature: Signature,
    /// Absent for a method that a trait only requires.
    pub body: Option<Body>,
    pub doc: Option<Name>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MethodKind {
    Plain,
    Static,
    Cast,
    Get,
}

#[derive(Clone, Debug)]
pub struct Module {
    pub name: Ident,
    /// Declarations and bindings only.
    pub stmts: Vec<Stmt>,
}

#[derive(Clone, Debug)]
pub struct Macro {
    pub name: Ident,
    pub signature: Signature,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct Import {
    pub source: ImportSource,
    pub alias: Option<Ident>,
    /// `{ a, b as c }`; absent for the module itself.
    pub names: Option<Vec<ImportName>>,
}

#[derive(Clone, Debug)]
pub enum ImportSource {
    /// `import math`, `import net.http`.
    Path(Path),
    /// `import "./util"`.
    File { path: Name, span: Span },
    /// `import native "./geometry.so"`: a shared library.
    Native { path: Name, span: Span },
}

#[derive(Clone, Debug)]
pub struct ImportName {
    pub name: Ident,
    pub alias: Option<Ident>,
}

/// `test "name" { }` or `bench "name" { }`.
#[derive(Clone, Debug)]
pub struct Test {
    pub purpose: Purpose,
    pub name: Name,
    pub body: Block,
}

/// What runs a block that stands beside the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// `dunlin test`.
    Test,
    /// `dunlin bench`.
    Bench,
}

impl Purpose {
    /// The word that such a block begins with.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Test => "test",
            Purpose::Bench => "bench",
        }
    }
}
