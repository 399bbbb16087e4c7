use super::*;
use crate::text::assemble;

#[track_caller]
fn check_text(text: &str, expected: &str) {
    let unit = assemble(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let found = validate(unit).map_or_else(|error| error.to_string(), |_| "ok".to_string());
    assert_eq!(found, expected, "{text}");
}

/// A function with nine registers behind an empty entry.
#[track_caller]
fn check_function(attributes: &str, parts: &str, code: &str, expected: &str) {
    let parts = parts.replace(" / ", "\n");
    // Unreachable words behind the code, so that there is room for the caches of the head.
    let padding = if code == "retnil" { "" } else { "\nretnil\nretnil\nretnil\nretnil" };
    let code = code.replace(" / ", "\n") + padding;
    let text = format!(
        "unit \"m\" entry 0\nimport \"i\"\nslot \"s\"\nclass plain \"C\"\nend\nclass trait \"T\"\nend\n\
         function 0 \"main\"\ncode\nretnil\nend\n\
         function 1 \"f\" {attributes}\n{parts}\ncode\n{code}\nend\n\
         function 2 \"closure\" captures 1 registers 1\ncode\ngetup r0, u0\nret r0\nend\n"
    );
    let expected = match expected {
        "ok" => "ok".to_string(),
        problem => {
            format!("function 1 (\"f\"){}{problem}", if problem.starts_with(", ") { "" } else { ": " })
        }
    };
    check_text(&text, &expected);
}

#[track_caller]
fn check_code(code: &str, expected: &str) {
    check_function("registers 9", "param \"p\"", code, expected);
}

#[test]
fn registers_are_in_the_frame() {
    check_code("move r8, r0 / ret r8", "ok");
    check_code("move r9, r0 / retnil", ", word 0: an operand is not in the frame");
    check_code("move r4, r0 / call r4, 3, -, c0 / retnil", ", word 1: an operand is not in the frame");
    check_code("iter r8, r0 / retnil", ", word 0: an operand is not in the frame");
    check_code("newlist r1, r7, 3 / retnil", ", word 0: an operand is not in the frame");
    check_code("newlist r1, r9, 0 / retnil", "ok");
    let window = ", word 0: an operand is not in the frame";
    check_function(
        "registers 3 caches 1",
        "constant builtin \"f\"",
        "callk r1, 0, -, k0, c0 / ret r1",
        window,
    );
}

#[test]
fn every_read_follows_a_write() {
    check_code("ret r1", ", word 0: register r1 may be read before it is written");
    check_code(
        "jf r0, end / loadi r1, 1 / end: ret r1",
        ", word 2: register r1 may be read before it is written",
    );
    check_code("jf r0, other / loadi r1, 1 / jmp end / other: loads r1, nil / end: ret r1", "ok");
    check_code(
        "jmp in / top: move r2, r1 / in: loopt r0, top / retnil",
        ", word 1: register r1 may be read before it is written",
    );
    check_code("ret r0 / ret r5", "ok");
    check_function(
        "registers 9",
        "prototype 2 r4",
        "closure r0, p0 / ret r0",
        ", word 0: register r4 may be read before it is written",
    );
}

#[test]
fn calls_take_what_is_above_their_window() {
    let call = "move r3, r0 / move r2, r0 / call r2, 0, -, c0";
    let check = |code: &str, expected: &str| {
        check_function("registers 9 caches 1", "param \"p\"", code, expected);
    };
    check(&format!("{call} / ret r2"), "ok");
    check(&format!("{call} / ret r0"), "ok");
    check(
        &format!("{call} / ret r3"),
        ", word 4: register r3 may be read, but the call at word 2 took it over",
    );
    check(&format!("retnil / {call} / ret r3"), "ok");
    check("move r2, r0 / A: call r2, 0, -, c0 / retnil / B: ret r2", "ok");
    check_function(
        "registers 9 caches 1",
        "param \"p\" / handler A B B r5",
        "move r2, r0 / A: call r2, 0, -, c0 / retnil / B: ret r2",
        ", word 4: register r2 may be read, but the call at word 1 took it over",
    );
    check_function(
        "registers 9 caches 1",
        "param \"p\" / handler A B B r2",
        "move r2, r0 / A: call r2, 0, -, c0 / retnil / B: ret r2",
        "ok",
    );
}

#[test]
fn handlers_read_only_what_is_written_wherever_they_are_entered_from() {
    check_function(
        "registers 9",
        "param \"p\" / handler A B B r5",
        "A: str r1, r0 / str r2, r0 / B: ret r1",
        ", word 2: register r1 may be read before it is written",
    );
    check_function(
        "registers 9",
        "param \"p\" / handler A B B r5",
        "loads r1, nil / A: str r1, r0 / str r2, r0 / B: ret r1",
        "ok",
    );
}

#[test]
fn the_loop_variable_is_gone_behind_the_loop() {
    check_code("iter r1, r0 / jmp in / top: move r4, r3 / in: next r1, top / retnil", "ok");
    check_code(
        "iter r1, r0 / jmp in / top: nop / in: next r1, top / ret r3",
        ", word 5: register r3 may be read before it is written",
    );
    check_code(
        "iter r1, r0 / loads r3, nil / jmp in / top: nop / in: next r1, top / ret r3",
        ", word 6: register r3 may be read, but the call at word 4 took it over",
    );
}

#[test]
fn operands_name_what_exists() {
    let parts = "param \"p\" / constant int 1 / constant type \"\" \"\" () / constant range (int 1, open)";
    let check = |code: &str, expected: &str| check_function("registers 9 caches 2", parts, code, expected);
    check("loadk r1, k0 / ret r1", "ok");
    check("loadk r1, k3 / ret r1", ", word 0: the constant does not exist");
    check("loadkw r1, k3 / ret r1", ", word 0: the constant does not exist");
    let kind = ", word 0: the constant is of the wrong kind";
    check("loadk r1, k1 / ret r1", kind);
    check("check r0, k1 / isk r0, r0, k1 / mrange r1, r0, k2 / retnil", "ok");
    for line in ["check r0, k0", "isk r0, r0, k2", "mrange r1, r0, k0", "format r1, r0, k0", "newobj r1, k0"]
    {
        check(&format!("{line} / retnil"), kind);
    }
    check("callk r1, 0, -, k0, c0 / retnil", kind);
    check("getf r1, r0, 0, k0, c0 / retnil", kind);
    check("getup r1, u0 / retnil", ", word 0: the capture does not exist");
    check("getmod r1, m0 / setmod r1, m0 / retnil", "ok");
    check("getmod r1, m1 / retnil", ", word 0: the module slot does not exist");
    check("closure r1, p0 / retnil", ", word 0: the prototype does not exist");
    check("loads r1, 5 / retnil", ", word 0: there is no such special");
    check("newmap r1, -1 / retnil", ", word 0: the room is negative");
    check("call r0, 0, -, c2 / retnil", ", word 0: the cache slot does not exist");
    let twice = "move r2, r0 / call r2, 0, -, c0 / move r2, r0 / call r2, 0, -, c0 / retnil";
    check(twice, ", word 4: another instruction uses this cache slot");
}

#[test]
fn calls_agree_with_their_shapes() {
    let check = |code: &str, expected: &str| {
        check_function(
            "registers 9 caches 1",
            "param \"p\" / constant symbol \"m\" / shape 1 \"a\"",
            &format!("move r2, r0 / move r5, r0 / move r6, r0 / {code} / retnil"),
            expected,
        );
    };
    check("call r2, 2, s0, c0", "ok");
    check("call r2, 1, s0, c0", ", word 3: the call shape has another number of arguments");
    check("call r2, 2, s1, c0", ", word 3: the call shape does not exist");
    check("callm r2, 1, -, k0, c0", "ok");
    check("callm r2, 0, -, k0, c0", ", word 3: a method is called without a receiver");
}

#[test]
fn generators_start_once_and_yield_behind_it() {
    let check = |attributes: &str, code: &str, expected: &str| {
        check_function(&format!("registers 9 caches 1 {attributes}"), "param \"p\"", code, expected);
    };
    check("generator", "gen / yield r1, r0 / retnil", "ok");
    check("", "gen / retnil", ", word 0: `gen` in a function that is no generator");
    check("generator", "retnil / retnil", ", word 0: the generator never starts");
    check("generator", "yield r1, r0 / gen / retnil", ", word 0: `yield` before the generator has started");
    check("", "yield r1, r0 / retnil", ", word 0: `yield` before the generator has started");
    check("generator", "gen / gen / retnil", ", word 1: the generator starts twice");
    check(
        "generator",
        "jf r0, in / gen / in: retnil",
        ", word 2: reached both before and behind the start of the generator",
    );
    check(
        "generator",
        "gen / tcall r0, 0, -, c0",
        ", word 1: a tail call would replace the generator's frame",
    );
    check("", "tcall r0, 0, -, c0", "ok");
}

#[test]
fn function_heads_and_tables() {
    let check = |attributes: &str, parts: &str, expected: &str| {
        check_function(attributes, parts, "retnil", expected);
    };
    check("registers 257", "", "the frame has too many registers");
    check("registers 0", "param \"p\"", "the parameters do not fit into the frame");
    check("registers 1 method rest", "param \"p\"", "self or the rest parameter is missing");
    check("registers 1 method", "param \"p\" optional", "self and the rest parameter have no default");
    check("registers 1 getter", "param \"p\"", "a getter takes self alone");
    check("flags 128", "", "the function has unknown flags");
    check("caches 1", "", "the function has more caches than sites");
    check(
        "registers 1",
        "handler @0 @0 @0 r0",
        ", word 0: the range of a handler is no range of instructions",
    );
    check("", "prototype 9", "a prototype is no function");
    check("", "prototype 2", "a prototype captures another number of values than its function has");
    check("", "prototype 2 r0", "a prototype captures what the function does not have");
    check("captures 1", "prototype 2 u0", "ok");
    check("captures 1", "prototype 2 u1", "a prototype captures what the function does not have");
    check("", "shape 1", "a call shape has no named argument");
    check("", "shape 255 \"a\"", "a call shape has too many arguments");
    check("", "shape 0 \"a\" \"a\"", "a call shape names an argument twice");
    check("", "line @0 1 2 / line @0 2 3", "the line table is not sorted");
    check("", "line @9 1 2", "the line table goes beyond the code");
    check("", "line @0 2 1", "a source span ends before it starts");
    check("", "constant bigint \"12x\"", "a big integer is not written in digits");
    check("", "constant tuple (type \"\" \"\" ())", "an element of a tuple constant is no value");
    check("", "constant range (str \"a\", open)", "a side of a range constant is no number or char");
    check("", "constant function 2", "a constant is a function that captures values");
    check("", "constant class local 2", "a constant names a class that does not exist");
    check("", "constant import 1 \"x\"", "a constant names an import that does not exist");
    check("", "constant type \"\" \"\" (import 1 \"x\")", "a type names a class that does not exist");
}

/// Classes before an entry, a method with one parameter (function 1) and a plain function (2).
#[track_caller]
fn check_classes(classes: &str, expected: &str) {
    let text = format!(
        "unit \"m\" entry 0\n{}\nfunction 0 \"main\"\ncode\nretnil\nend\n\
         function 1 \"m\" method registers 1\nparam \"self\"\ncode\nret r0\nend\n\
         function 2 \"f\" registers 1\nparam \"x\"\ncode\nret r0\nend\n",
        classes.replace(" / ", "\n")
    );
    check_text(&text, expected);
}

#[test]
fn classes_build_on_earlier_ones() {
    check_classes(
        "class plain \"A\" / field \"x\" / method \"m\" 1 / method \"m\" 2 static / constructor 2 / end",
        "ok",
    );
    check_classes("class plain \"A\" / end / class plain \"B\" / super local 0 / end", "ok");
    let late = "class 0 (\"A\"): a superclass or trait stands behind the class that uses it";
    check_classes("class plain \"A\" / super local 0 / end", late);
    check_classes("class plain \"A\" / super local 1 / end / class plain \"B\" / end", late);
    check_classes(
        "class plain \"A\" / super local 7 / end",
        "class 0 (\"A\"): a superclass or trait does not exist",
    );
    check_classes(
        "class plain \"A\" / end / class plain \"B\" / trait local 0 / end",
        "class 1 (\"B\"): a superclass or trait is of the wrong kind",
    );
    check_classes(
        "class plain \"A\" / field \"x\" / field once \"x\" / end",
        "class 0 (\"A\"): field \"x\" is there twice",
    );
    check_classes("class plain \"A\" / method \"m\" / end", "class 0 (\"A\"): method \"m\" has no function");
    check_classes("class trait \"A\" / method \"m\" / end", "ok");
    check_classes(
        "class plain \"A\" / method \"m\" 2 / end",
        "class 0 (\"A\"): method \"m\" is static and takes self, or is neither",
    );
    check_classes("class trait \"A\" / field \"m\" / end", "class 0 (\"A\"): a trait has only methods");
    check_classes(
        "class record \"A\" singleton / constructor 2 / end",
        "class 0 (\"A\"): the constructor of a single value has parameters",
    );
    check_classes(
        "class plain \"A\" singleton / end",
        "class 0 (\"A\"): only a record without fields can be a single value",
    );
}

#[test]
fn inheritance_is_bounded() {
    let chain = |count: usize, part: &str| {
        let mut classes = String::from("class plain \"A\" / end / ");
        for index in 0..count {
            classes.push_str(&format!("class plain \"A\" / super local {index} / {part} / end / "));
        }
        classes
    };
    check_classes(&chain(63, ""), "ok");
    check_classes(&chain(64, ""), "class 64 (\"A\"): there are too many levels of superclasses");
    let fields = (0..10).map(|index| format!("field \"f{index}\"")).collect::<Vec<_>>().join(" / ");
    check_classes(&chain(25, &fields), "ok");
    check_classes(&chain(26, &fields), "class 26 (\"A\"): the class has too many fields");
}

#[test]
fn the_unit_stands_on_its_own() {
    let function = "function 0 \"main\" registers 1\nparam \"x\"\ncode\nretnil\nend\n";
    check_text("unit \"m\"", "the entry is no function");
    check_text(&format!("unit \"m\"\n{function}"), "the entry has parameters");
    let plain = "function 0 \"main\"\ncode\nretnil\nend\n";
    check_text(&format!("unit \"m\"\n{plain}"), "ok");
    check_text(&format!("unit \"m\"\ntest \"t\" 1\n{plain}"), "test \"t\" is no function");
    check_text(
        &format!("unit \"m\"\nexport \"t\" slot 0\n{plain}"),
        "export \"t\" is nothing that can be exported",
    );
    check_text(
        &format!("unit \"m\"\nexport \"t\" module\nexport \"t\" module\n{plain}"),
        "export \"t\" is there twice",
    );
}

#[test]
fn hostile_code_takes_little_time() {
    // Every instruction a block, every block a loop head, many registers in play: the worst for the fixed point.
    let mut code = String::new();
    for index in 0..20_000 {
        code.push_str(&format!("L{index}: move r{}, r{} / ", index % 250 + 1, (index * 7) % 250 + 1));
        code.push_str(&format!("loopt r0, L{} / ", index - index % 173));
    }
    let all: Vec<String> = (1..=251).map(|register| format!("loads r{register}, nil")).collect();
    let started = std::time::Instant::now();
    let code = format!("{} / {code} retnil", all.join(" / "));
    check_function("registers 256", "param \"p\"", &code, "ok");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn variables_lie_in_the_frame_and_the_code() {
    let check = |part: &str, expected: &str| {
        check_function("registers 2 captures 1", part, "retnil", expected);
    };
    check("variable \"x\" r1 @0 @1", "ok");
    check("variable \"x\" cell u0 @1 @1", "ok");
    check("variable \"x\" r2 @0 @1", "a variable lies outside of the frame and the captures");
    check("variable \"x\" u1 @0 @1", "a variable lies outside of the frame and the captures");
    check("variable \"x\" r1 @0 @2", "a variable is where there is no code");
    check("variable \"x\" r1 @1 @0", "a variable is where there is no code");
}
