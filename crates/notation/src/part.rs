//! The part of a support module that a program needs: a program pays at its start for what it uses, and no more.
//!
//! An item begins at the start of a line with one of the words of `BEGINNINGS`, so that no parser is needed here; lines
//! of other items become empty, which leaves every place in the text where it was. Whatever word stands in an item that
//! is needed names another one that is: that may be too many, and is never too few.

use std::collections::{BTreeMap, BTreeSet};

const BEGINNINGS: &[&str] = &["pub", "fn", "class", "record", "let", "import", "enum", "actor", "trait"];

/// The text with the items that `roots` need and no others.
pub fn needed(text: &str, roots: &BTreeSet<&str>) -> String {
    let items = items(text);
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        by_name.entry(name(item)).or_default().push(index);
    }
    let mut is_needed = vec![false; items.len()];
    let mut waiting: Vec<&str> = roots.iter().copied().collect();
    while let Some(word) = waiting.pop() {
        // Every word is looked at once: what it names is taken out.
        for index in by_name.remove(word).unwrap_or_default() {
            is_needed[index] = true;
            waiting.extend(words(items[index]).filter(|word| by_name.contains_key(word)));
        }
    }
    let mut result = String::with_capacity(text.len());
    for (item, is_needed) in items.iter().zip(is_needed) {
        match is_needed {
            true => result.push_str(item),
            false => result.extend(item.bytes().filter(|byte| *byte == b'\n').map(char::from)),
        }
    }
    result
}

/// The items of a text; what stands before the first is one too.
fn items(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let first = words(line).next().unwrap_or_default();
        if at > start && line.starts_with(first) && BEGINNINGS.contains(&first) {
            items.push(&text[start..at]);
            start = at;
        }
        at += line.len();
    }
    items.push(&text[start..]);
    items
}

/// The name that an item declares.
fn name(item: &str) -> &str {
    words(item).find(|word| !BEGINNINGS.contains(word)).unwrap_or_default()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '?');
    text.split(move |letter| !is_part(letter)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "import io\n\npub fn a(x) = b(x)\nfn b(x) {\n    c(x)\n}\nfn c(x) { io.size(x) }\n// next\npub fn d() = 1\nlet e? = 2\n";

    #[test]
    fn what_is_needed_stays_where_it_was() {
        let part = needed(TEXT, &BTreeSet::from(["b"]));
        assert_eq!(part, "import io\n\n\nfn b(x) {\n    c(x)\n}\nfn c(x) { io.size(x) }\n// next\n\n\n");
        assert_eq!(needed(TEXT, &BTreeSet::from(["e?"])).trim(), "let e? = 2");
        assert_eq!(needed(TEXT, &BTreeSet::from(["nothing"])).trim(), "");
    }

    #[test]
    fn a_text_without_items_is_left_out() {
        assert_eq!(needed("", &BTreeSet::new()), "");
        assert_eq!(needed("// é\n", &BTreeSet::new()), "\n");
    }
}
