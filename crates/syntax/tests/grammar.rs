//! The rules that resolve the hazards of the grammar, each with a text that parses to what it says and one that must
//! not parse, or not as it looks.

use diag::{Code, FileId};
use syntax::sexpr;

const FILE: FileId = FileId(0);

/// The text parses, as the given statements.
fn check(source: &str, expected: &str) {
    let (file, diagnostics) = syntax::parse(source, FILE);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{source}\n{errors:#?}");
    let expected = sexpr::read(&format!("(file {expected})"), FILE).expect("the expected form can be read");
    let found = sexpr::from_file(&file);
    assert_eq!(Some(&found), expected.first(), "{source}\nparses as {}", sexpr::print(&found));
}

/// The first error of a text that must not parse.
fn reject(source: &str, code: Code) {
    let (_, diagnostics) = syntax::parse(source, FILE);
    let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error()).map(|diagnostic| diagnostic.code);
    assert_eq!(first, Some(code), "{source}");
}

/// A warning of a text that parses.
fn warn(source: &str, code: Code) {
    let (_, diagnostics) = syntax::parse(source, FILE);
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [code], "{source}");
}

#[test]
fn newlines() {
    check("(a\n - b)", "(- a b)");
    check("{ a\n - b }", "(block a (neg b))");
    check("[a\n - b, // c\n\n c]", "(list (- a b) c)");
    check("{a: 1\n + 2}", "(map (pair \"a\" (+ 1 2)))");
    reject("a\n + b", Code::LineStartOperator);
    for operator in ["*", "/", "%", "==", "<", ">", "&"] {
        reject(&format!("a\n {operator} b"), Code::LineStartOperator);
    }
}

#[test]
fn postfix_stands_on_the_same_line() {
    check("a\n(b)", "a b");
    check("a\n[0]", "a (list 0)");
    check("a (b) [c] ?[d]", "(chain (index? (index (call a b) c) d))");
    reject("[a\n(b)]", Code::UnexpectedToken);
    reject("[a\n[b]]", Code::UnexpectedToken);
}

#[test]
fn lines_that_continue() {
    check(
        "a\n .b\n ?.c\n && d\n || e\n ?? f\n |> g",
        "(|| (&& (chain (field? (field a b) c)) d) (pipe-to (?? e f) g))",
    );
    check("if a { b }\nelse { c }", "(if a (block b) (block c))");
    check(
        "try { a }\ncatch e { b }\nfinally { c }",
        "(try (block a) (catch e () (block b)) (finally (block c)))",
    );
    check("let n = 1\n|| n + 1", "(let n () (|| 1 (+ n 1)) ())");
    warn("a\n-b", Code::UnusedValue);
    check("let f = 1\nfn() = n + 1", "(let f () 1 ()) (fn () (params) (= (+ n 1)))");
}

#[test]
fn braces() {
    check("f(|u| {url: u})", "(call f (closure (params u) (map (pair \"url\" u))))");
    check("[{}]", "(list (map))");
    check("[{r}, {r, s}, {r,}]", "(list (block r) (map (pair \"r\" r) (pair \"s\" s)) (map (pair \"r\" r)))");
    check("fn f() { {a: 1} }", "(fn f (params) (block (map (pair \"a\" 1))))");
    check(
        "let m = {if: 1, \"k\": 2, [a + b]: 3, ..n}",
        "(let m () (map (pair \"if\" 1) (pair \"k\" 2) (pair (+ a b) 3) (spread n)) ())",
    );
    check("match x { _ => {} }", "(match x (arm _ () (block)))");
    check("f(|x| {}, {})", "(call f (closure (params x) (block)) (map))");
    reject("let m = {1: 2}", Code::ForeignSyntax);
    reject("{a b: 1}", Code::StatementSeparator);
}

#[test]
fn headers() {
    check("if x == y {}", "(if (== x y) (block) ())");
    check("match f { a => b }", "(match f (arm a () b))");
    check("for x in f({a: 1}) { x }", "(for () x (call f (map (pair \"a\" 1))) (block x))");
    check("while a { b }", "(while () a (block b))");
    reject("if c {a: 1}", Code::BodyNotBlock);
    reject("for x in {a: 1} { x }", Code::UnexpectedToken);
    reject("if c a", Code::BodyNotBlock);
}

