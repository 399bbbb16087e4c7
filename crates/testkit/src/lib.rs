//! Runs programs and compares what they do with what they say they must do.
//!
//! The corpus starts the `dunlin` command and reads what a person would read, so a crash of one program is that
//! program's failure and not the end of the run. Only the fuzz targets and `exits` call the crates themselves.
//!
//! | module | holds |
//! | --- | --- |
//! | `expectation` | what a program's comments demand (`tests/README.md` has the format) |
//! | `outcome` | what a program did |
//! | `verdict` | the two compared, and the difference in words |
//! | `mode` | the ways to run the same program that must make no difference |
//! | `notation` | the corpora of other notations, for the tests of front ends |
//! | `allocations` | the corpus with one allocation after another failing |
//! | `corpus` | finding programs and running them, several at a time |
//! | `exits` | whether every reason for leaving optimised code is reached |
//! | `fuzz` | targets that any bytes may reach, and what feeds them |
//! | `hostile` | every builtin with arguments that nobody means |
//! | `pages` | programs inside documents: ` ```dunlin ` blocks and pages of diagnostics |
#![forbid(unsafe_code)]

pub mod allocations;
pub mod corpus;
pub mod exits;
pub mod expectation;
pub mod fuzz;
pub mod hostile;
pub mod mode;
pub mod notation;
pub mod outcome;
pub mod pages;
pub mod verdict;
