//! The modules of one engine: found, read, compiled once, and kept with what they let others use.
//!
//! Invariant: `loading` lists the modules whose compilation has begun and not ended, outermost first, so an import
//! that finds its target there closes a cycle.

use std::collections::HashMap;
use std::sync::Arc;

use bytecode::Unit;
use compiler::{CompileStats, ImportError, MacroDefinition, Mode, ModuleInterface, Options, passes};
use diag::{Color, Diagnostic, FileId, Sources, Span};
use notation::{FrontEnds, Role};
use syntax::ast;

use crate::extension::Extensions;
use crate::failure::{Failure, FailureKind};
use crate::loader::library_text;
use crate::settings::{Settings, Through};
use crate::surroundings::Surroundings;
use crate::{forms, place, source};

/// Modules that import each other in a chain longer than this are no honest program; the chain is on our stack.
const IMPORT_DEPTH_MAX: usize = 128;

/// The module of what the program around the VM lends.
pub const HOST: &str = "host";

/// A module that compiled.
pub struct Compiled {
    pub unit: Unit,
    pub interface: ModuleInterface,
}

/// Everything the engine knows of source text.
pub struct Modules {
    pub sources: Sources,
    files: HashMap<String, FileId>,
    compiled: HashMap<String, Arc<Compiled>>,
    loading: Vec<String>,
    /// Names that earlier entries of a prompt made, and whether they may be assigned to.
    pub earlier: HashMap<String, bool>,
    /// Found so far and not yet reported.
    diagnostics: Vec<Diagnostic>,
    passes: u32,
    through: Through,
    pub front_ends: FrontEnds,
    /// The source of the module `host`: what the program around the VM lends.
    host: Option<String>,
    pub(crate) extensions: Extensions,
    pub color: Color,
    /// Runs the bodies of macros; made for the first.
    pub macro_engine: Option<Box<crate::Engine>>,
    /// Nothing that reaches files, input or the system can be named.
    pub closed: bool,
    /// Of the unit compiled last.
    pub statistics: CompileStats,
}

impl Modules {
    pub fn new(settings: &Settings) -> Result<Modules, Failure> {
        let passes = match &settings.passes {
            Some(list) => passes::parse(list).map_err(|text| Failure::new(FailureKind::Usage, text))?,
            None => passes::ALL,
        };
        Ok(Modules {
            sources: Sources::new(),
            files: HashMap::new(),
            compiled: HashMap::new(),
            loading: Vec::new(),
            earlier: HashMap::new(),
            diagnostics: Vec::new(),
            passes,
            through: settings.through,
            front_ends: settings.front_ends.clone(),
            macro_engine: None,
            closed: false,
            host: None,
            extensions: Extensions {
                loader: settings.extensions.clone(),
                permissions: settings.permissions.clone(),
                ..Extensions::default()
            },
            statistics: CompileStats::default(),
            color: if settings.colours { Color::Ansi } else { Color::Plain },
        })
    }

    /// Whether units are compiled with every pass and taken as they are: the same text gives the same unit.
    pub fn is_plain(&self) -> bool {
        matches!(self.passes, passes::ALL | passes::DEBUG) && self.through == Through::Nothing
    }

    /// Makes the module `host` of a text.
    pub fn set_host(&mut self, text: String) {
        self.host = (!text.is_empty()).then_some(text);
    }

    /// Reads a text of the language into its tree. What is wrong with it goes to the diagnostics; `None` when any of that is an error.
    pub fn parse(&mut self, path: &str, text: String) -> Option<ast::File> {
        let text = forms::through_formatter(self.through, text);
        let file = self.add_source(path, text);
        let (tree, findings) = syntax::parse(self.sources.text(file), file);
        self.accept(findings)?;
        let Some(printed) = forms::as_sexpr(self.through, &tree) else { return Some(tree) };
        let file = self.add_source(path, printed);
        let tree = forms::from_sexpr(self.sources.text(file), file);
        tree.map_err(|finding| self.diagnostics.push(finding)).ok()
    }

    /// Compiles a text. `None` when it is rejected.
    pub fn compile(&mut self, path: &str, text: String, mode: Mode) -> Option<Unit> {
        let tree = self.parse(path, text)?;
        self.compile_tree(path, &tree, mode)
    }

    /// Compiles a tree. `None` when it is rejected.
    pub fn compile_tree(&mut self, path: &str, tree: &ast::File, mode: Mode) -> Option<Unit> {
        let file = tree.span.file;
        let source = self.sources.text(file).to_string();
        let name = place::module_name(path);
        // Debuggers do not go into the library.
        let passes = match (mode, self.passes) {
            (Mode::Library, passes::DEBUG) => passes::ALL,
            (_, chosen) => chosen,
        };
        let options = Options { mode, passes, file, name: &name, path, source: &source };
        let (unit, findings, statistics) =
            compiler::compile(tree, &options, &mut Surroundings { modules: self, mode });
        self.statistics = statistics;
        self.accept(findings)?;
        self.finish_unit(unit?, tree.span)
    }

    /// Takes a unit through another form where that is wanted.
    pub fn finish_unit(&mut self, unit: Unit, span: Span) -> Option<Unit> {
        let unit = forms::through_bytecode(self.through, unit, span);
        unit.map_err(|finding| self.diagnostics.push(finding)).ok()
    }