#[test]
fn blocks_after_calls() {
    check("scope(timeout: 2s) { a }", "(scope ((named timeout 2000)) (block a))");
    check("spawn(link: true) { a }", "(spawn ((named link true)) (block a))");
    check("m!(a) { b }", "(macro-call m (a) (block b))");
    reject("f(x) { a }", Code::TrailingBlock);
}

#[test]
fn labels() {
    check("{ outer: for x in xs { break outer x } }", "(block (for outer x xs (block (break outer x))))");
    check("f(loop: loop { break v })", "(call f (named loop (loop () (block (break () v)))))");
    check("{a: (loop {})}", "(map (pair \"a\" (loop () (block))))");
    check("a: while b { continue a }", "(while a b (block (continue a)))");
    reject("a: if b { c }", Code::UnexpectedToken);
}

#[test]
fn colons() {
    check("{a:b}", "(map (pair \"a\" b))");
    check("f(x:y)", "(call f (named x y))");
    check("(:a)", ":a");
    check("{a::b, c: :d}", "(map (pair \"a\" :b) (pair \"c\" :d))");
    check("[:\"two words\", :ok?]", "(list :\"two words\" :ok?)");
    reject("a::b", Code::DoubleColon);
    reject("f(x :y)", Code::UnexpectedToken);
}

#[test]
fn tuples() {
    check("(Counter, name: :spare)", "(tuple Counter (named name :spare))");
    check("(a,)", "(tuple a)");
    check("()", "(tuple)");
    check("let (a, name: b) = c", "(let (tuple a (named name b)) () c ())");
    reject("(k: v)", Code::NamedTuple);
    reject("(a, k: v, b)", Code::ArgumentOrder);
}

#[test]
fn bars() {
    check("|x||y| x + y", "(closure (params x) (closure (params y) (+ x y)))");
    check("|a: (Int | Nil)| a", "(closure (params (param a (or Int Nil) ())) a)");
    check("f(|| 1, a || b)", "(call f (closure (params) 1) (|| a b))");
    check("x |> (|a| a |> f)", "(pipe-to x (closure (params a) (pipe-to a f)))");
    check("|x| t += x", "(closure (params x) (+= t x))");
    reject("|a: Int | Nil| a", Code::UnionInClosure);
}

#[test]
fn alternatives_and_unions() {
    check("match x { 1 | 2 => a }", "(match x (arm (or 1 2) () a))");
    check("match x { n: Int | Nil => n }", "(match x (arm (bind n (or Int Nil)) () n))");
    check("match x { (a, 1) | (1, a) => a }", "(match x (arm (or (tuple a 1) (tuple 1 a)) () a))");
    reject("match x { | 1 => a }", Code::UnexpectedToken);
    reject("match x { a | 1 => a }", Code::AlternativeBindings);
}

#[test]
fn upper_case() {
    check(
        "match x { Int => 1, geo.P(a, y: Int) => a }",
        "(match x (arm (isa Int) () 1) (arm (construct (path geo P) a (named y (isa Int))) () a))",
    );
    check("let PI = 3", "(let (bind PI) () 3 ())");
    check("match x { {n: Int as n} => n }", "(match x (arm (map (pair \"n\" (as (isa Int) n))) () n))");
    check("match x { ^a => 1, ^(a + b) => 2 }", "(match x (arm (pin a) () 1) (arm (pin (+ a b)) () 2))");
    reject("class point {}", Code::NameCase);
    reject("match x { (a, a) => 1 }", Code::DuplicateBinding);
    reject("match x { geo.p => 1 }", Code::InvalidPattern);
}

#[test]
fn numbers() {
    check("x.1.2", "(at (at x 1) 2)");
    check("1..3", "(.. 1 3)");
    check("1.abs()", "(invoke 1 abs)");
    check("[5s, 1.5s, 2m, 2mb, 1_000, 0xff, 1e3]", "(list 5000 1500 120000 2097152 1000 255 1000.0)");
    for source in ["3x", "0b1kb", "0xffh", "1e5s", "1e"] {
        reject(source, Code::UnknownSuffix);
    }
    for source in ["007", "1_", "0x", "0b2", ".5", "1.0001s"] {
        reject(source, Code::BadNumber);
    }
}

