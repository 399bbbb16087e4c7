//! Compile time grows with the size of a program and not much faster: each of these shapes once took time that grew
//! with the square of its size or worse.
//!
//! The bound is far above what the work takes, so that a busy machine does not matter; what grows with the square
//! takes minutes at these sizes.

use std::time::{Duration, Instant};

use compiler::{Environment, ImportError, Mode, ModuleInterface, Options, PreludeItem, passes};
use diag::FileId;

const TIME_MAX: Duration = Duration::from_secs(30);

struct Library;

impl Environment for Library {
    fn prelude(&self, name: &str) -> Option<PreludeItem> {
        const NAMES: [&str; 3] = ["print", "__script_get", "__script_set"];
        NAMES.contains(&name).then_some(PreludeItem::Function(None))
    }

    fn import(&mut self, _path: &str, _from: &str) -> Result<ModuleInterface, ImportError> {
        Err(ImportError::NotFound)
    }
}

/// Compiles a program and says how many findings there were, and whether there is a unit.
fn compile(source: &str) -> (bool, usize) {
    let file = FileId(0);
    let begin = Instant::now();
    let (tree, diagnostics) = syntax::parse(source, file);
    let options =
        Options { mode: Mode::Script, passes: passes::ALL, file, name: "main", path: "main.dn", source };
    let (unit, more, _) = compiler::compile(&tree, &options, &mut Library);
    let took = begin.elapsed();
    assert!(took < TIME_MAX, "{took:?} for {} bytes", source.len());
    (unit.is_some(), diagnostics.len() + more.len())
}

fn repeat(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

#[test]
fn many_arms() {
    let arms = repeat(5_000, |n| format!("    {n} => {n} + 1\n"));
    assert_eq!(compile(&format!("fn f(x) = match x {{\n{arms}    _ => 0\n}}\nprint(f(3))\n")), (true, 0));
    let arms = repeat(2_000, |n| format!("    (:s{n}, {n}, a) => a + {n}\n"));
    assert_eq!(compile(&format!("fn f(x) = match x {{\n{arms}    _ => 0\n}}\nprint(f(3))\n")), (true, 0));
}

#[test]
fn many_loops() {
    let loops = repeat(3_000, |n| format!("for i in 0..3 {{ s += i * {n} }}\n"));
    assert_eq!(compile(&format!("fn f() {{\nvar s = 0\n{loops}s\n}}\nprint(f())\n")), (true, 0));
}

#[test]
fn many_functions() {
    let functions = repeat(5_000, |n| format!("fn f{n}(a) {{ let b = a + {n}\n b * 2 }}\n"));
    assert!(compile(&format!("{functions}print(f1(2))\n")).0);
    let functions = repeat(5_000, |n| format!("fn f{}(a) = f{n}(a) + 1\n", n + 1));
    assert!(compile(&format!("fn f0(a) = a\n{functions}print(f9(2))\n")).0);
}

#[test]
fn many_classes_and_methods() {
    let classes = repeat(5_000, |n| format!("class C{n} {{\n  a\n  fn m() {{ self.a + {n} }}\n}}\n"));
    assert_eq!(compile(&format!("{classes}print(C1(2).m())\n")), (true, 0));
    let methods = repeat(5_000, |n| format!("  fn m{n}() = self.a + {n}\n"));
    assert_eq!(compile(&format!("class C {{\n  a\n{methods}}}\nprint(C(2).m1())\n")), (true, 0));
}

#[test]
fn a_chain_of_classes_has_a_limit() {
    let classes = repeat(5_000, |n| format!("class C{} < C{n} {{ fn m{n}() = 1 }}\n", n + 1));
    assert!(!compile(&format!("class C0 {{ a }}\n{classes}")).0);
}

#[test]
fn long_literals() {
    let numbers = repeat(100_000, |n| format!("{}, ", n * 7));
    assert_eq!(compile(&format!("let x = [{numbers}]\nprint(x)\n")), (true, 0));
    let entries = repeat(20_000, |n| format!("k{n}: {n}, "));
    assert_eq!(compile(&format!("let x = {{{entries}}}\nprint(x)\n")), (true, 0));
}

#[test]
fn many_mistakes() {
    assert_eq!(compile(&repeat(20_000, |n| format!("print(foo{n})\n"))), (false, 20_000));
    assert!(!compile(&"fn f() { 1 }\n".repeat(20_000)).0);
}

#[test]
fn much_cleanup_code_is_bounded() {
    for depth in [10, 40, 100] {
        let (open, close) = ("try {\n".repeat(depth), "} finally { print(2) }\n".repeat(depth));
        compile(&format!("fn f() {{\n{open}return 1\n{close}}}\nf()\n"));
        let open = "try { print(1) } finally {\n".repeat(depth);
        compile(&format!("fn f() {{\n{open}print(2)\n{}}}\nf()\n", "}\n".repeat(depth)));
    }
    let defers = repeat(2_000, |n| format!("defer print({n})\nif a == {n} {{ return {n} }}\n"));
    compile(&format!("fn f(a) {{\n{defers}}}\nf(3)\n"));
}
