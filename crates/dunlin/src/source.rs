//! Reading files from outside. What goes wrong is told as a report shows it.

use std::io::Read;

use syntax::lexer::SOURCE_BYTES_MAX;

/// The bytes of a file, or of standard input for `-`.
pub fn read_bytes(path: &str) -> Result<Vec<u8>, String> {
    let problem = |error: std::io::Error| format!("error: cannot read {path}: {error}");
    let mut bytes = Vec::new();
    let limited: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).map_err(problem)?),
    };
    limited.take(SOURCE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() > SOURCE_BYTES_MAX {
        let limit = SOURCE_BYTES_MAX >> 20;
        let code = diag::Code::SourceTooLarge;
        return Err(format!("error[{code}]: cannot read {path}: it has more than {limit} MB"));
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
        format!("error: cannot read {path}: it is not UTF-8 (byte {})", error.utf8_error().valid_up_to())
    })
}
