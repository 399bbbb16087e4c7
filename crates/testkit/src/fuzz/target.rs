//! The targets: what is done with an input, and what must hold whatever it is.
//!
//! A target gives whether it took the input as valid, or says what does not hold. A panic is a failure too.

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
