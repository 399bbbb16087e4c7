//! The property of the formatter as a plain function of bytes: it panics when the property does not hold.

use diag::FileId;
use syntax::Tree;

/// Formatting keeps the program and every comment, and formatting its result changes nothing.
pub fn fmt_idempotent(bytes: &[u8]) {
    check_text(&syntax::fuzz::text_of(bytes));
}

/// The property for one text; text that does not parse has it, and gives false.
pub fn check_text(source: &str) -> bool {
    let Ok(first) = crate::format(source) else { return false };
    let second = crate::format(&first);
    assert_eq!(second.as_deref(), Ok(first.as_str()), "formatting again changes the text of\n{source}");
    assert_eq!(program(&first), program(source), "formatting changed the program\n{source}\n-->\n{first}");
    assert_eq!(
        comments(&first),
        comments(source),
        "formatting changed the comments of\n{source}\n-->\n{first}"
    );
    true
}

fn program(source: &str) -> String {
    syntax::sexpr::print(&syntax::sexpr::from_file(&Tree::parse(source, FileId(0)).file))
}

/// The texts of the comments, without blanks at the ends of their lines.
fn comments(source: &str) -> Vec<String> {
    let tree = Tree::parse(source, FileId(0));
    let text = |start: u32, end: u32| source[start as usize..end as usize].trim_end().to_string();
    tree.trivia.iter().map(|piece| text(piece.start, piece.end)).collect()
}
