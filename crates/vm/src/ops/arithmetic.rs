//! Arithmetic. The fast paths know pairs of small integers and pairs of floats; the slow path knows all numbers,
//! strings and lists, and calls the operator method of an instance.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::{Op, Word};
use heap::Value;

use super::{always_slow, decoded_anew, instructions};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::number::{self, Binary};
use crate::state::{Base, Pc, State, profile_of};

instructions! {
    Add: (binary::<AddRule, Register>), (mixed::<AddRule, Register>), slow::<AddRule, Register>;
    Sub: (binary::<SubRule, Register>), (mixed::<SubRule, Register>), slow::<SubRule, Register>;
    Mul: (binary::<MulRule, Register>), (mixed::<MulRule, Register>), slow::<MulRule, Register>;
    Div: (binary::<DivRule, Register>), (mixed::<DivRule, Register>), slow::<DivRule, Register>;
    FloorDiv: (binary::<FloorDivRule, Register>), (mixed::<FloorDivRule, Register>), slow::<FloorDivRule, Register>;
    Mod: (binary::<ModRule, Register>), (mixed::<ModRule, Register>), slow::<ModRule, Register>;
    Pow: always_slow, slow::<PowRule, Register>;
    BitAnd: (binary::<BitAndRule, Register>), (mixed::<BitAndRule, Register>), slow::<BitAndRule, Register>;
    BitOr: (binary::<BitOrRule, Register>), (mixed::<BitOrRule, Register>), slow::<BitOrRule, Register>;
    BitXor: (binary::<BitXorRule, Register>), (mixed::<BitXorRule, Register>), slow::<BitXorRule, Register>;
    Shl: (binary::<ShlRule, Register>), (mixed::<ShlRule, Register>), slow::<ShlRule, Register>;
    Shr: (binary::<ShrRule, Register>), (mixed::<ShrRule, Register>), slow::<ShrRule, Register>;
    Neg: negate, negate_slow;
    BitNot: complement, complement_slow;
    Not: not, super::never_slow;
    AddImm: (binary::<AddRule, Immediate>), (mixed::<AddRule, Immediate>), slow::<AddRule, Immediate>;
    SubImm: (binary::<SubRule, Immediate>), (mixed::<SubRule, Immediate>), slow::<SubRule, Immediate>;
    MulImm: (binary::<MulRule, Immediate>), (mixed::<MulRule, Immediate>), slow::<MulRule, Immediate>;
    FloorDivImm: (binary::<FloorDivRule, Immediate>), (mixed::<FloorDivRule, Immediate>), slow::<FloorDivRule, Immediate>;
    ModImm: (binary::<ModRule, Immediate>), (mixed::<ModRule, Immediate>), slow::<ModRule, Immediate>;
    BitAndImm: (binary::<BitAndRule, Immediate>), (mixed::<BitAndRule, Immediate>), slow::<BitAndRule, Immediate>;
    ShlImm: (binary::<ShlRule, Immediate>), (mixed::<ShlRule, Immediate>), slow::<ShlRule, Immediate>;
    ShrImm: (binary::<ShrRule, Immediate>), (mixed::<ShrRule, Immediate>), slow::<ShrRule, Immediate>;
    AddConst: (binary::<AddRule, Constant>), (mixed::<AddRule, Constant>), slow::<AddRule, Constant>;
    SubConst: (binary::<SubRule, Constant>), (mixed::<SubRule, Constant>), slow::<SubRule, Constant>;
    MulConst: (binary::<MulRule, Constant>), (mixed::<MulRule, Constant>), slow::<MulRule, Constant>;
    DivConst: (binary::<DivRule, Constant>), (mixed::<DivRule, Constant>), slow::<DivRule, Constant>;
    ModConst: (binary::<ModRule, Constant>), (mixed::<ModRule, Constant>), slow::<ModRule, Constant>;
    BitAndConst: (binary::<BitAndRule, Constant>), (mixed::<BitAndRule, Constant>), slow::<BitAndRule, Constant>;
}

super::quick_instructions! {
    MulMod: (multiply_then::<Register, true>), slow::<MulRule, Register>;
    MulConstMod: (multiply_then::<Constant, true>), slow::<MulRule, Constant>;
    MulAnd: (multiply_then::<Register, false>), slow::<MulRule, Register>;
    MulConstAnd: (multiply_then::<Constant, false>), slow::<MulRule, Constant>;
}

