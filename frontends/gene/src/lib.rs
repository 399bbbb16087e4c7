//! Gene: S-expressions with types, properties and children, `.gene`.
//!
//! This crate must never know values, the heap or the VM. What programs need at run time is `dn/support.dn`.
//!
//! | module | holds |
//! | --- | --- |
//! | `node`, `reader` | data, and text to data with spans |
//! | `emit` | core forms, made briefly |
//! | `scope` | which variables there are, and how they are called in the core forms |
//! | `lower`, `infix`, `functions`, `control`, `objects`, `enums`, `patterns`, `paths`, `modules`, `quote` | forms of the notation become core forms |
//! | `entries` | the prompt |
//! | `fuzz` | the target that any bytes may reach |
#![forbid(unsafe_code)]

mod control;
mod emit;
mod entries;
mod enums;
mod functions;
pub mod fuzz;
mod infix;
mod lower;
mod modules;
mod node;
mod objects;
mod paths;
mod patterns;
mod quote;
mod reader;
mod scope;

use std::path::Path;

use diag::{Diagnostic, FileId};
use notation::{Entries, FrontEnd, Input, Product, SupportModule, Surroundings, Translation};

/// Where the support module is.
pub const SUPPORT: &str = "<gene>/support.dn";

/// The front end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gene {
    /// Forms in interpolated strings stand in `{form}` too, as they did in older programs.
    pub old_interpolation: bool,
}

const SUPPORT_MODULES: &[SupportModule] = &[SupportModule { path: SUPPORT, text: SUPPORT_TEXT }];

/// One module, written in several files.
const SUPPORT_TEXT: &str = concat!(
    include_str!("../dn/support.dn"),
    include_str!("../dn/enums.dn"),
    include_str!("../dn/library.dn"),
    include_str!("../dn/collections.dn"),
    include_str!("../dn/strings.dn"),
    include_str!("../dn/sends.dn"),
    include_str!("../dn/actors.dn"),
    include_str!("../dn/code.dn"),
    include_str!("../dn/evaluate.dn")
);

impl Gene {
    fn read(&self, text: &str, file: FileId) -> reader::Reading<Vec<node::Node>> {
        reader::read(text, file, self.old_interpolation)
    }
}

impl FrontEnd for Gene {
    fn name(&self) -> &'static str {
        "gene"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["gene"]
    }

    fn line_comment(&self) -> &'static str {
        "#"
    }

    fn translate(&self, input: &Input<'_>, surroundings: &mut dyn Surroundings) -> Translation {
        let result = self.read(input.text, input.file).and_then(|mut nodes| {
            let folder = Path::new(input.path).parent().unwrap_or(Path::new(""));
            let read = |text: &str| self.read(text, input.file);
            modules::name_all(&mut nodes, folder, surroundings, &read, 0);
            lower::program(&nodes, input)
        });
        match result {
            Ok(form) => (Some(Product::Forms(form)), Vec::new()),
            Err(finding) => (None, vec![finding]),
        }
    }

    fn entries(&self) -> Option<Box<dyn Entries>> {
        Some(Box::new(entries::Prompt::new(*self)))
    }

    fn is_whole(&self, text: &str) -> bool {
        entries::is_whole(text)
    }

    fn support(&self) -> &'static [SupportModule] {
        SUPPORT_MODULES
    }

    fn parsed(&self, input: &Input<'_>) -> Option<Result<String, Diagnostic>> {
        let nodes = self.read(input.text, input.file);
        Some(nodes.map(|nodes| nodes.iter().map(|node| quote::text(node) + "\n").collect()))
    }
}
