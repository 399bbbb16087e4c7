//! Sizes and times as the language writes them: `64mb`, `2s`, `1.5m`.

/// Bytes: a whole number, or one with `kb`, `mb` or `gb` in steps of 1024.
pub fn bytes(text: &str) -> Result<u64, String> {
    scaled(text, &[("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("b", 1), ("", 1)])
        .ok_or_else(|| format!("`{text}` is no size; write it as 64mb, 512kb, 1gb or a number of bytes"))
}

/// Milliseconds: a number with `ms`, `s`, `m` or `h`.
pub fn milliseconds(text: &str) -> Result<u64, String> {
    scaled(text, &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
        .ok_or_else(|| format!("`{text}` is no time; write it as 2s, 500ms or 1m"))
}

/// A count: digits, `_` between them allowed as in the language.
pub fn count(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    digits.parse().map_err(|_| format!("`{text}` is no number"))
}

/// The first suffix that fits decides, so longer suffixes stand before shorter ones that end them.
fn scaled(text: &str, suffixes: &[(&str, u64)]) -> Option<u64> {
    let (number, scale) =
        suffixes.iter().find_map(|(suffix, scale)| Some((text.strip_suffix(suffix)?, *scale)))?;
    let number = number.replace('_', "");
    if !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match number.split_once('.') {
        None => number.parse::<u64>().ok()?.checked_mul(scale),
        Some(_) => {
            let value = number.parse::<f64>().ok()? * scale as f64;
            (value < 1e15).then_some(value as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_the_language() {
        assert_eq!(bytes("64mb"), Ok(64 << 20));
        assert_eq!(bytes("1.5kb"), Ok(1536));
        assert_eq!(bytes("1_000"), Ok(1000));
        assert_eq!(milliseconds("2s"), Ok(2000));
        assert_eq!(milliseconds("150ms"), Ok(150));
        assert_eq!(count("10_000"), Ok(10_000));
        for wrong in ["", "mb", "x", "-1", "99999999999999999999gb", "1e3"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert!(milliseconds("2").is_err());
    }
}
