//! The front end that `docs/frontends.md` teaches with: a language of three statements.
//!
//! This crate must never know how programs are compiled or run. `tally` is the whole of it, and the document shows
//! that file.
#![forbid(unsafe_code)]

mod tally;

pub use tally::Tally;
