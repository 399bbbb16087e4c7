//! The S-expression form of programs: what macros take apart, what other notations produce, what `parse` prints.
//!
//! A program is a list `(file stmt...)`; every list starts with a name that says which form it is; `()` stands for
//! an optional part that is absent. Bare atoms are expressions: names, numbers, strings and so on.
//!
//! Invariant: `to_ast(from_ast(p))` is `p` up to spans, and `read(print(s))` is `s` up to spans.
//!
//! | forms | |
//! | --- | --- |
//! | literals | `1 1.5 'a' "text" :ok b"bytes" re"regex" nil true false`, `(template "text" (value e ">8")...)` |
//! | collections | `(list e (spread e))`, `(set e...)`, `(tuple e (named k e))`, `(map (pair k e) (spread e))`, `(.. a b)` |
//! | names | `x`, `self`, `(self)` for the pid |
//! | operators | `(+ a b)`, `(neg e)`, `(not e)`, `(bit-not e)`, `(is e type)`, `(pipe-call v e)`, `(pipe-to v f)`, `(= t e)`, `(+= t e)` |
//! | postfix | `(call f arg...)`, `(invoke e name arg...)`, `(super name arg...)`, `(field e name)`, `(at e 0)`, `(index e i)`; `?` at the end of the head for the optional ones, inside `(chain e)`; `(macro-call name (arg...) block)` |
//! | functions | `(fn name (params p... (result type)) body)`, `(closure (params ...) e)`, `params*` for generators, `(= e)` as a body; a parameter is `x`, `(param pattern type default)` or `(rest x)` |
//! | control | `(block stmt...)`, `(if cond block else)`, `(when-let p e guard)` as a condition, `(match e (arm p guard e)...)`, `(while label cond block)`, `(for label p e block)`, `(loop label block)`, `(return e)`, `(break label e)`, `(continue label)`, `(throw e)`, `(yield e)`, `(try-else e d)`, `(try block (catch x type block)... (finally block))` |
//! | processes | `(async e)`, `(await e)`, `(spawn (arg...) block)`, `(receive arm... (after e e))`, `(select (on p e e)... (after e e))`, `(scope (arg...) block)` |
//! | macros | `(quote block)`, `(unquote e)` |
//! | statements | `(let p type e else)`, `(var ...)`, `(defer e)`, `(assert e message)`; `(pub d)` and `(doc "text" d)` around a declaration |
//! | declarations | `(class Name super (Trait...) member...)`, `(actor Name (Trait...) member...)`, `(record Name params (Trait...) method...)`, `(trait Name (Trait...) method...)`, `(enum Name (variant V params)...)`, `(module name stmt...)`, `(macro name params block)`, `(import path alias ((name alias)...))`, `(test "name" block)` |
//! | members | `(member kind name type default)`, `(method kind name params body)` |
//! | patterns | `_`, `x`, `(bind x type)`, literals, `(isa path)`, `(construct path p (named k p))`, `(.. a b)`, `(tuple ...)`, `(list p (rest x) p)`, `(map (pair "k" p) (rest x))`, `(pin e)`, `(or p q)`, `(as p x)`, `(unquote e)` |
//! | types | `Int`, `(path a B)`, `(of path type...)`, `nil`, `(or type type)` |

mod from_expr;
mod from_item;
mod json;
mod print;
mod read;
mod to_expr;
mod to_item;
mod to_pattern;

pub use json::to_json;
pub use print::print;
pub use read::read;

use base::Name;
use diag::{Code, Diagnostic, Span};

use crate::ast::{self, Mark};

/// A form: an atom, or a list of forms.
#[derive(Clone, Debug)]
pub struct Sexpr {
    pub kind: SexprKind,
    pub span: Span,
    /// Of a name, the expansion that introduced it.
    pub mark: Mark,
}

#[derive(Clone, PartialEq, Debug)]
pub enum SexprKind {
    List(Vec<Sexpr>),
    Name(Name),
    Nil,
    Bool(bool),
    Int(i64),
    /// Decimal digits of an integer beyond 64 bits.
    BigInt(Name),
    Float(f64),
    Char(char),
    String(Name),
    Symbol(Name),
    Bytes(Box<[u8]>),
    Regex(Name),
}

