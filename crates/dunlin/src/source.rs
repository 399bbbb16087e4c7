//! Reading files from outside.

use std::io::Read;

/// A program larger than this is not read: offsets into text have 32 bits, and no person writes it.
pub const SOURCE_BYTES_MAX: u64 = 64 << 20;

/// The bytes of a file, or of standard input for `-`.
pub fn read_bytes(path: &str) -> Result<Vec<u8>, String> {
    let problem = |error: std::io::Error| format!("cannot read {path}: {error}");
    let mut bytes = Vec::new();
    let limited: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).map_err(problem)?),
    };
    limited.take(SOURCE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > SOURCE_BYTES_MAX {
        return Err(format!("cannot read {path}: it has more than {} MB", SOURCE_BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// The text of a source file: UTF-8.
pub fn read(path: &str) -> Result<String, String> {
    decode(path, read_bytes(path)?)
}

/// Bytes of a file as text.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        format!("cannot read {path}: it is not UTF-8 (byte {})", error.utf8_error().valid_up_to())
    })
}
