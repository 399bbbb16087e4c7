//! The file around the sections: header, section table, checksums.

use super::codec::{Reader, Wire, WireError};
use super::hash::{ContentHash, digest, function_hash};
use crate::unit::*;

/// The first bytes of a file.
pub const MAGIC: [u8; 8] = *b"\x7FDNB\r\n\x1A\n";
/// Files of another version are refused.
pub const FORMAT_VERSION: u32 = 3;
/// Larger files are refused before they are read.
pub const FILE_BYTES_MAX: usize = 64 << 20;

const HASH_START: usize = 12;
const HASH_END: usize = HASH_START + 32;
const TABLE_START: usize = HASH_END + 4;
const ENTRY_BYTES: usize = 16;

/// The sections in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Section {
    Module = 1,
    Functions = 2,
    Classes = 3,
    Exports = 4,
}

const SECTIONS: [Section; 4] = [Section::Module, Section::Functions, Section::Classes, Section::Exports];

/// The file of a unit.
pub fn write(unit: &Unit) -> Vec<u8> {
    let bodies = SECTIONS.map(|section| section_body(section, unit));
    let mut content = (SECTIONS.len() as u32).to_le_bytes().to_vec();
    for (section, body) in SECTIONS.iter().zip(&bodies) {
        content.extend((*section as u32).to_le_bytes());
        content.extend((body.len() as u32).to_le_bytes());
        content.extend(checksum(body));
    }
    for body in &bodies {
        content.extend_from_slice(body);
    }
    let mut file = MAGIC.to_vec();
    file.extend(FORMAT_VERSION.to_le_bytes());
    file.extend(digest(&content));
    file.extend_from_slice(&content);
    file
}

/// The unit in `bytes`, if the file is whole and well formed. The validator must prove it before it runs.
pub fn read(bytes: &[u8]) -> Result<Unit, WireError> {
    check_header(bytes)?;
    let mut unit = Unit::default();
    let mut start = TABLE_START + SECTIONS.len() * ENTRY_BYTES;
    for (index, section) in SECTIONS.into_iter().enumerate() {
        let entry = TABLE_START + index * ENTRY_BYTES;
        let problem = |problem| Err(WireError { offset: entry, problem });
        let Some(entry_bytes) = bytes.get(entry..entry + ENTRY_BYTES) else {
            return problem("the file ends in its section table");
        };
        if le_u32(entry_bytes) != section as u32 {
            return problem("another section belongs here");
        }
        let length = le_u32(&entry_bytes[4..]) as usize;
        let Some(body) = bytes.get(start..).and_then(|rest| rest.get(..length)) else {
            return problem("the section is longer than the file");
        };
        if checksum(body) != entry_bytes[8..] {
            return problem("the checksum of the section does not match");
        }
        let mut input = Reader::new(body, start);
        let accepts = |function: &FunctionDef, passes, hash| hash == function_hash(function, passes);
        read_section(section, &mut input, &mut unit, accepts)?;
        input.finish()?;
        start += length;
    }
    if start != bytes.len() {
        return Err(WireError { offset: start, problem: "there is more behind the last section" });
    }
    Ok(unit)
}

/// The sections of a unit one behind the other, without header, table and checksums.
pub(crate) fn write_unsealed(unit: &Unit) -> Vec<u8> {
    SECTIONS.map(|section| section_body(section, unit)).concat()
}

/// Reads what `write_unsealed` wrote and believes the hashes of functions, so that fuzzing reaches every reader.
pub(crate) fn read_unsealed(bytes: &[u8]) -> Result<Unit, WireError> {
    let mut input = Reader::new(bytes, 0);
    let mut unit = Unit::default();
    for section in SECTIONS {
        read_section(section, &mut input, &mut unit, |_, _, _| true)?;
    }
    input.finish()?;
    Ok(unit)
}

/// The hash in the header of a file that `write` made.
pub(super) fn hash_of(file: &[u8]) -> ContentHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&file[HASH_START..HASH_END]);
    hash
}

fn check_header(bytes: &[u8]) -> Result<(), WireError> {
    let problem = |offset, problem| Err(WireError { offset, problem });
    if bytes.len() > FILE_BYTES_MAX {
        return problem(FILE_BYTES_MAX, "the file is too large");
    }
    if !bytes.starts_with(&MAGIC) {
        return problem(0, "this is no Dunlin bytecode file");
    }
    if bytes.len() < TABLE_START {
        return problem(bytes.len(), "the file ends in its header");
    }
    if le_u32(&bytes[MAGIC.len()..]) != FORMAT_VERSION {
        return problem(MAGIC.len(), "the file has another format version");
    }
    if digest(&bytes[HASH_END..]) != bytes[HASH_START..HASH_END] {
        return problem(HASH_START, "the content hash does not match");
    }
    if le_u32(&bytes[HASH_END..]) as usize != SECTIONS.len() {
        return problem(HASH_END, "the file has another number of sections");
    }
    Ok(())
}

/// The first four bytes as a number.
fn le_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn checksum(body: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&digest(body)[..8]);
    short
}

fn section_body(section: Section, unit: &Unit) -> Vec<u8> {
    let mut out = Vec::new();
    match section {
        Section::Module => {
            unit.name.write(&mut out);
            unit.path.write(&mut out);
            unit.passes.write(&mut out);
            unit.imports.write(&mut out);
            unit.slots.write(&mut out);
            unit.entry.write(&mut out);
            unit.tests.write(&mut out);
            unit.benches.write(&mut out);
        }
        Section::Functions => {
            (unit.functions.len() as u64).write(&mut out);
            for function in &unit.functions {
                function.write(&mut out);
                out.extend(function_hash(function, unit.passes));
            }
        }
        Section::Classes => unit.classes.write(&mut out),
        Section::Exports => unit.exports.write(&mut out),
    }
    out
}

fn read_section(
    section: Section,
    input: &mut Reader<'_>,
    unit: &mut Unit,
    accepts: impl Fn(&FunctionDef, u32, ContentHash) -> bool,
) -> Result<(), WireError> {
    match section {
        Section::Module => {
            unit.name = Wire::read(input)?;
            unit.path = Wire::read(input)?;
            unit.passes = Wire::read(input)?;
            unit.imports = Wire::read(input)?;
            unit.slots = Wire::read(input)?;
            unit.entry = Wire::read(input)?;
            unit.tests = Wire::read(input)?;
            unit.benches = Wire::read(input)?;
        }
        Section::Functions => {
            // A function is never shorter than its hash.
            let count = input.count(32)?;
            for _ in 0..count {
                input.charge(size_of::<FunctionDef>())?;
                let function = FunctionDef::read(input)?;
                let start = input.offset();
                if !accepts(&function, unit.passes, input.array()?) {
                    return Err(WireError {
                        offset: start,
                        problem: "the hash of the function does not match",
                    });
                }
                unit.functions.push(function);
            }
        }
        Section::Classes => unit.classes = Wire::read(input)?,
        Section::Exports => unit.exports = Wire::read(input)?,
    }
    Ok(())
}
