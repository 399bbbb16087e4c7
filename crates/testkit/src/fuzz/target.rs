//! The targets: what is done with an input, and what must hold whatever it is.
//!
//! A target gives whether it took the input as valid, or says what does not hold. A panic is a failure too.

use std::time::Duration;

use diag::{Diagnostic, FileId, Sources};

use super::input::InputKind;

/// One target.
pub struct Target {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: InputKind,
    pub run: fn(&[u8]) -> Result<bool, String>,
    /// How many inputs belong to every test run.
    pub smoke_count: u64,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "lex_parse",
        about: "any text gives a tree and, unless that is whole, a diagnostic whose place is in the text",
        kind: InputKind::Source,
        run: lex_parse,
        smoke_count: 3000,
    },
    Target {
        name: "sexpr_roundtrip",
        about: "a program that parses is the same after it was printed as S-expressions and read again",
        kind: InputKind::Source,
        run: sexpr_roundtrip,
        smoke_count: 1000,
    },
    Target {
        name: "wire_decode",
        about: "any bytes give a unit or an error; a unit that was read is written as the same bytes",
        kind: InputKind::Binary,
        run: wire_decode,
        smoke_count: 2000,
    },
    Target {
        name: "op_roundtrip",
        about: "assembly text gives an error, or a unit that is the same after disassembling and assembling it",
        kind: InputKind::Assembly,
        run: op_roundtrip,
        smoke_count: 1000,
    },
    Target {
        name: "validate_then_run",
        about: "any unit is refused by the validator, or runs to some end within its limits",
        kind: InputKind::Source,
        run: validate_then_run,
        smoke_count: 300,
    },
    Target {
        name: "compile_then_run",
        about: "any program is rejected with a diagnostic, or runs to some end within its limits",
        kind: InputKind::Source,
        run: compile_then_run,
        smoke_count: 100,
    },
    Target {
        name: "fmt_idempotent",
        about: "a program that parses is formatted, and formatting the result changes nothing",
        kind: InputKind::Source,
        run: fmt_idempotent,
        smoke_count: 500,
    },
];

fn lex_parse(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::new();
    let file = sources.add("fuzz.dn", &*text);
    let (_, diagnostics) = syntax::parse(&text, file);
    for diagnostic in &diagnostics {
        check_place(diagnostic, file, text.len())?;
        // Rendering reads lines and columns, which is where a wrong place would show.
        diagnostic.render(&sources, diag::Color::Plain);
    }
    Ok(!diagnostics.iter().any(Diagnostic::is_error))
}

fn check_place(diagnostic: &Diagnostic, file: FileId, length: usize) -> Result<(), String> {
    let span = diagnostic.primary.span;
    if span.file != file || span.start > span.end || span.end as usize > length {
        return Err(format!("{} at {span:?}, outside of the text of {length} bytes", diagnostic.code));
    }
    Ok(())
}

fn sexpr_roundtrip(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    // Any text may be read as forms, whatever comes of it.
    let _ =
        syntax::sexpr::read(&text, FileId(0)).map(|forms| forms.iter().map(syntax::sexpr::to_file).count());
    let (tree, diagnostics) = syntax::parse(&text, FileId(0));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(false);
    }
    let form = syntax::sexpr::from_file(&tree);
    let printed = syntax::sexpr::print(&form);
    let read =
        syntax::sexpr::read(&printed, FileId(0)).map_err(|error| format!("not read: {}", error.message))?;
    let [again] = &read[..] else { return Err(format!("{} forms", read.len())) };
    if *again != form {
        return Err(format!("read differently than printed: {printed}"));
    }
    let tree = syntax::sexpr::to_file(again).map_err(|error| format!("not a program: {}", error.message))?;
    if syntax::sexpr::from_file(&tree) == form { Ok(true) } else { Err("another program".to_string()) }
}

fn wire_decode(bytes: &[u8]) -> Result<bool, String> {
    let Ok(unit) = bytecode::wire::read(bytes) else { return Ok(false) };
    // Whatever was read, proven or not, can be looked at.
    let _ = bytecode::validate(unit.clone());
    let _ = bytecode::text::disassemble(&unit);
    if bytecode::wire::write(&unit) == bytes {
        Ok(true)
    } else {
        Err("written differently than read".to_string())
    }
}

fn op_roundtrip(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    let Ok(unit) = bytecode::text::assemble(&text) else { return Ok(false) };
    let again = bytecode::text::assemble(&bytecode::text::disassemble(&unit))
        .map_err(|error| format!("its own disassembly is not read: {error}"))?;
    if bytecode::wire::write(&again) == bytecode::wire::write(&unit) {
        Ok(true)
    } else {
        Err("another unit after disassembling and assembling".to_string())
    }
}

fn fmt_idempotent(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    let Ok(once) = fmt::format(&text) else { return Ok(false) };
    let twice = fmt::format(&once).map_err(|_| format!("its own output does not parse:\n{once}"))?;
    if once == twice {
        Ok(true)
    } else {
        Err(format!("formatted differently:\n{once}\n--- and then\n{twice}"))
    }
}

/// Few enough that a run takes milliseconds; a loop that never ends is cut off by the time.
fn limits() -> dunlin::Limits {
    dunlin::Limits {
        heap_bytes_max: Some(16 << 20),
        time_max: Some(Duration::from_millis(30)),
        stack_frames_max: Some(2000),
    }
}

/// Runs under limits and says whether the engine itself failed; how the program ends does not matter.
fn run_unit(unit: bytecode::Unit) -> Result<bool, String> {
    let settings = dunlin::Settings { limits: limits(), seed: Some(1), ..dunlin::Settings::default() };
    let engine = dunlin::Engine::new(settings).map_err(|failure| failure.report)?;
    match engine.run_unit_into(unit, Box::new(dunlin::MemoryOutput::default())) {
        // What the validator leaves to be checked where it is used (the kinds of values in registers) ends a program
        // cleanly; only a caught panic is a mistake of ours.
        Err(failure) if failure.report.contains("panicked") => Err(failure.report),
        Err(failure) if failure.kind == dunlin::FailureKind::Rejected => Ok(false),
        _ => Ok(true),
    }
}

/// The bytes choose among plausible pieces of code, since nearly all units made of random words are refused.
fn validate_then_run(bytes: &[u8]) -> Result<bool, String> {
    let unit = bytecode::fuzz::unit_from_bytes(bytes);
    if bytecode::validate::check(&unit).is_err() {
        return Ok(false);
    }
    run_unit(unit)
}

fn compile_then_run(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    // Programs of the corpus may read, write and wait, which is nothing to do thousands of times.
    if ["import io", "import os", "read_", "sleep"].iter().any(|word| text.contains(word)) {
        return Ok(false);
    }
    let engine = dunlin::Engine::new(dunlin::Settings::default()).map_err(|failure| failure.report)?;
    match engine.compile_source("fuzz.dn", &text) {
        Ok(program) => run_unit(program.into_unit()),
        Err(_) => Ok(false),
    }
}
