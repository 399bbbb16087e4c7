//! Regex: patterns of the `regex` crate, which match in linear time whatever the pattern.
//!
//! A match is a Map with `text`, `start`, `end` (positions in characters), `groups` (texts or nil, the whole match
//! first) and `names` (a Map from names of groups to texts).

use std::any::Any;
use std::sync::Arc;

use heap::{ClassId, ExternalObject, Value};
use regex::{Captures, Regex};
use vm::{Cx, Exit};

use crate::argument::some_int;
use crate::rows::rows;
use crate::string::list_of_texts;
use crate::string_edit::owned;

rows! {
    /// A pattern from a text that is made while the program runs; `re"..."` is checked before. A text that is no
    /// pattern is a ValueError.
    ///
    ///     print(Regex("a+").test("caat")) // expect: true
    "Regex.new" "(pattern: String)" new, STATIC, ALLOCATES;
    /// Whether the pattern matches anywhere in a text.
    ///
    ///     print(re"\d+".test("abc 12"), re"^\d+$".test("abc 12")) // expect: true false
    "Regex.test" "(self, text: String)" test;
    /// The first match at or after a position, or nil.
    ///
    ///     let m = re"(\w+)@(?<host>\w+)".find("mail ada@home now")
    ///     print(m.text, m.start, m.end, m.groups, m.names) // expect: ada@home 5 13 ["ada@home", "ada", "home"] {host: "home"}
    "Regex.find" "(self, text: String, start: Int | Nil = 0)" find, ALLOCATES;
    /// All matches that do not overlap.
    ///
    ///     print(re"\d+".find_all("1 and 22").map(|m| m.text)) // expect: ["1", "22"]
    "Regex.find_all" "(self, text: String)" find_all, ALLOCATES;
    /// The text with each match (at most `limit` of them) replaced; `$1` and `${name}` stand for groups.
    ///
    ///     print(re"(\w)(\d)".replace("a1 b2", "$2$1")) // expect: 1a 2b
    "Regex.replace" "(self, text: String, to: String | Callable, limit: Int = nil)" replace => "__regex_replace", ALLOCATES;
    #[doc = " A text with matches replaced by a text, as `replace` does it."]
    "__regex_replace_text" "(regex, text, to, limit)" replace, ALLOCATES;
    /// The parts of a text between the matches.
    ///
    ///     print(re",\s*".split("a, b,c")) // expect: ["a", "b", "c"]
    "Regex.split" "(self, text: String)" split, ALLOCATES;
    /// The text of the pattern.
    ///
    ///     print(re"\d+".pattern()) // expect: \d+
    "Regex.pattern" "(self)" pattern, ALLOCATES;
}

/// A compiled pattern behind a handle.
struct Pattern(Regex);

impl ExternalObject for Pattern {
    fn charge(&self) -> usize {
        // What a compiled pattern takes is not told; programs of this size are typical for short patterns.
        1024 + 64 * self.0.as_str().len()
    }

    fn describe(&self) -> String {
        let hashes = if self.0.as_str().contains('"') { "#" } else { "" };
        format!("re{hashes}\"{}\"{hashes}", self.0.as_str())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the pattern")?;
    match Regex::new(text) {
        Ok(regex) => Ok(cx.heap.external(ClassId::Regex.id(), Arc::new(Pattern(regex)), Value::NIL)?.value()),
        Err(error) => {
            // The last line of the report is the reason; the lines before it draw the pattern.
            let report = error.to_string();
            let reason = report.lines().last().unwrap_or("").trim_start_matches("error: ");
            Err(cx.value_error(&format!("{} is no pattern: {reason}", crate::convert::quoted(text))))
        }
    }
}

fn this(cx: &mut Cx, args: &[Value]) -> Result<Regex, Exit> {
    let external = args[0].as_external();
    let pattern = external.as_ref().and_then(|external| external.downcast::<Pattern>()).map(|p| p.0.clone());
    pattern.ok_or_else(|| cx.expected("self", "a Regex", args[0]))
}

/// The pattern and the text that a method works on.
fn both<'v>(cx: &mut Cx, args: &'v [Value]) -> Result<(Regex, &'v str), Exit> {
    let regex = this(cx, args)?;
    let text = cx.str_of(&args[1], "the text")?;
    cx.charge_ticks(1 + text.len() as u64 / 16);
    Ok((regex, text))
}

