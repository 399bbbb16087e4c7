//! Arithmetic and comparisons. The kind of numbers that a site is expected to see comes first and falls through; the
//! other kinds are among the late code at the end of the function.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use heap::Value;
use heap::value::TAG_SPECIAL;

use super::{Assembler, Late, at, number_of};
use crate::masm::{Arithmetic, Comparison, Label, Operand, Outcome};

/// A comparison and what becomes of its answer.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    pub comparison: Comparison,
    pub left: usize,
    pub right: Operand,
    pub outcome: Outcome,
}

/// An operation on numbers and where its result goes.
#[derive(Clone, Copy)]
pub(super) struct Computed {
    pub operation: Arithmetic,
    pub to: usize,
    pub left: usize,
    pub right: Operand,
}

fn has_floats(operation: Arithmetic) -> bool {
    matches!(operation, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mul | Arithmetic::Div)
}

fn is_int(right: Operand) -> bool {
    matches!(right, Operand::Value(value) if value.is_int32())
}

fn may_be_int(right: Operand) -> bool {
    !matches!(right, Operand::Value(value) if !value.is_int32())
}

/// The constant of a right operand as a double.
fn float_of(value: Value) -> u64 {
    if value.is_int32() { f64::from(value.int32_payload()).to_bits() } else { value.bits() }
}

