//! Paths as they stand on the disk.

use std::path::{Path, PathBuf};

/// The whole path, links resolved as far as it exists. `None` where that cannot be said.
pub fn whole_path(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut missing = Vec::new();
    let mut known: &Path = &path;
    loop {
        if let Ok(mut real) = known.canonicalize() {
            real.extend(missing.iter().rev());
            return Some(real);
        }
        // A name that is not there, or a link that leads nowhere: the latter must not be followed by what comes.
        if known.is_symlink() {
            return None;
        }
        missing.push(known.file_name()?);
        known = known.parent()?;
    }
}
