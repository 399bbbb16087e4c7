use super::*;
use diag::FileId;

const FILE: FileId = FileId(0);

fn program(source: &str) -> Sexpr {
    let (file, diagnostics) = crate::parse(source, FILE);
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{source}: {diagnostics:#?}");
    from_file(&file)
}

fn check(source: &str, expected: &str) {
    let form = program(source);
    assert_eq!(print(&form).trim_end(), format!("(file {expected})"), "{source}");
    round_trip(&form);
}

/// Printing, reading and turning into a program and back change nothing.
fn round_trip(form: &Sexpr) {
    let text = print(form);
    let read = read(&text, FILE).unwrap_or_else(|diagnostic| panic!("{text}\n{diagnostic:?}"));
    assert_eq!(read.first(), Some(form), "{text}");
    let file = to_file(form).unwrap_or_else(|diagnostic| panic!("{text}\n{diagnostic:?}"));
    assert_eq!(&from_file(&file), form, "{text}");
}

#[test]
fn forms() {
    check("1 + 2 * x", "(+ 1 (* 2 x))");
    check("f(a, b: 1, ..c)", "(call f a (named b 1) (spread c))");
    check("let X = -1.5e300", "(let (bind X) () (neg 1.5e300) ())");
    check("fn* g(a: Int, ...r) -> Int = a", "(fn g (params* (param a Int ()) (rest r) (result Int)) (= a))");
    check(
        "match x { Int | nil => 1, [a, ..] if a > 0 => {a: a} }",
        "(match x (arm (or (isa Int) nil) () 1) (arm (list a (rest)) (> a 0) (map (pair \"a\" a))))",
    );
    check("a?.b[0] ?? 'q'", "(?? (chain (index (field? a b) 0)) 'q')");
    check("\"a${x:>5}b\"", "(template \"a\" (value x \">5\") \"b\")");
    check("x |> f(1) |> g", "(pipe-to (pipe-call x (call f 1)) g)");
}

#[test]
fn every_form_goes_both_ways() {
    round_trip(&program(include_str!("every_form.dn")));
}

#[test]
fn odd_names_and_values_survive() {
    let names = ["", "a b", "nil", "-1", "x#1", "é?", "..", "\""];
    for name in names {
        let mut form = Sexpr::name(name, Span::new(FILE, 0, 0));
        form.mark = Mark(3);
        assert_eq!(read(&print(&form), FILE).as_deref(), Ok(&[form][..]), "{name}");
    }
    round_trip(&program(
        "[1e999, 123456789012345678901234567890, 'é', '\\'', b\"\\xff\\\"\", :\"a b\", re#\"\\d\"\"#]",
    ));
    round_trip(&program("match x { -1.5 => 1, -99999999999999999999 => 2, -9223372036854775808 => 3 }"));
}

#[test]
fn malformed_forms_are_errors() {
    for text in [
        "(",
        ")",
        "(if)",
        "(let x)",
        "(arm x () 1)",
        "(1 2)",
        "()",
        "\"a",
        "'ab'",
        "(call)",
        "(at x y)",
        "(+ 1)",
        "(+ 1 2 3)",
        "(class)",
        "1x",
        "x#",
        "(fn f (x) 1)",
    ] {
        let result =
            read(text, FILE).and_then(|forms| forms.iter().try_for_each(|form| to_file(form).map(|_| ())));
        assert!(result.is_err(), "{text}");
    }
    let deep = format!("{}x{}", "(not ".repeat(100_000), ")".repeat(100_000));
    assert!(read(&deep, FILE).is_err());
}

#[test]
fn json_is_json() {
    let json = to_json(&program("f(\"a\\n\", nil, 1.5)"));
    assert!(json.starts_with("{\"at\":[0,"), "{json}");
    assert!(json.contains("{\"at\":[2,7],\"string\":\"a\\n\"}"), "{json}");
}
