//! How values print: `repr`, and `str` where it differs (bare text of strings, chars, symbols).
//!
//! Works with an explicit stack. A container that is being printed already prints as `[...]`. Where the class of an
//! instance says how it prints, the answer is `Decline`.

use hashbrown::HashSet;

use crate::class::{ClassId, class_id_of};
use crate::classes::overrides;
use crate::fault::Fault;
use crate::heap::Heap;
use crate::int::int_text;
use crate::kind::Kind;
use crate::value::Value;

/// No text is longer.
const TEXT_BYTES_MAX: usize = 1 << 30;
/// Containers nested deeper than this are refused.
const DEPTH_MAX: usize = 1 << 20;

/// Appends `str(value)`.
pub fn write_str(heap: &mut Heap, value: Value, out: &mut String) -> Result<(), Fault> {
    if let Some(text) = heap.text(&value)? {
        out.push_str(text);
        return Ok(());
    }
    if let Some(character) = value.as_char() {
        out.push(character);
        return Ok(());
    }
    if let Some(symbol) = value.as_symbol() {
        out.push_str(heap.shared().symbols.name(symbol).unwrap_or("?"));
        return Ok(());
    }
    if overrides_any(heap, value, overrides::STR | overrides::REPR) {
        return Err(Fault::Decline);
    }
    Writer::new(heap, out, Overrides::Decline).run(value)
}

/// Appends `repr(value)`.
pub fn write_repr(heap: &mut Heap, value: Value, out: &mut String) -> Result<(), Fault> {
    Writer::new(heap, out, Overrides::Decline).run(value)
}

/// Appends the structure of a value whatever its class says: for reports of a process that runs no code any more.
pub fn write_structure(heap: &mut Heap, value: Value, out: &mut String) -> Result<(), Fault> {
    Writer::new(heap, out, Overrides::Ignore).run(value)
}

/// What to do where a class defines how it prints.
#[derive(Clone, Copy, PartialEq)]
enum Overrides {
    Decline,
    Ignore,
}

fn overrides_any(heap: &Heap, value: Value, bits: u16) -> bool {
    matches!(value.kind(), Some(Kind::Instance | Kind::Record))
        && heap.shared().classes.get(class_id_of(value)).is_some_and(|class| class.overrides(bits))
}

/// A container on the way.
struct Open {
    container: Value,
    /// Entry to look at next, and how many were printed.
    next: usize,
    printed: usize,
}

struct Writer<'a> {
    heap: &'a mut Heap,
    out: &'a mut String,
    overrides: Overrides,
    stack: Vec<Open>,
    open: HashSet<u64>,
    bytes_max: usize,
}

