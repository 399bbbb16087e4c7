//! Content hashes: what identifies a function's behaviour, and a unit as a whole.

use sha2::{Digest, Sha256};

use super::codec::Wire;
use crate::unit::{FunctionDef, Unit};

/// A SHA-256 digest.
pub type ContentHash = [u8; 32];

pub(super) fn digest(bytes: &[u8]) -> ContentHash {
    Sha256::digest(bytes).into()
}

/// The hash of what a function does: its generic code and everything the code refers to, and the passes that made
/// it. Names, documentation and source positions are left out, so moving a function does not change its hash.
/// Other functions and classes of the unit count by their index.
pub fn function_hash(function: &FunctionDef, passes: u32) -> ContentHash {
    let mut bytes = Vec::with_capacity(function.code.len() * 4 + 64);
    passes.write(&mut bytes);
    (function.params.len() as u64).write(&mut bytes);
    for parameter in &function.params {
        parameter.optional.write(&mut bytes);
    }
    function.flags.write(&mut bytes);
    function.registers.write(&mut bytes);
    function.code.write(&mut bytes);
    function.constants.write(&mut bytes);
    function.prototypes.write(&mut bytes);
    function.captures.write(&mut bytes);
    function.handlers.write(&mut bytes);
    function.shapes.write(&mut bytes);
    function.caches.write(&mut bytes);
    digest(&bytes)
}

/// The hash that stands in the header of the unit's file.
pub fn unit_hash(unit: &Unit) -> ContentHash {
    super::file::hash_of(&super::write(unit))
}