fn test(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (regex, text) = both(cx, args)?;
    Ok(Value::bool(regex.is_match(text)))
}

/// Counts characters up to rising byte offsets, each stretch once.
struct Position<'t> {
    text: &'t str,
    offset: usize,
    chars: i64,
}

impl Position<'_> {
    fn of(&mut self, offset: usize) -> i64 {
        self.chars += self.text[self.offset..offset].chars().count() as i64;
        self.offset = offset;
        self.chars
    }
}

/// A match as a map.
fn match_map(cx: &mut Cx, regex: &Regex, found: &Captures, position: &mut Position) -> Result<Value, Exit> {
    let Some(whole) = found.get(0) else { return Ok(Value::NIL) };
    let mut groups = Vec::with_capacity(found.len());
    for group in found.iter() {
        groups.push(match group {
            Some(group) => cx.string(group.as_str())?,
            None => Value::NIL,
        });
    }
    let names = cx.heap.map_new(0)?;
    for (number, name) in regex.capture_names().enumerate() {
        if let (Some(name), Some(&text)) = (name, groups.get(number)) {
            let name = cx.string(name)?;
            cx.heap.map_insert(names, name, text)?;
        }
    }
    let (start, end) = (position.of(whole.start()), position.of(whole.end()));
    let fields = [
        ("text", groups[0]),
        ("start", cx.int(start)?),
        ("end", cx.int(end)?),
        ("groups", cx.list(&groups)?),
        ("names", names.value()),
    ];
    let map = cx.heap.map_new(fields.len())?;
    for (name, value) in fields {
        let name = cx.string(name)?;
        cx.heap.map_insert(map, name, value)?;
    }
    Ok(map.value())
}

fn find(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (regex, text) = both(cx, args)?;
    let start = some_int(cx, args[2], "the start")?.unwrap_or(0).max(0);
    let Some(from) = text.char_indices().map(|(offset, _)| offset).chain([text.len()]).nth(start as usize)
    else {
        return Ok(Value::NIL);
    };
    match regex.captures_at(text, from) {
        Some(found) => match_map(cx, &regex, &found, &mut Position { text, offset: 0, chars: 0 }),
        None => Ok(Value::NIL),
    }
}

fn find_all(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (regex, text) = both(cx, args)?;
    let mut position = Position { text, offset: 0, chars: 0 };
    let mut matches = Vec::new();
    for found in regex.captures_iter(text) {
        matches.push(match_map(cx, &regex, &found, &mut position)?);
    }
    cx.charge_ticks(matches.len() as u64 * 4);
    cx.list(&matches)
}

fn replace(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if heap::class_id_of(args[2]) == ClassId::Function.id() {
        return Err(Exit::Decline);
    }
    let (regex, text) = both(cx, args)?;
    let to = cx.str_of(&args[2], "the replacement")?;
    // The crate takes 0 as "all".
    let replaced = match some_int(cx, args[3], "the limit")? {
        Some(limit) if limit <= 0 => return Ok(args[1]),
        Some(limit) => regex.replacen(text, usize::try_from(limit).unwrap_or(0), to).into_owned(),
        None => regex.replace_all(text, to).into_owned(),
    };
    owned(cx, replaced)
}

pub(crate) fn split(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (regex, text) = both(cx, args)?;
    list_of_texts(cx, regex.split(text))
}

fn pattern(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let regex = this(cx, args)?;
    cx.string(regex.as_str())
}
