//! A program as a unit: its functions, the modules it can reach, and the entry that runs it.

use std::collections::{BTreeMap, BTreeSet};

use bytecode::{Constant, Export, ExportItem, FunctionBuilder, FunctionDef, Import, Op, Unit};
use diag::{Diagnostic, FileId};
use notation::{Role, Surroundings};

use crate::analysis::{Analysis, analyse};
use crate::assemble::assemble;
use crate::lower;
use crate::opcode::Opcode;
use crate::program::{Program, mistake};

/// Where the support module is.
pub const SUPPORT: &str = "<ttvm>/support.dn";
/// Modules of one program.
const MODULES_MAX: usize = 256;

/// Makes the unit of a program.
pub fn unit_of(
    program: &Program,
    path: &str,
    role: Role,
    surroundings: &mut dyn Surroundings,
) -> Result<Unit, Diagnostic> {
    let modules = Modules::reached_from(program, surroundings);
    let analysis = analyse(program, &modules.exports)?;
    let is_entry = program.entry.is_some();
    let has_context = is_entry
        || role == Role::Module
        || program.code.iter().any(|instruction| needs_context(instruction.op));
    let mut functions = vec![FunctionDef::default()];
    for index in 0..analysis.functions.len() {
        functions.push(lower::lower(&analysis, index, has_context)?);
    }
    let mut imports = vec![Import { path: SUPPORT.to_string() }];
    if role != Role::Module && has_context {
        imports.extend(modules.found.iter().map(|path| Import { path: path.clone() }));
    }
    functions[0] = entry(&analysis, role, has_context, &imports)?;
    let mut exports = Vec::new();
    if role == Role::Module {
        exports.push(Export { name: "run".to_string(), item: ExportItem::Function(1) });
    }
    Ok(Unit {
        name: path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default().to_string(),
        path: path.to_string(),
        imports,
        functions,
        exports,
        ..Unit::default()
    })
}

fn needs_context(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::Import
            | Opcode::Export
            | Opcode::Spawn
            | Opcode::StartSupervisor
            | Opcode::SuperviseChild
            | Opcode::RestartChild
    )
}

/// The function that runs first: it hands the top level to the support module, with the modules by their paths.
fn entry(
    analysis: &Analysis<'_>,
    role: Role,
    has_context: bool,
    imports: &[Import],
) -> Result<FunctionDef, Diagnostic> {
    let is_entry = analysis.program.entry.is_some();
    let mut builder = FunctionBuilder::new("entry");
    builder.set_registers(10);
    if role != Role::Module {
        builder.emit(Op::LoadSpecial, &[0, crate::frame::special::NIL]);
        if has_context {
            builder.emit(Op::NewMap, &[1, 0]);
            for (number, import) in imports.iter().enumerate().skip(1) {
                let path = builder.constant(Constant::Str(import.path.clone()));
                builder.load_constant(2, path);
                let run = Constant::Import { import: number as u32, name: "run".to_string() };
                let run = builder.constant(run);
                builder.load_constant(3, run);
                builder.emit(Op::MapPut, &[1, 2, 3]);
            }
            builder.emit(Op::Move, &[7, 1]);
            let make = if is_entry { "entry_context" } else { "make_context" };
            call(&mut builder, make, 1);
            builder.emit(Op::Move, &[0, 4]);
        }
        let main = builder.constant(Constant::Function(1));
        builder.load_constant(7, main);
        builder.emit(Op::Move, &[8, 0]);
        call(&mut builder, if is_entry { "run_entry" } else { "run_main" }, 2);
    }
    builder.emit(Op::ReturnNil, &[]);
    let span = analysis.program.code.first().map(|instruction| instruction.span);
    builder
        .finish()
        .map_err(|error| mistake(span.unwrap_or_else(|| diag::Span::new(FileId(0), 0, 0)), error.to_string()))
}

fn call(builder: &mut FunctionBuilder, name: &str, count: i64) {
    let callee = builder.constant(crate::frame::support_constant(name)).operand();
    let cache = builder.cache();
    builder.emit(Op::CallConst, &[4, count, 0, callee, cache]);
}

/// The modules that a program can import or spawn.
#[derive(Default)]
struct Modules {
    found: Vec<String>,
    /// The names that each exports.
    exports: BTreeMap<String, BTreeSet<String>>,
}

impl Modules {
    fn reached_from(program: &Program, surroundings: &mut dyn Surroundings) -> Modules {
        let mut modules = Modules::default();
        let mut waiting = wanted(program);
        while let Some(path) = waiting.pop() {
            if modules.found.contains(&path) || modules.found.len() >= MODULES_MAX {
                continue;
            }
            let Some(bytes) = surroundings.read(&path) else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            // Mistakes in a module are reported when it is loaded.
            let (module, _) = assemble(&text, FileId(0));
            let exported = module.code.iter().filter(|instruction| instruction.op == Opcode::Export);
            let names = exported.map(|instruction| instruction.text().to_string()).collect();
            modules.exports.insert(path.clone(), names);
            waiting.extend(wanted(&module));
            modules.found.push(path);
        }
        modules
    }
}

/// Paths of imports, and where modules that can be spawned may be.
fn wanted(program: &Program) -> Vec<String> {
    let spawns = program
        .code
        .iter()
        .any(|instruction| needs_context(instruction.op) && instruction.op != Opcode::Import);
    let mut paths = Vec::new();
    for instruction in &program.code {
        let text = instruction.text();
        match instruction.op {
            Opcode::Import => paths.push(text.to_string()),
            Opcode::PushStr | Opcode::SuperviseChild | Opcode::RestartChild
                if spawns && is_file_name(text) =>
            {
                paths.push(format!("examples/{text}.ttvm"));
                paths.push(format!("{text}.ttvm"));
                if text.ends_with(".ttvm") {
                    paths.push(text.to_string());
                }
            }
            _ => {}
        }
    }
    paths
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 200
        && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/'))
}
