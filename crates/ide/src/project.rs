//! Names across files: what one exports and others import is one name, wherever it stands.

use diag::FileId;
use syntax::ast::{Import, ImportSource, ItemKind, StmtKind};

use crate::{Names, Range, symbols};

/// A file of a project.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// As imports are resolved against: every spelling of one file is one path.
    pub path: String,
    pub text: String,
}

/// A place in one of the files, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub file: usize,
    pub range: Range,
}

/// What exports a name, and the place where it is declared.
struct Origin {
    file: usize,
    name: String,
    range: Range,
}

/// Where the name at a place is declared, perhaps in another file.
pub fn definition_at(files: &[ProjectFile], file: usize, offset: usize) -> Option<Occurrence> {
    if let Some(origin) = origin_at(files, file, offset) {
        return Some(Occurrence { file: origin.file, range: origin.range });
    }
    let names = Names::of(&files.get(file)?.text);
    names.declaration_at(offset).map(|found| Occurrence { file, range: found.range.clone() })
}

/// Every place that means what the name at a place means, the declaration included.
pub fn references_at(files: &[ProjectFile], file: usize, offset: usize) -> Vec<Occurrence> {
    let Some(asked) = files.get(file) else { return Vec::new() };
    let Some(origin) = origin_at(files, file, offset) else {
        let own = Names::of(&asked.text).references_at(offset);
        return own.into_iter().map(|range| Occurrence { file, range }).collect();
    };
    let mut found = Vec::new();
    for (number, other) in files.iter().enumerate() {
        let ranges = match number == origin.file {
            true => Names::of(&other.text).references_at(origin.range.start),
            false => uses_of(&origin, &files[origin.file].path, other),
        };
        found.extend(ranges.into_iter().map(|range| Occurrence { file: number, range }));
    }
    found
}

/// What the name at a place is the export of; nothing where it is known in its own file alone.
fn origin_at(files: &[ProjectFile], file: usize, offset: usize) -> Option<Origin> {
    let asked = files.get(file)?;
    if let Some((path, name)) = imported_at(asked, offset) {
        let number = files.iter().position(|other| other.path == path)?;
        return exported(files, number, &name);
    }
    let names = Names::of(&asked.text);
    let declared = names.declaration_at(offset)?;
    let is_own = |symbol: &&crate::Symbol| symbol.public && symbol.name_range == declared.range;
    let symbol = symbols(&asked.text).iter().find(is_own).cloned()?;
    Some(Origin { file, name: symbol.name, range: symbol.name_range })
}

fn exported(files: &[ProjectFile], file: usize, name: &str) -> Option<Origin> {
    let symbols = symbols(&files[file].text);
    let symbol = symbols.into_iter().find(|symbol| symbol.public && symbol.name == name)?;
    Some(Origin { file, name: symbol.name, range: symbol.name_range })
}

/// The file and the name there that a place of a text means, where that is an import: in its braces, where the imported
/// name is used, or behind the name of an imported module.
fn imported_at(file: &ProjectFile, offset: usize) -> Option<(String, String)> {
    let names = Names::of(&file.text);
    for import in imports(file) {
        for entry in &import.names {
            let is_at = |range: &Range| range.start <= offset && offset <= range.end;
            let used = names.references_at(entry.local.start);
            if is_at(&entry.exported) || used.iter().any(is_at) {
                let name = file.text.get(entry.exported.clone())?.to_string();
                return Some((import.path, name));
            }
        }
        for member in members(file, &names, &import) {
            if member.start <= offset && offset <= member.end {
                let name = file.text.get(member)?.to_string();
                return Some((import.path, name));
            }
        }
    }
    None
}

/// The places of a file that use what another one exports.
fn uses_of(origin: &Origin, path: &str, file: &ProjectFile) -> Vec<Range> {
    let names = Names::of(&file.text);
    let mut found = Vec::new();
    for import in imports(file).into_iter().filter(|import| import.path == path) {
        for entry in &import.names {
            if file.text.get(entry.exported.clone()) != Some(&origin.name) {
                continue;
            }
            found.push(entry.exported.clone());
            // A name of its own in this file stays what it is.
            if entry.local == entry.exported {
                found.extend(names.references_at(entry.local.start));
            }
        }
        let members = members(file, &names, &import);
        found.extend(members.into_iter().filter(|range| file.text.get(range.clone()) == Some(&origin.name)));
    }
    found.sort_by_key(|range| range.start);
    found.dedup();
    found
}

