//! String: what makes a new text of one.

use heap::Value;
use vm::{Cx, Exit};

use crate::argument::{is_given, some_int};
use crate::rows::rows;
use crate::string::{part_of, this};

/// No text is made larger than this in one step.
pub(crate) const TEXT_BYTES_MAX: usize = 1 << 32;

rows! {
    /// The string without white space at both ends, or without any of the characters of `letters`.
    ///
    ///     print("  x ".trim() + "|", "--x-".trim("-")) // expect: x| x
    "String.trim" "(self, letters: String | Char = nil)" trim, ALLOCATES;
    /// The string without white space (or `letters`) at its start.
    ///
    ///     print("  x ".trim_start() + "|") // expect: x |
    "String.trim_start" "(self, letters: String | Char = nil)" trim_start, ALLOCATES;
    /// The string without white space (or `letters`) at its end.
    ///
    ///     print("  x ".trim_end() + "|") // expect:   x|
    "String.trim_end" "(self, letters: String | Char = nil)" trim_end, ALLOCATES;
    /// The string in upper case.
    ///
    ///     print("Straße".upper()) // expect: STRASSE
    "String.upper" "(self)" upper, ALLOCATES;
    /// The string in lower case.
    ///
    ///     print("HeLLo".lower()) // expect: hello
    "String.lower" "(self)" lower, ALLOCATES;
    /// The string with its first character in upper case and the others in lower case.
    ///
    ///     print("hELLO".capitalize()) // expect: Hello
    "String.capitalize" "(self)" capitalize, ALLOCATES;
    /// The string with each occurrence of `from` (at most `limit` of them) replaced by `to`.
    ///
    ///     print("hello".replace("l", "L"), "aaa".replace("a", "b", 2)) // expect: heLLo bba
    "String.replace" "(self, from: String | Char | Regex, to: String | Char | Callable, limit: Int = nil)" replace => "__string_replace", ALLOCATES;
    #[doc = " A text with another one replaced, as `replace` does it."]
    "__text_replace" "(text, from, to, limit)" replace, ALLOCATES;
    /// The string `n` times over.
    ///
    ///     print("ab".repeat(3)) // expect: ababab
    "String.repeat" "(self, n: Int)" repeat, ALLOCATES;
    /// The string with `fill` before it until it has `width` characters.
    ///
    ///     print("7".pad_left(3, '0')) // expect: 007
    "String.pad_left" "(self, width: Int, fill: String | Char = ' ')" pad_left, ALLOCATES;
    /// The string with `fill` after it until it has `width` characters.
    ///
    ///     print("ab".pad_right(4, '.')) // expect: ab..
    "String.pad_right" "(self, width: Int, fill: String | Char = ' ')" pad_right, ALLOCATES;
    /// The string with `fill` on both sides until it has `width` characters.
    ///
    ///     print("ab".center(6, '*')) // expect: **ab**
    "String.center" "(self, width: Int, fill: String | Char = ' ')" center, ALLOCATES;
    /// The characters in the opposite order.
    ///
    ///     print("hello".reversed()) // expect: olleh
    "String.reversed" "(self)" reversed, ALLOCATES;
    /// The string without a start that it may have; nil where it has not.
    ///
    ///     print("v1.2".strip_prefix("v"), "1.2".strip_prefix("v")) // expect: 1.2 nil
    "String.strip_prefix" "(self, part: String | Char)" strip_prefix, ALLOCATES;
    /// The string without an end that it may have; nil where it has not.
    ///
    ///     print("a.dn".strip_suffix(".dn")) // expect: a
    "String.strip_suffix" "(self, part: String | Char)" strip_suffix, ALLOCATES;
    /// The first `n` characters, or all where there are fewer.
    ///
    ///     print("hello".take(2)) // expect: he
    "String.take" "(self, n: Int)" take, ALLOCATES;
    /// What follows the first `n` characters.
    ///
    ///     print("hello".drop(2)) // expect: llo
    "String.drop" "(self, n: Int)" drop_first, ALLOCATES;
}

/// Which characters `trim` removes.
enum Trimmed {
    Space,
    Letters(Vec<char>),
}

impl Trimmed {
    fn read(cx: &mut Cx, value: &Value) -> Result<Trimmed, Exit> {
        if !is_given(*value) {
            return Ok(Trimmed::Space);
        }
        Ok(Trimmed::Letters(part_of(cx, value, "the letters")?.chars().collect()))
    }

    fn has(&self, letter: char) -> bool {
        match self {
            Trimmed::Space => letter.is_whitespace(),
            Trimmed::Letters(letters) => letters.contains(&letter),
        }
    }
}

fn trim(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let trimmed = Trimmed::read(cx, &args[1])?;
    cx.string(text.trim_matches(|letter| trimmed.has(letter)))
}

