//! The editor's files agree with the language: the grammar names every keyword, and snippets are programs.

use std::path::PathBuf;

use serde_json::Value;
use testkit::corpus::project;

fn read(path: &str) -> Value {
    let path: PathBuf = project().join("editors/vscode").join(path);
    let text = std::fs::read_to_string(&path).expect("the file is part of the project");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_grammar_names_every_keyword() {
    let words = read("syntaxes/dunlin.tmLanguage.json")["repository"]["words"].to_string();
    for keyword in ide::keywords() {
        let listed = words.split(|next: char| !next.is_alphanumeric()).any(|word| word == *keyword);
        assert!(listed, "`{keyword}` is missing");
    }
}

/// With its placeholders filled by their texts, a snippet parses.
#[test]
fn snippets_are_programs() {
    let snippets = read("snippets/dunlin.json");
    for (name, snippet) in snippets.as_object().expect("a table") {
        let lines: Vec<&str> =
            snippet["body"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
        let code = filled(&lines.join("\n"));
        let found = ide::syntax_errors(&code);
        assert!(found.is_empty(), "{name}: {found:?}\n{code}");
    }
}

/// `${1:text}` becomes its text, `$0` a value, `${2}` nothing.
fn filled(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            let end = after.find('}').expect("a placeholder is closed");
            out.push_str(after[..end].split_once(':').map_or("", |(_, text)| text));
            rest = &after[end + 1..];
        } else {
            out.push_str("nil");
            rest = &rest[1..];
        }
    }
    out + rest
}
