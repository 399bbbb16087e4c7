//! Frames, objects and lists.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use heap::header::{BARRIER, CARDED, FROZEN, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET};
use heap::kind::array::{CARD_DONE, CARD_SLOTS};
use heap::value::{PAYLOAD, TAG_POINTER};
use vm::native::layout;

use super::lower::{Lower, trusted};
use crate::ssa::form::{Instruction, Operation, StateId};

/// Where the number of an Int past 32 bits stands.
const BOXED_INT_NUMBER: i32 = heap::kind::integer::BOXED_INT_OFFSET as i32;

impl Lower<'_, '_> {
    /// Lowers what is about memory; `None` where the operation is not, and inside it where it gives no value.
    pub(super) fn memory(&mut self, instruction: &Instruction, state: StateId) -> Option<Option<ir::Value>> {
        let argument = |lower: &mut Self, index: usize| lower.argument(instruction, index);
        let offset = instruction.immediate as i32;
        Some(match instruction.operation {
            Operation::LoadSlot => {
                Some(self.builder.ins().load(types::I64, trusted(), self.base, offset * 8))
            }
            Operation::StoreSlot => {
                let word = argument(self, 0);
                self.builder.ins().store(trusted(), word, self.base, offset * 8);
                None
            }
            Operation::LoadAt => {
                let place = self.word(instruction.immediate);
                Some(self.load(place, 0))
            }
            Operation::TupleLength => {
                let tuple = argument(self, 0);
                Some(self.builder.ins().uload32(trusted(), tuple, HEADER_INFO_OFFSET as i32))
            }
            Operation::LoadTuple => {
                let (object, index) = (argument(self, 0), argument(self, 1));
                let place = self.element(object, index);
                Some(self.load(place, layout::TUPLE_ELEMENTS as i32))
            }
            Operation::PushElement => {
                self.push_element(instruction, state);
                None
            }
            Operation::Untag => {
                let word = argument(self, 0);
                Some(self.untag(word))
            }
            Operation::ListLength => {
                let list = argument(self, 0);
                Some(self.load(list, layout::LIST_LEN as i32))
            }
            Operation::ListStorage => {
                let list = argument(self, 0);
                let storage = self.load(list, layout::LIST_STORAGE as i32);
                Some(self.untag(storage))
            }
            Operation::LoadElement => {
                let (object, index) = (argument(self, 0), argument(self, 1));
                let place = self.element(object, index);
                Some(self.load(place, layout::ARRAY_SLOTS as i32))
            }
            Operation::LoadField => {
                let object = argument(self, 0);
                Some(self.load(object, offset))
            }
            Operation::StoreElement => {
                self.store_element(instruction, state);
                None
            }
            Operation::StoreField => {
                self.store_field(instruction, state);
                None
            }
            _ => return None,
        })
    }

    pub(super) fn load(&mut self, address: ir::Value, offset: i32) -> ir::Value {
        self.builder.ins().load(types::I64, trusted(), address, offset)
    }

    pub(super) fn load_int(&mut self, object: ir::Value) -> ir::Value {
        self.load(object, BOXED_INT_NUMBER)
    }

    pub(super) fn untag(&mut self, word: ir::Value) -> ir::Value {
        let mask = self.word(PAYLOAD);
        self.builder.ins().band(word, mask)
    }

