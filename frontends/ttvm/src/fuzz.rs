//! Targets that any bytes may reach: they must neither panic nor hang, and what they make must be valid.

use diag::FileId;
use notation::{FrontEnd, Input, Product, Role, Surroundings};

struct NoFiles;

impl Surroundings for NoFiles {
    fn read(&mut self, _path: &str) -> Option<Vec<u8>> {
        None
    }
}

/// The assembler and the lowering, on the bytes as text.
pub fn assembly(bytes: &[u8]) {
    translate(&crate::Assembly, "fuzz.ttvm", bytes);
}

/// The reader of the binary form, and the lowering.
pub fn binary(bytes: &[u8]) {
    translate(&crate::Assembly, "fuzz.ttb", bytes);
}

/// The Lisp reader.
pub fn lisp(bytes: &[u8]) {
    translate(&crate::Lisp, "fuzz.lisp", bytes);
}

fn translate(front_end: &dyn FrontEnd, path: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let input = Input { file: FileId(0), path, bytes, text: &text, role: Role::Program };
    let (product, findings) = front_end.translate(&input, &mut NoFiles);
    match product {
        Some(Product::Unit(unit)) => {
            let checked = bytecode::validate::check(&unit);
            assert!(checked.is_ok(), "{checked:?}\n{text}");
        }
        Some(Product::Forms(_)) => {}
        None => assert!(!findings.is_empty(), "no product and no reason"),
    }
}
