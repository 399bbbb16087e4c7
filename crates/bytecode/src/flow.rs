//! The shape of a function's code: its instructions, where control goes, and which handler each one is under.
//!
//! Making a `Flow` is the first half of validation: it exists only if every word belongs to an instruction, every
//! jump lands on one in the right direction, control cannot run off the end, and handlers are nested with the
//! inner ones first. Going back costs a tick of fuel everywhere: loops do by their instruction, and a handler
//! stands behind the code it protects, so that no chain of errors can run for ever unnoticed.

use crate::access::{goes_on, may_raise};
use crate::decode::{Instruction, instructions};
use crate::limits::CODE_WORDS_MAX;
use crate::op::fact;
use crate::unit::FunctionDef;

/// What is wrong in a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeError {
    /// Index of the word.
    pub pc: u32,
    pub message: String,
}

impl CodeError {
    pub(crate) fn new(pc: u32, message: impl Into<String>) -> CodeError {
        CodeError { pc, message: message.into() }
    }
}

/// No instruction starts at this word, or none is under a handler.
const NONE: u32 = u32::MAX;

/// See the module's text.
#[derive(Debug)]
pub struct Flow<'a> {
    pub function: &'a FunctionDef,
    pub instructions: Vec<Instruction>,
    /// For each word the index of the instruction that starts there.
    index_by_pc: Vec<u32>,
    /// For each instruction its innermost handler.
    handler_of: Vec<u32>,
    /// For each handler itself or the nearest one around it that also runs when the process exits.
    finally_of: Vec<u32>,
}

