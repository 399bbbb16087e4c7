//! Text to forms.

use base::Name;
use diag::{Code, Diagnostic, FileId, Span};

use super::{LIST_DEPTH_MAX, Sexpr, SexprKind, print::is_name_char};
use crate::ast::Mark;
use crate::literal::{self, Number};

/// Reads the forms of a text; `;` starts a comment.
pub fn read(source: &str, file: FileId) -> Result<Vec<Sexpr>, Diagnostic> {
    Reader { source, file, position: 0 }.forms()
}

struct Reader<'a> {
    source: &'a str,
    file: FileId,
    position: usize,
}

/// A list that is being read: where it opened, and its parts so far.
type Open = (usize, Vec<Sexpr>);

impl Reader<'_> {
    fn forms(&mut self) -> Result<Vec<Sexpr>, Diagnostic> {
        let mut open: Vec<Open> = Vec::new();
        let mut done = Vec::new();
        loop {
            self.skip_blanks();
            let start = self.position;
            let Some(next) = self.peek() else { break };
            let form = match next {
                '(' => {
                    self.position += 1;
                    if open.len() >= LIST_DEPTH_MAX {
                        return Err(self.error(start, "this form is nested too deep"));
                    }
                    open.push((start, Vec::new()));
                    continue;
                }
                ')' => {
                    self.position += 1;
                    let Some((start, parts)) = open.pop() else {
                        return Err(self.error(start, "`)` closes nothing"));
                    };
                    Sexpr::new(SexprKind::List(parts), self.span(start))
                }
                _ => self.atom(next)?,
            };
            open.last_mut().map_or(&mut done, |(_, parts)| parts).push(form);
        }
        match open.pop() {
            Some((start, _)) => Err(self.error(start, "`(` is not closed")),
            None => Ok(done),
        }
    }

    fn peek(&self) -> Option<char> {
        self.source[self.position..].chars().next()
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start as u32, self.position as u32)
    }

    fn error(&self, start: usize, message: impl Into<String>) -> Diagnostic {
        let span = Span::new(self.file, start as u32, self.position.max(start + 1) as u32);
        Diagnostic::new(Code::MalformedForm, span, message)
    }

    fn skip_blanks(&mut self) {
        while let Some(next) = self.peek() {
            if next == ';' {
                let rest = &self.source[self.position..];
                self.position += rest.find('\n').unwrap_or(rest.len());
            } else if next.is_whitespace() {
                self.position += next.len_utf8();
            } else {
                return;
            }
        }
    }

    fn atom(&mut self, first: char) -> Result<Sexpr, Diagnostic> {
        let start = self.position;
        let rest = &self.source[start..];
        let negative = first == '-' && rest[1..].starts_with(|next: char| next.is_ascii_digit());
        let kind = if first == '"' {
            SexprKind::String(self.quoted(start, 0)?)
        } else if first == '\'' {
            self.character()?
        } else if rest.starts_with("re\"") {
            SexprKind::Regex(self.quoted(start, 2)?)
        } else if rest.starts_with(":\"") {
            SexprKind::Symbol(self.quoted(start, 1)?)
        } else if rest.starts_with("@\"") {
            SexprKind::Name(self.quoted(start, 1)?)
        } else if rest.starts_with("b\"") {
            let unescaped = literal::unescape_bytes(self.inside(start, 1)?);
            SexprKind::Bytes(self.checked(start, unescaped)?.into_boxed_slice())
        } else if first == ':' {
            self.position += 1;
            let text = self.run(|next| next.is_alphanumeric() || matches!(next, '_' | '?'));
            SexprKind::Symbol(Name::new(text))
        } else if first.is_ascii_digit() || negative {
            self.number(negative)?
        } else if is_name_char(first) {
            word(self.run(is_name_char))
        } else {
            return Err(self.error(start, format!("`{}` has no meaning here", first.escape_debug())));
        };
        let mark = if matches!(kind, SexprKind::Name(_)) { self.mark()? } else { Mark::default() };
        Ok(Sexpr { kind, span: self.span(start), mark })
    }

    fn run(&mut self, accept: impl Fn(char) -> bool) -> &str {
        let start = self.position;
        let rest = &self.source[start..];
        self.position += rest.find(|next| !accept(next)).unwrap_or(rest.len());
        &self.source[start..self.position]
    }

    /// `#3` after a name.
    fn mark(&mut self) -> Result<Mark, Diagnostic> {
        if self.peek() != Some('#') {
            return Ok(Mark::default());
        }
        let start = self.position;
        self.position += 1;
        let digits = self.run(|next| next.is_ascii_digit()).parse();
        digits.map(Mark).map_err(|_| self.error(start, "a mark is `#` and a number"))
    }

    fn number(&mut self, negative: bool) -> Result<SexprKind, Diagnostic> {
        let start = self.position;
        self.position += usize::from(negative);
        let mut previous = ' ';
        let mut end = self.position;
        for next in self.source[self.position..].chars() {
            let sign = matches!(next, '+' | '-') && matches!(previous, 'e' | 'E');
            if !(next.is_ascii_alphanumeric() || next == '.' || sign) {
                break;
            }
            end += 1;
            previous = next;
        }
        let text = &self.source[self.position..end];
        self.position = end;
        let valid = text.bytes().all(|byte| byte.is_ascii_digit()) || text.parse::<f64>().is_ok();
        if !valid || text.len() > 20_000 {
            return Err(self.error(start, "a malformed number"));
        }
        Ok(match literal::number(text) {
            Ok(Number::Int(value)) => SexprKind::Int(if negative { -value } else { value }),
            Ok(Number::Big(digits)) if negative && digits == "9223372036854775808" => {
                SexprKind::Int(i64::MIN)
            }
            Ok(Number::Big(digits)) if negative => SexprKind::BigInt(Name::from(format!("-{digits}"))),
            Ok(Number::Big(digits)) => SexprKind::BigInt(Name::from(digits)),
            Ok(Number::Float(value)) => SexprKind::Float(if negative { -value } else { value }),
            Err(mistake) => return Err(self.error(start, mistake.message)),
        })
    }

    fn character(&mut self) -> Result<SexprKind, Diagnostic> {
        let start = self.position;
        let rest = &self.source[start + 1..];
        let escaped = rest.starts_with('\\');
        let from = if escaped { 2 } else { 1 };
        let close = rest.char_indices().skip(from).find(|&(_, next)| next == '\'').map(|(at, _)| at);
        let Some(close) = close else { return Err(self.error(start, "this character is not closed")) };
        self.position = start + 1 + close + 1;
        literal::character(&rest[..close])
            .map(SexprKind::Char)
            .map_err(|mistake| self.error(start, mistake.message))
    }

    /// The text between the quotes of `prefix"..."`, escapes as they are.
    fn inside(&mut self, start: usize, prefix: usize) -> Result<&str, Diagnostic> {
        let open = start + prefix + 1;
        let mut escaped = false;
        for (at, next) in self.source[open..].char_indices() {
            if next == '"' && !escaped {
                self.position = open + at + 1;
                return Ok(&self.source[open..open + at]);
            }
            escaped = next == '\\' && !escaped;
        }
        self.position = self.source.len();
        Err(self.error(start, "this string is not closed"))
    }

    fn quoted(&mut self, start: usize, prefix: usize) -> Result<Name, Diagnostic> {
        let inside = self.inside(start, prefix)?;
        let unescaped = literal::unescape(inside);
        Ok(Name::from(self.checked(start, unescaped)?))
    }

    fn checked<T>(&self, start: usize, read: (T, Vec<literal::Mistake>)) -> Result<T, Diagnostic> {
        match read {
            (value, mistakes) if mistakes.is_empty() => Ok(value),
            (_, mut mistakes) => Err(self.error(start, mistakes.swap_remove(0).message)),
        }
    }
}

fn word(text: &str) -> SexprKind {
    match text {
        "nil" => SexprKind::Nil,
        "true" => SexprKind::Bool(true),
        "false" => SexprKind::Bool(false),
        _ => SexprKind::Name(Name::new(text)),
    }
}
