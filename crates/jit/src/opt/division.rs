//! Division: rounded down, with divisors of more than zero. That by constants multiplies by the reciprocal.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};

use super::lower::Lower;
use crate::ssa::form::{Instruction, Operation, StateId};

impl Lower<'_, '_> {
    /// Of numbers of 64 bits; leaves the code where the divisor is not more than zero.
    pub(super) fn division(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let (left, right) = (self.value(instruction.arguments[0]), self.value(instruction.arguments[1]));
        let is_quotient = instruction.operation == Operation::FloorDivInt;
        match self.form.int_constant(instruction.arguments[1]) {
            Some(constant) if constant > 0 => self.divide_by_constant(left, constant, is_quotient),
            _ => {
                let fails = self.builder.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, right, 0);
                self.leave_if(fails, state);
                self.divide_by_size(left, right, is_quotient)
            }
        }
    }

    /// Of numbers from zero to what fits in 31 bits, by more than zero.
    pub(super) fn division_of_small(&mut self, instruction: &Instruction) -> ir::Value {
        let (left, right) = (self.value(instruction.arguments[0]), self.value(instruction.arguments[1]));
        let is_quotient = instruction.operation == Operation::DivSmall;
        match self.form.int_constant(instruction.arguments[1]) {
            Some(constant) if constant & (constant - 1) == 0 => {
                self.divide_by_power_of_two(left, constant, is_quotient)
            }
            Some(constant) => {
                let shift = 31 + bits_of(constant);
                let factor = self.word(((1u128 << shift) / constant as u128) as u64 + 1);
                let product = self.builder.ins().imul(left, factor);
                let quotient = self.builder.ins().ushr_imm_u(product, i64::from(shift));
                if is_quotient { quotient } else { self.rest(left, quotient, constant) }
            }
            None => self.divide_narrow(left, right, is_quotient),
        }
    }

    fn divide_by_power_of_two(&mut self, left: ir::Value, constant: i64, is_quotient: bool) -> ir::Value {
        match is_quotient {
            true => self.builder.ins().sshr_imm_u(left, i64::from(constant.trailing_zeros())),
            false => self.builder.ins().band_imm_s(left, constant - 1),
        }
    }

    /// By a constant of more than zero: after Granlund and Montgomery, then rounded down.
    fn divide_by_constant(&mut self, left: ir::Value, constant: i64, is_quotient: bool) -> ir::Value {
        if constant & (constant - 1) == 0 {
            return self.divide_by_power_of_two(left, constant, is_quotient);
        }
        let bits = bits_of(constant);
        let factor = ((1u128 << (63 + bits)) / constant as u128) as u64;
        let factor = self.word(factor.wrapping_add(1));
        let product = self.builder.ins().smulhi(left, factor);
        let sum = self.builder.ins().iadd(product, left);
        let shifted = self.builder.ins().sshr_imm_u(sum, i64::from(bits - 1));
        let sign = self.builder.ins().sshr_imm_u(left, 63);
        let quotient = self.builder.ins().isub(shifted, sign);
        let rest = self.rest(left, quotient, constant);
        let sign = self.builder.ins().sshr_imm_u(rest, 63);
        if is_quotient {
            return self.builder.ins().iadd(quotient, sign);
        }
        let correction = self.builder.ins().band_imm_s(sign, constant);
        self.builder.ins().iadd(rest, correction)
    }

    fn rest(&mut self, left: ir::Value, quotient: ir::Value, constant: i64) -> ir::Value {
        let product = self.builder.ins().imul_imm_s(quotient, constant);
        self.builder.ins().isub(left, product)
    }

    fn divide_narrow(&mut self, left: ir::Value, right: ir::Value, is_quotient: bool) -> ir::Value {
        let left = self.builder.ins().ireduce(types::I32, left);
        let right = self.builder.ins().ireduce(types::I32, right);
        let low = match is_quotient {
            true => self.builder.ins().udiv(left, right),
            false => self.builder.ins().urem(left, right),
        };
        self.builder.ins().uextend(types::I64, low)
    }

    /// Both operands of 32 bits are divided faster than larger ones.
    fn divide_by_size(&mut self, left: ir::Value, right: ir::Value, is_quotient: bool) -> ir::Value {
        let both = self.builder.ins().bor(left, right);
        let high = self.builder.ins().ushr_imm_u(both, 32);
        let (wide, narrow) = self.cold_if(high);
        let on = self.builder.create_block();
        let result = self.builder.append_block_param(on, types::I64);
        self.builder.switch_to_block(narrow);
        let found = self.divide_narrow(left, right, is_quotient);
        self.builder.ins().jump(on, &[BlockArg::Value(found)]);
        self.builder.switch_to_block(wide);
        let found = self.wide_division(left, right, is_quotient);
        self.builder.ins().jump(on, &[BlockArg::Value(found)]);
        self.builder.switch_to_block(on);
        result
    }

    fn wide_division(&mut self, left: ir::Value, right: ir::Value, is_quotient: bool) -> ir::Value {
        let rest = self.builder.ins().srem(left, right);
        let sign = self.builder.ins().sshr_imm_u(rest, 63);
        if is_quotient {
            let quotient = self.builder.ins().sdiv(left, right);
            return self.builder.ins().iadd(quotient, sign);
        }
        let correction = self.builder.ins().band(sign, right);
        self.builder.ins().iadd(rest, correction)
    }
}

/// How many bits a number that is no power of two takes.
fn bits_of(constant: i64) -> u32 {
    64 - constant.leading_zeros()
}
