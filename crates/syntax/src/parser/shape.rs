//! Shapes of other languages, told by what was expected, what stands there and what stands before it.
//!
//! Each row names a mistake in one line and says in another what to write here. Nothing is consumed: the one who
//! expected something else goes on as with any other mistake.

use super::Parser;
use super::foreign::MEMBER_END;
use crate::token::Kind;

/// What is wrong, and what to write instead.
pub(super) type Habit = (&'static str, &'static str);

const NO_WALRUS: Habit = ("there is no `:=`", "declare with `let` or `var`, assign with `=`");
pub(super) const NO_COUNTER: Habit = ("a loop has no counter of its own", "write `for i in 0..n { ... }`");

impl Parser<'_> {
    /// The habit of another language that explains the current token, where `expected` should stand.
    pub(super) fn foreign_shape(&self, expected: &str) -> Option<Habit> {
        let found = match expected {
            "a type" => self.habit_of_type(),
            "an expression" => self.habit_of_operand(),
            "a pattern" => self.habit_of_pattern(),
            "`in`" => self.habit_of_loop(),
            "`=`" => self.habit_of_binding(),
            "`{`" | "`(`" | "`{` or `(`" => self.habit_of_head(expected),
            "a line break or `;`" => self.habit_of_statement(),
            _ => None,
        };
        found.or_else(|| self.habit_of_list(expected)).or_else(|| self.habit_anywhere(expected))
    }

    /// The kind of the token `steps` before the current one.
    fn before(&self, steps: usize) -> Kind {
        self.position.checked_sub(steps).map_or(Kind::Eof, |index| self.tokens[index].kind)
    }

    fn text_before(&self, steps: usize) -> &str {
        let token = self.position.checked_sub(steps).map(|index| self.tokens[index]);
        token.map_or("", |token| &self.source[token.start as usize..token.end as usize])
    }

    /// Whether the token after the current one is `next` and touches it.
    fn touching(&self, next: Kind) -> bool {
        self.kind_at(1) == next && self.touches(1)
    }

    fn habit_of_type(&self) -> Option<Habit> {
        Some(match self.current {
            Kind::OpenBracket => ("a type is a name", "the type of a list is written `List[Int]`"),
            Kind::CloseParen if self.before(1) == Kind::OpenParen => {
                ("there is no type `()`", "write `Nil`, or leave it out")
            }
            Kind::Question => ("there is no `?` before a type", "write `Int | Nil`"),
            Kind::Eq if self.touches(0) => NO_WALRUS,
            Kind::Ident if self.text() == "not" => {
                ("`not` has no meaning here", "write `x !is Type`, or for nil `x != nil`")
            }
            Kind::Int | Kind::Float | Kind::String | Kind::TemplateStart | Kind::True | Kind::False => {
                ("a type follows the colon", "a default is written `name = value`")
            }
            _ => return None,
        })
    }

    fn habit_of_operand(&self) -> Option<Habit> {
        Some(match self.current {
            Kind::Percent if self.kind_at(1) == Kind::OpenBrace => {
                ("there is no `%{`", "a map is written `{name: value}`")
            }
            Kind::Slash => ("slashes make no regular expression", "write `re\"...\"`"),
            Kind::Star | Kind::Amp => ("there are no pointers", "leave the sign out"),
            Kind::Plus if self.touching(Kind::Plus) => ("there is no `++`", "write `x += 1`"),
            Kind::Plus => ("there is no sign `+`", "leave it out"),
            Kind::Greater if self.before(1) == Kind::Less && self.touches(0) => {
                ("there is no `<>`", "write `!=`")
            }
            Kind::Greater if self.before(1) == Kind::LessEq && self.touches(0) => {
                ("there is no `<=>`", "compare with `<`; to sort by a key, write `xs.sort_by(|x| key)`")
            }
            Kind::OpenBrace if self.before(1) == Kind::While => {
                ("a `while` needs a condition", "an endless loop is written `loop { ... }`")
            }
            Kind::OpenBrace if self.before(1) == Kind::If => {
                ("an `if` needs a condition", "write `if condition { ... }`")
            }
            Kind::OpenBrace if self.before(1) == Kind::Match => {
                ("a `match` needs a value", "write `match value { pattern => result }`")
            }
            _ => return None,
        })
    }

    fn habit_of_pattern(&self) -> Option<Habit> {
        Some(match self.current {
            Kind::Star => ("a star takes no arguments", "what is left is taken by `...args`"),
            Kind::StarStar => ("nothing collects named arguments", "name each parameter, or take a map"),
            Kind::Amp => ("there are no references", "leave out the `&`"),
            _ => return None,
        })
    }

    fn habit_of_loop(&self) -> Option<Habit> {
        Some(match self.current {
            Kind::Eq => NO_COUNTER,
            Kind::Comma => (
                "several names are one pattern",
                "write `for (i, x) in xs.enumerate()`, or `for (k, v) in map`",
            ),
            Kind::Ident if self.text() == "of" => ("`of` has no meaning here", "write `for x in xs`"),
            _ => return None,
        })
    }

    fn habit_of_binding(&self) -> Option<Habit> {
        let ends = matches!(self.current, Kind::Eof | Kind::Semicolon | Kind::CloseBrace);
        Some(match self.current {
            Kind::Comma => ("several names are one pattern", "write `let (a, b) = (1, 2)`"),
            Kind::Ident if self.text() == "in" => return None,
            _ if ends || self.on_new_line() => {
                ("a binding needs a value", "where there is none yet, write `var x = nil`")
            }
            _ => return None,
        })
    }

    /// Between the name of something and its body.
    fn habit_of_head(&self, expected: &str) -> Option<Habit> {
        let upper_next = self.text_at(1).starts_with(char::is_uppercase);
        Some(match self.current {
            Kind::Less if expected == "`(`" => {
                ("there are no type parameters", "leave them out: a function takes values of any type")
            }
            Kind::Ident if expected == "`(`" && matches!(self.before(2), Kind::Fn | Kind::Star) => {
                ("parameters stand in parentheses", "write `fn name(a, b) { ... }`")
            }
            Kind::Ident if expected == "`(`" && self.before(1) == Kind::Fn => {
                ("parameters stand in parentheses", "a closure is written `|x| x + 1`")
            }
            Kind::OpenParen if self.before(1) == Kind::Ident && self.before(2) == Kind::Class => (
                "a class takes no parentheses",
                "a superclass follows `<`: `class A < B`; fields stand in the body",
            ),
            Kind::Comma if self.before(2) == Kind::Less => {
                ("a class has one superclass", "traits follow a colon: `class A < B: C`")
            }
            Kind::Colon if self.before(1) == Kind::CloseParen && upper_next => {
                ("the type of a result follows an arrow", "write `fn name(x) -> Type { ... }`")
            }
            Kind::Fn if expected == "`{` or `(`" => {
                ("`spawn` takes a block or a call", "write `spawn { ... }` or `spawn(f)`")
            }
            Kind::While if self.before(1) == Kind::Loop => {
                ("a `loop` has no condition", "write `while condition { ... }`")
            }
            Kind::Less => return None,
            _ if self.before(2) == Kind::Arrow && self.before(1) == Kind::Ident => {
                ("the type of the result follows an arrow", "a short body is written `fn f(x) = x + 1`")
            }
            _ => return None,
        })
    }

    fn habit_of_statement(&self) -> Option<Habit> {
        Some(match self.current {
            Kind::Comma => ("a comma joins no values here", "a tuple is written `(a, b)`, a set `#{a, b}`"),
            Kind::Colon if self.text_at(1).starts_with(char::is_uppercase) => {
                ("a declaration starts with `let` or `var`", "write `let name: Type = value`")
            }
            Kind::Colon if matches!(self.before(1), Kind::Int | Kind::Float | Kind::Symbol | Kind::Char) => (
                "this brace opens a block, not a map",
                "a key that is no name and no string stands in brackets: `{[1]: a}`",
            ),
            Kind::If => ("an `if` stands before its values", "write `if condition { a } else { b }`"),
            Kind::WordAs => ("no value is converted by `as`", "call what converts: `int(x)`, `x.str()`"),
            Kind::Bang if !self.touches(0) && !self.touches(1) => {
                ("there is no `!` between two values", "a message is sent by `pid.send(message)`")
            }
            _ => return None,
        })
    }

    /// Between the parts of a list of any kind: elements, entries, members.
    fn habit_of_list(&self, expected: &str) -> Option<Habit> {
        let of_key = matches!(self.before(1), Kind::String | Kind::Symbol | Kind::Int | Kind::TemplateClose);
        Some(match self.current {
            Kind::For if expected.starts_with("`,` or `]`") || expected.starts_with("`,` or `}`") => {
                ("there are no comprehensions", "write `xs.map(|x| ...)`, with `filter` before it to choose")
            }
            Kind::Colon if expected == "`]`" => ("a slice is a range", "write `xs[1..3]`"),
            Kind::FatArrow if of_key && expected != "`{`" => (
                "an entry of a map has a colon",
                "write `{name: value}`, and `{[key]: value}` where the key is no name and no string",
            ),
            Kind::OpenParen if self.before(1) == Kind::Ident && expected == MEMBER_END => (
                "a method starts with `fn`",
                "write `fn name(...) { ... }`; what makes an object ready is `fn init`",
            ),
            Kind::Eq if expected == MEMBER_END => ("a variant has no value", "leave it out"),
            _ => return None,
        })
    }

    fn habit_anywhere(&self, expected: &str) -> Option<Habit> {
        let wants_block = expected.starts_with("`{`");
        Some(match self.current {
            Kind::Question => {
                ("there is no `?:` operator", "write `if c { a } else { b }`; to replace nil, write `a ?? b`")
            }
            Kind::Colon if self.touching(Kind::Eq) => NO_WALRUS,
            Kind::Colon if wants_block => {
                ("expected a block, found `:`", "blocks are written in braces: `{ ... }`")
            }
            Kind::FatArrow if wants_block => {
                ("expected a body, found `=>`", "the body of a function is a block, or `= value`")
            }
            Kind::FatArrow | Kind::Arrow if !expected.starts_with("a pattern") => {
                ("an arrow makes no function", "a closure is written `|x| x + 1`")
            }
            Kind::Less if self.text_before(1).starts_with(char::is_uppercase) => {
                ("the arguments of a type stand in brackets", "write `List[Int]`")
            }
            Kind::OpenBrace if expected == "a name" && self.before(1) == Kind::Colon => {
                ("the names of traits follow the colon", "leave it out: the braces make the body")
            }
            Kind::OpenBrace | Kind::Star if expected == "a name" && self.before(1) == Kind::Import => (
                "the module stands first",
                "write `import \"./file\" { a, b }`, or `import \"./file\" as file`",
            ),
            _ if expected == "a name" && self.before(1) == Kind::Dot && self.before(2) == Kind::Int => {
                ("a number does not end in a point", "write `1.0`")
            }
            Kind::Eq if self.touches(0) && matches!(self.before(1), Kind::AmpAmp | Kind::BarBar) => {
                ("there is no such assignment", "write `a = a || b`")
            }
            _ => return None,
        })
    }
}
