//! Which instructions can be reached, and on which side of `gen` each of them is.
//!
//! A generator's frame is packed exactly once, before anything is yielded from it, and is never replaced by a
//! tail call; other functions do neither.

use crate::flow::{CodeError, Flow};
use crate::op::{Op, fact};
use crate::unit::function_flag;

/// How an instruction is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Never,
    /// In an ordinary function, or before `gen`.
    Plainly,
    /// Behind `gen`.
    InGenerator,
}

/// For each instruction how it is reached.
pub(super) fn check(flow: &Flow<'_>) -> Result<Vec<Reached>, CodeError> {
    let mut reached = vec![Reached::Never; flow.instructions.len()];
    reached[0] = Reached::Plainly;
    let mut waiting = vec![0];
    let mut starts = 0;
    while let Some(index) = waiting.pop() {
        let here = reached[index];
        let behind = check_instruction(flow, index, here)?;
        starts += usize::from(flow.instructions[index].op == Op::GeneratorStart);
        let next = crate::access::goes_on(flow.instructions[index].op).then_some(index + 1);
        let jump = flow.jump_index(index);
        let normal = [next, jump].into_iter().flatten().map(|target| (target, behind));
        let raised = flow.raise_handlers(index).map(|handler| (flow.handler_index(handler), here));
        for (target, state) in normal.chain(raised) {
            if reached[target] == Reached::Never {
                reached[target] = state;
                waiting.push(target);
            } else if reached[target] != state {
                let pc = flow.instructions[target].pc;
                return Err(CodeError::new(pc, "reached both before and behind the start of the generator"));
            }
        }
    }
    let is_generator = flow.function.flags & function_flag::GENERATOR != 0;
    match (is_generator, starts) {
        (true, 1) | (false, 0) => Ok(reached),
        (true, 0) => Err(CodeError::new(0, "the generator never starts")),
        (true, _) => Err(CodeError::new(0, "the generator starts at several places")),
        (false, _) => Err(CodeError::new(0, "`gen` in a function that is no generator")),
    }
}

/// What holds behind an instruction that is reached so.
fn check_instruction(flow: &Flow<'_>, index: usize, here: Reached) -> Result<Reached, CodeError> {
    let instruction = &flow.instructions[index];
    let problem = |message: &str| Err(CodeError::new(instruction.pc, message));
    let is_generator = flow.function.flags & function_flag::GENERATOR != 0;
    let is_tail_call =
        instruction.op.has(fact::POLLS) && instruction.op.has(fact::ENDS) && flow.jump_index(index).is_none();
    if instruction.op == Op::GeneratorStart {
        return match here {
            Reached::InGenerator => problem("the generator starts twice"),
            Reached::Plainly | Reached::Never => Ok(Reached::InGenerator),
        };
    }
    if instruction.op == Op::Yield && here == Reached::Plainly {
        return problem("`yield` before the generator has started");
    }
    if is_tail_call && is_generator {
        return problem("a tail call would replace the generator's frame");
    }
    Ok(here)
}
