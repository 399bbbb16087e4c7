//! Drives the targets; `PROPTEST_CASES` sets how many inputs each gets.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

/// Words that are mostly instructions, as random opcodes hardly ever decode.
fn code() -> impl Strategy<Value = Vec<u8>> {
    let opcode = 0..crate::op::Op::ALL.len() as u8 + 2;
    let operand = prop_oneof![2 => 0..4u8, 1 => any::<u8>()];
    let word = (opcode, operand.clone(), operand.clone(), operand);
    prop::collection::vec(word.prop_map(|(op, a, b, c)| [op, a, b, c]), 0..60)
        .prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn wire_decode_holds(bytes in bytes()) {
        wire_decode(&bytes);
    }

    #[test]
    fn op_roundtrip_holds(bytes in code()) {
        op_roundtrip(&bytes);
    }

    #[test]
    fn asm_roundtrip_holds(bytes in bytes()) {
        asm_roundtrip(&bytes);
    }
}

#[test]
fn most_generated_units_are_valid_and_use_most_of_the_table() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut valid, mut used) = (0, std::collections::BTreeSet::new());
    let mut refusals = Vec::new();
    let rounds = 300;
    for _ in 0..rounds {
        let bytes = bytes().new_tree(&mut runner).expect("bytes").current();
        match validate(unit_from_bytes(&bytes)) {
            Ok(unit) => {
                valid += 1;
                let code =
                    unit.functions.iter().flat_map(|function| crate::decode::instructions(&function.code));
                used.extend(code.map(|instruction| instruction.expect("valid").op));
            }
            Err(error) => refusals.push(error.to_string()),
        }
    }
    assert!(valid * 10 > rounds * 7, "{valid} of {rounds}: {refusals:#?}");
    assert!(used.len() * 10 > crate::op::Op::ALL.len() * 8, "{}", used.len());
}
