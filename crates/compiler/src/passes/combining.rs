//! Two instructions that one can do: a result moved once and needed nowhere else is made where it goes, a negation
//! before a branch turns the branch round, and a product that is reduced at once needs no register of its own.

use bytecode::{Format, Op};

use super::facts::writes_one;
use super::liveness::Liveness;
use crate::form::{BlockId, Code, Reg};

pub fn run(code: &mut Code) -> usize {
    let liveness = Liveness::of(code);
    let mut changed = 0;
    for id in code.order.clone() {
        changed += moves(code, id, &liveness);
        changed += negations(code, id, &liveness);
        changed += products(code, id, &liveness);
    }
    changed
}

/// `op t, ...; move x, t` with `t` dead behind it is `op x, ...`.
fn moves(code: &mut Code, id: BlockId, liveness: &Liveness) -> usize {
    let mut dead_source = vec![false; code.block(id).insts.len()];
    liveness.backwards(code, id, |index, inst, behind| {
        dead_source[index] = inst.op == Op::Move && !behind.has(inst.b);
    });
    let insts = &mut code.block_mut(id).insts;
    let mut gone = vec![false; insts.len()];
    for index in 1..insts.len() {
        let (first, second) = (&insts[index - 1], &insts[index]);
        let joins = dead_source[index]
            && !gone[index - 1]
            && first.a == second.b
            && first.a != second.a
            && writes_one(first);
        if joins {
            let target = insts[index].a;
            insts[index - 1].a = target;
            gone[index] = true;
        }
    }
    remove(insts, &gone)
}

/// `mul t, ...; mod x, t, k` with `t` dead behind it works in `x` alone, which the interpreter does in one step. An
/// error between the two must not show, so no handler may be near.
fn products(code: &mut Code, id: BlockId, liveness: &Liveness) -> usize {
    if code.block(id).region.is_some() {
        return 0;
    }
    let mut dead_operand = vec![false; code.block(id).insts.len()];
    liveness.backwards(code, id, |index, inst, behind| {
        dead_operand[index] = reduces(inst.op) && !behind.has(inst.b);
    });
    let mut changed = 0;
    let insts = &mut code.block_mut(id).insts;
    for index in 1..insts.len() {
        let (product, remainder) = (&insts[index - 1], &insts[index]);
        let (own, target) = (product.a, remainder.a);
        let joins = dead_operand[index]
            && matches!(product.op, Op::Mul | Op::MulImm | Op::MulConst)
            && own == remainder.b
            && own != target
            && !(remainder.format() == Format::WriteReadRead
                && [own, target].contains(&(remainder.c as Reg)));
        if joins {
            insts[index - 1].a = target;
            insts[index].b = target;
            changed += 1;
        }
    }
    changed
}

fn reduces(op: Op) -> bool {
    matches!(op, Op::Mod | Op::ModImm | Op::ModConst | Op::BitAnd | Op::BitAndImm | Op::BitAndConst)
}

fn negations(code: &mut Code, id: BlockId, liveness: &Liveness) -> usize {
    let insts = &mut code.block_mut(id).insts;
    let Some([negation, branch]) = insts.last_chunk::<2>() else { return 0 };
    let turned = match branch.op {
        Op::JumpIfFalse => Op::JumpIfTrue,
        Op::JumpIfTrue => Op::JumpIfFalse,
        _ => return 0,
    };
    if negation.op != Op::Not || negation.a != branch.a || liveness.at_end(id, branch.a) {
        return 0;
    }
    let subject = negation.b;
    insts.remove(insts.len() - 2);
    if let Some(branch) = insts.last_mut() {
        branch.op = turned;
        branch.a = subject;
    }
    1
}

fn remove(insts: &mut Vec<crate::form::Inst>, gone: &[bool]) -> usize {
    let before = insts.len();
    let mut index = 0;
    insts.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
    before - insts.len()
}
