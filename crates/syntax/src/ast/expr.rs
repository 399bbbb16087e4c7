//! Expressions.

use base::Name;

use super::{Block, Function, Ident, Mark, Pattern, Signature, Type};
use diag::Span;

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A place that did not parse.
    Error,

    // Literals.
    Nil,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits: its decimal digits.
    BigInt(Name),
    Float(f64),
    Char(char),
    String(Name),
    Symbol(Name),
    Bytes(Box<[u8]>),
    /// `re"..."`: the pattern's text.
    Regex(Name),
    /// A string with interpolations.
    Template(Vec<TemplatePart>),
    List(Vec<Element>),
    Set(Vec<Element>),
    /// `()`, `(a,)`, `(a, b)`, `(a, name: b)`: named entries form one final map.
    Tuple {
        items: Vec<Expr>,
        named: Vec<(Ident, Expr)>,
    },
    Map(Vec<MapEntry>),
    /// `a..b`, `a..=b`, and open ones inside an index.
    Range {
        start: Option<Box<Expr>>,
        end: Option<Box<Expr>>,
        inclusive: bool,
    },

    // Names.
    Name(Ident),
    SelfValue,
    /// `self()`: the pid of the running process.
    SelfPid,

    // Operators.
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `x is T` and `x !is T`.
    Is {
        value: Box<Expr>,
        negated: bool,
        pattern: Type,
    },
    /// `x |> f(1)`, `x |> path`, `x |> (e)`.
    Pipe {
        value: Box<Expr>,
        target: PipeTarget,
    },
    /// `target op= value`: stands only where a statement may, or as the body of an arm, closure or `defer`.
    /// The target is a `Name`, `Field`, `Index`, `Unquote`, or a `Tuple` or `List` of targets.
    Assign {
        target: Box<Expr>,
        op: AssignOp,
        value: Box<Expr>,
    },

    // Postfix. An `optional` link (`?.`, `?[`) on nil gives nil for the whole chain it is part of.
    /// `e.name`: reads a field, never a method.
    Field {
        object: Box<Expr>,
        name: Ident,
        optional: bool,
    },
    /// `t.0`.
    Position {
        object: Box<Expr>,
        index: u32,
        optional: bool,
    },
    /// `e[i]`; the index may be an open `Range`.
    Index {
        object: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// `f(args)`, also `(x.name)(args)`.
    Call {
        callee: Box<Expr>,
        arguments: Vec<Argument>,
    },
    /// `x.name(args)`.
    MethodCall {
        object: Box<Expr>,
        name: Ident,
        arguments: Vec<Argument>,
        optional: bool,
    },
    /// `super.name(args)`.
    SuperCall {
        name: Ident,
        arguments: Vec<Argument>,
    },
    /// `name!(args) { block }`; the block is the last argument. `dbg!(e)` is one too.
    MacroCall {
        name: Ident,
        arguments: Vec<Argument>,
        block: Option<Block>,
    },
    /// A postfix chain that contains `?.` or `?[`: where the jump on nil lands.
    Chain(Box<Expr>),

    // Functions and control.
    Block(Block),
    /// `fn(a) { }`, `fn*(a) { }` as a value.
    Function(Box<Function>),
    Closure(Box<Closure>),
    If(Box<If>),
    Match {
        subject: Box<Expr>,
        arms: Vec<Arm>,
    },
    While {
        label: Option<Ident>,
        condition: Box<Condition>,
        body: Block,
    },
    For {
        label: Option<Ident>,
        pattern: Box<Pattern>,
        iterable: Box<Expr>,
        body: Block,
    },
    Loop {
        label: Option<Ident>,
        body: Block,
    },
    Return(Option<Box<Expr>>),
    Break {
        label: Option<Ident>,
        value: Option<Box<Expr>>,
    },
    Continue {
        label: Option<Ident>,
    },
    /// Without a value: throws the caught error again.
    Throw(Option<Box<Expr>>),
    Yield(Option<Box<Expr>>),
    /// `try e else d`; `try { ... } else d` has a `Block` as its body.
    TryElse {
        body: Box<Expr>,
        fallback: Box<Expr>,
    },
    Try(Box<Try>),

    // Processes.
    /// `async e`: a `Block` runs whole in the task, of a call only the call itself.
    Async(Box<Expr>),
    Await(Box<Expr>),
    /// `spawn { }`, `spawn(options) { }`, `spawn(f, args...)`.
    Spawn {
        arguments: Vec<Argument>,
        block: Option<Block>,
    },
    Receive {
        arms: Vec<Arm>,
        after: Option<Box<After>>,
    },
    Select {
        arms: Vec<SelectArm>,
        after: Option<Box<After>>,
    },
    Scope {
        arguments: Vec<Argument>,
        body: Block,
    },

    // Macros.
    Quote(Block),
    /// `$x`, `$(e)`: only inside `quote`.
    Unquote(Box<Expr>),
}

