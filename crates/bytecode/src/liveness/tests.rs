use super::*;
use crate::text::assemble;

/// The live registers before and across each instruction, one line each.
fn listing(parts: &str, code: &str) -> String {
    let text = format!("unit \"m\"\nfunction 0 \"f\" registers 99\n{parts}\ncode\n{code}\nend\n");
    let unit = assemble(&text).expect("assembles");
    let function = &unit.functions[0];
    let liveness = Liveness::new(function).expect("sound");
    let registers = |words: &[u64]| {
        let live = (0..99).filter(|register| words[register / 64] >> (register % 64) & 1 == 1);
        live.map(|register| register.to_string()).collect::<Vec<_>>().join(" ")
    };
    let lines = crate::decode::instructions(&function.code).map(|instruction| {
        let pc = instruction.expect("decodes").pc;
        let line = format!("{pc}: {} / {}", registers(liveness.before(pc)), registers(liveness.across(pc)));
        line.replace("  ", " ").trim_end().to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(parts: &str, code: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(listing(parts, code), expected.join("\n"));
}

#[test]
fn straight_code_and_calls() {
    check(
        "",
        "add r2, r0, r1\nmove r5, r2\ncall r2, 1, -, c0\nadd r0, r2, r70\nret r0",
        "0: 0 1 70 / 70
         1: 2 70 /
         2: 2 5 70 / 70
         4: 2 70 /
         5: 0 /",
    );
}

#[test]
fn loops_keep_what_the_next_round_needs() {
    check(
        "",
        "iter r1, r0\njmp in\ntop: move r9, r3\nstr r4, r8\nin: next r1, top\nretnil",
        "0: 0 8 / 8
         1: 1 2 8 /
         2: 1 2 3 8 /
         3: 1 2 8 / 1 2 8
         4: 1 2 8 / 1 2 8
         6: /",
    );
}

#[test]
fn handlers_keep_what_they_read() {
    check(
        "handler A B C r5",
        "A: str r1, r0\nloadi r2, 1\nstr r1, r0\nB: ret r1\nC: move r3, r2\nstr r4, r5\nret r6",
        "0: 0 2 6 / 0 2 6
         1: 0 6 /
         2: 0 2 6 / 2 6
         3: 1 /
         4: 2 5 6 /
         5: 5 6 / 6
         6: 6 /",
    );
}

#[test]
fn closures_read_what_they_capture() {
    check("prototype 0 r7 u1 r8", "closure r0, p0\nret r0", "0: 7 8 /\n1: 0 /");
}

#[test]
fn a_long_chain_of_loops_is_solved() {
    // Each loop goes back into the one before it.
    let mut code = String::new();
    for index in 0..3000 {
        code.push_str(&format!("L{index}: nop\nloopt r1, L{}\n", index - 1.min(index)));
    }
    code.push_str("ret r0");
    assert!(listing("", &code).starts_with("0: 0 1 /\n1: 0 1 /"));
}

/// The same facts the slow way: every instruction again until nothing changes.
fn naive(function: &FunctionDef) -> Vec<RegisterSet> {
    let flow = Flow::new(function).expect("sound");
    let captured = CapturedRegisters::new(function);
    let mut before = vec![RegisterSet::EMPTY; flow.instructions.len()];
    loop {
        let mut changed = false;
        for (index, instruction) in flow.instructions.iter().enumerate() {
            let access = access(instruction, &captured);
            let mut live = RegisterSet::EMPTY;
            if goes_on(instruction.op) {
                live = before[index + 1];
            }
            if let Some(target) = flow.jump_index(index) {
                live = live.union(before[target].without(access.writes_on_jump));
            }
            live = live.without(access.writes).union(access.reads);
            for handler in flow.raise_handlers(index) {
                let mut needed = before[flow.handler_index(handler)];
                needed.remove(function.handlers[handler].register);
                live = live.union(needed);
            }
            changed |= live != before[index];
            before[index] = live;
        }
        if !changed {
            return before;
        }
    }
}

#[track_caller]
fn check_against_naive(function: &FunctionDef) {
    let flow = Flow::new(function).expect("sound");
    let liveness = Liveness::of_flow(&flow).expect("sound");
    assert_eq!(Liveness::after_rounds(&flow, 0).as_ref(), Ok(&liveness));
    for (instruction, expected) in flow.instructions.iter().zip(naive(function)) {
        let found = RegisterSet::from_words(liveness.before(instruction.pc));
        assert_eq!(found, expected, "word {} of {}", instruction.pc, function.name);
    }
}

/// Bytes that look random and are the same in every run.
fn noise(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn generated_code_has_the_sets_of_the_slow_way() {
    for seed in 0..60 {
        for function in &crate::fuzz::unit_from_bytes(&noise(seed, 600)).functions {
            if Flow::new(function).is_ok() {
                check_against_naive(function);
            }
        }
    }
}

/// Jumps from everywhere to everywhere: far more rounds than structured code needs.
fn tangle(seed: u32, count: usize, reach: usize) -> FunctionDef {
    let mut builder = crate::FunctionBuilder::new("tangle");
    builder.set_registers(256);
    let labels: Vec<_> = (0..=count).map(|_| builder.new_label()).collect();
    for (index, bytes) in noise(seed, count * 4).chunks(4).enumerate() {
        builder.bind(labels[index]);
        let distance = 1 + usize::from(bytes[1]) * reach / 256;
        match bytes[0] % 4 {
            0 => builder.emit(crate::Op::Move, &[bytes[2].into(), bytes[3].into()]),
            1 => builder.emit_jump(crate::Op::Jump, None, labels[(index + distance).min(count)]),
            _ => {
                let back = labels[index.saturating_sub(distance)];
                builder.emit_jump(crate::Op::LoopIfTrue, Some(bytes[2] % 4), back);
            }
        }
    }
    builder.bind(labels[count]);
    builder.emit(crate::Op::ReturnNil, &[]);
    builder.finish().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn tangled_code_has_the_sets_of_the_slow_way() {
    for seed in 0..20 {
        check_against_naive(&tangle(seed, 300, 4 + seed as usize * 8));
    }
}

#[test]
fn work_on_code_made_to_take_long_is_bounded() {
    // Loops that each go back to the one before, and in between reads of one register after the other.
    let mut builder = crate::FunctionBuilder::new("chain");
    builder.set_registers(256);
    let mut before = builder.here();
    for index in 0..20_000 {
        let here = builder.here();
        if index % 80 == 0 {
            builder.emit(crate::Op::Move, &[255, index / 80]);
        }
        builder.emit_jump(crate::Op::LoopIfTrue, Some(0), before);
        before = here;
    }
    builder.emit(crate::Op::ReturnNil, &[]);
    let function = builder.finish().unwrap_or_else(|error| panic!("{error}"));
    let flow = Flow::new(&function).expect("sound");
    let error = Liveness::after_rounds(&flow, 0).expect_err("a visit for each block and register");
    assert_eq!(error.message, "the loops of the function are too tangled");
    assert!(Liveness::of_flow(&flow).is_ok());
}
