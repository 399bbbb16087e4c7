//! Frames, objects and lists.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use heap::Value as Word;
use heap::header::{
    BARRIER, CARDED, FROZEN, HEADER_AUX_OFFSET, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET,
};
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
        let argument = |lower: &Self, index: usize| lower.argument(instruction, index);
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
            Operation::GuardImmediate => {
                self.guard_immediate(argument(self, 0), state);
                None
            }
            Operation::GuardWord | Operation::GuardSet => {
                let word = argument(self, 0);
                let is_set = instruction.operation == Operation::GuardSet;
                let bits = if is_set { Word::UNDEF.bits() } else { instruction.immediate };
                let other = self.word(bits);
                let condition = if is_set { IntCC::Equal } else { IntCC::NotEqual };
                let fails = self.builder.ins().icmp(condition, word, other);
                self.leave_if(fails, state);
                None
            }
            Operation::GuardCode => {
                let callee = self.object(argument(self, 0), heap::Kind::Closure as u8, state);
                let code = self.load(callee, layout::CALLABLE_CODE as i32);
                let wanted = self.word(instruction.immediate);
                let fails = self.builder.ins().icmp(IntCC::NotEqual, code, wanted);
                self.leave_if(fails, state);
                None
            }
            Operation::GuardTrue => {
                let holds = argument(self, 0);
                let fails = self.builder.ins().bxor_imm_s(holds, 1);
                self.leave_if(fails, state);
                None
            }
            Operation::GuardKind => Some(self.object(argument(self, 0), instruction.immediate as u8, state)),
            Operation::GuardObject => Some(self.pointer(argument(self, 0), state)),
            Operation::GuardSlot => Some(self.guard_slot(instruction, state)),
            Operation::IsShape => Some(self.is_shape(instruction)),
            Operation::GuardShape => {
                let holds = self.is_shape(instruction);
                let fails = self.builder.ins().bxor_imm_s(holds, 1);
                self.leave_if(fails, state);
                None
            }
            Operation::IsObject => {
                let word = argument(self, 0);
                let top = self.builder.ins().ushr_imm_u(word, 48);
                Some(self.builder.ins().icmp_imm_u(IntCC::Equal, top, (TAG_POINTER >> 48) as i64))
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
                let place = self.element(argument(self, 0), argument(self, 1));
                Some(self.load(place, layout::TUPLE_ELEMENTS as i32))
            }
            Operation::PushElement => {
                self.push_element(instruction, state);
                None
            }
            Operation::GuardBounds => {
                let (index, length) = (argument(self, 0), argument(self, 1));
                let fails = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
                self.leave_if(fails, state);
                None
            }
            Operation::Untag => Some(self.untag(argument(self, 0))),
            Operation::ListLength => Some(self.load(argument(self, 0), layout::LIST_LEN as i32)),
            Operation::ListStorage => {
                let storage = self.load(argument(self, 0), layout::LIST_STORAGE as i32);
                Some(self.untag(storage))
            }
            Operation::LoadElement => {
                let place = self.element(argument(self, 0), argument(self, 1));
                Some(self.load(place, layout::ARRAY_SLOTS as i32))
            }
            Operation::LoadField => Some(self.load(argument(self, 0), offset)),
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

    fn load(&mut self, address: ir::Value, offset: i32) -> ir::Value {
        self.builder.ins().load(types::I64, trusted(), address, offset)
    }

    pub(super) fn load_int(&mut self, object: ir::Value) -> ir::Value {
        self.load(object, BOXED_INT_NUMBER)
    }

    fn untag(&mut self, word: ir::Value) -> ir::Value {
        let mask = self.word(PAYLOAD);
        self.builder.ins().band(word, mask)
    }

    /// The address in a word that is a pointer.
    fn pointer(&mut self, word: ir::Value, state: StateId) -> ir::Value {
        let top = self.builder.ins().ushr_imm_u(word, 48);
        let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, top, (TAG_POINTER >> 48) as i64);
        self.leave_if(fails, state);
        self.untag(word)
    }

    /// The address of an object of a kind.
    pub(super) fn object(&mut self, word: ir::Value, kind: u8, state: StateId) -> ir::Value {
        let object = self.pointer(word, state);
        let found = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(kind));
        self.leave_if(fails, state);
        object
    }

    /// Whether the object at an address has a shape.
    fn is_shape(&mut self, instruction: &Instruction) -> ir::Value {
        let object = self.argument(instruction, 0);
        let kind = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let is_kind =
            self.builder.ins().icmp_imm_u(IntCC::Equal, kind, i64::from(instruction.immediate as u8));
        let class = self.builder.ins().uload32(trusted(), object, HEADER_INFO_OFFSET as i32);
        let wanted = (instruction.immediate >> 8) as i64;
        if wanted == 0 {
            return is_kind;
        }
        let is_class = self.builder.ins().icmp_imm_u(IntCC::Equal, class, wanted);
        self.builder.ins().band(is_kind, is_class)
    }

    /// The address of an instance or record that has a slot.
    fn guard_slot(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let object = self.pointer(self.argument(instruction, 0), state);
        let kind = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let first = self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, heap::Kind::Instance as i64);
        let second = self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, heap::Kind::Record as i64);
        let fails = self.builder.ins().band(first, second);
        self.leave_if(fails, state);
        let count = self.builder.ins().uload16(types::I64, trusted(), object, HEADER_AUX_OFFSET as i32);
        let slot = instruction.immediate as i64;
        let fails = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, count, slot);
        self.leave_if(fails, state);
        object
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
        let on = self.builder.create_block();
        self.builder.switch_to_block(free);
        self.builder.ins().store(trusted(), word, object, instruction.immediate as i32);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(cold);
        self.step(state);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(on);
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
