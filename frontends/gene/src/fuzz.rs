//! The target that any bytes may reach: it must neither panic nor hang, and what it makes must be a program.

use diag::FileId;
use notation::{FrontEnd, Input, Product, Role, Surroundings};

struct NoFiles;

impl Surroundings for NoFiles {
    fn read(&mut self, _path: &str) -> Option<Vec<u8>> {
        None
    }
}

/// The reader and the lowering, on the bytes as text.
pub fn program(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let input = Input { file: FileId(0), path: "fuzz.gene", bytes, text: &text, role: Role::Program };
    let (product, findings) = crate::Gene::default().translate(&input, &mut NoFiles);
    match product {
        Some(Product::Forms(form)) => {
            // Nesting beyond the compiler's bound is a finding of its own; anything else is a defect of the lowering.
            if let Err(finding) = syntax::sexpr::to_file(&form) {
                assert!(finding.message.contains("deep"), "{}\n{text}", finding.message);
            }
        }
        Some(Product::Unit(_)) => {}
        None => assert!(!findings.is_empty(), "no product and no reason"),
    }
}
