//! What the compiler proves about operators and methods is what happens: every operator with every pair of values of the
//! language's own classes, and every method that the library has.

use diag::Code;
use dunlin::{Engine, Settings, Vm};

const VALUES: &[&str] = &[
    "nil", "true", "1", "1.5", "'a'", "\"s\"", ":s", "b\"x\"", "[1]", "(1, 2)", "1..2", "{a: 1}", "#{1}",
    "re\"x\"",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "~/", "%", "**", "&", "|", "^", "<<", ">>", "<", "<=", ">", ">=", "in", "!in", "==",
    "!=",
];

/// The numbers of the lines that the compiler calls wrong for certain.
fn proven(text: &str) -> Vec<usize> {
    let engine = Engine::new(Settings::default()).expect("an engine is made");
    let found = engine.diagnose("proofs.dn", text).into_iter();
    let found = found.inspect(|finding| assert!(!finding.is_error(), "{}", finding.message));
    let proofs = found.filter(|finding| finding.code == Code::ProvenTypeError);
    let mut lines: Vec<usize> =
        proofs.map(|proof| text[..proof.primary.span.start as usize].matches('\n').count()).collect();
    lines.dedup();
    lines
}

#[test]
fn operators_that_are_called_wrong_throw_and_the_others_do_not() {
    let mut vm = Vm::builder().build().expect("a VM is made");
    for operator in OPERATORS {
        let pairs: Vec<(&str, &str)> =
            VALUES.iter().flat_map(|left| VALUES.iter().map(move |right| (*left, *right))).collect();
        let expression = |(left, right): &(&str, &str)| format!("({left}) {operator} ({right})");
        let text: Vec<String> = pairs
            .iter()
            .enumerate()
            .map(|(index, pair)| format!("pub fn f{index}() = {}", expression(pair)))
            .collect();
        let expected = proven(&text.join("\n"));
        let tried = pairs.iter().map(|pair| {
            format!("try {{ {}; false }} catch e: TypeError {{ true }} catch e {{ false }}", expression(pair))
        });
        let thrown: Vec<bool> =
            vm.eval(&format!("[{}]", tried.collect::<Vec<_>>().join(",\n"))).expect("runs");
        let thrown: Vec<usize> = (0..pairs.len()).filter(|&index| thrown[index]).collect();
        // Some containers refuse some elements, which the classes do not say.
        let is_element = operator.ends_with("in");
        let wrong = |index: &usize| expected.contains(index) != thrown.contains(index);
        let excused = |index: &usize| is_element && !expected.contains(index);
        let wrong: Vec<_> = (0..pairs.len()).filter(|index| wrong(index) && !excused(index)).collect();
        let shown: Vec<String> = wrong.iter().map(|&index| expression(&pairs[index])).collect();
        assert!(shown.is_empty(), "the compiler and the VM differ on: {}", shown.join(", "));
    }
}

#[test]
fn no_method_of_the_library_is_called_unknown() {
    let values = [
        ("Int", "1"),
        ("Float", "1.5"),
        ("String", "\"s\""),
        ("List", "[1]"),
        ("Map", "({a: 1})"),
        ("Set", "#{1}"),
    ];
    let mut text = String::new();
    for (class, value) in values {
        let own =
            dunlin::documentation().iter().filter_map(|entry| entry.name.strip_prefix(&format!("{class}.")));
        for method in own.filter(|name| {
            *name != "new" && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        }) {
            text.push_str(&format!("pub fn {}_{method}() = {value}.{method}()\n", class.to_lowercase()));
        }
    }
    assert!(text.lines().count() > 100);
    assert_eq!(proven(&text), [] as [usize; 0], "{text}");
}

#[test]
fn members_operators_and_assignments_are_proven() {
    let text = "class Account { owner: String = \"\"\n balance = 0\n fn deposit(n) { self.balance += n } }
        pub fn f() { let a = Account()\n a.deposit(1)\n a.withdraw(2) }
        pub fn g() { var k: Int = 1\n k = \"text\"\n k }
        pub fn h(a: Account) { a.owner = 3 }
        pub fn i() { let s = \"n: \"\n let n = 3\n s + n }
        pub fn j() = -\"x\"
        pub fn k() = [1].puhs(2)
        trait Named { fn name() = \"n\" }\n class Robot: Named { }
        pub fn l() = Robot().name()
        pub fn m(x) = x.anything() + 1";
    let shown: Vec<&str> =
        proven(text).into_iter().map(|line| text.lines().nth(line).unwrap_or_default().trim()).collect();
    assert_eq!(
        shown,
        [
            "a.withdraw(2) }",
            "k = \"text\"",
            "pub fn h(a: Account) { a.owner = 3 }",
            "s + n }",
            "pub fn j() = -\"x\"",
            "pub fn k() = [1].puhs(2)"
        ]
    );
}
