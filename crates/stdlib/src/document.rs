//! The reference of the library as a page, made from the documentation of rows and sources.

use std::fmt::Write as _;

use crate::sources::{Member, members, methods_of};

/// A part of the reference under one heading.
pub struct Section {
    pub heading: String,
    /// What holds for all of it, in Markdown; mostly nothing.
    pub about: &'static str,
    pub entries: Vec<Entry>,
}

/// What the library says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `print`, `List.push`, `math.floor`.
    pub name: String,
    /// `print(...values)`.
    pub signature: String,
    /// In Markdown, with the example as a block.
    pub text: String,
}

impl Entry {
    /// The last part of the name: `push`.
    pub fn member(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

const ITERABLE: &str = "List, Tuple, Map, Set, String, Bytes, IntArray, FloatArray, Range, generators and every class \
     with the trait `Iterable` have these methods, where a class says nothing else above.";

/// The whole reference, in its order.
pub fn sections() -> Vec<Section> {
    let section = |heading: &str, about, entries| Section { heading: heading.to_string(), about, entries };
    let rows = crate::prelude_rows().filter(|row| !row.name.starts_with("__"));
    let mut everywhere: Vec<Entry> = rows.map(|row| entry(row.name, row.signature, row.doc)).collect();
    let functions = crate::prelude_functions().into_iter();
    everywhere.extend(functions.map(|(name, parameters, doc)| entry(name, &format!("({parameters})"), &doc)));
    let mut sections = vec![section("Functions that are visible everywhere", "", everywhere)];
    sections.extend(class_names().into_iter().map(|class| section(class, "", class_entries(class))));
    for module in crate::module_names() {
        let entries = rows_of(module).map(|row| entry(row.name, row.signature, row.doc)).collect();
        sections.push(section(&format!("Module {module}"), "", entries));
    }
    let shared = |text: &'static str| members(text).iter().map(|member| member_entry("", member)).collect();
    let [iterable, lazy] = SHARED;
    sections.push(section("What every iterable has", ITERABLE, shared(iterable)));
    sections.push(section("What is lazy", "On ranges and generators these give a generator.", shared(lazy)));
    sections
}

/// The text of docs/stdlib.md.
pub fn page() -> String {
    let mut out = String::from(
        "# The standard library\n\nMade from the documentation of the library itself; a test compares the two. \
         Every example runs as a test.\n",
    );
    for section in sections() {
        let _ = writeln!(out, "\n## {}", section.heading);
        if !section.about.is_empty() {
            let _ = writeln!(out, "\n{}", section.about);
        }
        for entry in &section.entries {
            let _ = writeln!(out, "\n### `{}`\n\n{}", entry.signature, entry.text);
        }
    }
    out
}

/// The sources of methods that many classes have.
const SHARED: [&str; 2] = [include_str!("../dn/iterable.dn"), include_str!("../dn/lazy.dn")];

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

fn class_entries(class: &str) -> Vec<Entry> {
    let row_entry = |row: &'static vm::BuiltinRow| {
        let (_, name) = row.split_name();
        entry(&format!("{class}.{name}"), &without_self(row.signature), row.doc)
    };
    let is_own = |member: &&Member| !SHARED.iter().any(|text| text.contains(member.text));
    let own = methods_of(class).iter().filter(is_own);
    rows_of(class)
        .map(row_entry)
        .chain(own.map(|member| member_entry(&format!("{class}."), member)))
        .collect()
}

fn without_self(signature: &str) -> String {
    signature.replacen("(self, ", "(", 1).replacen("(self)", "()", 1)
}

fn member_entry(prefix: &str, member: &Member) -> Entry {
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
    entry(&format!("{prefix}{}", member.name), &format!("{signature})"), &doc)
}

/// One entry: the sentences, then the example as a block.
fn entry(name: &str, signature: &str, doc: &str) -> Entry {
    let mut text = String::new();
    let mut in_example = false;
    for line in doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match line.strip_prefix("    ") {
            Some(code) => {
                if !in_example {
                    text.push_str("```dunlin\n");
                    in_example = true;
                }
                let _ = writeln!(text, "{code}");
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    if in_example {
        text.push_str("```\n");
    }
    Entry { name: name.to_string(), signature: format!("{name}{signature}"), text: text.trim().to_string() }
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