#[test]
fn question_marks_and_bangs() {
    check("a?.b.c", "(chain (field (field? a b) c))");
    check("xs.empty?()", "(invoke xs empty?)");
    check("a?[i]", "(chain (index? a i))");
    check("a??b", "(?? a b)");
    check("a!=b", "(!= a b)");
    check("unless!(c)", "(macro-call unless (c) ())");
    check("[a !is B, a !in b]", "(list (!is a B) (!in a b))");
    reject("a !(b)", Code::StatementSeparator);
    for operator in ["is B", "in b", "== b"] {
        reject(&format!("!a {operator}"), Code::NegatedOperand);
    }
}

#[test]
fn types_and_comparisons() {
    check("x is Int | Nil", "(is x (or Int Nil))");
    check("x is List[Int] && y", "(&& (is x (of List Int)) y)");
    for source in ["a < b < c", "a == b == c", "a is B is C", "a in b in c"] {
        reject(source, Code::ChainedComparison);
    }
}

#[test]
fn prefix_words_and_jumps() {
    check("async fetch(u).x + 1", "(+ (async (field (call fetch u) x)) 1)");
    check("await t + 1", "(+ (await t) 1)");
    check("async { a }", "(async (block a))");
    check("x ?? throw E()", "(?? x (throw (call E)))");
    check("fn f() { a || return\n b }", "(fn f (params) (block (|| a (return)) b))");
    check("[return, 1]", "(list (return) 1)");
    reject("throw", Code::ThrowOutsideCatch);
    reject("try { a } catch e { fn() { throw } }", Code::ThrowOutsideCatch);
}

#[test]
fn tries() {
    check("try e else d", "(try-else e d)");
    check("try { a } else b", "(try-else (block a) b)");
    check("let n = try f() else 0", "(let n () (try-else (call f) 0) ())");
    check("try if a { b } else { c } else d", "(try-else (if a (block b) (block c)) d)");
    check("let [a] = b else { return }", "(let (list a) () b (block (return)))");
    reject("try e", Code::TryWithoutElse);
    reject("try { a } catch { b } else c", Code::TryWithoutElse);
}

#[test]
fn arms() {
    check("receive { a => b, after 5s => c }", "(receive (arm a () b) (after 5000 c))");
    check("select { v = c.recv() => v, d() => 1 }", "(select (on v (invoke c recv) v) (on () (call d) 1))");
    check(
        "match a { A => x = 1\nB\n=> f(), C if\n d => g() }",
        "(match a (arm (isa A) () (= x 1)) (arm (isa B) () (call f)) (arm (isa C) d (call g)))",
    );
    reject("receive { after 1s => a, b => c }", Code::MisplacedAfter);
    reject("match a { A => b C => d }", Code::UnexpectedToken);
}

#[test]
fn assignments() {
    check(
        "(a, b) = (b, a); e.f += 1; e[i] ??= 2; [a, b] = c",
        "(= (tuple a b) (tuple b a)) (+= (field e f) 1) (??= (index e i) 2) (= (list a b) c)",
    );
    check("defer a = 1", "(defer (= a 1))");
    for source in ["if x = 1 {}", "f(a = 1)", "let a = b = c", "(a = 1)"] {
        reject(source, Code::AssignmentAsValue);
    }
    for source in ["f() = 1", "1 = 2", "a?.b = 1", "[a, ..b] = c"] {
        reject(source, Code::InvalidTarget);
    }
}

#[test]
fn operators_as_names() {
    check("class V { fn *(o) = o; fn* each() { yield 1 }; fn -() = 1; fn [](i) = i; fn []=(i, v) {} }",
        "(class V () () (method plain * (params o) (= o)) (method plain each (params*) (block (yield 1))) (method plain - (params) (= 1)) (method plain [] (params i) (= i)) (method plain []= (params i v) (block)))"
            .replace("[]=", "@\"[]=\"").replace("plain [] ", "plain @\"[]\" ").as_str());
    for operator in ["!=", ">", ">=", "&&", "||", "!", "??", "in"] {
        reject(&format!("class V {{ fn {operator}(o) = o }}"), Code::MisplacedMember);
    }
    reject("fn +(a, b) = a", Code::UnexpectedToken);
}

