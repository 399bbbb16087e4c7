//! The optimising tier: which functions and loops it takes, how the form becomes machine code, and how that code is
//! entered and left.
//!
//! | module | holds |
//! | --- | --- |
//! | `tier` | what is compiled when, what is retired |
//! | `background`, `priority` | the thread that compiles while programs go on |
//! | `artefact`, `code` | what is known of one function or loop; its code, until it is freed |
//! | `exits` | why code is left, and guards that fail for tests |
//! | `compile` | from bytecode to bytes |
//! | `lower`, `arithmetic`, `division`, `guards`, `memory`, `make`, `call`, `directs` | the form as Cranelift's |
//! | `thunks`, `kept` | the code between the template tier and optimised code; rare calls |

mod arithmetic;
pub mod artefact;
pub mod background;
mod call;
mod code;
pub mod compile;
mod directs;
mod division;
pub mod exits;
mod guards;
mod kept;
mod lower;
mod make;
mod memory;
mod priority;
pub mod thunks;
pub mod tier;
