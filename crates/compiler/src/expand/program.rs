//! Macros whose bodies run: the program that runs one, and reading what it made.
//!
//! The program is written as S-expressions, since the host that runs it shares nothing with the compiler. It calls
//! the body with the arguments as values: forms are lists, names are `Name` records that say where they are from.
//! What the body gives comes back as text.

use base::Name;
use diag::{FileId, Span};
use syntax::ast::Mark;
use syntax::sexpr::{self, Sexpr, SexprKind};

use super::definition::{Body, MacroDefinition};

const PRELUDE: &str = include_str!("prelude.dn");
/// Stands before the result in what the program prints.
const RESULT_MARK: char = '\u{1}';
/// The scope of a name that the macro made.
const MADE: i64 = -1;

/// A call of a macro whose body runs.
pub struct Program {
    /// As S-expressions.
    pub text: String,
    /// The names among the arguments; a scope is a place here.
    names: Vec<(Mark, Span)>,
    span: Span,
}

impl Program {
    /// The program that calls a macro; none where the body is a template.
    pub fn new(definition: &MacroDefinition, given: &[Sexpr], span: Span) -> Option<Program> {
        let Body::Code { params, block } = &definition.data().body else { return None };
        let (prelude, _) = syntax::parse(PRELUDE, FileId(0));
        let mut program = Program { text: String::new(), names: Vec::new(), span };
        let mut stmts = definition.file.imports.clone();
        stmts.extend(prelude.stmts.iter().map(Sexpr::from));
        let earlier = definition.file.macros[..definition.index].iter();
        stmts.extend(earlier.map(|data| data.form.clone()));
        let body = program.quotes_as_code(block);
        let word = |text: &str| Sexpr::name(text, span);
        stmts.push(Sexpr::form("fn", vec![word("__expand"), params.clone(), body], span));
        let arguments: Vec<Sexpr> = given.iter().map(|form| program.value_of(form)).collect();
        let mut call = vec![word("__expand")];
        call.extend(arguments);
        let written = vec![word("__write_form"), Sexpr::form("call", call, span)];
        let mark = Sexpr::new(SexprKind::String(Name::new(&RESULT_MARK.to_string())), span);
        let line = Sexpr::form("+", vec![mark, Sexpr::form("call", written, span)], span);
        stmts.push(Sexpr::form("call", vec![word("print"), line], span));
        program.text = sexpr::print(&Sexpr::form("file", stmts, span));
        Some(program)
    }

    /// Code that makes a form of the caller, whose names keep their scope.
    fn value_of(&mut self, form: &Sexpr) -> Sexpr {
        match &form.kind {
            SexprKind::Name(name) => {
                self.names.push((form.mark, form.span));
                made_name(name, self.names.len() as i64 - 1, form.span)
            }
            SexprKind::List(parts) => {
                let parts = parts.iter().map(|part| self.value_of(part)).collect();
                Sexpr::form("list", parts, form.span)
            }
            _ => plain_value(form),
        }
    }

    /// A body in which every `quote` is code that makes the form.
    fn quotes_as_code(&self, form: &Sexpr) -> Sexpr {
        match (form.as_form(), &form.kind) {
            (Some((head, [block])), _) if *head == "quote" => {
                let stmts = block.as_form().map_or(&[][..], |(_, stmts)| stmts);
                match stmts {
                    [only] if !super::declares(only) => self.template(only),
                    _ => self.template(block),
                }
            }
            (_, SexprKind::List(parts)) => {
                let parts = parts.iter().map(|part| self.quotes_as_code(part)).collect();
                Sexpr { kind: SexprKind::List(parts), span: form.span, mark: form.mark }
            }
            _ => form.clone(),
        }
    }

    /// Code that makes a quoted form.
    fn template(&self, form: &Sexpr) -> Sexpr {
        match (form.as_form(), &form.kind) {
            (Some((head, [inner])), _) if *head == "unquote" => self.quotes_as_code(inner),
            (Some((head, [inner])), _) if *head == "spread" && is_unquote(inner) => {
                Sexpr::form("spread", vec![self.template(inner)], form.span)
            }
            (_, SexprKind::Name(name)) => made_name(name, MADE, form.span),
            (_, SexprKind::List(parts)) => {
                let parts = parts.iter().map(|part| self.template(part)).collect();
                Sexpr::form("list", parts, form.span)
            }
            _ => plain_value(form),
        }
    }

    /// The form that the program printed; `made` is the mark of names that the macro made.
    pub fn result(&self, printed: &str, made: Mark) -> Result<Sexpr, String> {
        let (_, text) = printed.rsplit_once(RESULT_MARK).ok_or("the macro gave nothing")?;
        let forms = sexpr::read(text, FileId(0))
            .map_err(|problem| format!("the macro gave something that is no form: {}", problem.message))?;
        match <[Sexpr; 1]>::try_from(forms) {
            Ok([form]) => self.decode(form, made),
            Err(_) => Err("the macro gave something that is no form".to_string()),
        }
    }

    /// Bounded by the reader, which refuses forms that are nested too deep.
    fn decode(&self, form: Sexpr, made: Mark) -> Result<Sexpr, String> {
        if let Some((head, [text, scope])) = form.as_form()
            && *head == "%name"
        {
            let (SexprKind::String(text), SexprKind::Int(scope)) = (&text.kind, &scope.kind) else {
                return Err("a `Name` needs a text and a scope".to_string());
            };
            let (mark, span) = match usize::try_from(*scope) {
                Ok(place) => self.names.get(place).copied().unwrap_or((made, self.span)),
                Err(_) if *scope == MADE => (made, self.span),
                Err(_) => (Mark::default(), self.span),
            };
            return Ok(Sexpr { kind: SexprKind::Name(text.clone()), span, mark });
        }
        let kind = match form.kind {
            SexprKind::List(parts) => {
                let parts = parts.into_iter().map(|part| self.decode(part, made));
                SexprKind::List(parts.collect::<Result<_, _>>()?)
            }
            SexprKind::Name(name) => {
                return Err(format!("the macro gave a value that is no form: `{name}`"));
            }
            kind => kind,
        };
        Ok(Sexpr::new(kind, self.span))
    }
}

fn is_unquote(form: &Sexpr) -> bool {
    form.as_form().is_some_and(|(head, _)| *head == "unquote")
}

fn made_name(name: &Name, scope: i64, span: Span) -> Sexpr {
    let text = Sexpr::new(SexprKind::String(name.clone()), span);
    let scope = match scope {
        MADE => Sexpr::form("neg", vec![Sexpr::new(SexprKind::Int(1), span)], span),
        scope => Sexpr::new(SexprKind::Int(scope), span),
    };
    Sexpr::form("call", vec![Sexpr::name("Name", span), text, scope], span)
}

/// A literal stands for itself; a regex has no text of its own at run time, so its form says what it is.
fn plain_value(form: &Sexpr) -> Sexpr {
    form.clone()
}
