//! The module `json`, reading: text to values, without recursion, so nesting costs no stack.
//!
//! Objects become Maps with String keys in the order of the text, arrays Lists, `null` nil; numbers with a fraction
//! or an exponent are Floats, others Ints of any size.

use heap::Value;
use rustc_hash::FxHashMap;
use vm::{Cx, Exit};

use crate::convert::Spelled;
use crate::rows::rows;

rows! {
    /// The value of a JSON text; a ValueError that says where the text is wrong.
    ///
    ///     import json
    ///     print(json.parse("[1, 2.5, null, {\"a\": \"b\"}]")) // expect: [1, 2.5, nil, {a: "b"}]
    "json.parse" "(text: String)" parse, ALLOCATES;
}

/// Arrays and objects may be nested this deep.
pub(crate) const DEPTH_MAX: usize = 10_000;
/// So many different keys are remembered, so that equal keys share one String.
const KEYS_MAX: usize = 4096;

fn parse(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the JSON text")?;
    cx.charge_ticks(text.len() as u64 / 16);
    Reader { text, at: 0, keys: FxHashMap::default(), scratch: String::new() }.document(cx)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    keys: FxHashMap<&'t str, Value>,
    scratch: String,
}

/// An array or object whose end has not come yet: its elements so far.
enum Open {
    Array(Vec<Value>),
    Object(Vec<(Value, Value)>, Value),
}