impl Assembler {
    /// The left operand in rax and, unless it is a constant, the right one in rcx.
    fn load_operands(&mut self, left: usize, right: Operand) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(left)]);
        if let Operand::Register(register) = right {
            dynasm!(self.ops ; .arch x64 ; mov rcx, [rbx + at(register)]);
        }
    }

    /// Goes to `other` unless both operands are small integers; a constant side is not tested.
    fn both_ints(&mut self, right: Operand, other: Label) {
        match right {
            Operand::Value(_) => dynasm!(self.ops ; .arch x64 ; cmp rax, r13 ; jb =>other.0),
            Operand::Register(_) => dynasm!(self.ops
                ; .arch x64
                ; mov rdx, rax
                ; and rdx, rcx
                ; cmp rdx, r13
                ; jb =>other.0
            ),
        }
    }

    /// Goes to `other` unless both operands are floats; then they are in xmm0 and xmm1.
    fn both_floats(&mut self, right: Operand, other: Label) {
        dynasm!(self.ops ; .arch x64 ; cmp rax, rbp ; jae =>other.0);
        match right {
            Operand::Register(_) => dynasm!(self.ops
                ; .arch x64
                ; cmp rcx, rbp
                ; jae =>other.0
                ; movq xmm1, rcx
            ),
            Operand::Value(value) => self.load_float(value),
        }
        dynasm!(self.ops ; .arch x64 ; movq xmm0, rax);
    }

    /// A constant in xmm1.
    fn load_float(&mut self, value: Value) {
        let bits = float_of(value);
        if bits == 0 {
            dynasm!(self.ops ; .arch x64 ; xorps xmm1, xmm1);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD bits as i64 ; movq xmm1, rcx);
        }
    }

    /// Both operands as doubles in xmm0 and xmm1, small integers converted, or `slow`.
    fn mixed_floats(&mut self, right: Operand, slow: Label) {
        let (left_ready, left_int) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch x64
            ; cmp rax, rbp
            ; jae =>left_int
            ; movq xmm0, rax
            ; jmp =>left_ready
            ; =>left_int
            ; cmp rax, r13
            ; jb =>slow.0
            ; cvtsi2sd xmm0, eax
            ; =>left_ready
        );
        match right {
            Operand::Value(value) => self.load_float(value),
            Operand::Register(_) => {
                let (right_ready, right_int) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
                dynasm!(self.ops
                    ; .arch x64
                    ; cmp rcx, rbp
                    ; jae =>right_int
                    ; movq xmm1, rcx
                    ; jmp =>right_ready
                    ; =>right_int
                    ; cmp rcx, r13
                    ; jb =>slow.0
                    ; cvtsi2sd xmm1, ecx
                    ; =>right_ready
                );
            }
        }
    }

    fn store_int(&mut self, to: usize) {
        dynasm!(self.ops ; .arch x64 ; or rax, r13 ; mov [rbx + at(to)], rax);
    }

    /// Computes on xmm0 and xmm1 and stores; NaN is made one of its bit patterns by the slow path.
    fn float_result(&mut self, computed: Computed, slow: Label) {
        match computed.operation {
            Arithmetic::Add => dynasm!(self.ops ; .arch x64 ; addsd xmm0, xmm1),
            Arithmetic::Sub => dynasm!(self.ops ; .arch x64 ; subsd xmm0, xmm1),
            Arithmetic::Mul => dynasm!(self.ops ; .arch x64 ; mulsd xmm0, xmm1),
            _ => dynasm!(self.ops ; .arch x64 ; divsd xmm0, xmm1),
        }
        dynasm!(self.ops
            ; .arch x64
            ; ucomisd xmm0, xmm0
            ; jp =>slow.0
            ; movsd [rbx + at(computed.to)], xmm0
        );
    }

    pub(super) fn compute(&mut self, computed: Computed, expects_floats: bool, slow: Label) {
        let (late, done) = (self.label(), self.label());
        let floats = has_floats(computed.operation);
        let ints = computed.operation != Arithmetic::Div && may_be_int(computed.right);
        self.load_operands(computed.left, computed.right);
        if floats && (expects_floats || !ints) {
            self.both_floats(computed.right, late);
            self.float_result(computed, slow);
        } else if !ints {
            // Bits of a constant that is no small integer.
            dynasm!(self.ops ; .arch x64 ; jmp =>slow.0);
        } else {
            self.both_ints(computed.right, if floats { late } else { slow });
            self.int_operation(computed, slow);
            self.store_int(computed.to);
        }
        self.bind_label(done);
        if floats {
            self.late.push(Late::Compute { computed, late, done, slow, ints: ints && expects_floats });
        }
    }

    /// The kinds of numbers that were not expected.
    pub(super) fn compute_late(&mut self, computed: Computed, ints: bool, slow: Label) {
        if ints {
            let mixed = self.label();
            let done = self.label();
            self.both_ints(computed.right, mixed);
            self.int_operation(computed, slow);
            self.store_int(computed.to);
            dynasm!(self.ops ; .arch x64 ; jmp =>done.0 ; =>mixed.0);
            self.mixed_floats(computed.right, slow);
            self.float_result(computed, slow);
            self.bind_label(done);
        } else {
            self.mixed_floats(computed.right, slow);
            self.float_result(computed, slow);
        }
    }

    /// eax and ecx, or a constant, are the operands; the result goes to eax.
    fn int_operation(&mut self, computed: Computed, slow: Label) {
        if let Operand::Value(value) = computed.right {
            return self.int_operation_const(computed.operation, number_of(value), slow);
        }
        match computed.operation {
            Arithmetic::Add => dynasm!(self.ops ; .arch x64 ; add eax, ecx ; jo =>slow.0),
            Arithmetic::Sub => dynasm!(self.ops ; .arch x64 ; sub eax, ecx ; jo =>slow.0),
            Arithmetic::Mul => dynasm!(self.ops ; .arch x64 ; imul eax, ecx ; jo =>slow.0),
            Arithmetic::And => dynasm!(self.ops ; .arch x64 ; and eax, ecx),
            Arithmetic::Or => dynasm!(self.ops ; .arch x64 ; or eax, ecx),
            Arithmetic::Xor => dynasm!(self.ops ; .arch x64 ; xor eax, ecx),
            Arithmetic::Mod => self.int_division(true, slow),
            Arithmetic::FloorDiv => self.int_division(false, slow),
            Arithmetic::Shl => dynasm!(self.ops
                ; .arch x64
                ; cmp ecx, 31
                ; ja =>slow.0
                ; movsxd rax, eax
                ; shl rax, cl
                ; movsxd rdx, eax
                ; cmp rdx, rax
                ; jne =>slow.0
                ; mov eax, eax
            ),
            Arithmetic::Shr => dynasm!(self.ops ; .arch x64 ; cmp ecx, 31 ; ja =>slow.0 ; sar eax, cl),
            Arithmetic::Div => dynasm!(self.ops ; .arch x64 ; jmp =>slow.0),
        }
    }

    fn int_operation_const(&mut self, operation: Arithmetic, right: i32, slow: Label) {
        match operation {
            Arithmetic::Add => dynasm!(self.ops ; .arch x64 ; add eax, right ; jo =>slow.0),
            Arithmetic::Sub => dynasm!(self.ops ; .arch x64 ; sub eax, right ; jo =>slow.0),
            Arithmetic::Mul => dynasm!(self.ops ; .arch x64 ; imul eax, eax, right ; jo =>slow.0),
            Arithmetic::And => dynasm!(self.ops ; .arch x64 ; and eax, right),
            Arithmetic::Or => dynasm!(self.ops ; .arch x64 ; or eax, right),
            Arithmetic::Xor => dynasm!(self.ops ; .arch x64 ; xor eax, right),
            Arithmetic::Mod | Arithmetic::FloorDiv if right > 0 => {
                dynasm!(self.ops ; .arch x64 ; test eax, eax ; js =>slow.0);
                self.divide_const(right, operation == Arithmetic::Mod);
            }
            Arithmetic::Shl if (0..32).contains(&right) => dynasm!(self.ops
                ; .arch x64
                ; movsxd rax, eax
                ; shl rax, right as i8
                ; movsxd rdx, eax
                ; cmp rdx, rax
                ; jne =>slow.0
                ; mov eax, eax
            ),
            Arithmetic::Shr if (0..32).contains(&right) => {
                dynasm!(self.ops ; .arch x64 ; sar eax, right as i8);
            }
            Arithmetic::Mod | Arithmetic::FloorDiv | Arithmetic::Shl | Arithmetic::Shr | Arithmetic::Div => {
                dynasm!(self.ops ; .arch x64 ; jmp =>slow.0);
            }
        }
    }

    /// Divides eax, which is not negative, by a positive constant: multiplies by its reciprocal.
    fn divide_const(&mut self, divisor: i32, remainder: bool) {
        if divisor.count_ones() == 1 {
            if remainder {
                dynasm!(self.ops ; .arch x64 ; and eax, divisor - 1);
            } else {
                dynasm!(self.ops ; .arch x64 ; shr eax, divisor.trailing_zeros() as i8);
            }
            return;
        }
        // With L bits in the divisor, ceil(2^(31+L) / divisor) is exact for all dividends below 2^31.
        let bits = 32 - (divisor as u32 - 1).leading_zeros();
        let reciprocal = (1u64 << (31 + bits)).div_ceil(divisor as u64);
        dynasm!(self.ops
            ; .arch x64
            ; mov ecx, reciprocal as i32
            ; mov edx, eax
            ; imul rdx, rcx
            ; shr rdx, (31 + bits) as i8
        );
        if remainder {
            dynasm!(self.ops ; .arch x64 ; imul edx, edx, divisor ; sub eax, edx);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov eax, edx);
        }
    }

    /// Floored division of eax by ecx where neither is negative; the rest is slow.
    fn int_division(&mut self, remainder: bool, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; test ecx, ecx
            ; jle =>slow.0
            ; test eax, eax
            ; js =>slow.0
            ; xor edx, edx
            ; div ecx
        );
        if remainder {
            dynasm!(self.ops ; .arch x64 ; mov eax, edx);
        }
    }

    /// A product of 64 bits, reduced at once: the remainder by a positive constant, or a mask. Other
    /// operands than small integers go to `plain`.
    pub(super) fn multiply_then(
        &mut self,
        computed: Computed,
        reduction: (Arithmetic, i32),
        plain: Label,
        slow: Label,
    ) {
        self.load_operands(computed.left, computed.right);
        self.both_ints(computed.right, plain);
        dynasm!(self.ops ; .arch x64 ; movsxd rax, eax);
        match computed.right {
            Operand::Value(value) => {
                dynasm!(self.ops ; .arch x64 ; imul rax, rax, number_of(value));
            }
            Operand::Register(_) => dynasm!(self.ops ; .arch x64 ; movsxd rcx, ecx ; imul rax, rcx),
        }
        let (operation, constant) = reduction;
        if operation == Arithmetic::And {
            dynasm!(self.ops ; .arch x64 ; and rax, constant);
        } else if constant.count_ones() == 1 {
            dynasm!(self.ops ; .arch x64 ; and rax, constant - 1);
        } else {
            // As for 32 bits, for dividends below 2^63.
            let bits = 32 - (constant as u32 - 1).leading_zeros();
            let reciprocal = (1u128 << (63 + bits)).div_ceil(constant as u128) as u64;
            dynasm!(self.ops
                ; .arch x64
                ; test rax, rax
                ; js =>slow.0
                ; mov rcx, rax
                ; mov rdx, QWORD reciprocal as i64
                ; mul rdx
            );
            dynasm!(self.ops
                ; .arch x64
                ; shr rdx, (bits - 1) as i8
                ; imul rdx, rdx, constant
                ; mov rax, rcx
                ; sub rax, rdx
            );
        }
        self.store_int(computed.to);
    }

    pub(super) fn compare_values(&mut self, compared: Compared, expects_floats: bool, slow: Label) {
        let (late, done) = (self.label(), self.label());
        let ints = may_be_int(compared.right);
        self.load_operands(compared.left, compared.right);
        if let Operand::Value(value) = compared.right
            && !value.is_int32()
            && !value.is_float()
        {
            // Such constants are equal to nothing but themselves; objects may say otherwise.
            dynasm!(self.ops
                ; .arch x64
                ; mov rdx, QWORD TAG_SPECIAL as i64
                ; cmp rax, rdx
                ; jb =>slow.0
                ; mov rcx, QWORD value.bits() as i64
                ; cmp rax, rcx
            );
            self.answer_int(compared);
            self.bind_label(done);
            return;
        }
        if expects_floats || !ints {
            self.both_floats(compared.right, late);
            self.answer_float(compared);
        } else {
            self.both_ints(compared.right, late);
            match compared.right {
                Operand::Value(value) => dynasm!(self.ops ; .arch x64 ; cmp eax, number_of(value)),
                Operand::Register(_) => dynasm!(self.ops ; .arch x64 ; cmp eax, ecx),
            }
            self.answer_int(compared);
        }
        self.bind_label(done);
        self.late.push(Late::Compare { compared, late, done, slow, ints: ints && expects_floats });
    }

    /// The kinds of values that were not expected.
    pub(super) fn compare_late(&mut self, compared: Compared, ints: bool, done: Label, slow: Label) {
        if ints {
            let mixed = self.label();
            self.both_ints(compared.right, mixed);
            match compared.right {
                Operand::Value(value) => dynasm!(self.ops ; .arch x64 ; cmp eax, number_of(value)),
                Operand::Register(_) => dynasm!(self.ops ; .arch x64 ; cmp eax, ecx),
            }
            self.answer_int(compared);
            dynasm!(self.ops ; .arch x64 ; jmp =>done.0 ; =>mixed.0);
        }
        let mut unlike = slow;
        let equality = matches!(compared.comparison, Comparison::Eq | Comparison::Ne);
        if equality {
            unlike = self.label();
        }
        self.mixed_floats(compared.right, unlike);
        self.answer_float(compared);
        if !equality {
            return;
        }
        dynasm!(self.ops ; .arch x64 ; jmp =>done.0 ; =>unlike.0);
        // Neither is a float or an object: they are equal when they are the same word.
        dynasm!(self.ops ; .arch x64 ; mov rdx, QWORD TAG_SPECIAL as i64 ; cmp rax, rdx ; jb =>slow.0);
        match compared.right {
            Operand::Register(_) => dynasm!(self.ops ; .arch x64 ; cmp rcx, rdx ; jb =>slow.0),
            // It was overwritten by its double.
            Operand::Value(value) if is_int(compared.right) => {
                dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD value.bits() as i64);
            }
            Operand::Value(_) => dynasm!(self.ops ; .arch x64 ; jmp =>slow.0),
        }
        dynasm!(self.ops ; .arch x64 ; cmp rax, rcx);
        self.answer_int(compared);
    }

    /// Uses the flags of a comparison of integers.
    fn answer_int(&mut self, compared: Compared) {
        let (target, wanted) = match compared.outcome {
            Outcome::Jump { to: None, wanted, target } => (target, wanted),
            Outcome::Jump { to: Some(_), .. } | Outcome::Store(_) => {
                self.truth_of_ints(compared.comparison);
                return self.use_truth(compared.outcome);
            }
        };
        let comparison = if wanted { compared.comparison } else { compared.comparison.negated() };
        match comparison {
            Comparison::Eq => dynasm!(self.ops ; .arch x64 ; je =>target.0),
            Comparison::Ne => dynasm!(self.ops ; .arch x64 ; jne =>target.0),
            Comparison::Lt => dynasm!(self.ops ; .arch x64 ; jl =>target.0),
            Comparison::Le => dynasm!(self.ops ; .arch x64 ; jle =>target.0),
            Comparison::Gt => dynasm!(self.ops ; .arch x64 ; jg =>target.0),
            Comparison::Ge => dynasm!(self.ops ; .arch x64 ; jge =>target.0),
        }
    }

    /// Compares xmm0 with xmm1. Above and not below are false on NaN, so less is asked the other way round.
    fn answer_float(&mut self, compared: Compared) {
        match compared.comparison {
            Comparison::Lt | Comparison::Le => dynasm!(self.ops ; .arch x64 ; ucomisd xmm1, xmm0),
            Comparison::Eq | Comparison::Ne | Comparison::Gt | Comparison::Ge => {
                dynasm!(self.ops ; .arch x64 ; ucomisd xmm0, xmm1);
            }
        }
        let Outcome::Jump { to: None, wanted, target } = compared.outcome else {
            self.truth_of_floats(compared.comparison);
            return self.use_truth(compared.outcome);
        };
        match (compared.comparison, wanted) {
            (Comparison::Lt | Comparison::Gt, true) => dynasm!(self.ops ; .arch x64 ; ja =>target.0),
            (Comparison::Lt | Comparison::Gt, false) => dynasm!(self.ops ; .arch x64 ; jbe =>target.0),
            (Comparison::Le | Comparison::Ge, true) => dynasm!(self.ops ; .arch x64 ; jae =>target.0),
            (Comparison::Le | Comparison::Ge, false) => dynasm!(self.ops ; .arch x64 ; jb =>target.0),
            (Comparison::Eq, true) | (Comparison::Ne, false) => {
                let unordered = self.ops.new_dynamic_label();
                dynasm!(self.ops ; .arch x64 ; jp =>unordered ; je =>target.0 ; =>unordered);
            }
            (Comparison::Eq, false) | (Comparison::Ne, true) => {
                dynasm!(self.ops ; .arch x64 ; jp =>target.0 ; jne =>target.0);
            }
        }
    }

    /// 1 in eax where the flags say so.
    fn truth_of_ints(&mut self, comparison: Comparison) {
        match comparison {
            Comparison::Eq => dynasm!(self.ops ; .arch x64 ; sete al),
            Comparison::Ne => dynasm!(self.ops ; .arch x64 ; setne al),
            Comparison::Lt => dynasm!(self.ops ; .arch x64 ; setl al),
            Comparison::Le => dynasm!(self.ops ; .arch x64 ; setle al),
            Comparison::Gt => dynasm!(self.ops ; .arch x64 ; setg al),
            Comparison::Ge => dynasm!(self.ops ; .arch x64 ; setge al),
        }
        dynasm!(self.ops ; .arch x64 ; movzx eax, al);
    }

    fn truth_of_floats(&mut self, comparison: Comparison) {
        match comparison {
            Comparison::Eq => dynasm!(self.ops ; .arch x64 ; sete al ; setnp cl ; and al, cl),
            Comparison::Ne => dynasm!(self.ops ; .arch x64 ; setne al ; setp cl ; or al, cl),
            Comparison::Lt | Comparison::Gt => dynasm!(self.ops ; .arch x64 ; seta al),
            Comparison::Le | Comparison::Ge => dynasm!(self.ops ; .arch x64 ; setae al),
        }
        dynasm!(self.ops ; .arch x64 ; movzx eax, al);
    }

    /// Stores the truth in eax as a Bool and jumps if that is wanted.
    fn use_truth(&mut self, outcome: Outcome) {
        let (to, jump) = match outcome {
            Outcome::Store(to) => (Some(to), None),
            Outcome::Jump { to, wanted, target } => (to, Some((wanted, target))),
        };
        if let Some(to) = to {
            self.store_truth(to);
        }
        if let Some((wanted, target)) = jump {
            dynasm!(self.ops ; .arch x64 ; test eax, eax);
            if wanted {
                dynasm!(self.ops ; .arch x64 ; jnz =>target.0);
            } else {
                dynasm!(self.ops ; .arch x64 ; jz =>target.0);
            }
        }
    }

    /// Stores the truth in eax as a Bool.
    pub(super) fn store_truth(&mut self, to: usize) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rdx, QWORD Value::FALSE.bits() as i64
            ; add rdx, rax
            ; mov [rbx + at(to)], rdx
        );
    }

    /// The negative of a small integer or a float.
    pub(super) fn negate_number(&mut self, to: usize, from: usize, slow: Label) {
        let (floats, done) = (self.label(), self.label());
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx + at(from)]
            ; cmp rax, r13
            ; jb =>floats.0
            ; neg eax
            ; jo =>slow.0
        );
        self.store_int(to);
        dynasm!(self.ops
            ; .arch x64
            ; jmp =>done.0
            ; =>floats.0
            ; cmp rax, rbp
            ; jae =>slow.0
            ; btc rax, 63
            ; movq xmm0, rax
            ; ucomisd xmm0, xmm0
            ; jp =>slow.0
            ; mov [rbx + at(to)], rax
            ; =>done.0
        );
    }
}
