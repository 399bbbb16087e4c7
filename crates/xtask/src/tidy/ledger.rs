//! The budgets of unsafe code: `unsafe-ledger.txt` has one line a file, and a file may not exceed its line.
//!
//! Why a budget and not a list of sites: moving code inside a file is no event, a new site is.

use std::collections::BTreeMap;

/// Unsafe blocks, functions and implementations in text stripped by `source::code_only`.
pub fn unsafe_sites(code: &str) -> usize {
    let is_word = |text: char| text.is_alphanumeric() || text == '_';
    code.match_indices("unsafe")
        .filter(|(at, _)| !code[..*at].ends_with(is_word) && !code[at + 6..].starts_with(is_word))
        .count()
}

pub fn write(counts: &[(String, usize)]) -> String {
    let mut text = String::from(
        "# Unsafe sites each file may hold. `cargo xtask tidy --ledger` writes this file anew.\n",
    );
    for (path, sites) in counts.iter().filter(|(_, sites)| *sites > 0) {
        text.push_str(&format!("{sites:4} {path}\n"));
    }
    text
}

pub fn compare(ledger: &str, counts: &[(String, usize)]) -> Vec<String> {
    let budgets: BTreeMap<&str, usize> = ledger
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.trim().split_once(' '))
        .filter_map(|(sites, path)| Some((path, sites.parse().ok()?)))
        .collect();
    let exceeds = |path: &str, sites: usize| sites > budgets.get(path).copied().unwrap_or(0);
    counts
        .iter()
        .filter(|(path, sites)| exceeds(path, *sites))
        .map(|(path, sites)| {
            let budget = budgets.get(path.as_str()).copied().unwrap_or(0);
            format!("{path}: {sites} unsafe sites, its line in unsafe-ledger.txt allows {budget}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_a_complaint_and_a_fall_is_none() {
        let counts = |sites| vec![("crates/heap/src/value.rs".to_string(), sites)];
        let ledger = write(&counts(3));
        assert!(compare(&ledger, &counts(3)).is_empty());
        assert!(compare(&ledger, &counts(2)).is_empty());
        assert_eq!(compare(&ledger, &counts(4)).len(), 1);
        assert_eq!(unsafe_sites("unsafe fn a() { unsafe { b() } } #![forbid(unsafe_code)]"), 2);
    }
}
