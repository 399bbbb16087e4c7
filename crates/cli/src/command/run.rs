//! `dunlin run FILE`, also `dunlin FILE`: runs a program or a compiled unit.

use dunlin::{Engine, Failure, FailureKind};

use super::CommandRow;
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{settings, terminal};

const OPTIONS: &[OptionRow] =
    &[option("--emit", "FORM", "print a form instead of running: ast, sexpr or bytecode")];

pub const ROW: CommandRow = CommandRow {
    name: "run",
    usage: "[OPTIONS] FILE [ARGUMENTS]",
    summary: "Runs a program (.dn), a compiled unit (.dnb), or standard input (-).",
    options: &[OPTIONS, settings::COMPILING, settings::RUNNING],
    positional: Positional::First("FILE"),
    examples: &[
        ("dunlin run hello.dn", "run a program; `dunlin hello.dn` is the same"),
        (
            "dunlin run --max-heap 64mb --max-time 2s job.dn in.txt",
            "with limits, and an argument for the program",
        ),
        ("dunlin run --gc-stats work.dn", "show what the collector did"),
        ("dunlin run --emit=bytecode work.dn", "show the bytecode instead"),
    ],
    run,
};

fn run(arguments: &Arguments) -> Result<Exit, String> {
    let Some((file, rest)) = arguments.positional.split_first() else {
        return Err("which file? `dunlin run FILE`".to_string());
    };
    let mut settings = settings::read(arguments)?;
    settings.arguments = rest.to_vec();
    let engine = Engine::new(settings).map_err(|failure| failure.to_string())?;
    if let Some(form) = arguments.value("--emit") {
        return emit(&engine, file, form);
    }
    let result = engine.run_file(file);
    finish(arguments, &engine, result)
}

/// Prints what was asked for beside the result, then the failure, and gives the exit code.
pub fn finish(arguments: &Arguments, engine: &Engine, result: Result<(), Failure>) -> Result<Exit, String> {
    if arguments.has("--gc-stats") {
        terminal::report(&engine.collector_report());
    }
    if arguments.has("--jit-stats") {
        terminal::report(&engine.machine_code_report());
    }
    if arguments.has("--count") {
        terminal::report(&format!("{} instructions\n", engine.instructions()));
    }
    Ok(match result {
        Ok(()) => Exit::Success,
        Err(failure) => report(&failure),
    })
}

/// Prints a failure and gives its exit code.
pub fn report(failure: &Failure) -> Exit {
    if !failure.report.is_empty() {
        terminal::report(&failure.report);
    }
    exit_of(failure)
}

/// The exit code of a failure.
pub fn exit_of(failure: &Failure) -> Exit {
    match failure.kind {
        FailureKind::Usage => Exit::Usage,
        FailureKind::Unreadable | FailureKind::Uncaught | FailureKind::Exited | FailureKind::Internal => {
            Exit::Failure
        }
        FailureKind::Rejected => Exit::Rejected,
        FailureKind::ExitCode(code) => Exit::Program(code),
        FailureKind::HeapLimit => Exit::HeapLimit,
        FailureKind::TimeLimit => Exit::TimeLimit,
        FailureKind::StackLimit => Exit::StackLimit,
    }
}

fn emit(engine: &Engine, file: &str, form: &str) -> Result<Exit, String> {
    let forms = [("ast", 0), ("sexpr", 1), ("bytecode", 2)];
    let text = match settings::choose("form", form, &forms)? {
        0 => engine.syntax_tree(file),
        1 => engine.sexpr(file),
        _ => engine.compile_file(file).map(|compiled| compiled.disassemble()),
    };
    Ok(print_or_report(text))
}

/// Prints a text to standard output, or reports why there is none.
pub fn print_or_report(text: Result<String, Failure>) -> Exit {
    match text {
        Ok(text) => {
            terminal::print(&text);
            Exit::Success
        }
        Err(failure) => report(&failure),
    }
}