/// A part of a string with interpolations.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(Name),
    Value { value: Expr, format: Option<FormatSpec> },
}

/// `[[fill]align][sign][#][0][width][,|_][.precision][type]`, as in Python.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatSpec {
    pub fill: char,
    /// `<`, `>`, `^` or `=`.
    pub align: Option<char>,
    /// `+`, `-` or a blank.
    pub sign: Option<char>,
    pub alternate: bool,
    pub zero: bool,
    pub width: Option<u32>,
    /// `,` or `_`.
    pub grouping: Option<char>,
    pub precision: Option<u32>,
    /// One of `b c d e E f F g G n o s x X %`.
    pub kind: Option<char>,
    pub span: Span,
}

/// An element of a list or set.
#[derive(Clone, Debug)]
pub enum Element {
    Item(Expr),
    /// `..xs`; inside `quote` also `$..xs`, which is `Spread(Unquote(xs))`.
    Spread(Expr),
}

#[derive(Clone, Debug)]
pub enum MapEntry {
    /// `name: e` and `"text": e` (the key is an `ExprKind::String`), `[e]: e`; the shorthand `{r, s}` gives the
    /// key "r" and the value `r`.
    Pair { key: Expr, value: Expr },
    /// `..m`.
    Spread(Expr),
}

#[derive(Clone, Debug)]
pub enum Argument {
    Positional(Expr),
    Named {
        name: Ident,
        value: Expr,
    },
    /// `..xs`; inside `quote` also `$..xs`, which is `Spread(Unquote(xs))`.
    Spread(Expr),
}

#[derive(Clone, Debug)]
pub enum PipeTarget {
    /// A `Call`, `MethodCall` or `SuperCall`: the value becomes its first argument.
    Call(Box<Expr>),
    /// Anything else: called with the value.
    Function(Box<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    Negate,
    Not,
    BitNot,
}

/// Calls the given macro with every binary operator: variant, spelling.
#[macro_export]
macro_rules! for_each_binary_op {
    ($apply:ident) => {
        $apply! {
            Power "**"
            Multiply "*"
            Divide "/"
            FloorDivide "~/"
            Remainder "%"
            Add "+"
            Subtract "-"
            ShiftLeft "<<"
            ShiftRight ">>"
            BitAnd "&"
            BitXor "^"
            BitOr "|"
            Coalesce "??"
            Equal "=="
            NotEqual "!="
            Less "<"
            LessEqual "<="
            Greater ">"
            GreaterEqual ">="
            In "in"
            NotIn "!in"
            And "&&"
            Or "||"
        }
    };
}

macro_rules! define_binary_op {
    ($($variant:ident $text:literal)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum BinaryOp { $($variant,)* }

        impl BinaryOp {
            pub fn as_str(self) -> &'static str {
                match self { $(BinaryOp::$variant => $text,)* }
            }
            pub fn from_text(text: &str) -> Option<BinaryOp> {
                match text { $($text => Some(BinaryOp::$variant),)* _ => None }
            }
        }
    };
}

for_each_binary_op!(define_binary_op);

/// What an assignment does with the old value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+=` and the like; `Coalesce` is `??=`.
    Update(BinaryOp),
}

/// `|a, b| e`.
#[derive(Clone, Debug)]
pub struct Closure {
    pub signature: Signature,
    pub body: Expr,
}

#[derive(Clone, Debug)]
pub struct If {
    pub condition: Condition,
    pub then: Block,
    /// A `Block`, an `If`, or a jump.
    pub otherwise: Option<Expr>,
}

/// What `if` and `while` test.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "it stands in a node that is boxed already")]
pub enum Condition {
    Expr(Expr),
    /// `let p = e && guard`.
    Let {
        pattern: Pattern,
        value: Expr,
        guard: Option<Expr>,
    },
}

/// `pattern if guard => body`, in `match` and `receive`.
#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Expr,
    pub span: Span,
}

/// `after time => body`.
#[derive(Clone, Debug)]
pub struct After {
    pub time: Expr,
    pub body: Expr,
    pub span: Span,
}

/// `pattern = operation => body`, the pattern optional.
#[derive(Clone, Debug)]
pub struct SelectArm {
    pub pattern: Option<Pattern>,
    pub operation: Expr,
    pub body: Expr,
    pub span: Span,
}

/// `try { } catch e: T { } finally { }`.
#[derive(Clone, Debug)]
pub struct Try {
    pub body: Block,
    pub catches: Vec<Catch>,
    pub finally: Option<Block>,
}

#[derive(Clone, Debug)]
pub struct Catch {
    pub name: Option<Ident>,
    pub annotation: Option<Type>,
    pub body: Block,
    pub span: Span,
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, span }
    }
}

impl Ident {
    pub fn new(name: Name, span: Span) -> Ident {
        Ident { name, span, mark: Mark::default() }
    }
}
