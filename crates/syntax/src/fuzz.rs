//! Properties of the syntax as plain functions of bytes: each panics when its property does not hold.
//!
//! Any driver can feed them: the tests of this crate, a long run, a coverage-guided fuzzer. Arbitrary bytes rarely
//! look like a program, so the first byte chooses how the rest becomes text: as it is, as a soup of tokens, or as
//! changes to a program that uses every form.

use diag::{FileId, Severity, Span};

use crate::token::KEYWORDS;
use crate::{Tree, sexpr};

const FILE: FileId = FileId(0);

/// A program in which every form of the language occurs.
pub const EVERY_FORM: &str = include_str!("sexpr/every_form.dn");

/// What a soup is made of, besides the keywords.
const FRAGMENTS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    "?[",
    ",",
    ";",
    ":",
    "$",
    ".",
    "?.",
    "..",
    "..=",
    "...",
    "->",
    "=>",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "**",
    "/",
    "~/",
    "%",
    "&",
    "&&",
    "|",
    "||",
    "^",
    "~",
    "!",
    "<<",
    ">>",
    "|>",
    "??",
    "?",
    "+=",
    "??=",
    "\n",
    "\n",
    "\n",
    " ",
    "x",
    "y",
    "Point",
    "f(",
    "1",
    "2.5",
    "5s",
    "0xff",
    "'c'",
    "\"s\"",
    "\"${",
    "\"\"\"",
    "\"",
    ":ok",
    "r\"raw\"",
    "b\"b\"",
    "re\"x\"",
    "// c\n",
    "/// doc\n",
    "/* c */",
    "/*",
    "_",
    "name:",
    "é",
    "\\",
    "'",
    "@",
    "1..",
    "x!(",
    "{a: 1}",
    "|x| ",
    "()",
    "[]",
    "{}",
];

/// The text that some bytes stand for.
pub fn text_of(bytes: &[u8]) -> String {
    match bytes.split_first() {
        None => String::new(),
        Some((choice, rest)) => match choice % 4 {
            0 => String::from_utf8_lossy(rest).into_owned(),
            1 => soup(rest),
            _ => changed(rest),
        },
    }
}

fn fragment(byte: u8) -> &'static str {
    let index = usize::from(byte) % (FRAGMENTS.len() + KEYWORDS.len());
    FRAGMENTS.get(index).copied().unwrap_or_else(|| KEYWORDS[index - FRAGMENTS.len()])
}

fn soup(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        text.push_str(fragment(byte));
        // Half of the fragments touch what follows, as tokens in a program do.
        if byte >= 128 {
            text.push(' ');
        }
    }
    text
}

/// A window of the program with every form, changed where each group of three bytes says.
fn changed(bytes: &[u8]) -> String {
    let mut lines: Vec<String> = EVERY_FORM.lines().map(str::to_string).collect();
    let [from, count, rest @ ..] = bytes else { return EVERY_FORM.to_string() };
    let first = usize::from(*from) % lines.len();
    lines.rotate_left(first);
    lines.truncate(1 + usize::from(*count) % 16);
    let mut text = lines.join("\n");
    for group in rest.chunks_exact(3).take(8) {
        let place = (usize::from(group[0]) << 8 | usize::from(group[1])) % (text.len() + 1);
        let place = (0..=place).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0);
        let end = (place + 1 + usize::from(group[2] & 7)).min(text.len());
        let end = (end..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
        match group[2] >> 6 {
            0 => text.replace_range(place..end, ""),
            1 => text.insert_str(place, fragment(group[2] ^ group[0])),
            2 => text.replace_range(place..end, fragment(group[2] ^ group[1])),
            _ => {
                let copy = text[place..end].to_string();
                text.insert_str(place, &copy);
            }
        }
    }
    text
}

/// Reading any text ends without a panic, loses nothing of it, and points only at places in it.
pub fn lex_parse(bytes: &[u8]) {
    check_parse(&text_of(bytes));
}

/// The property of `lex_parse` for one text; gives whether it is a program.
pub fn check_parse(text: &str) -> bool {
    let tree = Tree::parse(text, FILE);
    assert_eq!(tree.text(text), text, "the tree is not the text");
    let mut position = 0;
    for token in &tree.tokens {
        assert!(position <= token.start && token.start <= token.end, "tokens overlap");
        position = token.end;
    }
    for node in &tree.nodes {
        assert!(node.first < node.end && (node.end as usize) < tree.tokens.len(), "a node out of range");
    }
    for diagnostic in &tree.diagnostics {
        let inside = |span: Span| {
            assert!(span.start <= span.end, "a span that ends before it starts");
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "a span that is no place: {span:?}"
            );
        };
        inside(diagnostic.primary.span);
        diagnostic.secondary.iter().for_each(|label| inside(label.span));
    }
    let has_error_node = has_error_node(&sexpr::from_file(&tree.file));
    let has_error = tree.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(has_error || !has_error_node, "an error node without a diagnostic");
    !has_error
}

/// Whether a place that did not parse is in a form. Names are atoms, so a list `(error)` is nothing else.
fn has_error_node(form: &sexpr::Sexpr) -> bool {
    let sexpr::SexprKind::List(list) = &form.kind else { return false };
    matches!(form.as_form(), Some((head, [])) if *head == "error") || list.iter().any(has_error_node)
}

/// A program that parses is the same after going through its S-expression form and that form's text.
pub fn sexpr_round_trip(bytes: &[u8]) {
    check_sexpr(&text_of(bytes));
}

/// The property of `sexpr_round_trip` for one text; gives whether it is a program.
pub fn check_sexpr(text: &str) -> bool {
    if let Ok(forms) = sexpr::read(text, FILE) {
        for form in &forms {
            let again = sexpr::read(&sexpr::print(form), FILE);
            assert_eq!(again.as_deref(), Ok(std::slice::from_ref(form)), "a form prints differently");
            // Most forms are no programs; refusing them must not panic.
            let _ = sexpr::to_file(form);
        }
    }
    let tree = Tree::parse(text, FILE);
    if tree.has_errors() {
        return false;
    }
    let form = sexpr::from_file(&tree.file);
    let read = sexpr::read(&sexpr::print(&form), FILE);
    assert_eq!(read.as_deref(), Ok(std::slice::from_ref(&form)), "the text of the form is another form");
    let file = sexpr::to_file(&form).unwrap_or_else(|diagnostic| panic!("{diagnostic:?}\n{text}"));
    assert_eq!(sexpr::from_file(&file), form, "the form is another program");
    true
}
