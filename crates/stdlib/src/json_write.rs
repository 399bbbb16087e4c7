//! The module `json`, writing: values to text, with a work list, so nesting costs no stack.

use heap::Value;
use vm::{Cx, Exit};

use crate::json_read::DEPTH_MAX;
use crate::rows::rows;
use crate::string_edit::{check_size, owned};

rows! {
    /// The JSON text of a value; with `indent` on several lines, each level indented by so many blanks. Lists, tuples
    /// and sets become arrays, maps objects, symbols and chars strings; anything else is a TypeError.
    ///
    ///     import json
    ///     print(json.stringify({a: [1, nil, "x"]})) // expect: {"a":[1,null,"x"]}
    "json.stringify" "(value, indent: Int = nil)" stringify, ALLOCATES;
}

/// What is still to be written, the next last.
enum Step {
    Value(Value),
    Key(Value),
    Text(&'static str),
    /// A line break where the text is indented, to the depth that holds then.
    Break,
    Open(&'static str),
    Close(&'static str),
}

struct Writer {
    out: String,
    indent: Option<usize>,
    depth: usize,
    steps: Vec<Step>,
}

fn stringify(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let indent = match crate::argument::some_int(cx, args[1], "the indent")? {
        Some(indent) if (0..=16).contains(&indent) => Some(indent as usize),
        Some(indent) => return Err(cx.value_error(&format!("the indent must be from 0 to 16, got {indent}"))),
        None => None,
    };
    let mut writer = Writer { out: String::new(), indent, depth: 0, steps: vec![Step::Value(args[0])] };
    let mut checked = 0;
    while let Some(step) = writer.steps.pop() {
        cx.heap.work(1)?;
        writer.step(cx, step)?;
        if writer.out.len() - checked > 1 << 16 {
            checked = writer.out.len();
            check_size(checked, 0, 0)?;
            cx.heap.check_room(checked)?;
        }
    }
    cx.charge_ticks(writer.out.len() as u64 / 16);
    owned(cx, writer.out)
}

impl Writer {
    fn step(&mut self, cx: &mut Cx, step: Step) -> Result<(), Exit> {
        match step {
            Step::Text(text) => self.out.push_str(text),
            Step::Break => self.line_break(),
            Step::Open(text) => {
                self.out.push_str(text);
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(cx.value_error("a value nested too deep, or in itself, has no JSON"));
                }
            }
            Step::Close(text) => {
                self.depth -= 1;
                self.line_break();
                self.out.push_str(text);
            }
            Step::Key(key) => self.key(cx, key)?,
            Step::Value(value) => self.value(cx, value)?,
        }
        Ok(())
    }

    fn line_break(&mut self) {
        if let Some(indent) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', indent * self.depth));
        }
    }

    fn key(&mut self, cx: &mut Cx, key: Value) -> Result<(), Exit> {
        if key.is_string() || key.is_symbol() || key.is_char() || key.is_int() {
            let mut text = String::new();
            crate::convert::push_text(cx, &mut text, key)?;
            push_quoted(&mut self.out, &text);
            self.out.push_str(if self.indent.is_some() { ": " } else { ":" });
            return Ok(());
        }
        Err(cx.expected("a key in JSON", "a String", key))
    }

    fn value(&mut self, cx: &mut Cx, value: Value) -> Result<(), Exit> {
        if value.is_nil() {
            self.out.push_str("null");
        } else if value.is_bool() || value.is_int() {
            crate::convert::push_text(cx, &mut self.out, value)?;
        } else if let Some(number) = value.as_float() {
            if !number.is_finite() {
                return Err(cx.value_error("JSON has no infinity and no NaN"));
            }
            self.out.push_str(&crate::convert::float_text(number));
        } else if value.is_string() {
            let text = cx.str_of(&value, "the text")?;
            push_quoted(&mut self.out, text);
        } else if value.is_symbol() || value.is_char() {
            let mut text = String::new();
            crate::convert::push_text(cx, &mut text, value)?;
            push_quoted(&mut self.out, &text);
        } else if let Some(map) = value.as_map() {
            self.object(map);
        } else if let Some(elements) = elements_of(value) {
            self.array(&elements);
        } else {
            let name = cx.class_name_of(value);
            return Err(cx.type_error(&format!("a {name} has no JSON")));
        }
        Ok(())
    }

    fn object(&mut self, map: heap::Map) {
        if map.is_empty() {
            return self.out.push_str("{}");
        }
        self.steps.push(Step::Close("}"));
        let entries: Vec<(Value, Value)> = map.iter().collect();
        for (place, (key, value)) in entries.into_iter().enumerate().rev() {
            self.steps.push(Step::Value(value));
            self.steps.push(Step::Key(key));
            self.steps.push(Step::Break);
            if place > 0 {
                self.steps.push(Step::Text(","));
            }
        }
        self.steps.push(Step::Open("{"));
    }

    fn array(&mut self, elements: &[Value]) {
        if elements.is_empty() {
            return self.out.push_str("[]");
        }
        self.steps.push(Step::Close("]"));
        for (place, &value) in elements.iter().enumerate().rev() {
            self.steps.push(Step::Value(value));
            self.steps.push(Step::Break);
            if place > 0 {
                self.steps.push(Step::Text(","));
            }
        }
        self.steps.push(Step::Open("["));
    }
}

fn elements_of(value: Value) -> Option<Vec<Value>> {
    if let Some(list) = value.as_list() {
        return Some(list.elements().to_vec());
    }
    if let Some(tuple) = value.as_tuple() {
        return Some(tuple.elements().to_vec());
    }
    value.as_set().map(|set| set.iter().collect())
}

/// A string literal of JSON.
fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut start = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[start..place]);
        start = place + 1;
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        let mut out = String::new();
        push_quoted(&mut out, "a\"b\\c\n\u{1}é");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"");
    }
}