/// A product of 64 bits, reduced by the instruction behind, which alone says where the result goes. Random number
/// generators and hashes would make an object of each product otherwise.
#[inline(always)]
unsafe fn multiply_then<O: Operand, const MODULO: bool>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    _: *mut State,
    _: &mut i64,
) -> Step {
    let (left, right) = (*base.add(ins.b()), O::load(*base, ins));
    let behind = Word((**pc).load(std::sync::atomic::Ordering::Relaxed));
    let constant = Constant::load(*base, behind);
    if !Value::both_int32(left, right) || !constant.is_int32() {
        return Step::Slow;
    }
    let product = i64::from(left.int32_payload()) * i64::from(right.int32_payload());
    let constant = i64::from(constant.int32_payload());
    if constant <= 0 {
        return Step::Slow;
    }
    let result = if MODULO {
        let rest = product % constant;
        rest + (constant & (rest >> 63))
    } else {
        product & constant
    };
    // Both lie below the constant, which is an int of 32 bits.
    *base.add(behind.a()) = Value::int32(result as i32);
    *pc = pc.add(1);
    Step::Next
}

/// Where the right operand comes from.
pub(crate) trait Operand {
    unsafe fn load(base: Base, ins: Word) -> Value;
    /// The same word read as a double, whatever it is.
    #[inline(always)]
    unsafe fn load_float(base: Base, ins: Word) -> f64 {
        Self::load(base, ins).float_payload()
    }
}
/// `R[C]`.
pub(crate) struct Register;
/// The signed number C.
pub(crate) struct Immediate;
/// Constant C.
pub(crate) struct Constant;

impl Operand for Register {
    #[inline(always)]
    unsafe fn load(base: Base, ins: Word) -> Value {
        *base.add(ins.c())
    }
    #[inline(always)]
    unsafe fn load_float(base: Base, ins: Word) -> f64 {
        register_as_float(base, ins.c())
    }
}
impl Operand for Immediate {
    #[inline(always)]
    unsafe fn load(_: Base, ins: Word) -> Value {
        Value::int32(ins.c_signed())
    }
}
impl Operand for Constant {
    #[inline(always)]
    unsafe fn load(base: Base, ins: Word) -> Value {
        profile_of(base).constant(ins.c())
    }
}

/// A register read as a double, whatever is in it. Read again from memory, since that is the short way into a
/// register for floats; the compiler would move the word that was tested.
#[inline(always)]
pub(crate) unsafe fn register_as_float(base: Base, index: usize) -> f64 {
    base.add(index).cast::<f64>().read_volatile()
}

/// An operand as a double: a small integer exactly, anything else but a float as a NaN.
#[inline(always)]
pub(crate) fn widened(value: Value) -> f64 {
    if value.is_int32() { f64::from(value.int32_payload()) } else { value.float_payload() }
}

/// One operator on the pairs that a fast path knows; `None` leaves the pair to the slow path.
trait Rule {
    const BINARY: Binary;
    /// Whether it is a float where one of the operands is.
    const FLOATS: bool;
    fn ints(left: i32, right: i32) -> Option<Value>;
    fn floats(left: f64, right: f64) -> f64;
    /// The same of integers of up to 64 bits.
    fn wide(left: i64, right: i64) -> Option<i64>;
}

macro_rules! rules {
    ($($rule:ident = $binary:ident: |$l:ident, $r:ident| $ints:expr $(, $floats:expr)? $(=> $wide:expr)?;)*) => {$(
        struct $rule;
        impl Rule for $rule {
            const BINARY: Binary = Binary::$binary;
            const FLOATS: bool = rules!(@given $($floats)?);
            #[inline(always)]
            #[allow(unused_variables)]
            fn ints($l: i32, $r: i32) -> Option<Value> { $ints }
            #[inline(always)]
            #[allow(unused_variables)]
            fn floats($l: f64, $r: f64) -> f64 { rules!(@or f64::NAN, $($floats)?) }
            #[inline(always)]
            #[allow(unused_variables)]
            fn wide($l: i64, $r: i64) -> Option<i64> { rules!(@or None, $($wide)?) }
        }
    )*};
    (@given) => { false };
    (@given $given:expr) => { true };
    (@or $otherwise:expr,) => { $otherwise };
    (@or $otherwise:expr, $given:expr) => { $given };
}

#[inline(always)]
fn int(result: Option<i32>) -> Option<Value> {
    result.map(Value::int32)
}

/// The quotient rounded down. Other divisors than positive ones go the slow way.
#[inline(always)]
fn floor_div(left: i32, right: i32) -> Option<i32> {
    if right <= 0 {
        return None;
    }
    Some(left / right - i32::from(left % right < 0))
}

/// The remainder with the sign of a positive `right`.
#[inline(always)]
fn floor_mod(left: i32, right: i32) -> Option<i32> {
    if right <= 0 {
        return None;
    }
    let rest = left % right;
    Some(rest + (right & (rest >> 31)))
}

