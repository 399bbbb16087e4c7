//! A session at a prompt: entries that run one after another in one VM, each seeing what those before it made.
//!
//! Values, functions and classes live on in the process. What exists only while compiling (imports, traits, enums,
//! modules, macros) is put in front of every later entry again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use compiler::Mode;
use diag::Span;
use heap::Value;
use notation::{FrontEnd, Product};
use syntax::ast::{File, Item, ItemKind, Stmt, StmtKind};
use vm::{Output, Signals, signal};

use crate::execution::Execution;
use crate::failure::{Failure, FailureKind};
use crate::host::Host;
use crate::loader::SharedModules;
use crate::modules::Modules;
use crate::printer;
use crate::settings::Settings;

/// Entries that run one after another.
pub struct Session {
    modules: SharedModules,
    execution: Execution,
    is_interrupted: Arc<AtomicBool>,
    /// Declarations that later entries are compiled with.
    kept: Vec<(String, Stmt)>,
    entries: usize,
    /// The notation of the entries, where it is another than the language's own.
    notation: Option<(Arc<dyn FrontEnd>, Box<dyn notation::Entries>)>,
}

/// Stops the entry that runs, from another thread.
#[derive(Clone)]
pub struct Interrupter {
    signals: Arc<Signals>,
    is_interrupted: Arc<AtomicBool>,
}

impl Interrupter {
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
        self.signals.raise(signal::KILL);
    }
}

/// What becomes of the value of an entry's last expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Printed,
    Given,
}

impl Session {
    pub fn new(settings: &Settings, output: Box<dyn Output>) -> Result<Session, Failure> {
        Session::with_host(settings, output, Host::default())
    }

    /// As `new`, with functions and types that the program around the VM lends.
    pub(crate) fn with_host(
        settings: &Settings,
        output: Box<dyn Output>,
        host: Host,
    ) -> Result<Session, Failure> {
        let modules = SharedModules::new(Modules::new(settings)?);
        modules.lock().set_host(host.source);
        let execution = Execution::with_host(settings, modules.clone(), output, host.functions);
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let kept = Vec::new();
        Ok(Session { modules, execution, is_interrupted, kept, entries: 0, notation: None })
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter { signals: self.execution.signals(), is_interrupted: self.is_interrupted.clone() }
    }

    /// Runs an entry and prints the value of its last expression, unless that is nil. Gives the warnings.
    pub fn run(&mut self, text: &str) -> Result<String, Failure> {
        self.is_interrupted.store(false, Ordering::SeqCst);
        let path = self.path("entry");
        let (value, warnings) = match self.notation {
            Some(_) => self.evaluate_translated(text, &path)?,
            None => self.evaluate(text, &path, Last::Printed)?,
        };
        self.execution.vm().output().flush();
        if self.is_interrupted.swap(false, Ordering::SeqCst) {
            return Err(Failure::new(FailureKind::Exited, "interrupted"));
        }
        value.map(|_| warnings)
    }

    /// The value of an entry's last expression, which is alive until the next entry runs.
    pub(crate) fn value(&mut self, text: &str) -> Result<Value, Failure> {
        let (value, _) = self.evaluate(text, &self.path("text"), Last::Given)?;
        value
    }

    /// An entry as a unit, which this session or another one can run.
    pub(crate) fn unit(&mut self, text: &str) -> Result<bytecode::Unit, Failure> {
        let path = self.path("text");
        self.compile(text, &path, Last::Given).map(|(_, unit, _)| unit)
    }

    /// Runs a unit as an entry: what it defines the later entries see.
    pub(crate) fn run_unit(&mut self, unit: bytecode::Unit) -> Result<Value, Failure> {
        self.entries += 1;
        let module = self.execution.link(unit)?;
        let result = self.execution.run(module);
        let (_, process) = self.execution.parts();
        let known = process.script().as_map();
        let keys: Vec<Value> = known.map(|map| map.iter().map(|(key, _)| key).collect()).unwrap_or_default();
        for key in keys {
            let name = process.heap.text(&key).ok().flatten().map(str::to_string);
            if let Some(name) = name {
                self.modules.lock().earlier.entry(name).or_insert(true);
            }
        }
        result
    }

    pub(crate) fn execution(&mut self) -> &mut Execution {
        &mut self.execution
    }

