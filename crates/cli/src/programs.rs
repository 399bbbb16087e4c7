//! The programs that the paths of a command stand for: a file for itself, a folder for all below it.

use std::path::{Path, PathBuf};

/// In which notations programs below a folder are wanted; a file that is named is taken as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Notations {
    Dunlin,
    Every,
}

/// The programs at these paths, those of a folder in order; without paths, those below the current folder.
pub fn programs_at(paths: &[String], notations: Notations) -> Vec<PathBuf> {
    if paths.is_empty() {
        return programs_below(Path::new("."), notations);
    }
    let at = |path: &String| match Path::new(path) {
        path if path.is_dir() => programs_below(path, notations),
        path => vec![path.to_path_buf()],
    };
    paths.iter().flat_map(at).collect()
}

/// Hidden folders and `target` are left out, and links to folders, which may lead in circles.
fn programs_below(folder: &Path, notations: Notations) -> Vec<PathBuf> {
    let front_ends = crate::front_ends::all();
    let is_wanted = |name: &str| {
        name.ends_with(".dn") || notations == Notations::Every && front_ends.of_path(name).is_some()
    };
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !path.is_symlink() {
                if !name.starts_with('.') && name != "target" {
                    waiting.push(path);
                }
            } else if is_wanted(&name) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