#[test]
fn bodies_and_fields() {
    check("fn f() = {a: 1}", "(fn f (params) (= (map (pair \"a\" 1))))");
    check("fn f() -> Int | nil = 1", "(fn f (params (result (or Int nil))) (= 1))");
    check(
        "class P { x, y = 0; z: Int }",
        "(class P () () (member plain x () ()) (member plain y () 0) (member plain z Int ()))",
    );
    check(
        "record R(a, b = 1): T { fn f() = 1 }",
        "(record R (params a (param b () 1)) (T) (method plain f (params) (= 1)))",
    );
    check("record Empty", "(record Empty () ())");
    reject("class P { x y }", Code::UnexpectedToken);
    reject("record R { x }", Code::MisplacedMember);
}

#[test]
fn strings() {
    check(r#""a ${f("b ${c}")} d""#, r#"(template "a " (value (call f (template "b " (value c)))) " d")"#);
    check(r#""${x:.2f} ${:ok} \${y} $z""#, r#"(template (value x ".2f") " " (value :ok) " ${y} $z")"#);
    check(r##"[r"\d", r#"a"b"#, b"\xff", re"\d+"]"##, r#"(list "\\d" "a\"b" b"\xff" re"\\d+")"#);
    check("\"\"\"\n    a\n      b ${c}\n    \"\"\"", "(template \"a\\n  b \" (value c) \"\\n\")");
    reject("\"a\nb\"", Code::UnterminatedString);
    reject("\"${a\n}\"", Code::UnterminatedString);
    reject("f\"x\"", Code::BadStringPrefix);
    reject("'ab'", Code::BadChar);
}

#[test]
fn comments_and_sets() {
    check("#!/bin/x\n#{1, 2} // c\n/* a /* b */ c */ d", "(set 1 2) d");
    reject("# comment", Code::UnknownCharacter);
    warn("let a = 1\nlet b = 2\nlet c = a // b\n", Code::CommentAsDivision);
}

#[test]
fn ranges() {
    check(
        "xs[1..]; xs[..n]; [..xs]; f(..xs, 1..)",
        "(index xs (.. 1 ())) (index xs (.. () n)) (list (spread xs)) (call f (spread xs) (.. 1 ()))",
    );
    check("for i in 0.. { i }", "(for () i (.. 0 ()) (block i))");
    check(
        "match a { ..0 => 1, 1..=5 => 2, 6.. => 3 }",
        "(match a (arm (.. () 0) () 1) (arm (..= 1 5) () 2) (arm (.. 6 ()) () 3))",
    );
    check("fn f(...rest) = rest", "(fn f (params (rest rest)) (= rest))");
    reject("let r = ..5", Code::MisplacedRange);
    reject("fn f(...a, b) = 1", Code::RestParameter);
}

#[test]
fn pipes() {
    check(
        "x |> m.f(1) |> f |> m.g |> (h)",
        "(pipe-to (pipe-to (pipe-to (pipe-call x (invoke m f 1)) f) (field m g)) h)",
    );
    reject("x |> 1", Code::InvalidPipe);
    reject("x |> a + 1 |> [b]", Code::InvalidPipe);
}

#[test]
fn words() {
    check(
        "let test = 1; let record = test; re.test(s); x.match; f(after: 1); {while: 2}",
        "(let test () 1 ()) (let record () test ()) (invoke re test s) (field x match) (call f (named after 1)) (map (pair \"while\" 2))",
    );
    check(
        "get(); static.a; cast + 1; select(b); scope; quote",
        "(call get) (field static a) (+ cast 1) (call select b) scope quote",
    );
    check("[self, self()]", "(list self (self))");
    reject("let while = 1", Code::KeywordAsName);
    reject("fn f() { class A {} }", Code::MisplacedDeclaration);
}
