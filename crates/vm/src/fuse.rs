//! What the linker quickens before the first run: a comparison and the branch on its result become one dispatch, and
//! so do a multiplication and the modulo or mask behind it.
//!
//! Only the opcode byte of the first changes. The second stays an instruction of its own, so a jump to it is still
//! legal, and a first one that takes its slow path goes on with it.

use bytecode::{Op, Word};

use crate::quick::Quick;

/// The code with pairs joined.
pub(crate) fn fuse(code: &[u32]) -> Vec<u32> {
    let mut words = code.to_vec();
    let mut at = 0;
    while at < words.len() {
        let word = Word(words[at]);
        let Some(op) = Op::from_byte(word.op_byte()) else { break };
        if let Some(&next) = words.get(at + op.words())
            && op.words() == 1
            && let Some(quick) = joined(op, word, Word(next))
        {
            words[at] = words[at] & !0xFF | u32::from(quick.byte());
        }
        at += op.words();
    }
    words
}

/// The joined form of an instruction and what follows it, if there is one.
fn joined(op: Op, word: Word, next: Word) -> Option<Quick> {
    let behind = Op::from_byte(next.op_byte())?;
    if next.a() != word.a() {
        return None;
    }
    match (op, behind) {
        (Op::Mul, Op::ModConst) if next.b() == word.a() => return Some(Quick::MulMod),
        (Op::MulConst, Op::ModConst) if next.b() == word.a() => return Some(Quick::MulConstMod),
        (Op::Mul, Op::BitAndConst) if next.b() == word.a() => return Some(Quick::MulAnd),
        (Op::MulConst, Op::BitAndConst) if next.b() == word.a() => return Some(Quick::MulConstAnd),
        _ => {}
    }
    joined_comparison(op, behind)
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
