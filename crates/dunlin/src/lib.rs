//! Dunlin as a library: compile programs, run them under limits, get results and readable failures.
//!
//! This crate must never know the command line, terminals or exit codes. It wires the others and holds no language of
//! its own: names come from the library's tables, code from the compiler, behaviour from the VM.
//!
//! | module | holds |
//! | --- | --- |
//! | `engine` | `Engine`: compile and show programs; `running` adds run, eval and test, `bench` measures |
//! | `machine` | `Vm`: a program around Dunlin code keeps one, evaluates text in it and calls its functions |
//! | `data`, `crossing`, `host` | values that cross, the Rust types they are, functions and types that the program lends |
//! | `extension` | functions of shared libraries |
//! | `settings` | limits, collector, passes, what to observe |
//! | `debugger` | programs that stop at lines and errors, and are looked at |
//! | `check`, `failure` | findings about a program that does not run, for tools; why something did not work |
//! | `session` | entries of a prompt that run one after another; `documentation` of the library by name |
//! | `execution` | a VM and its main process |
//! | `modules`, `place`, `source` | modules by path, compiled once; reading files |
//! | `loader`, `surroundings` | what the VM and the compiler ask for |
//! | `notations`, `forms` | programs in other notations, translated by front ends; detours through other forms |
//! | `report`, `advice` | errors that nobody caught, as people read them |
//! | `output` | standard output for the VM |
//! | `profile`, `explain` | samples of where processes stand; codes of diagnostics and their pages |
#![forbid(unsafe_code)]

mod advice;
mod bench;
mod check;
mod crossing;
pub mod data;
mod deaths;
pub mod debugger;
mod documentation;
mod engine;
mod execution;
mod explain;
mod extension;
mod failure;
mod forms;
pub mod host;
mod loader;
mod machine;
mod macros;
mod modules;
mod notations;
mod output;
mod place;
mod printer;
mod profile;
mod report;
mod running;
mod session;
mod settings;
mod source;
mod surroundings;

pub use bench::{BenchPlan, BenchResult, Measured};
pub use check::{Found, FoundPlace};
pub use crossing::{FromData, IntoArguments, IntoData};
pub use data::Data;
pub use documentation::{Entry, documentation};
pub use engine::{Engine, Program, assemble_file, format};
pub use explain::{codes, explain};
pub use extension::{Extension, ExtensionLoader};
pub use failure::{Failure, FailureKind};
pub use host::{Call, ClassBuilder, HostError};
pub use jit::report::Explained as MachineCodeOf;
pub use machine::{Callee, Function, Vm, VmBuilder};
pub use notation::{FrontEnd, FrontEnds};
pub use output::StandardOutput;
pub use place::resolve as module_path;
pub use profile::{Profile, ProfileFrame, Stack};
pub use running::TestResult;
pub use session::{Interrupter, Session, is_whole};
pub use settings::{AfterFailure, AllocationFailure, Collector, Limits, MachineCode, Settings, Through};
pub use vm::{Access, MemoryOutput, Output, Permissions};

/// Reads a source file, or standard input for `-`.
pub fn read_source(path: &str) -> Result<String, Failure> {
    source::read(path).map_err(engine::unreadable)
}
