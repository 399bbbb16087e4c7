//! The nearest of some names, for hints.

use base::edits;

/// The candidate nearest to `name`, when it is near enough to be what was meant. Whether letters are capitals does not
/// count, and of several the first by the alphabet is taken: candidates come in no order.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && !candidate.starts_with("__"))
        .map(|candidate| (edits(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(edits, _)| edits <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("totl", ["print", "total", "to"]), Some("total".to_string()));
        assert_eq!(nearest("pritn", ["print"]), Some("print".to_string()));
        assert_eq!(nearest("x", ["total"]), None);
        assert_eq!(nearest("a", ["a"]), None);
    }
}