    /// Keeps findings; `None` when one of them is an error.
    pub fn accept(&mut self, findings: Vec<Diagnostic>) -> Option<()> {
        let is_accepted = !findings.iter().any(Diagnostic::is_error);
        self.diagnostics.extend(findings);
        is_accepted.then_some(())
    }

    /// The module that `path`, as written in the file `from`, means.
    pub fn import(&mut self, path: &str, from: &str) -> Result<Arc<Compiled>, ImportError> {
        if let Some(library) = path.strip_prefix(compiler::NATIVE_PREFIX) {
            return self.import_native(library, from);
        }
        let front_end = self.front_ends.of_path(path);
        let of_notation = self.front_ends.support(path);
        let support = of_notation.or_else(|| self.host.clone().filter(|_| path == HOST));
        if support.is_none() && front_end.is_none() && !place::is_file(path) {
            return Err(ImportError::NotFound);
        }
        let key = match (&support, &front_end) {
            (Some(_), _) => path.to_string(),
            (None, Some(_)) => place::resolve_as_is(path, from),
            (None, None) => place::resolve(path, from),
        };
        if let Some(compiled) = self.compiled.get(&key) {
            return Ok(compiled.clone());
        }
        if let Some(start) = self.loading.iter().position(|loading| *loading == key) {
            let mut cycle = self.loading[start..].to_vec();
            cycle.push(key);
            return Err(ImportError::Cycle(cycle));
        }
        if self.loading.len() >= IMPORT_DEPTH_MAX {
            return Err(ImportError::NotFound);
        }
        if let Some(front_end) = front_end {
            let bytes = source::read_bytes(&key).map_err(|_| ImportError::NotFound)?;
            let unit = self.translate_loading(&front_end, &key, bytes, Role::Module);
            return Ok(self.keep(key, unit.ok_or(ImportError::Broken)?, Vec::new()));
        }
        let text = match support {
            Some(support) => support,
            None => source::read(&key).map_err(|_| ImportError::NotFound)?,
        };
        self.import_text(key, text)
    }

    /// A module that was compiled before.
    pub fn known(&self, key: &str) -> Option<Arc<Compiled>> {
        self.compiled.get(key).cloned()
    }

    /// Compiles a module and keeps it.
    pub fn import_text(&mut self, key: String, text: String) -> Result<Arc<Compiled>, ImportError> {
        let (tree, unit) = self.compile_module(&key, text).ok_or(ImportError::Broken)?;
        let macros = compiler::exported_macros(&tree, &key);
        Ok(self.keep(key, unit, macros))
    }

    fn compile_module(&mut self, key: &str, text: String) -> Option<(ast::File, Unit)> {
        self.while_loading(key.to_string(), |modules| {
            let tree = modules.parse(key, text)?;
            modules.compile_tree(key, &tree, Mode::Module).map(|unit| (tree, unit))
        })
    }

    /// Compiles a module while it is known to be loading, so that importing it again is seen as a cycle.
    pub fn compile_loading(&mut self, path: &str, text: String, mode: Mode) -> Option<Unit> {
        let key = place::normalise(std::path::Path::new(path));
        self.while_loading(key, |modules| modules.compile(path, text, mode))
    }

    /// Marks a module as loading while `work` runs, so that importing it again is seen as a cycle.
    pub fn while_loading<T>(&mut self, key: String, work: impl FnOnce(&mut Modules) -> T) -> T {
        self.loading.push(key);
        let result = work(self);
        self.loading.pop();
        result
    }

    fn keep(&mut self, key: String, unit: Unit, macros: Vec<MacroDefinition>) -> Arc<Compiled> {
        let find = |path: &str| self.compiled.get(path).map(|compiled| compiled.interface.clone());
        let mut interface = ModuleInterface::of(&unit, &find);
        interface.path = key.clone();
        interface.macros = macros;
        let compiled = Arc::new(Compiled { unit, interface });
        self.compiled.insert(key, compiled.clone());
        compiled
    }

    /// The text that was read under a path. A unit from a file names the path it was compiled from; when its source is
    /// still there, reports can show lines of it.
    pub fn file(&mut self, path: &str) -> Option<FileId> {
        if let Some(file) = self.files.get(path) {
            return Some(*file);
        }
        let text = match library_text(path) {
            Some(text) => text,
            None => source::read(path).ok()?,
        };
        Some(self.add_source(path, text))
    }

    pub fn add_source(&mut self, path: &str, text: String) -> FileId {
        let file = self.sources.add(path, text);
        self.files.insert(path.to_string(), file);
        file
    }

    /// What was found, as it is; it is taken out.
    pub fn take_findings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics)
    }

    /// What was found in the text that was read last under a path; what was found elsewhere is dropped.
    pub fn take_findings_of(&mut self, path: &str) -> Vec<Diagnostic> {
        let file = self.files.get(path).copied();
        let diagnostics = std::mem::take(&mut self.diagnostics);
        diagnostics.into_iter().filter(|diagnostic| Some(diagnostic.primary.span.file) == file).collect()
    }

    /// The reports of what was found, in the order of files and places; they are taken out.
    pub fn take_reports(&mut self) -> String {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        diagnostics.sort_by_key(|diagnostic| (diagnostic.primary.span.file, diagnostic.primary.span.start));
        diag::render_all(&diagnostics, &self.sources, self.color)
    }
}