impl<'a> Writer<'a> {
    fn new(heap: &'a mut Heap, out: &'a mut String, overrides: Overrides) -> Writer<'a> {
        let room = heap.config().bytes_max.saturating_sub(heap.bytes_used());
        let bytes_max = out.len() + room.min(TEXT_BYTES_MAX);
        Writer { heap, out, overrides, stack: Vec::new(), open: HashSet::new(), bytes_max }
    }

    fn run(mut self, value: Value) -> Result<(), Fault> {
        self.value(value)?;
        while let Some(top) = self.stack.last_mut() {
            self.heap.work(1)?;
            match step(self.heap, top, self.out) {
                Some(part) => self.value(part)?,
                None => {
                    let closed = self.stack.pop();
                    if let Some(closed) = closed {
                        self.out.push_str(closing(closed.container, closed.printed));
                        self.open.remove(&closed.container.bits());
                    }
                }
            }
            if self.out.len() > self.bytes_max {
                return Err(Fault::TooLarge);
            }
        }
        Ok(())
    }

    /// Prints a value, or its opening when it is a container.
    fn value(&mut self, value: Value) -> Result<(), Fault> {
        let Some(kind) = value.kind() else {
            self.immediate(value);
            return Ok(());
        };
        if self.overrides == Overrides::Decline && overrides_any(self.heap, value, overrides::REPR) {
            return Err(Fault::Decline);
        }
        match kind {
            Kind::String | Kind::Rope | Kind::SharedText => {
                if let Some(text) = self.heap.text(&value)? {
                    write_quoted(text, self.out);
                }
            }
            Kind::Bytes | Kind::SharedBytes => write_bytes(value.as_bytes().unwrap_or(&[]), self.out),
            Kind::Buffer => {
                self.out.push_str("Buffer(");
                write_bytes(value.as_bytes().unwrap_or(&[]), self.out);
                self.out.push(')');
            }
            Kind::BoxedInt | Kind::BigInt => self.out.push_str(&int_text(value, 10).unwrap_or_default()),
            Kind::FloatArray => {
                let array = value.as_float_array();
                let parts = array.iter().flat_map(|array| array.elements()).map(|&float| float_text(float));
                write_joined("FloatArray([", parts, self.out);
            }
            Kind::IntArray => {
                let array = value.as_int_array();
                let parts = array.iter().flat_map(|array| array.elements()).map(i64::to_string);
                write_joined("IntArray([", parts, self.out);
            }
            Kind::List
            | Kind::Tuple
            | Kind::Map
            | Kind::Set
            | Kind::Record
            | Kind::Instance
            | Kind::Range => {
                self.open(value)?;
            }
            Kind::Class
            | Kind::Trait
            | Kind::Function
            | Kind::Closure
            | Kind::Builtin
            | Kind::BoundMethod
            | Kind::Generator
            | Kind::Iterator
            | Kind::Module
            | Kind::External
            | Kind::Cell
            | Kind::StringBuffer
            | Kind::Raw
            | Kind::Array
            | Kind::Free => self.opaque(value, kind),
        }
        Ok(())
    }

    fn immediate(&mut self, value: Value) {
        if let Some(small) = value.as_int32() {
            self.out.push_str(&small.to_string());
        } else if let Some(float) = value.as_float() {
            self.out.push_str(&float_text(float));
        } else if let Some(character) = value.as_char() {
            write_char(character, self.out);
        } else if let Some(symbol) = value.as_symbol() {
            let name = self.heap.shared().symbols.name(symbol).unwrap_or("?");
            self.out.push(':');
            if is_word(name) { self.out.push_str(name) } else { write_quoted(name, self.out) }
        } else if let Some(pid) = value.as_pid() {
            self.out.push_str(&format!("<pid {pid}>"));
        } else if let Some(reference) = value.as_reference() {
            self.out.push_str(&format!("<ref {reference}>"));
        } else {
            self.out.push_str(match value {
                Value::NIL => "nil",
                Value::TRUE => "true",
                Value::FALSE => "false",
                Value::DONE => "Done",
                _ => "<unset>",
            });
        }
    }

    /// Functions, classes and other things that print as a name in angle brackets.
    fn opaque(&mut self, value: Value, kind: Kind) {
        let text = match kind {
            Kind::Class => {
                let id = value.as_class().map_or(0, |class| class.class_id());
                format!("<class {}>", self.heap.shared().classes.name(id))
            }
            Kind::Trait => {
                let id = value.as_trait().map_or(0, |class| class.class_id());
                format!("<trait {}>", self.heap.shared().classes.name(id))
            }
            Kind::Function | Kind::Closure | Kind::Builtin | Kind::BoundMethod => {
                match self.callable_name(value).as_str() {
                    "" => "<fn>".to_string(),
                    name => format!("<fn {name}>"),
                }
            }
            Kind::Generator => {
                let callee = value.as_generator().map_or(Value::NIL, |generator| generator.callee());
                format!("<generator {}>", self.callable_name(callee))
            }
            Kind::Module => {
                let name = value.as_module().map_or(Value::NIL, |module| module.name());
                format!("<module {}>", self.name_text(name))
            }
            Kind::External => {
                value.as_external().map_or(String::new(), |external| external.object().describe())
            }
            _ => String::from("<iterator>"),
        };
        self.out.push_str(&text);
    }

    fn callable_name(&mut self, value: Value) -> String {
        let slots = |value: Value| match value.kind() {
            Some(Kind::Function) => {
                value.as_function().and_then(|callable| callable.slots().first().copied())
            }
            Some(Kind::Builtin) => value.as_builtin().and_then(|callable| callable.slots().first().copied()),
            Some(Kind::Closure) => value.as_closure().and_then(|callable| callable.slots().first().copied()),
            Some(Kind::BoundMethod) => {
                value.as_bound_method().and_then(|callable| callable.slots().get(1).copied())
            }
            _ => None,
        };
        // A bound method leads to a closure, a closure to a function, a function to its name.
        let mut name = value;
        for _ in 0..3 {
            match slots(name) {
                Some(next) => name = next,
                None => break,
            }
        }
        self.name_text(name)
    }

    fn name_text(&mut self, name: Value) -> String {
        match name.as_symbol() {
            Some(symbol) => self.heap.shared().symbols.name(symbol).unwrap_or("?").to_string(),
            None => name.as_str().unwrap_or("anonymous").to_string(),
        }
    }

    fn open(&mut self, container: Value) -> Result<(), Fault> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(Fault::TooLarge);
        }
        if !self.open.insert(container.bits()) {
            self.out.push_str("[...]");
            return Ok(());
        }
        match container.kind() {
            Some(Kind::List) => self.out.push('['),
            Some(Kind::Tuple) => self.out.push('('),
            Some(Kind::Map) => self.out.push('{'),
            Some(Kind::Set) => self.out.push_str("#{"),
            Some(Kind::Record | Kind::Instance) => {
                self.out.push_str(self.heap.shared().classes.name(class_id_of(container)));
                let singleton = container.as_record().is_some_and(|record| record.fields().is_empty());
                if !singleton {
                    self.out.push('(');
                }
            }
            _ => {}
        }
        self.stack.push(Open { container, next: 0, printed: 0 });
        Ok(())
    }
}

