//! Declarations of a file, and which of them a name means.
//!
//! Names are found from tokens: a keyword and a name is a declaration, brackets are scopes. So everything here works
//! while a text is being typed and does not parse. What it cannot know (members of values) it does not claim: a name
//! after a dot means no declaration here.

use diag::FileId;
use syntax::Tree;
use syntax::token::{Kind, Role, Token};

use crate::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    Variable,
    Parameter,
    Function,
    Class,
    Module,
    Macro,
    Import,
}

/// Where a name is declared, and where it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub name: String,
    pub kind: DeclarationKind,
    /// The name itself.
    pub range: Range,
    /// The text in which the name means this.
    pub scope: Range,
    /// The declaration's first line, as hover shows it.
    pub line: String,
    /// The text of the `///` comments above it.
    pub documentation: String,
}

/// The names of one text.
pub struct Names {
    pub declarations: Vec<Declaration>,
    /// Every name that is not a member: its text's range.
    uses: Vec<Range>,
    text: String,
}

impl Names {
    pub fn of(text: &str) -> Names {
        let tree = Tree::parse(text, FileId(0));
        let reader = Reader { text, tokens: &tree.tokens };
        let mut declarations = Vec::new();
        for index in 0..tree.tokens.len() {
            reader.declare(index, &mut declarations);
        }
        let uses =
            (0..tree.tokens.len()).filter(|&index| reader.is_use(index)).map(|index| reader.range(index));
        Names { declarations, uses: uses.collect(), text: text.to_string() }
    }

    /// The name around a place of the text; a place just behind it counts.
    pub fn name_at(&self, offset: usize) -> Option<Range> {
        let inside = |range: &&Range| range.start <= offset && offset <= range.end;
        self.uses.iter().find(inside).cloned()
    }

    /// The declaration that the name around a place means.
    pub fn declaration_at(&self, offset: usize) -> Option<&Declaration> {
        self.declaration_of(&self.name_at(offset)?)
    }

    fn declaration_of(&self, place: &Range) -> Option<&Declaration> {
        let name = self.text.get(place.clone())?;
        let fits = |declaration: &&Declaration| {
            let in_scope = declaration.scope.start <= place.start && place.end <= declaration.scope.end;
            declaration.name == name && (in_scope || declaration.range == *place)
        };
        // The innermost scope wins, and in one scope the last one before the place.
        let rank = |declaration: &&Declaration| {
            let is_exact = declaration.range == *place;
            (is_exact, std::cmp::Reverse(declaration.scope.len()), declaration.range.start)
        };
        self.declarations.iter().filter(fits).max_by_key(rank)
    }

    /// Every place where a name means what it means here, the declaration included.
    pub fn references_at(&self, offset: usize) -> Vec<Range> {
        let Some(declaration) = self.declaration_at(offset) else { return Vec::new() };
        let same = |place: &&Range| self.declaration_of(place).is_some_and(|found| found == declaration);
        self.uses.iter().filter(same).cloned().collect()
    }