fn trim_start(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let trimmed = Trimmed::read(cx, &args[1])?;
    cx.string(text.trim_start_matches(|letter| trimmed.has(letter)))
}

fn trim_end(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let trimmed = Trimmed::read(cx, &args[1])?;
    cx.string(text.trim_end_matches(|letter| trimmed.has(letter)))
}

/// A string from a text that was just made.
pub(crate) fn owned(cx: &mut Cx, text: String) -> Result<Value, Exit> {
    cx.charge_ticks(text.len() as u64 / 64);
    Ok(cx.heap.string_owned(text)?)
}

fn upper(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?.to_uppercase();
    owned(cx, text)
}

fn lower(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?.to_lowercase();
    owned(cx, text)
}

fn capitalize(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let mut chars = text.chars();
    let mut out: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    out.push_str(&chars.as_str().to_lowercase());
    owned(cx, out)
}

fn replace(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    if heap::class_id_of(args[2]) == heap::ClassId::Function.id() {
        return Err(Exit::Decline);
    }
    let from = part_of(cx, &args[1], "the text to replace")?;
    let to = part_of(cx, &args[2], "the replacement")?;
    let limit = match some_int(cx, args[3], "the limit")? {
        Some(limit) => usize::try_from(limit).unwrap_or(0),
        None => usize::MAX,
    };
    if from.is_empty() {
        return Err(cx.value_error("the text to replace must not be empty"));
    }
    let found = text.matches(&from).take(limit).count();
    if found == 0 {
        return Ok(args[0]);
    }
    check_size(text.len() - found * from.len(), to.len(), found)?;
    let replaced = text.replacen(&from, &to, limit);
    owned(cx, replaced)
}

/// A fault when `base + size * times` bytes are more than a text may have.
pub(crate) fn check_size(base: usize, size: usize, times: usize) -> Result<(), Exit> {
    match size.checked_mul(times).and_then(|bytes| bytes.checked_add(base)) {
        Some(bytes) if bytes <= TEXT_BYTES_MAX => Ok(()),
        Some(_) | None => Err(crate::prelude::TOO_LARGE),
    }
}

fn repeat(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let times = cx.count_of(args[1], "the number of repetitions")?;
    check_size(0, text.len(), times)?;
    cx.heap.check_room(text.len() * times)?;
    let repeated = text.repeat(times);
    owned(cx, repeated)
}

/// `text` with `left` fills before it and `right` after it, given how many are missing.
fn padded(cx: &mut Cx, args: &[Value], split: fn(usize) -> (usize, usize)) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let width = cx.count_of(args[1], "the width")?;
    let fill = match Cx::optional(args[2]) {
        Some(fill) => part_of(cx, &fill, "the fill")?,
        None => " ".to_string(),
    };
    let mut letters = fill.chars();
    let (Some(fill), None) = (letters.next(), letters.next()) else {
        return Err(cx.value_error("the fill must be one character"));
    };
    let missing = width.saturating_sub(args[0].string_len().unwrap_or(0));
    if missing == 0 {
        return Ok(args[0]);
    }
    check_size(text.len(), fill.len_utf8(), missing)?;
    cx.heap.check_room(text.len() + fill.len_utf8() * missing)?;
    let (left, right) = split(missing);
    let mut out = String::with_capacity(text.len() + missing * fill.len_utf8());
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, right));
    owned(cx, out)
}

fn pad_left(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    padded(cx, args, |missing| (missing, 0))
}

fn pad_right(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    padded(cx, args, |missing| (0, missing))
}

fn center(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    padded(cx, args, |missing| (missing / 2, missing - missing / 2))
}

fn reversed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text: String = this(cx, args)?.chars().rev().collect();
    owned(cx, text)
}

fn strip_prefix(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the start")?;
    text.strip_prefix(part.as_str()).map_or(Ok(Value::NIL), |rest| cx.string(rest))
}

fn strip_suffix(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = this(cx, args)?;
    let part = part_of(cx, &args[1], "the end")?;
    text.strip_suffix(part.as_str()).map_or(Ok(Value::NIL), |rest| cx.string(rest))
}

fn take(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    this(cx, args)?;
    let len = args[0].string_len().unwrap_or(0);
    let count = cx.int_of(args[1], "the number of characters")?.clamp(0, len as i64) as usize;
    Ok(cx.heap.string_slice(args[0], 0, count)?)
}

fn drop_first(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    this(cx, args)?;
    let len = args[0].string_len().unwrap_or(0);
    let count = cx.int_of(args[1], "the number of characters")?.clamp(0, len as i64) as usize;
    Ok(cx.heap.string_slice(args[0], count, len)?)
}
