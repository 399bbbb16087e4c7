//! Guards on words and objects, and tests of their kinds.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use heap::Value as Word;
use heap::header::{HEADER_AUX_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET};
use heap::kind::CLASS_OF_KIND;
use heap::value::{TAG_CHAR, TAG_POINTER};
use vm::native::layout;

use super::lower::{Lower, trusted};
use crate::ssa::form::{Instruction, Operation, StateId};

impl Lower<'_, '_> {
    /// Lowers guards; `None` where the operation is none, and inside it where it gives no value.
    pub(super) fn guards(&mut self, instruction: &Instruction, state: StateId) -> Option<Option<ir::Value>> {
        let argument = |lower: &mut Self, index: usize| lower.argument(instruction, index);
        Some(match instruction.operation {
            Operation::GuardImmediate => {
                let word = argument(self, 0);
                self.guard_immediate(word, state);
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
                let word = argument(self, 0);
                let callee = self.object(word, heap::Kind::Closure as u8, state);
                let code = self.load(callee, layout::CALLABLE_CODE as i32);
                let wanted = self.word(instruction.immediate);
                let fails = self.builder.ins().icmp(IntCC::NotEqual, code, wanted);
                self.leave_if(fails, state);
                None
            }
            Operation::GuardChar => {
                let word = argument(self, 0);
                let top = self.builder.ins().ushr_imm_u(word, 48);
                let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, top, (TAG_CHAR >> 48) as i64);
                self.leave_if(fails, state);
                let low = self.builder.ins().ireduce(types::I32, word);
                Some(self.builder.ins().uextend(types::I64, low))
            }
            Operation::GuardClass => {
                self.guard_class(instruction, state);
                None
            }
            Operation::GuardTrue => {
                let holds = argument(self, 0);
                self.leave_unless(holds, state);
                None
            }
            Operation::GuardKind => {
                let word = argument(self, 0);
                Some(self.object(word, instruction.immediate as u8, state))
            }
            Operation::GuardObject => {
                let word = argument(self, 0);
                Some(self.pointer(word, state))
            }
            Operation::GuardSlot => Some(self.guard_slot(instruction, state)),
            Operation::IsShape => Some(self.is_shape(instruction)),
            Operation::GuardShape => {
                self.guard_shape(instruction, state);
                None
            }
            Operation::IsObject => {
                let word = argument(self, 0);
                let top = self.builder.ins().ushr_imm_u(word, 48);
                Some(self.builder.ins().icmp_imm_u(IntCC::Equal, top, (TAG_POINTER >> 48) as i64))
            }
            Operation::GuardBounds => {
                let (index, length) = (argument(self, 0), argument(self, 1));
                let fails = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
                self.leave_if(fails, state);
                None
            }
            _ => return None,
        })
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

    /// Leaves the code unless a word is an object of a class that stands in no header.
    fn guard_class(&mut self, instruction: &Instruction, state: StateId) {
        let word = self.argument(instruction, 0);
        let object = self.pointer(word, state);
        let kind = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let class = instruction.immediate as u32;
        let mut kinds = (0u8..).zip(&CLASS_OF_KIND).filter(|known| *known.1 == class).map(|known| known.0);
        if let (Some(one), None) = (kinds.next(), kinds.next()) {
            let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, i64::from(one));
            return self.leave_if(fails, state);
        }
        let table = self.word(CLASS_OF_KIND.as_ptr().expose_provenance() as u64);
        let offset = self.builder.ins().ishl_imm_u(kind, 2);
        let place = self.builder.ins().iadd(table, offset);
        let found = self.builder.ins().uload32(trusted(), place, 0);
        let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(class));
        self.leave_if(fails, state);
    }

    /// Leaves the code where the object at an address has another shape.
    fn guard_shape(&mut self, instruction: &Instruction, state: StateId) {
        let object = self.argument(instruction, 0);
        let kind = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let fails =
            self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, i64::from(instruction.immediate as u8));
        self.leave_if(fails, state);
        let wanted = (instruction.immediate >> 8) as i64;
        if wanted != 0 {
            let class = self.builder.ins().uload32(trusted(), object, HEADER_INFO_OFFSET as i32);
            let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, class, wanted);
            self.leave_if(fails, state);
        }
    }

    /// The address of an instance or record that has a slot.
    fn guard_slot(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let word = self.argument(instruction, 0);
        let object = self.pointer(word, state);
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
}