    /// What may be named at a place.
    pub fn visible_at(&self, offset: usize) -> impl Iterator<Item = &Declaration> {
        self.declarations
            .iter()
            .filter(move |declaration| declaration.scope.start <= offset && offset <= declaration.scope.end)
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn kind(&self, index: usize) -> Kind {
        self.tokens.get(index).map_or(Kind::Eof, |token| token.kind)
    }

    fn range(&self, index: usize) -> Range {
        self.tokens[index].start as usize..self.tokens[index].end as usize
    }

    fn text(&self, index: usize) -> &str {
        &self.text[self.range(index)]
    }

    /// Whether this is a name that stands for itself: no member, no key, no argument's name.
    fn is_use(&self, index: usize) -> bool {
        let after_dot = index > 0 && matches!(self.kind(index - 1), Kind::Dot | Kind::QuestionDot);
        let is_key = self.kind(index + 1) == Kind::Colon
            && index > 0
            && matches!(self.kind(index - 1), Kind::OpenParen | Kind::Comma | Kind::OpenBrace)
            && !self.is_parameter(index);
        self.kind(index).is_name() && !after_dot && !is_key
    }

    /// `(a: Int)` after `fn name`: the colon belongs to a type.
    fn is_parameter(&self, index: usize) -> bool {
        self.opener(index).is_some_and(|open| self.opens_parameters(open))
    }

    fn opens_parameters(&self, open: usize) -> bool {
        self.tokens[open].role == Role::OpenBar
            || (self.kind(open) == Kind::OpenParen
                && open >= 2
                && self.kind(open - 1).is_name()
                && self.introduces(open - 1))
            || (self.kind(open) == Kind::OpenParen && open >= 1 && self.kind(open - 1) == Kind::Fn)
    }

    /// Whether a declaring word stands before a name.
    fn introduces(&self, name: usize) -> bool {
        name > 0 && matches!(self.kind(name - 1), Kind::Fn | Kind::Star | Kind::WordRecord | Kind::WordMacro)
    }

    /// The innermost bracket around a token.
    fn opener(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|&open| {
            let token = &self.tokens[open];
            let is_open = token.kind.is_open() || token.role == Role::OpenBar;
            is_open && self.end_of(open) > index
        })
    }

    /// The token that closes a bracket or the bars of a closure.
    fn end_of(&self, open: usize) -> usize {
        if self.tokens[open].role == Role::OpenBar {
            let close =
                (open + 1..self.tokens.len()).find(|&index| self.tokens[index].role == Role::CloseBar);
            return close.unwrap_or(open);
        }
        (self.tokens[open].partner as usize).min(self.tokens.len().saturating_sub(1))
    }

    /// The block around a token, without its parameters; the whole text outside of all.
    fn scope(&self, index: usize) -> Range {
        let mut at = index;
        while let Some(open) = self.opener(at) {
            if matches!(self.kind(open), Kind::OpenBrace) {
                return self.tokens[open].start as usize..self.tokens[self.end_of(open)].end as usize;
            }
            at = open;
        }
        0..self.text.len()
    }

    /// Adds what the token at this place declares.
    fn declare(&self, index: usize, declarations: &mut Vec<Declaration>) {
        let next = index + 1;
        let single = match self.kind(index) {
            Kind::Let | Kind::Var => return self.declare_pattern(index, next, declarations),
            Kind::For => return self.declare_pattern(index, next, declarations),
            Kind::Catch if self.kind(next).is_name() => Some(DeclarationKind::Variable),
            Kind::Fn => {
                let name = next + usize::from(self.kind(next) == Kind::Star);
                self.declare_parameters(name, declarations);
                if self.kind(name).is_name() {
                    declarations.push(self.declaration(name, DeclarationKind::Function, self.scope(index)));
                }
                return;
            }
            Kind::Class | Kind::WordTrait | Kind::WordActor | Kind::WordEnum | Kind::WordRecord => {
                Some(DeclarationKind::Class)
            }
            Kind::WordModule => Some(DeclarationKind::Module),
            Kind::WordMacro => Some(DeclarationKind::Macro),
            Kind::Import => return self.declare_import(index, declarations),
            _ if self.tokens[index].role == Role::OpenBar => {
                return self.declare_closure(index, declarations);
            }
            _ => None,
        };
        if let Some(kind) = single.filter(|_| self.kind(next) == Kind::Ident) {
            let scope = match kind {
                DeclarationKind::Variable => self.body_after(next).unwrap_or_else(|| self.scope(index)),
                _ => self.scope(index),
            };
            declarations.push(self.declaration(next, kind, scope));
            if kind == DeclarationKind::Macro || self.kind(index) == Kind::WordRecord {
                self.declare_parameters(next, declarations);
            }
        }
    }

