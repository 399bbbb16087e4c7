//! Frames, objects and lists.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use heap::Value as Word;
use heap::header::{BARRIER, CARDED, FROZEN, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET};
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
            Operation::GuardClass => Some(self.guard_class(instruction, state)),
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

    fn guard_class(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let word = self.argument(instruction, 0);
        let object = self.object(word, instruction.immediate as u8, state);
        let class = self.builder.ins().load(types::I32, trusted(), object, HEADER_INFO_OFFSET as i32);
        let wanted = self.builder.ins().iconst(types::I32, (instruction.immediate >> 8) as i64);
        let fails = self.builder.ins().icmp(IntCC::NotEqual, class, wanted);
        self.leave_if(fails, state);
        object
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
        let flags = self.flags(storage);
        let guarded = self.builder.ins().band_imm_u(flags, i64::from(BARRIER | FROZEN));
        let (carded, slow) = (self.builder.create_block(), self.builder.create_block());
        let (check, on) = (self.builder.create_block(), self.builder.create_block());
        let free = self.builder.create_block();
        self.builder.set_cold_block(slow);
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
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(slow);
        self.step(state);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(on);
    }
}
