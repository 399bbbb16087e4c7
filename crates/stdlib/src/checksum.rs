//! The module `checksum`: short numbers that stand for contents.

use heap::Value;
use sha2::{Digest, Sha256};
use vm::{Cx, Exit};

use crate::bytes::content_of;
use crate::encoding::hex_text;
use crate::rows::rows;

rows! {
    /// The SHA-256 of Bytes, or of the UTF-8 of a String, as hexadecimal text.
    ///
    ///     import checksum
    ///     print(checksum.sha256("dunlin").take(16)) // expect: e72e6c4a31460c16
    "checksum.sha256" "(content: String | Bytes | Buffer | List)" sha256, ALLOCATES;
    /// The CRC-32 of Bytes, or of the UTF-8 of a String, as zip and PNG files use it.
    ///
    ///     import checksum
    ///     print(checksum.crc32("123456789").to_base(16)) // expect: cbf43926
    "checksum.crc32" "(content: String | Bytes | Buffer | List)" crc32, ALLOCATES;
}

/// The polynomial of CRC-32, lowest bit first.
const CRC_POLYNOMIAL: u32 = 0xEDB8_8320;

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut word = index as u32;
        let mut bit = 0;
        while bit < 8 {
            word = word >> 1 ^ if word & 1 == 1 { CRC_POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[index] = word;
        index += 1;
    }
    table
};

fn sha256(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content_of(cx, args[0])?;
    cx.charge_ticks(content.len() as u64 / 16);
    cx.string(&hex_text(&Sha256::digest(&content)))
}

fn crc32(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let content = content_of(cx, args[0])?;
    cx.charge_ticks(content.len() as u64 / 32);
    cx.int(crc_of(&content).into())
}

pub(crate) fn crc_of(content: &[u8]) -> u32 {
    !content.iter().fold(!0u32, |word, byte| word >> 8 ^ CRC_TABLE[(word as u8 ^ byte) as usize])
}
