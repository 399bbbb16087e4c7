use super::*;
use crate::decode::instructions;

fn ops(function: &FunctionDef) -> Vec<(u32, Op)> {
    instructions(&function.code)
        .map(|instruction| instruction.expect("built code decodes"))
        .map(|instruction| (instruction.pc, instruction.op))
        .collect()
}

#[test]
fn labels_go_both_ways() {
    let mut builder = FunctionBuilder::new("f");
    let done = builder.new_label();
    let top = builder.here();
    builder.emit_jump(Op::JumpIfFalse, Some(0), done);
    builder.emit_jump(Op::Loop, None, top);
    builder.bind(done);
    builder.emit(Op::ReturnNil, &[]);
    let function = builder.finish().expect("builds");
    let targets: Vec<Option<i64>> =
        instructions(&function.code).map(|instruction| instruction.expect("decodes").jump_target()).collect();
    assert_eq!(targets, [Some(2), Some(0), None]);
}

#[test]
fn far_jumps_become_wide_and_near_ones_do_not() {
    for (gap, op) in [(32_767, Op::JumpIfTrue), (32_768, Op::JumpIfTrueWide)] {
        let mut builder = FunctionBuilder::new("f");
        let done = builder.new_label();
        builder.emit_jump(Op::JumpIfTrue, Some(3), done);
        for _ in 0..gap {
            builder.emit(Op::Nop, &[]);
        }
        builder.bind(done);
        builder.emit(Op::ReturnNil, &[]);
        let function = builder.finish().expect("builds");
        let first = instructions(&function.code).next().expect("not empty").expect("decodes");
        assert_eq!(first.op, op);
        assert_eq!(first.jump_target(), Some(function.code.len() as i64 - 1));
    }
}

#[test]
fn every_narrow_form_has_its_wide_one() {
    for &op in Op::ALL {
        use crate::op::Format;
        if matches!(op.row().format, Format::ReadJump | Format::WriteConst) {
            assert!(layout::wide_form(op).is_some(), "{op:?}");
        }
    }
}

#[test]
fn constants_are_shared_and_narrow_uses_come_first() {
    let mut builder = FunctionBuilder::new("f");
    for value in 0..70_000 {
        let constant = builder.constant(Constant::Int(value + 100_000));
        builder.load_constant(0, constant);
    }
    let late = builder.constant(Constant::Float(0.5));
    assert_eq!(late, builder.constant(Constant::Float(0.5)));
    assert_ne!(builder.constant(Constant::Float(0.0)), builder.constant(Constant::Float(-0.0)));
    builder.emit(Op::AddConst, &[0, 0, late.operand()]);
    builder.emit(Op::Return, &[0]);
    let function = builder.finish().expect("builds");
    assert_eq!(function.constants[0], Constant::Float(0.5));
    let decoded = ops(&function);
    assert_eq!(decoded[0].1, Op::LoadConst);
    assert_eq!(decoded[69_999].1, Op::LoadConstWide);
}

#[test]
fn too_many_narrow_constants_are_an_error_not_a_wrong_index() {
    let mut builder = FunctionBuilder::new("f");
    for value in 0..257 {
        let constant = builder.constant(Constant::Int(value));
        builder.emit(Op::MapGet, &[0, 0, constant.operand()]);
    }
    let fresh = builder.constant(Constant::Int(1000));
    assert!(!builder.offers_narrow(fresh));
    assert_eq!(builder.finish().err(), Some(BuildError::TooMany("constants")));
}

#[test]
fn inner_handlers_come_first_and_empty_ones_go() {
    let mut builder = FunctionBuilder::new("f");
    let outer = builder.here();
    builder.emit(Op::Nop, &[]);
    let inner = builder.here();
    builder.emit(Op::Nop, &[]);
    let end = builder.here();
    builder.handler(outer, end, end, 1, false);
    builder.handler(inner, end, end, 2, true);
    builder.handler(end, end, end, 3, false);
    builder.emit(Op::ReturnNil, &[]);
    let function = builder.finish().expect("builds");
    let registers: Vec<u8> = function.handlers.iter().map(|handler| handler.register).collect();
    assert_eq!(registers, [2, 1]);
}

#[test]
fn mistakes_are_reported_at_the_end() {
    let build = |emit: fn(&mut FunctionBuilder)| {
        let mut builder = FunctionBuilder::new("f");
        emit(&mut builder);
        builder.finish().err()
    };
    assert_eq!(
        build(|builder| builder.emit(Op::Move, &[1])),
        Some(BuildError::OperandCount { op: Op::Move, given: 1 })
    );
    assert_eq!(
        build(|builder| builder.emit(Op::Move, &[1, 256])),
        Some(BuildError::OperandRange { op: Op::Move, value: 256 })
    );
    let unbound = |builder: &mut FunctionBuilder| {
        let label = builder.new_label();
        builder.emit_jump(Op::Jump, None, label);
    };
    assert_eq!(build(unbound), Some(BuildError::UnboundLabel));
    let backwards = |builder: &mut FunctionBuilder| {
        let label = builder.here();
        builder.emit_jump(Op::Jump, None, label);
    };
    assert_eq!(build(backwards), Some(BuildError::JumpDirection { op: Op::Jump }));
}

#[test]
fn code_behind_an_end_is_unreachable_until_a_label() {
    let mut builder = FunctionBuilder::new("f");
    assert!(!builder.is_unreachable());
    builder.emit(Op::ReturnNil, &[]);
    assert!(builder.is_unreachable());
    builder.here();
    assert!(!builder.is_unreachable());
    builder.set_flags(crate::function_flag::GENERATOR);
    builder.emit(Op::GeneratorStart, &[]);
    assert!(!builder.is_unreachable());
}

#[test]
fn lines_change_only_with_the_span() {
    let mut builder = FunctionBuilder::new("f");
    builder.set_span(3, 5);
    builder.emit(Op::Nop, &[]);
    builder.emit(Op::Nop, &[]);
    builder.set_span(6, 7);
    builder.emit(Op::ReturnNil, &[]);
    let function = builder.finish().expect("builds");
    let pcs: Vec<(u32, u32)> = function.lines.iter().map(|line| (line.pc, line.start)).collect();
    assert_eq!(pcs, [(0, 3), (2, 6)]);
}
