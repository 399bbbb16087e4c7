//! Tokens: the table of their kinds, and what the lexer records about each.
//!
//! Invariant: the tokens of a text and its trivia (blanks and comments) together are the text, in order and
//! without overlap, so that nothing is lost.

/// Calls the given macro with the token table: kinds with a fixed spelling, then words, then the rest.
#[macro_export]
macro_rules! for_each_token {
    ($apply:ident) => {
        $apply! {
            punctuation {
                OpenParen "(", CloseParen ")", OpenBracket "[", CloseBracket "]", OpenBrace "{", CloseBrace "}",
                HashBrace "#{", QuestionBracket "?[", Comma ",", Semicolon ";", Colon ":", Dollar "$",
                Dot ".", QuestionDot "?.", DotDot "..", DotDotEq "..=", Ellipsis "...", Arrow "->", FatArrow "=>",
                Eq "=", EqEq "==", NotEq "!=", Less "<", LessEq "<=", Greater ">", GreaterEq ">=",
                Plus "+", Minus "-", Star "*", StarStar "**", Slash "/", TildeSlash "~/", Percent "%",
                Amp "&", AmpAmp "&&", Bar "|", BarBar "||", Caret "^", Tilde "~", Bang "!",
                ShiftLeft "<<", ShiftRight ">>", PipeInto "|>", Coalesce "??", Question "?",
                PlusEq "+=", MinusEq "-=", StarEq "*=", SlashEq "/=", TildeSlashEq "~/=", PercentEq "%=",
                StarStarEq "**=", AmpEq "&=", BarEq "|=", CaretEq "^=", ShiftLeftEq "<<=", ShiftRightEq ">>=",
                CoalesceEq "??=",
            }
            contextual {
                WordRecord "record", WordActor "actor", WordTrait "trait", WordModule "module", WordMacro "macro",
                WordEnum "enum", WordTest "test", WordBench "bench", WordQuote "quote", WordScope "scope",
                WordSelect "select", WordNative "native",
                WordCast "cast", WordGet "get", WordStatic "static", WordAs "as",
            }
            reserved {
                Let "let", Var "var", Fn "fn", Return "return", If "if", Else "else", Match "match", While "while",
                For "for", In "in", Loop "loop", Break "break", Continue "continue", Class "class",
                SelfWord "self", Super "super", Pub "pub", Import "import", Try "try", Catch "catch",
                Finally "finally", Throw "throw", Defer "defer", Spawn "spawn", Receive "receive", After "after",
                Async "async", Await "await", Yield "yield", Assert "assert", Is "is",
                True "true", False "false", Nil "nil",
            }
            other {
                Ident "a name", Int "a number", Float "a number", Char "a character", String "a string",
                RawString "a raw string", Bytes "a byte string", Regex "a regex", Symbol "a symbol",
                TemplateStart "a string", TemplateText "text", TemplateOpen "${", TemplateClose "}",
                TemplateEnd "the end of a string", FormatColon ":", FormatText "a format",
                Eof "the end of the file",
            }
        }
    };
}

macro_rules! define_kinds {
    (punctuation { $($punct:ident $punct_text:literal,)* }
     contextual { $($context:ident $context_text:literal,)* }
     reserved { $($reserved:ident $reserved_text:literal,)* }
     other { $($other:ident $other_text:literal,)* }) => {
        /// What a token is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Kind { $($punct,)* $($context,)* $($reserved,)* $($other,)* }

        impl Kind {
            /// The spelling, or what to call it in a message.
            pub fn text(self) -> &'static str {
                match self {
                    $(Kind::$punct => $punct_text,)*
                    $(Kind::$context => $context_text,)*
                    $(Kind::$reserved => $reserved_text,)*
                    $(Kind::$other => $other_text,)*
                }
            }

            /// Whether the spelling is fixed, so that messages may quote it.
            pub fn is_fixed(self) -> bool {
                !matches!(self, $(Kind::$other)|*)
            }

            /// Words that are keywords only where the grammar asks for them.
            pub fn is_contextual(self) -> bool {
                matches!(self, $(Kind::$context)|*)
            }

            pub fn is_reserved(self) -> bool {
                matches!(self, $(Kind::$reserved)|*)
            }

            /// The kind of a word: a keyword or a plain name.
            pub fn of_word(word: &str) -> Kind {
                match word {
                    $($context_text => Kind::$context,)*
                    $($reserved_text => Kind::$reserved,)*
                    _ => Kind::Ident,
                }
            }
        }

        /// Every word that is a keyword somewhere.
        pub const KEYWORDS: &[&str] = &[$($context_text,)* $($reserved_text,)*];
    };
}