    /// Appends to a list with room; the interpreter's step does it otherwise.
    fn push_element(&mut self, instruction: &Instruction, state: StateId) {
        let (list, word) = (self.argument(instruction, 0), self.argument(instruction, 1));
        let (slow, on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        let slow_if = |lower: &mut Self, fails: ir::Value| {
            let next = lower.builder.create_block();
            lower.builder.ins().brif(fails, slow, &[], next, &[]);
            lower.builder.switch_to_block(next);
        };
        let flags = self.flags(list);
        let frozen = self.builder.ins().band_imm_u(flags, i64::from(FROZEN));
        slow_if(self, frozen);
        let storage = self.load(list, layout::LIST_STORAGE as i32);
        let top = self.builder.ins().ushr_imm_u(storage, 48);
        let has_none = self.builder.ins().icmp_imm_u(IntCC::NotEqual, top, (TAG_POINTER >> 48) as i64);
        slow_if(self, has_none);
        let storage = self.untag(storage);
        let length = self.load(list, layout::LIST_LEN as i32);
        let capacity = self.load(storage, layout::ARRAY_CAPACITY as i32);
        let is_full = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, length, capacity);
        slow_if(self, is_full);
        self.store_in_storage((storage, length, word), slow);
        let more = self.builder.ins().iadd_imm_s(length, 1);
        self.builder.ins().store(trusted(), more, list, layout::LIST_LEN as i32);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(slow);
        self.step(state);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(on);
    }

    /// The address of an element, but for the offset of the first.
    fn element(&mut self, storage: ir::Value, index: ir::Value) -> ir::Value {
        let bytes = self.builder.ins().ishl_imm_u(index, 3);
        self.builder.ins().iadd(storage, bytes)
    }

    fn flags(&mut self, object: ir::Value) -> ir::Value {
        self.builder.ins().uload8(types::I64, trusted(), object, HEADER_FLAGS_OFFSET as i32)
    }

    fn store_field(&mut self, instruction: &Instruction, state: StateId) {
        let (object, word) = (self.argument(instruction, 0), self.argument(instruction, 1));
        let flags = self.flags(object);
        let guarded = self.builder.ins().band_imm_u(flags, i64::from(BARRIER | FROZEN));
        let (cold, free) = self.cold_if(guarded);
        self.builder.switch_to_block(cold);
        self.step(state);
        self.builder.ins().jump(free, &[]);
        // After the step this stores once more what is there, so that there is one way on.
        self.builder.switch_to_block(free);
        self.builder.ins().store(trusted(), word, object, instruction.immediate as i32);
    }

    fn store_element(&mut self, instruction: &Instruction, state: StateId) {
        let (storage, index) = (self.argument(instruction, 0), self.argument(instruction, 1));
        let word = self.argument(instruction, 2);
        let (slow, on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        self.store_in_storage((storage, index, word), slow);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(slow);
        self.step(state);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(on);
    }

    /// Stores an element, or goes to `slow` where a barrier is in the way.
    fn store_in_storage(
        &mut self,
        (storage, index, word): (ir::Value, ir::Value, ir::Value),
        slow: ir::Block,
    ) {
        let flags = self.flags(storage);
        let guarded = self.builder.ins().band_imm_u(flags, i64::from(BARRIER | FROZEN));
        let (carded, check) = (self.builder.create_block(), self.builder.create_block());
        let free = self.builder.create_block();
        self.builder.ins().brif(guarded, carded, &[], free, &[]);
        // A large array: the store is free where its card has been dealt with.
        self.builder.switch_to_block(carded);
        let both = self.builder.ins().band_imm_u(flags, i64::from(CARDED | FROZEN));
        let is_carded = self.builder.ins().icmp_imm_u(IntCC::Equal, both, i64::from(CARDED));
        self.builder.ins().brif(is_carded, check, &[], slow, &[]);
        self.builder.switch_to_block(check);
        let capacity = self.load(storage, layout::ARRAY_CAPACITY as i32);
        let cards = self.element(storage, capacity);
        let number = self.builder.ins().ushr_imm_u(index, i64::from(CARD_SLOTS.trailing_zeros()));
        let card = self.builder.ins().iadd(cards, number);
        let done = self.builder.ins().uload8(types::I64, trusted(), card, layout::ARRAY_SLOTS as i32);
        let is_done = self.builder.ins().icmp_imm_u(IntCC::Equal, done, i64::from(CARD_DONE));
        self.builder.ins().brif(is_done, free, &[], slow, &[]);
        self.builder.switch_to_block(free);
        let place = self.element(storage, index);
        self.builder.ins().store(trusted(), word, place, layout::ARRAY_SLOTS as i32);
    }
}
