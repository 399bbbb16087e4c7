//! Method calls: lookup, caches, and the receivers that are no objects of a class (modules, classes).
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use base::nearest;
use bytecode::{CallShape, Word};
use heap::{Kind, Value, class_id_of};

use super::calls::{cache_method, shape_of, spread, window};
use super::special::{Special, call_special, special_of};
use crate::call::{Mode, Window};
use crate::class::Method;
use crate::code::cache_word;
use crate::exit::Exit;
use crate::habits::{conversion, habit};
use crate::quick::Quick;
use crate::state::{FRAME_HEADER, State};

/// The kind byte of cache words for builtins.
pub(crate) const NO_KIND: u8 = 0xFF;

/// What a method call calls.
enum Target {
    /// With the receiver as its first argument.
    Method(Method),
    /// Without it: a member of a module, a static method.
    Plain(Value),
    /// A method that is no function.
    Special(Special),
}

/// The symbol of the name that the running instruction mentions.
pub(crate) unsafe fn site_name(state: &State) -> Value {
    state.constant(state.second().low())
}

unsafe fn name_text(state: &State, name: Value) -> &'static str {
    name.as_symbol().and_then(|id| state.vm().shared.symbols.name(id)).unwrap_or("?")
}

/// What a name calls on a receiver; `is_alone` says that no arguments go with it.
unsafe fn find_target(
    state: &mut State,
    receiver: Value,
    name: Value,
    is_alone: bool,
) -> Result<Target, Exit> {
    let Some(symbol) = name.as_symbol() else {
        return Err(Exit::Internal("a method name that is no symbol"));
    };
    let vm = state.vm();
    match receiver.kind() {
        Some(Kind::Module) => {
            let text = name_text(state, name);
            if let Some(value) = vm.module_member(receiver, text) {
                return Ok(Target::Plain(value));
            }
        }
        Some(Kind::Class | Kind::Trait) => {
            let text = name_text(state, name);
            if let Some(value) = vm.class_member(receiver, text)
                && !(is_alone && asks_class(state, receiver, symbol))
            {
                return Ok(Target::Plain(value));
            }
        }
        Some(Kind::Generator | Kind::Record) => {
            // A record's own `with` stands over the one that every record has.
            if let Some(special) = special_of(receiver, name_text(state, name))
                && (special != Special::With || state.find_method(class_id_of(receiver), symbol).is_none())
            {
                return Ok(Target::Special(special));
            }
        }
        _ => {}
    }
    match state.find_method(class_id_of(receiver), symbol) {
        Some(method) if !method.is_static => {
            state.check_private(name_text(state, name), class_id_of(receiver))?;
            Ok(Target::Method(method))
        }
        _ => Err(no_method(state, receiver, name_text(state, name))),
    }
}

/// Whether a call without arguments asks the class itself: what its instances have under that name needs one of them,
/// and every class has it, too, as `str` and `repr`.
unsafe fn asks_class(state: &mut State, class: Value, symbol: u32) -> bool {
    let id = class.as_class().map(|it| it.class_id()).or_else(|| class.as_trait().map(|it| it.class_id()));
    let of_instances = id.and_then(|id| state.find_method(id, symbol));
    of_instances.is_some_and(|method| !method.is_static)
        && state.find_method(class_id_of(class), symbol).is_some()
}

#[cold]
unsafe fn no_method(state: &mut State, receiver: Value, name: &str) -> Exit {
    let class = state.class_name_of(receiver);
    let vm = state.vm();
    let names = vm.method_names(class_id_of(receiver));
    let known = |wanted: &str| names.iter().map(String::as_str).find(|own| *own == wanted);
    let call = conversion(name);
    let near = habit(name, known)
        .or_else(|| nearest(name, names.iter().map(String::as_str)).filter(|_| call.is_none()));
    let hint = match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None if call.is_some() => format!("; write `{}`", call.unwrap_or_default()),
        None if state.has_field(receiver, name) => {
            format!("; `{name}` is a field: call what it holds as `(x.{name})(...)`")
        }
        None => String::new(),
    };
    let subject = if receiver.is_nil() { "nil".to_string() } else { class };
    state.error(heap::ClassId::FieldError, &format!("{subject} has no method `{name}`{hint}"))
}

pub(crate) unsafe fn call_method(state: &mut State, ins: Word) -> Result<(), Exit> {
    let receiver = state.reg(ins.a() + FRAME_HEADER);
    let name = site_name(state);
    match find_target(state, receiver, name, ins.b() == 1)? {
        Target::Method(method) => {
            if let Some(entry) = method.entry() {
                cache_method(state, ins, receiver, entry);
            } else if let Some(builtin) = method.builtin()
                && builtin.takes(ins.b())
                && ins.c() == 0
                // Each class may have members of its own under that name.
                && !matches!(receiver.kind(), Some(Kind::Class | Kind::Trait))
            {
                let site = state.second();
                let id = state.vm().builtin_id(method.value);
                // No object has such a kind, so this word agrees with none where a function was expected.
                state
                    .profile()
                    .set_cache(site.high(), cache_word(class_id_of(receiver), id << 8 | u32::from(NO_KIND)));
                let is_push = builtin.row.name == "List.push";
                let quick = if is_push { Quick::CallListPush } else { Quick::CallMethodBuiltin };
                state.quicken(quick.byte());
            }
            let shape = shape_of(state, ins);
            state.call_in_window(window(ins, Mode::Ordinary), shape, method.value)
        }
        Target::Plain(callee) => call_plain(state, ins, Mode::Ordinary, callee),
        Target::Special(special) => call_special_window(state, ins, Mode::Ordinary, special),
    }
}