/// An import of a file.
struct FoundImport {
    path: String,
    names: Vec<ImportedName>,
    /// The name of the module itself.
    module: Option<Range>,
}

struct ImportedName {
    exported: Range,
    /// What it is called here: the same place, unless it is renamed.
    local: Range,
}

fn imports(file: &ProjectFile) -> Vec<FoundImport> {
    let (tree, _) = syntax::parse(&file.text, FileId(0));
    let import = |statement: &syntax::ast::Stmt| match &statement.kind {
        StmtKind::Item(item) => match &item.kind {
            ItemKind::Import(import) => found_import(file, import),
            _ => None,
        },
        _ => None,
    };
    tree.stmts.iter().filter_map(import).collect()
}

fn found_import(file: &ProjectFile, import: &Import) -> Option<FoundImport> {
    let ImportSource::File { path, .. } = &import.source else { return None };
    let range = |ident: &syntax::ast::Ident| ident.span.start as usize..ident.span.end as usize;
    let names = import.names.iter().flatten().map(|name| ImportedName {
        exported: range(&name.name),
        local: range(name.alias.as_ref().unwrap_or(&name.name)),
    });
    Some(FoundImport {
        path: dunlin::module_path(path, &file.path),
        names: names.collect(),
        module: import.alias.as_ref().map(range),
    })
}

/// The names behind `module.`, where the module is this import.
fn members(file: &ProjectFile, names: &Names, import: &FoundImport) -> Vec<Range> {
    let Some(module) = &import.module else { return Vec::new() };
    let member = |used: Range| {
        let rest = file.text.get(used.end..)?.strip_prefix('.')?;
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        (length > 0).then_some(used.end + 1..used.end + 1 + length)
    };
    names.references_at(module.start).into_iter().filter_map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Vec<ProjectFile> {
        let file = |path: &str, text: &str| ProjectFile { path: path.to_string(), text: text.to_string() };
        vec![
            file("a/shapes.dn", "pub fn area(w, h) = w * h\nfn own() = area(1, 2)\n"),
            file("a/main.dn", "import \"./shapes\" { area }\nprint(area(2, 3))\nlet area2 = 1\n"),
            file("a/b/other.dn", "import \"../shapes\" { area as size }\nprint(size(1, 1))\n"),
            file("a/b/module.dn", "import \"../shapes\" as shapes\nprint(shapes.area(1, 1))\n"),
            file("a/apart.dn", "fn area() = 1\nprint(area())\n"),
        ]
    }

    fn shown(files: &[ProjectFile], found: Vec<Occurrence>) -> Vec<(usize, usize)> {
        found
            .iter()
            .map(|place| (place.file, files[place.file].text[..place.range.start].matches('\n').count() + 1))
            .collect()
    }

    #[test]
    fn an_export_is_one_name_in_all_files() {
        let files = project();
        let all = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (3, 2)];
        let at = |file: usize, text: &str| files[file].text.find(text).expect("is there");
        assert_eq!(shown(&files, references_at(&files, 0, at(0, "area"))), all);
        assert_eq!(shown(&files, references_at(&files, 1, at(1, "area(2"))), all);
        assert_eq!(shown(&files, references_at(&files, 2, at(2, "area"))), all);
        assert_eq!(shown(&files, references_at(&files, 3, at(3, "area"))), all);
    }

    #[test]
    fn other_names_stay_in_their_files() {
        let files = project();
        assert_eq!(shown(&files, references_at(&files, 4, 3)), [(4, 1), (4, 2)]);
        let own = files[0].text.find("own").expect("is there");
        assert_eq!(shown(&files, references_at(&files, 0, own)), [(0, 2)]);
    }

    #[test]
    fn definitions_are_found_where_they_are() {
        let files = project();
        let used = files[2].text.find("size(").expect("is there");
        assert_eq!(definition_at(&files, 2, used), Some(Occurrence { file: 0, range: 7..11 }));
        assert_eq!(definition_at(&files, 4, files[4].text.len() - 5).map(|found| found.file), Some(4));
    }
}
