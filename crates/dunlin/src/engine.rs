//! The engine: what an embedder and the command call.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytecode::{Unit, text, validate, wire};
use compiler::{CompileStats, Mode};
use notation::Role;
use syntax::{ast, sexpr};

use crate::failure::{Failure, FailureKind};
use crate::loader::SharedModules;
use crate::modules::Modules;
use crate::printer;
use crate::running::Observed;
use crate::settings::Settings;
use crate::source;

/// Compiles and runs programs under one set of settings. Sources that were read stay known, so that reports can show
/// their lines.
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) modules: SharedModules,
    observed: Mutex<Observed>,
}

/// A program that compiled.
pub struct Program {
    unit: Unit,
    /// Reports of what is suspicious; empty when nothing is.
    pub warnings: String,
    statistics: CompileStats,
}

impl Program {
    pub(crate) fn new(unit: Unit, warnings: String, statistics: CompileStats) -> Program {
        Program { unit, warnings, statistics }
    }

    /// The unit as `.dnb`.
    pub fn bytes(&self) -> Vec<u8> {
        wire::write(&self.unit)
    }

    /// The unit as assembly text.
    pub fn disassemble(&self) -> String {
        text::disassemble(&self.unit)
    }

    /// What each optimiser pass did, as text; all zero for a unit that was read.
    pub fn statistics(&self) -> String {
        let stats = &self.statistics;
        let mut text = format!(
            "{} functions, {} instructions before the passes, {} after\n",
            stats.functions, stats.instructions_before, stats.instructions_after
        );
        for (name, changes) in &stats.changes {
            text.push_str(&format!("  {name:14} {changes:6} changes\n"));
        }
        text
    }

    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    pub fn into_unit(self) -> Unit {
        self.unit
    }
}

impl Engine {
    pub fn new(settings: Settings) -> Result<Engine, Failure> {
        let modules = SharedModules::new(Modules::new(&settings)?);
        Ok(Engine { settings, modules, observed: Mutex::default() })
    }

    pub(crate) fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compiles a program from a file (`-` is standard input), or reads a `.dnb`.
    pub fn compile_file(&self, path: &str) -> Result<Program, Failure> {
        let bytes = source::read_bytes(path).map_err(unreadable)?;
        if bytes.starts_with(&wire::MAGIC) || path.ends_with(".dnb") {
            let unit = wire::read(&bytes).map_err(|error| malformed(path, &error.to_string()))?;
            return Ok(Program { unit, warnings: String::new(), statistics: CompileStats::default() });
        }
        if let Some(front_end) = self.settings.front_ends.of_path(path) {
            return self.translate(&front_end, path, bytes, Role::Program);
        }
        self.compile_text(path, source::decode(path, bytes).map_err(unreadable)?, Mode::Script)
    }

    /// Compiles a text; the path is what reports and relative imports call it.
    pub fn compile_source(&self, path: &str, text: &str) -> Result<Program, Failure> {
        if let Some(front_end) = self.settings.front_ends.of_path(path) {
            return self.translate(&front_end, path, text.as_bytes().to_vec(), Role::Program);
        }
        self.compile_text(path, text.to_string(), Mode::Script)
    }

    pub(crate) fn compile_text(&self, path: &str, text: String, mode: Mode) -> Result<Program, Failure> {
        self.compiled(|modules| modules.compile_loading(path, text, mode))
    }

    /// As `compile_text`, with the value of the last expression printed.
    pub(crate) fn compile_printing(&self, path: &str, text: &str) -> Result<Program, Failure> {
        self.compiled(|modules| {
            let mut tree = modules.parse(path, text.to_string())?;
            printer::print_last(&mut tree.stmts, modules)?;
            modules.compile_tree(path, &tree, Mode::Script)
        })
    }

    fn compiled(&self, compile: impl FnOnce(&mut Modules) -> Option<Unit>) -> Result<Program, Failure> {
        let mut modules = self.modules.lock();
        let unit = compile(&mut modules);
        let reports = modules.take_reports();
        let statistics = std::mem::take(&mut modules.statistics);
        match unit {
            Some(unit) => Ok(Program { unit, warnings: reports, statistics }),
            None => Err(Failure::new(FailureKind::Rejected, reports)),
        }
    }

    /// What is wrong with a text and with nothing else, found without running it.
    pub fn diagnose(&self, path: &str, text: &str) -> Vec<diag::Diagnostic> {
        let mut modules = self.modules.lock();
        let _ = modules.compile_loading(path, text.to_string(), Mode::Script);
        modules.take_findings_of(path)
    }

    /// The typed tree of a program, for people who work on the engine.
    pub fn syntax_tree(&self, path: &str) -> Result<String, Failure> {
        Ok(format!("{:#?}\n", self.parse_file(path)?))
    }

    /// A program as S-expressions; what that means for another notation says its front end.
    pub fn sexpr(&self, path: &str) -> Result<String, Failure> {
        if let Some(front_end) = self.settings.front_ends.of_path(path) {
            return self.parsed(&front_end, path).map(with_line_break);
        }
        Ok(with_line_break(sexpr::print(&sexpr::from_file(&self.parse_file(path)?))))
    }

    /// A program as S-expressions written in JSON.
    pub fn json(&self, path: &str) -> Result<String, Failure> {
        Ok(with_line_break(sexpr::to_json(&sexpr::from_file(&self.parse_file(path)?))))
    }

    fn parse_file(&self, path: &str) -> Result<ast::File, Failure> {
        let text = source::read(path).map_err(unreadable)?;
        let mut modules = self.modules.lock();
        let tree = modules.parse(path, text);
        tree.ok_or_else(|| Failure::new(FailureKind::Rejected, modules.take_reports()))
    }
}

/// Assembles a file into the bytes of a unit that the validator accepts.
pub fn assemble_file(path: &str) -> Result<Vec<u8>, Failure> {
    let source = source::read(path).map_err(unreadable)?;
    let unit = text::assemble(&source).map_err(|error| {
        Failure::new(
            FailureKind::Rejected,
            format!("error[E0603]: {}\n --> {path}:{}:{}", error.message, error.line, error.column),
        )
    })?;
    validate::check(&unit).map_err(|error| invalid(path, &error.to_string()))?;
    Ok(wire::write(&unit))
}

/// A text in the one style, or the reports of why it does not parse.
pub fn format(path: &str, source: &str, colours: bool) -> Result<String, Failure> {
    fmt::format(source).map_err(|diagnostics| {
        // The formatter reads its text as the first file of a run.
        let mut sources = diag::Sources::new();
        sources.add(path, source);
        let color = if colours { diag::Color::Ansi } else { diag::Color::Plain };
        Failure::new(FailureKind::Rejected, diag::render_all(&diagnostics, &sources, color))
    })
}

fn with_line_break(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

pub(crate) fn unreadable(problem: String) -> Failure {
    Failure::new(FailureKind::Unreadable, problem)
}

fn malformed(path: &str, problem: &str) -> Failure {
    Failure::new(FailureKind::Rejected, format!("error[E0601]: {path} is no unit: {problem}"))
}

pub(crate) fn invalid(path: &str, problem: &str) -> Failure {
    Failure::new(FailureKind::Rejected, format!("error[E0602]: {path} is not valid: {problem}"))
}