/// What closes a container.
fn closing(container: Value, printed: usize) -> &'static str {
    match container.kind() {
        Some(Kind::List) => "]",
        Some(Kind::Tuple) => {
            if printed == 1 {
                ",)"
            } else {
                ")"
            }
        }
        Some(Kind::Map | Kind::Set) => "}",
        Some(Kind::Record) if container.as_record().is_some_and(|record| record.fields().is_empty()) => "",
        Some(Kind::Record | Kind::Instance) => ")",
        _ => "",
    }
}

/// Writes what stands before the next part of a container and gives the part; `None` at the end.
fn step(heap: &Heap, open: &mut Open, out: &mut String) -> Option<Value> {
    let container = open.container;
    if let Some(range) = container.as_range() {
        return step_range(range, open, out);
    }
    let part = match container.kind()? {
        Kind::List | Kind::Tuple => {
            let part = *container.sequence_elements()?.get(open.next)?;
            separate(open, out);
            part
        }
        Kind::Set => {
            let (entry, key) = container.as_set()?.next_entry(open.next)?;
            open.next = entry;
            separate(open, out);
            key
        }
        Kind::Record => {
            let part = container.as_record()?.field(open.next)?;
            separate(open, out);
            part
        }
        Kind::Instance => return step_instance(heap, open, out),
        Kind::Map => return step_map(open, out),
        _ => return None,
    };
    open.next += 1;
    Some(part)
}

fn separate(open: &mut Open, out: &mut String) {
    if open.printed > 0 {
        out.push_str(", ");
    }
    open.printed += 1;
}

fn step_range(range: crate::Range, open: &mut Open, out: &mut String) -> Option<Value> {
    open.next += 1;
    if open.next == 1 {
        if !range.start().is_nil() {
            return Some(range.start());
        }
        open.next = 2;
    }
    if open.next == 2 {
        out.push_str(if range.is_inclusive() { "..=" } else { ".." });
        if !range.end().is_nil() {
            return Some(range.end());
        }
    }
    None
}

/// Instances print their fields by name; errors print their message, then what they add to it.
fn step_instance(heap: &Heap, open: &mut Open, out: &mut String) -> Option<Value> {
    let instance = open.container.as_instance()?;
    let class = heap.shared().classes.get(instance.class_id())?;
    let is_error = class.is_subclass_of(ClassId::Error.id());
    let part = instance.field(open.next)?;
    separate(open, out);
    if is_error && open.next == 0 {
        open.next = 3;
        return Some(part);
    }
    if let Some(name) = class.definition.fields.get(open.next) {
        out.push_str(name);
        out.push_str(": ");
    }
    open.next += 1;
    Some(part)
}

/// Keys stand at even, values at odd positions. A string key that is a word prints bare.
fn step_map(open: &mut Open, out: &mut String) -> Option<Value> {
    let map = open.container.as_map()?;
    if open.next % 2 == 1 {
        let value = map.value_at(open.next / 2);
        open.next += 1;
        out.push_str("]: ");
        return Some(value);
    }
    let (entry, key, value) = map.next_entry(open.next / 2)?;
    separate(open, out);
    if let Some(name) = key.as_str() {
        if is_word(name) {
            out.push_str(name)
        } else {
            write_quoted(name, out)
        }
        out.push_str(": ");
        open.next = entry * 2 + 2;
        return Some(value);
    }
    out.push('[');
    open.next = entry * 2 + 1;
    Some(key)
}

/// A Float as programs write it: shortest digits that read back, with `.0` or an exponent.
pub fn float_text(float: f64) -> String {
    if float.is_nan() { String::from("nan") } else { format!("{float:?}") }
}

fn write_joined(opening: &str, parts: impl std::iter::Iterator<Item = String>, out: &mut String) {
    out.push_str(opening);
    for (position, part) in parts.enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        out.push_str(&part);
    }
    out.push_str("])");
}

/// True for a name that needs no quotes as a key or symbol.
pub fn is_word(name: &str) -> bool {
    let bytes = name.strip_suffix(['?', '!']).unwrap_or(name).as_bytes();
    let start = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    bytes.first().is_some_and(start) && bytes.iter().all(|byte| start(byte) || byte.is_ascii_digit())
}

/// Writes a string literal.
pub fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => out.push_str("\\\""),
            '$' if characters.peek() == Some(&'{') => out.push_str("\\$"),
            other => write_escaped(other, out),
        }
    }
    out.push('"');
}

fn write_char(character: char, out: &mut String) {
    out.push('\'');
    if character == '\'' {
        out.push_str("\\'")
    } else {
        write_escaped(character, out)
    }
    out.push('\'');
}

fn write_escaped(character: char, out: &mut String) {
    match character {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0' => out.push_str("\\0"),
        other if other.is_control() => out.push_str(&format!("\\u{{{:x}}}", other as u32)),
        other => out.push(other),
    }
}

/// Writes a bytes literal.
pub fn write_bytes(bytes: &[u8], out: &mut String) {
    out.push_str("b\"");
    for &byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x20..0x7F => out.push(byte as char),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push('"');
}
