//! Rust text with comments and literals blanked, so that a search for words finds code only.
//!
//! Invariant: the result has the same length in bytes of line breaks, so line numbers agree with the original.

/// Replaces comments, strings and character literals with blanks; line breaks stay.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let end = literal_end(bytes, index);
        if end > index {
            out.extend(bytes[index..end].iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }));
            index = end;
        } else {
            out.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that starts here ends; `start` itself when none starts here.
fn literal_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    let word_before = start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'_');
    if rest.starts_with(b"//") {
        return start + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return block_comment_end(bytes, start);
    }
    match rest[0] {
        b'"' => quoted_end(bytes, start + 1, b'"'),
        b'r' if !word_before => raw_string_end(bytes, start + 1).unwrap_or(start),
        b'b' if !word_before && rest.starts_with(b"br") => raw_string_end(bytes, start + 2).unwrap_or(start),
        b'\'' if is_character(rest) => quoted_end(bytes, start + 1, b'\''),
        _ => start,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    let mut index = start;
    while index < bytes.len() {
        if bytes[index..].starts_with(b"/*") {
            depth += 1;
            index += 2;
        } else if bytes[index..].starts_with(b"*/") {
            depth -= 1;
            index += 2;
            if depth == 0 {
                return index;
            }
        } else {
            index += 1;
        }
    }
    index
}

fn quoted_end(bytes: &[u8], mut index: usize, quote: u8) -> usize {
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 2,
            byte if byte == quote => return index + 1,
            _ => index += 1,
        }
    }
    bytes.len()
}

/// After the `r`: hashes, a quote, text, a quote, as many hashes.
fn raw_string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let hashes = bytes[start..].iter().take_while(|&&byte| byte == b'#').count();
    if bytes.get(start + hashes) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.extend(std::iter::repeat_n(b'#', hashes));
    let body = start + hashes + 1;
    let length = bytes[body..].windows(close.len()).position(|window| window == close)?;
    Some(body + length + close.len())
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn is_character(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'\\') => true,
        Some(&first) => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            };
            rest.get(1 + width) == Some(&b'\'')
        }
        None => false,
    }
}

/// A function of a source text: name, the line it starts on, and its body.
pub struct Function<'a> {
    pub name: &'a str,
    pub line: usize,
    pub body: &'a str,
}

/// The functions with a body, in text already stripped by `code_only`.
pub fn functions(code: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = code[from..].find("fn ") {
        let at = from + offset;
        from = at + 3;
        let word_before = code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        let name_length = code[from..]
            .find(|next: char| !next.is_alphanumeric() && next != '_')
            .unwrap_or(code.len() - from);
        let name = &code[from..from + name_length];
        if word_before || name.is_empty() {
            continue;
        }
        if let Some(body) = body_after(code, from + name_length) {
            found.push(Function { name, line: code[..at].matches('\n').count() + 1, body });
        }
    }
    found
}

/// The text between the braces of the function whose signature goes on at `from`; none for a bare signature.
fn body_after(code: &str, from: usize) -> Option<&str> {
    let open = from + code[from..].find(['{', ';'])?;
    if code.as_bytes()[open] == b';' {
        return None;
    }
    let mut depth = 0;
    for (index, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(&code[open..=index]);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_go_and_code_stays() {
        let text =
            "let a = \"unsafe\"; // unsafe\nlet b: &'static str = r#\"unsafe \"x\" \"#; unsafe { '\\'' }";
        let code = code_only(text);
        assert_eq!(code.matches("unsafe").count(), 1, "{code}");
        assert!(code.contains("&'static str"), "{code}");
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn functions_have_their_bodies() {
        let code = "trait A { fn none(); }\nfn one() { two(); { } }\nfn two() {}";
        let names: Vec<(&str, usize, &str)> =
            functions(code).iter().map(|function| (function.name, function.line, function.body)).collect();
        assert_eq!(names, vec![("one", 2, "{ two(); { } }"), ("two", 3, "{}")]);
    }
}
