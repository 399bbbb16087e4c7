//! What compiled code calls where an instruction would be too special: spreads, patterns, assertions, `dbg!`.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    #[doc = " Appends the elements of what is spread into a list."]
    "__list_extend" "(list, elements)" list_extend => "__list_extend_slow";
    #[doc = " Adds the elements of what is spread into a set."]
    "__set_extend" "(set, elements)" set_extend => "__set_extend_slow";
    #[doc = " Adds the entries of what is spread into a map."]
    "__map_extend" "(map, entries)" map_extend => "__map_extend_slow";
    #[doc = " Adds what is spread in a call: a map to the named arguments, anything else to the positional ones."]
    "__spread_into" "(list, map, value)" spread_into => "__spread_into_slow";
    #[doc = " Inserts a value before all others."]
    "__list_prepend" "(list, value)" list_prepend;
    #[doc = " A map of what a map has besides some keys: `{a, ..rest}` in a pattern."]
    "__map_rest" "(map, keys)" map_rest, ALLOCATES;
    #[doc = " The arguments that the program was started with."]
    "__arguments" "()" arguments, ALLOCATES;
    #[doc = " Throws the AssertionError of a condition that does not hold."]
    "__assert_failed" "(text, operator, left, right, message)" assert_failed => "__assert_failed_slow";
    #[doc = " Writes where a value came from and what it is, and gives it back."]
    "__dbg" "(place, text, value)" dbg => "__dbg_slow";
    #[doc = " Makes one error the cause of another that has none."]
    "__chain_error" "(error, cause)" chain_error;
    #[doc = " Throws an AssertionError."]
    "__fail_assertion" "(message)" fail_assertion;
}

pub(crate) fn arguments(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    let arguments = cx.vm().arguments();
    crate::string::list_of_texts(cx, arguments.iter().map(String::as_str))
}

pub(crate) fn list_extend(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = cx.list_of(args[0], "the list")?;
    let elements = match (args[1].as_list(), args[1].as_tuple(), args[1].as_set()) {
        (Some(source), _, _) => source.elements().to_vec(),
        (None, Some(source), _) => source.elements().to_vec(),
        (None, None, Some(source)) => source.iter().collect(),
        (None, None, None) => return Err(Exit::Decline),
    };
    cx.charge_ticks(elements.len() as u64 / 64);
    cx.heap.list_extend(list, &elements)?;
    Ok(args[0])
}

/// A generous estimate of what one more entry takes, its part of a table that grows included.
const ENTRY_BYTES: usize = 96;

pub(crate) fn set_extend(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let set = args[0].as_set().ok_or_else(|| cx.expected("the set", "a Set", args[0]))?;
    let elements: Vec<Value> = match (args[1].as_set(), args[1].as_list()) {
        (Some(source), _) => source.iter().collect(),
        (None, Some(source)) => source.elements().to_vec(),
        (None, None) => return Err(Exit::Decline),
    };
    // Every key is tried before the first is added: what user code must decide goes to the Dunlin twin as a whole.
    for &element in &elements {
        cx.heap.set_contains(set, element)?;
    }
    cx.heap.check_room(elements.len() * ENTRY_BYTES)?;
    cx.charge_ticks(elements.len() as u64 / 4);
    for element in elements {
        cx.heap.set_insert(set, element)?;
    }
    Ok(args[0])
}

pub(crate) fn map_extend(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = args[0].as_map().ok_or_else(|| cx.expected("the map", "a Map", args[0]))?;
    let Some(source) = args[1].as_map() else { return Err(Exit::Decline) };
    let entries: Vec<(Value, Value)> = source.iter().collect();
    for &(key, _) in &entries {
        cx.heap.map_find(map, key)?;
    }
    cx.heap.check_room(entries.len() * ENTRY_BYTES)?;
    cx.charge_ticks(entries.len() as u64 / 4);
    for (key, value) in entries {
        cx.heap.map_insert(map, key, value)?;
    }
    Ok(args[0])
}

fn spread_into(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match args[2].as_map() {
        Some(_) => map_extend(cx, &[args[1], args[2]])?,
        None => list_extend(cx, &[args[0], args[2]])?,
    };
    Ok(Value::NIL)
}

fn list_prepend(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = cx.list_of(args[0], "the list")?;
    cx.heap.list_insert(list, 0, args[1])?;
    Ok(args[0])
}

fn map_rest(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let map = args[0].as_map().ok_or_else(|| cx.expected("the map", "a Map", args[0]))?;
    let keys = args[1].as_tuple().ok_or_else(|| cx.expected("the keys", "a Tuple", args[1]))?;
    let rest = cx.heap.map_new(map.len().saturating_sub(keys.len()))?;
    for (key, value) in map.iter() {
        let mut is_named = false;
        for &name in keys.elements() {
            is_named |= key.is_string() && heap::equal(cx.heap, key, name)?;
        }
        if !is_named {
            cx.heap.map_insert(rest, key, value)?;
        }
    }
    Ok(rest.value())
}

/// What stands after "assertion failed": the message, the source text, the values of both sides.
fn assert_failed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let [text, operator, left, right, message] = *args else { return Err(Exit::Decline) };
    let source = cx.str_of(&text, "the text")?;
    let mut report = String::from("assertion failed");
    if !message.is_nil() {
        report.push_str(": ");
        crate::convert::push_text(cx, &mut report, message)?;
    }
    report.push_str(&format!(": {source}"));
    if !operator.is_nil() {
        report.push_str("\n  left:  ");
        crate::convert::push_repr(cx, &mut report, left)?;
        report.push_str("\n  right: ");
        crate::convert::push_repr(cx, &mut report, right)?;
    }
    Err(cx.assertion_error(&report))
}

fn fail_assertion(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let report = cx.str_of(&args[0], "the message")?.to_string();
    Err(cx.assertion_error(&report))
}

fn dbg(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut line = format!("[{}] ", cx.str_of(&args[0], "the place")?);
    line.push_str(cx.str_of(&args[1], "the text")?);
    line.push_str(" = ");
    crate::convert::push_repr(cx, &mut line, args[2])?;
    cx.vm().output().flush();
    eprintln!("{line}");
    Ok(args[2])
}

fn chain_error(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(error) = args[0].as_instance() else { return Ok(Value::NIL) };
    let is_free = error.field(vm::error::ERROR_CAUSE).is_some_and(|cause| cause.is_nil() || cause.is_undef());
    if is_free && args[0] != args[1] && !args[0].is_frozen() {
        cx.heap.instance_set(error, vm::error::ERROR_CAUSE, args[1])?;
    }
    Ok(Value::NIL)
}