    /// The names between `let`, `var` or `for` and the `=` or `in` that ends their pattern.
    fn declare_pattern(&self, keyword: usize, first: usize, declarations: &mut Vec<Declaration>) {
        const PATTERN_TOKENS_MAX: usize = 64;
        let is_end =
            |kind: Kind| matches!(kind, Kind::Eq | Kind::In | Kind::Eof | Kind::Else | Kind::Let | Kind::Var);
        let end =
            (first..first + PATTERN_TOKENS_MAX).find(|&index| is_end(self.kind(index))).unwrap_or(first);
        let scope = match self.kind(keyword) {
            Kind::For => self.body_after(end).unwrap_or_else(|| self.scope(keyword)),
            _ => self.tokens[first.min(self.tokens.len() - 1)].start as usize..self.scope(keyword).end,
        };
        let mut in_type = false;
        for index in first..end {
            match self.kind(index) {
                Kind::Colon => in_type = true,
                Kind::Comma => in_type = false,
                kind if kind.is_name() && !in_type && self.kind(index + 1) != Kind::OpenParen => {
                    declarations.push(self.declaration(index, DeclarationKind::Variable, scope.clone()));
                }
                _ => {}
            }
        }
    }

    /// The block that begins after a place, before the statement ends.
    fn body_after(&self, index: usize) -> Option<Range> {
        const HEAD_TOKENS_MAX: usize = 256;
        let open = (index..index + HEAD_TOKENS_MAX)
            .find(|&index| self.kind(index) == Kind::OpenBrace && self.tokens[index].role == Role::Block)?;
        let start = self.tokens[index].start as usize;
        Some(start..self.tokens[self.end_of(open)].end as usize)
    }

    /// Parameters in the parentheses after a name; they reach to the end of the body.
    fn declare_parameters(&self, name: usize, declarations: &mut Vec<Declaration>) {
        let open = if self.kind(name) == Kind::OpenParen { name } else { name + 1 };
        if self.kind(open) != Kind::OpenParen {
            return;
        }
        let close = self.end_of(open);
        let body = match self.kind(close + 1) {
            Kind::OpenBrace => self.tokens[self.end_of(close + 1)].end as usize,
            _ => self.line_end(close),
        };
        self.declare_list(open, close, self.tokens[open].start as usize..body, declarations);
    }

    fn declare_closure(&self, open: usize, declarations: &mut Vec<Declaration>) {
        let close = self.end_of(open);
        let end = match self.kind(close + 1) {
            Kind::OpenBrace => self.tokens[self.end_of(close + 1)].end as usize,
            _ => match self.opener(open) {
                Some(around) => self.tokens[self.end_of(around)].start as usize,
                None => self.line_end(close),
            },
        };
        self.declare_list(open, close, self.tokens[open].start as usize..end, declarations);
    }

    /// The names of a list of parameters: each after the opening or a comma of the list itself.
    fn declare_list(&self, open: usize, close: usize, scope: Range, declarations: &mut Vec<Declaration>) {
        let mut expected = true;
        let mut index = open + 1;
        while index < close {
            match self.kind(index) {
                Kind::Comma => expected = true,
                Kind::Ellipsis | Kind::DotDot => {}
                kind if kind.is_open() => index = self.end_of(index).max(index),
                kind if kind.is_name() && expected => {
                    declarations.push(self.declaration(index, DeclarationKind::Parameter, scope.clone()));
                    expected = false;
                }
                _ => expected = false,
            }
            index += 1;
        }
    }

    /// `import a.b`, `import "x" as y { c, d as e }`.
    fn declare_import(&self, keyword: usize, declarations: &mut Vec<Declaration>) {
        let mut index = keyword + 1;
        let mut last = None;
        while self.kind(index).is_name() || matches!(self.kind(index), Kind::Dot | Kind::String) {
            if self.kind(index) == Kind::WordAs {
                last = Some(index + 1);
                index += 1;
            } else if self.kind(index).is_name() {
                last = Some(index);
            }
            index += 1;
            if self.tokens.get(index).is_some_and(|_| self.starts_line(index)) {
                break;
            }
        }
        let names: Vec<usize> = match self.kind(index) {
            Kind::OpenBrace if !self.starts_line(index) => {
                (index + 1..self.end_of(index)).filter(|&at| self.is_imported_name(at)).collect()
            }
            _ => last.into_iter().filter(|&at| self.kind(at).is_name()).collect(),
        };
        for name in names {
            declarations.push(self.declaration(name, DeclarationKind::Import, 0..self.text.len()));
        }
    }

