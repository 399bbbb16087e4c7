//! What each token and comment of a text is, for highlighting.

use diag::FileId;
use syntax::Tree;
use syntax::token::{Kind, Token};

use crate::Range;

/// What a piece of text is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Comment,
    Keyword,
    String,
    Number,
    /// `true`, `false`, `nil`, symbols.
    Constant,
    /// A name that begins in upper case.
    Type,
    /// A name that is called or defined as a function.
    Function,
    Name,
    /// A name after a dot.
    Property,
    Operator,
}

impl Paint {
    /// Every paint, in the order in which editors number them.
    pub const ALL: &'static [Paint] = &[
        Paint::Comment,
        Paint::Keyword,
        Paint::String,
        Paint::Number,
        Paint::Constant,
        Paint::Type,
        Paint::Function,
        Paint::Name,
        Paint::Property,
        Paint::Operator,
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painted {
    pub range: Range,
    pub paint: Paint,
}

/// Every piece that is painted, in the order of the text. Brackets and separators are not.
pub fn paint(text: &str) -> Vec<Painted> {
    let tree = Tree::parse(text, FileId(0));
    let mut painted: Vec<Painted> = tree
        .trivia
        .iter()
        .filter(|piece| text[piece.start as usize..piece.end as usize].starts_with(['/', '#']))
        .map(|piece| Painted { range: piece.start as usize..piece.end as usize, paint: Paint::Comment })
        .collect();
    for (index, token) in tree.tokens.iter().enumerate() {
        let range = token.start as usize..token.end as usize;
        if let Some(paint) = paint_of(text, &tree.tokens, index)
            && !range.is_empty()
        {
            painted.push(Painted { range, paint });
        }
    }
    painted.sort_by_key(|piece| piece.range.start);
    painted
}

fn paint_of(text: &str, tokens: &[Token], index: usize) -> Option<Paint> {
    let kind = tokens[index].kind;
    let before = index.checked_sub(1).map(|index| tokens[index].kind);
    let after = tokens.get(index + 1).map(|token| token.kind);
    if matches!(before, Some(Kind::Dot | Kind::QuestionDot)) && kind.is_word() {
        return Some(if after == Some(Kind::OpenParen) { Paint::Function } else { Paint::Property });
    }
    match kind {
        Kind::True | Kind::False | Kind::Nil | Kind::Symbol => Some(Paint::Constant),
        Kind::Int | Kind::Float => Some(Paint::Number),
        Kind::Char | Kind::String | Kind::RawString | Kind::Bytes | Kind::Regex => Some(Paint::String),
        Kind::TemplateStart | Kind::TemplateText | Kind::TemplateEnd | Kind::FormatText => {
            Some(Paint::String)
        }
        Kind::TemplateOpen | Kind::TemplateClose | Kind::FormatColon => Some(Paint::Operator),
        kind if kind.is_reserved() => Some(Paint::Keyword),
        // A contextual word is one where something follows that it introduces.
        kind if kind.is_contextual() && introduces(after) => Some(Paint::Keyword),
        kind if kind.is_name() => Some(paint_of_name(text, tokens, index)),
        kind if kind.is_open() || kind.is_close() => None,
        Kind::Comma | Kind::Semicolon | Kind::Eof => None,
        _ => Some(Paint::Operator),
    }
}

fn introduces(after: Option<Kind>) -> bool {
    after.is_some_and(|kind| kind.is_name() || matches!(kind, Kind::Fn | Kind::String | Kind::OpenBrace))
}

fn paint_of_name(text: &str, tokens: &[Token], index: usize) -> Paint {
    let token = &tokens[index];
    let name = &text[token.start as usize..token.end as usize];
    let is_called =
        tokens.get(index + 1).is_some_and(|next| next.kind == Kind::OpenParen && next.start == token.end);
    if name.starts_with(char::is_uppercase) {
        Paint::Type
    } else if is_called {
        Paint::Function
    } else {
        Paint::Name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Paint)]) {
        let found: Vec<(&str, Paint)> =
            paint(text).into_iter().map(|piece| (&text[piece.range], piece.paint)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tokens_are_what_they_look_like() {
        check(
            "let a = f(1) // one",
            &[
                ("let", Paint::Keyword),
                ("a", Paint::Name),
                ("=", Paint::Operator),
                ("f", Paint::Function),
                ("1", Paint::Number),
                ("// one", Paint::Comment),
            ],
        );
        check("x.test", &[("x", Paint::Name), (".", Paint::Operator), ("test", Paint::Property)]);
        check("record", &[("record", Paint::Name)]);
        check("nil", &[("nil", Paint::Constant)]);
    }
}
