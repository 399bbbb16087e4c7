//! The functions that every module sees, as far as they are not conversions.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// Writes the texts of its arguments with spaces between them, and ends the line.
    ///
    ///     print("a", 1, [:b]) // expect: a 1 [:b]
    "print" "(...values)" print => "__print";
    /// As `print`, to the error output.
    ///
    ///     eprint("careful")
    "eprint" "(...values)" eprint => "__eprint";
    /// Writes the texts of its arguments with spaces between them, and does not end the line.
    ///
    ///     write("a", 1)
    ///     print("!") // expect: a 1!
    "write" "(...values)" write => "__write";
    #[doc = " Writes a string to the output."]
    "__output" "(text)" output;
    #[doc = " Writes a string to the error output."]
    "__error_output" "(text)" error_output;
    /// Whether two values are the same: identity for what can change, "same type and contents" for the rest.
    ///
    ///     let xs = [1]
    ///     print(same?(xs, xs), same?(xs, [1]), same?(1, 1.0), same?("a", "a")) // expect: true false false true
    "same?" "(a, b)" same;
    /// A number that is equal for equal values, within one run.
    ///
    ///     print(hash("a") == hash("a"), hash(1) == hash(1.0)) // expect: true true
    "hash" "(value)" hash => "__hash";
    /// An immutable deep copy; the same value where it is immutable already.
    ///
    ///     let xs = freeze([1, [2]])
    ///     print(xs, same?(xs, freeze(xs))) // expect: [1, [2]] true
    "freeze" "(value)" freeze, ALLOCATES;
    /// Whether the value can never change.
    ///
    ///     print(frozen?("a"), frozen?([1]), frozen?(freeze([1]))) // expect: true false true
    "frozen?" "(value)" is_frozen;
    /// The number of elements of a collection or characters of a string.
    ///
    ///     print(len([1, 2]), len("abc")) // expect: 2 3
    "len" "(value)" len => "__len";
    /// The smallest of several values, or of the elements of one collection.
    ///
    ///     print(min(3, 1, 2), min([5, 4])) // expect: 1 4
    "min" "(first, ...others)" min => "__min";
    /// The largest of several values, or of the elements of one collection.
    ///
    ///     print(max(3, 1, 2), max([5, 4])) // expect: 3 5
    "max" "(first, ...others)" max => "__max";
    /// The value without its sign.
    ///
    ///     print(abs(-5), abs(2.5)) // expect: 5 2.5
    "abs" "(number)" abs => "__abs", PURE, ALLOCATES;
    /// Throws the error of a place that is not written yet.
    ///
    ///     print(try todo("later") else "not yet") // expect: not yet
    "todo" "(message = \"not written yet\")" todo;
    /// Throws the error of a place that can never be reached.
    ///
    ///     print(try unreachable() else "reached") // expect: reached
    "unreachable" "(message = \"reached what should be unreachable\")" unreachable;
}

/// The texts of the values with spaces between them.
fn line_of(cx: &mut Cx, args: &[Value]) -> Result<String, Exit> {
    let mut line = String::new();
    for (place, value) in args.iter().enumerate() {
        if place > 0 {
            line.push(' ');
        }
        crate::convert::push_text(cx, &mut line, *value)?;
    }
    cx.charge_ticks(1 + line.len() as u64 / 64);
    Ok(line)
}

fn print(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut line = line_of(cx, args)?;
    line.push('\n');
    cx.write_out(&line);
    Ok(Value::NIL)
}

fn write(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = line_of(cx, args)?;
    cx.write_out(&text);
    Ok(Value::NIL)
}

fn eprint(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let line = line_of(cx, args)?;
    // What the program printed before stands before the message when both go to one place.
    cx.vm().output().flush();
    eprintln!("{line}");
    Ok(Value::NIL)
}

fn output(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the text")?.to_string();
    cx.write_out(&text);
    Ok(Value::NIL)
}

fn error_output(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the text")?;
    cx.vm().output().flush();
    eprint!("{text}");
    Ok(Value::NIL)
}

fn same(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(heap::same(cx.heap, args[0], args[1])?))
}

fn hash(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let hash = heap::hash(cx.heap, args[0])?;
    cx.int(i64::from(hash))
}

fn freeze(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(cx.heap.freeze(args[0])?)
}

fn is_frozen(_: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(args[0].is_frozen()))
}

/// The length of a builtin collection or text.
pub(crate) fn length_of(value: Value) -> Option<usize> {
    if let Some(len) = value.string_len() {
        return Some(len);
    }
    if let Some(bytes) = value.as_bytes() {
        return Some(bytes.len());
    }
    let list = value.as_list().map(heap::List::len);
    let tuple = value.as_tuple().map(heap::Tuple::len);
    let map = value.as_map().map(heap::Map::len);
    let set = value.as_set().map(heap::Set::len);
    list.or(tuple).or(map).or(set)
}

fn len(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match length_of(args[0]) {
        Some(len) => cx.int(len as i64),
        None => Err(Exit::Decline),
    }
}

fn min(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (&first, others) = args.split_first().ok_or(Exit::Decline)?;
    if others.is_empty() {
        return Err(Exit::Decline);
    }
    let mut best = first;
    for &other in others {
        if crate::compare::sorts_before(cx, other, best)? {
            best = other;
        }
    }
    Ok(best)
}

fn max(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (&first, others) = args.split_first().ok_or(Exit::Decline)?;
    if others.is_empty() {
        return Err(Exit::Decline);
    }
    let mut best = first;
    for &other in others {
        if crate::compare::sorts_before(cx, best, other)? {
            best = other;
        }
    }
    Ok(best)
}

fn abs(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    if args[0].is_int() || args[0].is_float() { crate::number::abs(cx, args) } else { Err(Exit::Decline) }
}

/// The message of a helper that always throws.
fn message(cx: &mut Cx, value: Value, default: &str) -> Result<String, Exit> {
    match Cx::optional(value) {
        Some(text) => Ok(cx.str_of(&text, "the message")?.to_string()),
        None => Ok(default.to_string()),
    }
}

fn todo(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let message = message(cx, args[0], "not written yet")?;
    Err(cx.error(heap::ClassId::Error, &message))
}

fn unreachable(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let message = message(cx, args[0], "reached what should be unreachable")?;
    Err(cx.assertion_error(&message))
}

/// The fault of a value that is too large for memory.
pub(crate) const TOO_LARGE: Exit = Exit::Limit(vm::Limit::Heap);
