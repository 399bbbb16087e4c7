//! The notations that the command knows beside the language itself.

use std::sync::Arc;

use dunlin::FrontEnds;

pub fn all() -> FrontEnds {
    let mut front_ends = FrontEnds::new();
    front_ends.add(Arc::new(ttvm::Assembly));
    front_ends.add(Arc::new(ttvm::Lisp));
    let old_interpolation = std::env::var_os("DUNLIN_GENE_OLD_INTERPOLATION").is_some();
    front_ends.add(Arc::new(gene::Gene { old_interpolation }));
    front_ends
}