    /// Entries are written in another notation from now on.
    pub fn set_language(&mut self, language: &str) -> Result<(), Failure> {
        let front_ends = self.modules.lock().front_ends.clone();
        let Some(front_end) = front_ends.named(language) else {
            let known = front_ends.names().join(", ");
            let problem = format!("there is no language `{language}`; there are dunlin, {known}");
            return Err(Failure::new(FailureKind::Usage, problem));
        };
        let Some(entries) = front_end.entries() else {
            return Err(Failure::new(FailureKind::Usage, format!("`{language}` has no prompt")));
        };
        self.notation = Some((front_end, entries));
        Ok(())
    }

    /// Whether an entry is whole, or waits for more lines. The answer of a function, since editors ask while they read.
    pub fn whole(&self) -> Box<dyn Fn(&str) -> bool + Send> {
        match &self.notation {
            Some((front_end, _)) => {
                let front_end = front_end.clone();
                Box::new(move |text| front_end.is_whole(text))
            }
            None => Box::new(is_whole),
        }
    }

    /// As `evaluate`, for an entry in another notation.
    fn evaluate_translated(
        &mut self,
        text: &str,
        path: &str,
    ) -> Result<(Result<Value, Failure>, String), Failure> {
        self.entries += 1;
        let unit = self.translate(text, path);
        let warnings = self.modules.lock().take_reports();
        let Some((tree, unit)) = unit else {
            return Err(Failure::new(FailureKind::Rejected, warnings));
        };
        let module = self.execution.link(unit)?;
        let result = self.execution.run(module);
        if let Some(tree) = tree {
            self.keep(text, tree);
        }
        if let Some((_, entries)) = &mut self.notation {
            entries.keep();
        }
        Ok((result, warnings))
    }

    fn translate(&mut self, text: &str, path: &str) -> Option<(Option<File>, bytecode::Unit)> {
        let Some((_, entries)) = &mut self.notation else { return None };
        let mut modules = self.modules.lock();
        let form = match modules.translate_entry(&mut **entries, path, text)? {
            Product::Unit(unit) => {
                return modules.finish_unit(unit, Span::new(diag::FileId(0), 0, 0)).map(|unit| (None, unit));
            }
            Product::Forms(form) => form,
        };
        match syntax::sexpr::to_file(&form) {
            Ok(tree) => {
                let whole = File { stmts: self.statements(&tree), span: tree.span };
                modules.compile_tree(path, &whole, Mode::Repl).map(|unit| (Some(tree), unit))
            }
            Err(finding) => {
                modules.accept(vec![finding]);
                None
            }
        }
    }

    /// What reports call the next entry.
    fn path(&self, what: &str) -> String {
        format!("<{what} {}>", self.entries + 1)
    }

    /// Compiles and runs an entry. A failure to compile leaves everything as it was.
    fn evaluate(
        &mut self,
        text: &str,
        path: &str,
        last: Last,
    ) -> Result<(Result<Value, Failure>, String), Failure> {
        let (tree, unit, warnings) = self.compile(text, path, last)?;
        let module = self.execution.link(unit)?;
        let result = self.execution.run(module);
        self.keep(text, tree);
        Ok((result, warnings))
    }

    fn compile(
        &mut self,
        text: &str,
        path: &str,
        last: Last,
    ) -> Result<(File, bytecode::Unit, String), Failure> {
        self.entries += 1;
        let mut modules = self.modules.lock();
        let parsed = modules.parse(path, text.to_string());
        let unit = parsed.and_then(|tree| {
            let mut stmts = self.statements(&tree);
            if last == Last::Printed {
                printer::print_last(&mut stmts, &mut modules)?;
            }
            let whole = File { stmts, span: tree.span };
            modules.compile_tree(path, &whole, Mode::Repl).map(|unit| (tree, unit))
        });
        let reports = modules.take_reports();
        match unit {
            Some((tree, unit)) => Ok((tree, unit, reports)),
            None => Err(Failure::new(FailureKind::Rejected, reports)),
        }
    }

    /// What was kept, then the entry.
    fn statements(&self, tree: &File) -> Vec<Stmt> {
        let declared: Vec<String> = tree.stmts.iter().filter_map(kept_name).collect();
        let kept = self.kept.iter().filter(|(name, _)| !declared.contains(name));
        let mut stmts: Vec<Stmt> = kept.map(|(_, stmt)| stmt.clone()).collect();
        stmts.extend(tree.stmts.iter().cloned());
        stmts
    }

    /// Tells later entries of a variable that they did not make.
    pub(crate) fn declare(&mut self, name: &str) {
        self.modules.lock().earlier.insert(name.to_string(), true);
    }

