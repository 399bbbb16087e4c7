//! The part of a support module that a program needs: a program pays at its start for what it uses, and no more.
//!
//! The module is read as tokens. An item begins with a word of declarations that stands first in its line, outside of all
//! brackets; a name in it that is no member of something else (`.name`) and no label (`name:`) may be that of another
//! item, which is needed too. That may be one too many, where a variable is called like an item, and never one too few.
//! Items that are left out become empty lines, so that every place in the text stays where it was.

use std::collections::{BTreeMap, BTreeSet};

use diag::FileId;
use syntax::lexer;
use syntax::token::{Kind, Token, flag};

/// A declaration of the module.
struct Item<'t> {
    start: usize,
    name: &'t str,
    /// The names in it.
    mentions: BTreeSet<&'t str>,
}

/// The text with the items that `roots` need and no others.
pub fn needed(text: &str, roots: &BTreeSet<&str>) -> String {
    let items = items(text);
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        by_name.entry(item.name).or_default().push(index);
    }
    let mut is_needed = vec![false; items.len()];
    let mut waiting: Vec<&str> = roots.iter().copied().collect();
    while let Some(name) = waiting.pop() {
        // Every name is looked at once: what it means is taken out.
        for index in by_name.remove(name).unwrap_or_default() {
            is_needed[index] = true;
            waiting.extend(items[index].mentions.iter().filter(|name| by_name.contains_key(*name)));
        }
    }
    let mut result = String::with_capacity(text.len());
    let mut blank = |text: &str, is_needed: bool| match is_needed {
        true => result.push_str(text),
        false => result.extend(text.bytes().filter(|byte| *byte == b'\n').map(char::from)),
    };
    let first = items.first().map_or(text.len(), |item| item.start);
    blank(&text[..first], false);
    for (index, item) in items.iter().enumerate() {
        let end = items.get(index + 1).map_or(text.len(), |next| next.start);
        blank(&text[item.start..end], is_needed[index]);
    }
    result
}

/// The items of a text, in order.
fn items(text: &str) -> Vec<Item<'_>> {
    let tokens = lexer::lex(text, FileId(0)).tokens;
    let word = |token: &Token| &text[token.start as usize..token.end as usize];
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| tokens[index].kind);
        let is_first = before.is_none() || token.has(flag::NEWLINE_BEFORE);
        if depth == 0 && is_first && declares(token.kind) {
            let declared = tokens[index..].iter().find(|token| !declares(token.kind) && token.kind.is_name());
            let name = declared.map_or("", word);
            items.push(Item { start: token.start as usize, name, mentions: BTreeSet::new() });
        }
        if token.kind.is_open() || matches!(token.kind, Kind::TemplateStart | Kind::TemplateOpen) {
            depth += 1;
        } else if token.kind.is_close() || matches!(token.kind, Kind::TemplateEnd | Kind::TemplateClose) {
            depth = depth.saturating_sub(1);
        }
        let is_member = matches!(before, Some(Kind::Dot | Kind::QuestionDot));
        let is_label = tokens.get(index + 1).is_some_and(|next| next.kind == Kind::Colon);
        if token.kind.is_name()
            && !is_member
            && !is_label
            && let Some(item) = items.last_mut()
        {
            item.mentions.insert(word(token));
        }
    }
    items
}

/// Whether a word begins a declaration.
fn declares(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Pub | Fn
            | Class
            | Let
            | Import
            | WordRecord
            | WordEnum
            | WordActor
            | WordTrait
            | WordModule
            | WordMacro
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "import io\n\npub fn a(x) = b(x)\nfn b(x) {\n    c(x)\n}\nfn c(x) { io.size(x) }\n// d\npub fn d() = \"${c(1)} a\".b(e: 1)\nlet e? = 2\nfn e() = [\nlet,\nd]\n";

    #[test]
    fn what_is_needed_stays_where_it_was() {
        let part = needed(TEXT, &BTreeSet::from(["b"]));
        assert_eq!(part, "import io\n\n\nfn b(x) {\n    c(x)\n}\nfn c(x) { io.size(x) }\n// d\n\n\n\n\n\n");
        assert_eq!(needed(TEXT, &BTreeSet::from(["e?"])).trim(), "let e? = 2");
        assert_eq!(needed(TEXT, &BTreeSet::from(["nothing"])).trim(), "");
    }

    #[test]
    fn members_labels_comments_and_texts_name_nothing() {
        let part = needed(TEXT, &BTreeSet::from(["d"]));
        let first_words: Vec<&str> = part.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(
            first_words,
            ["import io", "fn c(x) { io.size(x) }", "// d", "pub fn d() = \"${c(1)} a\".b(e: 1)"]
        );
    }

    #[test]
    fn a_text_without_items_is_left_out() {
        assert_eq!(needed("", &BTreeSet::new()), "");
        assert_eq!(needed("// é\n", &BTreeSet::new()), "\n");
    }
}
