//! The targets: what is done with an input, and what must hold whatever it is.
//!
//! A target gives whether it took the input as valid, or says what does not hold. A panic is a failure too.

use std::time::Duration;

use diag::Sources;
use dunlin::{Engine, FailureKind, MemoryOutput, Settings};

use super::agree::{PROGRAMS, programs_agree, tiers_agree};
use super::input::InputKind;

/// One target.
pub struct Target {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: InputKind,
    pub run: fn(&[u8]) -> Result<bool, String>,
    /// How many inputs belong to every test run.
    pub smoke_count: u64,
    /// Programs that one input holds.
    pub programs: u64,
}

macro_rules! targets {
    ($($run:ident $([$programs:expr])?, $kind:expr, $smoke_count:expr, $about:expr;)*) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($run),
            about: $about,
            kind: $kind,
            run: $run,
            smoke_count: $smoke_count,
            programs: 1 $(* $programs)?,
        }),*];
    };
}

targets! {
    lex_parse, InputKind::Source, 4000,
        "any text gives a tree that holds all of it and, unless it is whole, diagnostics whose places are in the text";
    fmt_idempotent, InputKind::Source, 2000,
        "a program that parses keeps its meaning and comments when formatted; formatting again changes nothing";
    sexpr_round_trip, InputKind::Source, 2000,
        "a program that parses is the same after it was printed as S-expressions and read again";
    wire_decode, InputKind::Binary, 3000,
        "any bytes give a unit or an error; a unit that was read is written as the same bytes";
    op_roundtrip, InputKind::Choices(600), 2000,
        "any words are refused or decode to instructions that encode to the same words";
    asm_roundtrip, InputKind::Assembly, 1500,
        "assembly text gives an error, or a unit that is the same after disassembling and assembling it";
    validate_then_run, InputKind::Choices(1200), 300,
        "any unit is refused by the validator, or runs to some end within its limits";
    compile_then_run, InputKind::Source, 300,
        "any program is rejected with a diagnostic, or runs to some end within its limits";
    tiers_agree, InputKind::Source, 60,
        "a program of the corpus, changed, or one made at random does the same in every tier, and in one under stress";
    programs_agree[PROGRAMS as u64], InputKind::Choices(16), 4,
        "many programs made at random do the same in every tier that compiles all, and in one in use or under stress";
    heap_ops, InputKind::Choices(1800), 1500,
        "a heap agrees with a plain model after any operations, under every collector";
    message_copy, InputKind::Choices(1800), 800,
        "messages between two heaps keep contents and identity, whatever is collected meanwhile";
}

fn lex_parse(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    let is_program = syntax::fuzz::check_parse(&text);
    let mut sources = Sources::new();
    let file = sources.add("fuzz.dn", &*text);
    for diagnostic in &syntax::parse(&text, file).1 {
        // Rendering reads lines and columns, which is where a wrong place would show.
        diagnostic.render(&sources, diag::Color::Plain);
    }
    Ok(is_program)
}

fn fmt_idempotent(bytes: &[u8]) -> Result<bool, String> {
    Ok(fmt::check_text(&String::from_utf8_lossy(bytes)))
}

fn sexpr_round_trip(bytes: &[u8]) -> Result<bool, String> {
    Ok(syntax::fuzz::check_sexpr(&String::from_utf8_lossy(bytes)))
}

fn wire_decode(bytes: &[u8]) -> Result<bool, String> {
    bytecode::fuzz::wire_decode(bytes);
    let Ok(unit) = bytecode::wire::read(bytes) else { return Ok(false) };
    // Whatever was read, proven or not, can be looked at.
    let _ = bytecode::validate(unit.clone());
    let _ = bytecode::text::disassemble(&unit);
    Ok(true)
}

fn op_roundtrip(bytes: &[u8]) -> Result<bool, String> {
    bytecode::fuzz::op_roundtrip(bytes);
    Ok(true)
}

fn asm_roundtrip(bytes: &[u8]) -> Result<bool, String> {
    bytecode::fuzz::asm_roundtrip(bytes);
    Ok(bytecode::text::assemble(&String::from_utf8_lossy(bytes)).is_ok())
}

fn heap_ops(bytes: &[u8]) -> Result<bool, String> {
    heap::fuzz::heap_ops(bytes);
    Ok(true)
}

fn message_copy(bytes: &[u8]) -> Result<bool, String> {
    heap::fuzz::message_copy(bytes);
    Ok(true)
}

/// Few enough that a run takes milliseconds; a loop that never ends is cut off by the time.
pub(super) fn limits() -> dunlin::Limits {
    dunlin::Limits {
        heap_bytes_max: Some(16 << 20),
        time_max: Some(Duration::from_millis(30)),
        stack_frames_max: Some(2000),
    }
}

/// Runs under limits and says whether the engine itself failed; how the program ends does not matter.
fn run_unit(unit: bytecode::Unit) -> Result<bool, String> {
    let settings = Settings { limits: limits(), seed: Some(1), ..Settings::default() };
    let engine = Engine::new(settings).map_err(|failure| failure.report)?;
    match engine.run_unit_into(unit, Box::new(MemoryOutput::default())) {
        // What the validator leaves to be checked where it is used (the kinds of values in registers) ends a program
        // cleanly; only a caught panic is a mistake of ours.
        Err(failure) if failure.report.contains("panicked") => Err(failure.report),
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(false),
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

/// Programs of the corpus may read, write and wait, which is nothing to do thousands of times.
pub(super) const LEFT_OUT: &[&str] = &["import io", "import os", "import net", "read_", "sleep"];

fn compile_then_run(bytes: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(bytes);
    if LEFT_OUT.iter().any(|word| text.contains(word)) {
        return Ok(false);
    }
    let engine = Engine::new(Settings::default()).map_err(|failure| failure.report)?;
    match engine.compile_source("fuzz.dn", &text) {
        Ok(program) => run_unit(program.into_unit()),
        Err(_) => Ok(false),
    }
}
