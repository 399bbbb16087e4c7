//! Objects, made in the nursery, or where code is left.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, StackSlotData, StackSlotKind, types};
use heap::Value as Word;
use heap::header::YOUNG;
use heap::value::TAG_POINTER;
use rustc_hash::FxHashMap;
use vm::native::layout;

use super::lower::{Lower, trusted};
use crate::ssa::form::{Instruction, StateId, Value, Virtual, What};

impl Lower<'_, '_> {
    /// The word of a new object; the interpreter's step makes it where the nursery is full.
    pub(super) fn make(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let made = self.form.makes[instruction.immediate as usize];
        let words: Vec<ir::Value> =
            (0..instruction.arguments.len()).map(|index| self.argument(instruction, index)).collect();
        let (slow, on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        let result = self.builder.append_block_param(on, types::I64);
        let contents = self.contents(made.what, &words);
        let (kind, aux, info) = made.what.kind_and_info(words.len());
        let first = kind as u64 | u64::from(YOUNG) << 8 | (aux as u64) << 16 | u64::from(info) << 32;
        let first = self.word(first);
        let heap = self.load_state(layout::STATE_HEAP);
        let start = self.builder.ins().load(types::I64, trusted(), heap, layout::HEAP_CURSOR as i32);
        let end = self.builder.ins().iadd_imm_s(start, 8 + 8 * contents.len() as i64);
        let limit = self.builder.ins().load(types::I64, trusted(), heap, layout::HEAP_LIMIT as i32);
        let is_full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let fits = self.builder.create_block();
        self.builder.ins().brif(is_full, slow, &[], fits, &[]);
        self.builder.switch_to_block(fits);
        self.builder.ins().store(trusted(), end, heap, layout::HEAP_CURSOR as i32);
        self.builder.ins().store(trusted(), first, start, 0);
        for (index, &word) in contents.iter().enumerate() {
            self.builder.ins().store(trusted(), word, start, 8 + 8 * index as i32);
        }
        let tag = self.word(TAG_POINTER);
        let object = self.builder.ins().bor(start, tag);
        self.builder.ins().jump(on, &[BlockArg::Value(object)]);

        self.builder.switch_to_block(slow);
        self.step(state);
        let object = self.builder.ins().load(types::I64, trusted(), self.base, made.slot as i32 * 8);
        self.builder.ins().jump(on, &[BlockArg::Value(object)]);
        self.builder.switch_to_block(on);
        result
    }

    /// The words behind the first.
    fn contents(&mut self, what: What, words: &[ir::Value]) -> Vec<ir::Value> {
        let mut contents = Vec::with_capacity(words.len() + 2);
        match what {
            What::EmptyList => {
                let (nil, zero) = (self.word(Word::NIL.bits()), self.word(0));
                contents.extend(match layout::LIST_STORAGE < layout::LIST_LEN {
                    true => [nil, zero],
                    false => [zero, nil],
                });
            }
            What::Closure { entry } => {
                contents.extend([self.word(entry.word()), self.word(entry.function.bits())]);
            }
            What::Cell | What::Tuple | What::Object { .. } => {}
        }
        contents.extend(words);
        if let What::Object { fields, .. } = what
            && contents.len() < fields
        {
            let unset = self.word(Word::UNDEF.bits());
            contents.resize(fields, unset);
        }
        contents
    }

    /// Makes the objects that the code has done without.
    pub(super) fn materialise(&mut self, objects: &[Virtual]) -> FxHashMap<Value, ir::Value> {
        let mut made: FxHashMap<Value, ir::Value> = FxHashMap::default();
        for one in objects {
            let words: Vec<ir::Value> = one
                .words
                .iter()
                .map(|word| made.get(word).copied().unwrap_or_else(|| self.value(*word)))
                .collect();
            let contents = self.contents(one.what, &words);
            let bytes = 8 * contents.len() as u32;
            let slot = self.builder.create_sized_stack_slot(StackSlotData::new(
                StackSlotKind::ExplicitSlot,
                bytes.max(8),
                3,
            ));
            for (index, &word) in contents.iter().enumerate() {
                self.builder.ins().stack_store(types::I64, word, slot, 8 * index as i32);
            }
            let (kind, _, info) = one.what.kind_and_info(words.len());
            let what = kind as u64 | (contents.len() as u64) << 8 | u64::from(info) << 32;
            let what = self.word(what);
            let place = self.builder.ins().stack_addr(types::I64, slot, 0);
            let address = vm::optimised::materialise as *const () as usize as u64;
            let object = self.call(address, &[self.state, what, place], 1)[0];
            made.insert(one.object, object);
        }
        made
    }
}
