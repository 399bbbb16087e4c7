//! Comparisons, alone and together with the branch behind them.
//!
//! The linker writes the joined form where a comparison and a branch on its result follow each other. The branch
//! stays what it was, so that a jump to it is legal; the joined form reads it and saves one dispatch. Its slow
//! path is that of the comparison, after which the branch runs as an instruction of its own.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use heap::Value;
use heap::value::TAG_SPECIAL;

use super::arithmetic::{Constant, Immediate, Operand, Register};
use super::{instructions, quick_instructions};
use crate::compare::{self, Relation};
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::state::{Base, Pc, State};

/// One relation on the pairs that a fast path knows.
pub(crate) trait Rule {
    const RELATION: Relation;
    /// Whether it has a meaning for values that have no order.
    const EQUALITY: bool;
    fn ints(left: i32, right: i32) -> bool;
    fn floats(left: f64, right: f64) -> bool;
}

macro_rules! rules {
    ($($rule:ident: $relation:ident, $equality:expr, $operator:tt;)*) => {$(
        pub(crate) struct $rule;
        impl Rule for $rule {
            const RELATION: Relation = Relation::$relation;
            const EQUALITY: bool = $equality;
            #[inline(always)]
            fn ints(left: i32, right: i32) -> bool { left $operator right }
            #[inline(always)]
            fn floats(left: f64, right: f64) -> bool { left $operator right }
        }
    )*};
}
rules! {
    EqRule: Equal, true, ==;
    NeRule: NotEqual, true, !=;
    LtRule: Less, false, <;
    LeRule: LessOrEqual, false, <=;
    GtRule: Greater, false, >;
    GeRule: GreaterOrEqual, false, >=;
}

instructions! {
    Eq: (compare::<EqRule, Register>), slow::<EqRule, Register>;
    Ne: (compare::<NeRule, Register>), slow::<NeRule, Register>;
    Lt: (compare::<LtRule, Register>), slow::<LtRule, Register>;
    Le: (compare::<LeRule, Register>), slow::<LeRule, Register>;
    Gt: (compare::<GtRule, Register>), slow::<GtRule, Register>;
    Ge: (compare::<GeRule, Register>), slow::<GeRule, Register>;
    EqImm: (compare::<EqRule, Immediate>), slow::<EqRule, Immediate>;
    NeImm: (compare::<NeRule, Immediate>), slow::<NeRule, Immediate>;
    LtImm: (compare::<LtRule, Immediate>), slow::<LtRule, Immediate>;
    LeImm: (compare::<LeRule, Immediate>), slow::<LeRule, Immediate>;
    GtImm: (compare::<GtRule, Immediate>), slow::<GtRule, Immediate>;
    GeImm: (compare::<GeRule, Immediate>), slow::<GeRule, Immediate>;
    EqConst: (compare::<EqRule, Constant>), slow::<EqRule, Constant>;
    NeConst: (compare::<NeRule, Constant>), slow::<NeRule, Constant>;
}

macro_rules! joined {
    ($($jf:ident $jt:ident $loop_if:ident: $rule:ident, $operand:ident;)*) => {
        quick_instructions! {$(
            $jf: (join::<$rule, $operand, IfFalse>), slow::<$rule, $operand>;
            $jt: (join::<$rule, $operand, IfTrue>), slow::<$rule, $operand>;
            $loop_if: (join::<$rule, $operand, BackIfTrue>), slow::<$rule, $operand>;
        )*}
    };
}
joined! {
    LtJf LtJt LtLoop: LtRule, Register;
    LeJf LeJt LeLoop: LeRule, Register;
    GtJf GtJt GtLoop: GtRule, Register;
    GeJf GeJt GeLoop: GeRule, Register;
    EqJf EqJt EqLoop: EqRule, Register;
    NeJf NeJt NeLoop: NeRule, Register;
    LtImmJf LtImmJt LtImmLoop: LtRule, Immediate;
    LeImmJf LeImmJt LeImmLoop: LeRule, Immediate;
    GtImmJf GtImmJt GtImmLoop: GtRule, Immediate;
    GeImmJf GeImmJt GeImmLoop: GeRule, Immediate;
    EqImmJf EqImmJt EqImmLoop: EqRule, Immediate;
    NeImmJf NeImmJt NeImmLoop: NeRule, Immediate;
}

/// The branch behind a comparison.
trait Branch {
    /// Whether it is taken when the comparison holds.
    const WHEN: bool;
    const BACKWARD: bool;
}
struct IfFalse;
struct IfTrue;
struct BackIfTrue;
impl Branch for IfFalse {
    const WHEN: bool = false;
    const BACKWARD: bool = false;
}
impl Branch for IfTrue {
    const WHEN: bool = true;
    const BACKWARD: bool = false;
}
impl Branch for BackIfTrue {
    const WHEN: bool = true;
    const BACKWARD: bool = true;
}

/// What the relation says of a pair, if the fast path knows.
#[inline(always)]
fn decide<R: Rule>(left: Value, right: Value) -> Option<bool> {
    if Value::both_int32(left, right) {
        return Some(R::ints(left.int32_payload(), right.int32_payload()));
    }
    if left.is_float() && right.is_float() {
        return Some(R::floats(left.float_payload(), right.float_payload()));
    }
    // Neither is a float or an object: they are equal when they are the same word.
    if R::EQUALITY && left.bits() >= TAG_SPECIAL && right.bits() >= TAG_SPECIAL {
        return Some((left == right) == (R::RELATION == Relation::Equal));
    }
    None
}

#[inline(always)]
unsafe fn compare<R: Rule, O: Operand>(
    ins: Word,
    _: &mut Pc,
    base: &mut Base,
    _: *mut State,
    _: &mut i64,
) -> Step {
    match decide::<R>(*base.add(ins.b()), O::load(*base, ins)) {
        Some(holds) => {
            *base.add(ins.a()) = Value::bool(holds);
            Step::Next
        }
        None => Step::Slow,
    }
}

#[inline(always)]
unsafe fn join<R: Rule, O: Operand, B: Branch>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    _: *mut State,
    fuel: &mut i64,
) -> Step {
    let Some(holds) = decide::<R>(*base.add(ins.b()), O::load(*base, ins)) else { return Step::Slow };
    *base.add(ins.a()) = Value::bool(holds);
    let branch = Word((**pc).load(Relaxed));
    *pc = pc.add(1);
    if holds == B::WHEN {
        *pc = pc.offset(branch.sbx() as isize);
        if B::BACKWARD {
            *fuel -= 1;
            if *fuel < 0 {
                return Step::Poll;
            }
        }
    }
    Step::Next
}

unsafe fn slow<R: Rule, O: Operand>(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (left, right) = (state.reg(ins.b()), O::load(state.base, ins));
    compare::compare(state, ins.a(), R::RELATION, left, right)
}
