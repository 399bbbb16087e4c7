//! What the compiler is told and asks for: options, the names of the prelude, and the exports of other modules.

use std::collections::HashSet;

use bytecode::{ClassKind, Constant, ExportItem, FunctionDef, Unit, function_flag};

use diag::FileId;

use crate::expand::MacroDefinition;

/// What kind of program a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// The entry file: statements run from top to bottom, `main(args)` last where there is one.
    #[default]
    Script,
    /// An imported file: declarations and constants only.
    Module,
    /// A unit of the standard library: a module whose classes may extend library classes.
    Library,
    /// A line typed at a prompt: its value is the result, its names live on.
    Repl,
}

/// What to compile and how.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    pub mode: Mode,
    /// One bit for each row of `passes::PASSES`.
    pub passes: u32,
    pub file: FileId,
    /// The module's name, as traces print it.
    pub name: &'a str,
    /// Where the source was read from; imports are found relative to it.
    pub path: &'a str,
    /// The source text, from which `assert` and `dbg!` quote.
    pub source: &'a str,
}

/// What surrounds the unit being compiled.
pub trait Environment {
    /// A name that every module sees without importing it.
    fn prelude(&self, name: &str) -> Option<PreludeItem>;
    /// The names of the prelude, for "did you mean".
    fn prelude_names(&self) -> Vec<String> {
        Vec::new()
    }
    /// A module of the library that has a member with this name.
    fn module_with(&self, _name: &str) -> Option<String> {
        None
    }
    /// Whether a module of the library has this name.
    fn has_module(&self, _name: &str) -> bool {
        false
    }
    /// Every method of values of a builtin class; nothing where they are not known.
    fn methods(&self, _class: &str) -> Option<Vec<String>> {
        None
    }
    /// Finds and compiles the module behind an import. `path` is dotted (`net.http`) or begins with `.` or `/`
    /// as written in quotes.
    fn import(&mut self, path: &str, from: &str) -> Result<ModuleInterface, ImportError>;
    /// Runs the body of a macro: a program as S-expressions, whose imports are found relative to `path`. Gives what
    /// the program printed, or why it failed. It runs within limits and reaches nothing outside itself.
    fn run_macro(&mut self, path: &str, program: &str) -> Result<String, String> {
        let _ = (path, program);
        Err("nothing here can run the bodies of macros".to_string())
    }
}

/// Why a module cannot be imported.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportError {
    NotFound,
    /// The paths of the cycle, from the importing module back to it.
    Cycle(Vec<String>),
    /// The module does not compile; its own diagnostics were reported.
    Broken,
    /// A native extension that is not permitted or cannot be loaded, and why.
    Refused(String),
}

/// How something is called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signature {
    pub name: String,
    pub params: Vec<bytecode::Param>,
    /// The last parameter takes what is left.
    pub rest: bool,
    /// Names are not known, only how many arguments there may be.
    pub positional_only: bool,
}

/// A name of the prelude.
#[derive(Clone, Debug)]
pub enum PreludeItem {
    /// A library function, called as `Constant::Builtin(name)`; without a signature nothing is checked.
    Function(Option<Signature>),
    /// A library class or trait.
    Class {
        /// `Error` or one of its subclasses: programs may extend it.
        is_error: bool,
        /// May be called to make a value.
        signature: Option<Signature>,
    },
    /// A constant such as `nan`.
    Value(Constant),
    /// The end of an iteration.
    Done,
    /// A module that needs no import.
    Module,
    /// A name that an earlier line of the prompt defined.
    Earlier { mutable: bool },
}

/// What a compiled module lets others use.
#[derive(Clone, Debug, Default)]
pub struct ModuleInterface {
    /// The path that the loader knows the module by; it goes into the unit.
    pub path: String,
    pub exports: Vec<(String, ExportInterface)>,
    /// Names that exist and are not exported, for messages.
    pub private: Vec<String>,
    /// The macros it exports, from `exported_macros` of its tree.
    pub macros: Vec<MacroDefinition>,
}

#[derive(Clone, Debug)]
pub enum ExportInterface {
    Function(Signature),
    Class(ClassInterface),
    Value,
    /// Its members are the exports whose names begin with its name and a dot.
    Module,
}

