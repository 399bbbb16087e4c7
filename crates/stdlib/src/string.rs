//! String: what reads a text. `string_edit.rs` has what makes a new text of it.

use heap::Value;
use unicode_segmentation::UnicodeSegmentation;
use vm::{Cx, Exit};

use crate::argument::{slice_bounds, some_int};
use crate::rows::rows;

rows! {
    /// The number of characters.
    ///
    ///     print("日本".len()) // expect: 2
    "String.len" "(self)" len, PURE;
    /// Whether the string has no characters.
    ///
    ///     print("".empty?(), " ".empty?()) // expect: true false
    "String.empty?" "(self)" is_empty, PURE;
    /// A list of the characters.
    ///
    ///     print("añb".chars()) // expect: ['a', 'ñ', 'b']
    "String.chars" "(self)" chars, ALLOCATES;
    /// The UTF-8 of the string.
    ///
    ///     print("añ".bytes().len()) // expect: 3
    "String.bytes" "(self)" bytes, ALLOCATES;
    /// The lines without their line ends.
    ///
    ///     print("one\ntwo\n".lines()) // expect: ["one", "two"]
    "String.lines" "(self)" lines, ALLOCATES;
    /// The parts between occurrences of `separator`, at most `limit` of them; without a separator the words between
    /// white space.
    ///
    ///     print("a,b,,c".split(","))        // expect: ["a", "b", "", "c"]
    ///     print("  two  words ".split())    // expect: ["two", "words"]
    ///     print("k=v=w".split("=", 2))      // expect: ["k", "v=w"]
    ///     print("a1b22c".split(re"\d+"))      // expect: ["a", "b", "c"]
    "String.split" "(self, separator: String | Char | Regex = nil, limit: Int = nil)" split, ALLOCATES;
    /// The texts before and after the first occurrence of a separator as a tuple, or nil where it does not occur.
    ///
    ///     print("key=a=b".split_once("="), "key".split_once("=")) // expect: ("key", "a=b") nil
    "String.split_once" "(self, separator: String | Char)" split_once, ALLOCATES;
    /// What a person takes for letters: an accent that follows its letter stays with it.
    ///
    ///     print("e\u{301}a".graphemes().len(), "e\u{301}a".len()) // expect: 2 3
    "String.graphemes" "(self)" graphemes, ALLOCATES;
    /// The position of the first occurrence of a text at or after `start`, or nil.
    ///
    ///     print("hello".find("l"), "hello".find("x")) // expect: 2 nil
    "String.find" "(self, part: String | Char | Callable, start: Int | Nil = 0)" find => "__string_find", ALLOCATES;
    #[doc = " The position of a text, as `find` gives it."]
    "__text_find" "(text, part, start)" find, ALLOCATES;
    /// The position of the last occurrence of a text, or nil.
    ///
    ///     print("hello".find_last("l")) // expect: 3
    "String.find_last" "(self, part: String | Char)" find_last, ALLOCATES;
    /// How often a text occurs, without overlaps; without an argument the number of characters.
    ///
    ///     print("banana".count("an"), "abc".count()) // expect: 2 3
    "String.count" "(self, part: String | Char | Callable | Regex = nil)" count => "__string_count", ALLOCATES;
    /// Whether a text or a character occurs.
    ///
    ///     print("hello".contains("ell"), "hello".contains('z')) // expect: true false
    "String.contains" "(self, part: String | Char | Regex)" contains;
    /// Whether the string starts with a text.
    ///
    ///     print("hello".starts_with("he")) // expect: true
    "String.starts_with" "(self, part: String | Char)" starts_with;
    /// Whether the string ends with a text.
    ///
    ///     print("hello".ends_with("lo")) // expect: true
    "String.ends_with" "(self, part: String | Char)" ends_with;
    /// The characters from `start` up to `end`; negative positions count from the end, positions outside are cut.
    ///
    ///     print("hello".slice(1, 3), "hello".slice(-3)) // expect: el llo
    "String.slice" "(self, start: Int | Nil, end: Int = nil)" slice, ALLOCATES;
    /// The first character, or nil.
    ///
    ///     print("hello".first(), "".first()) // expect: h nil
    "String.first" "(self)" first;
    /// The last character, or nil.
    ///
    ///     print("hello".last()) // expect: o
    "String.last" "(self)" last;
    /// The character at a position, or `default` where there is none.
    ///
    ///     print("abc".get(1), "abc".get(9), "abc".get(9, '-')) // expect: b nil -
    "String.get" "(self, index: Int, default = nil)" get;
    /// Whether every character is below 128.
    ///
    ///     print("abc".ascii?(), "é".ascii?()) // expect: true false
    "String.ascii?" "(self)" is_ascii, PURE;
}

pub(crate) fn this<'v>(cx: &mut Cx, args: &'v [Value]) -> Result<&'v str, Exit> {
    cx.str_of(&args[0], "self")
}

/// A String or Char argument as text.
pub(crate) fn part_of(cx: &mut Cx, value: &Value, what: &str) -> Result<String, Exit> {
    match value.as_char() {
        Some(letter) => Ok(letter.to_string()),
        None if value.is_string() => Ok(cx.str_of(value, what)?.to_string()),
        None => Err(cx.expected(what, "a String or a Char", *value)),
    }
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match args[0].string_len() {
        Some(len) => cx.int(len as i64),
        None => Err(cx.expected("self", "a String", args[0])),
    }
}

