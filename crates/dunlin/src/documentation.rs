//! The documentation of the library by name, read from the page that is made of its sources.

use std::sync::OnceLock;

/// What the library says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `print`, `List.push`, `math.floor`.
    pub name: String,
    /// `print(...values)`.
    pub signature: String,
    /// In Markdown, with the example as a block.
    pub text: String,
}

impl Entry {
    /// The last part of the name: `push`.
    pub fn member(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

/// Every entry, in the order of the page.
pub fn documentation() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| read(&stdlib::document::page()))
}

fn read(page: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in page.lines() {
        if let Some(signature) = line.strip_prefix("### `").and_then(|line| line.strip_suffix('`')) {
            let length = signature.find('(').unwrap_or(signature.len());
            let (name, signature) = (signature[..length].to_string(), signature.to_string());
            entries.push(Entry { name, signature, text: String::new() });
        } else if !line.starts_with("## ")
            && let Some(entry) = entries.last_mut()
        {
            entry.text.push_str(line);
            entry.text.push('\n');
        }
    }
    for entry in &mut entries {
        entry.text = entry.text.trim().to_string();
    }
    entries
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
