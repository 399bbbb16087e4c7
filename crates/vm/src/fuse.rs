//! What the linker quickens before the first run: a comparison and the branch on its result become one dispatch, and
//! so do a multiplication and the modulo or mask behind it.
//!
//! Only the opcode byte of the first changes. The second stays an instruction of its own, so a jump to it is still
//! legal, and a first one that takes its slow path goes on with it.

use std::cell::OnceCell;

use bytecode::liveness::Liveness;
use bytecode::{FunctionDef, Op, Word};

use crate::quick::Quick;

/// The code with pairs joined; and its liveness, where a pair asked for it.
pub(crate) fn fuse(function: &FunctionDef) -> (Vec<u32>, Option<Liveness>) {
    let mut words = function.code.clone();
    // Worked out for the first pair that asks.
    let liveness = OnceCell::new();
    let is_dead = |register: usize, at: usize| {
        let liveness = liveness.get_or_init(|| Liveness::new(function).ok());
        let Some(liveness) = liveness.as_ref().filter(|_| at < function.code.len()) else { return false };
        liveness.before(at as u32).get(register / 64).is_none_or(|word| word >> (register % 64) & 1 == 0)
    };
    let mut at = 0;
    while at < words.len() {
        let word = Word(words[at]);
        let Some(op) = Op::from_byte(word.op_byte()) else { break };
        if let Some(&next) = words.get(at + op.words())
            && op.words() == 1
            && let Some(quick) = joined(op, word, Word(next), |register, ahead| {
                is_dead(register, at.wrapping_add_signed(ahead))
            })
        {
            words[at] = words[at] & !0xFF | u32::from(quick.byte());
        }
        at += op.words();
    }
    (words, liveness.into_inner().flatten())
}

/// Where a branch at the second place of a pair leads, counted from the first.
fn target(branch: Word) -> Option<isize> {
    isize::try_from(branch.sbx()).ok()?.checked_add(2)
}

/// The joined form of an instruction and what follows it, if there is one. `is_dead` says whether nobody reads a
/// register at a distance from the first of the pair.
fn joined(op: Op, word: Word, next: Word, is_dead: impl Fn(usize, isize) -> bool) -> Option<Quick> {
    let behind = Op::from_byte(next.op_byte())?;
    let quick = match (op, behind) {
        (Op::Mul, Op::ModConst) => Quick::MulMod,
        (Op::MulConst, Op::ModConst) => Quick::MulConstMod,
        (Op::Mul, Op::BitAndConst) => Quick::MulAnd,
        (Op::MulConst, Op::BitAndConst) => Quick::MulConstAnd,
        _ if next.a() == word.a() => {
            let quick = joined_comparison(op, behind)?;
            // The joined form writes no result: nobody must read it where the branch leads, and where it does not.
            let target = target(next)?;
            return (is_dead(word.a(), 2) && is_dead(word.a(), target)).then_some(quick);
        }
        _ => return None,
    };
    // The joined form leaves the product's register as it is.
    let is_unseen = next.b() == word.a() && (next.a() == word.a() || is_dead(word.a(), 2));
    is_unseen.then_some(quick)
}

fn joined_comparison(op: Op, branch: Op) -> Option<Quick> {
    let forms = [
        (Op::Lt, Quick::LtJf, Quick::LtJt, Quick::LtLoop),
        (Op::Le, Quick::LeJf, Quick::LeJt, Quick::LeLoop),
        (Op::Gt, Quick::GtJf, Quick::GtJt, Quick::GtLoop),
        (Op::Ge, Quick::GeJf, Quick::GeJt, Quick::GeLoop),
        (Op::Eq, Quick::EqJf, Quick::EqJt, Quick::EqLoop),
        (Op::Ne, Quick::NeJf, Quick::NeJt, Quick::NeLoop),
        (Op::LtImm, Quick::LtImmJf, Quick::LtImmJt, Quick::LtImmLoop),
        (Op::LeImm, Quick::LeImmJf, Quick::LeImmJt, Quick::LeImmLoop),
        (Op::GtImm, Quick::GtImmJf, Quick::GtImmJt, Quick::GtImmLoop),
        (Op::GeImm, Quick::GeImmJf, Quick::GeImmJt, Quick::GeImmLoop),
        (Op::EqImm, Quick::EqImmJf, Quick::EqImmJt, Quick::EqImmLoop),
        (Op::NeImm, Quick::NeImmJf, Quick::NeImmJt, Quick::NeImmLoop),
    ];
    let (_, jf, jt, loop_if) = forms.into_iter().find(|form| form.0 == op)?;
    match branch {
        Op::JumpIfFalse => Some(jf),
        Op::JumpIfTrue => Some(jt),
        Op::LoopIfTrue => Some(loop_if),
        _ => None,
    }
}
