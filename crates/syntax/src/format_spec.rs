//! The format of an interpolated value: `[[fill]align][sign][#][0][width][,|_][.precision][type]`.

use diag::Span;

use crate::ast::FormatSpec;

/// Widths and precisions beyond this are refused: they would only fill memory.
const SIZE_MAX: u32 = 10_000;

/// Reads a format; nothing when the text is none.
pub fn parse(text: &str, span: Span) -> Option<FormatSpec> {
    let mut spec = FormatSpec {
        fill: ' ',
        align: None,
        sign: None,
        alternate: false,
        zero: false,
        width: None,
        grouping: None,
        precision: None,
        kind: None,
        span,
    };
    let mut rest = text;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(fill), Some(align @ ('<' | '>' | '^' | '='))) => {
            spec.fill = fill;
            spec.align = Some(align);
            rest = characters.as_str();
        }
        _ => spec.align = take(&mut rest, &['<', '>', '^', '=']),
    }
    spec.sign = take(&mut rest, &['+', '-', ' ']);
    spec.alternate = take(&mut rest, &['#']).is_some();
    spec.zero = take(&mut rest, &['0']).is_some();
    spec.width = size(&mut rest)?;
    spec.grouping = take(&mut rest, &[',', '_']);
    if take(&mut rest, &['.']).is_some() {
        spec.precision = Some(size(&mut rest)??);
    }
    spec.kind = take(&mut rest, &['b', 'c', 'd', 'e', 'E', 'f', 'F', 'g', 'G', 'n', 'o', 's', 'x', 'X', '%']);
    (rest.is_empty() && !text.is_empty()).then_some(spec)
}

fn take(rest: &mut &str, any: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|first| any.contains(first))?;
    *rest = &rest[first.len_utf8()..];
    Some(first)
}

/// Digits, if there are any; nothing at all when they are too large a number.
fn size(rest: &mut &str) -> Option<Option<u32>> {
    let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    if digits == 0 {
        return Some(None);
    }
    let value = rest[..digits].parse().ok().filter(|&size| size <= SIZE_MAX)?;
    *rest = &rest[digits..];
    Some(Some(value))
}

/// The spelling of a format, such that reading it gives the same.
pub fn print(spec: &FormatSpec) -> String {
    let mut text = String::new();
    if spec.align.is_some() && spec.fill != ' ' {
        text.push(spec.fill);
    }
    text.extend(spec.align);
    text.extend(spec.sign);
    text.push_str(if spec.alternate { "#" } else { "" });
    text.push_str(if spec.zero { "0" } else { "" });
    text.push_str(&spec.width.map_or(String::new(), |width| width.to_string()));
    text.extend(spec.grouping);
    text.push_str(&spec.precision.map_or(String::new(), |precision| format!(".{precision}")));
    text.extend(spec.kind);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_print_as_they_were_read() {
        let span = Span::new(diag::FileId(0), 0, 0);
        for text in ["8", ">8.2f", "*^10", "+d", "#x", "08.3f", ",", "_b", ".0%", "<", " =+#010_.5g"] {
            let spec = parse(text, span);
            assert_eq!(spec.map(|spec| print(&spec)).as_deref(), Some(text.trim_start()), "{text}");
        }
        for text in ["", "q", "8.", "99999999999", ".2.2", "f8", "20000"] {
            assert_eq!(parse(text, span), None, "{text}");
        }
    }
}
