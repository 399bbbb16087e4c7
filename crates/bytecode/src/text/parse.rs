//! Reads units and classes.

use std::fmt::Display;

use super::constant::class;
use super::lexer::{Token, TokenKind};
use super::{AsmError, KIND_WORDS, parse_function};
use crate::unit::{ClassDef, Export, ExportItem, FieldDef, Import, MethodDef, Unit};

/// The tokens that are left.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    position: usize,
}

pub(super) fn unit(tokens: &[Token]) -> Result<Unit, AsmError> {
    let mut parser = Parser { tokens, position: 0 };
    let mut unit = Unit::default();
    parser.skip_lines();
    if !parser.take_word("unit") {
        return parser.error_here("a unit starts with `unit` and its name");
    }
    unit.name = parser.text()?;
    while !parser.at_line_end() {
        match parser.word("`path`, `entry` or `passes`")? {
            "path" => unit.path = parser.text()?,
            "entry" => unit.entry = parser.number()?,
            "passes" => unit.passes = parser.number()?,
            _ => return parser.error_before("`path`, `entry` or `passes` belongs here"),
        }
    }
    parser.end_line()?;
    while !parser.at_end() {
        statement(&mut parser, &mut unit)?;
    }
    Ok(unit)
}

fn statement(parser: &mut Parser<'_>, unit: &mut Unit) -> Result<(), AsmError> {
    match parser.word("a statement")? {
        "import" => unit.imports.push(Import { path: parser.text()? }),
        "slot" => unit.slots.push(parser.text()?),
        "export" => unit.exports.push(export(parser)?),
        "test" => unit.tests.push((parser.text()?, parser.number()?)),
        "bench" => unit.benches.push((parser.text()?, parser.number()?)),
        "class" => unit.classes.push(class_definition(parser)?),
        "function" => {
            let index: usize = parser.number()?;
            if index != unit.functions.len() {
                return parser.error_before("functions are numbered in their order, from 0");
            }
            unit.functions.push(parse_function::function(parser)?);
        }
        _ => return parser.error_before("this is no statement"),
    }
    parser.end_line()
}

fn export(parser: &mut Parser<'_>) -> Result<Export, AsmError> {
    let name = parser.text()?;
    let item = match parser.word("what is exported")? {
        "function" => ExportItem::Function(parser.number()?),
        "class" => ExportItem::Class(parser.number()?),
        "slot" => ExportItem::Slot(parser.number()?),
        "module" => ExportItem::Module,
        _ => return parser.error_before("an export is a `function`, `class`, `slot` or `module`"),
    };
    Ok(Export { name, item })
}

fn class_definition(parser: &mut Parser<'_>) -> Result<ClassDef, AsmError> {
    let mut definition = ClassDef::default();
    let word = parser.word("a kind of class")?;
    match KIND_WORDS.iter().find(|(_, name)| *name == word) {
        Some((kind, _)) => definition.kind = *kind,
        None => return parser.error_before("this is no kind of class"),
    }
    definition.name = parser.text()?;
    while !parser.at_line_end() {
        match parser.word("`span` or `singleton`")? {
            "span" => definition.span = (parser.number()?, parser.number()?),
            "singleton" => definition.singleton = true,
            _ => return parser.error_before("`span` or `singleton` belongs here"),
        }
    }
    parser.end_line()?;
    loop {
        match parser.word("a part of the class, or `end`")? {
            "end" => return Ok(definition),
            "doc" => definition.doc = parser.text()?,
            "super" => definition.superclass = Some(class(parser)?),
            "trait" => definition.traits.push(class(parser)?),
            "field" => {
                let set_once = parser.take_word("once");
                definition.fields.push(FieldDef { name: parser.text()?, set_once });
            }
            "static" => definition.statics.push(parser.text()?),
            "method" => definition.methods.push(method(parser)?),
            "constructor" => definition.constructor = Some(parser.number()?),
            _ => return parser.error_before("this is no part of a class"),
        }
        parser.end_line()?;
    }
}

fn method(parser: &mut Parser<'_>) -> Result<MethodDef, AsmError> {
    let mut method = MethodDef { name: parser.text()?, ..MethodDef::default() };
    while !parser.at_line_end() {
        if parser.take_word("static") {
            method.is_static = true;
        } else if parser.take_word("cast") {
            method.is_cast = true;
        } else {
            method.function = Some(parser.number()?);
        }
    }
    Ok(method)
}

impl<'a> Parser<'a> {
    fn token(&self) -> &'a Token {
        // The last token is `End`, which nothing consumes.
        &self.tokens[self.position]
    }

    pub(super) fn kind(&self) -> &'a TokenKind {
        &self.token().kind
    }

    fn advance(&mut self) {
        if *self.kind() != TokenKind::End {
            self.position += 1;
        }
    }

    /// An error at the next token.
    pub(super) fn error_here<T>(&self, message: impl Display) -> Result<T, AsmError> {
        let token = self.token();
        Err(AsmError { line: token.line, column: token.column, message: message.to_string() })
    }

    /// An error at the token that was just taken.
    pub(super) fn error_before<T>(&self, message: impl Display) -> Result<T, AsmError> {
        let token = &self.tokens[self.position.saturating_sub(1)];
        Err(AsmError { line: token.line, column: token.column, message: message.to_string() })
    }

    fn expected<T>(&self, what: &str) -> Result<T, AsmError> {
        self.error_here(format!("{what} belongs here, not {}", self.kind().describe()))
    }

    pub(super) fn at_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    pub(super) fn at_line_end(&self) -> bool {
        matches!(self.kind(), TokenKind::NewLine | TokenKind::End)
    }

    pub(super) fn skip_lines(&mut self) {
        while *self.kind() == TokenKind::NewLine {
            self.advance();
        }
    }

    /// The line ends here; goes on at the next one that is not empty.
    pub(super) fn end_line(&mut self) -> Result<(), AsmError> {
        if !self.at_line_end() {
            return self.expected("the end of the line");
        }
        self.skip_lines();
        Ok(())
    }

    /// The next token if it is this one.
    pub(super) fn take(&mut self, kind: TokenKind) -> bool {
        let takes = *self.kind() == kind;
        if takes {
            self.advance();
        }
        takes
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let takes = matches!(self.kind(), TokenKind::Word(next) if next == word);
        if takes {
            self.advance();
        }
        takes
    }

    pub(super) fn word(&mut self, what: &str) -> Result<&'a str, AsmError> {
        match self.kind() {
            TokenKind::Word(word) => {
                self.advance();
                Ok(word)
            }
            _ => self.expected(what),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, AsmError> {
        match self.kind() {
            TokenKind::Text(text) => {
                self.advance();
                Ok(text.clone())
            }
            _ => self.expected("a string"),
        }
    }

    /// A decimal or, after `0x`, hexadecimal number.
    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, AsmError> {
        let word = self.word("a number")?;
        let value = match word.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        };
        match value.and_then(|value: i64| T::try_from(value).ok()) {
            Some(value) => Ok(value),
            None => self.error_before("this is no number that fits here"),
        }
    }

    /// `( item, item )`.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Parser<'a>) -> Result<T, AsmError>,
    ) -> Result<Vec<T>, AsmError> {
        let mut items = Vec::new();
        if !self.take(TokenKind::Open) {
            return self.expected("`(`");
        }
        if self.take(TokenKind::Close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(TokenKind::Close) {
                return Ok(items);
            }
            if !self.take(TokenKind::Comma) {
                return self.expected("`,` or `)`");
            }
        }
    }
}
