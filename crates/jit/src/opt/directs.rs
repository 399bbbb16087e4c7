//! Calls of builtins and of functions of the VM. One that gives nothing leaves the instruction to the interpreter's step.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use heap::Value as Word;
use vm::direct::Direct;
use vm::optimised;
use vm::state::FRAME_HEADER;

use super::lower::{Lower, trusted};
use crate::ssa::form::{Instruction, StateId};

impl Lower<'_, '_> {
    /// Calls a builtin with its arguments in the frame.
    pub(super) fn call_builtin(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let site = self.form.builtins[instruction.immediate as usize];
        let first = ((site.window + FRAME_HEADER) * 8) as i32;
        for index in 0..instruction.arguments.len() {
            let word = self.argument(instruction, index);
            self.builder.ins().store(trusted(), word, self.base, first + 8 * index as i32);
        }
        let builtin = self.word(std::ptr::from_ref(site.builtin).expose_provenance() as u64);
        let arguments = self.builder.ins().iadd_imm_s(self.base, i64::from(first));
        let helper = optimised::call_builtin as *const () as usize as u64;
        self.ask(helper, &[builtin, arguments], (Some(site.window), false), state)
    }

    /// Calls a function of the VM that stands for the instruction.
    pub(super) fn call_direct(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let site = self.form.directs[instruction.immediate as usize];
        let mut words: Vec<ir::Value> =
            (0..instruction.arguments.len()).map(|index| self.argument(instruction, index)).collect();
        if let Some((first, count)) = site.registers {
            words.push(self.builder.ins().iadd_imm_s(self.base, first as i64 * 8));
            words.push(self.word(count as u64));
        }
        while words.len() < 3 {
            words.push(self.word(0));
        }
        self.ask(site.direct.address(), &words, (site.slot, site.direct == Direct::Advance), state)
    }

    /// Calls `(state, words..., fuel) -> (value, fuel)`. The step leaves its result in a slot.
    fn ask(
        &mut self,
        address: u64,
        words: &[ir::Value],
        (slot, is_turn): (Option<usize>, bool),
        state: StateId,
    ) -> ir::Value {
        let mut arguments = vec![self.state];
        arguments.extend(words);
        arguments.push(self.builder.use_var(self.fuel));
        let results = self.call(address, &arguments, 2);
        self.builder.def_var(self.fuel, results[1]);
        let nothing = self.word(Word::UNDEF.bits());
        let is_nothing = self.builder.ins().icmp(IntCC::Equal, results[0], nothing);
        let (cold, given) = self.cold_if(is_nothing);
        let on = self.builder.create_block();
        let result = self.builder.append_block_param(on, types::I64);
        self.builder.switch_to_block(given);
        self.builder.ins().jump(on, &[BlockArg::Value(results[0])]);
        self.builder.switch_to_block(cold);
        let turned = self.step(state);
        let word = match slot {
            Some(slot) => self.builder.ins().load(types::I64, trusted(), self.base, slot as i32 * 8),
            None => nothing,
        };
        // What iterates says by where it goes on whether there was a value.
        let word = match is_turn {
            true => {
                let done = self.word(Word::DONE.bits());
                self.builder.ins().select(turned, word, done)
            }
            false => word,
        };
        self.builder.ins().jump(on, &[BlockArg::Value(word)]);
        self.builder.switch_to_block(on);
        result
    }
}
