//! A compiled module as plain data: what the compiler makes, `.dnb` stores, the validator proves and the VM links.
//!
//! Nothing here refers to a running VM. Names are text; classes, functions and imports are referred to by index
//! or path and become values when the unit is linked, before its first instruction runs.

/// A compiled module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// The module's name, as error traces print it.
    pub name: String,
    /// Where the source was read from; the debugger and the renderer look it up.
    pub path: String,
    /// Modules to load before this one is linked, in order; `Constant::Import` refers to them by index.
    pub imports: Vec<Import>,
    pub functions: Vec<FunctionDef>,
    /// Superclasses and traits come before the classes that use them.
    pub classes: Vec<ClassDef>,
    /// Names of the module's slots (`let`, and functions and classes by `exports`).
    pub slots: Vec<String>,
    /// What other modules may import, and where it is.
    pub exports: Vec<Export>,
    /// The function that runs the module's top level: no parameters.
    pub entry: u32,
    /// `test "..." { }` blocks: name, and a function without parameters.
    pub tests: Vec<(String, u32)>,
    /// `bench "..." { }` blocks, likewise.
    pub benches: Vec<(String, u32)>,
    /// The passes that made this code, part of the content hash.
    pub passes: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as resolved by the loader: `math`, `./util`.
    pub path: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Dotted for nested modules: `geo.area`.
    pub name: String,
    pub item: ExportItem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportItem {
    Function(u32),
    Class(u32),
    Slot(u32),
    /// A nested module; its members are the exports that start with its name and a dot.
    Module,
}

/// One function's code and side tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionDef {
    pub name: String,
    /// Parameters in registers `0..`; a method's `self` is the first. A rest parameter is the last.
    pub params: Vec<Param>,
    pub flags: u16,
    /// Registers of the frame, call windows included.
    pub registers: u16,
    pub code: Vec<u32>,
    pub constants: Vec<Constant>,
    /// What `closure` instructions make.
    pub prototypes: Vec<Prototype>,
    /// How many values a closure of this function captures.
    pub captures: u16,
    /// Inner ranges before outer ones.
    pub handlers: Vec<Handler>,
    /// Named-argument call shapes, `C - 1` of the call instructions.
    pub shapes: Vec<CallShape>,
    /// Inline-cache slots used by this function.
    pub caches: u16,
    /// From which pc on which source span holds, by rising pc.
    pub lines: Vec<LineEntry>,
    /// The span of the whole definition.
    pub span: (u32, u32),
    pub doc: String,
    /// The variables of the source, for debuggers; nothing where nobody asked for them.
    pub variables: Vec<Variable>,
}

/// A variable of the source and where its value is. Nothing that runs relies on it: a debugger reads a register only
/// where the code itself still needs the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variable {
    pub name: String,
    pub place: VariablePlace,
    /// In the instructions from this one on, and before that one.
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariablePlace {
    Register(u8),
    /// The register holds a cell with the value.
    Cell(u8),
    Capture(u16),
    /// The capture is a cell with the value.
    CaptureCell(u16),
}

impl Default for VariablePlace {
    fn default() -> VariablePlace {
        VariablePlace::Register(0)
    }
}

/// Bits of `FunctionDef::flags`.
pub mod function_flag {
    /// The last parameter takes the remaining positional arguments as a List.
    pub const REST: u16 = 1;
    /// `fn*`: its code starts with `gen` once parameters are ready.
    pub const GENERATOR: u16 = 2;
    /// Takes functions as arguments: each call site gets a profile of its own.
    pub const SPLIT: u16 = 4;
    /// The first parameter is `self`.
    pub const METHOD: u16 = 8;
    /// `get fn`: reading the field calls it.
    pub const GETTER: u16 = 16;
    /// Private to its class or module (the name starts with `_`).
    pub const PRIVATE: u16 = 32;
    /// Left out of stack traces (made by the compiler).
    pub const HIDDEN: u16 = 64;
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Param {
    pub name: String,
    /// Has a default: the caller leaves the unset mark, the callee's code fills it in.
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prototype {
    pub function: u32,
    pub captures: Vec<Capture>,
}

/// Where a closure takes a captured value from when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A register of the enclosing function.
    Register(u8),
    /// A capture of the enclosing function.
    Outer(u16),
}

/// Code in `start..end` that throws goes on at `target` with the error in `register`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub register: u8,
    /// Also runs when the process unwinds by `exit(reason)`, which no `catch` sees.
    pub finally: bool,
}

/// A call with `positional` arguments, a method's receiver among them, followed by named ones in source order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallShape {
    pub positional: u8,
    pub names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEntry {
    pub pc: u32,
    /// Byte offsets in the source.
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Int(i64),
    /// Decimal digits with an optional minus, beyond 64 bits.
    BigInt(String),
    Float(f64),
    Char(char),
    Str(String),
    Symbol(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Constant>),
    /// Sides may be `None` for open ranges.
    Range {
        start: Box<Option<Constant>>,
        end: Box<Option<Constant>>,
        inclusive: bool,
    },
    Regex(String),
    /// A function of this unit that captures nothing.
    Function(u32),
    /// A class as a value.
    Class(ClassRef),
    /// A method found from this class upwards (`super.name`): own methods, traits, superclass.
    Method {
        class: ClassRef,
        name: String,
    },
    /// A library function by name (`print`), or a library method (`List.push`).
    Builtin(String),
    /// An export of an imported module; an empty name is the module itself.
    Import {
        import: u32,
        name: String,
    },
    /// What `check` and `isk` test.
    Type(TypeSpec),
}

/// A class or trait by where it is defined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClassRef {
    /// Of this unit.
    Local(u32),
    Import {
        import: u32,
        name: String,
    },
    /// `Int`, `Error`, `Iterable`.
    Builtin(String),
}

/// A union of classes, traits and nil; empty accepts everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeSpec {
    /// `nil` is `Builtin("Nil")`.
    pub any_of: Vec<ClassRef>,
    /// As written, for messages: `Int | Nil`.
    pub text: String,
    /// What is checked, for messages: `argument n of f`, `the result of f`, `total`.
    pub subject: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassKind {
    #[default]
    Class,
    Record,
    Trait,
    Actor,
    /// The methods are added to the library class of this name; only the standard library's own units may.
    Extension,
}

/// A class, record, trait or actor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassDef {
    pub name: String,
    pub kind: ClassKind,
    pub superclass: Option<ClassRef>,
    pub traits: Vec<ClassRef>,
    /// Own fields only; inherited ones come first in the object.
    pub fields: Vec<FieldDef>,
    /// Own methods: name and function; abstract ones of a trait have none.
    pub methods: Vec<MethodDef>,
    pub statics: Vec<String>,
    /// Called with the arguments of `C(...)`; makes, fills and returns the object. None for traits.
    pub constructor: Option<u32>,
    /// A record without parentheses: its one value is made at link time and stands where the name does.
    pub singleton: bool,
    pub doc: String,
    pub span: (u32, u32),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldDef {
    pub name: String,
    /// `let x`: set once. Record fields always are.
    pub set_once: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MethodDef {
    pub name: String,
    pub function: Option<u32>,
    /// `static fn`: called on the class, has no `self`.
    pub is_static: bool,
    /// `cast fn` of an actor.
    pub is_cast: bool,
}
