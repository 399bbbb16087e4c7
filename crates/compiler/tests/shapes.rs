//! The code of small functions, where its shape matters: loops, calls, branches, captures, tail calls, handlers.

use compiler::{Environment, ImportError, Mode, ModuleInterface, Options, PreludeItem, passes};
use diag::FileId;

/// A library of one function and one class.
struct Library;

impl Environment for Library {
    fn prelude(&self, name: &str) -> Option<PreludeItem> {
        match name {
            "print" => Some(PreludeItem::Function(None)),
            "Int" => Some(PreludeItem::Class { is_error: false, signature: None }),
            _ => None,
        }
    }

    fn import(&mut self, _path: &str, _from: &str) -> Result<ModuleInterface, ImportError> {
        Err(ImportError::NotFound)
    }
}

/// The instructions of function `name`, one a line, without spans, constants and comments.
fn code_of(source: &str, name: &str, switched_on: u32) -> String {
    let file = FileId(0);
    let (tree, mut diagnostics) = syntax::parse(source, file);
    let options =
        Options { mode: Mode::Script, passes: switched_on, file, name: "main", path: "main.dn", source };
    let (unit, more, _) = compiler::compile(&tree, &options, &mut Library);
    diagnostics.extend(more);
    let unit = unit.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let index =
        unit.functions.iter().position(|function| function.name == name).expect("the function is there");
    let text = bytecode::text::disassemble_function(&unit, index);
    let body = text.split("code\n").nth(1).unwrap_or_default();
    let lines = body.lines().map(|line| line.split(" ;").next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.starts_with("line ") && !line.is_empty() && *line != "end")
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn check(source: &str, name: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(code_of(source, name, passes::ALL), expected.join("\n"));
}

#[test]
fn a_while_loop_tests_at_its_end() {
    check(
        "fn f(n) { var i = 0\nwhile i < n { i += 1 }\ni }\nprint(f(3))",
        "f",
        "loadi r1, 0
         jmp L3
         L2:
         addi r1, r1, 1
         L3:
         lt r2, r1, r0
         loopt r2, L2
         ret r1",
    );
}

#[test]
fn arguments_are_evaluated_where_the_callee_finds_them() {
    check(
        "fn f(a, b) { print(a + 1, b * a)\n0 }\nprint(f(1, 2))",
        "f",
        "addi r5, r0, 1
         mul r6, r1, r0
         callk r2, 2, -, k0, c0
         loadi r2, 0
         ret r2",
    );
}

#[test]
fn a_call_in_tail_position_takes_the_frame() {
    check(
        "fn f(n, acc) { if n == 0 { acc } else { f(n - 1, acc + n) } }\nprint(f(3, 0))",
        "f",
        "eqi r2, r0, 0
         jf r2, L3
         ret r1
         L3:
         subi r5, r0, 1
         add r6, r1, r0
         tcallk r2, 2, -, k0, c0",
    );
}

#[test]
fn a_variable_that_changes_and_is_captured_lives_in_a_cell() {
    check(
        "fn f() { var n = 0\nfn() { n += 1\nn } }\nprint(f())",
        "f",
        "loadi r0, 0
         newcell r0, r0
         closure r1, p0
         ret r1",
    );
}

#[test]
fn a_parameter_is_captured_by_value() {
    check("fn f(n) = |x| x + n\nprint(f(1))", "f", "closure r1, p0\nret r1");
}

#[test]
fn what_captures_nothing_is_a_constant() {
    check("fn f() = |x| x\nprint(f())", "f", "loadk r0, k0\nret r0");
}

#[test]
fn known_numbers_are_folded() {
    check("fn f() { let a = 3\nlet b = a * 4\nb + 2 }\nprint(f())", "f", "loadi r0, 14\nret r0");
}

#[test]
fn a_missing_argument_is_filled_by_the_callee() {
    check(
        "fn f(a, b = 2) = a + b\nprint(f(1))",
        "f",
        "jset r1, L2
         loadi r1, 2
         L2:
         add r2, r0, r1
         ret r2",
    );
}

#[test]
fn named_arguments_of_a_known_function_stand_in_their_places() {
    let code = code_of("fn f(a, b = 2, c = 3) = a\nfn g() { let x = f(1, c: 5)\nx }\nprint(g())", "g", 0);
    let expected = "loadi r3, 1\nloadi r5, 5\nloads r4, unset\ntcallk r0, 3, -, k0, c0";
    assert_eq!(code, expected);
}

#[test]
fn a_finally_is_written_out_on_every_way() {
    let code = code_of("fn f(g) { try { g() } finally { print(1) } }\nprint(f(print))", "f", passes::ALL);
    assert_eq!(code.matches("loadi r").count(), 2, "{code}");
    assert!(code.contains("rethrow"), "{code}");
}

#[test]
fn an_annotation_is_checked_at_entry_and_at_return() {
    check("fn f(n: Int) -> Int = n\nprint(f(1))", "f", "check r0, k0\ncheck r0, k1\nret r0");
}
