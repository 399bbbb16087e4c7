use super::*;
use crate::unit::*;

/// One of everything that a unit can hold.
const EVERYTHING: &str = r#"unit "main" path "dir/main.dn" entry 1 passes 3
import "math"
slot "total"
export "geo" module
export "geo.area" function 0
export "Point" class 1
export "total" slot 0
test "adds \"up\"" 1
class trait "Shape" span 1 2
  doc "Has an area."
  method "area"
end
class record "Point" singleton
  super import 0 "Base"
  trait local 0
  trait builtin "Iterable"
  field once "x"
  field "y"
  static "origin"
  method "area" 0
  method "make" 0 static
  method "tell" 0 cast
  constructor 0
end
function 0 "area" registers 9 captures 2 caches 3 span 5 90 rest method flags 4096
  doc "line\nline\u{0}"
  param "self"
  param "rest" optional
  constant int -5 ; k0
  constant bigint "123456789012345678901234567890" ; k1
  constant float 1.5 ; k2
  constant float 0x7ff8000000000000 ; k3
  constant char "a" ; k4
  constant str "é\t" ; k5
  constant symbol "area" ; k6
  constant bytes "00ff" ; k7
  constant tuple (int 1, tuple (), range= (int 1, open)) ; k8
  constant regex "a+" ; k9
  constant function 1 ; k10
  constant class local 1 ; k11
  constant method builtin "Error" "message" ; k12
  constant builtin "print" ; k13
  constant import 0 "pi" ; k14
  constant type "Int | Nil" "argument n" (builtin "Int", builtin "Nil") ; k15
  prototype 1 r1 u1
  shape 1 "name" "other"
  variable "x" r3 @0 @6
  variable "kept" cell r4 @2 @6
  variable "outer" u1 @0 @6
  variable "shared" cell u0 @0 @6
  handler L0 L6 L6 r4 finally
code
L0:
  line 10 20
  loads r2, unset
  loads r2, 9
L2:
  callk r3, 2, s0, k10, c1 ; function 1
  jfw r3, L10
L6:
  line 20 30
  setf r1, r2, k6, c0 ; symbol "area"
  loopt r2, L2
  getup r2, u1
L10:
  ret r0
end
function 1 "main"
code
  word 0x000000ff
  jmp +77
end
"#;

#[test]
fn everything_round_trips_as_written() {
    let unit = assemble(EVERYTHING).expect("assembles");
    let text = disassemble(&unit);
    assert_eq!(text, EVERYTHING);
    assert_eq!(crate::wire::write(&assemble(&text).expect("assembles again")), crate::wire::write(&unit));
    assert_eq!(unit.functions[0].handlers.len(), 1);
    assert_eq!(unit.functions[1].code.len(), 2);
}

#[test]
fn ranges_and_lines_between_instructions_are_written_as_numbers() {
    let mut unit = assemble(EVERYTHING).expect("assembles");
    unit.functions[0].handlers[0].start = 3;
    unit.functions[0].handlers[0].end = 1000;
    unit.functions[0].lines.push(LineEntry { pc: 3, start: 1, end: 2 });
    unit.functions[0].constants.clear();
    assert_eq!(assemble(&disassemble(&unit)), Ok(unit));
}

#[track_caller]
fn check_error(text: &str, line: u32, column: u32, message: &str) {
    let error = assemble(text).expect_err("does not assemble");
    assert_eq!((error.line, error.column), (line, column), "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[test]
fn errors_name_line_and_column() {
    let code = |line: &str| format!("unit \"m\"\nfunction 0 \"f\"\ncode\n  {line}\nend\n");
    check_error("function 0", 1, 1, "starts with `unit`");
    check_error("unit \"m\nx\"", 1, 8, "closing quote");
    check_error("unit \"m\" entry x", 1, 16, "number");
    check_error("unit \"m\"\nfunction 1 \"f\"", 2, 10, "numbered");
    check_error("unit \"m\"\nclass odd \"C\"", 2, 7, "kind of class");
    check_error(&code("frob r1"), 4, 3, "no instruction `frob`");
    check_error(&code("move r1"), 4, 10, "another operand");
    check_error(&code("move r1, 5"), 4, 12, "`r` and a number");
    check_error(&code("move r1, r256"), 4, 12, "does not fit");
    check_error(&code("jmp nowhere"), 4, 7, "no label `nowhere`");
    check_error(&code("x: nop\nx: nop"), 5, 2, "another place");
    check_error(&code("ret r0 r1"), 4, 10, "end of the line");
    check_error("unit \"m\"\nfunction 0 \"f\"\ncode\n", 4, 1, "`end`");
    check_error("unit \"\\q\"", 1, 8, "escape");
    let deep = format!("unit \"m\"\nfunction 0 \"f\"\nconstant {}", "tuple (".repeat(100_000));
    check_error(&deep, 3, 10 + 7 * 32, "too deep");
}
