//! Fuzz targets as plain functions of bytes, and the generator of units that they share.
//!
//! A target panics where a promise is broken and returns on everything else, so that any driver can run it:
//! proptest in this crate's tests, a coverage-guided fuzzer elsewhere. Targets that read a format try the bytes
//! as they are and, as random bytes hardly pass a magic number, as changes to something well formed.

mod choices;
mod code;
mod constant;
mod unit;

pub use choices::Choices;
pub use unit::unit_from_bytes;

use crate::decode::decode_at;
use crate::operand::encode;
use crate::text::{assemble, disassemble};
use crate::unit::Unit;
use crate::validate::validate;
use crate::wire;

/// How many bytes at the end of the input say what to change.
const CHANGE_BYTES: usize = 12;

/// Input for the generator, and what to change in the result.
fn split(bytes: &[u8]) -> (&[u8], Choices<'_>) {
    let middle = bytes.len().saturating_sub(CHANGE_BYTES);
    (&bytes[..middle], Choices::new(&bytes[middle..]))
}

/// Reads files: arbitrary ones, unsealed bodies, and damaged ones.
pub fn wire_decode(bytes: &[u8]) {
    if let Ok(unit) = wire::read(bytes) {
        assert_eq!(wire::write(&unit), bytes, "a file that reads is the one that is written");
    }
    if let Ok(unit) = wire::read_unsealed(bytes) {
        check_wire(&unit);
        // Whatever comes of it, it must not panic.
        drop(validate(unit));
    }
    let (seed, mut changes) = split(bytes);
    let unit = unit_from_bytes(seed);
    let file = check_wire(&unit);
    let mut body = wire::write_unsealed(&unit);
    damage(&mut body, &mut changes);
    if let Ok(changed) = wire::read_unsealed(&body) {
        check_wire(&changed);
        drop(validate(changed));
    }
    let mut damaged = file.clone();
    damage(&mut damaged, &mut changes);
    if damaged != file {
        assert!(wire::read(&damaged).is_err(), "a damaged file is refused");
    }
}

/// Writes and reads a unit, and returns its file.
fn check_wire(unit: &Unit) -> Vec<u8> {
    let file = wire::write(unit);
    let read =
        wire::read(&file).unwrap_or_else(|error| panic!("a file that was written is refused: {error}"));
    assert_eq!(wire::write(&read), file);
    file
}

/// Changes, removes or adds a few bytes.
fn damage(bytes: &mut Vec<u8>, changes: &mut Choices<'_>) {
    for _ in 0..changes.below(3) + 1 {
        let position = usize::from(changes.word()) % (bytes.len() + 1);
        let value = changes.byte();
        match changes.below(4) {
            0 => bytes.truncate(position),
            1 => bytes.insert(position, value),
            _ if position < bytes.len() => bytes[position] ^= value,
            _ => bytes.push(value),
        }
    }
}

/// Takes the bytes as code: what decodes encodes to the same words.
pub fn op_roundtrip(bytes: &[u8]) {
    let (chunks, _) = bytes.as_chunks::<4>();
    let code: Vec<u32> = chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect();
    for pc in 0..code.len() {
        let Ok(instruction) = decode_at(&code, pc) else {
            continue;
        };
        let values: Vec<i64> = instruction.operands().map(|operand| operand.value).collect();
        assert_eq!(encode(instruction.op, &values), Ok((instruction.word, instruction.second)));
        assert!(instruction.next_pc() as usize <= code.len());
    }
    let mut unit = Unit::default();
    unit.functions.push(crate::unit::FunctionDef { code, registers: 256, ..Default::default() });
    check_text(&unit);
    drop(validate(unit));
}

/// Assembles text: arbitrary, generated, and generated with changes.
pub fn asm_roundtrip(bytes: &[u8]) {
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    let (seed, mut changes) = split(bytes);
    let unit = unit_from_bytes(seed);
    check_text(&unit);
    let mut changed = disassemble(&unit).into_bytes();
    damage(&mut changed, &mut changes);
    texts.push(String::from_utf8_lossy(&changed).into_owned());
    for text in texts {
        if let Ok(unit) = assemble(&text) {
            check_text(&unit);
            check_wire(&unit);
            drop(validate(unit));
        }
    }
}

/// Disassembles and assembles a unit.
fn check_text(unit: &Unit) {
    let text = disassemble(unit);
    let again = assemble(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    // By their files, as floats that are no numbers do not equal themselves.
    assert_eq!(wire::write(&again), wire::write(unit), "{text}");
}

#[cfg(test)]
mod tests;
