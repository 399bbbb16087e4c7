//! The words of the text form.

use super::AsmError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, a number, an operand: anything without quotes.
    Word(String),
    Text(String),
    Comma,
    Colon,
    Open,
    Close,
    NewLine,
    End,
}

impl TokenKind {
    /// How error messages name the token.
    pub(super) fn describe(&self) -> String {
        match self {
            TokenKind::Word(word) => format!("`{word}`"),
            TokenKind::Text(_) => "a string".to_string(),
            TokenKind::Comma => "`,`".to_string(),
            TokenKind::Colon => "`:`".to_string(),
            TokenKind::Open => "`(`".to_string(),
            TokenKind::Close => "`)`".to_string(),
            TokenKind::NewLine => "the end of the line".to_string(),
            TokenKind::End => "the end of the text".to_string(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub line: u32,
    pub column: u32,
}

/// The tokens of `text`; the last is `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, AsmError> {
    let mut lexer = Lexer { rest: text.chars().peekable(), line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        let (line, column) = (lexer.line, lexer.column);
        let Some(kind) = lexer.token()? else {
            continue;
        };
        let ends = kind == TokenKind::End;
        tokens.push(Token { kind, line, column });
        if ends {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u32,
    column: u32,
}

impl Lexer<'_> {
    fn bump(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn error<T>(&self, message: &str) -> Result<T, AsmError> {
        Err(AsmError { line: self.line, column: self.column, message: message.to_string() })
    }

    /// The next token; `None` for blanks and comments.
    fn token(&mut self) -> Result<Option<TokenKind>, AsmError> {
        let Some(&first) = self.rest.peek() else {
            return Ok(Some(TokenKind::End));
        };
        let kind = match first {
            '\n' => TokenKind::NewLine,
            ',' => TokenKind::Comma,
            ':' => TokenKind::Colon,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            '"' => {
                self.bump();
                return self.text().map(Some);
            }
            ';' => {
                while self.rest.peek().is_some_and(|&next| next != '\n') {
                    self.bump();
                }
                return Ok(None);
            }
            ' ' | '\t' | '\r' => {
                self.bump();
                return Ok(None);
            }
            _ if is_word(first) => return Ok(Some(self.word())),
            _ => return self.error("this character means nothing here"),
        };
        self.bump();
        Ok(Some(kind))
    }

    fn word(&mut self) -> TokenKind {
        let mut word = String::new();
        while let Some(&next) = self.rest.peek() {
            if !is_word(next) {
                break;
            }
            word.push(next);
            self.bump();
        }
        TokenKind::Word(word)
    }

    fn text(&mut self) -> Result<TokenKind, AsmError> {
        let mut text = String::new();
        loop {
            match self.rest.peek() {
                None | Some('\n') => return self.error("the string has no closing quote"),
                Some('"') => {
                    self.bump();
                    return Ok(TokenKind::Text(text));
                }
                Some('\\') => {
                    self.bump();
                    text.push(self.escape()?);
                }
                Some(_) => text.extend(self.bump()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, AsmError> {
        let named = match self.rest.peek() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('\\') => '\\',
            Some('"') => '"',
            Some('u') => {
                self.bump();
                return self.code_point();
            }
            _ => return self.error("there is no such escape"),
        };
        self.bump();
        Ok(named)
    }

    /// `{1F600}` behind `\u`.
    fn code_point(&mut self) -> Result<char, AsmError> {
        if self.bump() != Some('{') {
            return self.error("`{` and hexadecimal digits belong here");
        }
        let mut value = 0u32;
        let mut digits = 0;
        while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(16)) {
            self.bump();
            digits += 1;
            if digits > 6 {
                return self.error("this is no Unicode scalar value");
            }
            value = value * 16 + digit;
        }
        match (self.rest.peek(), char::from_u32(value)) {
            (Some('}'), Some(value)) if digits > 0 => {
                self.bump();
                Ok(value)
            }
            _ => self.error("this is no Unicode scalar value"),
        }
    }
}

fn is_word(next: char) -> bool {
    next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '+' | '.' | '@' | '=')
}

/// `text` in quotes, as the lexer reads it.
pub(super) fn quoted(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if next.is_control() => {
                write!(out, "\\u{{{:x}}}", u32::from(next)).expect("invariant: a String takes any text");
            }
            _ => out.push(next),
        }
    }
    out.push('"');
    out
}
