//! A call whose result is the function's result takes the place of the frame.
//!
//! This is no optimisation that could be left out: programs rely on it, and traces show it.
//! Not where an error must still find a handler of this frame, and not in a generator, whose frame is resumed.

use bytecode::{Op, function_flag};

use crate::form::{Block, Code, Inst};

pub fn take_frames(code: &mut Code) {
    if code.flags & function_flag::GENERATOR != 0 {
        return;
    }
    let returns: Vec<Option<u16>> = code.blocks.iter().map(only_returns).collect();
    for id in code.order.clone() {
        let block = code.block_mut(id);
        if block.region.is_some() {
            continue;
        }
        let (length, result) = match block.insts.last() {
            Some(Inst { op: Op::Return, a, .. }) => (block.insts.len() - 1, *a),
            _ => match block.next.and_then(|next| returns[next.0 as usize]) {
                Some(register) => (block.insts.len(), register),
                None => continue,
            },
        };
        if let Some((at, op)) = final_call(&block.insts[..length], result) {
            block.insts.truncate(at + 1);
            block.insts[at].op = op;
            block.next = None;
        }
    }
}

/// The register that a block does nothing but return.
fn only_returns(block: &Block) -> Option<u16> {
    match block.insts.as_slice() {
        [Inst { op: Op::Return, a, .. }] if block.region.is_none() => Some(*a),
        _ => None,
    }
}

/// The call at the end of these instructions whose result ends up in `result`, moves between them aside.
fn final_call(insts: &[Inst], result: u16) -> Option<(usize, Op)> {
    let mut result = result;
    for (at, inst) in insts.iter().enumerate().rev() {
        match inst.op {
            // That is what keeps variables for debuggers.
            Op::Move if inst.a == inst.b => {}
            Op::Move if inst.a == result => result = inst.b,
            _ if inst.a == result => return tail_form(inst.op).map(|op| (at, op)),
            _ => return None,
        }
    }
    None
}

fn tail_form(op: Op) -> Option<Op> {
    Some(match op {
        Op::Call => Op::TailCall,
        Op::CallConst => Op::TailCallConst,
        Op::CallMethod => Op::TailCallMethod,
        _ => return None,
    })
}