rules! {
    AddRule = Add: |l, r| int(l.checked_add(r)), l + r => l.checked_add(r);
    SubRule = Sub: |l, r| int(l.checked_sub(r)), l - r => l.checked_sub(r);
    MulRule = Mul: |l, r| int(l.checked_mul(r)), l * r => l.checked_mul(r);
    DivRule = Div: |l, r| Some(Value::float(f64::from(l) / f64::from(r))), l / r;
    FloorDivRule = FloorDiv: |l, r| int(floor_div(l, r)) => if r > 0 { l.checked_div_euclid(r) } else { None };
    ModRule = Mod: |l, r| int(floor_mod(l, r)) => if r > 0 { l.checked_rem_euclid(r) } else { None };
    PowRule = Pow: |l, r| None;
    BitAndRule = BitAnd: |l, r| Some(Value::int32(l & r)) => Some(l & r);
    BitOrRule = BitOr: |l, r| Some(Value::int32(l | r)) => Some(l | r);
    BitXorRule = BitXor: |l, r| Some(Value::int32(l ^ r)) => Some(l ^ r);
    ShlRule = Shl: |l, r| shift_left(l, r) => shift_left_wide(l, r);
    ShrRule = Shr: |l, r| if r < 0 { None } else { Some(Value::int32(l >> r.min(31))) }
        => if r < 0 { None } else { Some(l >> r.min(63)) };
}

#[inline(always)]
fn shift_left(left: i32, right: i32) -> Option<Value> {
    if !(0..32).contains(&right) {
        return None;
    }
    let wide = i64::from(left) << right;
    int(i32::try_from(wide).ok())
}

#[inline(always)]
fn shift_left_wide(left: i64, right: i64) -> Option<i64> {
    if !(0..63).contains(&right) {
        return None;
    }
    let shifted = left << right;
    (shifted >> right == left).then_some(shifted)
}

#[inline(always)]
unsafe fn binary<R: Rule, O: Operand>(
    ins: Word,
    _: &mut Pc,
    base: &mut Base,
    _: *mut State,
    _: &mut i64,
) -> Step {
    let (left, right) = (*base.add(ins.b()), O::load(*base, ins));
    if Value::both_int32(left, right) {
        if let Some(result) = R::ints(left.int32_payload(), right.int32_payload()) {
            *base.add(ins.a()) = result;
            return Step::Next;
        }
        return Step::Slow;
    }
    if !R::FLOATS {
        return Step::Slow;
    }
    let ins = decoded_anew(ins);
    // Words with a tag are NaNs as doubles, and every operation on a NaN gives one: so the result says whether both
    // operands were floats. A result that is a NaN by itself takes the slow path too.
    let result = R::floats(register_as_float(*base, ins.b()), O::load_float(*base, ins));
    if result.is_nan() {
        return Step::Slow;
    }
    set_float(*base, ins, result);
    Step::Next
}

#[inline(always)]
unsafe fn set_float(base: Base, ins: Word, result: f64) {
    base.add(ins.a()).cast::<f64>().write(result);
}

/// Integers of up to 64 bits, and an integer of 32 with a float.
#[inline(always)]
unsafe fn mixed<R: Rule, O: Operand>(
    ins: Word,
    _: &mut Pc,
    base: &mut Base,
    state: *mut State,
    _: &mut i64,
) -> Step {
    let (left, right) = (*base.add(ins.b()), O::load(*base, ins));
    if let (Some(left), Some(right)) = (left.as_int64(), right.as_int64()) {
        let heap = &mut *(*state).heap;
        if !heap.has_room_for_int() {
            return Step::Slow;
        }
        return match R::wide(left, right).map(|result| heap.int(result)) {
            Some(Ok(result)) => {
                *base.add(ins.a()) = result;
                Step::Next
            }
            _ => Step::Slow,
        };
    }
    let result = R::floats(widened(left), widened(right));
    if result.is_nan() {
        return Step::Slow;
    }
    set_float(*base, ins, result);
    Step::Next
}

unsafe fn slow<R: Rule, O: Operand>(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (left, right) = (state.reg(ins.b()), O::load(state.base, ins));
    number::binary(state, ins.a(), R::BINARY, left, right)
}

#[inline(always)]
unsafe fn negate(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let value = *base.add(ins.b());
    if value.is_int32() {
        if let Some(negated) = value.int32_payload().checked_neg() {
            *base.add(ins.a()) = Value::int32(negated);
            return Step::Next;
        }
    } else if value.is_float() {
        *base.add(ins.a()) = Value::float(-value.float_payload());
        return Step::Next;
    }
    Step::Slow
}

unsafe fn negate_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    number::unary(state, ins.a(), Op::Neg, value)
}

#[inline(always)]
unsafe fn complement(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let value = *base.add(ins.b());
    if value.is_int32() {
        *base.add(ins.a()) = Value::int32(!value.int32_payload());
        return Step::Next;
    }
    Step::Slow
}

unsafe fn complement_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.b());
    number::unary(state, ins.a(), Op::BitNot, value)
}

#[inline(always)]
unsafe fn not(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    *base.add(ins.a()) = Value::bool((*base.add(ins.b())).is_falsy());
    Step::Next
}
