//! The language server: the protocol of editors on one side, `ide` on the other.
//!
//! This crate must never know what a program means: it turns places of the protocol into places of a text, asks `ide`,
//! and turns the answer back.
//!
//! | module | holds |
//! | --- | --- |
//! | `server` | the loop over messages, the open documents |
//! | `answer` | one function for each request |
//! | `place` | lines and UTF-16 columns, and bytes |
//! | `project` | all files of a project, as the editor has them |
#![forbid(unsafe_code)]

mod answer;
mod place;
mod project;
mod server;

pub use server::run;
