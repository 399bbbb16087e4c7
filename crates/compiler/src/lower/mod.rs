//! Lowering: the tree becomes functions in the form.
//!
//! Expressions are lowered towards a destination register. Registers are a stack: locals keep theirs until their
//! scope ends, everything above is temporary, and a call's window is opened at the top, so its arguments are
//! evaluated where the callee will find them.
//!
//! | module | lowers |
//! | --- | --- |
//! | `builder` | blocks, registers, instructions |
//! | `scope`, `locals`, `spill`, `names` | contexts, locals, captures, what a name stands for |
//! | `unit` | the top level: modules, imports, slots, exports, the entry function |
//! | `classes`, `class_body`, `construct` | classes, records, traits, enums |
//! | `statement`, `function`, `tail_calls` | statements, bindings, functions and closures, their last calls |
//! | `expr`, `literal`, `operator`, `assign`, `call`, `macros` | expressions |
//! | `control`, `exits`, `attempt` | branches and loops, ways out of them, `try` |
//! | `pattern`, `arms`, `types` | patterns, `match`, annotations |
//! | `proofs`, `operations` | types that are wrong for certain: of values, and of what is done with them |
//! | `processes`, `receive_tags` | `spawn`, `receive`, `async`, `await` |
//! | `concurrency` | `scope`, `select` |
//! | `actors`, `actor_state` | `actor` classes from outside and from inside |

mod actor_state;
mod actors;
mod arms;
mod assign;
mod attempt;
mod builder;
mod call;
mod class_body;
mod classes;
mod concurrency;
mod construct;
mod control;
mod exits;
mod expr;
mod foreign;
mod function;
mod import_paths;
mod literal;
mod locals;
mod macros;
mod names;
mod operations;
mod operator;
mod pattern;
mod processes;
mod proofs;
mod receive_tags;
mod scope;
mod spill;
mod statement;
mod tail_calls;
mod types;
mod unit;
mod variables;

pub use import_paths::import_path;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use base::Name;
use bytecode::{ClassDef, Export, Import};
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast;

use crate::analyze::Analysis;
use crate::expand::Origins;
use crate::form::Code;
use crate::interface::{Environment, ExportInterface, Mode, ModuleInterface, Options, Signature};
use builder::Builder;
use scope::Context;

/// The unit before its functions are emitted.
#[derive(Default)]
pub struct Lowered {
    pub functions: Vec<Option<Code>>,
    pub classes: Vec<ClassDef>,
    pub imports: Vec<Import>,
    pub slots: Vec<String>,
    pub exports: Vec<Export>,
    pub tests: Vec<(String, u32)>,
    pub benches: Vec<(String, u32)>,
    pub entry: u32,
}

/// What a name of a module stands for.
#[derive(Clone)]
pub enum Global {
    Function {
        index: u32,
        signature: Rc<Signature>,
        result: Option<String>,
    },
    Class(usize),
    /// A `let` of the module.
    Slot {
        slot: u32,
        literal: Option<bytecode::Constant>,
    },
    ImportedModule {
        import: u32,
        interface: Rc<ModuleInterface>,
        prefix: String,
    },
    Imported {
        import: u32,
        name: String,
        item: ExportInterface,
    },
    Module(usize),
    Macro,
    /// An import that failed: everything about it was reported.
    Broken,
}

/// The names of a module: the file itself or one nested in it.
pub struct ModuleScope {
    pub names: HashMap<(Name, ast::Mark), Declared>,
    pub parent: Option<usize>,
    /// `geo.` for the members of `geo`.
    pub prefix: String,
}

pub struct Declared {
    pub global: Global,
    pub span: Span,
    pub public: bool,
}

pub struct Lowerer<'a, 'e> {
    pub options: &'a Options<'a>,
    pub environment: &'e mut dyn Environment,
    pub analysis: Analysis,
    /// Where the macros are defined that introduced the names with these marks.
    origins: Origins,
    origin_modules: HashMap<Arc<str>, Option<(u32, Rc<ModuleInterface>)>>,
    pub diagnostics: Vec<Diagnostic>,
    reported: HashSet<(ErrorCode, Span)>,
    pub unit: Lowered,
    pub classes: Vec<classes::ClassInfo<'a>>,
    /// The functions that need no closure, by their place in the unit, and the modules they stand in.
    functions: HashMap<u32, (usize, &'a ast::Function)>,
    /// The classes that an item declares, by the item's place in the tree.
    classes_of: HashMap<*const ast::Item, Range<usize>>,
    pub modules: Vec<ModuleScope>,
    pub module: usize,
    contexts: Vec<Context<'a>>,
    pub broken: bool,
}

impl<'a, 'e> Lowerer<'a, 'e> {
    pub fn new(
        options: &'a Options<'a>,
        environment: &'e mut dyn Environment,
        analysis: Analysis,
        origins: Origins,
    ) -> Lowerer<'a, 'e> {
        Lowerer {
            options,
            environment,
            analysis,
            origins,
            origin_modules: HashMap::new(),
            diagnostics: Vec::new(),
            reported: HashSet::new(),
            unit: Lowered::default(),
            classes: Vec::new(),
            functions: HashMap::new(),
            classes_of: HashMap::new(),
            modules: Vec::new(),
            module: 0,
            contexts: Vec::new(),
            broken: false,
        }
    }

    /// Reports a finding, once for a place: the code of a `finally` is lowered for every way out.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.reported.insert((diagnostic.code, diagnostic.primary.span)) {
            self.broken |= diagnostic.is_error();
            self.diagnostics.push(diagnostic);
        }
    }

    pub fn error(&mut self, code: ErrorCode, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::new(code, span, message));
    }

    fn is_script(&self) -> bool {
        matches!(self.options.mode, Mode::Script | Mode::Repl)
    }

    fn context(&mut self) -> &mut Context<'a> {
        self.contexts.last_mut().expect("invariant: lowering runs inside a context")
    }

    fn build(&mut self) -> &mut Builder {
        &mut self.context().builder
    }

    /// The source text of a span, for messages of programs.
    fn text(&self, span: Span) -> String {
        let text = self.options.source.get(span.start as usize..span.end as usize).unwrap_or("");
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > 120 {
            let short: String = line.chars().take(117).collect();
            return format!("{short}...");
        }
        line
    }

    /// Reserves the index of a function that is lowered later.
    fn reserve_function(&mut self) -> u32 {
        self.unit.functions.push(None);
        self.unit.functions.len() as u32 - 1
    }
}
