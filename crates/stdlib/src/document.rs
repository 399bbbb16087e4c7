//! The reference of the library as a page, made from the documentation of rows and sources.

use std::fmt::Write as _;

use crate::sources::{Member, members, methods_of};

/// The text of docs/stdlib.md.
pub fn page() -> String {
    let mut out = String::from(
        "# The standard library\n\nMade from the documentation of the library itself; a test compares the two. \
         Every example runs as a test.\n\n",
    );
    out.push_str("## Functions that are visible everywhere\n\n");
    for row in crate::prelude_rows().filter(|row| !row.name.starts_with("__")) {
        entry(&mut out, row.name, row.signature, row.doc);
    }
    for (name, parameters, doc) in crate::prelude_functions() {
        entry(&mut out, name, &format!("({parameters})"), &doc);
    }
    for class in class_names() {
        let _ = writeln!(out, "## {class}\n");
        class_entries(&mut out, class);
    }
    for module in crate::module_names() {
        let _ = writeln!(out, "## Module {module}\n");
        for row in rows_of(module) {
            entry(&mut out, row.name, row.signature, row.doc);
        }
    }
    out.push_str("## What every iterable has\n\n");
    out.push_str(
        "List, Tuple, Map, Set, String, Bytes, IntArray, FloatArray, Range, generators and every class with the trait \
         `Iterable` have these methods, where a class says nothing else above.\n\n",
    );
    for member in members(include_str!("../dn/iterable.dn")) {
        member_entry(&mut out, "", &member);
    }
    out.push_str("## What is lazy\n\nOn ranges and generators these give a generator.\n\n");
    for member in members(include_str!("../dn/lazy.dn")) {
        member_entry(&mut out, "", &member);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn rows_of(owner: &str) -> impl Iterator<Item = &'static vm::BuiltinRow> {
    crate::ROWS.iter().copied().flatten().filter(move |row| row.split_name().0 == Some(owner))
}

/// Classes with rows or with Dunlin methods that they do not share, in the order of the rows.
fn class_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for owner in crate::ROWS.iter().copied().flatten().filter_map(|row| row.split_name().0) {
        if owner.starts_with(|c: char| c.is_ascii_uppercase()) && !names.contains(&owner) {
            names.push(owner);
        }
    }
    names
}

fn class_entries(out: &mut String, class: &str) {
    for row in rows_of(class) {
        let (_, name) = row.split_name();
        entry(out, &format!("{class}.{name}"), &without_self(row.signature), row.doc);
    }
    let shared = [include_str!("../dn/iterable.dn"), include_str!("../dn/lazy.dn")];
    for member in methods_of(class) {
        if !shared.iter().any(|text| text.contains(member.text)) {
            member_entry(out, &format!("{class}."), member);
        }
    }
}

fn without_self(signature: &str) -> String {
    signature.replacen("(self, ", "(", 1).replacen("(self)", "()", 1)
}

fn member_entry(out: &mut String, prefix: &str, member: &Member) {
    let (mut doc, mut head) = (String::new(), "");
    for line in member.text.lines() {
        match line.trim_start().strip_prefix("///") {
            Some(rest) => {
                doc.push_str(rest);
                doc.push('\n');
            }
            None => {
                head = line;
                break;
            }
        }
    }
    let signature =
        head.find('(').map_or("", |start| head[start..].rsplit_once(')').map_or("", |(list, _)| list));
    let signature = match signature.split_once(") = ") {
        Some((list, _)) => list,
        None => signature,
    };
    entry(out, &format!("{prefix}{}", member.name), &format!("{signature})"), &doc);
}

/// One entry: the signature, the sentences, the example as a block.
fn entry(out: &mut String, name: &str, signature: &str, doc: &str) {
    let _ = writeln!(out, "### `{name}{signature}`\n");
    let mut in_example = false;
    for line in doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match line.strip_prefix("    ") {
            Some(code) => {
                if !in_example {
                    out.push_str("```dunlin\n");
                    in_example = true;
                }
                let _ = writeln!(out, "{code}");
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out.push_str(if in_example { "```\n\n" } else { "\n" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_row_and_method_has_an_example() {
        for row in crate::ROWS.iter().copied().flatten().filter(|row| !row.name.starts_with("__")) {
            assert!(row.doc.lines().any(|line| line.starts_with("     ")), "{} has no example", row.name);
        }
        for class in ["List", "Map", "Set", "String", "Range", "Generator", "Iterable", "Int"] {
            for member in methods_of(class) {
                assert!(member.text.contains("    ///     "), "{class}.{} has no example", member.name);
            }
        }
    }

    #[test]
    fn the_page_in_the_documentation_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/stdlib.md");
        let page = page();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, &page).expect("docs/stdlib.md can be written");
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == page, "docs/stdlib.md is not current: run this test with UPDATE_EXPECT=1");
    }
}