/// What a subclass, a pattern or a call needs to know of a class.
#[derive(Clone, Debug, Default)]
pub struct ClassInterface {
    pub name: String,
    pub kind: ClassKindInterface,
    /// Every field, inherited ones first, and whether it has a default.
    pub fields: Vec<FieldInterface>,
    /// How the class is called.
    pub signature: Option<Signature>,
    /// The chain has an `init`.
    pub has_init: bool,
    /// Own and inherited methods: name, and whether only declared.
    pub methods: Vec<(String, bool)>,
    /// Derives from `Error`.
    pub is_error: bool,
    pub singleton: bool,
    pub statics: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassKindInterface {
    #[default]
    Class,
    Record,
    Trait,
    Actor,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FieldInterface {
    pub name: String,
    pub optional: bool,
    pub set_once: bool,
}

/// The hidden method of a class that fills its own fields that have defaults and are unset.
pub const FIELDS_METHOD: &str = "__fields";

impl ModuleInterface {
    /// The interface of a compiled unit. `import` gives the interfaces of the modules that the unit imports,
    /// which is needed where a class extends a class of another module.
    pub fn of(unit: &Unit, import: &dyn Fn(&str) -> Option<ModuleInterface>) -> ModuleInterface {
        let mut exports = Vec::new();
        for export in &unit.exports {
            let item = match export.item {
                ExportItem::Function(index) => {
                    let Some(function) = unit.functions.get(index as usize) else { continue };
                    ExportInterface::Function(signature_of(function))
                }
                ExportItem::Class(index) => ExportInterface::Class(class_of(unit, index, import, 0)),
                ExportItem::Slot(_) => ExportInterface::Value,
                ExportItem::Module => ExportInterface::Module,
            };
            exports.push((export.name.clone(), item));
        }
        let names: HashSet<&String> = exports.iter().map(|(name, _)| name).collect();
        let exported = |name: &String| names.contains(name);
        let functions = unit.functions.iter().map(|function| &function.name);
        let private =
            functions.chain(&unit.slots).filter(|name| !exported(name)).cloned().collect::<Vec<_>>();
        ModuleInterface { path: unit.path.clone(), exports, private, macros: Vec::new() }
    }

    pub fn get(&self, name: &str) -> Option<&ExportInterface> {
        self.exports.iter().find(|(known, _)| known == name).map(|(_, item)| item)
    }
}

/// How a compiled function is called, without its `self`.
pub fn signature_of(function: &FunctionDef) -> Signature {
    let skip = usize::from(function.flags & function_flag::METHOD != 0);
    Signature {
        name: function.name.clone(),
        params: function.params.iter().skip(skip).cloned().collect(),
        rest: function.flags & function_flag::REST != 0,
        positional_only: false,
    }
}

/// No chain of classes is followed further than this; units from files may be cyclic.
const CHAIN_MAX: usize = 256;

fn class_of(
    unit: &Unit,
    index: u32,
    import: &dyn Fn(&str) -> Option<ModuleInterface>,
    depth: usize,
) -> ClassInterface {
    let Some(class) = unit.classes.get(index as usize) else { return ClassInterface::default() };
    let mut interface = match &class.superclass {
        Some(superclass) if depth < CHAIN_MAX => inherited(unit, superclass, import, depth),
        _ => ClassInterface::default(),
    };
    interface.name = class.name.clone();
    interface.singleton = class.singleton;
    interface.kind = match class.kind {
        ClassKind::Class | ClassKind::Extension => ClassKindInterface::Class,
        ClassKind::Record => ClassKindInterface::Record,
        ClassKind::Trait => ClassKindInterface::Trait,
        ClassKind::Actor => ClassKindInterface::Actor,
    };
    interface.statics = class.statics.clone();
    for method in &class.methods {
        interface.has_init |= method.name == "init";
        interface.methods.retain(|(name, _)| *name != method.name);
        interface.methods.push((method.name.clone(), method.function.is_none()));
    }
    let constructor = class.constructor.and_then(|index| unit.functions.get(index as usize));
    interface.signature = constructor.map(signature_of);
    let known = |name: &str| {
        let params = constructor.map(|function| function.params.as_slice()).unwrap_or_default();
        params.iter().find(|param| param.name == name).map(|param| param.optional)
    };
    for field in &class.fields {
        interface.fields.push(FieldInterface {
            name: field.name.clone(),
            optional: known(&field.name).unwrap_or(true),
            set_once: field.set_once,
        });
    }
    interface
}

fn inherited(
    unit: &Unit,
    superclass: &bytecode::ClassRef,
    import: &dyn Fn(&str) -> Option<ModuleInterface>,
    depth: usize,
) -> ClassInterface {
    match superclass {
        bytecode::ClassRef::Local(index) => class_of(unit, *index, import, depth + 1),
        bytecode::ClassRef::Import { import: index, name } => {
            let path = unit.imports.get(*index as usize).map(|import| import.path.as_str());
            match path.and_then(import).as_ref().and_then(|module| module.get(name)) {
                Some(ExportInterface::Class(class)) => class.clone(),
                _ => ClassInterface::default(),
            }
        }
        bytecode::ClassRef::Builtin(_) => error_interface(),
    }
}

/// The fields that every error has; the trace is no parameter and is filled when the error is thrown.
pub fn error_interface() -> ClassInterface {
    let field = |name: &str, optional| FieldInterface { name: name.to_string(), optional, set_once: false };
    let param = |name: &str, optional| bytecode::Param { name: name.to_string(), optional };
    ClassInterface {
        name: "Error".to_string(),
        fields: vec![field("message", true), field("cause", true), field("trace", true)],
        signature: Some(Signature {
            name: "Error".to_string(),
            params: vec![param("message", true), param("cause", true)],
            rest: false,
            positional_only: false,
        }),
        is_error: true,
        ..ClassInterface::default()
    }
}

/// What stands before the path of a native extension where imports are texts: in the paths that `Environment::import` is
/// asked for, and in units.
pub const NATIVE_PREFIX: &str = "native:";
