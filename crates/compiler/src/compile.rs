//! The way from a tree to a unit.

use base::Name;
use bytecode::{FunctionDef, Unit};
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast;

use crate::analyze::Analysis;
use crate::emit::emit;
use crate::expand::{Expanded, MacroDefinition, Origins, expand};
use crate::form::Code;
use crate::interface::{Environment, Mode, Options};
use crate::lower::{Lowered, Lowerer};
use crate::passes::{self, CompileStats};

/// Compiles a file. There is a unit unless a diagnostic is an error, or the tree has places that did not parse.
pub fn compile(
    file: &ast::File,
    options: &Options<'_>,
    environment: &mut dyn Environment,
) -> (Option<Unit>, Vec<Diagnostic>, CompileStats) {
    let mut stats = CompileStats::default();
    let (lowered, mut diagnostics, broken) = lower(file, options, environment);
    if broken {
        return (None, diagnostics, stats);
    }
    let unit = finish(lowered, options, &mut diagnostics, &mut stats);
    (unit, diagnostics, stats)
}

/// The names that a line at a prompt declares, and whether they may be assigned to: what `PreludeItem::Earlier`
/// says of them to the lines that follow.
pub fn declared_names(file: &ast::File) -> Vec<(Name, bool)> {
    let mut names = Vec::new();
    for stmt in &file.stmts {
        match &stmt.kind {
            ast::StmtKind::Let(binding) => {
                let mut bound = Vec::new();
                crate::analyze::bound_names(&binding.pattern, &mut bound);
                names.extend(bound.into_iter().map(|ident| (ident.name.clone(), binding.mutable)));
            }
            ast::StmtKind::Item(item) => {
                names.extend(declared_by(item).map(|name| (name.name.clone(), false)))
            }
            ast::StmtKind::Expr(_) | ast::StmtKind::Defer(_) | ast::StmtKind::Assert { .. } => {}
        }
    }
    names
}

/// The name of a function or class; an enum's variants are not among a prompt's names.
fn declared_by(item: &ast::Item) -> Option<&ast::Ident> {
    match &item.kind {
        ast::ItemKind::Function(function) => function.name.as_ref(),
        ast::ItemKind::Class(class) => Some(&class.name),
        ast::ItemKind::Record(record) => Some(&record.name),
        ast::ItemKind::Actor(actor) => Some(&actor.name),
        ast::ItemKind::Trait(_)
        | ast::ItemKind::Enum(_)
        | ast::ItemKind::Module(_)
        | ast::ItemKind::Macro(_)
        | ast::ItemKind::Import(_)
        | ast::ItemKind::Test(_) => None,
    }
}

/// The form of every function as text, after the passes; for a person who debugs one.
pub fn dump_form(file: &ast::File, options: &Options<'_>, environment: &mut dyn Environment) -> String {
    let (lowered, _, _) = lower(file, options, environment);
    let mut stats = CompileStats::default();
    let mut text = String::new();
    let mut functions = lowered.functions;
    passes::run_unit(&mut functions, options.passes, &mut stats);
    for code in functions.iter().flatten() {
        text.push_str(&crate::form::dump(code));
    }
    text
}

fn lower(
    file: &ast::File,
    options: &Options<'_>,
    environment: &mut dyn Environment,
) -> (Lowered, Vec<Diagnostic>, bool) {
    let mut imported = |import: &ast::Import, environment: &mut dyn Environment| {
        imported_macros(import, options, environment)
    };
    match expand(file, options.source, options.path, environment, &mut imported) {
        Err(diagnostics) => {
            // The rest is still looked at; what the calls would have become is left out.
            let (lowered, mut more, _) = lower_expanded(file, Origins::new(), options, environment);
            more.retain(|diagnostic| {
                // Calls that were left as they are look like calls of macros that nothing defines.
                diagnostic.code != ErrorCode::UnknownMacro
                    && !diagnostics.iter().any(|known| known.primary.span == diagnostic.primary.span)
            });
            more.splice(0..0, diagnostics);
            (lowered, more, true)
        }
        Ok(Some(Expanded { file, origins })) => lower_expanded(&file, origins, options, environment),
        Ok(None) => lower_expanded(file, Origins::new(), options, environment),
    }
}

fn lower_expanded(
    file: &ast::File,
    origins: Origins,
    options: &Options<'_>,
    environment: &mut dyn Environment,
) -> (Lowered, Vec<Diagnostic>, bool) {
    let analysis =
        Analysis::of(file, matches!(options.mode, Mode::Script | Mode::Repl), options.mode == Mode::Repl);
    Lowerer::new(options, environment, analysis, origins).unit(file)
}

/// The macros that an import brings, by the names they get here.
fn imported_macros(
    import: &ast::Import,
    options: &Options<'_>,
    environment: &mut dyn Environment,
) -> Vec<(Name, MacroDefinition)> {
    let Some(names) = &import.names else { return Vec::new() };
    let path = crate::lower::import_path(import);
    let Ok(interface) = environment.import(&path, options.path) else { return Vec::new() };
    let find = |name: &ast::ImportName| {
        let definition = interface.macros.iter().find(|known| known.name == name.name.name)?;
        let local = name.alias.as_ref().unwrap_or(&name.name).name.clone();
        Some((local, definition.clone().imported_from(&path)))
    };
    names.iter().filter_map(find).collect()
}

fn finish(
    lowered: Lowered,
    options: &Options<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    stats: &mut CompileStats,
) -> Option<Unit> {
    let mut codes = lowered.functions;
    passes::run_unit(&mut codes, options.passes, stats);
    let mut functions = Vec::with_capacity(codes.len());
    let mut fits = true;
    for code in codes {
        // A place that was reserved and never filled belongs to something that was reported.
        let code = code.unwrap_or_default();
        let (name, span) = (code.name.clone(), code.span);
        match emit_or_empty(code) {
            Ok(function) => functions.push(function),
            Err(limit) => {
                fits = false;
                let span = Span::new(options.file, span.0, span.1);
                let message = format!("`{name}` does not fit into one function: {}", limit.text());
                diagnostics.push(Diagnostic::new(ErrorCode::FunctionTooLarge, span, message));
            }
        }
    }
    fits.then(|| Unit {
        name: options.name.to_string(),
        path: options.path.to_string(),
        imports: lowered.imports,
        functions,
        classes: lowered.classes,
        slots: lowered.slots,
        exports: lowered.exports,
        entry: lowered.entry,
        tests: lowered.tests,
        benches: lowered.benches,
        passes: options.passes,
    })
}

fn emit_or_empty(mut code: Code) -> Result<FunctionDef, crate::emit::Limit> {
    if code.order.is_empty() {
        let block = crate::form::Block {
            insts: vec![crate::form::Inst::new(bytecode::Op::ReturnNil)],
            ..crate::form::Block::default()
        };
        code.blocks.push(block);
        code.order.push(crate::form::BlockId(code.blocks.len() as u32 - 1));
    }
    emit(code)
}