    /// Later entries see what this one declared.
    fn keep(&mut self, text: &str, tree: File) {
        let mut modules = self.modules.lock();
        for (name, is_mutable) in compiler::declared_names(&tree) {
            self.kept.retain(|(kept, _)| *kept != *name);
            modules.earlier.insert(name.to_string(), is_mutable);
        }
        for stmt in tree.stmts {
            let Some(mut name) = kept_name(&stmt) else { continue };
            if name.is_empty() {
                name = text
                    .get(stmt.span.start as usize..stmt.span.end as usize)
                    .unwrap_or_default()
                    .to_string();
            }
            self.kept.retain(|(kept, _)| *kept != name);
            self.kept.push((name, stmt));
        }
    }

    /// The names that entries have made, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.modules.lock().earlier.keys().cloned().collect();
        names.extend(self.kept.iter().map(|(name, _)| name.clone()).filter(|name| !name.contains(' ')));
        names.sort();
        names
    }
}

/// Whether a statement has to be compiled again with later entries, and its name; an import goes by its text.
fn kept_name(stmt: &Stmt) -> Option<String> {
    let StmtKind::Item(item) = &stmt.kind else { return None };
    let Item { kind, .. } = &**item;
    match kind {
        ItemKind::Import(_) => Some(String::new()),
        ItemKind::Trait(item) => Some(item.name.name.to_string()),
        ItemKind::Enum(item) => Some(item.name.name.to_string()),
        ItemKind::Module(item) => Some(item.name.name.to_string()),
        ItemKind::Macro(item) => Some(item.name.name.to_string()),
        ItemKind::Function(_)
        | ItemKind::Class(_)
        | ItemKind::Record(_)
        | ItemKind::Actor(_)
        | ItemKind::Test(_) => None,
    }
}

/// Whether an entry is whole, or waits for a closing bracket or quote.
pub fn is_whole(text: &str) -> bool {
    let (_, diagnostics) = syntax::parse(text, diag::FileId(0));
    // A string between single `"` ends with its line, so more lines would not help it.
    let waits = |diagnostic: &diag::Diagnostic| match diagnostic.code {
        diag::Code::UnclosedBracket | diag::Code::UnterminatedComment => true,
        diag::Code::UnterminatedString => text.contains("\"\"\""),
        _ => false,
    };
    !diagnostics.iter().any(waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::MemoryOutput;

    fn session() -> (Session, Arc<MemoryOutput>) {
        let output = Arc::new(MemoryOutput::default());
        let session = Session::new(&Settings::default(), Box::new(output.clone()));
        (session.expect("the settings are good"), output)
    }

    fn check(entries: &[&str], expected: &str) {
        let (mut session, output) = session();
        for entry in entries {
            session.run(entry).unwrap_or_else(|failure| panic!("{entry}: {failure}"));
        }
        assert_eq!(output.take(), expected);
    }

    #[test]
    fn values_are_printed_by_repr_and_names_live_on() {
        check(&["let a = 20", "var b = 1", "b += a", "b", "\"x\"", "nil", "print(3)"], "21\n\"x\"\n3\n");
        check(&["fn f(x) = x * 2", "f(21)", "f(1); f(2)"], "42\n4\n");
        check(&["class A { fn g() = 7 }", "let a = A()", "a.g()"], "7\n");
        check(&["import math", "math.floor(2.5)"], "2\n");
        check(&["enum Color { Red, Green }", "match Green { Red => 1, Green => 2 }"], "2\n");
    }

    #[test]
    fn an_entry_that_fails_leaves_the_session_as_it_was() {
        let (mut session, output) = session();
        session.run("let a = 1").expect("valid");
        assert_eq!(session.run("let a = ]").expect_err("wrong").kind, FailureKind::Rejected);
        assert_eq!(session.run("a.b.c").expect_err("wrong").kind, FailureKind::Uncaught);
        session.run("a").expect("valid");
        assert_eq!(output.take(), "1\n");
        assert_eq!(session.names(), ["a"]);
    }

    #[test]
    fn an_endless_entry_is_interrupted_and_the_next_one_runs() {
        let (mut session, output) = session();
        let interrupter = session.interrupter();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            interrupter.interrupt();
        });
        assert_eq!(session.run("loop {}").expect_err("interrupted").report.trim_end(), "interrupted");
        thread.join().expect("the thread ends");
        session.run("1 + 1").expect("valid");
        assert_eq!(output.take(), "2\n");
    }

    #[test]
    fn entries_wait_for_what_is_open() {
        for whole in ["1", "\"a\"", "let x = ]", "\"a"] {
            assert!(is_whole(whole), "{whole}");
        }
        for open in ["f(", "fn f() {", "let s = \"\"\"", "/* a"] {
            assert!(!is_whole(open), "{open}");
        }
    }
}
