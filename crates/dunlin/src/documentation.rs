//! The documentation of the library by name.

use std::sync::OnceLock;

pub use stdlib::document::Entry;

/// Every entry, in the order of the reference.
pub fn documentation() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        stdlib::document::sections().into_iter().flat_map(|section| section.entries).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_names_signatures_and_examples() {
        let find = |name: &str| documentation().iter().find(|entry| entry.name == name);
        let push = find("List.push").expect("lists have `push`");
        assert!(push.signature.starts_with("List.push(") && push.text.contains("```dunlin"), "{push:?}");
        assert_eq!(push.member(), "push");
        assert!(find("print").is_some() && find("math.floor").is_some());
    }
}
