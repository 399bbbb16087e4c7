//! Machine code for hot functions: the template tier and the optimising tier above it.
//!
//! This crate must never know processes, the library or the compiler: it sees linked functions, and the seam that
//! `vm::native` describes. Nothing outside it knows the target machine.
//!
//! | module | holds |
//! | --- | --- |
//! | `template` | one pass over the bytecode, one template for each instruction |
//! | `family` | which template an instruction gets |
//! | `masm`, `x64` | what templates say, and how x86-64 says it |
//! | `cache`, `quiescence` | what is in place, what is retired, when its room is used again |
//! | `memory` | where code lives: mapped twice, never writable and executable at once |
//! | `report` | what was compiled, in words |
//! | `tier` | compiling on demand, installing, counting |
//! | `ssa` | the optimising tier's form of a function, and its passes |
//! | `opt` | the optimising tier: machine code of that form, exits, decisions |

pub mod cache;
pub mod family;
pub mod masm;
pub mod memory;
#[cfg(target_arch = "x86_64")]
pub mod opt;
pub mod quiescence;
pub mod report;
pub mod ssa;
pub mod template;
pub mod tier;
#[cfg(target_arch = "x86_64")]
pub mod x64;

#[cfg(target_arch = "x86_64")]
pub use opt::exits::GuardTest;
pub use tier::Eagerness;
pub use tier::{SharedTier, TemplateTier, TierStats};
