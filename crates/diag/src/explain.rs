//! The pages about codes, as `explain` prints them and as tests read them.

use crate::Code;
use crate::blocks::{Block, blocks};

/// An example on a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example<'a> {
    /// The notation of the block: `dunlin`, `sexpr`, or the ending of a file.
    pub language: &'a str,
    /// Whether it must raise the code.
    pub is_bad: bool,
    /// What stands behind `bad` or `good`: options of the command that shows it.
    pub options: &'a str,
    pub text: &'a str,
}

/// The page about a code such as `E0101`, in any case of letters.
pub fn explain(code: &str) -> Option<&'static str> {
    Code::from_code(&code.trim().to_ascii_uppercase()).map(Code::page)
}

/// The examples of a page: its fenced blocks that say `bad` or `good`.
pub fn examples(page: &str) -> Vec<Example<'_>> {
    blocks(page).into_iter().filter_map(example).collect()
}

fn example(block: Block<'_>) -> Option<Example<'_>> {
    let mut words = block.info.splitn(3, ' ');
    let (language, kind) = (words.next()?, words.next()?);
    let options = words.next().unwrap_or_default();
    let text = block.text.strip_suffix('\n').unwrap_or(block.text);
    matches!(kind, "bad" | "good").then_some(Example { language, is_bad: kind == "bad", options, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_about_its_code() {
        for &code in Code::ALL {
            let head = format!("# {}: {}\n", code.as_str(), code.title());
            assert!(code.page().starts_with(&head), "the page of {code} does not start with {head}");
            let kinds: Vec<bool> = examples(code.page()).iter().map(|example| example.is_bad).collect();
            // No page holds a file of 64 MB.
            let complete = kinds == [true, false] || (kinds.is_empty() && code == Code::SourceTooLarge);
            assert!(complete, "{code}: a bad example, then a good one");
        }
        assert_eq!(explain("e0101"), Some(Code::UnexpectedToken.page()));
        assert_eq!(explain("E9999"), None);
    }
}
