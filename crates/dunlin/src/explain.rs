//! Codes of diagnostics and the pages that explain them.

use diag::Code;

/// Every code with its title.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    Code::ALL.iter().map(|code| (code.as_str(), code.title()))
}

/// What a code stands for.
pub fn explain(code: &str) -> Option<String> {
    let code = Code::from_code(code)?;
    Some(format!("{code}: {}\n", code.title()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_class_of_the_vm_has_its_row() {
        for (class, code, _) in vm::error::ERRORS {
            let row = Code::from_code(code).unwrap_or_else(|| panic!("{code} has no row"));
            assert!(row == Code::UncaughtError || format!("{row:?}") == format!("{class:?}"), "{code}");
        }
    }
}