/// Equality is about the program: spans do not count, names agree in text and mark.
impl PartialEq for Sexpr {
    fn eq(&self, other: &Sexpr) -> bool {
        self.mark == other.mark && self.kind == other.kind
    }
}

impl Sexpr {
    pub fn new(kind: SexprKind, span: Span) -> Sexpr {
        Sexpr { kind, span, mark: Mark::default() }
    }

    pub fn name(text: &str, span: Span) -> Sexpr {
        Sexpr::new(SexprKind::Name(Name::new(text)), span)
    }

    /// A form: its head and its parts.
    pub fn form(head: &str, parts: Vec<Sexpr>, span: Span) -> Sexpr {
        let mut list = Vec::with_capacity(parts.len() + 1);
        list.push(Sexpr::name(head, span));
        list.extend(parts);
        Sexpr::new(SexprKind::List(list), span)
    }

    /// `()`: an optional part that is absent.
    pub fn absent(span: Span) -> Sexpr {
        Sexpr::new(SexprKind::List(Vec::new()), span)
    }

    pub fn is_absent(&self) -> bool {
        matches!(&self.kind, SexprKind::List(list) if list.is_empty())
    }

    /// The head and the parts of a form; nothing for atoms and for lists that start otherwise.
    pub fn as_form(&self) -> Option<(&Name, &[Sexpr])> {
        let SexprKind::List(list) = &self.kind else { return None };
        match list.split_first() {
            Some((Sexpr { kind: SexprKind::Name(head), .. }, parts)) => Some((head, parts)),
            _ => None,
        }
    }
}

/// The form of a whole program.
pub fn from_file(file: &ast::File) -> Sexpr {
    Sexpr::form("file", file.stmts.iter().map(Sexpr::from).collect(), file.span)
}

/// The program that a form `(file stmt...)` stands for. Other forms are taken as a program of one statement.
pub fn to_file(form: &Sexpr) -> Result<ast::File, Diagnostic> {
    check_depth(form)?;
    let stmts = match form.as_form() {
        Some((head, parts)) if *head == "file" => {
            parts.iter().map(to_item::stmt).collect::<Result<_, _>>()?
        }
        _ => vec![to_item::stmt(form)?],
    };
    Ok(ast::File { stmts, span: form.span })
}

/// The expression that a form stands for.
pub fn to_expr(form: &Sexpr) -> Result<ast::Expr, Diagnostic> {
    check_depth(form)?;
    to_expr::expr(form)
}

/// The statement that a form stands for.
pub fn to_stmt(form: &Sexpr) -> Result<ast::Stmt, Diagnostic> {
    check_depth(form)?;
    to_item::stmt(form)
}

/// The pattern that a form stands for.
pub fn to_pattern(form: &Sexpr) -> Result<ast::Pattern, Diagnostic> {
    check_depth(form)?;
    to_pattern::pattern(form)
}

/// Lists nest at most this deep: a node of the tree takes up to two levels of lists.
pub const LIST_DEPTH_MAX: usize = 2 * ast::DEPTH_MAX as usize;

/// Forms come from anywhere, so their depth is checked before anything recurses over them.
fn check_depth(form: &Sexpr) -> Result<(), Diagnostic> {
    let mut level = vec![form];
    for _ in 0..LIST_DEPTH_MAX {
        let next: Vec<&Sexpr> = level
            .iter()
            .filter_map(|form| match &form.kind {
                SexprKind::List(list) => Some(list),
                _ => None,
            })
            .flatten()
            .collect();
        if next.is_empty() {
            return Ok(());
        }
        level = next;
    }
    Err(Diagnostic::new(Code::TooDeep, form.span, "this form is nested too deep"))
}

fn malformed(form: &Sexpr, expected: &str) -> Diagnostic {
    let mut shown = print::on_one_line(form, 60);
    if shown.is_empty() {
        shown.push_str("nothing");
    }
    Diagnostic::new(Code::MalformedForm, form.span, format!("expected {expected}, found the form {shown}"))
}

#[cfg(test)]
mod tests;