/// The receiver is expected to be of the cached class, whose method is a builtin.
pub(crate) unsafe fn call_method_builtin(state: &mut State, ins: Word) -> Result<(), Exit> {
    let receiver = state.reg(ins.a() + FRAME_HEADER);
    let cache = state.profile().cache(state.second().high());
    if u64::from(class_id_of(receiver)) != cache >> 32 {
        return call_method(state, ins);
    }
    match state.vm().builtin_by_id(cache as u32 >> 8) {
        Some(builtin) => state.call_builtin_window(window(ins, Mode::Ordinary), builtin),
        None => Err(Exit::Internal("a cached builtin that does not exist")),
    }
}

pub(crate) unsafe fn tail_call_method(state: &mut State, ins: Word) -> Result<(), Exit> {
    let receiver = state.reg(ins.a() + FRAME_HEADER);
    let name = site_name(state);
    match find_target(state, receiver, name, ins.b() == 1)? {
        Target::Method(method) => {
            let shape = shape_of(state, ins);
            state.call_in_window(window(ins, Mode::Tail), shape, method.value)
        }
        Target::Plain(callee) => call_plain(state, ins, Mode::Tail, callee),
        Target::Special(special) => call_special_window(state, ins, Mode::Tail, special),
    }
}

/// Calls a method that is no function with what stands in the window.
unsafe fn call_special_window(
    state: &mut State,
    ins: Word,
    mode: Mode,
    special: Special,
) -> Result<(), Exit> {
    let window = window(ins, mode);
    let shape = shape_of(state, ins);
    let receiver = state.reg(window.at + FRAME_HEADER);
    let arguments = (1..window.count).map(|index| state.reg(window.at + FRAME_HEADER + index)).collect();
    let (positional, named) = split(arguments, shape);
    call_special(state, window, special, receiver, &positional, &named)
}

/// Calls with all arguments but the receiver.
unsafe fn call_plain(state: &mut State, ins: Word, mode: Mode, callee: Value) -> Result<(), Exit> {
    let Window { at, count, .. } = window(ins, mode);
    let shape = shape_of(state, ins);
    if shape.is_none()
        && let Some(entry) = state.entry_called(callee)
        && entry.arity as usize + 1 == count
    {
        // What may fail comes before the arguments move.
        state.reserve(at + FRAME_HEADER + count.max(entry.frame_bytes as usize / 8))?;
        for register in at + FRAME_HEADER..at + FRAME_HEADER + count - 1 {
            let argument = state.reg(register + 1);
            state.set(register, argument);
        }
        let function = if callee.is_kind(Kind::Class) { entry.function } else { callee };
        return state.push_window(Window { at, count: count - 1, mode }, entry, function);
    }
    let arguments: Vec<Value> = (1..count).map(|index| state.reg(at + FRAME_HEADER + index)).collect();
    let (positional, named) = split(arguments, shape);
    state.call_with(Window { at, count: count.saturating_sub(1), mode }, callee, positional, &named)
}

/// Divides arguments without a receiver by a shape that counts it.
fn split(arguments: Vec<Value>, shape: Option<&CallShape>) -> (Vec<Value>, Vec<(String, Value)>) {
    let Some(shape) = shape else { return (arguments, Vec::new()) };
    let mut positional = arguments;
    let count = usize::from(shape.positional).saturating_sub(1).min(positional.len());
    let values = positional.split_off(count);
    (positional, shape.names.iter().cloned().zip(values).collect())
}

pub(crate) unsafe fn call_method_spread(state: &mut State, ins: Word) -> Result<(), Exit> {
    let at = ins.a();
    let (receiver, list, map) = (state.reg(at + 3), state.reg(at + 4), state.reg(at + 5));
    let name = site_name(state);
    let window = window(ins, Mode::Ordinary);
    match find_target(state, receiver, name, false)? {
        Target::Method(method) => {
            let (positional, named) = spread(state, Some(receiver), list, map)?;
            state.call_with(window, method.value, positional, &named)
        }
        Target::Plain(callee) => {
            let (positional, named) = spread(state, None, list, map)?;
            state.call_with(window, callee, positional, &named)
        }
        Target::Special(special) => {
            let (positional, named) = spread(state, None, list, map)?;
            call_special(state, window, special, receiver, &positional, &named)
        }
    }
}
