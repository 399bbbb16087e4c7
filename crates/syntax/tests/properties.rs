//! Properties that hold for every input, on as many as a test run allows.

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lex_parse(bytes in proptest::collection::vec(any::<u8>(), 0..96)) {
        syntax::fuzz::lex_parse(&bytes);
    }

    #[test]
    fn sexpr_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..96)) {
        syntax::fuzz::sexpr_round_trip(&bytes);
    }
}

/// Reads a text on a thread with the smallest stack a host might give it.
fn parses_without_overflow(text: String) {
    let read = move || {
        let (file, diagnostics) = syntax::parse(&text, diag::FileId(0));
        let form = syntax::sexpr::from_file(&file);
        let _ = syntax::sexpr::to_file(&form);
        // Where each level is a mistake of its own, the parse ends because there are too many.
        diagnostics.iter().any(|diagnostic| diagnostic.code == diag::Code::TooDeep) || diagnostics.len() >= 64
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(read).expect("a thread starts");
    assert!(thread.join().expect("the parser does not panic"), "nothing was too deep");
}

#[test]
fn depth_is_bounded() {
    const COUNT: usize = 50_000;
    let nested = [
        ("", "(", "1", ")"),
        ("", "[", "1", "]"),
        ("", "{", "1", "}"),
        ("", "#{", "1", "}"),
        ("", "{a: ", "1", "}"),
        ("", "f(", "1", ")"),
        ("", "f(a: ", "1", ")"),
        ("", "-", "1", ""),
        ("", "!", "a", ""),
        ("", "await ", "a", ""),
        ("", "|x| ", "1", ""),
        ("", "||", "1", ""),
        ("", "if a { ", "1", "}"),
        ("", "if ", "a", "{}"),
        ("", "if a {} else ", "if a {}", ""),
        ("", "match x { y => ", "1", "}"),
        ("", "match ", "x", "{}"),
        ("", "fn() { ", "1", "}"),
        ("", "fn f() { ", "1", "}"),
        ("", "class A { fn f() { ", "1", "} }"),
        ("", "try { ", "1", "} catch e { }"),
        ("", "try ", "1", " else 0"),
        ("", "return ", "1", ""),
        ("let ", "(", "a", ")"),
        ("let ", "[", "a", "]"),
        ("let ", "{a: ", "a", "}"),
        ("let ", "A(", "a", ")"),
        ("let x: ", "(", "A", ")"),
        ("let x: ", "List[", "A", "]"),
        ("let x: ", "(", "A", " | B)"),
        ("", "receive { x => ", "1", "}"),
        ("", "module a { ", "", "}"),
        ("", "1 ** ", "1", ""),
        ("", "a ?? ", "a", ""),
        ("", "a = ", "a", ""),
        ("", "\"${", "1", "}\""),
        ("", "quote { ", "1", "}"),
    ];
    for (prefix, open, middle, close) in nested {
        let text = format!("{prefix}{}{middle}{}", open.repeat(COUNT), close.repeat(COUNT));
        if open == "\"${" {
            let (_, diagnostics) = syntax::parse(&text, diag::FileId(0));
            assert!(diagnostics.iter().any(|diagnostic| diagnostic.code == diag::Code::StringTooDeep));
            continue;
        }
        println!("{open}");
        parses_without_overflow(text);
    }
    for link in [" + a", ".a", ".a()", "[0]", "(1)", "?.a", " |> f", " && a", " == a", " is A"] {
        println!("{link}");
        parses_without_overflow(format!("a{}", link.repeat(COUNT)));
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let start = std::time::Instant::now();
    for piece in [
        "[",
        "]",
        "(]",
        "{)",
        "\"${",
        "\"",
        "'",
        "/*",
        "1_",
        "a b ",
        "x: ",
        "@",
        "select { a ",
        "${",
        "\\",
        "=> ",
        "(a, ",
    ] {
        let text = piece.repeat(100_000);
        let (_, diagnostics) = syntax::parse(&text, diag::FileId(0));
        assert!(diagnostics.len() <= 65, "{piece}: {}", diagnostics.len());
    }
    let elapsed = start.elapsed();
    assert!(elapsed.as_secs() < 20, "took {elapsed:?}");
}