impl<'a> Flow<'a> {
    pub fn new(function: &'a FunctionDef) -> Result<Flow<'a>, CodeError> {
        if function.code.len() > CODE_WORDS_MAX {
            return Err(CodeError::new(0, "the function has too much code"));
        }
        let mut flow = Flow {
            function,
            instructions: Vec::new(),
            index_by_pc: vec![NONE; function.code.len()],
            handler_of: Vec::new(),
            finally_of: vec![NONE; function.handlers.len()],
        };
        for decoded in instructions(&function.code) {
            let instruction = decoded.map_err(|(pc, error)| CodeError::new(pc, error.to_string()))?;
            flow.index_by_pc[instruction.pc as usize] = flow.instructions.len() as u32;
            flow.instructions.push(instruction);
        }
        flow.check_end()?;
        flow.check_jumps()?;
        let order = flow.check_handlers()?;
        flow.assign_handlers(&order);
        Ok(flow)
    }

    /// The index of the instruction that starts at `pc`.
    pub fn index_at(&self, pc: u32) -> Option<usize> {
        let index = *self.index_by_pc.get(pc as usize)?;
        (index != NONE).then_some(index as usize)
    }

    /// The instruction that a jump of this one goes to.
    pub fn jump_index(&self, index: usize) -> Option<usize> {
        let target = self.instructions[index].jump_target()?;
        self.index_at(u32::try_from(target).ok()?)
    }

    /// The handlers at which control may go on when this instruction raises: the innermost, and the innermost
    /// that sees the process exit.
    pub fn raise_handlers(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let innermost = match may_raise(self.instructions[index].op) {
            true => self.handler_of[index],
            false => NONE,
        };
        let finally = if innermost == NONE { NONE } else { self.finally_of[innermost as usize] };
        let second = if finally == innermost { NONE } else { finally };
        [innermost, second].into_iter().filter(|&handler| handler != NONE).map(|handler| handler as usize)
    }

    /// The innermost handler of an instruction.
    pub fn handler_of(&self, index: usize) -> Option<usize> {
        let handler = self.handler_of[index];
        (handler != NONE).then_some(handler as usize)
    }

    /// The instruction that a handler goes on at.
    pub fn handler_index(&self, handler: usize) -> usize {
        let target = self.function.handlers[handler].target;
        self.index_at(target).expect("invariant: handler targets were checked")
    }

    fn check_end(&self) -> Result<(), CodeError> {
        match self.instructions.last() {
            None => Err(CodeError::new(0, "the function has no code")),
            Some(last) if goes_on(last.op) => {
                Err(CodeError::new(last.pc, "the code ends in an instruction that goes on"))
            }
            Some(_) => Ok(()),
        }
    }

    fn check_jumps(&self) -> Result<(), CodeError> {
        for (index, instruction) in self.instructions.iter().enumerate() {
            let Some(target) = instruction.jump_target() else {
                continue;
            };
            if self.jump_index(index).is_none() {
                return Err(CodeError::new(instruction.pc, "the jump does not land on an instruction"));
            }
            let goes_back = target <= i64::from(instruction.pc);
            if goes_back != instruction.op.has(fact::POLLS) {
                let message = if goes_back { "only loops go back" } else { "a loop goes back" };
                return Err(CodeError::new(instruction.pc, message));
            }
        }
        Ok(())
    }

    /// Checks the handler table and returns its indices from outer to inner, by start.
    fn check_handlers(&mut self) -> Result<Vec<u32>, CodeError> {
        let handlers = &self.function.handlers;
        let end_of_code = self.function.code.len() as u32;
        for handler in handlers {
            let lands = |pc| pc == end_of_code || self.index_at(pc).is_some();
            if handler.start >= handler.end || !lands(handler.start) || !lands(handler.end) {
                return Err(CodeError::new(
                    handler.start,
                    "the range of a handler is no range of instructions",
                ));
            }
            if self.index_at(handler.target).is_none() || handler.target < handler.end {
                return Err(CodeError::new(
                    handler.start,
                    "a handler is not an instruction behind its range",
                ));
            }
        }
        let mut order: Vec<u32> = (0..handlers.len() as u32).collect();
        order.sort_by_key(|&index| {
            let handler = &handlers[index as usize];
            (handler.start, std::cmp::Reverse(handler.end), std::cmp::Reverse(index))
        });
        let mut around: Vec<u32> = Vec::new();
        for &index in &order {
            let handler = &handlers[index as usize];
            around.retain_last(|&outer| handlers[outer as usize].end > handler.start);
            if let Some(&outer) = around.last() {
                if handlers[outer as usize].end < handler.end || outer < index {
                    return Err(CodeError::new(handler.start, "handlers are not nested, inner ones first"));
                }
                self.finally_of[index as usize] = self.finally_of[outer as usize];
            }
            if handler.finally {
                self.finally_of[index as usize] = index;
            }
            around.push(index);
        }
        Ok(order)
    }

    fn assign_handlers(&mut self, order: &[u32]) {
        let handlers = &self.function.handlers;
        let mut coming = order.iter().copied().peekable();
        let mut around: Vec<u32> = Vec::new();
        for instruction in &self.instructions {
            around.retain_last(|&outer| handlers[outer as usize].end > instruction.pc);
            while let Some(index) = coming.next_if(|&index| handlers[index as usize].start <= instruction.pc)
            {
                around.push(index);
            }
            self.handler_of.push(around.last().copied().unwrap_or(NONE));
        }
    }
}

/// Keeps dropping the last element until one is to be kept.
trait RetainLast<T> {
    fn retain_last(&mut self, keep: impl Fn(&T) -> bool);
}

impl<T> RetainLast<T> for Vec<T> {
    fn retain_last(&mut self, keep: impl Fn(&T) -> bool) {
        while self.last().is_some_and(|last| !keep(last)) {
            self.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::assemble;

    fn flow_error(handlers: &str, code: &str) -> Option<String> {
        let text = format!("unit \"m\"\nfunction 0 \"f\" registers 9\n{handlers}\ncode\n{code}\nend\n");
        let unit = assemble(&text).expect("assembles");
        Flow::new(&unit.functions[0]).err().map(|error| format!("{}: {}", error.pc, error.message))
    }

    #[track_caller]
    fn check(handlers: &str, code: &str, expected: Option<&str>) {
        assert_eq!(flow_error(handlers, code).as_deref(), expected);
    }

    #[test]
    fn code_that_leaves_the_rails_is_refused() {
        check("", "retnil", None);
        check("", "", Some("0: the function has no code"));
        check("", "nop", Some("0: the code ends in an instruction that goes on"));
        check("", "gen", Some("0: the code ends in an instruction that goes on"));
        check("", "jmp +1\nretnil", Some("0: the jump does not land on an instruction"));
        check("", "jmp +1\njnilw r0, +0\nretnil", Some("0: the jump does not land on an instruction"));
        check("", "nop\njmp -2", Some("1: only loops go back"));
        check("", "loop +0\nretnil", Some("0: a loop goes back"));
        check("", "loop -1", None);
        check("", "word 0xfe\nretnil", Some("0: no instruction has the opcode 254"));
    }

    #[test]
    fn handlers_are_nested_and_stand_behind_their_range() {
        let code = "A: nop\nB: nop\nC: nop\nD: retnil";
        check("handler A C D r0\nhandler A C D r0\nhandler A D D r0", code, None);
        check("handler B C D r0\nhandler A C D r0", code, None);
        check("handler A B D r0\nhandler B C D r0", code, None);
        let nested = Some("1: handlers are not nested, inner ones first");
        check("handler A C D r0\nhandler B D D r0", code, nested);
        check("handler A C D r0\nhandler B C D r0", code, nested);
        check("handler B B D r0", code, Some("1: the range of a handler is no range of instructions"));
        check("handler B @9 D r0", code, Some("1: the range of a handler is no range of instructions"));
        check("handler B D C r0", code, Some("1: a handler is not an instruction behind its range"));
        check("handler B D @4 r0", code, Some("1: a handler is not an instruction behind its range"));
    }

    #[test]
    fn instructions_know_the_handlers_they_raise_to() {
        let handlers = "handler B C D r0\nhandler A C D r1 finally\nhandler A D D r2";
        let code = "A: str r0, r0\nB: str r0, r0\nC: str r0, r0\nD: str r0, r0\nretnil";
        let text = format!("unit \"m\"\nfunction 0 \"f\" registers 9\n{handlers}\ncode\n{code}\nend\n");
        let unit = assemble(&text).expect("assembles");
        let flow = Flow::new(&unit.functions[0]).expect("sound");
        let raised: Vec<Vec<usize>> = (0..5).map(|index| flow.raise_handlers(index).collect()).collect();
        assert_eq!(raised, [vec![1], vec![0, 1], vec![2], vec![], vec![]]);
    }
}
