//! Comparisons, alone and together with the branch behind them.
//!
//! The linker writes the joined form where a comparison and a branch on its result follow each other and nothing else
//! reads the result. The branch stays what it was, so that a jump to it is legal; the joined form reads it and saves one dispatch. Its slow
//! path is that of the comparison, after which the branch runs as an instruction of its own.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::Word;
use heap::Value;
use heap::value::TAG_SPECIAL;

use super::arithmetic::{Constant, Immediate, Operand, Register, register_as_float, widened};
use super::branches::{stay_a_branch, tick};
use super::{decoded_anew, instructions, quick_instructions};
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
    Eq: (compare::<Alike, EqRule, Register>), (compare::<Mixed, EqRule, Register>), slow::<EqRule, Register>;
    Ne: (compare::<Alike, NeRule, Register>), (compare::<Mixed, NeRule, Register>), slow::<NeRule, Register>;
    Lt: (compare::<Alike, LtRule, Register>), (compare::<Mixed, LtRule, Register>), slow::<LtRule, Register>;
    Le: (compare::<Alike, LeRule, Register>), (compare::<Mixed, LeRule, Register>), slow::<LeRule, Register>;
    Gt: (compare::<Alike, GtRule, Register>), (compare::<Mixed, GtRule, Register>), slow::<GtRule, Register>;
    Ge: (compare::<Alike, GeRule, Register>), (compare::<Mixed, GeRule, Register>), slow::<GeRule, Register>;
    EqImm: (compare::<Alike, EqRule, Immediate>), (compare::<Mixed, EqRule, Immediate>), slow::<EqRule, Immediate>;
    NeImm: (compare::<Alike, NeRule, Immediate>), (compare::<Mixed, NeRule, Immediate>), slow::<NeRule, Immediate>;
    LtImm: (compare::<Alike, LtRule, Immediate>), (compare::<Mixed, LtRule, Immediate>), slow::<LtRule, Immediate>;
    LeImm: (compare::<Alike, LeRule, Immediate>), (compare::<Mixed, LeRule, Immediate>), slow::<LeRule, Immediate>;
    GtImm: (compare::<Alike, GtRule, Immediate>), (compare::<Mixed, GtRule, Immediate>), slow::<GtRule, Immediate>;
    GeImm: (compare::<Alike, GeRule, Immediate>), (compare::<Mixed, GeRule, Immediate>), slow::<GeRule, Immediate>;
    EqConst: (compare::<Alike, EqRule, Constant>), (compare::<Mixed, EqRule, Constant>), slow::<EqRule, Constant>;
    NeConst: (compare::<Alike, NeRule, Constant>), (compare::<Mixed, NeRule, Constant>), slow::<NeRule, Constant>;
}

macro_rules! joined {
    ($($jf:ident $jt:ident $loop_if:ident: $rule:ident, $operand:ident;)*) => {
        quick_instructions! {$(
            $jf: (join::<Alike, $rule, $operand, IfFalse>), (join::<Mixed, $rule, $operand, IfFalse>), slow::<$rule, $operand>;
            $jt: (join::<Alike, $rule, $operand, IfTrue>), (join::<Mixed, $rule, $operand, IfTrue>), slow::<$rule, $operand>;
            $loop_if: (join::<Alike, $rule, $operand, BackIfTrue>), (join::<Mixed, $rule, $operand, BackIfTrue>), slow::<$rule, $operand>;
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

/// The pairs that one path knows.
trait Pairs {
    /// What the relation says of a pair, if the path knows it.
    unsafe fn decide<R: Rule, O: Operand>(base: Base, ins: Word) -> Option<bool>;
}
/// Two small integers, two floats, and what is equal only to itself.
struct Alike;
/// A small integer and a float.
struct Mixed;

impl Pairs for Alike {
    #[inline(always)]
    unsafe fn decide<R: Rule, O: Operand>(base: Base, ins: Word) -> Option<bool> {
        let (left, right) = (*base.add(ins.b()), O::load(base, ins));
        if Value::both_int32(left, right) {
            return Some(R::ints(left.int32_payload(), right.int32_payload()));
        }
        let ins = decoded_anew(ins);
        // Words with a tag are NaNs as doubles: one test of the pair.
        let (l, r) = (register_as_float(base, ins.b()), O::load_float(base, ins));
        if !l.is_nan() && !r.is_nan() {
            return Some(R::floats(l, r));
        }
        if !R::EQUALITY {
            return None;
        }
        let ins = decoded_anew(ins);
        let (left, right) = (*base.add(ins.b()), O::load(base, ins));
        // Neither is a float or an object: they are equal when they are the same word.
        if left.bits() >= TAG_SPECIAL && right.bits() >= TAG_SPECIAL {
            return Some((left == right) == (R::RELATION == Relation::Equal));
        }
        None
    }
}

impl Pairs for Mixed {
    #[inline(always)]
    unsafe fn decide<R: Rule, O: Operand>(base: Base, ins: Word) -> Option<bool> {
        let (l, r) = (widened(*base.add(ins.b())), widened(O::load(base, ins)));
        if l.is_nan() || r.is_nan() { None } else { Some(R::floats(l, r)) }
    }
}

#[inline(always)]
unsafe fn compare<P: Pairs, R: Rule, O: Operand>(
    ins: Word,
    _: &mut Pc,
    base: &mut Base,
    _: *mut State,
    _: &mut i64,
) -> Step {
    let Some(holds) = P::decide::<R, O>(*base, ins) else { return Step::Slow };
    *base.add(ins.a()) = Value::bool(holds);
    Step::Next
}

/// The linker joins where nobody reads the result but the branch: so it is not written.
#[inline(always)]
unsafe fn join<P: Pairs, R: Rule, O: Operand, B: Branch>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    _: *mut State,
    fuel: &mut i64,
) -> Step {
    take_branch::<B>(P::decide::<R, O>(*base, ins), pc, fuel)
}

#[inline(always)]
unsafe fn take_branch<B: Branch>(decided: Option<bool>, pc: &mut Pc, fuel: &mut i64) -> Step {
    let Some(holds) = decided else { return Step::Slow };
    if holds != B::WHEN {
        *pc = pc.add(1);
        return Step::Next;
    }
    stay_a_branch();
    let branch = Word((**pc).load(Relaxed));
    *pc = pc.offset(1 + branch.sbx() as isize);
    if B::BACKWARD { tick(fuel) } else { Step::Next }
}

unsafe fn slow<R: Rule, O: Operand>(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (left, right) = (state.reg(ins.b()), O::load(state.base, ins));
    compare::compare(state, ins.a(), R::RELATION, left, right)
}
