//! The module `csv`: tables as text, a row a line (RFC 4180).

use heap::Value;
use vm::{Cx, Exit};

use crate::argument::is_given;
use crate::rows::rows;

rows! {
    /// The rows of a CSV text, each a List of Strings. Fields may stand in double quotes, with `""` for one quote, and
    /// then hold separators and line breaks; an unclosed quote is a ValueError. `separator` is one Char.
    ///
    ///     import csv
    ///     print(csv.parse("name,age\nAda,36\n\"Poe, E.\",40\n")) // expect: [["name", "age"], ["Ada", "36"], ["Poe, E.", "40"]]
    "csv.parse" "(text: String, separator: Char | String | Nil = ',')" parse, ALLOCATES;
    /// Rows as CSV text, quoted where they have to be. A field is a String, a number, a Bool, or nil for nothing.
    ///
    ///     import csv
    ///     print(csv.stringify([["a", 1], ["x,y", nil]]).lines()) // expect: ["a,1", "\"x,y\","]
    "csv.stringify" "(rows: Iterable, separator: Char | String | Nil = ',')" stringify => "__csv_stringify";
    #[doc = " One row as a line of CSV; its fields are Strings."]
    "__csv_line" "(fields, separator)" line, ALLOCATES;
}

fn separator_of(cx: &mut Cx, value: Value) -> Result<char, Exit> {
    let separator = if is_given(value) { cx.char_of(value, "the separator")? } else { ',' };
    if matches!(separator, '"' | '\n' | '\r') {
        return Err(cx.value_error("a quote or a line break cannot separate fields"));
    }
    Ok(separator)
}

/// One field: its text, and the position behind it.
fn field(text: &str, start: usize, separator: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut letters = text[start..].char_indices().map(|(at, letter)| (start + at, letter)).peekable();
    if letters.next_if(|&(_, letter)| letter == '"').is_some() {
        loop {
            match letters.next()? {
                (_, '"') if letters.next_if(|&(_, letter)| letter == '"').is_some() => out.push('"'),
                (_, '"') => break,
                (_, letter) => out.push(letter),
            }
        }
    }
    // What stands behind a closing quote is taken as it is.
    for (at, letter) in letters {
        let ends_line = letter == '\n' || text[at..].starts_with("\r\n");
        if letter == separator || ends_line {
            return Some((out, at));
        }
        out.push(letter);
    }
    Some((out, text.len()))
}

fn parse(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the CSV text")?;
    let separator = separator_of(cx, args[1])?;
    cx.charge_ticks(text.len() as u64 / 16);
    let (mut rows, mut fields, mut at) = (Vec::new(), Vec::new(), 0);
    while at < text.len() {
        cx.heap.work(4)?;
        let Some((content, end)) = field(text, at, separator) else {
            return Err(cx.value_error(&format!("the quote at byte {at} is not closed")));
        };
        fields.push(cx.string(&content)?);
        let behind = &text[end..];
        if behind.starts_with(separator) {
            at = end + separator.len_utf8();
            if at < text.len() {
                continue;
            }
            // A separator at the very end stands before an empty field.
            fields.push(cx.string("")?);
        } else {
            at = end + if behind.starts_with('\r') { 2 } else { behind.len().min(1) };
        }
        rows.push(cx.list(&fields)?);
        fields.clear();
    }
    cx.list(&rows)
}

/// The fields are texts of their own; rows of other values are made into these by Dunlin code, since a class may say
/// what its text is.
fn stringify(_: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Err(Exit::Decline)
}

fn line(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let fields = cx.list_of(args[0], "a row")?;
    let separator = separator_of(cx, args[1])?;
    let mut out = String::new();
    for (index, value) in fields.elements().iter().enumerate() {
        let text = cx.str_of(value, "a field")?;
        cx.heap.check_room(out.len() + text.len())?;
        cx.charge_ticks(1 + text.len() as u64 / 64);
        if index > 0 {
            out.push(separator);
        }
        if text.contains([separator, '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(text);
        }
    }
    cx.string(&out)
}