fn is_empty(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match args[0].string_byte_len() {
        Some(len) => Ok(Value::bool(len == 0)),
        None => Err(cx.expected("self", "a String", args[0])),
    }
}

fn is_ascii(_: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(args[0].string_is_ascii()))
}

fn chars(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    cx.charge_ticks(text.len() as u64 / 16);
    let chars: Vec<Value> = text.chars().map(Value::char).collect();
    cx.list(&chars)
}

fn bytes(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    Ok(cx.heap.bytes(text.as_bytes())?)
}

/// A list of strings.
pub(crate) fn list_of_texts<'t>(cx: &mut Cx, texts: impl Iterator<Item = &'t str>) -> Result<Value, Exit> {
    let mut values = Vec::new();
    for text in texts {
        values.push(cx.string(text)?);
    }
    cx.charge_ticks(values.len() as u64 / 2);
    cx.list(&values)
}

fn lines(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    list_of_texts(cx, text.lines())
}

fn split(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let limit = match some_int(cx, args[2], "the limit")? {
        Some(limit) if limit <= 0 => {
            return Err(cx.value_error(&format!("the limit must be positive, got {limit}")));
        }
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    if args[1].is_nil() || args[1].is_undef() {
        if limit == usize::MAX {
            return list_of_texts(cx, text.split_whitespace());
        }
        return list_of_texts(cx, split_words(text, limit).into_iter());
    }
    if heap::class_id_of(args[1]) == heap::ClassId::Regex.id() && limit == usize::MAX {
        return crate::pattern::split(cx, &[args[1], args[0]]);
    }
    let separator = part_of(cx, &args[1], "the separator")?;
    if separator.is_empty() {
        return Err(cx.value_error("the separator must not be empty: use chars()"));
    }
    list_of_texts(cx, text.splitn(limit, separator.as_str()))
}

fn split_once(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let separator = part_of(cx, &args[1], "the separator")?;
    let Some((before, after)) = text.split_once(separator.as_str()) else { return Ok(Value::NIL) };
    let (before, after) = (cx.string(before)?, cx.string(after)?);
    cx.tuple(&[before, after])
}

fn graphemes(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    cx.charge_ticks(text.len() as u64 / 8);
    list_of_texts(cx, text.graphemes(true))
}

/// The first words, and all the rest as the last part.
fn split_words(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        match rest.find(char::is_whitespace) {
            Some(end) if parts.len() + 1 < limit => {
                parts.push(&rest[..end]);
                rest = rest[end..].trim_start();
            }
            Some(_) | None => {
                parts.push(rest.trim_end());
                break;
            }
        }
    }
    parts
}

/// The position in characters of a byte offset.
fn char_position(text: &str, offset: usize) -> i64 {
    text[..offset].chars().count() as i64
}

fn find(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    if !args[1].is_string() && !args[1].is_char() {
        return Err(Exit::Decline);
    }
    let part = part_of(cx, &args[1], "the text")?;
    let start = some_int(cx, args[2], "the start")?.unwrap_or(0);
    let chars = args[0].string_len().unwrap_or(0) as i64;
    let start = if start < 0 { (start + chars).max(0) } else { start };
    if start > chars {
        return Ok(Value::NIL);
    }
    let from = text.char_indices().nth(start as usize).map_or(text.len(), |(offset, _)| offset);
    cx.charge_ticks(text.len() as u64 / 64);
    match text[from..].find(&part) {
        Some(offset) => cx.int(char_position(text, from + offset)),
        None => Ok(Value::NIL),
    }
}

fn find_last(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the text")?;
    match text.rfind(&part) {
        Some(offset) => cx.int(char_position(text, offset)),
        None => Ok(Value::NIL),
    }
}

fn count(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    if args[1].is_nil() || args[1].is_undef() {
        return len(cx, args);
    }
    if !args[1].is_string() && !args[1].is_char() {
        return Err(Exit::Decline);
    }
    let part = part_of(cx, &args[1], "the text")?;
    if part.is_empty() {
        return Err(cx.value_error("the text to count must not be empty"));
    }
    cx.int(text.matches(&part).count() as i64)
}

fn contains(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the text")?;
    Ok(Value::bool(text.contains(&part)))
}

fn starts_with(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the start")?;
    Ok(Value::bool(text.starts_with(&part)))
}

fn ends_with(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the end")?;
    Ok(Value::bool(text.ends_with(&part)))
}

fn slice(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    this(cx, args)?;
    let len = args[0].string_len().unwrap_or(0);
    let (start, end) = slice_bounds(cx, args[1], args[2], len)?;
    Ok(cx.heap.string_slice(args[0], start, end)?)
}

fn first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    Ok(text.chars().next().map_or(Value::NIL, Value::char))
}

fn last(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    Ok(text.chars().next_back().map_or(Value::NIL, Value::char))
}

fn get(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    this(cx, args)?;
    let len = args[0].string_len().unwrap_or(0) as i64;
    let index = cx.int_of(args[1], "the index")?;
    let index = if index < 0 { index + len } else { index };
    let found =
        if (0..len).contains(&index) { cx.heap.string_char_at(args[0], index as usize)? } else { None };
    Ok(found.map_or(Cx::optional(args[2]).unwrap_or(Value::NIL), Value::char))
}
