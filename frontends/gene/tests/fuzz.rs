//! Drives the fuzz targets on a stable compiler.

use proptest::prelude::*;

/// Forms that are nearly programs.
fn forms() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "^a",
        "^^b",
        "x",
        "1",
        "2.5",
        "\"s\"",
        "#\"a #{",
        "+",
        "-",
        "<",
        "==",
        "=",
        "+=",
        ".m",
        "/x",
        "a/b",
        "var",
        "fn",
        "f",
        "f*",
        "m!",
        "if",
        "elif",
        "else",
        "for",
        "in",
        "while",
        "loop",
        "break",
        "case",
        "when",
        "try",
        "catch",
        "*",
        "finally",
        "class",
        "ctor",
        "method",
        "new",
        "ns",
        "import",
        "from",
        "super",
        "return",
        "yield",
        "do",
        "$caller_eval",
        "`",
        "%",
        ":",
        "async",
        "xs...",
        ";",
        "!",
        "&&",
        "..",
        "nil",
        "void",
        "throw",
        "repeat",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_of_words(text in forms()) {
        gene::fuzz::program(text.as_bytes());
    }

    #[test]
    fn any_text(text in "[ -~\n]{0,200}") {
        gene::fuzz::program(text.as_bytes());
    }

    #[test]
    fn brackets(text in "[()\\[\\]{}a-c^=.+ 0-9]{0,120}") {
        gene::fuzz::program(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        gene::fuzz::program(&bytes);
    }
}
