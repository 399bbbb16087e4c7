//! The other forms of a program, and sending a program through one of them to show that the form loses nothing.

use bytecode::{Unit, text, wire};
use diag::{Code, Diagnostic, FileId, Span};
use syntax::{ast, sexpr};

use crate::settings::Through;

/// The text as the formatter writes it; text that does not parse stays as it is.
pub fn through_formatter(through: Through, source: String) -> String {
    if through != Through::Formatted {
        return source;
    }
    fmt::format(&source).unwrap_or(source)
}

/// The tree printed as S-expressions; nothing where that detour is not wanted.
pub fn as_sexpr(through: Through, tree: &ast::File) -> Option<String> {
    (through == Through::Sexpr).then(|| sexpr::print(&sexpr::from_file(tree)))
}

/// The program that printed S-expressions stand for.
pub fn from_sexpr(printed: &str, file: FileId) -> Result<ast::File, Diagnostic> {
    let forms = sexpr::read(printed, file)?;
    match &forms[..] {
        [form] => sexpr::to_file(form),
        forms => Err(lost(Span::new(file, 0, 0), &format!("{} forms", forms.len()))),
    }
}

/// The unit written as bytes or as assembly and read again.
pub fn through_bytecode(through: Through, unit: Unit, span: Span) -> Result<Unit, Diagnostic> {
    match through {
        Through::Binary => wire::read(&wire::write(&unit)).map_err(|error| lost(span, &error.to_string())),
        Through::Assembly => {
            text::assemble(&text::disassemble(&unit)).map_err(|error| lost(span, &error.to_string()))
        }
        Through::Nothing | Through::Formatted | Through::Sexpr => Ok(unit),
    }
}

/// A form that loses something is a defect of ours, which these detours exist to find.
fn lost(span: Span, problem: &str) -> Diagnostic {
    Diagnostic::new(
        Code::EngineDefect,
        span,
        format!("the program was lost on its way through another form: {problem}"),
    )
}
