//! What `dunlin check` says of whole programs: nothing that is not so.

use dunlin::{Engine, Found, Settings};
use testkit::corpus::{all_programs, short};

fn findings(path: &str) -> Vec<Found> {
    let engine = Engine::new(Settings::default()).expect("the settings are good");
    engine.check_file(path).unwrap_or_else(|failure| panic!("{path}: {failure}"))
}

/// Every program of the corpus says what it does. Where a type is proven wrong, the program has to be about an error of
/// types or of what objects have.
#[test]
fn types_are_proven_wrong_only_where_a_program_shows_it() {
    let mut wrong = String::new();
    let mut count = 0;
    for program in all_programs() {
        let text = std::fs::read_to_string(&program).expect("the program was just found");
        for found in findings(&program.display().to_string()) {
            if found.code == "W0402" {
                count += 1;
                if !text.contains("TypeError") && !text.contains("FieldError") {
                    wrong.push_str(&format!("{}:{}: {}\n", short(&program), found.place.line, found.message));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= 5, "only {count} proofs in the whole corpus");
}

/// A body that always leaves does not make its `finally` unreachable.
#[test]
fn a_finally_that_runs_is_not_called_unreachable() {
    let program = testkit::corpus::project().join("tests/regress/finally_after_throw.dn");
    let found = findings(&program.display().to_string());
    assert!(found.iter().all(|found| found.code != "W0202"), "{found:?}");
}

fn codes_of(code: &str) -> Vec<(String, u32, u32)> {
    let path = std::env::temp_dir().join(format!(
        "dunlin-check-{}-{:?}.dn",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::write(&path, code).expect("the folder for temporary files can be written");
    let found = findings(&path.display().to_string());
    let _ = std::fs::remove_file(&path);
    let proven = found.into_iter().filter(|found| found.code == "W0402");
    proven.map(|found| (found.message, found.place.line, found.place.column)).collect()
}

#[test]
fn literals_results_arguments_and_fields_are_known() {
    let message = |code: &str| codes_of(code).into_iter().map(|found| found.0).collect::<Vec<_>>().join("; ");
    let cases = [
        ("let a: Int = \"x\"\nprint(a)", "`a` must be Int, but this is String"),
        ("fn f(n: Int) = n\nprint(f(1.5))", "argument `n` of `f` must be Int, but this is Float"),
        ("fn f(n: Int) = n\nprint(f(n: nil))", "argument `n` of `f` must be Int, but this is Nil"),
        ("fn f() -> String = 1 + 2\nprint(f())", "the result of `f` must be String, but this is Int"),
        (
            "fn f() -> Int = 1\nlet s: String | Nil = f()\nprint(s)",
            "`s` must be String | Nil, but this is Int",
        ),
        (
            "record P(x: Int)\nfn f(s: String) = s\nprint(f(P(1).x))",
            "argument `s` of `f` must be String, but this is Int",
        ),
        ("record P(x: Int)\nprint(P([1]))", "the field `x` must be Int, but this is List"),
        (
            "class A {}\nclass B {}\nfn f(a: A) = a\nprint(f(B()))",
            "argument `a` of `f` must be A, but this is B",
        ),
        ("fn f(n: Int) { let s: String = n\n s }\nprint(f(1))", "`s` must be String, but this is Int"),
    ];
    for (code, expected) in cases {
        assert_eq!(message(code), expected, "{code}");
    }
    assert_eq!(codes_of("fn f(n: Int) = n\nprint(f(\"a\"))")[0].1, 2);
}

#[test]
fn what_may_be_right_is_left_alone() {
    let right = [
        "class A {}\nclass B < A {}\nfn f(a: A) = a\nprint(f(B()))",
        "class A {}\nclass B < A {}\nfn g() -> A = B()\nfn f(b: B) = b\nprint(f(g()))",
        "trait T {}\nclass A : T {}\nfn f(t: T) = t\nprint(f(A()))",
        "fn f(n: Number) = n\nprint(f(1))",
        "fn f(n: Int | Nil) = n\nprint(f(nil))",
        "let s = \"a\"\nfn f(n: Int) = n\nfn g(s) = f(s)\nprint(g(1), s)",
        "fn f(n: Int) = n\nfn g() { let f = |x| x\n f(\"a\") }\nprint(g(), f(1))",
        "fn f(g: Callable) = g\nprint(f(|x| x)(1))",
        "fn f(xs: Iterable) = xs\nprint(f([1]))",
        "fn f(e: Error) = e\nprint(f(ValueError(\"x\")))",
    ];
    for code in right {
        assert_eq!(codes_of(code), [], "{code}");
    }
}
