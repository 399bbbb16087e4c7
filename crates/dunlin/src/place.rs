//! Where modules are: names of imports turned into the paths that the engine knows modules by.
//!
//! Invariant: one file has one key, whatever spelling an import uses, as long as no symbolic links are involved.

use std::path::{Component, Path, PathBuf};

/// Whether an import, as written, names a file and not a library module.
pub fn is_file(path: &str) -> bool {
    path.starts_with('.') || path.starts_with('/') || path.contains(['/', '\\']) || path.ends_with(".dn")
}

/// The file that `path`, written in the file `from`, means: relative to `from`'s folder, `.dn` added.
pub fn resolve(path: &str, from: &str) -> String {
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    let mut joined = folder.join(path);
    if joined.extension().is_none_or(|extension| extension != "dn") {
        let mut name = joined.into_os_string();
        name.push(".dn");
        joined = PathBuf::from(name);
    }
    normalise(&joined)
}

/// As `resolve`, for files whose ending says what they are.
pub fn resolve_as_is(path: &str, from: &str) -> String {
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    normalise(&folder.join(path))
}

/// Removes `.` and, where something stands before it, `..`.
pub fn normalise(path: &Path) -> String {
    let mut parts: Vec<Component> = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.last(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.iter().collect::<PathBuf>().display().to_string()
}

/// The module's name as traces print it: the file's name without its ending.
pub fn module_name(path: &str) -> String {
    Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_relative_to_the_importing_file() {
        assert_eq!(resolve("./util", "a/main.dn"), "a/util.dn");
        assert_eq!(resolve("../util.dn", "a/b/main.dn"), "a/util.dn");
        assert_eq!(resolve("./x.y", "main.dn"), "x.y.dn");
        assert_eq!(resolve("../up", "main.dn"), "../up.dn");
        assert_eq!(resolve("/abs/util", "a/main.dn"), "/abs/util.dn");
        assert!(is_file("./a") && is_file("../a") && !is_file("net.http"));
        assert_eq!(module_name("a/util.dn"), "util");
    }
}
