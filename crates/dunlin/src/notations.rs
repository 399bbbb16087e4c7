//! Programs in other notations: their front ends translate them, and from there they go the way of every program.

use std::sync::Arc;

use bytecode::Unit;
use compiler::Mode;
use diag::{FileId, Span};
use notation::{Entries, Expectation, FrontEnd, Input, Product, Role, Surroundings};
use syntax::sexpr;
use vm::MemoryOutput;

use crate::engine::{Engine, Program, unreadable};
use crate::failure::{Failure, FailureKind};
use crate::modules::Modules;
use crate::running::TestResult;
use crate::{place, source};

/// Lets a front end look into other files.
struct Files;

impl Surroundings for Files {
    fn read(&mut self, path: &str) -> Option<Vec<u8>> {
        source::read_bytes(path).ok()
    }
}

impl Modules {
    /// Translates and compiles a program of another notation while it is known to be loading.
    pub fn translate_loading(
        &mut self,
        front_end: &Arc<dyn FrontEnd>,
        path: &str,
        bytes: Vec<u8>,
        role: Role,
    ) -> Option<Unit> {
        let key = place::normalise(std::path::Path::new(path));
        self.while_loading(key, |modules| {
            let (file, product) = modules.product(front_end, path, bytes, role)?;
            modules.compile_product(path, file, product, role)
        })
    }

    /// What a front end makes of a program.
    fn product(
        &mut self,
        front_end: &Arc<dyn FrontEnd>,
        path: &str,
        bytes: Vec<u8>,
        role: Role,
    ) -> Option<(FileId, Product)> {
        let text = String::from_utf8(bytes.clone()).unwrap_or_default();
        let file = self.add_source(path, text.clone());
        let input = Input { file, path, bytes: &bytes, text: &text, role };
        let (product, findings) = front_end.translate(&input, &mut Files);
        self.accept(findings)?;
        product.map(|product| (file, product))
    }

    /// What the translator of a prompt makes of an entry.
    pub fn translate_entry(&mut self, entries: &mut dyn Entries, path: &str, text: &str) -> Option<Product> {
        let file = self.add_source(path, text.to_string());
        let input = Input { file, path, bytes: text.as_bytes(), text, role: Role::Expression };
        let (product, findings) = entries.translate(&input, &mut Files);
        self.accept(findings)?;
        product
    }

    fn compile_product(&mut self, path: &str, file: FileId, product: Product, role: Role) -> Option<Unit> {
        let form = match product {
            Product::Unit(unit) => return self.finish_unit(unit, Span::new(file, 0, 0)),
            Product::Forms(form) => form,
        };
        let mode = match role {
            Role::Program | Role::Expression => Mode::Script,
            Role::Module => Mode::Module,
        };
        match sexpr::to_file(&form) {
            Ok(tree) => self.compile_tree(path, &tree, mode),
            Err(finding) => {
                self.accept(vec![finding]);
                None
            }
        }
    }
}

impl Engine {
    /// Compiles a program of another notation; the path is what reports call it.
    pub(crate) fn translate(
        &self,
        front_end: &Arc<dyn FrontEnd>,
        path: &str,
        bytes: Vec<u8>,
        role: Role,
    ) -> Result<Program, Failure> {
        let mut modules = self.modules.lock();
        let unit = modules.translate_loading(front_end, path, bytes, role);
        let reports = modules.take_reports();
        let statistics = std::mem::take(&mut modules.statistics);
        match unit {
            Some(unit) => Ok(Program::new(unit, reports, statistics)),
            None => Err(Failure::new(FailureKind::Rejected, reports)),
        }
    }

    /// Runs a text of the notation called `language` and prints its value, unless that is nil.
    pub fn eval_in(&self, language: &str, text: &str) -> Result<(), Failure> {
        let front_ends = &self.settings.front_ends;
        let Some(front_end) = front_ends.named(language) else {
            let problem = format!(
                "there is no language `{language}`; there are dunlin, {}",
                front_ends.names().join(", ")
            );
            return Err(Failure::new(FailureKind::Usage, problem));
        };
        let program = self.translate(&front_end, "<eval>", text.as_bytes().to_vec(), Role::Expression)?;
        self.run_unit(program.into_unit())
    }

    /// What `parse` shows of a program in another notation: the notation's own form, or the core forms.
    pub(crate) fn parsed(&self, front_end: &Arc<dyn FrontEnd>, path: &str) -> Result<String, Failure> {
        let bytes = source::read_bytes(path).map_err(unreadable)?;
        let text = String::from_utf8(bytes.clone()).unwrap_or_default();
        let mut modules = self.modules.lock();
        let file = modules.add_source(path, text.clone());
        let input = Input { file, path, bytes: &bytes, text: &text, role: Role::Program };
        let shown = match front_end.parsed(&input) {
            Some(Ok(shown)) => Some(shown),
            Some(Err(finding)) => {
                modules.accept(vec![finding]);
                None
            }
            None => {
                modules.product(front_end, path, bytes, Role::Program).map(|(_, product)| match product {
                    Product::Forms(form) => sexpr::print(&form),
                    Product::Unit(unit) => bytecode::text::disassemble(&unit),
                })
            }
        };
        shown.ok_or_else(|| Failure::new(FailureKind::Rejected, modules.take_reports()))
    }

    /// Runs a program of another notation and compares what it prints with what its comments say.
    pub(crate) fn test_notation(
        &self,
        front_end: &Arc<dyn FrontEnd>,
        path: &str,
    ) -> Result<Vec<TestResult>, Failure> {
        let text = source::read(path).map_err(unreadable)?;
        let Some(expectation) = Expectation::read(&text, front_end.line_comment()) else {
            return Ok(Vec::new());
        };
        let output = Arc::new(MemoryOutput::default());
        let result = self
            .translate(front_end, path, text.into_bytes(), Role::Program)
            .and_then(|program| self.run_unit_into(program.into_unit(), Box::new(output.clone())));
        let exit_code = match &result {
            Ok(()) => 0,
            Err(failure) => match failure.kind {
                FailureKind::ExitCode(code) => code,
                FailureKind::Rejected => 65,
                _ => 1,
            },
        };
        let difference = expectation.difference(&output.take(), exit_code);
        let failure = difference.map(|difference| {
            let report = result.err().map(|failure| failure.report).unwrap_or_default();
            Failure::new(FailureKind::Uncaught, format!("{difference}\n{report}"))
        });
        Ok(vec![TestResult { name: place::module_name(path), failure }])
    }
}
