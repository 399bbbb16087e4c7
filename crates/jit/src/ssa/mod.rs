//! The optimising tier's own form of a function: static single assignment with types, effects and exits.
//!
//! | module | holds |
//! | --- | --- |
//! | `form` | functions, blocks, instructions, the states that exits write back |
//! | `table` | one row for each operation: name, types, effect |
//! | `text` | the form as text |
//! | `check` | what must hold after every pass |
//! | `flow` | blocks and loops of bytecode |
//! | `build`, `values`, `operations`, `operators`, `numbers`, `objects`, `elements`, `makes`, `calls`, `tail_calls`, `inline`, `builtins`, `directs`, `shapes` | bytecode and what was seen of it, turned into the form |
//! | `dominance` | which block always runs before which |
//! | `repeat` | work that was done already is not done again |
//! | `hoist` | work that a loop does the same way each time is done before it |
//! | `simplify` | what is known without running |
//! | `ranges` | checks of numbers that always hold are left out |
//! | `virtuals` | objects that nobody sees are not made |
//! | `dead` | work that nobody needs |

pub mod build;
mod builtins;
mod calls;
pub mod check;
pub mod dead;
mod directs;
pub mod dominance;
mod elements;
pub mod flow;
pub mod form;
pub mod hoist;
mod inline;
mod makes;
mod numbers;
mod objects;
mod operations;
mod operators;
pub mod ranges;
pub mod repeat;
mod shapes;
pub mod simplify;
pub mod table;
mod tail_calls;
pub mod text;
mod values;
pub mod virtuals;

#[cfg(test)]
mod parse;
#[cfg(test)]
mod tests;
