//! TTVM: stack assembly `.ttvm`, its binary form `.ttb`, and a little Lisp `.lisp`.
//!
//! This crate must never know values, the heap or the VM. What programs need at run time is `dn/support.dn`.
//!
//! | module | holds |
//! | --- | --- |
//! | `opcode` | the table of opcodes |
//! | `program`, `assemble`, `binary` | a program, from text and from bytes |
//! | `types`, `transfer`, `analysis` | what is known of stack, values and variables before a program runs |
//! | `frame`, `lower`, `instruct`, `arith`, `values`, `processes` | stack instructions become instructions of registers |
//! | `unit` | functions, modules and the entry as a unit |
//! | `prompt` | the assembly at a prompt |
//! | `lisp`, `lisp_prompt` | the Lisp, in core forms, and at a prompt |
//! | `fuzz` | targets that any bytes may reach |
#![forbid(unsafe_code)]

mod analysis;
mod arith;
mod assemble;
mod binary;
mod frame;
pub mod fuzz;
mod instruct;
mod lisp;
mod lisp_prompt;
mod lower;
mod opcode;
mod processes;
mod program;
mod prompt;
mod transfer;
mod types;
mod unit;
mod values;

pub use lisp::Lisp;

use notation::{Entries, FrontEnd, Input, Product, SupportModule, Surroundings, Translation};

/// The front end of the assembly and its binary form.
pub struct Assembly;

const SUPPORT: &[SupportModule] = &[SupportModule { path: unit::SUPPORT, text: SUPPORT_TEXT }];

/// One module, written in four files.
const SUPPORT_TEXT: &str = concat!(
    include_str!("../dn/support.dn"),
    include_str!("../dn/system.dn"),
    include_str!("../dn/processes.dn"),
    include_str!("../dn/lists.dn")
);

impl FrontEnd for Assembly {
    fn name(&self) -> &'static str {
        "ttvm"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["ttvm", "ttb"]
    }

    fn line_comment(&self) -> &'static str {
        ";"
    }

    fn translate(&self, input: &Input<'_>, surroundings: &mut dyn Surroundings) -> Translation {
        let (program, mistakes) = if input.path.ends_with(".ttb") {
            match binary::read(input.bytes, input.file) {
                Ok(program) => (program, Vec::new()),
                Err(finding) => return (None, vec![finding]),
            }
        } else {
            assemble::assemble(input.text, input.file)
        };
        if !mistakes.is_empty() {
            return (None, mistakes);
        }
        match unit::unit_of(&program, input.path, input.role, surroundings) {
            Ok(unit) => (Some(Product::Unit(unit)), Vec::new()),
            Err(finding) => (None, vec![finding]),
        }
    }

    fn entries(&self) -> Option<Box<dyn Entries>> {
        Some(Box::new(prompt::AssemblyPrompt::default()))
    }

    fn is_whole(&self, text: &str) -> bool {
        prompt::is_whole(text)
    }

    fn support(&self) -> &'static [SupportModule] {
        SUPPORT
    }
}
