//! Numbers, comparisons and the forms of values.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData, types};
use heap::Value as Word;
use heap::value::{CANONICAL_NAN, TAG_INT, TAG_POINTER, TAG_SPECIAL};
use vm::native::layout;

use super::lower::Lower;
use crate::ssa::form::{Instruction, Operation, StateId, Value};

impl Lower<'_, '_> {
    pub(super) fn arithmetic(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        // The state stands for operands that the operation does not have.
        let mut operand = |index: usize| match instruction.arguments.get(index) {
            Some(&value) => self.value(value),
            None => self.state,
        };
        let (left, right) = (operand(0), operand(1));
        let immediate = instruction.immediate;
        match instruction.operation {
            Operation::Float => self.builder.ins().f64const(f64::from_bits(immediate)),
            Operation::GuardInt => self.guard_int(left, state),
            Operation::GuardWideInt => self.guard_wide_int(left, state),
            Operation::GuardFloat => {
                let word = left;
                self.leave_unless_below(word, TAG_POINTER, state);
                self.builder.ins().bitcast(types::F64, MemFlagsData::new(), word)
            }
            Operation::GuardNumber => self.guard_number(left, state),
            Operation::BoxInt => self.box_int(left, state),
            Operation::BoxSmallInt => self.box_small_int(left),
            Operation::BoxFloat => self.box_float(left),
            Operation::BoxBool => {
                let word = self.builder.ins().uextend(types::I64, left);
                self.builder.ins().iadd_imm_s(word, Word::FALSE.bits() as i64)
            }
            Operation::IntToFloat => self.builder.ins().fcvt_from_sint(types::F64, left),
            Operation::ExactFloat => {
                let number = left;
                let shifted = self.builder.ins().iadd_imm_s(number, 1 << 53);
                let most = self.word(1 << 54);
                let is_large = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, shifted, most);
                self.leave_if(is_large, state);
                self.builder.ins().fcvt_from_sint(types::F64, number)
            }
            Operation::AddInt | Operation::SubInt | Operation::MulInt => {
                self.checked(instruction.operation, (left, right), state)
            }
            Operation::NextInt => self.builder.ins().iadd_imm_s(left, 1),
            Operation::SumInt => self.builder.ins().iadd(left, right),
            Operation::DifferenceInt => self.builder.ins().isub(left, right),
            Operation::ProductInt => self.builder.ins().imul(left, right),
            Operation::DivSmall | Operation::ModSmall => self.division_of_small(instruction),
            Operation::FloorDivInt | Operation::ModInt => self.division(instruction, state),
            Operation::AndInt => self.builder.ins().band(left, right),
            Operation::OrInt => self.builder.ins().bor(left, right),
            Operation::XorInt => self.builder.ins().bxor(left, right),
            Operation::ShlInt | Operation::ShrInt => self.shift(instruction, state),
            Operation::AddFloat => self.builder.ins().fadd(left, right),
            Operation::SubFloat => self.builder.ins().fsub(left, right),
            Operation::MulFloat => self.builder.ins().fmul(left, right),
            Operation::DivFloat => self.builder.ins().fdiv(left, right),
            Operation::NegFloat => self.builder.ins().fneg(left),
            Operation::SqrtFloat => self.builder.ins().sqrt(left),
            Operation::EqInt | Operation::SameWord => self.compare(IntCC::Equal, instruction),
            Operation::LtInt => self.compare(IntCC::SignedLessThan, instruction),
            Operation::LeInt => self.compare(IntCC::SignedLessThanOrEqual, instruction),
            Operation::EqFloat => self.compare_floats(FloatCC::Equal, instruction),
            Operation::LtFloat => self.compare_floats(FloatCC::LessThan, instruction),
            Operation::LeFloat => self.compare_floats(FloatCC::LessThanOrEqual, instruction),
            Operation::IsFalsy => {
                let rest = self.builder.ins().band_imm_s(left, -2);
                let nil = self.word(Word::NIL.bits());
                self.builder.ins().icmp(IntCC::Equal, rest, nil)
            }
            Operation::Not => self.builder.ins().bxor_imm_s(left, 1),
            // The rest is `memory`'s and `instruction`'s.
            operation => unreachable!("invariant: {} is lowered elsewhere", operation.row().name),
        }
    }

    /// Leaves the code where the result takes more than 64 bits.
    fn checked(
        &mut self,
        operation: Operation,
        (left, right): (ir::Value, ir::Value),
        state: StateId,
    ) -> ir::Value {
        let (result, overflows) = match operation {
            Operation::AddInt => self.builder.ins().sadd_overflow(left, right),
            Operation::SubInt => self.builder.ins().ssub_overflow(left, right),
            _ => self.builder.ins().smul_overflow(left, right),
        };
        self.leave_if(overflows, state);
        result
    }

    fn compare(&mut self, condition: IntCC, instruction: &Instruction) -> ir::Value {
        let (left, right) = (self.value(instruction.arguments[0]), self.value(instruction.arguments[1]));
        self.builder.ins().icmp(condition, left, right)
    }

    fn compare_floats(&mut self, condition: FloatCC, instruction: &Instruction) -> ir::Value {
        let (left, right) = (self.value(instruction.arguments[0]), self.value(instruction.arguments[1]));
        self.builder.ins().fcmp(condition, left, right)
    }

    fn leave_unless_below(&mut self, word: ir::Value, bound: u64, state: StateId) {
        let bound = self.word(bound);
        let fails = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, word, bound);
        self.leave_if(fails, state);
    }

    pub(super) fn leave_if_below(&mut self, word: ir::Value, bound: u64, state: StateId) {
        let bound = self.word(bound);
        let fails = self.builder.ins().icmp(IntCC::UnsignedLessThan, word, bound);
        self.leave_if(fails, state);
    }

    /// The number in the payload.
    fn payload(&mut self, word: ir::Value) -> ir::Value {
        let low = self.builder.ins().ireduce(types::I32, word);
        self.builder.ins().sextend(types::I64, low)
    }

    fn guard_int(&mut self, word: ir::Value, state: StateId) -> ir::Value {
        self.leave_if_below(word, TAG_INT, state);
        self.payload(word)
    }

    fn guard_wide_int(&mut self, word: ir::Value, state: StateId) -> ir::Value {
        let bound = self.word(TAG_INT);
        let is_wide = self.builder.ins().icmp(IntCC::UnsignedLessThan, word, bound);
        let (wide, small, on) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(on, types::I64);
        self.builder.set_cold_block(wide);
        self.builder.ins().brif(is_wide, wide, &[], small, &[]);
        self.builder.switch_to_block(small);
        let number = self.payload(word);
        self.builder.ins().jump(on, &[BlockArg::Value(number)]);
        self.builder.switch_to_block(wide);
        let object = self.object(word, heap::Kind::BoxedInt as u8, state);
        let number = self.load_int(object);
        self.builder.ins().jump(on, &[BlockArg::Value(number)]);
        self.builder.switch_to_block(on);
        result
    }

    fn guard_number(&mut self, word: ir::Value, state: StateId) -> ir::Value {
        let (float, other, on) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(on, types::F64);
        let bound = self.word(TAG_POINTER);
        let is_float = self.builder.ins().icmp(IntCC::UnsignedLessThan, word, bound);
        self.builder.ins().brif(is_float, float, &[], other, &[]);
        self.builder.switch_to_block(float);
        let number = self.builder.ins().bitcast(types::F64, MemFlagsData::new(), word);
        self.builder.ins().jump(on, &[BlockArg::Value(number)]);
        self.builder.switch_to_block(other);
        let number = self.guard_int(word, state);
        let number = self.builder.ins().fcvt_from_sint(types::F64, number);
        self.builder.ins().jump(on, &[BlockArg::Value(number)]);
        self.builder.switch_to_block(on);
        result
    }

    fn box_int(&mut self, number: ir::Value, state: StateId) -> ir::Value {
        let small = self.payload(number);
        let is_wide = self.builder.ins().icmp(IntCC::NotEqual, small, number);
        let (cold, fits) = self.cold_if(is_wide);
        let on = self.builder.create_block();
        let result = self.builder.append_block_param(on, types::I64);
        self.builder.switch_to_block(fits);
        let word = self.box_small_int(number);
        self.builder.ins().jump(on, &[BlockArg::Value(word)]);
        self.builder.switch_to_block(cold);
        self.call_kept(self.target.thunks.box_int_kept, &[self.state, number]);
        let made = self.load_state(layout::STATE_GIVEN);
        let fails = self.builder.ins().icmp_imm_s(IntCC::Equal, made, 0);
        self.leave_if(fails, state);
        self.builder.ins().jump(on, &[BlockArg::Value(made)]);
        self.builder.switch_to_block(on);
        result
    }

    fn box_small_int(&mut self, number: ir::Value) -> ir::Value {
        let low = self.builder.ins().ireduce(types::I32, number);
        let low = self.builder.ins().uextend(types::I64, low);
        let tag = self.word(TAG_INT);
        self.builder.ins().bor(low, tag)
    }

    fn box_float(&mut self, number: ir::Value) -> ir::Value {
        let word = self.builder.ins().bitcast(types::I64, MemFlagsData::new(), number);
        let is_nan = self.builder.ins().fcmp(FloatCC::Unordered, number, number);
        let canonical = self.word(CANONICAL_NAN);
        self.builder.ins().select(is_nan, canonical, word)
    }

    /// An immediate: no object and no float.
    pub(super) fn guard_immediate(&mut self, word: ir::Value, state: StateId) {
        self.leave_if_below(word, TAG_SPECIAL, state);
    }

    fn shift(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let (left, right) = (self.value(instruction.arguments[0]), self.value(instruction.arguments[1]));
        let fails = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, right, 62);
        self.leave_if(fails, state);
        if instruction.operation == Operation::ShrInt {
            return self.builder.ins().sshr(left, right);
        }
        let result = self.builder.ins().ishl(left, right);
        let back = self.builder.ins().sshr(result, right);
        let loses = self.builder.ins().icmp(IntCC::NotEqual, back, left);
        self.leave_if(loses, state);
        result
    }

    pub(super) fn argument(&mut self, instruction: &Instruction, index: usize) -> ir::Value {
        let value: Value = instruction.arguments[index];
        self.value(value)
    }
}