impl<'t> Reader<'t> {
    fn document(&mut self, cx: &mut Cx) -> Result<Value, Exit> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            cx.heap.work(4)?;
            let mut value = match self.opening(cx, &mut open)? {
                Some(value) => value,
                None => continue,
            };
            // A value is complete: it goes into what is open, which it may complete in turn.
            loop {
                let Some(container) = open.pop() else {
                    self.skip_space();
                    return if self.at == self.text.len() {
                        Ok(value)
                    } else {
                        Err(self.wrong(cx, "the end"))
                    };
                };
                match self.add(cx, container, value)? {
                    Added::Complete(done) => value = done,
                    Added::Open(container) => {
                        open.push(container);
                        break;
                    }
                }
            }
        }
    }

    /// Reads a leaf, or opens a container: `None` where its first element comes next.
    fn opening(&mut self, cx: &mut Cx, open: &mut Vec<Open>) -> Result<Option<Value>, Exit> {
        self.skip_space();
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                if self.closes(b']') {
                    return cx.list(&[]).map(Some);
                }
                self.check_depth(cx, open.len())?;
                open.push(Open::Array(Vec::new()));
                Ok(None)
            }
            Some(b'{') => {
                self.at += 1;
                if self.closes(b'}') {
                    return Ok(Some(cx.heap.map_new(0)?.value()));
                }
                self.check_depth(cx, open.len())?;
                let key = self.key(cx)?;
                open.push(Open::Object(Vec::new(), key));
                Ok(None)
            }
            Some(b'"') => {
                self.at += 1;
                let text = self.string(cx)?;
                match text {
                    Some(plain) => cx.string(plain).map(Some),
                    None => cx.string(&self.scratch).map(Some),
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number(cx).map(Some),
            Some(_) | None => self.word(cx).map(Some),
        }
    }

    fn add(&mut self, cx: &mut Cx, container: Open, value: Value) -> Result<Added, Exit> {
        self.skip_space();
        match container {
            Open::Array(mut elements) => {
                elements.push(value);
                match self.next() {
                    Some(b',') => Ok(Added::Open(Open::Array(elements))),
                    Some(b']') => Ok(Added::Complete(cx.list(&elements)?)),
                    Some(_) | None => Err(self.wrong_before(cx, "`,` or `]`")),
                }
            }
            Open::Object(mut entries, key) => {
                entries.push((key, value));
                match self.next() {
                    Some(b',') => {
                        self.skip_space();
                        let key = self.key(cx)?;
                        Ok(Added::Open(Open::Object(entries, key)))
                    }
                    Some(b'}') => {
                        let map = cx.heap.map_new(entries.len())?;
                        for (key, value) in entries {
                            cx.heap.map_insert(map, key, value)?;
                        }
                        Ok(Added::Complete(map.value()))
                    }
                    Some(_) | None => Err(self.wrong_before(cx, "`,` or `}`")),
                }
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self, cx: &mut Cx) -> Result<Value, Exit> {
        if self.next() != Some(b'"') {
            return Err(self.wrong_before(cx, "a key in double quotes"));
        }
        let key = match self.string(cx)? {
            Some(plain) => match self.keys.get(plain) {
                Some(&known) => known,
                None => {
                    let key = cx.string(plain)?;
                    if self.keys.len() < KEYS_MAX {
                        self.keys.insert(plain, key);
                    }
                    key
                }
            },
            None => cx.string(&self.scratch)?,
        };
        self.skip_space();
        if self.next() != Some(b':') {
            return Err(self.wrong_before(cx, "`:`"));
        }
        Ok(key)
    }

    /// The text up to the closing quote: a part of the input, or in `scratch` where it has escapes.
    fn string(&mut self, cx: &mut Cx) -> Result<Option<&'t str>, Exit> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(Some(&self.text[start..self.at - 1]));
                }
                b'\\' => break,
                0..0x20 => return Err(self.wrong(cx, "no control character in a string")),
                _ => self.at += 1,
            }
        }
        self.scratch.clear();
        self.scratch.push_str(&self.text[start..self.at]);
        loop {
            let start = self.at;
            while bytes.get(self.at).is_some_and(|&byte| byte != b'"' && byte != b'\\' && byte >= 0x20) {
                self.at += 1;
            }
            self.scratch.push_str(&self.text[start..self.at]);
            match self.next() {
                Some(b'"') => return Ok(None),
                Some(b'\\') => self.escape(cx)?,
                Some(_) | None => return Err(self.wrong_before(cx, "`\"` at the end of the string")),
            }
        }
    }

    fn escape(&mut self, cx: &mut Cx) -> Result<(), Exit> {
        let letter = match self.next() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode(cx)?,
            Some(_) | None => return Err(self.wrong_before(cx, "an escape of JSON")),
        };
        self.scratch.push(letter);
        Ok(())
    }

    /// `\u` and four digits, two of them where the first is half of a pair; a lone half is U+FFFD.
    fn unicode(&mut self, cx: &mut Cx) -> Result<char, Exit> {
        let first = self.hex4(cx)?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex4(cx)?;
            if (0xDC00..0xE000).contains(&second) {
                let scalar = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(scalar).unwrap_or('\u{FFFD}'));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or('\u{FFFD}'))
    }

    fn hex4(&mut self, cx: &mut Cx) -> Result<u32, Exit> {
        let digits =
            self.text.as_bytes().get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let number =
            digits.and_then(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        self.at += if number.is_some() { 4 } else { 0 };
        number.ok_or_else(|| self.wrong(cx, "four hexadecimal digits"))
    }

    fn number(&mut self, cx: &mut Cx) -> Result<Value, Exit> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading_zero = self.peek() == Some(b'0');
        let whole_digits = self.digits();
        let mut is_float = false;
        let mut well_formed = whole_digits > 0 && !(leading_zero && whole_digits > 1);
        if self.peek() == Some(b'.') {
            self.at += 1;
            is_float = true;
            well_formed &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            is_float = true;
            well_formed &= self.digits() > 0;
        }
        let text = &self.text[start..self.at];
        if !well_formed {
            self.at = start;
            return Err(self.wrong(cx, "a number of JSON"));
        }
        if is_float {
            return Ok(Value::float(text.parse().unwrap_or(f64::NAN)));
        }
        match crate::convert::int_of_text(text, 10) {
            Some(Spelled::Small(number)) => cx.int(number),
            Some(Spelled::Large(number)) => Ok(cx.heap.big_int(&number)?),
            None => Err(self.wrong(cx, "a number with fewer digits")),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self, cx: &mut Cx) -> Result<Value, Exit> {
        for (word, value) in [("true", Value::TRUE), ("false", Value::FALSE), ("null", Value::NIL)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong(cx, "a value"))
    }

    fn check_depth(&self, cx: &mut Cx, depth: usize) -> Result<(), Exit> {
        if depth < DEPTH_MAX {
            Ok(())
        } else {
            Err(self.wrong(cx, &format!("no more than {DEPTH_MAX} levels")))
        }
    }

    fn closes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let closes = self.peek() == Some(byte);
        self.at += usize::from(closes);
        closes
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// An error at the byte that `next` just took.
    fn wrong_before(&mut self, cx: &mut Cx, expected: &str) -> Exit {
        if self.at < self.text.len() || !self.text.is_empty() {
            self.at = self.at.saturating_sub(1);
        }
        self.wrong(cx, expected)
    }

    fn wrong(&self, cx: &mut Cx, expected: &str) -> Exit {
        let mut at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let found =
            self.text[at..].chars().next().map_or("the end".to_string(), |letter| format!("{letter:?}"));
        cx.value_error(&format!("JSON, line {line}, column {column}: expected {expected}, found {found}"))
    }
}

/// What became of a container that got an element.
enum Added {
    Complete(Value),
    Open(Open),
}
