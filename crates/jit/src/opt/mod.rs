//! The optimising tier: which functions and loops it takes, how the form becomes machine code, and how that code is
//! entered and left.
//!
//! | module | holds |
//! | --- | --- |
//! | `tier` | what is compiled when, what is retired |
//! | `compile` | from bytecode to bytes |
//! | `lower`, `arithmetic`, `division`, `guards`, `memory`, `make`, `call`, `directs` | the form as Cranelift's |
//! | `thunks`, `kept` | the code between the template tier and optimised code; rare calls |

mod arithmetic;
mod call;
pub mod compile;
mod directs;
mod division;
mod guards;
mod kept;
mod lower;
mod make;
mod memory;
pub mod thunks;
pub mod tier;
