//! What imports are called: by the loader, and as names of modules.

use syntax::ast;

use super::types::path_text;
use crate::interface::NATIVE_PREFIX;

/// The path of an import as the loader is asked for it.
pub fn import_path(import: &ast::Import) -> String {
    match &import.source {
        ast::ImportSource::Path(path) => path_text(path),
        ast::ImportSource::File { path, .. } => path.to_string(),
        ast::ImportSource::Native { path, .. } => format!("{NATIVE_PREFIX}{path}"),
    }
}

/// `./util` is known as `util`, and `./libgeometry.so` as `geometry`.
pub(super) fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match [".so", ".dylib", ".dll"].iter().find_map(|ending| name.strip_suffix(ending)) {
        Some(library) => library.strip_prefix("lib").filter(|rest| !rest.is_empty()).unwrap_or(library),
        None => name.strip_suffix(".dn").unwrap_or(name),
    }
}
