//! The interface of front ends: how a program written in another notation becomes one that the engine runs.
//!
//! This crate must never know: any notation, how units are compiled or run, files on a disk. `docs/frontends.md`
//! teaches it with a small complete language.
//!
//! A front end translates a text into core S-expression forms, which the compiler takes from there, or into a unit
//! that it made with the bytecode builder. Spans in either lead errors, traces and profiles back to the text.
//!
//! | module | holds |
//! | --- | --- |
//! | `front_end` | the trait `FrontEnd`, its prompt `Entries`, what it is given and what it hands over |
//! | `part` | what a program needs of a support module |
//! | `table` | the front ends of an engine, found by file ending or name |
//! | `expectation` | what a program's comments say it prints, for `dunlin test` |
#![forbid(unsafe_code)]

mod expectation;
mod front_end;
mod part;
mod table;

pub use expectation::Expectation;
pub use front_end::{
    Entries, FrontEnd, Input, Product, Role, SupportModule, Surroundings, Translation, rejected,
};
pub use table::FrontEnds;
