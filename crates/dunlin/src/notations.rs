//! Programs in other notations: their front ends translate them, and from there they go the way of every program.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytecode::{Constant, Unit};
use compiler::Mode;
use diag::{FileId, Span};
use notation::{Entries, Expectation, FrontEnd, Input, Product, Role, Surroundings};
use syntax::sexpr::{self, Sexpr, SexprKind};
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
        let product = match role {
            Role::Program | Role::Expression => self.with_part_of_support(product),
            Role::Module => product,
        };
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

/// A program that imports a support module and nothing else gets the part of it that it uses. Programs that import others
/// share the whole module with them, so that its classes are the same for all.
impl Modules {
    fn with_part_of_support(&self, product: Product) -> Product {
        match product {
            Product::Unit(mut unit) => {
                let mut names = BTreeSet::new();
                for constant in unit.functions.iter().flat_map(|function| &function.constants) {
                    if let Constant::Import { name, .. } = constant {
                        names.insert(name.clone());
                    }
                }
                if let [import] = &mut unit.imports[..]
                    && let Some(part) = self.front_ends.part_of_support(&import.path, &names)
                {
                    import.path = part;
                }
                Product::Unit(unit)
            }
            Product::Forms(form) => Product::Forms(self.forms_with_part(form)),
        }
    }

    fn forms_with_part(&self, mut form: Sexpr) -> Sexpr {
        let SexprKind::List(statements) = &mut form.kind else { return form };
        let mut imports = statements.iter().enumerate().filter(|(_, statement)| is_form(statement, "import"));
        let (Some((at, import)), None) = (imports.next(), imports.next()) else { return form };
        let Some((_, [path, alias, ..])) = import.as_form() else { return form };
        let (SexprKind::String(path), SexprKind::Name(alias)) = (&path.kind, &alias.kind) else {
            return form;
        };
        let mut names = BTreeSet::new();
        if !members_used(statements, alias.as_str(), &mut names) {
            return form;
        }
        let Some(part) = self.front_ends.part_of_support(path.as_str(), &names) else { return form };
        if let SexprKind::List(parts) = &mut statements[at].kind {
            parts[1].kind = SexprKind::String(base::Name::new(&part));
        }
        form
    }
}

fn is_form(form: &Sexpr, head: &str) -> bool {
    form.as_form().is_some_and(|(found, _)| found.as_str() == head)
}

/// Collects what forms use of a module by `(invoke module name ...)` and `(field module name)`; false when the module is
/// used in another way.
fn members_used(forms: &[Sexpr], module: &str, names: &mut BTreeSet<String>) -> bool {
    let is_module = |form: &Sexpr| matches!(&form.kind, SexprKind::Name(name) if name.as_str() == module);
    let mut waiting: Vec<&Sexpr> = forms.iter().collect();
    while let Some(form) = waiting.pop() {
        let SexprKind::List(parts) = &form.kind else { continue };
        let is_import = is_form(form, "import");
        let is_use = is_form(form, "invoke") || is_form(form, "field");
        for (place, part) in parts.iter().enumerate() {
            match is_module(part) {
                true if is_import => {}
                true if is_use && place == 1 => match parts.get(2).map(|name| &name.kind) {
                    Some(SexprKind::Name(name)) => _ = names.insert(name.as_str().to_string()),
                    _ => return false,
                },
                true => return false,
                false => waiting.push(part),
            }
        }
    }
    true
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
