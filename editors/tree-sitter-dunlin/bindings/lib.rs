//! The tree-sitter grammar of Dunlin, compiled from the generated parser, for editors that are written in Rust and for
//! the test that compares it with the language's own parser.
//!
//! SAFETY: `tree_sitter_dunlin` is what `src/parser.c` defines: it takes nothing and gives the address of a table that
//! never changes.
#![allow(unsafe_code)]

unsafe extern "C" {
    fn tree_sitter_dunlin() -> *const ();
}

/// The address of the language's table, as the crate `tree-sitter` takes it.
pub fn language() -> *const () {
    // SAFETY: see above.
    unsafe { tree_sitter_dunlin() }
}
