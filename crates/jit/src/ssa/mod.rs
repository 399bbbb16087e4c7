//! The optimising tier's own form of a function: static single assignment with types, effects and exits.
//!
//! | module | holds |
//! | --- | --- |
//! | `form` | functions, blocks, instructions, the states that exits write back |
//! | `table` | one row for each operation: name, types, effect |
//! | `text` | the form as text |
//! | `check` | what must hold after every pass |
//! | `flow` | blocks and loops of bytecode |
//! | `build`, `values`, `operations`, `objects`, `calls` | bytecode and what was seen of it, turned into the form |
//! | `dominance` | which block always runs before which |
//! | `repeat` | work that was done already is not done again |
//! | `hoist` | work that a loop does the same way each time is done before it |
//! | `dead` | work that nobody needs |

pub mod build;
mod calls;
pub mod check;
pub mod dead;
pub mod dominance;
pub mod flow;
pub mod form;
pub mod hoist;
mod objects;
mod operations;
pub mod repeat;
pub mod table;
pub mod text;
mod values;
