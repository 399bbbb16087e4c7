//! What each request is answered with.

use ide::{CompletionKind, DeclarationKind, Names, Occurrence, Paint, Severity, Symbol};
use serde_json::{Map, Value, json};

use crate::place::Document;
use crate::project::Project;

/// What the server can do, told at the start.
pub fn capabilities() -> Value {
    let types: Vec<&str> = Paint::ALL.iter().map(|paint| token_type(*paint)).collect();
    json!({
        "textDocumentSync": 1,
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "renameProvider": { "prepareProvider": true },
        "documentFormattingProvider": true,
        "documentSymbolProvider": true,
        "completionProvider": { "triggerCharacters": ["."] },
        "semanticTokensProvider": { "legend": { "tokenTypes": types, "tokenModifiers": [] }, "full": true },
    })
}

/// Requests whose answers lie in more than one file.
pub const ACROSS_FILES: &[&str] =
    &["textDocument/definition", "textDocument/references", "textDocument/rename"];

/// The answer to a request about a document; `Err` says why there is none.
pub fn answer(method: &str, parameters: &Value, document: &Document) -> Result<Value, String> {
    let offset = || document.offset(&parameters["position"]);
    Ok(match method {
        "textDocument/hover" => hover(document, offset()),
        "textDocument/prepareRename" => prepare_rename(document, offset()),
        "textDocument/formatting" => formatting(document),
        "textDocument/documentSymbol" => {
            ide::symbols(&document.text).iter().map(|symbol| shown_symbol(document, symbol)).collect()
        }
        "textDocument/completion" => completion(document, offset()),
        "textDocument/semanticTokens/full" => semantic_tokens(document),
        _ => return Err(format!("`{method}` is nothing that this server does")),
    })
}

/// As `answer`, for what is looked for in all files of the project.
pub fn answer_across(
    method: &str,
    parameters: &Value,
    project: &Project,
    file: usize,
) -> Result<Value, String> {
    let document = Document::new(project.files[file].text.clone());
    let offset = document.offset(&parameters["position"]);
    match method {
        "textDocument/definition" => {
            let found = ide::definition_at(&project.files, file, offset);
            Ok(found.map_or(Value::Null, |found| located(project, &[found]).remove(0)))
        }
        "textDocument/references" => {
            Ok(Value::Array(located(project, &ide::references_at(&project.files, file, offset))))
        }
        _ => rename(project, file, offset, &parameters["newName"]),
    }
}

/// Places with the addresses of their files.
fn located(project: &Project, found: &[Occurrence]) -> Vec<Value> {
    let location = |place: &Occurrence| {
        let document = Document::new(project.files[place.file].text.clone());
        json!({ "uri": project.uris[place.file], "range": document.range(&place.range) })
    };
    found.iter().map(location).collect()
}

pub fn diagnostics(path: &str, document: &Document) -> Value {
    let shown = ide::findings(path, &document.text).into_iter().map(|finding| {
        json!({
            "range": document.range(&finding.range),
            "severity": match finding.severity { Severity::Error => 1, Severity::Warning => 2 },
            "code": finding.code,
            "source": "dunlin",
            "message": finding.message,
        })
    });
    shown.collect()
}

fn hover(document: &Document, offset: usize) -> Value {
    match ide::hover(&document.text, offset) {
        Some((range, text)) => json!({
            "contents": { "kind": "markdown", "value": text },
            "range": document.range(&range),
        }),
        None => Value::Null,
    }
}

fn prepare_rename(document: &Document, offset: usize) -> Value {
    let names = Names::of(&document.text);
    match names.declaration_at(offset).and_then(|_| names.name_at(offset)) {
        Some(range) => document.range(&range),
        None => Value::Null,
    }
}

