//! What the linker quickens before the first run: a comparison and the branch on its result become one dispatch.
//!
//! Only the opcode byte of the comparison changes. The branch stays an instruction of its own, so a jump to it is
//! still legal, and a comparison that takes its slow path goes on with it.

use bytecode::{Op, Word};

use crate::quick::Quick;

/// The code with comparisons joined to the branches behind them.
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

/// The joined form of a comparison and what follows it, if there is one.
fn joined(op: Op, comparison: Word, next: Word) -> Option<Quick> {
    let branch = Op::from_byte(next.op_byte())?;
    if next.a() != comparison.a() {
        return None;
    }
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