    /// In `{ c, d as e }` the last name of each entry is the one that is known here.
    fn is_imported_name(&self, index: usize) -> bool {
        self.kind(index).is_name()
            && self.kind(index) != Kind::WordAs
            && matches!(self.kind(index + 1), Kind::Comma | Kind::CloseBrace)
    }

    fn starts_line(&self, index: usize) -> bool {
        let before = if index == 0 { 0 } else { self.tokens[index - 1].end as usize };
        self.text[before..self.tokens[index].start as usize].contains('\n')
    }

    fn line_end(&self, index: usize) -> usize {
        let from = self.tokens[index].end as usize;
        self.text[from..].find('\n').map_or(self.text.len(), |length| from + length)
    }

    fn declaration(&self, index: usize, kind: DeclarationKind, scope: Range) -> Declaration {
        let range = self.range(index);
        let line_start = self.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        Declaration {
            name: self.text(index).to_string(),
            kind,
            range,
            scope,
            line: line.trim().trim_end_matches('{').trim_end().to_string(),
            documentation: documentation_above(&self.text[..line_start]),
        }
    }
}

/// The `///` lines that a text ends in.
fn documentation_above(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().rev().map_while(|line| line.trim_start().strip_prefix("///")).collect();
    let lines = lines.iter().rev().map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `^` marks the place that is asked about; it is taken out.
    fn references(marked: &str) -> Vec<(usize, String)> {
        let offset = marked.find('^').expect("a mark");
        let text = marked.replacen('^', "", 1);
        let names = Names::of(&text);
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        names
            .references_at(offset)
            .into_iter()
            .map(|range| (line(range.start), text[range].to_string()))
            .collect()
    }

    fn lines(marked: &str) -> Vec<usize> {
        references(marked).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn variables_parameters_and_functions_are_told_apart() {
        assert_eq!(lines("let ^a = 1\nprint(a)\nb.a\n"), [1, 2]);
        assert_eq!(lines("let a = 1\nfn f(a) {\n  ^a + 1\n}\na\n"), [2, 3]);
        assert_eq!(lines("fn f(x) = x\n^f(1)\nf(2)\n"), [1, 2, 3]);
        assert_eq!(lines("let g = |x, y| x + ^y\nlet y = 1\n"), [1, 1]);
        assert_eq!(lines("for i in 0..3 {\n  print(^i)\n}\nlet i = 1\n"), [1, 2]);
    }

    #[test]
    fn inner_names_hide_outer_ones() {
        assert_eq!(lines("let a = 1\nif true {\n  let a = 2\n  print(^a)\n}\nprint(a)\n"), [3, 4]);
        assert_eq!(lines("let ^a = 1\nif true {\n  let a = 2\n  print(a)\n}\nprint(a)\n"), [1, 6]);
    }

    #[test]
    fn imports_and_classes_are_declarations() {
        assert_eq!(lines("import \"./x\" { a, b as c }\n^c(1)\n"), [1, 2]);
        assert_eq!(lines("import math\n^math.pi\n"), [1, 2]);
        assert_eq!(lines("class Point { }\nlet p = ^Point()\n"), [1, 2]);
    }

    #[test]
    fn a_text_that_is_being_typed_is_no_trouble() {
        for text in
            ["let", "fn", "for x in", "import", "let a = ", "|a, |", "class {", "fn f(", "import \"x\" {"]
        {
            let names = Names::of(text);
            let _ = names.references_at(text.len());
        }
    }

    #[test]
    fn documentation_stands_above() {
        let names = Names::of("/// Adds.\n/// Twice.\nfn add(a) { a }\n");
        let add = names.declarations.iter().find(|found| found.name == "add").expect("declared");
        assert_eq!((add.documentation.as_str(), add.line.as_str()), ("Adds.\nTwice.", "fn add(a) { a }"));
    }
}
