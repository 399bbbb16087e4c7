//! Entries at a prompt: what one declares, those behind it see.
//!
//! Declarations stand at the top of the forms of an entry, where they live on; everything else is inside of a `try`, so
//! that an error is reported as programs report theirs, without an end.

use diag::Diagnostic;
use notation::{Entries, Input, Product, Surroundings, Translation};
use syntax::sexpr::Sexpr;

use crate::Gene;
use crate::emit;
use crate::lower::{self, Lowering};
use crate::reader;

/// The translator of a prompt.
pub struct Prompt {
    front_end: Gene,
    kept: Option<Lowering>,
    /// What the entry that was translated last leaves behind, if it is kept.
    next: Option<Lowering>,
}

impl Prompt {
    pub fn new(front_end: Gene) -> Prompt {
        Prompt { front_end, kept: None, next: None }
    }
}

impl Prompt {
    fn entry(&self, lowering: &mut Lowering, input: &Input<'_>, is_first: bool) -> Result<Sexpr, Diagnostic> {
        let nodes = self.front_end.read(input.text, input.file)?;
        let span = input.span(0, input.text.len());
        lowering.imports.clear();
        let forms = lowering.statements(&nodes, span)?;
        let (mut declared, mut done): (Vec<Sexpr>, Vec<Sexpr>) =
            forms.into_iter().partition(lower::is_declaration);
        if let Some(value) = done.pop() {
            done.push(emit::support("show", vec![value], span));
        }
        done.push(emit::support("finish", Vec::new(), span));
        let error = emit::name("g error", span);
        let report = emit::support("report", vec![error.clone()], span);
        let catch =
            emit::form("catch", vec![error, emit::absent(span), emit::block(vec![report], span)], span);
        let mut file = Vec::new();
        if is_first {
            file.push(lower::import(crate::SUPPORT, emit::SUPPORT_NAME, span));
            declared.insert(0, emit::var("g modules", emit::form("map", Vec::new(), span), span));
        }
        for (path, name) in &lowering.imports {
            file.push(lower::import(path, name, span));
        }
        file.append(&mut declared);
        file.push(emit::form("try", vec![emit::block(done, span), catch], span));
        Ok(emit::form("file", file, span))
    }
}

impl Entries for Prompt {
    fn translate(&mut self, input: &Input<'_>, _surroundings: &mut dyn Surroundings) -> Translation {
        let is_first = self.kept.is_none();
        let mut lowering = self.kept.clone().unwrap_or_else(|| Lowering::at_prompt(input.role));
        match self.entry(&mut lowering, input, is_first) {
            Ok(form) => {
                self.next = Some(lowering);
                (Some(Product::Forms(form)), Vec::new())
            }
            Err(finding) => (None, vec![finding]),
        }
    }

    fn keep(&mut self) {
        self.kept = self.next.take().or_else(|| self.kept.take());
    }
}

/// Whether every bracket and string of a text is closed.
pub fn is_whole(text: &str) -> bool {
    match reader::read(text, diag::FileId(0), false) {
        Ok(_) => true,
        Err(finding) => !finding.message.ends_with("is not closed"),
    }
}
