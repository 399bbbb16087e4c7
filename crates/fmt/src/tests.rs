use super::*;

fn check(source: &str, expected: &str) {
    let formatted = format(source).unwrap_or_else(|diagnostics| panic!("{source}: {diagnostics:#?}"));
    assert_eq!(formatted, expected, "of\n{source}");
    check_text(source);
}

#[test]
fn every_form() {
    check_text(syntax::fuzz::EVERY_FORM);
}

#[test]
fn blanks() {
    check("let   x=1+2 * -3", "let x = 1 + 2 * -3\n");
    check("f ( a ,b :1,.. c )[ 0 ] . g", "f(a, b: 1, ..c)[0].g\n");
    check("let m = { a :1 , \"b\": 2,}", "let m = {a: 1, \"b\": 2}\n");
    check("(a ,); {r,}; [a,]; g(b,)", "(a,)\n{r,}\n[a]\ng(b)\n");
    check("a ?[0]", "a?[0]\n");
    check("x.empty? .len", "x.empty? .len\n");
    check("for i in 0 .. n-1{}", "for i in 0..n - 1 {}\n");
    check("[1 .. , .. xs]", "[1.., ..xs]\n");
    check("| a,b | a+b", "|a, b| a + b\n");
    check("||1", "|| 1\n");
    check("| ||a |a", "| ||a| a\n");
    check("fn  *g ( ) { }", "fn* g() {}\n");
}

#[test]
fn lines() {
    check("a; b;\n\n\n\nc", "a\nb\n\nc\n");
    check("if a{\nb}\nelse   {c}", "if a {\n    b\n} else {\n    c\n}\n");
    check("fn f() {\n\n  1\n\n}", "fn f() {\n    1\n}\n");
    check("match x {\n1=>2, 3=>4\n}", "match x {\n    1 => 2\n    3 => 4\n}\n");
    check_text("let x = ({;})\nlet y = ({;;})");
    check("a; || b", "a;\n|| b\n");
}

#[test]
fn comments() {
    check(
        "// one\n\n// two\nlet x = 1 // three\n// four",
        "// one\n\n// two\nlet x = 1  // three\n// four\n",
    );
    check("f(a, // first\nb)", "f(\n    a,  // first\n    b,\n)\n");
    check("let xs = [\n1, // one\n22 // two\n]", "let xs = [\n    1,   // one\n    22,  // two\n]\n");
    check("if a { // why\nb }", "if a {  // why\n    b\n}\n");
    check("f(/* a */ b)", "f(/* a */ b)\n");
}

#[test]
fn breaks() {
    // `!in` is one operator.
    let (left, right) = ("a".repeat(60), "b".repeat(60));
    check(&format!("let x = {left} !in {right}"), &format!("let x = {left} !in\n    {right}\n"));
    let long = "a".repeat(40);
    check(&format!("f({long}, {long}, {long})"), &format!("f(\n    {long},\n    {long},\n    {long},\n)\n"));
    check(
        &format!("let x = {long} && {long} && {long}"),
        &format!("let x = {long}\n    && {long}\n    && {long}\n"),
    );
    check(
        &format!("let x = {long} + {long} + {long}"),
        &format!("let x = {long} +\n    {long} +\n    {long}\n"),
    );
    check(
        &format!("things.map(|x| {{ {long}({long}, x) }})"),
        &format!("things.map(|x| {{\n    {long}({long}, x)\n}})\n"),
    );
    check("xs\n.map(f)\n  .sum()", "xs\n    .map(f)\n    .sum()\n");
    check("f({\n a: 1, b: 2 })", "f({\n    a: 1, b: 2,\n})\n");
}

#[test]
fn text_that_does_not_parse_is_refused() {
    assert!(format("let = 1").is_err());
}
