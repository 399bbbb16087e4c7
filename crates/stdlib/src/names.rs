//! Which names of the library are visible where, derived from the rows.

use crate::ROWS;

/// The constants that every module sees.
pub const CONSTANTS: &[(&str, f64)] = &[("nan", f64::NAN), ("inf", f64::INFINITY)];

/// The builtin functions that every module sees without importing them, the library's own (`__x`) included.
pub fn prelude_rows() -> impl Iterator<Item = &'static vm::BuiltinRow> {
    ROWS.iter().copied().flatten().filter(|row| row.split_name().0.is_none())
}

/// The modules that consist of builtins: `math`, `time` and so on.
pub fn module_names() -> Vec<&'static str> {
    let owners = ROWS.iter().copied().flatten().filter_map(|row| row.split_name().0);
    let mut names: Vec<&str> =
        owners.filter(|owner| owner.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    names.sort_unstable();
    names.dedup();
    names
}
