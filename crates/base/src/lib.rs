//! The small vocabulary every crate shares: interned names, typed ids and vectors indexed by them.
//!
//! This crate must never know: source text, errors, the language, values.
//!
//! | module | holds |
//! | --- | --- |
//! | `name` | `Name`, a shared immutable piece of text, and `Interner`, which makes equal names share |
//! | `ids` | `define_id!` for typed ids and `IndexVec`, a vector indexed by one |
//! | `nearest` | the name that was probably meant |
#![forbid(unsafe_code)]

mod ids;
mod name;
mod nearest;

pub use ids::{Id, IndexVec};
pub use name::{Interner, Name};
pub use nearest::{edits, nearest};
