//! Small functions of the unit that cannot fail stand in the place of their calls.
//!
//! The arguments of a call lie where the callee's registers would, so the callee's code is copied with its
//! registers moved up by the window. What may throw is never copied, so no stack trace loses a frame.

use bytecode::{Constant, Op, function_flag};

use crate::form::{Code, Inst, Reg};

/// Longer functions are not worth a copy.
const SIZE_MAX: usize = 8;

/// Inlines what can be in every function of a unit.
pub fn run_unit(functions: &mut [Option<Code>]) -> usize {
    let small: Vec<Option<Small>> = functions.iter().map(|code| code.as_ref().and_then(Small::of)).collect();
    let mut changed = 0;
    for code in functions.iter_mut().flatten() {
        for id in code.order.clone() {
            let mut index = 0;
            while index < code.block(id).insts.len() {
                index += match inline(code, id, index, &small) {
                    Some(length) => {
                        changed += 1;
                        length
                    }
                    None => 1,
                };
            }
        }
    }
    changed
}

/// A function that is a few instructions without a branch.
struct Small {
    params: usize,
    insts: Vec<Inst>,
    constants: Vec<Constant>,
    result: Option<Reg>,
}

impl Small {
    fn of(code: &Code) -> Option<Small> {
        let refused = function_flag::GENERATOR | function_flag::REST;
        let [entry, ..] = code.order.as_slice() else { return None };
        let block = code.block(*entry);
        let (last, insts) = block.insts.split_last()?;
        let result = match last.op {
            Op::Return => Some(last.a),
            Op::ReturnNil => None,
            _ => return None,
        };
        let copies = |inst: &Inst| inst.is_pure() && !matches!(inst.op, Op::LoadCallee | Op::GetCapture);
        let fits = code.flags & refused == 0
            && code.captures == 0
            && insts.len() <= SIZE_MAX
            && insts.iter().all(copies)
            && code.params.iter().all(|param| !param.optional);
        fits.then(|| Small {
            params: code.params.len(),
            insts: insts.to_vec(),
            constants: code.constants.clone(),
            result,
        })
    }
}

fn inline(code: &mut Code, id: crate::form::BlockId, index: usize, small: &[Option<Small>]) -> Option<usize> {
    let call = code.block(id).insts[index].clone();
    if !matches!(call.op, Op::CallConst | Op::TailCallConst) || call.c != 0 {
        return None;
    }
    let Some(Constant::Function(function)) = code.constants.get(call.d as usize) else { return None };
    let callee = small.get(*function as usize)?.as_ref()?;
    if usize::from(call.b) != callee.params {
        return None;
    }
    let base = call.a + 3;
    let mut copied: Vec<Inst> = Vec::with_capacity(callee.insts.len() + 1);
    for inst in &callee.insts {
        let mut inst = inst.clone().at(call.span);
        inst.renumber(|register| register + base);
        if crate::emit::has_constant(inst.format()) {
            inst.d = code.constant(callee.constants[inst.d as usize].clone());
        }
        copied.push(inst);
    }
    copied.push(match callee.result {
        Some(result) if call.op == Op::TailCallConst => Inst::new(Op::Return).a(base + result).at(call.span),
        None if call.op == Op::TailCallConst => Inst::new(Op::ReturnNil).at(call.span),
        Some(result) => Inst::new(Op::Move).a(call.a).b(base + result).at(call.span),
        None => Inst::new(Op::LoadSpecial).a(call.a).c(0).at(call.span),
    });
    let length = copied.len();
    code.block_mut(id).insts.splice(index..=index, copied);
    Some(length)
}
