//! What is known of a name: for hover, and for completing one that is being typed.

use syntax::token::KEYWORDS;

use crate::{DeclarationKind, Names, Range};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    Keyword,
    Library,
    /// A method or a member of a module.
    Member,
    Declared(DeclarationKind),
}

/// A name that fits what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub name: String,
    pub kind: CompletionKind,
    /// The signature or the line of the declaration.
    pub detail: String,
    pub documentation: String,
}

/// What is being typed at a place: the range of the part of the name that is there, and whether it follows a dot.
fn typed(text: &str, offset: usize) -> (Range, Option<&str>) {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let start = text[..offset]
        .rfind(|character| !is_name(character))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let before = &text[..start];
    let owner = before.strip_suffix("?.").or_else(|| before.strip_suffix('.')).map(|owner| {
        let owner_start = owner
            .rfind(|character| !is_name(character))
            .map_or(0, |at| at + owner[at..].chars().next().map_or(1, char::len_utf8));
        &owner[owner_start..]
    });
    (start..offset, owner)
}

/// What may stand where a name is being typed, and the range that it replaces. `more` are names from elsewhere.
pub fn completions(text: &str, offset: usize, more: &[String]) -> (Range, Vec<Completion>) {
    let offset = floor_boundary(text, offset);
    let (range, owner) = typed(text, offset);
    let prefix = &text[range.clone()];
    let mut found = match owner {
        Some(owner) => members(owner),
        None => names(text, offset, more),
    };
    found.retain(|completion| completion.name.starts_with(prefix) && completion.name != prefix);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    (range, found)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The members of a module; of anything else, every method there is, since its class is not known.
fn members(owner: &str) -> Vec<Completion> {
    let prefix = format!("{owner}.");
    let all = dunlin::documentation();
    let is_module = all.iter().any(|entry| entry.name.starts_with(&prefix));
    all.iter()
        .filter(|entry| if is_module { entry.name.starts_with(&prefix) } else { is_method(&entry.name) })
        .map(|entry| library(entry, CompletionKind::Member))
        .collect()
}

fn is_method(name: &str) -> bool {
    name.contains('.') && name.starts_with(char::is_uppercase)
}

fn library(entry: &dunlin::Entry, kind: CompletionKind) -> Completion {
    Completion {
        name: entry.member().to_string(),
        kind,
        detail: entry.signature.clone(),
        documentation: entry.text.clone(),
    }
}

fn names(text: &str, offset: usize, more: &[String]) -> Vec<Completion> {
    let plain = |name: &str, kind| Completion {
        name: name.to_string(),
        kind,
        detail: String::new(),
        documentation: String::new(),
    };
    let declared = Names::of(text);
    let mut found: Vec<Completion> = declared
        .visible_at(offset)
        .map(|declaration| Completion {
            name: declaration.name.clone(),
            kind: CompletionKind::Declared(declaration.kind),
            detail: declaration.line.clone(),
            documentation: declaration.documentation.clone(),
        })
        .collect();
    found.extend(more.iter().map(|name| plain(name, CompletionKind::Declared(DeclarationKind::Variable))));
    let library_names = dunlin::documentation().iter().filter(|entry| !entry.name.contains('.'));
    found.extend(library_names.map(|entry| library(entry, CompletionKind::Library)));
    found.extend(KEYWORDS.iter().map(|word| plain(word, CompletionKind::Keyword)));
    found
}

/// What is known of the name at a place, in Markdown.
pub fn hover(text: &str, offset: usize) -> Option<(Range, String)> {
    let offset = floor_boundary(text, offset);
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let end =
        text[offset..].find(|character| !is_name(character)).map_or(text.len(), |length| offset + length);
    let (range, owner) = typed(text, end);
    let name = text.get(range.clone()).filter(|name| !name.is_empty())?;
    let shown = match owner {
        None => declared(text, range.start).or_else(|| documented(name)),
        Some(owner) => documented(&format!("{owner}.{name}")).or_else(|| member(name)),
    }?;
    Some((range, shown))
}

fn declared(text: &str, offset: usize) -> Option<String> {
    let names = Names::of(text);
    let found = names.declaration_at(offset)?;
    Some(format!("```dunlin\n{}\n```\n{}", found.line, found.documentation).trim_end().to_string())
}

fn documented(name: &str) -> Option<String> {
    let entry = dunlin::documentation().iter().find(|entry| entry.name == name)?;
    Some(shown(entry))
}

/// A method whose class is not known: what every class with one says, a few at most.
fn member(name: &str) -> Option<String> {
    const SHOWN_MAX: usize = 3;
    let all = dunlin::documentation().iter();
    let found = all.filter(|entry| is_method(&entry.name) && entry.member() == name);
    let texts: Vec<String> = found.take(SHOWN_MAX).map(shown).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n---\n\n"))
}

fn shown(entry: &dunlin::Entry) -> String {
    format!("```dunlin\n{}\n```\n{}", entry.signature, entry.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_at(marked: &str) -> Vec<String> {
        let offset = marked.find('^').expect("a mark");
        let text = marked.replacen('^', "", 1);
        completions(&text, offset, &["session_name".to_string()])
            .1
            .into_iter()
            .map(|found| found.name)
            .collect()
    }

    #[test]
    fn names_members_and_keywords_are_completed() {
        assert!(names_at("let counter = 1\ncoun^").contains(&"counter".to_string()));
        assert!(names_at("pri^").contains(&"print".to_string()));
        assert!(names_at("whi^").contains(&"while".to_string()));
        assert!(names_at("sess^").contains(&"session_name".to_string()));
        assert!(names_at("[1].pu^").contains(&"push".to_string()));
        let floor = names_at("import math\nmath.flo^");
        assert_eq!(floor, ["floor"]);
    }

    #[test]
    fn hover_says_what_the_library_or_the_file_says() {
        let (_, text) = hover("print(1)", 2).expect("documented");
        assert!(text.contains("print("), "{text}");
        let (_, text) = hover("/// Twice.\nfn two(x) = x * 2\ntwo(1)", 31).expect("declared");
        assert!(text.contains("fn two(x)") && text.contains("Twice."), "{text}");
        assert!(hover("[1].push(2)", 5).expect("documented").1.contains("push"));
        assert!(hover("é + 1", 4).is_none());
    }
}
