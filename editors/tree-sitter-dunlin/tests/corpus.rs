//! The grammar for editors agrees with the language's own parser over the whole corpus: it parses every program that the
//! parser accepts, finds the same declarations in it, and marks an error in what is no program.
#![allow(unsafe_code)]

use testkit::corpus::{all_programs, project, short};
use tree_sitter::{Language, Node, Parser, Tree};

fn parser() -> Parser {
    // SAFETY: the address is that of a language's table, as `tree-sitter` generates it.
    let language = unsafe { Language::from_raw(tree_sitter_dunlin::language().cast()) };
    let mut parser = Parser::new();
    parser.set_language(&language).expect("the table is of a version that the library reads");
    parser
}

fn parse(parser: &mut Parser, text: &str) -> Tree {
    parser.parse(text, None).expect("nothing stops the parser")
}

/// Where a tree has its first mistake: lines and columns from 1.
fn first_error(tree: &Tree) -> Option<(usize, usize)> {
    let mut waiting = vec![tree.root_node()];
    while let Some(node) = waiting.pop() {
        if node.is_error() || node.is_missing() {
            let start = node.start_position();
            return Some((start.row + 1, start.column + 1));
        }
        waiting.extend((0..node.child_count()).rev().filter_map(|index| node.child(index)));
    }
    None
}

/// The names of functions, classes and the like at the top of a file, in order.
fn declared(tree: &Tree, text: &str) -> Vec<String> {
    let kinds = ["function", "class", "record", "trait", "actor", "enum", "module", "macro"];
    let root = tree.root_node();
    let items = (0..root.named_child_count()).filter_map(|index| root.named_child(index));
    let name = |item: Node| {
        let name = item.child_by_field_name("name")?;
        kinds.contains(&item.kind()).then(|| text[name.byte_range()].to_string())
    };
    items.filter_map(name).collect()
}

fn declared_in_truth(text: &str) -> Vec<String> {
    let declarations = ["fn ", "fn*", "class ", "record ", "trait ", "actor ", "enum ", "module ", "macro "];
    let is_one = |symbol: &ide::Symbol| {
        let start = text[symbol.range.clone()].trim_start().trim_start_matches("pub ");
        declarations.iter().any(|word| start.starts_with(word)) || start.starts_with("///")
    };
    ide::symbols(text).into_iter().filter(is_one).map(|symbol| symbol.name).collect()
}

#[test]
fn programs_of_the_corpus_have_the_same_declarations() {
    let mut parser = parser();
    let (mut wrong, mut count) = (String::new(), 0);
    let mut programs = all_programs();
    programs.extend(testkit::corpus::find_programs(&project().join("benches")));
    for program in programs {
        let text = std::fs::read_to_string(&program).expect("the program was just found");
        if !ide::syntax_errors(&text).is_empty() {
            continue;
        }
        count += 1;
        let tree = parse(&mut parser, &text);
        if let Some((line, column)) = first_error(&tree) {
            wrong.push_str(&format!("{}:{line}:{column}: does not parse\n", short(&program)));
        } else if declared(&tree, &text) != declared_in_truth(&text) {
            let (found, truth) = (declared(&tree, &text), declared_in_truth(&text));
            wrong.push_str(&format!("{}: declares {truth:?}, not {found:?}\n", short(&program)));
        }
    }
    assert!(count > 400, "only {count} programs");
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_is_no_program_has_an_error() {
    let mut parser = parser();
    for text in [
        "fn f( = 1\n",
        "let x = = 2\n",
        "class {}\n",
        "print(1, 2]\n",
        "match x { 1 -> 2 }\n",
        "let s = \"a\nb\"\n",
    ] {
        assert!(!ide::syntax_errors(text).is_empty(), "{text:?} is a program");
        assert!(first_error(&parse(&mut parser, text)).is_some(), "{text:?} has no error");
    }
}
