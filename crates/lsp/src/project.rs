//! The files of a project as the editor has them: those that are open as they were typed, the others from disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ide::ProjectFile;

use crate::place::Document;

/// A folder with more programs than this is no project: only what is open counts then.
const FILES_MAX: usize = 2000;
/// Nor are programs as large as this.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The files of a project with their addresses, which have one number each.
pub struct Project {
    pub files: Vec<ProjectFile>,
    pub uris: Vec<String>,
}

impl Project {
    /// All open documents, and the programs below a folder.
    pub fn of(documents: &HashMap<String, Document>, folder: Option<&Path>) -> Project {
        let mut project = Project { files: Vec::new(), uris: Vec::new() };
        for (uri, document) in documents {
            project.add(uri.clone(), path_of(uri), document.text.clone());
        }
        for path in folder.map(programs_below).unwrap_or_default() {
            let path = path.display().to_string();
            if project.files.iter().all(|file| file.path != path)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                project.add(uri_of(&path), path, text);
            }
        }
        project
    }

    fn add(&mut self, uri: String, path: String, text: String) {
        self.files.push(ProjectFile { path, text });
        self.uris.push(uri);
    }

    pub fn number(&self, uri: &str) -> Option<usize> {
        self.uris.iter().position(|known| known == uri)
    }
}

/// The `.dn` files below a folder, without hidden folders and build output; none where there are too many.
fn programs_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                waiting.push(path);
            } else if kind.is_file()
                && name.ends_with(".dn")
                && entry.metadata().is_ok_and(|file| file.len() <= FILE_BYTES_MAX)
            {
                found.push(path);
            }
            if found.len() > FILES_MAX || waiting.len() > FILES_MAX {
                return Vec::new();
            }
        }
    }
    found.sort();
    found
}

/// The path behind `file:///a%20b.dn`; of anything else the text itself, which names no file.
pub fn path_of(uri: &str) -> String {
    let Some(path) = uri.strip_prefix("file://") else { return uri.to_string() };
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The address of a path.
fn uri_of(path: &str) -> String {
    let mut uri = String::from("file://");
    for &byte in path.as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_addresses_and_given_back() {
        assert_eq!(path_of("file:///a%20b/c.dn"), "/a b/c.dn");
        assert_eq!(path_of("untitled:1"), "untitled:1");
        assert_eq!(path_of("file:///100%"), "/100%");
        assert_eq!(path_of(&uri_of("/ä b/c.dn")), "/ä b/c.dn");
    }
}
