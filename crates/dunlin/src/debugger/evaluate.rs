//! Expressions that are evaluated where a program is stopped.
//!
//! An expression runs in a process of its own, as an entry at a prompt whose earlier entries made the variables: copies
//! of their values, as messages are copied. So whatever it does, the program goes on as if nobody had asked.

use std::collections::HashMap;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use compiler::Mode;
use heap::Value;
use syntax::ast::{File, ItemKind, StmtKind};
use vm::{Limits, Outcome, Process, ProcessConfig, Stopped};

use super::Debugger;
use super::stop::{Shown, frames_of, text_of};
use crate::modules::Modules;

/// How long an expression may run.
const TIME_MAX: Duration = Duration::from_secs(5);
/// What it may hold.
const HEAP_BYTES_MAX: usize = 256 << 20;

impl Debugger {
    pub(super) fn evaluate(
        &self,
        stopped: &mut Stopped<'_>,
        frame: usize,
        text: &str,
    ) -> Result<Shown, String> {
        let before = self.is_evaluating.swap(true, SeqCst);
        let result = self.evaluated(stopped, frame, text);
        self.is_evaluating.store(before, SeqCst);
        result
    }

    fn evaluated(&self, stopped: &mut Stopped<'_>, frame: usize, text: &str) -> Result<Shown, String> {
        let number = frames_of(stopped).get(frame).copied().ok_or("there is no such call")?;
        let frames = stopped.frames(number + 1);
        let frame = frames.get(number).ok_or("there is no such call")?;
        let path = stopped.vm().module_path(frame.module());
        let mut names: HashMap<String, Value> = stopped.definitions(frame.module()).into_iter().collect();
        let variables = stopped.variables(frame);
        names.extend(shared_names(stopped));
        names.extend(variables.into_iter().filter_map(|(name, value)| Some((name, value?))));
        names.retain(|name, _| mentions(text, name));
        let vm = stopped.vm().clone();
        let mut process = Process::new(&vm, config());
        let known = process.heap.map_new(names.len()).map_err(|_| "there is no memory for it")?;
        process.set_script(known.value());
        for (name, value) in &names {
            let copied = stopped.heap().copy_message(*value);
            let copy = copied.map_err(|_| format!("`{name}` holds what cannot be copied"))?;
            let value = process.heap.adopt(copy);
            let key = process.heap.string(name).map_err(|_| "there is no memory for it")?;
            let Some(known) = process.script().as_map() else { continue };
            process.heap.map_insert(known, key, value).map_err(|_| format!("`{name}` cannot be copied"))?;
        }
        let unit = compiled(&mut self.modules.lock(), &path, text, names.keys())?;
        let module = vm.link(unit).map_err(|error| error.to_string())?;
        let entry = vm.entry(module).ok_or("there is nothing to evaluate")?;
        process.start(entry, &[]).map_err(str::to_string)?;
        outcome(&mut process)
    }
}

fn config() -> ProcessConfig {
    let limits = Limits { time_max: Some(TIME_MAX), heap_bytes_max: HEAP_BYTES_MAX, ..Limits::default() };
    ProcessConfig { limits, ..ProcessConfig::default() }
}

fn outcome(process: &mut Process) -> Result<Shown, String> {
    match process.run() {
        Outcome::Done(value) => {
            let class = process.vm().class_name_of(value);
            let text = text_of(&mut process.heap, value);
            Ok(Shown { name: String::new(), text, class, has_parts: false, value: None })
        }
        Outcome::Raised(error) => {
            let report = process.report(error);
            Err(format!("{}: {}", report.class, report.message))
        }
        Outcome::Limit(limit) => Err(format!("it reached a limit: {limit:?}")),
        Outcome::Parked(_) => Err("it waits for something".to_string()),
        Outcome::Exited(_) => Err("it ended the process".to_string()),
        Outcome::Suspended | Outcome::Internal(_) => Err("it cannot be evaluated".to_string()),
    }
}

/// Variables of the script that methods use lie in the process.
fn shared_names(stopped: &mut Stopped<'_>) -> Vec<(String, Value)> {
    let Some(map) = stopped.script().as_map() else { return Vec::new() };
    let entries: Vec<(Value, Value)> = map.iter().collect();
    let heap = stopped.heap();
    let named = |(key, value): (Value, Value)| match heap.text(&key) {
        Ok(Some(name)) => Some((name.to_string(), value)),
        _ => None,
    };
    entries.into_iter().filter_map(named).collect()
}

/// Whether a text has this word: only then is its value copied.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == name)
}

/// The expression as an entry that sees these names, and the imports of the file.
fn compiled<'n>(
    modules: &mut Modules,
    path: &str,
    text: &str,
    names: impl Iterator<Item = &'n String>,
) -> Result<bytecode::Unit, String> {
    let imports = imports_of(modules, path);
    let earlier = names.map(|name| (name.clone(), false)).collect();
    let earlier = std::mem::replace(&mut modules.earlier, earlier);
    let tree = modules.parse(path_of_expression(), text.to_string());
    let unit = tree.and_then(|tree| {
        let mut stmts = imports;
        stmts.extend(tree.stmts.iter().cloned());
        let whole = File { stmts, span: tree.span };
        modules.compile_tree(path, &whole, Mode::Repl)
    });
    modules.earlier = earlier;
    let findings = modules.take_findings();
    unit.ok_or_else(|| match findings.iter().find(|finding| finding.is_error()) {
        Some(finding) => finding.message.clone(),
        None => "it does not compile".to_string(),
    })
}

fn path_of_expression() -> &'static str {
    "<expression>"
}

fn imports_of(modules: &mut Modules, path: &str) -> Vec<syntax::ast::Stmt> {
    let Some(file) = modules.file(path) else { return Vec::new() };
    let (tree, _) = syntax::parse(modules.sources.text(file), file);
    let is_import = |stmt: &syntax::ast::Stmt| match &stmt.kind {
        StmtKind::Item(item) => matches!(item.kind, ItemKind::Import(_)),
        StmtKind::Let(_) | StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } => false,
    };
    tree.stmts.into_iter().filter(is_import).collect()
}