fn rename(project: &Project, file: usize, offset: usize, name: &Value) -> Result<Value, String> {
    let name = name.as_str().unwrap_or_default();
    let is_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if !is_name {
        return Err(format!("`{name}` is no name"));
    }
    let found = ide::references_at(&project.files, file, offset);
    if found.is_empty() {
        return Err("what this means is declared elsewhere".to_string());
    }
    let mut changes = Map::new();
    for place in located(project, &found) {
        let uri = place["uri"].as_str().unwrap_or_default().to_string();
        let edits = changes.entry(uri).or_insert_with(|| json!([]));
        if let Some(edits) = edits.as_array_mut() {
            edits.push(json!({ "range": place["range"], "newText": name }));
        }
    }
    Ok(json!({ "changes": changes }))
}

/// A text that does not parse stays as it is.
fn formatting(document: &Document) -> Value {
    match dunlin::format("", &document.text, false) {
        Ok(formatted) if formatted != document.text => {
            json!([{ "range": document.whole(), "newText": formatted }])
        }
        Ok(_) | Err(_) => json!([]),
    }
}

fn shown_symbol(document: &Document, symbol: &Symbol) -> Value {
    let children: Vec<Value> = symbol.children.iter().map(|child| shown_child(document, child)).collect();
    let mut shown = shown_child(document, symbol);
    shown["children"] = Value::Array(children);
    shown
}

fn shown_child(document: &Document, symbol: &Symbol) -> Value {
    json!({
        "name": symbol.name,
        "kind": match symbol.kind {
            DeclarationKind::Module | DeclarationKind::Import => 2,
            DeclarationKind::Class => 5,
            DeclarationKind::Function | DeclarationKind::Macro => 12,
            DeclarationKind::Variable | DeclarationKind::Parameter => 13,
        },
        "range": document.range(&symbol.range),
        "selectionRange": document.range(&symbol.name_range),
    })
}

fn completion(document: &Document, offset: usize) -> Value {
    let (range, found) = ide::completions(&document.text, offset, &[]);
    let range = document.range(&range);
    let shown = found.into_iter().map(|completion| {
        json!({
            "label": completion.name,
            "kind": match completion.kind {
                CompletionKind::Keyword => 14,
                CompletionKind::Member => 2,
                CompletionKind::Library | CompletionKind::Declared(DeclarationKind::Function) => 3,
                CompletionKind::Declared(DeclarationKind::Macro) => 3,
                CompletionKind::Declared(DeclarationKind::Class) => 7,
                CompletionKind::Declared(DeclarationKind::Module | DeclarationKind::Import) => 9,
                CompletionKind::Declared(DeclarationKind::Variable | DeclarationKind::Parameter) => 6,
            },
            "detail": completion.detail,
            "documentation": { "kind": "markdown", "value": completion.documentation },
            "textEdit": { "range": range, "newText": completion.name },
        })
    });
    shown.collect()
}

/// Five numbers each: lines and columns since the token before, length, type, modifiers. Tokens of several lines are
/// left out, which the protocol does not allow.
fn semantic_tokens(document: &Document) -> Value {
    let mut data: Vec<usize> = Vec::new();
    let (mut line_before, mut column_before) = (0, 0);
    for piece in ide::paint(&document.text) {
        let text = &document.text[piece.range.clone()];
        if text.contains('\n') {
            continue;
        }
        let position = document.position(piece.range.start);
        let line = position["line"].as_u64().unwrap_or(0) as usize;
        let column = position["character"].as_u64().unwrap_or(0) as usize;
        let columns = if line == line_before { column - column_before } else { column };
        let number = Paint::ALL.iter().position(|paint| *paint == piece.paint).unwrap_or(0);
        data.extend([line - line_before, columns, text.encode_utf16().count(), number, 0]);
        (line_before, column_before) = (line, column);
    }
    json!({ "data": data })
}

fn token_type(paint: Paint) -> &'static str {
    match paint {
        Paint::Comment => "comment",
        Paint::Keyword => "keyword",
        Paint::String => "string",
        Paint::Number => "number",
        Paint::Constant => "enumMember",
        Paint::Type => "class",
        Paint::Function => "function",
        Paint::Name => "variable",
        Paint::Property => "property",
        Paint::Operator => "operator",
    }
}