for_each_token!(define_kinds);

impl Kind {
    /// A name where keywords are not names: plain names and contextual words.
    pub fn is_name(self) -> bool {
        self == Kind::Ident || self.is_contextual()
    }

    /// A name where every word is one: after `.`, before `:`.
    pub fn is_word(self) -> bool {
        self.is_name() || self.is_reserved()
    }

    pub fn is_open(self) -> bool {
        matches!(
            self,
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace | Kind::HashBrace | Kind::QuestionBracket
        )
    }

    pub fn is_close(self) -> bool {
        matches!(self, Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace)
    }

    /// The bracket that closes this one.
    pub fn closer(self) -> Option<Kind> {
        match self {
            Kind::OpenParen => Some(Kind::CloseParen),
            Kind::OpenBracket | Kind::QuestionBracket => Some(Kind::CloseBracket),
            Kind::OpenBrace | Kind::HashBrace => Some(Kind::CloseBrace),
            Kind::TemplateOpen => Some(Kind::TemplateClose),
            Kind::TemplateStart => Some(Kind::TemplateEnd),
            _ => None,
        }
    }
}

/// What the parser found a token to be, where its kind alone does not say; the formatter reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Role {
    #[default]
    Plain,
    /// `-`, `!`, `~`, `^`, `..`, `...`, `$` before an operand.
    Prefix,
    /// A binary operator, an assignment, `=`.
    Infix,
    /// `(`, `[`, `?[`, or the `!` of a macro, after an operand.
    Postfix,
    /// The bars of a closure.
    OpenBar,
    CloseBar,
    /// `{` of a block.
    Block,
    /// `{` of a map or a map pattern.
    Map,
    /// `{` of a list of imports.
    Import,
    /// `{` of a body of members, variants or arms.
    Body,
    /// A range operator.
    Range,
    /// The name of an operator method.
    OperatorName,
}

/// Bits of `Token::flags`.
pub mod flag {
    /// A line break stands between this token and the one before it.
    pub const NEWLINE_BEFORE: u8 = 1;
    /// A blank, a comment or a line break stands before this token.
    pub const SPACE_BEFORE: u8 = 2;
    /// A documentation comment stands before this token.
    pub const DOC_BEFORE: u8 = 4;
    /// An opening bracket without a closing one: the lexer has reported it.
    pub const UNCLOSED: u8 = 8;
    /// The lexer reported a mistake in this token or directly before it.
    pub const BROKEN: u8 = 16;
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub flags: u8,
    pub role: Role,
    pub start: u32,
    pub end: u32,
    /// For brackets and the ends of templates: the index of the other one. Of an unclosed one, the index of the
    /// token that ends what it holds.
    pub partner: u32,
}

impl Token {
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TriviaKind {
    LineComment,
    DocComment,
    BlockComment,
    /// `#!` at the start of the file.
    Shebang,
    /// Characters that no token starts with, and closing brackets without an opening one.
    Garbage,
}

/// A comment, or text that is no token. Blanks are what lies between.
#[derive(Clone, Copy, Debug)]
pub struct Trivia {
    pub kind: TriviaKind,
    pub start: u32,
    pub end: u32,
    /// The index of the token that follows.
    pub before: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_small() {
        assert_eq!(size_of::<Token>(), 16);
    }

    #[test]
    fn words_are_found() {
        assert_eq!(Kind::of_word("let"), Kind::Let);
        assert_eq!(Kind::of_word("record"), Kind::WordRecord);
        assert_eq!(Kind::of_word("recorder"), Kind::Ident);
        assert!(Kind::WordRecord.is_name() && !Kind::Let.is_name() && Kind::Let.is_word());
    }
}
