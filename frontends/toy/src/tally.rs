//! Tally: `set NAME = EXPRESSION`, `show EXPRESSION`, and `while EXPRESSION` up to `end`, a statement a line.

use std::collections::BTreeMap;

use diag::{Code, Diagnostic, Span};
use notation::{FrontEnd, Input, Product, Surroundings, Translation};
use syntax::sexpr::{Sexpr, SexprKind};

/// The front end; it has no state, since all of a translation's belongs to `Reader`.
pub struct Tally;

impl FrontEnd for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["tally"]
    }

    fn line_comment(&self) -> &'static str {
        "#"
    }

    fn translate(&self, input: &Input<'_>, _surroundings: &mut dyn Surroundings) -> Translation {
        let mut reader = Reader { input, variables: BTreeMap::new() };
        match reader.program() {
            Ok(form) => (Some(Product::Forms(form)), Vec::new()),
            Err(mistake) => (None, vec![mistake]),
        }
    }
}

/// Translates one program, line by line.
struct Reader<'a> {
    input: &'a Input<'a>,
    /// Every variable, and where it is set first.
    variables: BTreeMap<&'a str, Span>,
}

/// A word of a line, and where it is.
type Word<'a> = (&'a str, Span);
type Reading<T> = Result<T, Diagnostic>;

impl<'a> Reader<'a> {
    fn program(&mut self) -> Reading<Sexpr> {
        // One list of statements for each loop that is open, with what begins the loop; the outermost has none.
        let mut open: Vec<(Option<Sexpr>, Vec<Sexpr>)> = vec![(None, Vec::new())];
        let mut start = 0;
        for line in self.input.text.split_inclusive('\n') {
            let words = self.words(line, start);
            start += line.len();
            let Some((&(keyword, span), rest)) = words.split_first() else { continue };
            if keyword == "while" {
                open.push((Some(self.expression(span, rest)?), Vec::new()));
                continue;
            }
            let statement = match keyword {
                "end" => match open.pop() {
                    Some((Some(condition), body)) => {
                        let block = Sexpr::form("block", body, span);
                        Sexpr::form("while", vec![Sexpr::absent(span), condition, block], span)
                    }
                    _ => return Err(mistake(span, "this `end` ends nothing")),
                },
                _ => self.statement(keyword, span, rest)?,
            };
            match open.last_mut() {
                Some((_, statements)) => statements.push(statement),
                None => return Err(mistake(span, "nothing is open here")),
            }
        }
        let whole = self.input.span(0, start);
        match (open.pop(), open.is_empty()) {
            (Some((_, statements)), true) => Ok(self.file(statements, whole)),
            _ => Err(mistake(whole, "a `while` has no `end`")),
        }
    }

    /// The declarations of all variables, then the statements.
    fn file(&self, statements: Vec<Sexpr>, whole: Span) -> Sexpr {
        let declare = |(name, &span): (&&str, &Span)| {
            let zero = Sexpr::new(SexprKind::Int(0), span);
            Sexpr::form("var", vec![variable(name, span), Sexpr::absent(span), zero], span)
        };
        let mut all: Vec<Sexpr> = self.variables.iter().map(declare).collect();
        all.extend(statements);
        Sexpr::form("file", all, whole)
    }

    fn statement(&mut self, keyword: &str, span: Span, rest: &[Word<'a>]) -> Reading<Sexpr> {
        match (keyword, rest) {
            ("show", _) => {
                let value = self.expression(span, rest)?;
                Ok(Sexpr::form("call", vec![Sexpr::name("print", span), value], span))
            }
            ("set", [(name, place), ("=", equals), value @ ..]) => {
                let value = self.expression(*equals, value)?;
                self.variables.entry(name).or_insert(*place);
                Ok(Sexpr::form("=", vec![variable(name, *place), value], span))
            }
            ("set", _) => Err(mistake(span, "expected `set NAME = EXPRESSION`")),
            _ => Err(mistake(span, "expected `set`, `show`, `while` or `end`")),
        }
    }

    /// Operands with operators between them, from left to right.
    fn expression(&self, after: Span, words: &[Word<'a>]) -> Reading<Sexpr> {
        let Some((first, rest)) = words.split_first() else {
            return Err(mistake(after, "an expression is missing behind this"));
        };
        let mut value = self.operand(first)?;
        for pair in rest.chunks(2) {
            let [(operator, span), operand] = pair else {
                return Err(mistake(pair[0].1, "an operand is missing behind this"));
            };
            if !["+", "-", "*", "%", "<", ">", "=="].contains(operator) {
                return Err(mistake(*span, "this is no operator"));
            }
            let whole = value.span.to(operand.1);
            value = Sexpr::form(operator, vec![value, self.operand(operand)?], whole);
        }
        Ok(value)
    }

    fn operand(&self, &(word, span): &Word<'a>) -> Reading<Sexpr> {
        match word.parse() {
            Ok(number) => Ok(Sexpr::new(SexprKind::Int(number), span)),
            Err(_) if self.variables.contains_key(word) => Ok(variable(word, span)),
            Err(_) => Err(mistake(span, format!("no line above sets `{word}`"))),
        }
    }

    /// The words of a line that starts at an offset, without its comment.
    fn words(&self, line: &'a str, start: usize) -> Vec<Word<'a>> {
        let code = line.split('#').next().unwrap_or_default();
        let place = |word: &'a str| {
            let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
            (word, self.input.span(at, at + word.len()))
        };
        code.split_whitespace().map(place).collect()
    }
}

/// Names of the language get a letter in front, so that none of them means something in Dunlin.
fn variable(name: &str, span: Span) -> Sexpr {
    Sexpr::name(&format!("t_{name}"), span)
}

fn mistake(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::MalformedProgram, span, message)
}
